"""A network on sampled chips: accuracy after programming, later, and with one imperfection off at a time.

One chip is one task, named by its seed: formed, calibrated by its own spikes, placed with that, programmed by ISPP, read out by counting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.calibration import COUNTED, Calibration, calibration_levels, counted, neuron_spreads, seen_siemens
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit, lost_events
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import SIGNED, Plan, place, strongest
from neusoc.software.network.encoding import EVENTS, Events
from neusoc.software.network.network import Network, right

# what can be off in a study -> what it changes
CIRCUIT = {
    "offset": lambda c: replace(c, spread=replace(c.spread, offset_v=0.0)),
    "threshold": lambda c: replace(c, spread=replace(c.spread, threshold_v=0.0)),
    "read noise": lambda c: replace(c, noise=0.0),
    "line resistance": lambda c: replace(c, wiring=replace(c.wiring, segment_ohm=0.0, end_ohm=0.0)),
    "sink": lambda c: replace(c, line=replace(c.line, sink_lag=0.0)),
    "pushed charge": lambda c: replace(c, line=replace(c.line, push_p_c=0.0, push_n_c=0.0, kick_c=0.0, start_p_c=0.0, start_n_c=0.0)),
}
CELLS = ("forming", "cells", "cycles", "noise", "telegraph", "relaxation", "drift", "endurance", "stuck")
WITHOUT = (*CIRCUIT, *CELLS)


@dataclass(frozen=True)
class Trial:
    """What is asked of every chip.

    Attributes:
        chip: variant.
        circuit: circuit of the neurons, as characterised.
        network: network that was trained.
        images, labels: images to be told and their labels, (count, inputs) and (count,).
        events: number of events of an image.
        timing: timing of an event.
        board: levels from outside.
        levels: number of levels of a cell.
        clip: share as of mapping.plan.place().
        hold_cycles: clock cycles that a neuron stays discharged after its spike, at least.
        ages: times at which the images are told, s after programming.
        celsius: temperature, degrees.
        calibrated: the chip is calibrated before it is placed.
        without: keys of WITHOUT that are off.
        stuck: share of cells that are stuck, half of them at either end; None: as the statistics have it.
        refresh: PROGRAM with the levels that the host remembers, or the chip's own REFRESH, after each whole day but the last; None: none.
        copies: neurons of an output.
    """

    chip: Chip
    circuit: Circuit
    network: Network
    images: Floats
    labels: Ints
    events: int = EVENTS
    timing: Timing = SIGNED
    board: Board = Board()
    levels: int = 16
    clip: float = 1.0
    hold_cycles: int = 1
    ages: tuple[float, ...] = (0.0,)
    celsius: float = ROOM_CELSIUS
    calibrated: bool = True
    without: tuple[str, ...] = ()
    stuck: float | None = None
    refresh: Operation | None = None
    copies: int = 1

    def __post_init__(self) -> None:
        if unknown := set(self.without) - set(WITHOUT):
            raise UserError(f"without {', '.join(sorted(unknown))}: choose from {', '.join(WITHOUT)}")
        if not self.ages or len(set(self.ages)) < len(self.ages):
            raise UserError(f"ages {self.ages}: one stands twice, or there is none; give each once, in seconds")
        if not (np.isfinite(self.ages).all() and min(self.ages) >= 0):
            raise UserError(f"ages {self.ages}: one is negative or no number; give seconds after programming")
        self.network.require_labels(self.labels)
        if self.stuck is not None and not 0 <= self.stuck <= 1:
            raise UserError(f"stuck {self.stuck}: a share of the cells; give 0 to 1")
        if self.refresh not in (None, Operation.PROGRAM, Operation.REFRESH):
            raise UserError(f"refresh {self.refresh}: choose PROGRAM, REFRESH or none")

    def share(self, told: Sequence[int | str]) -> float:
        """Share of answers that are the images' labels."""
        return float(np.mean(right(told, self.labels)))


def sampled(trial: Trial, seed: int) -> SampledChip:
    """A formed chip of the trial."""
    circuit = trial.circuit
    for name in trial.without:
        circuit = CIRCUIT.get(name, lambda c: c)(circuit)
    off = [name for name in trial.without if name in CELLS]
    statistics = load_statistics().without(*off) if off else load_statistics()
    if trial.stuck is not None:
        half = {side: getattr(statistics.stuck, side).model_copy(update={"value": trial.stuck / 2}) for side in ("low_share", "high_share")}
        statistics = statistics.model_copy(update={"stuck": statistics.stuck.model_copy(update=half)})
    return SampledChip.formed(trial.chip, seed, trial.levels, circuit, trial.board, statistics, trial.celsius)


def calibrated(chip: SampledChip, trial: Trial) -> Calibration:
    """The chip's file, from READ and spikes on random levels of the upper three quarters."""
    outcome = chip.program(*calibration_levels(chip.seed, trial.chip.rows, trial.chip.neurons, trial.levels))
    told_us = chip.read_us()
    told, seen = seen_siemens(told_us), chip.siemens()
    found = neuron_spreads(lambda rows, board: counted(chip.neurons, board, seen, COUNTED, rows), told, chip.neurons.circuit, COUNTED)
    chip.neurons.board = trial.board
    return Calibration.found(trial.chip.name, f"seed {chip.seed}", map_hash(), *found, outcome, told_us)


@dataclass(frozen=True)
class Outcome:
    """Of one chip.

    Attributes:
        seed: names the chip.
        accuracy: share of images told right at each age.
        spikes: number of spikes of an image, mean.
        left_v: part that calibration left of each neuron's offset, V; nothing: not calibrated.
        unknown: neurons whose offset it did not find.
    """

    seed: int
    accuracy: tuple[float, ...]
    spikes: float
    left_v: tuple[float, ...]
    unknown: int


def one_chip(trial: Trial, seed: int) -> Outcome:
    """Sample, calibrate, place, program, tell the images at each age."""
    on = shown_on(trial, seed)
    return on.outcome(*on.told(trial.network))


def later(chip: SampledChip, age: float, refresh: Operation | None, levels: Ints) -> SampledChip:
    """The chip after some time, s, refreshed after each whole day but the last; this one stays as it is. Levels as of refreshed()."""
    left = age
    old = chip.aged(0.0)
    while refresh is not None and left > DAY_S:
        old = old.aged(DAY_S)
        refreshed(old, refresh, levels)
        left -= DAY_S
    return old.aged(left)


def refreshed(chip: SampledChip, operation: Operation, levels: Ints) -> None:
    """PROGRAM with the levels that the host remembers, or the chip's own REFRESH to the nearest level."""
    cells = np.arange(levels.size)
    run_cells(chip.path, chip.registers, operation, cells, levels.ravel() if operation == Operation.PROGRAM else None)


def summary(outcomes: Sequence[Outcome]) -> Floats:
    """Mean, standard deviation and least accuracy at each age, (ages, 3)."""
    found = np.array([outcome.accuracy for outcome in outcomes])
    return np.stack([found.mean(axis=0), found.std(axis=0), found.min(axis=0)], axis=1)


@dataclass(frozen=True)
class Shown:
    """A calibrated chip to which networks are shown, one after the other.

    Attributes:
        trial: trial that is run; its network does not count.
        chip: the chip.
        known: its calibration; None: it is not calibrated.
    """

    trial: Trial
    chip: SampledChip
    known: Calibration | None

    def place(self, network: Network, timing: Timing | None = None, *, whole: bool = False, ready: bool = False) -> Plan:
        """A plan for this chip.

        Args:
            network: network of one layer.
            timing: timing of its events; by default the trial's.
            whole, ready: choices as of mapping.plan.place().
        """
        trial = self.trial
        return place(
            network, trial.chip, self.chip.neurons.circuit, calibration=self.known, timing=timing or trial.timing, board=trial.board,
            levels=trial.levels, clip=trial.clip, whole=whole, copies=trial.copies, ready=ready,
        )  # fmt: skip

    def programmed(self, network: Network, timing: Timing | None = None, *, whole: bool = False, ready: bool = False) -> Plan:
        """As place(), and the chip holds it."""
        plan = self.place(network, timing, whole=whole, ready=ready)
        self.write(plan)
        return plan

    def write(self, plan: Plan) -> None:
        """The plan's levels into the cells, its trims into the neurons."""
        self.chip.program(*plan.columns())
        self.chip.neurons.configure(None, TRIM_STANDARD, 0)
        for neuron, trim in zip(plan.neurons, plan.trims, strict=True):
            self.chip.neurons.configure(neuron, trim, 0)

    def lost(self, plan: Plan) -> int:
        """Events that a neuron misses after its spike."""
        return lost_events(plan.timing, self.trial.hold_cycles)

    def counts(self, plan: Plan, events: Events) -> tuple[Ints, Floats]:
        """Program the plan and show images: spikes, and when the last one came, (images, outputs)."""
        self.write(plan)
        return plan.of_outputs(*self.chip.counts(events.rows, events.ends, plan.timing, self.lost(plan)))

    def told(self, network: Network) -> tuple[list[float], float]:
        """Program a network and tell the trial's images at each of its ages: share told right at each, spikes of an image at the first."""
        trial, plan = self.trial, self.programmed(network)
        events, levels = network.encode(trial.images, trial.events), self.chip.levels(*plan.columns())
        shares, spikes = [], []
        for age in trial.ages:
            old = later(self.chip, age, trial.refresh, levels)
            counts, last = plan.of_outputs(*old.counts(events.rows, events.ends, plan.timing, self.lost(plan)))
            shares.append(trial.share(strongest(counts, last, plan.labels)))
            spikes.append(float(counts.sum(axis=1).mean()))
        return shares, spikes[0]

    def accuracy(self, network: Network) -> float:
        """Share of the trial's images that a network tells right on this chip, just programmed."""
        plan = self.place(network)
        return self.trial.share(strongest(*self.counts(plan, network.encode(self.trial.images, self.trial.events)), plan.labels))

    def outcome(self, shares: Sequence[float], spikes: float) -> Outcome:
        """Of this chip.

        Args:
            shares: share of images told right, at each age.
            spikes: number of spikes of an image.
        """
        if self.known is None:
            return Outcome(self.chip.seed, tuple(shares), spikes, (), 0)
        left_v = tuple((self.known.known_v - self.chip.neurons.offset_v).tolist())
        return Outcome(self.chip.seed, tuple(shares), spikes, left_v, self.known.offset_v.count(None))


def shown_on(trial: Trial, seed: int) -> Shown:
    """A chip of a trial, sampled and, if the trial is, calibrated."""
    chip = sampled(trial, seed)
    return Shown(trial, chip, calibrated(chip, trial) if trial.calibrated else None)
