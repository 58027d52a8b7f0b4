"""Unusual inputs: thresholds out of range, every row at once, no input for long, two neurons at once, a stuck cell."""

from math import inf

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron.benches import bench, fire, reference
from neusoc.analog.neuron.model import RELEASE_STEP, Neuron, answered, input_current
from neusoc.pdk.spice.ngspice import run


@pytest.fixture(scope="module")
def spice():
    return netlist_text("neuron"), datasheet("neuron"), datasheet("neuron").conditions["nominal"][0]


def test_neuron_threshold_below_rest_fires_once_and_stays(spice):
    """vth 50 mV under vref: the latch sets by itself after each discharge; nothing oscillates while it waits for the answer."""
    netlist, sheet, nominal = spice
    text = bench("edges", netlist, sheet, nominal, threshold=-0.05).replace("quit\n", "write edges.raw v(spike)\nquit\n")
    found = run(text).arrays["edges"]
    late = found["v(spike)"][found["time"] > 600e-9]
    assert late.min() > 1.75
    twin = Neuron(threshold=-0.05)
    twin.advance(1e-6)
    assert len(twin.spikes) == 1


def test_neuron_threshold_at_the_supply_never_fires(spice):
    """vth at vdd1v8: the membrane runs to the rail and back from it by a discharge; no spike."""
    netlist, sheet, nominal = spice
    text = bench("reset", netlist, sheet, nominal, threshold=0.9).replace("pulse(0 2u 400n 1n 1n 100n 1)", "pulse(0 4u 400n 1n 1n 300n 1)")
    commands = ["high max v(spike)", "rail max v(xdut.vm)"]
    found = run(text.replace("quit\n", "".join(f"meas tran {c} from=310n to=1.2u\n" for c in commands) + "quit\n")).measures
    assert found["high"] < 0.1 and found["rail"] > 1.7 and abs(found["residue"]) < 0.03


def test_neuron_all_rows_at_once(spice):
    """64 cells of 40 uS in one column: one spike, and discharge brings the neuron back."""
    netlist, sheet, nominal = spice
    found = fire(netlist, sheet, nominal, 64 * 40e-6, 0.3)
    spike, time = found.arrays["fire"]["v(spike)"], found.arrays["fire"]["time"]
    rising = time[1:][(spike[1:] > 0.9) & (spike[:-1] <= 0.9)]
    assert len(rising) >= 2 and np.all(np.diff(rising) > 390e-9)
    twin = Neuron(threshold=0.3)
    assert len(answered(twin, [(2e-6, input_current(64 * 40e-6, 0.05), 64)], 200e-9, 200e-9)) in (3, 4, 5)


def test_neuron_without_input_for_100_ms_does_not_fire(spice):
    """Junction and channel leakage move the membrane by less than the least threshold in 100 ms: nominal, hot and fast, cold and slow."""
    netlist, sheet, _ = spice
    for condition in sheet.conditions["quick"]:
        text = bench("idle", netlist, sheet, condition, idle_threshold=reference(sheet, condition) + 0.2)
        found = run(text.replace("reltol=1e-4", "reltol=1e-4 gmin=1e-16")).measures
        assert found["high"] < 0.05 and abs(found["drift"]) < 0.15, condition
    twin = Neuron(threshold=0.2)
    twin.advance(100e-3)
    assert twin.spikes == [] and twin.membrane == 0.0


def test_neuron_twins_cross_together_and_one_wins():
    """Two equal neurons cross at the same instant; the controller answers one event at a time: the loser is discharged and waits."""
    twins = [Neuron(threshold=0.3, membrane=RELEASE_STEP) for _ in range(2)]
    for twin in twins:
        twin.advance(2e-6, 0.2e-6)
    times = [twin.spikes[0] for twin in twins]
    assert times[0] == times[1]
    winner, loser = twins
    loser.advance(200e-9, discharge=True)                            # inhibited
    assert winner.spike and not loser.spike and loser.firing(0.0) == inf


def test_neuron_stuck_low_cell_leaves_the_others_alone(spice):
    """A cell of 1 kohm without a word line makes one neuron fire; held discharged it is silent, and a neighbour on its bars goes on."""
    netlist, sheet, nominal = spice
    text = bench("stuck", netlist, sheet, nominal)
    found = run(text).measures
    assert found["begin"] < 600e-9 and found["masked"] < 0.05
    assert found["healthy"] == pytest.approx(found["alone"], rel=0.02)
