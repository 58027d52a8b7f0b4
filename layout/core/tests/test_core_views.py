"""Analog core: pin table, GDS, SPICE and LEF agree; the core keeps what the assembly of the chip counts
on."""

from __future__ import annotations

import re
from pathlib import Path

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.reram.osdi import subcircuits
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, DACS, EVENT_LINES, LEVELS, PHASES, SETTINGS, STROBE_DRIVERS, core_pins
from neusoc.layout.array.dimensions import LINE, PAIR_PITCH, PITCH_X, SL_LINE, STRAP_COLUMNS, STRAP_WIDTH
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.core import analog_core
from neusoc.layout.core.lef import OBSTRUCTION_INSET, drawn_pins, lef_text, write_lef
from neusoc.layout.core.netlist import merged_subcircuits, spice
from neusoc.layout.core.shared_lines import SharedLines
from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.pdk.layers import LABEL, LAYERS
from neusoc.pdk.technology import sheet_resistance
from neusoc.software.emulator.measured import SOURCE_LINE_COLUMNS
from neusoc.software.emulator.whole_image import BIT_LINE_OHM, OUT_OHM, SEGMENT_OHM
from neusoc.verification.signoff.antenna import antenna_places

SIZES = {"mini": (8, 8), "ragged": (10, 14), "wide": (8, 40), "tapeout": (64, 64)}
SUPPLIES = {*LEVELS, "vtest", "vpp", "vdd1v8", "vss"}
CONTROLS = ("sel_", "unsel_", "sl_", "wl_", "con_", "dac_", "adc_")
# sheets within a block's sheet, whose transistors stand in the block: LVS flattens them
FLATTENED = {
    "neuron_latch",
    "spike_latch",
    "bit_shifter",
    "line_regulator",
    "membrane_comparator",
    "tap_half",
}


def _chip(name: str) -> Chip:
    rows, columns = SIZES[name]
    return load_chip("mini").model_copy(update={"rows": rows, "columns": columns, "neurons": columns // 2})


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.full] if name == "tapeout" else []) for name in SIZES],
)
def core(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Chip, db.Layout, Path]:
    chip = _chip(request.param)
    gds = tmp_path_factory.mktemp("core") / f"{CELL}.gds"
    analog_core(chip).write_gds(gds, with_metadata=False)
    layout = db.Layout()
    layout.read(str(gds))
    return chip, layout, gds


def test_core_pins_agree_in_all_views(core: tuple[Chip, db.Layout, Path], tmp_path: Path) -> None:
    chip, layout, gds = core
    wanted = [pin.name for pin in core_pins(chip)]
    assert sorted(drawn_pins(layout, CELL)) == sorted(wanted)
    header = re.search(rf"^\.subckt {CELL} (.*)$", spice(chip).replace("\n+ ", " "), re.M)
    assert header and header[1].split() == wanted
    lef = write_lef(chip, CELL, gds, tmp_path / "core.lef").read_text()
    assert re.findall(r"^  PIN (\S+)$", lef, re.M) == wanted
    directions = dict(re.findall(r"^  PIN (\S+)\n    DIRECTION (\w+) ;", lef, re.M))
    uses = dict(re.findall(r"^  PIN (\S+)\n    DIRECTION \w+ ;\n    USE (\w+) ;", lef, re.M))
    assert directions == {pin.name: pin.direction.upper() for pin in core_pins(chip)}
    assert uses == {pin.name: pin.use.upper() for pin in core_pins(chip)}


def test_core_has_no_antenna_of_its_own(core: tuple[Chip, db.Layout, Path]) -> None:
    assert not {metal: places for metal, places in antenna_places(core[2], CELL).items() if places}


def test_core_cells_are_called_as_their_subcircuits(core: tuple[Chip, db.Layout, Path]) -> None:
    chip, layout, _ = core
    assert [cell.name for cell in layout.top_cells()] == [CELL]
    drawn = {cell.name for cell in layout.each_cell()}
    assert set(re.findall(r"^\.subckt (\S+)", spice(chip), re.M)) - drawn == FLATTENED


def test_core_pins_lie_on_their_edges(core: tuple[Chip, db.Layout, Path]) -> None:
    chip, layout, _ = core
    outline = layout.cell(CELL).bbox(layout.layer(*LAYERS["prbndry"])).to_dtype(layout.dbu)
    assert (outline.left, outline.bottom) == (0, 0)
    for size, step in ((outline.width(), dim.SITE[0]), (outline.height(), dim.SITE[1])):
        assert abs(size / step - round(size / step)) < 1e-6
    pins = drawn_pins(layout, CELL)
    for name, shapes in pins.items():
        ((metal, box),) = shapes
        if name in SUPPLIES:
            assert (metal, box.top) == ("met4", outline.top) and box.width() >= (
                3 if name in ("vpp", "vdd1v8", "vss", "vref") else 0.6
            )
        elif name.startswith(CONTROLS):
            assert (metal, box.top) == ("met2", outline.top)
        elif name.startswith(("row_1v8", "phi_")):
            assert (metal, box.left) == ("met3", 0)
        else:
            assert (metal, box.bottom) == ("met2", 0)
        assert max(box.width(), box.height()) < outline.width()
        depth = box.height() if name in SUPPLIES or metal == "met2" else box.width()
        assert depth <= OBSTRUCTION_INSET and box.area() >= (0.24 if metal == "met3" else 0.0676) - 1e-9
    middles = [pins[name][0][1].center().x for name in SETTINGS]
    tracks = [(x - dim.TRACK[1]) / dim.TRACK[0] for x in middles]
    assert middles == sorted(middles) and tracks == pytest.approx(
        [round(track) for track in tracks], abs=1e-6
    )
    straps = sorted((box.left, box.right) for name in SUPPLIES for _, box in pins[name])
    assert all(b[0] - a[1] >= 0.3 for a, b in zip(straps, straps[1:], strict=False))


def test_core_draws_no_met5_and_nothing_over_the_cells(core: tuple[Chip, db.Layout, Path]) -> None:
    _, layout, _ = core
    top = layout.cell(CELL)
    assert db.Region(top.begin_shapes_rec(layout.layer(*LAYERS["met5"]))).is_empty()
    cells = db.Region(top.begin_shapes_rec(layout.layer(*LAYERS["reram"])))
    assert not cells.is_empty()
    for metal in ("met1", "met2", "met3", "met4"):
        own = db.Region(top.shapes(layout.layer(*LAYERS[metal])))
        assert not own.is_empty() and (own & cells).is_empty()


def _bit_line_ohm(core: tuple[Chip, db.Layout, Path]) -> dict[str, list[float]]:
    """Resistance of each bit line from the array to its neuron, ohm: in met4, as drawn, and if it were
    met2."""
    chip, layout, _ = core
    top = layout.cell(CELL)
    own = db.Region(top.shapes(layout.layer(*LAYERS["met4"]))).merged()
    (array,) = [instance for instance in top.each_inst() if instance.cell.name.startswith("array_")]
    texts = [s.text for s in array.cell.shapes(layout.layer(LAYERS["met2"][0], LABEL)).each(db.Shapes.STexts)]
    ends = [
        (array.trans * text.position()).to_dtype(layout.dbu)
        for text in texts
        if text.string.startswith("bl[")
    ]
    low, high = dim.BL_END
    lines = own.interacting(
        db.Region([db.DBox(p.x - 0.1, p.y - high, p.x + 0.1, p.y - low).to_itype(layout.dbu) for p in ends])
    )
    assert len(ends) == lines.count() == chip.columns
    lengths = [polygon.area() * layout.dbu**2 / dim.BL_LINE for polygon in lines.each()]
    widths = {"met4": dim.BL_LINE, "met2": dim.LINE}  # as drawn; as the other lines are
    ohm = {
        metal: [um / width * sheet_resistance()[metal] for um in lengths] for metal, width in widths.items()
    }
    told = "; ".join(f"{metal}: {min(values):.0f} to {max(values):.0f} ohm" for metal, values in ohm.items())
    print(f"bit lines of {chip.rows} x {chip.columns}, {told}")
    return ohm


def test_core_bit_lines_stand_the_current_of_a_fire_driver(core: tuple[Chip, db.Layout, Path]) -> None:
    """Met4 from the array to the neurons; 2.3 mA times 60 ohm are 0.14 V of the 1.95 V that move a cell."""
    assert max(_bit_line_ohm(core)["met4"]) < 60


def test_core_bit_lines_are_those_of_the_emulator(core: tuple[Chip, db.Layout, Path]) -> None:
    """Of 64 x 64; along the array, and from it to the nearest and the farthest neuron."""
    if core[0].rows == SOURCE_LINE_COLUMNS == core[0].columns:
        ohm = _bit_line_ohm(core)["met4"]
        assert (round(min(ohm)), round(max(ohm))) == OUT_OHM
    pitch = PITCH_X + STRAP_WIDTH / STRAP_COLUMNS  # of a column, with its share of a strap
    segment = pitch / SL_LINE * sheet_resistance()["met1"]
    assert segment == pytest.approx(SEGMENT_OHM, rel=0.02)
    along = SOURCE_LINE_COLUMNS / 2 * PAIR_PITCH / LINE * sheet_resistance()["met2"]
    assert along == pytest.approx(BIT_LINE_OHM, abs=0.5)


def test_core_antenna_areas_are_those_of_the_transistors(tmp_path: Path) -> None:
    chip = _chip("mini")
    gds = tmp_path / f"{CELL}.gds"
    analog_core(chip).write_gds(gds, with_metadata=False)
    lef = write_lef(chip, CELL, gds, tmp_path / "core.lef").read_text()
    netlist = merged_subcircuits([spice(chip)]).replace("\n+ ", " ")
    behind = (
        ("row_1v8[3]", "row_driver", "in_1v8", 1),
        ("phi_1_1v8", "row_driver", "in_1v8", 1),
        ("discharge_1v8[1]", "neuron|spike_latch", "discharge_1v8|discharge", 1),
        ("fire_1v8[1]", "fire_driver", "fire_1v8", 1),
        ("col_1v8[2]", "column_driver", "col_1v8", 1),
        ("dac_wl_1v8[4]", "dac6", "code_1v8[4]", 1),
        ("trim_1v8[1]", "neuron_latch", "d", chip.neurons),
    )
    for pin, cell, net, count in behind:
        bodies = re.findall(rf"^\.subckt (?:{cell}) .*?^\.ends", netlist, re.M | re.S)
        assert len(bodies) == len(cell.split("|"))
        gates = 0.0
        for words in (line.split() for body in bodies for line in body.splitlines()):
            if len(words) > 5 and "fet_" in words[5] and words[2] in net.split("|"):
                values = {k: float(v) for k, v in (w.split("=") for w in words[6:] if "=" in w)}
                gates += values["w"] * values["l"] * values.get("m", 1)
        found = re.search(rf"PIN {re.escape(pin)}\n.*?ANTENNAGATEAREA (\S+) LAYER", lef, re.S)
        assert found and gates > 0
        assert float(found[1]) == pytest.approx(count * gates, rel=1e-3)
    signals = [pin.direction for pin in core_pins(chip) if pin.use == "signal"]
    assert (
        len(re.findall("ANTENNAGATEAREA", lef)) == signals.count("input") + 1
    )  # and behind the output of the converter's latch
    # Data of the latches reach diffusion, and what wakes the front ends.
    latched = len([net for net in SETTINGS if net not in (*EVENT_LINES, "config_1v8")])
    assert len(re.findall("ANTENNADIFFAREA", lef)) == signals.count("output") + latched + 1


def test_core_pins_reach_their_blocks() -> None:
    chip = _chip("mini")
    known = subcircuits(spice(chip))
    calls = {words[0]: dict(zip(known[words[-1]][0], words[1:-1], strict=True)) for words in known[CELL][1]}
    used = {net for nets in calls.values() for net in nets.values()}
    assert {pin.name for pin in core_pins(chip)} <= used
    assert [calls[f"xdac_{dac}"]["enable_1v8"] for dac in DACS] == ["dac_enable_1v8"] * 2
    assert calls["xdac_wl"]["fine_1v8"] == "dac_wl_fine_1v8"
    assert [calls[f"xdac_{dac}"]["code_1v8[5]"] for dac in DACS] == [f"dac_{dac}_1v8[5]" for dac in DACS]
    for group, names in STROBE_DRIVERS.items():
        assert [calls[f"xstrobes_{group}"][f"{letter}_1v8"] for letter in "abcde"] == [
            f"{net}_1v8" for net in names
        ]
    assert {nets["vwl"] for name, nets in calls.items() if re.fullmatch(r"xdriver\d+", name)} == {
        calls["xsource"]["vwl"]
    }
    for k in range(chip.neurons):
        neuron, fire = calls[f"xneuron{k}"], calls[f"xfire{k}"]
        assert (
            [fire[net] for net in ("bl_p", "bl_n")]
            == [neuron[net] for net in ("bl_p", "bl_n")]
            == [f"bl[{2 * k}]", f"bl[{2 * k + 1}]"]
        )
        assert fire["fire_1v8"] == f"fire_1v8[{k}]" and fire["vfire"] == "vpp" and fire["vref"] == "vss"
        assert all(fire[f"{phase}_vpp"] == calls[f"xdriver_{phase}"]["wl"] for phase in PHASES)
    assert {p: {calls[f"xdriver_{p}"][pin] for pin in ("vwl", "vpp")} for p in PHASES} == {
        p: {supply} for p, supply in PHASES.items()
    }


def test_spine_refuses_a_line_without_taps() -> None:
    spine = SharedLines(CellWriter(gf.Component()), 0.0, {"one": 1.0, "other": 1.0})
    spine.tap("one", -5.0, 2.0, 0.4)
    with pytest.raises(ValueError, match="nothing is on other"):
        spine.draw()


def test_core_lef_refuses_another_chips_gds(tmp_path: Path) -> None:
    gds = tmp_path / f"{CELL}.gds"
    analog_core(_chip("mini")).write_gds(gds, with_metadata=False)
    with pytest.raises(UserError, match="pin .* is in the GDS or in the pin table only"):
        write_lef(_chip("ragged"), CELL, gds, tmp_path / "core.lef")
    assert not (tmp_path / "core.lef").exists()
    with pytest.raises(UserError, match="cannot be read"):
        write_lef(_chip("mini"), CELL, tmp_path / "absent.gds", tmp_path / "core.lef")


def test_core_lef_refuses_an_unlabelled_pin(core: tuple[Chip, db.Layout, Path]) -> None:
    chip, layout, _ = core
    edited = db.Layout()
    edited.assign(layout)
    edited.cell(CELL).shapes(edited.layer(LAYERS["met3"][0], 16)).insert(db.Box(0, 1000, 800, 1300))
    with pytest.raises(UserError, match="carries 0 labels"):
        lef_text(edited, CELL, core_pins(chip), {})


def test_core_of_two_sizes_in_one_process_keeps_its_name() -> None:
    small, large = _chip("mini"), _chip("ragged")
    first = analog_core(small).dbbox()
    assert analog_core(large).name == CELL
    again = analog_core(small)
    assert again.name == CELL and again.dbbox() == first


def test_core_netlist_refuses_two_cells_of_one_name() -> None:
    one = ".subckt a x\nx1 x b\n.ends a\n"
    assert merged_subcircuits([one, one]).count(".subckt") == 1
    with pytest.raises(UserError, match="a: two netlists define"):
        merged_subcircuits([one, one.replace("x1", "x2")])
