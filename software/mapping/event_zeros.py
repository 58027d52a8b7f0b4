"""Events on a chip: what each neuron takes with every event without any cell, found by spikes, and a network placed around it.

    zero_us = zeros(chip, EventNeurons(circuit, chip.seed, MODE))
    plan = event_plan(network, chip.chip, MODE, zero_us)

A whole image gets that once a plane, which costs nothing that shows; as events it gets it with every row.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.base.chip import Chip
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.pulse import Floats
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.plan import LEVELS, Plan, place
from neusoc.software.mapping.steps import Faults, choose, go_around, reach_us
from neusoc.software.network.network import Network

MICRO = 1e-6
MODE = EventMode(window=8, units=4, refractory=1)       # a mean event of the strongest neuron is a tenth of its threshold
WEIGHED = EventMode(window=8, units=1, refractory=1)    # while currents without a cell are found: spikes are seldom, so they tell more
WEAK, STRONG = (5, 8), (12, 15)                         # levels of the positive cells of either half of the rows meanwhile
EACH = 3000                                             # events to either half
SEARCHED_US = 16.0                                      # currents without a cell beyond that are not looked for, as sums of cells
STEPS = 33
FULL = 0.8                                              # share of the largest difference of a pair that a weight of 1 gets


def event_plan(
    network: Network, chip: Chip, mode: EventMode, zero_us: Floats, faults: Faults = (), more_us: float = 0.0, most: float | None = None
) -> Plan:
    """A network placed so that each pair makes up for its neuron's current without a cell.

    Args:
        network: network of one layer.
        chip: variant.
        mode: how events are shown.
        zero_us: current of each neuron without a cell, as a sum of cells, uS, (neurons,).
        faults: cells that are stuck, as of mapping.plan.place().
        more_us: what each pair of the network conducts beyond its weight, uS.
        most: weight that gets the share FULL of a pair; by default the largest.
    """
    plan = place(network, chip, settings=mode, faults=faults)
    weights, neurons, full = network.layers[0].matrix(), list(plan.neurons), FULL * reach_us(LEVELS)
    wanted, sides = np.zeros((len(weights), chip.neurons)), np.zeros((2, len(weights), chip.neurons), np.int64)
    wanted[:, neurons] = full * weights / (most or np.abs(weights).max()) + more_us - zero_us[neurons]
    sides[:, :, neurons] = choose(wanted[:, neurons], LEVELS)
    go_around([fault for fault in faults if fault[1] // 2 in neurons], sides[0], sides[1], wanted, LEVELS)
    return replace(plan, positive=sides[0], negative=sides[1], full_us=full)


def zeros(chip: SampledCells, neurons: EventNeurons) -> Floats:
    """Current of each neuron without a cell, as a sum of cells, uS, (neurons,): found by spikes. Cells get random levels.

    Half of the rows has weak cells, half strong ones; how many spikes either half gives for as many events tells by the ratio, whatever the
    neuron's gain and threshold are. What ratio which current gives says the emulator with the cells as READ tells them.
    """
    random, rows, count = np.random.default_rng([chip.seed, 31]), chip.chip.rows, chip.chip.neurons
    weak = np.arange(rows) % 4 < 2
    draw = [random.integers(low, high, (rows, count)) for low, high in (WEAK, STRONG)]
    chip.program(np.where(weak[:, None], *draw), np.zeros((rows, count), np.int64))
    halves = [random.choice(np.flatnonzero(half), EACH) for half in (weak, ~weak)]
    order, ends = np.concatenate(halves), np.array([EACH, 2 * EACH])

    def ratio(of: EventNeurons, cells: Floats) -> Floats:
        of.mode = WEIGHED
        of.connect(cells)
        few, many = of.count(order, ends)[0]
        return np.asarray(few / np.maximum(many, 1))

    mode = neurons.mode
    measured = ratio(neurons, chip.siemens())
    seen, alike = np.maximum(chip.read_us(), 0) * MICRO, replace(neurons.circuit.spread, gain=0.0, zero_s=0.0, threshold_v=0.0)
    searched = np.linspace(-SEARCHED_US, SEARCHED_US, STEPS)
    circuits = [replace(neurons.circuit, noise=0.0, spread=alike, zero_s=us * MICRO) for us in searched]
    table = np.array([ratio(EventNeurons(circuit, chip.seed), seen) for circuit in circuits])
    neurons.mode = mode
    return np.array([np.interp(measured[k], np.maximum.accumulate(table[:, k]), searched) for k in range(count)])
