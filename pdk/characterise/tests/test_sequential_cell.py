"""Storing cells: what is derived from their functional views."""

from __future__ import annotations

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import cell_logic
from neusoc.pdk.characterise.sequential import KINDS
from neusoc.pdk.characterise.sequential_arcs import timings
from neusoc.pdk.characterise.sequential_cell import Sequential, situation
from neusoc.pdk.characterise.sequential_liberty import cell_attributes, pin_attributes, storage_groups
from neusoc.pdk.characterise.sequential_margins import data_margin, pulse_margins, release_margin


def _cell(name: str) -> Sequential:
    return Sequential(cell_logic(name))


@pytest.mark.parametrize(
    ("name", "kind", "clock", "active", "asynchronous"),
    [
        ("dfxtp_1", "flip_flop", "CLK", 1, {}),
        ("dfrtp_1", "flip_flop", "CLK", 1, {"RESET_B": (0, 0)}),
        ("dfstp_2", "flip_flop", "CLK", 1, {"SET_B": (0, 1)}),
        ("dfrtn_1", "flip_flop", "CLK_N", 0, {"RESET_B": (0, 0)}),
        ("dfbbp_1", "flip_flop", "CLK", 1, {"RESET_B": (0, 0), "SET_B": (0, 1)}),
        ("dlxtp_1", "latch", "GATE", 1, {}),
        ("dlxtn_1", "latch", "GATE_N", 0, {}),
        ("dlrtp_1", "latch", "GATE", 1, {"RESET_B": (0, 0)}),
        ("dlclkp_1", "clock_gate", "CLK", 0, {}),
    ],
)
def test_kind_clock_and_resets(name, kind, clock, active, asynchronous):
    cell = _cell(name)
    assert (cell.kind, cell.clock, cell.active, cell.asynchronous) == (kind, clock, active, asynchronous)


@pytest.mark.parametrize(
    "name", ["dfxtp_1", "dfrtp_1", "dfbbn_1", "edfxtp_1", "dlxtp_1", "dlrtn_1", "dlclkp_1"]
)
def test_every_situation_is_reached_by_its_approach(name):
    cell = _cell(name)
    assert {place.stored for place in cell.situations} == {0, 1}
    for goal in cell.situations:
        for unknown in (0, 1):  # whatever was stored before
            steps = cell.approach(goal)
            place = situation({**cell.idle, **steps[0]}, unknown)
            for levels in steps:
                for pin in (*(p for p in levels if p != cell.clock), cell.clock):
                    place = cell.following(place, pin, levels[pin])
            assert place == goal


@pytest.mark.parametrize("name", ["dfrtp_1", "dlrtp_1", "dlclkp_1"])
def test_a_state_of_no_rest_is_refused(name):
    cell = _cell(name)
    wrong = [situation(place.levels, 1 - place.stored) for place in cell.situations]
    unreachable = [place for place in wrong if place not in cell.situations]
    assert unreachable
    with pytest.raises(ValueError):
        cell.approach(unreachable[0])


def _groups(name: str) -> list[tuple[str, str, str, str, tuple[int, ...]]]:
    return [(t.pin, t.output, t.timing_type, t.sense, tuple(t.launches)) for t in timings(_cell(name))]


def test_timing_groups_of_a_reset_flip_flop_with_both_outputs():
    assert _groups("dfrbp_1") == [
        ("CLK", "Q", "rising_edge", "non_unate", (0, 1)),
        ("RESET_B", "Q", "clear", "positive_unate", (0,)),
        ("CLK", "Q_N", "rising_edge", "non_unate", (0, 1)),
        ("RESET_B", "Q_N", "preset", "negative_unate", (1,)),
    ]


def test_timing_groups_of_a_reset_latch_and_a_clock_gate():
    assert _groups("dlrtp_1") == [
        ("GATE", "Q", "rising_edge", "non_unate", (0, 1)),
        ("D", "Q", "combinational", "positive_unate", (0, 1)),
        ("RESET_B", "Q", "clear", "positive_unate", (0, 1)),
    ]
    assert _groups("dlclkp_1") == [("CLK", "GCLK", "combinational", "positive_unate", (0, 1))]


def test_setup_watches_the_output_that_takes_the_new_value():
    for level in (0, 1):
        (margin,) = data_margin(_cell("dfrtp_1"), "D", level, hold=False)
        assert margin.before.stored == 1 - level and margin.switching == (("Q", level),) and margin.sign == -1
        (margin,) = data_margin(_cell("dfrtp_1"), "D", level, hold=True)
        assert margin.before.stored == level and margin.switching == (("Q", 1 - level),) and margin.sign == 1


def test_latch_hold_and_removal_watch_a_quiet_output():
    for level in (0, 1):
        (margin,) = data_margin(_cell("dlxtp_1"), "D", level, hold=True)
        assert margin.fixed == ("GATE", 0) and not margin.switching
    (margin,) = release_margin(_cell("dfrtp_1"), "RESET_B", removal=True)
    assert not margin.switching and margin.moved == ("RESET_B", 1)


def test_pulses_are_those_that_the_outputs_show():
    cell = _cell("dfrtp_1")
    shown = {
        (pin, level): len(pulse_margins(cell, pin, level)) for pin in ("CLK", "RESET_B") for level in (0, 1)
    }
    assert shown == {("CLK", 0): 2, ("CLK", 1): 2, ("RESET_B", 0): 2, ("RESET_B", 1): 0}
    assert not pulse_margins(_cell("dlxtp_1"), "GATE", 0)


def test_liberty_storage_groups():
    def text(name: str) -> str:
        return "\n".join(line for group in storage_groups(cell_logic(name)) for line in group.lines())

    assert (
        '"IQ"' in text("dfrtp_1")
        and 'clear : "!RESET_B"' in text("dfrtp_1")
        and 'next_state : "D"' in text("dfrtp_1")
    )
    assert 'clocked_on : "!CLK_N"' in text("dfrtn_1")
    assert 'preset : "!SET_B"' in text("dfbbn_1") and 'clear_preset_var1 : "H"' in text("dfbbn_1")
    assert 'enable : "GATE"' in text("dlxtp_1") and 'data_in : "D"' in text("dlxtp_1")
    assert 'table : "L L : - : L, L H : - : H, H - : - : N"' in text("dlclkp_1")
    assert dict(cell_attributes(cell_logic("dlclkp_1"))) == {"clock_gating_integrated_cell": "latch_posedge"}
    assert dict(pin_attributes(cell_logic("dfxbp_1"), "Q_N"))["function"] == "IQ_N"


def test_kinds_leave_combinational_cells_alone():
    assert not any(kind.plan(cell_logic("nand2_1")) for kind in KINDS)
    planned = {kind.name: list(kind.plan(cell_logic("dfrtp_1"))) for kind in KINDS}
    assert planned["setup"] == ["D rise", "D fall"] and planned["recovery"] == ["RESET_B rise"]
    assert planned["storage_delay"] == ["CLK->Q rising_edge", "RESET_B->Q clear"]


def test_a_cell_without_storage_is_refused():
    with pytest.raises(UserError, match="nand2_1.*0 storage elements"):
        _ = _cell("nand2_1").kind
