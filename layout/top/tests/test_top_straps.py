"""Straps and jumpers: legal, complete and where the router cannot hurt them."""

from dataclasses import replace

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL as CORE
from neusoc.layout.top.assemble import router_job
from neusoc.layout.top.floorplan import PADS_GAP, SNAP, place
from neusoc.layout.top.jumpers import USE_OF_LIMIT, allowed_length, plan_jumpers
from neusoc.layout.top.lef import LefPin
from neusoc.layout.top.netlist import LOW, top_nets
from neusoc.layout.top.straps import CUTS, SPACE, cut_positions, plan_straps, strap_reserve
from neusoc.layout.top.tests.standins import lefs, loose_bars, write_standins
from neusoc.verification.signoff.antenna import antenna_limits


@pytest.fixture(scope="module", params=["mini", "tapeout", "large"])
def planned(request, tmp_path_factory):
    chip = load_chip(request.param)
    folder = write_standins(chip, tmp_path_factory.mktemp(chip.name))
    placed = place(chip, lefs(chip, folder), strap_reserve(chip))
    return chip, placed, plan_straps(chip, placed)


def test_top_floorplan_is_on_the_tracks(planned):
    _, placed, _ = planned
    for macro in placed.values():
        assert macro.x % SNAP[0] == 0 and macro.y % SNAP[1] == 0
    one, two = placed[PARTS.controller].box, placed[CORE].box
    assert one[2] < two[0] and one[3] < two[1]
    pads = placed[PADS].box
    assert pads[0] - two[2] >= PADS_GAP and 0 <= two[3] - pads[3] < SNAP[1]


def test_top_straps_keep_their_distance(planned):
    _, _, straps = planned
    for metal, space in SPACE.items():
        merged = {}
        for net, rect in straps.bars:
            if rect.metal == metal:
                merged.setdefault(net, db.Region()).insert(db.Box(*rect[1:]))
        everything = db.Region()
        for region in merged.values():
            everything += region.merged()
        everything.merged_semantics = False
        assert everything.space_check(space, metrics=db.Region.Euclidian).count() == 0
        assert len(merged) > 2


def test_top_straps_are_one_piece_a_net(planned):
    """Bars of a net joined by its cuts form one island each; without the cuts of one net, that one is
    told."""
    chip, _, straps = planned
    assert loose_bars(chip, straps) == []
    cut = replace(straps, arrays=[array for array in straps.arrays if array[0] != chip.pads["vpp"]])
    assert loose_bars(chip, cut) == [chip.pads["vpp"]]


def test_top_cut_arrays_are_centred_and_enclosed():
    cuts = cut_positions("via4", 0, 0, 20_000, 10_000)
    assert len(cuts) == 12 * 6
    xs = [x for x, _ in cuts]
    assert min(xs) == 20_000 - (max(xs) + 800)
    assert min(min(x, y) for x, y in cuts) >= CUTS["via4"][2]
    with pytest.raises(ValueError, match="does not fit"):
        cut_positions("via4", 0, 0, 1_200, 10_000)


def test_top_jumpers_protect_long_inputs(planned):
    chip, placed, straps = planned
    jumpers = plan_jumpers(top_nets(chip), placed, straps)
    assert any(j.net == "io_in[26]" for j in jumpers)
    assert len({j.name for j in jumpers}) == len(jumpers) and sum(j.net == LOW for j in jumpers) > 1
    assert not any(j.net.startswith("la_data_out") for j in jumpers)
    boxes = [db.Box(*j.box) for j in jumpers]
    region = db.Region(boxes)
    region.merged_semantics = False
    assert region.space_check(1600).count() == 0
    assert len({j.name for j in jumpers}) == len(jumpers)


def test_top_jumpers_of_protected_pins_are_nearest(planned):
    chip, placed, straps = planned
    jumpers = plan_jumpers(top_nets(chip), placed, straps)

    def distance(jumper):
        pin = placed[jumper.terminal.macro].pin_shapes(jumper.terminal.pin)[0]
        return abs(jumper.x - pin.center_x) + abs(jumper.y - pin.bottom)

    far = max(jumpers, key=distance)
    again = {j.terminal: j for j in plan_jumpers(top_nets(chip), placed, straps, {far.terminal})}
    assert set(again) == {j.terminal for j in jumpers}
    assert distance(again[far.terminal]) < distance(far)


def test_top_antenna_limit_follows_the_tech_lef():
    # ANTENNADIFFSIDEAREARATIO: 400 without diffusion, 2609 with 0.0225 um2 of it, 11600 with 22.5; met3 and
    #   met4 are 0.8 um thick
    assert antenna_limits()["met5"] == pytest.approx((1.2, 400, 2609, 400), rel=1e-3)
    assert allowed_length(LefPin("a", gate_area=1.0)) == pytest.approx(400 / 1.6)
    assert allowed_length(LefPin("a")) == float("inf")
    assert 0 < USE_OF_LIMIT < 1


def test_top_straps_refuse_a_core_pin_below_the_edge(tmp_path):
    chip = load_chip("mini")
    folder = write_standins(chip, tmp_path)
    lef = folder / f"{CORE}.lef"
    lef.write_text(
        lef.read_text()
        .replace("190.000", "180.000")
        .replace(" 200.000 ;", " 195.000 ;")
        .replace("BY 195.000", "BY 200.000")
    )
    placed = place(chip, lefs(chip, folder), strap_reserve(chip))
    with pytest.raises(ValueError, match="at the top edge is wanted"):
        plan_straps(chip, placed)


def test_top_floorplan_refuses_a_core_that_does_not_fit(tmp_path):
    chip = load_chip("mini")
    folder = write_standins(chip, tmp_path)
    lef = folder / f"{CORE}.lef"
    lef.write_text(lef.read_text().replace("SIZE 220.000 BY 200.000", "SIZE 220.000 BY 3000.000"))
    with pytest.raises(UserError, match="does not fit into the harness frame"):
        place(chip, lefs(chip, folder), strap_reserve(chip))


def test_top_straps_follow_other_pads_and_refuse_a_split_supply(planned, tmp_path):
    chip, placed, _ = planned
    folder = write_standins(chip, tmp_path)
    pads = dict(zip(chip.pads, (f"io_analog[{i}]" for i in (10, 6, 0)), strict=True))
    other = chip.model_copy(update={"pads": pads, "supplies": {**chip.supplies, "vdd3v3": "vdda2"}})
    straps = plan_straps(other, place(other, lefs(other, folder), strap_reserve(other)))
    assert set(pads.values()) <= set(straps.tracks) and "vdda2" in straps.columns
    with pytest.raises(ValueError, match="vssa1 is left open"):
        plan_straps(chip.model_copy(update={"supplies": {**chip.supplies, "vss": "vssa2"}}), placed)


def test_top_wires_between_macros_keep_apart(planned, tmp_path):
    chip, placed, straps = planned
    job = router_job(chip, placed, straps, [], tmp_path)
    between = {net.name for net in top_nets(chip) if not net.drawn and not net.frame_pins}
    assert set(job["apart"]) == between | {f"user_irq[{i}]" for i in range(3)}
    assert "row_1v8[0]" in job["apart"] and "wb_clk_i" not in job["apart"] and job["spacing"] > 1
    # the router does not end with so many spaced wires as 64 x 64 and more have
    assert (len(job["apart"]) > job["most_apart"]) == (chip.name != "mini")
    # what a jumper leaves on the macro's side is short and takes no part
    jumped = router_job(chip, placed, straps, plan_jumpers(top_nets(chip), placed, straps), tmp_path)
    assert (jumped["apart"], jumped["wide"]) == (job["apart"], job["wide"]) and len(jumped["nets"]) > len(
        job["nets"]
    )


def test_top_long_wires_run_on_the_wide_metals(planned, tmp_path):
    chip, placed, straps = planned
    job = router_job(chip, placed, straps, [], tmp_path)
    assert set(job["wide_metals"]) < set(job["signal_metals"]) and len(set(job["wide"])) == len(job["wide"])
    # inputs of the frame on the other side of the die or along its edge too, no near one and no output
    inputs = set(job["wide"]) - set(job["apart"])
    assert set(job["apart"]) < set(job["wide"]) and "io_in[3]" in inputs
    assert "wb_clk_i" not in inputs and {job["directions"][name] for name in inputs} == {"input"}
    # the farthest of them have twice the width too
    assert set(job["heavy"]) < inputs and "io_in[3]" in job["heavy"] and "io_in[19]" not in job["heavy"]


def test_top_channel_has_tracks_for_the_wires_in_it(planned):
    """Two of three tracks of met3 (0.68 um, tracks.info) between controller and core, rows left out, which go
    up beside it."""
    chip, placed, _ = planned
    controller, core = placed[PARTS.controller], placed[CORE]
    wires = [
        net
        for net in top_nets(chip)
        if not net.drawn and not net.frame_pins and not net.name.startswith("row_1v8[")
    ]
    assert 0.68 * len(wires) * 3 / 2 < (core.y - controller.box[3]) / 1000 < 2 * len(wires)
