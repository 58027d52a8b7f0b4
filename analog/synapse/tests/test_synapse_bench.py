"""Benches against answers known otherwise: the twin, hand values, and their own limits."""

import numpy as np
import pytest
from neusoc.analog.reram.equations import Parameters
from neusoc.analog.reram.osdi import conductance, filament
from neusoc.analog.synapse import model
from neusoc.analog.synapse.bench import (
    RESET_FULL,
    Lines,
    Pulse,
    Setup,
    current_sweeps,
    line_resistance,
    pulse_waves,
    train,
)
from neusoc.analog.synapse.fit import fit_transistor

NO_LINES = Setup(lines=Lines())


def test_synapse_waves_never_overlap_and_every_pulse_is_read():
    corners, reads, spans = pulse_waves([Pulse(1.8, 2.4), RESET_FULL, Pulse(1.2, 2.4, width=50e-9)])
    assert len(reads) == 4 and all(
        end < begin for (_, end), (begin, _) in zip(spans, spans[1:], strict=False)
    )
    for points in corners.values():
        times = [t for t, _ in points]
        assert times == sorted(times) and len(set(times)) == len(times) and points[-1][1] == 0
    for at in reads:  # bit line and word line are up, the source line is down
        levels = {net: float(np.interp(at, *np.array(points).T)) for net, points in corners.items()}
        assert levels == pytest.approx({"wl": 3.3, "bl": 0.2, "sl": 0.0})


def test_synapse_read_is_series_of_cell_and_transistor():
    device, p = fit_transistor(), Parameters.of()
    state = filament(40e-6)
    volts = np.array([-0.01, 0.0, 0.01])
    found = np.gradient(current_sweeps([state], volts, wl=3.3, common=0.0, setup=NO_LINES)[0], volts)[1]
    assert found == pytest.approx(
        float(model.synapse_conductance(np.array(state), float(device.on(3.3)), 0.0, p)), rel=0.01
    )
    assert found < conductance(state)


def test_synapse_line_resistance_lowers_a_read():
    lines = line_resistance(64, 64)
    assert lines.bl == pytest.approx(26.4, rel=0.05) and lines.sl == pytest.approx(47.6, rel=0.05)
    state = filament(90e-6)
    near, far = (
        train([Pulse(0, 0, 0)], x0_nm=state, setup=Setup(lines=x)).conductance[0] for x in (Lines(), lines)
    )
    assert 1 / far - 1 / near == pytest.approx(
        lines.bl + lines.sl, rel=0.3
    )  # the cell, at less voltage, conducts less too


def test_synapse_pulse_without_voltage_does_nothing():
    found = train([Pulse(0.0, 0.0), Pulse(3.6, 0.0), Pulse(0.0, 2.4)], x0_nm=filament(20e-6))
    assert np.ptp(found.filament) < 1e-4 and found.peak[0] < 1e-9


def test_synapse_conductance_after_set_by_hand():
    device = fit_transistor()
    ended = model.after_set(float(device.compliance(1.8)), 1e-6, Parameters.of())
    found = train([Pulse(1.8, 2.4)], setup=NO_LINES)
    assert ended == pytest.approx(found.filament[1], abs=0.05)
    assert model.after_set(1e-9, 1e-6, Parameters.of()) == pytest.approx(3.3, abs=0.1)


def test_synapse_hot_cell_needs_less_voltage():
    cold, hot = (train([Pulse(1.2, 2.4)], setup=Setup(temperature=t)).conductance[1] for t in (-40.0, 125.0))
    assert hot > 1.2 * cold


def test_synapse_mismatch_differs_by_seed_and_repeats():
    first, again, other = (train([Pulse(1.6, 2.4)], setup=Setup(seed=s)).conductance[1] for s in (5, 5, 6))
    assert first == again and abs(first / other - 1) > 1e-4
