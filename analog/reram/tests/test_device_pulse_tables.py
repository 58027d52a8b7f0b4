"""Compact pulses against the converged integrator."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.equations import Parameters, Resistor, conductance
from neusoc.analog.reram.integrate import integrate_reference
from neusoc.analog.reram.pulse_tables import PulseTable
from neusoc.analog.synapse.access import CellTransistor, access_table
from neusoc.base.errors import UserError

P = Parameters.of()
CELLS = 40


def bias_of(kind: str, drive: np.ndarray) -> np.ndarray:
    zero = np.zeros_like(drive)
    return np.stack([zero + 2.4, drive, zero] if kind == "set" else [zero, zero + 3.4, drive], axis=-1)


@pytest.mark.parametrize("kind", ["set", "reset"])
@pytest.mark.parametrize("width", [100e-9, 1e-6])
def test_device_flight_on_1t1r_ends_where_reference_does(kind: str, width: float) -> None:
    edge = 10e-9
    random = np.random.default_rng(7)
    series = CellTransistor(access_table())
    grid = np.linspace(0.8, 2.4, 161) if kind == "set" else np.linspace(0.8, 3.0, 221)
    table = PulseTable.build(P, series, grid, bias_of(kind, grid))
    start = random.uniform(4.0, 4.85, CELLS)
    if kind == "set":
        start = np.where(random.random(CELLS) < 0.5, 3.3, random.uniform(3.3, 4.85, CELLS))
    drive = random.uniform(grid[0], grid[-1], CELLS)
    times = np.cumsum([0, 1e-9, edge, width, edge, 5e-9])
    waves = np.zeros((CELLS, 6, 3))
    waves[:, 2] = waves[:, 3] = bias_of(kind, drive)
    wanted = integrate_reference(P, start, times, waves, series).x_nm
    found = table.pulse(start, drive, width, edge)
    error = np.abs(conductance(found, P) - conductance(wanted, P)) * 1e6
    assert np.abs(wanted - start).max() > 0.5  # the pulses do program
    assert error.max() < 0.3 and np.quantile(error, 0.9) < 0.1  # uS; a level is 5 uS
    assert np.abs(found / wanted - 1).max() < 0.01


def test_device_flight_through_a_resistor_and_two_pulses_are_one_of_twice_the_width() -> None:
    grid = np.linspace(1.5, 2.6, 111)
    table = PulseTable.build(P, Resistor(10e3), grid, grid[:, None])
    start, drive = np.linspace(3.3, 4.6, 50), np.linspace(1.6, 2.5, 50)
    once = table.pulse(start, drive, 200e-9)
    twice = table.pulse(table.pulse(start, drive, 100e-9), drive, 100e-9)
    assert np.allclose(once, twice, atol=1e-6)
    times = np.cumsum([0, 1e-9, 1e-12, 200e-9, 1e-12, 1e-9])
    waves = np.zeros((50, 6))
    waves[:, 2] = waves[:, 3] = drive
    assert np.abs(once - integrate_reference(P, start, times, waves, Resistor(10e3)).x_nm).max() < 0.03


def test_device_flight_forms_a_pristine_cell_only_at_forming_voltage() -> None:
    grid = np.linspace(1.8, 3.2, 141)
    table = PulseTable.build(P, Resistor(10e3), grid, grid[:, None])
    after = table.pulse(2.9, np.array([2.0, 2.3, 2.9, 3.1]), 1e-6)
    assert (after[:2] < 3.0).all() and (after[2:] > 4.0).all()
    assert conductance(2.9, P) < 0.1e-6


def test_device_flight_of_both_signs_is_refused() -> None:
    grid = np.linspace(-1, 1, 21)
    with pytest.raises(UserError, match="both signs"):
        PulseTable.build(P, Resistor(1e3), grid, grid[:, None])
