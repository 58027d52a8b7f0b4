"""The decks hold the netlist that LVS holds to the layout, on lines as drawn; ngspice runs one small deck of
single transistors."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import learning_rows
from neusoc.layout.core.netlist import spice
from neusoc.pdk.spice.cards import one_card_a_size
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.verification.mixed.common.circuit import core_cells
from neusoc.verification.mixed.tests.played import device_count
from neusoc.verification.whole_decks.circuit import (
    Steps,
    array_lines,
    blocks,
    core_netlist,
    dac_pins,
    pin_sources,
    transistors,
    whole_deck,
    wl_code,
)
from neusoc.verification.whole_decks.decks import DECKS, chosen, image_rows, image_windows
from neusoc.verification.whole_decks.lines import DrawnLines, drawn_ohm, ohms_between

SMALL, LARGE = load_chip("mini"), load_chip("tapeout")
CELL = r"^xr_(\d+)_(\d+) b_(\d+)_(\d+) d_(\d+)_(\d+) "


@pytest.fixture(scope="module")
def netlist():
    return core_netlist(SMALL)


@pytest.fixture(scope="module")
def text(netlist):
    return whole_deck(SMALL, Steps(1e-6), {}, [], netlist=netlist).text


def test_whole_deck_has_each_cell_of_the_netlist_on_its_lines():
    """At 64 x 64, with tiles: rows, columns and source lines are those of the netlist that LVS compares."""
    core = core_netlist(LARGE)
    cells = core_cells(spice(LARGE))
    text = "\n".join(array_lines(LARGE, core, DrawnLines.of(LARGE), {}))
    found = re.findall(CELL, text, re.M)
    assert {(int(r), int(c)) for r, c, *_ in found} == set(cells) and len(found) == 4096
    assert all((r, c, r, c) == (r2, c2, r1, c1) for r, c, c1, r1, r2, c2 in found)
    gates = re.findall(r"^xm_(\d+)_(\d+) d_\d+_\d+ w_(\d+)_(\d+) s_(\d+)_(\d+) ", text, re.M)
    assert len(gates) == 4096
    assert all(
        (r, int(c) // 8, int(r) // 2, c) == (row, int(arm), int(line), at)
        for r, c, row, arm, line, at in gates
    )


def test_whole_deck_has_all_transistors_of_the_netlist(netlist, text):
    others = len(re.findall(r"fet_", netlist))  # what is counted must not be only what was rewritten
    assert others and not re.search(r"^x\S+ .*fet_", text, re.M)
    passive = 0
    for name, cell, _ in blocks(netlist):
        body = device_count(netlist, cell)
        assert body, name
        passive += _passive(netlist, cell)
    cells = SMALL.rows * SMALL.columns
    assert transistors(text) == device_count(netlist, "analog_core") - passive - cells


def _passive(netlist: str, cell: str) -> int:
    """Devices of a cell that are no transistors, its children's too."""
    body = re.search(rf"^\.subckt {cell} .*?^\.ends", netlist, re.S | re.M)[0]
    found = 0
    for line in body.splitlines()[1:-1]:
        kind = next((w for w in reversed(line.split()) if "=" not in w), "")
        if re.search(rf"^\.subckt {re.escape(kind)} ", netlist, re.M):
            found += _passive(netlist, kind)
        elif "fet_" not in kind:
            found += 1
    return found


@pytest.mark.parametrize("chip", [SMALL, LARGE], ids=lambda chip: chip.name)
def test_whole_deck_lines_have_the_resistance_of_the_drawn_core(chip):
    """Of the farthest cell, and of what was not used to write them: those of the farthest column that
    learn together."""
    lines = DrawnLines.of(chip)
    text = "\n".join(array_lines(chip, core_netlist(chip), lines, {}))
    top = chip.rows - 1
    assert ohms_between(text, f"s_{top // 2}_0", "sl") == pytest.approx(
        drawn_ohm(chip, "sl.set") - lines.source, rel=1e-3
    )
    assert ohms_between(text, f"b_0_{top}", "c_0") == pytest.approx(
        drawn_ohm(chip, "bl.reset") - lines.bit, rel=1e-3
    )
    assert ohms_between(text, f"b_0_{top}", "b_0_0") == pytest.approx(lines.bit * top)
    learning = len({row // 2 for row in learning_rows(chip.rows)})  # source lines, two rows each
    together = (lines.source * chip.columns + lines.joint) / learning + lines.rail
    assert together == pytest.approx(drawn_ohm(chip, "sl.learn"), rel=0.1 if chip is SMALL else 0.03)


@pytest.mark.parametrize(
    ("what", "ends"), [("source", ("s_3_0", "sl")), ("bit", ("b_0_7", "c_0")), ("hop", ("b_0_7", "c_0"))]
)
def test_whole_deck_line_that_is_planted_wrong_is_seen(netlist, what, ends):
    right = DrawnLines.of(SMALL)
    wrong = replace(right, **{what: 3 * getattr(right, what)})
    ohms = [
        ohms_between("\n".join(array_lines(SMALL, netlist, lines, {})), *ends) for lines in (right, wrong)
    ]
    assert ohms[1] > 1.05 * ohms[0]


def test_whole_deck_open_line_is_told(text):
    with pytest.raises(UserError, match="no resistors lead from b_0_7 to c_0"):
        ohms_between(re.sub(r"^rb_0_5 .*$", "", text, flags=re.M), "b_0_7", "c_0")


def test_whole_deck_without_a_cell_is_refused(netlist):
    with pytest.raises(UserError, match="62 cells in an array of 8 x 8"):
        array_lines(SMALL, re.sub(r"^xpair0_3 .*\n", "", netlist, flags=re.M), DrawnLines.of(SMALL), {})
    with pytest.raises(UserError, match="no synapse_pair"):
        array_lines(SMALL, re.sub(r"^xpair.*\n", "", netlist, flags=re.M), DrawnLines.of(SMALL), {})


def test_whole_deck_bad_input_is_one_sentence(netlist):
    lines = DrawnLines.of(SMALL)
    with pytest.raises(UserError, match=r"ReRAM cell \(8, 0\): not in the netlist"):
        array_lines(SMALL, netlist, lines, {(8, 0): 3.3})
    with pytest.raises(UserError, match=r"row_1v8\[8\]: the core has no such input"):
        pin_sources(SMALL, Steps(1e-6, {"row_1v8[8]": (1e-7,)}))
    with pytest.raises(UserError, match="xneuron9: no block of the core"):
        whole_deck(SMALL, Steps(1e-6), {}, [], watched=("xneuron9",), netlist=netlist)
    with pytest.raises(UserError, match="deck 'form': unknown; choose one of reset, read, image, learn"):
        chosen(["form"])
    with pytest.raises(UserError, match="lines were measured of 8 x 8 or 64 x 64"):
        DrawnLines.of(load_chip("large"))
    with pytest.raises(UserError, match="no transistor of the PDK"):
        one_card_a_size("r1 a b 5\n")
    with pytest.raises(UserError, match="no bin of the library holds it"):
        one_card_a_size("xm a b c d sky130_fd_pr__nfet_01v8 w=0.1 l=0.15 nf=1 m=1")


def test_whole_deck_pins_follow_the_steps():
    sources = dict(
        line.split(" ", 1)
        for line in pin_sources(SMALL, Steps(1e-6, {"row_1v8[2]": (1e-7, 2e-7)}, frozenset({"con_1v8"})))
    )
    assert sources["vrow_1v8_2"] == "row_1v8_2 0 pwl(0 0 1e-07 0 1.002e-07 1.8 2e-07 1.8 2.002e-07 0)"
    assert sources["vcon_1v8"] == "con_1v8 0 1.8" and sources["vrow_1v8_1"] == "row_1v8_1 0 0"
    assert sources["vconfig_1v8"].startswith("config_1v8 0 pwl(0 1.8 ")  # latches take their codes first
    held = dict(
        line.split(" ", 1) for line in pin_sources(SMALL, Steps(1e-6, high=frozenset({"discharge_1v8[1]"})))
    )
    assert held["vdischarge_1v8_1"] == "discharge_1v8_1 0 1.8" and "pwl" in held["vdischarge_1v8_0"]


def test_whole_deck_wl_dac_code_is_the_nearest():
    code, fine = wl_code(1.9)
    assert fine and dac_pins("wl", code, fine) >= {"dac_wl_fine_1v8"}
    assert wl_code(3.0)[1] is False


@pytest.mark.parametrize("name", DECKS)
def test_whole_deck_plans_are_of_known_pins_and_vectors(netlist, name):
    """Every deck is written; all that is saved is a node of it."""
    for plan in DECKS[name](SMALL):
        made = whole_deck(
            SMALL, plan.steps, plan.states_nm, plan.vectors(), watched=plan.watched, netlist=netlist
        )
        assert max(plan.marks.values()) <= plan.steps.stop
        words = set(made.text.split())
        for vector in plan.vectors():
            node = re.fullmatch(r"v\(([^.#()]+)\)", vector)
            assert node is None or node[1] in words, vector


def test_whole_deck_image_shows_half_of_the_rows_in_four_windows():
    changes, ends, end = image_windows()
    assert len(image_rows(64)) == 32 and len(ends) == 4 and end == pytest.approx(200e-9 + 43 * 20e-9)
    widths = [b - a for a, b in zip(changes["integ_1v8"][::2], changes["integ_1v8"][1::2], strict=True)]
    assert widths == pytest.approx([160e-9, 80e-9, 40e-9, 20e-9])


DEVICES = (
    ("nfet_01v8", 2, 0.15, 1, 1.0),
    ("nfet_01v8", 0.42, 5.3, 1, 1.0),
    ("nfet_g5v0d10v5", 1, 0.5, 1, 2.0),
    ("nfet_g5v0d10v5", 257.6, 0.5, 46, 2.0),
    ("pfet_01v8", 4, 0.15, 2, -1.0),
    ("pfet_01v8", 0.42, 15.7, 1, -1.0),
    ("pfet_g5v0d10v5", 120, 0.5, 24, -2.0),
)


def test_whole_deck_one_card_a_size_is_the_same_transistor():
    lines = [
        f"xm{i} d{i} g{i} 0 0 sky130_fd_pr__{kind} w={w} l={long} nf={nf} m=1"
        for i, (kind, w, long, nf, _) in enumerate(DEVICES)
    ]
    sources = [f"vd{i} d{i} 0 {volts}\nvg{i} g{i} 0 {volts}" for i, (*_, volts) in enumerate(DEVICES)]
    prints = [f"let a{i} = i(vd{i})\nprint a{i}" for i in range(len(DEVICES))]
    cards, plain = one_card_a_size("\n".join(lines))
    whole, short = (
        run(deck("\n".join([text, *sources]), ["op", *prints])).measures
        for text in ("\n".join(lines), f"{cards}\n{plain}")
    )
    assert len(whole) == len(DEVICES) and all(abs(value) > 1e-9 for value in whole.values())
    assert short == pytest.approx(whole, rel=1e-6)


def test_whole_deck_states_are_written():
    lines = array_lines(SMALL, core_netlist(SMALL), DrawnLines.of(SMALL), {(7, 0): filament(40e-6)})
    assert next(line for line in lines if line.startswith("xr_7_0 ")).endswith(f"x0_nm={filament(40e-6):.6g}")
