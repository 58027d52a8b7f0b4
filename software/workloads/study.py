"""A network on sampled chips: accuracy after programming, later, and with one imperfection off at a time.

    outcome = one_chip(Trial(chip, ImageCircuit.of(chip), network, images, labels, ages=(0.0, 1.0)), seed=3)

One chip is one task, named by its seed: formed, programmed by ISPP, placed again around the cells that were
stuck, and shown images. Whole images are answered by the neuron that a falling threshold makes fire first,
with no calibration but the trims; as events the neuron with most spikes answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.analog.reram.statistics import Statistics, load_statistics
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.calibration import stuck_cells
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, bit_planes
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.plan import LEVELS, Plan, place
from neusoc.software.mapping.steps import Faults
from neusoc.software.network.network import Network, right

# what can be off in a study -> what it changes
CIRCUIT = {
    "pairs": lambda c: replace(c, spread=replace(c.spread, pair=0.0, trimmed=(0.0, 0.0, 0.0))),
    "gains": lambda c: replace(c, spread=replace(c.spread, gain=0.0)),
    "zero": lambda c: replace(c, zero_s=0.0, spread=replace(c.spread, zero_s=0.0)),
    "thresholds": lambda c: replace(c, spread=replace(c.spread, threshold_v=0.0)),
    "loss": lambda c: replace(c, loss=0.0),
    "last codes": lambda c: replace(c, last_v=0.0),
    "read noise": lambda c: replace(c, noise=0.0),
    "line resistance": lambda c: replace(
        c, wiring=replace(c.wiring, segment=0.0, source=0.0, along=0.0, out=(0.0, 0.0))
    ),
}
CELLS = ("forming", "cells", "cycles", "noise", "telegraph", "relaxation", "drift", "endurance", "stuck")
WITHOUT = (*CIRCUIT, *CELLS)
ROUNDS = 4  # of placing a network around what is stuck


@dataclass(frozen=True)
class Trial:
    """What is specified for every chip.

    Attributes:
        chip: variant.
        circuit: circuit of the neurons.
        network: network that was trained.
        images, labels: images to be classified and their labels, (count, inputs) of 0 to 16, and (count,).
        ages: times at which the images are shown, s after programming.
        celsius: temperature of cells and their transistors, degrees.
        around: cells that PROGRAM did not bring to their level are read, and the network is placed around
            those that are stuck.
        without: keys of WITHOUT that are off.
        stuck: share of cells that are stuck, half of them at either end; None: as the statistics have it.
        refresh: PROGRAM with the levels that the host remembers, or the chip's own REFRESH, after each whole
            day but the last; None: none.
        levels, clip: choices as of mapping.plan.place().
    """

    chip: Chip
    circuit: ImageCircuit
    network: Network
    images: Floats
    labels: Ints
    ages: tuple[float, ...] = (0.0,)
    celsius: float = ROOM_CELSIUS
    around: bool = True
    without: tuple[str, ...] = ()
    stuck: float | None = None
    refresh: Operation | None = None
    levels: int = LEVELS
    clip: float = 1.0

    def __post_init__(self) -> None:
        if unknown := set(self.without) - set(WITHOUT):
            raise UserError(f"without {', '.join(sorted(unknown))}: choose from {', '.join(WITHOUT)}")
        if not self.ages or len(set(self.ages)) < len(self.ages):
            raise UserError(
                f"ages {self.ages}: one stands twice, or there is none; give each once, in seconds"
            )
        if not (np.isfinite(self.ages).all() and min(self.ages) >= 0):
            raise UserError(f"ages {self.ages}: one is negative or no number; give seconds after programming")
        self.network.require_labels(self.labels)
        if self.stuck is not None and not 0 <= self.stuck <= 1:
            raise UserError(f"stuck {self.stuck}: a share of the cells; give 0 to 1")
        if self.refresh not in (None, Operation.PROGRAM, Operation.REFRESH):
            raise UserError(f"refresh {self.refresh}: choose PROGRAM, REFRESH or none")

    @property
    def neurons(self) -> ImageCircuit:
        """Circuit of the neurons, less what is off."""
        circuit = self.circuit
        for name in self.without:
            circuit = CIRCUIT.get(name, lambda c: c)(circuit)
        return circuit

    @property
    def statistics(self) -> Statistics:
        """Statistics of the cells, less what is off."""
        off = [name for name in self.without if name in CELLS]
        found = load_statistics().without(*off) if off else load_statistics()
        if self.stuck is None:
            return found
        half = {
            side: getattr(found.stuck, side).model_copy(update={"value": self.stuck / 2})
            for side in ("low_share", "high_share")
        }
        return found.model_copy(update={"stuck": found.stuck.model_copy(update=half)})

    def place(self, faults: Faults = ()) -> Plan:
        """The network placed around cells that are stuck, by whole images; errors as of
        mapping.plan.place()."""
        return place(self.network, self.chip, faults=faults, levels=self.levels, clip=self.clip)

    def planes(self) -> Ints:
        """Bit planes of the images, (planes, images, rows); rows beyond the inputs stay off."""
        planes = bit_planes(self.place().widened(self.images))
        return np.pad(planes, ((0, 0), (0, 0), (0, self.chip.rows - planes.shape[2])))

    def share(self, answers: Sequence[int | str]) -> float:
        """Share of answers that are the images' labels."""
        return float(np.mean(right(answers, self.labels)))


@dataclass(frozen=True)
class Outcome:
    """Of one chip.

    Attributes:
        seed: names the chip.
        accuracy: share of images classified correctly at each age.
        silent: share of images that nobody answered, at the first age.
        column_s: mean sum of the cells of a column that a plane switches on, S; 0 of images that were shown
            as events.
        spikes: spikes an image, of images that were shown as events.
    """

    seed: int
    accuracy: tuple[float, ...]
    silent: float = 0.0
    column_s: float = 0.0
    spikes: float = 0.0


@dataclass(frozen=True)
class Held:
    """A chip that holds a network.

    Attributes:
        chip: array of the chip.
        plan: plan that it holds.
        faults: row, column and conductance in uS of the cells that are known to be stuck.
    """

    chip: SampledCells
    plan: Plan
    faults: Faults = ()

    @property
    def neurons(self) -> Ints:
        """Neurons of the outputs."""
        return np.array(self.plan.neurons)


def sampled(trial: Trial, seed: int) -> SampledCells:
    """A formed chip of the trial."""
    return SampledCells.pristine(trial.chip, seed, trial.levels, trial.statistics, trial.celsius).form()


def written(trial: Trial, seed: int) -> Held:
    """A formed chip, programmed."""
    return program(trial, sampled(trial, seed))


def program(trial: Trial, chip: SampledCells) -> Held:
    """Write the trial's network to a formed chip.

    Other outputs on a neuron want other levels of its cells, and may meet faults that the plan before did
    not: so it is placed again until nothing new is stuck, ROUNDS times at most.
    """
    faults: dict[tuple[int, int], float] = {}
    for _ in range(ROUNDS if trial.around else 1):
        known = tuple((row, column, us) for (row, column), us in faults.items())
        plan = trial.place(known)
        outcome = chip.program(plan.positive, plan.negative)
        stuck = {
            (row, column): us
            for row, column, us in stuck_cells(outcome, chip.read_us())
            if row < len(plan.positive)
        }
        if not stuck.keys() - faults.keys():
            break
        faults = stuck | faults
    return Held(chip, plan, known)


def answers(trial: Trial, held: Held, cells: Floats, planes: Ints | None = None) -> list[int | str]:
    """Label that a chip gives each image; "" where nobody answers.

    Args:
        trial: trial of the chip.
        held: chip that holds the network.
        cells: conductances of its cells, S, (rows, columns).
        planes: rows that are on, as of Trial.planes(); by default those of the images.
    """
    neurons, labels = ImageNeurons(trial.neurons, held.chip.seed), held.plan.labels
    volts = neurons.membranes(trial.planes() if planes is None else planes, cells[:, 0::2], cells[:, 1::2])
    return [
        "" if k < 0 else labels[k % len(labels)] for k in neurons.first(volts, used=held.neurons).tolist()
    ]


def shown(trial: Trial, held: Held) -> Outcome:
    """Show the images at each age to a chip that holds the network."""
    planes, levels = trial.planes(), held.chip.levels(held.plan.positive, held.plan.negative)
    shares, sums, silent = [], 0.0, 0.0
    for k, age in enumerate(trial.ages):
        cells = later(held.chip, age, trial.refresh, levels).siemens()
        labels = answers(trial, held, cells, planes)
        shares.append(trial.share(labels))
        if k == 0:
            columns = np.concatenate([2 * held.neurons, 2 * held.neurons + 1])
            sums, silent = float((planes @ cells[:, columns]).mean()), labels.count("") / len(labels)
    return Outcome(held.chip.seed, tuple(shares), silent, sums)


def one_chip(trial: Trial, seed: int) -> Outcome:
    """Sample, form, program, show the images at each age."""
    return shown(trial, written(trial, seed))


def later(chip: SampledCells, age: float, refresh: Operation | None, levels: Ints) -> SampledCells:
    """The chip after some time, s, refreshed after each whole day but the last; this one stays as it is.
    Levels as of refreshed()."""
    left = age
    old = chip.aged(0.0)
    while refresh is not None and left > DAY_S:
        old = old.aged(DAY_S)
        refreshed(old, refresh, levels)
        left -= DAY_S
    return old.aged(left)


def refreshed(chip: SampledCells, operation: Operation, levels: Ints) -> None:
    """PROGRAM with the levels that the host remembers, or the chip's own REFRESH to the nearest level."""
    cells = np.arange(levels.size)
    run_cells(
        chip.path,
        chip.registers,
        operation,
        cells,
        levels.ravel() if operation == Operation.PROGRAM else None,
    )


def summary(outcomes: Sequence[Outcome]) -> Floats:
    """Mean, standard deviation and least accuracy at each age, (ages, 3)."""
    found = np.array([outcome.accuracy for outcome in outcomes])
    return np.stack([found.mean(axis=0), found.std(axis=0), found.min(axis=0)], axis=1)
