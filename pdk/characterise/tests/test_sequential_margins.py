"""The search for the smallest margin, and a flip-flop in the simulator."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import cell_logic
from neusoc.pdk.characterise.corner import corner_named
from neusoc.pdk.characterise.netlist import cell_netlist
from neusoc.pdk.characterise.sequential_arcs import Timing, largest_load, timings
from neusoc.pdk.characterise.sequential_bench import Bench, Edge
from neusoc.pdk.characterise.sequential_margins import TOLERANCE, Search, data_margin, pulse_margins, smallest
from neusoc.pdk.characterise.sequential_pins import quiet_edges
from neusoc.pdk.characterise.session import SimulationError, session


@pytest.mark.parametrize("answer", [-2.0, -0.0123, 0.0, 0.0777, 1.5])
@pytest.mark.parametrize("shape", ["exponential", "step", "blind below"])
def test_search_finds_the_margin(answer, shape):
    probes = []

    def probe(x: float):
        probes.append(x)
        excess = (answer - x) / 0.02 if shape != "step" else None
        if shape == "blind below" and x < answer or excess is not None and excess < -6:
            excess = None
        return x >= answer, excess

    found = smallest(probe, 0.05, 0.1)
    assert answer - 1e-12 <= found <= answer + max(TOLERANCE, 0.002)
    assert len(probes) < 25


def test_search_uses_few_probes_from_a_good_guess():
    probes = []

    def probe(x: float):
        probes.append(x)
        return x >= 0.1, (0.1 - x) / 0.02

    smallest(probe, 0.11, 0.02)
    assert len(probes) <= 5


@pytest.mark.parametrize("passes", [True, False])
def test_search_without_an_answer_ends(passes):
    with pytest.raises(ArithmeticError):
        smallest(lambda x: (passes, None), 0.0, 0.1)


def test_lowest_margin_that_passes_is_the_answer():
    assert smallest(lambda x: (True, None), 0.5, 0.1, lowest=0.2) == 0.2


@pytest.fixture(scope="module")
def flop() -> Bench:
    return Bench(cell_netlist("dfxtp_1"), cell_logic("dfxtp_1"), corner_named("tt"))


def test_every_state_holds_and_leaks_little(flop):
    for place in flop.cell.situations:
        wave = flop.run(place, [], 1.0, 0.05, "rest")
        for pin, level in flop.cell.outputs(place).items():
            assert np.abs(wave[pin] - level * flop.corner.voltage).max() < 0.01
        assert 0 < flop.leakage(place) < 1.0


def test_clock_edge_captures_and_data_alone_does_not(flop):
    before = flop.cell.resting(0, 0, 1)
    clocked = flop.run(before, [Edge("CLK", 1, 0.05, 0.0)], 1.0, 0.01, "capture")
    assert 0.1 < flop.crossing(clocked, "Q", 1) < 0.5
    still = flop.run(flop.cell.resting(0, 0, 0), [Edge("D", 1, 0.05, 0.0)], 1.0, 0.01, "data alone")
    assert still["Q"].max() < 0.1


def test_setup_lies_between_pass_and_fail(flop):
    (margin,) = data_margin(flop.cell, "D", 1, hold=False)
    search = Search(flop, margin)
    found = search.point(0.05, 0.05, 0.05, 0.1)
    late = search.undisturbed(0.05, 0.05)["Q"] * 1.1
    for shift, good in ((0.004, True), (-0.004, False)):
        edges = [Edge("CLK", 1, 0.05, 0.0), Edge("D", 1, 0.05, -found - shift)]
        arrival = flop.crossing(flop.run(margin.before, edges, 2.0, 0.005, "check"), "Q", 1)
        assert (not math.isnan(arrival) and arrival <= late) is good


def test_pulse_is_no_shorter_than_its_ramps(flop):
    margin, _ = pulse_margins(flop.cell, "CLK", 1)
    assert Search(flop, margin).point(0.5, 0.5, 0.5 / 0.6, 0.1, 0.5 / 0.6) == pytest.approx(0.5 / 0.6)


def test_quiet_edges_leave_the_output(flop):
    places = quiet_edges(flop.cell, "CLK", 1)
    assert {(p.levels["D"], p.stored) for p in places} == {(0, 0), (1, 1)}


def test_slower_transistors_are_seen(flop):
    """A planted fault: the output's nfet at half its width makes the falling delay grow."""
    text = flop.netlist.text
    beside = re.findall(r"(?m)^R\d+ Q (\S+) ", text)  # nodes across a contact from Q
    output = next(
        line
        for line in text.splitlines()
        if " nfet_01v8 w=0.65u" in line and set(line.split()[1:4]) & {"Q", *beside}
    )
    weak = replace(
        flop.netlist,
        text=text.replace(output, output.replace("w=0.65u", "w=0.36u")),
        sizes=frozenset({*flop.netlist.sizes, ("nfet_01v8", 0.36, 0.15)}),
    )
    delays = [_fall(Bench(netlist, flop.cell.logic, flop.corner)) for netlist in (flop.netlist, weak)]
    assert delays[1] > 1.01 * delays[0]


def _fall(bench: Bench) -> float:
    edge = Edge("CLK", 1, 0.05, 0.0)
    return bench.delays(bench.cell.resting(0, 1, 0), edge, [("Q", 0)], 0.005, "fall")["Q"]


def test_largest_load_makes_the_largest_transition(flop):
    timing: Timing = timings(flop.cell)[0]
    load = largest_load(flop, [launches[0] for launches in timing.launches.values()])
    assert 0.1 < load < 0.25


def test_a_netlist_that_cannot_start_is_named(flop):
    broken = replace(flop.netlist, text=re.sub(r"(?m)^M\d+ .*pfet_01v8_hvt.*\n", "", flop.netlist.text))
    bench = Bench(broken, flop.cell.logic, flop.corner)
    with pytest.raises(UserError, match="dfxtp_1, corner tt_025C_1v80"):
        bench.leakage(flop.cell.resting(0, 1, 1))


def test_a_circuit_that_ngspice_refuses_is_an_error():
    with pytest.raises(SimulationError):
        session().load("title\nM1 a b c d nowhere w=1u l=1u\nV1 a 0 1\n.end\n")
        session().transient(1e-12, 1e-9)
