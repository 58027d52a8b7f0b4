"""A network's images as events on a chip: an event is a row, and the neuron with most spikes answers.

chip = event_chip(trial, seed=3)
chip.program(network)
counts, last = chip.counts(encoded(images, 312))
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from neusoc.base.chip import Chip
from neusoc.software.calibration import stuck_cells
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.measured import MICRO
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.plan import EVENTS as MODE
from neusoc.software.mapping.plan import FULL, LEVELS, Plan, place, strongest
from neusoc.software.mapping.steps import Faults, choose, go_around, reach_us
from neusoc.software.mapping.zeros import WEIGHED, levels_of_halves, zeros_us
from neusoc.software.network.encoding import EVENTS, Events
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome, Trial, later, sampled


def event_plan(
    network: Network,
    chip: Chip,
    mode: EventMode,
    zero_us: Floats,
    faults: Faults = (),
    more_us: float = 0.0,
    most: float | None = None,
) -> Plan:
    """A network placed so that each pair makes up for its neuron's current without a cell.

    Args:
        network: network of one layer.
        chip: variant.
        mode: way events are shown.
        zero_us: current of each neuron without a cell, as a sum of cells, uS, (neurons,).
        faults: cells that are stuck, as of mapping.plan.place().
        more_us: current that each pair of the network conducts beyond its weight, uS.
        most: weight that gets the share FULL of a pair; by default the largest.
    """
    plan = place(network, chip, settings=mode, faults=faults)
    weights, neurons, full = network.layers[0].matrix(), list(plan.neurons), FULL * reach_us(LEVELS)
    wanted, sides = (
        np.zeros((len(weights), chip.neurons)),
        np.zeros((2, len(weights), chip.neurons), np.int64),
    )
    wanted[:, neurons] = full * weights / (most or np.abs(weights).max()) + more_us - zero_us[neurons]
    sides[:, :, neurons] = choose(wanted[:, neurons], LEVELS)
    go_around([fault for fault in faults if fault[1] // 2 in neurons], sides[0], sides[1], wanted, LEVELS)
    return replace(plan, positive=sides[0], negative=sides[1], full_us=full)


def zeros(chip: SampledCells, neurons: EventNeurons) -> Floats:
    """What an event adds to each neuron without a cell, uS, (neurons,), found by spikes; cells get random
    levels."""
    positive, mode = levels_of_halves(chip.chip.rows, chip.chip.neurons), neurons.mode
    chip.program(positive, np.zeros_like(positive))
    neurons.mode = WEIGHED
    neurons.connect(chip.siemens())
    found = zeros_us(lambda rows: neurons.count(rows, [rows.size])[0][0], chip.read_us(), neurons.circuit)
    neurons.mode = mode
    return np.where(np.isfinite(found), found, neurons.circuit.zero_s / MICRO)


@dataclass
class EventChip:
    """A chip that is shown events.

    Attributes:
        trial: trial that is run; its network does not count.
        chip: its cells.
        neurons: its neurons.
        zero_us: known current of each neuron without a cell, as a sum of cells, uS, (neurons,).
        faults: known stuck cells, as of mapping.plan.place().
        plan: plan that it holds; None: none.
    """

    trial: Trial
    chip: SampledCells
    neurons: EventNeurons
    zero_us: Floats
    faults: Faults = ()
    plan: Plan | None = None

    def program(self, network: Network, more_us: float = 0.0, most: float | None = None) -> Plan:
        """Write a network of one layer; arguments as of event_plan()."""
        for _ in range(2):
            faults = [fault for fault in self.faults if fault[0] < network.layers[0].rows]
            self.plan = plan = event_plan(
                network, self.trial.chip, self.neurons.mode, self.zero_us, faults, more_us, most
            )
            outcome = self.chip.program(plan.positive, plan.negative)
            stuck = stuck_cells(outcome, self.chip.read_us())
            if not (
                self.trial.around and {fault[:2] for fault in stuck} - {fault[:2] for fault in self.faults}
            ):
                break
            self.faults = tuple({fault[:2]: fault for fault in (*self.faults, *stuck)}.values())
        self.connect(self.chip)
        return plan

    def connect(self, chip: SampledCells) -> None:
        """Neurons on the cells of a chip, those without an output masked."""
        assert self.plan is not None
        self.neurons.masked[:] = True
        self.neurons.masked[self.plan.used] = False
        self.neurons.connect(chip.siemens())

    def counts(self, events: Events) -> tuple[Ints, Floats]:
        """Spikes of images by the network that was programmed, and when the last one came, as of
        Plan.of_outputs(); (images, outputs)."""
        assert self.plan is not None
        return self.plan.of_outputs(*self.neurons.count(events.rows, events.ends))

    def shown(self, network: Network, events: Events) -> tuple[Ints, Floats]:
        """Write a network of one layer, then as counts()."""
        self.program(network)
        return self.counts(events)

    def accuracy(self, network: Network, events: int = EVENTS) -> float:
        """Share of the trial's images that the chip classifies correctly with a network of one layer; events:
        of an image."""
        counts, last = self.shown(network, network.encode(self.trial.images, events))
        return self.trial.share(strongest(counts, last, tuple(network.labels.tolist())))

    def spikes(self, events: Events) -> tuple[Events, Ints]:
        """Spikes of images in their order as events, of the outputs; and the event behind each, an index into
        all.

        Each image begins with discharged membranes.
        """
        assert self.plan is not None
        output = np.full(self.trial.chip.neurons, -1)
        output[list(self.plan.neurons)] = np.arange(len(self.plan.neurons))
        found, causes = [], []
        for k in range(len(events)):
            self.neurons.ground()
            event, neuron = self.neurons.run(events.image(k)).T
            found.append(output[neuron])
            causes.append(event + (events.ends[k - 1] if k else 0))
        return Events(np.concatenate(found), np.cumsum([len(rows) for rows in found])), np.concatenate(causes)


def event_chip(trial: Trial, seed: int, mode: EventMode = MODE, calibrated: bool = True) -> EventChip:
    """A formed chip; calibrated: currents without a cell are found, not taken for the mean ones."""
    chip, neurons = sampled(trial, seed), EventNeurons(trial.neurons, seed, mode)
    mean = np.full(trial.chip.neurons, trial.circuit.zero_s / MICRO)
    return EventChip(trial, chip, neurons, zeros(chip, neurons) if calibrated else mean)


@dataclass(frozen=True)
class EventTrial(Trial):
    """A trial whose images are shown as events.

    Attributes:
        events: number of events of an image.
        mode: way events are shown.
        calibrated: currents without a cell are found before the network is placed.
    """

    events: int = EVENTS
    mode: EventMode = MODE
    calibrated: bool = True


def by_events(trial: EventTrial, seed: int) -> Outcome:
    """As study.one_chip(), by events: the neuron with most spikes answers."""
    on = event_chip(trial, seed, trial.mode, trial.calibrated)
    plan = on.program(trial.network)
    events, levels = (
        trial.network.encode(trial.images, trial.events),
        on.chip.levels(plan.positive, plan.negative),
    )
    shares, spikes, silent = list[float](), 0.0, 0.0
    for k, age in enumerate(trial.ages):
        on.connect(later(on.chip, age, trial.refresh, levels))
        counts, last = on.counts(events)
        shares.append(trial.share(strongest(counts, last, plan.labels)))
        if k == 0:
            spikes, silent = float(counts.sum(axis=1).mean()), float(np.mean(~counts.any(axis=1)))
    return Outcome(seed, tuple(shares), silent, 0.0, spikes)
