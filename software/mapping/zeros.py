"""What each neuron takes from an event without any cell, found by spikes alone: as events a neuron gets that
with every row.

Half of the rows has weak cells, half strong ones; how many spikes either half gives for as many events tells
by its ratio, whatever gain and threshold the neuron has. Which current gives which ratio says the emulator,
with the cells as READ tells them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.measured import MICRO
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit

WEIGHED = EventMode(window=8, units=1, refractory=1)  # spikes are seldom, so that many events make each
WEAK, STRONG = (
    (5, 8),
    (12, 15),
)  # levels of the positive cells of either half of the rows, first and behind the last
EACH = 3000  # events to either half
SEARCHED_US = 16.0  # currents beyond that are not looked for, as sums of cells
STEPS = 33
Counting = Callable[
    [Ints], Ints
]  # rows of events -> spikes of each neuron, discharged before; shown as WEIGHED


def levels_of_halves(rows: int, neurons: int, seed: int = 1) -> Ints:
    """Levels of the positive cells, (rows, neurons); the negative ones have the lowest."""
    random = np.random.default_rng([seed, 31])
    weak, strong = (random.integers(*levels, (rows, neurons)) for levels in (WEAK, STRONG))
    return np.where(_weak(rows)[:, None], weak, strong)


def zeros_us(
    measure: Counting, told_us: Floats, circuit: ImageCircuit, seed: int = 1, events: int = EACH
) -> Floats:
    """Current of each neuron without a cell, as a sum of cells, uS, (neurons,); NaN where a half gave no
    spike.

    Args:
        measure: the chip, whose cells have the levels of levels_of_halves().
        told_us: conductance that READ tells of each cell, uS, (rows, columns).
        circuit: circuit of its neurons, as measured.
        seed: seed of the events' rows.
        events: number of events to either half.
    """
    random, weak = np.random.default_rng([seed, 32]), _weak(len(told_us))
    halves = [random.choice(np.flatnonzero(half), events) for half in (weak, ~weak)]
    few, many = (measure(rows) for rows in halves)
    alike = replace(circuit.spread, pair=0.0, trimmed=(0.0, 0.0, 0.0), gain=0.0, zero_s=0.0, threshold_v=0.0)
    searched, order = np.linspace(-SEARCHED_US, SEARCHED_US, STEPS), np.concatenate(halves)
    table = []
    for us in searched:
        twin = EventNeurons(replace(circuit, noise=0.0, spread=alike, zero_s=us * MICRO), seed, WEIGHED)
        twin.connect(np.maximum(told_us, 0) * MICRO)
        weak_spikes, strong_spikes = twin.count(order, [events, 2 * events])[0]
        table.append(weak_spikes / np.maximum(strong_spikes, 1))
    ratios, measured = np.maximum.accumulate(np.array(table)), few / np.maximum(many, 1)
    found = [np.interp(measured[k], ratios[:, k], searched) for k in range(circuit.count)]
    return np.where((few > 0) & (many > 0), found, np.nan)


def _weak(rows: int) -> np.ndarray:
    """Which rows have weak cells: two of each four, so that both rows of a source line have like ones."""
    return np.arange(rows) % 4 < 2
