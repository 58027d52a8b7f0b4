"""Digits learnt on the whole array by its own rules, with no gradient: the three-factor rule with labels, STDP with one winner without.

    learner = learn_factors(Learner.begin(chip, circuit, Local(), seed=1), images, labels)

Neurons decide with what the cells are at that moment; a spike runs the learning waveform (waveform.py) on the cells of its neuron. Both
cells of a pair only rise, so now and then the host reads all pairs and writes their differences back (jobs READ and PROGRAM).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.waveform import Waveform
from neusoc.software.levels import level_us
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.plan import EVENTS as MODE
from neusoc.software.mapping.plan import LEVELS
from neusoc.software.network.encoding import EVENTS, Events, encoded
from neusoc.software.workloads.event_chips import zeros


@dataclass(frozen=True)
class Local:
    """How it learns.

    Attributes:
        each: neurons a class; without labels all neurons of the chip learn.
        events: number of events of an image.
        window: LEARN.window: a row is in it for one to two times 16 * window + 1 cycles.
        rail_v: level of the rows in a waveform, V.
        inside, outside: cycles of the phase that rows of the window, and that the others get; 0 counts as 1.
        rewrite: images from one writing of the differences to the next.
        middle_us: conductance of the negative cell of a pair that has learnt nothing, uS: where a SET is gradual.
        bias_us: conductance by which the positive one is above it, uS: a neuron that never fires never learns.
        passes: over the images.
        margin: spikes by which the right neuron has to lead, or it learns.
        lead: wins by which a neuron may lead the mean, or it is masked. Without labels.
        mode: how events are shown.
    """

    each: int = 3
    events: int = EVENTS
    window: int = 16
    rail_v: float = 1.5
    inside: int = 10
    outside: int = 0
    rewrite: int = 600
    middle_us: float = 10.0
    bias_us: float = 6.0
    passes: int = 4
    margin: int = 6
    lead: float = 1.5
    mode: EventMode = MODE

    def __post_init__(self) -> None:
        if min(self.each, self.events, self.window, self.rewrite, self.passes) < 1 or min(self.margin, self.lead, self.bias_us) < 0:
            raise UserError(f"{self}: counts are at least 1, margin, lead and bias are not negative; correct them")
        if not 0 < self.middle_us < self.middle_us + self.bias_us < level_us(LEVELS)[-1]:
            raise UserError(f"{self}: middle_us and bias_us leave the range of a cell; take less")


@dataclass
class Learner:
    """A chip that learns.

    Attributes:
        chip: its cells.
        neurons: its neurons.
        how: how it learns.
        fire: its learning waveform.
        random: moments within the window's ticks.
    """

    chip: SampledCells
    neurons: EventNeurons
    how: Local
    fire: Waveform
    random: np.random.Generator = field(repr=False)

    @classmethod
    def begin(cls, chip: SampledCells, circuit: ImageCircuit, how: Local, seed: int) -> Learner:
        """All pairs near the middle, beside what makes up for a neuron's current without a cell; what tells them apart is chance."""
        random, levels, shape = np.random.default_rng([seed, 21]), level_us(LEVELS), (chip.chip.rows, chip.chip.neurons)
        neurons = EventNeurons(circuit, chip.seed, how.mode)
        wanted = how.middle_us + how.bias_us - zeros(chip, neurons), np.full(shape[1], how.middle_us)
        nearest = [np.abs(us[:, None] - levels).argmin(axis=1) for us in wanted]
        chip.program(*(np.clip(level + random.integers(-1, 2, shape), 0, LEVELS - 1) for level in nearest))
        return cls(chip, neurons, how, Waveform(chip, how.rail_v), random)

    def show(self, rows: Ints) -> Ints:
        """Event and neuron of each spike of an image, (spikes, 2)."""
        self.neurons.connect(self.chip.siemens())
        self.neurons.ground()
        return self.neurons.run(rows)

    def learn(self, neuron: int, rows: Ints, event: int, factor: int) -> None:
        """The waveform of a spike at an event. Before a negative factor, which exchanges the rows, the host exchanges LEARN's widths."""
        ticks = (16 * self.how.window + 1) * (1 + self.random.random())                 # where the spike falls between two ticks is chance
        window = max(1, round(ticks / self.how.mode.cycles))
        widths = self.how.inside, self.how.outside
        self.fire.phi_1, self.fire.phi_2 = widths if factor > 0 else widths[::-1]
        self.fire.run(neuron, np.unique(rows[max(0, event + 1 - window) : event + 1]), factor)

    def rewrite(self) -> None:
        """READ all pairs, PROGRAM their differences around the middle."""
        read_us, levels = self.chip.read_us(), level_us(LEVELS)
        half = (read_us[:, 0::2] - read_us[:, 1::2]) / 2
        wanted = (self.how.middle_us + side * half for side in (1, -1))
        self.chip.program(*(np.abs(us[..., None] - levels).argmin(axis=-1) for us in wanted))

    def counts(self, events: Events) -> tuple[Ints, Ints]:
        """Spikes of images, and index of the event of the last one, -1 without, (images, neurons)."""
        self.neurons.connect(self.chip.siemens())
        return self.neurons.count(events.rows, events.ends)


Told = Callable[[int, Learner], None]
Lesson = Callable[[int, Ints, Ints], None]                  # an image's number, rows of its events, and its spikes as of Learner.show()


def _taught(learner: Learner, images: Floats, random: np.random.Generator, lesson: Lesson, told: Told | None) -> Learner:
    """All images, as often as the learner passes over them, each time in another order."""
    how, events, number = learner.how, encoded(images, learner.how.events), 0
    for _ in range(how.passes):
        for k in random.permutation(len(images)).tolist():
            rows = events.image(k)
            lesson(k, rows, learner.show(rows))
            number += 1
            if number % how.rewrite == 0:
                learner.rewrite()
            if told:
                told(number, learner)
    return learner


def learn_factors(learner: Learner, images: Floats, labels: Ints, seed: int = 1, told: Told | None = None) -> Learner:
    """Three-factor rule: where the right class does not lead by a margin, its best neuron's spike has factor 1, the other winner's -1.

    The host shows an image event by event and decides. It shows it again for each of the two with all others masked, and FACTOR at 0 until
    the event at which that neuron fired last; so one spike of it learns.

    Args:
        learner: as of Learner.begin().
        images: (count, rows).
        labels: (count,), classes from 0 up.
        seed: seed of the order of images.
        told: called after each image with how many were shown.

    Returns:
        The same, which has learnt; neuron k speaks for class k % classes, the first classes * each.
    """
    classes = int(labels.max()) + 1
    names = np.arange(classes * learner.how.each) % classes

    def lesson(k: int, rows: Ints, spikes: Ints) -> None:
        spikes = spikes[spikes[:, 1] < names.size]
        counts = np.bincount(spikes[:, 1], minlength=names.size)
        own = names == labels[k]
        best, winner = (int(np.where(some, counts, -1).argmax()) for some in (own, ~own))
        if counts[best] > counts[winner] + learner.how.margin:
            return
        for neuron, factor in ((best, 1), (winner, -1)):
            mine = spikes[spikes[:, 1] == neuron, 0]
            if mine.size:
                learner.learn(neuron, rows, int(mine[-1]), factor)

    return _taught(learner, images, np.random.default_rng([seed, 22]), lesson, told)


def learn_alone(learner: Learner, images: Floats, seed: int = 1, told: Told | None = None) -> Learner:
    """STDP with one winner, no labels: of all neurons the first that fires learns the image, the others are inhibited.

    INHIBIT is longer than an image, so its first spike is its only one. A neuron that has won more often than the others is masked by the
    host until they have caught up, or one would win always.

    Args:
        learner, images, seed, told: arguments as of learn_factors().

    Returns:
        The same, which has learnt; of which class each neuron is, classes_of() says.
    """
    wins = np.zeros(learner.chip.chip.neurons)

    def lesson(_: int, rows: Ints, spikes: Ints) -> None:
        free = wins <= wins.mean() + learner.how.lead
        spikes = spikes[free[spikes[:, 1]]]
        if spikes.size:
            event, winner = spikes[0].tolist()
            learner.learn(winner, rows, event, 1)
            wins[winner] += 1

    return _taught(learner, images, np.random.default_rng([seed, 23]), lesson, told)


def classes_of(counts: Ints, labels: Ints) -> Ints:
    """The class of whose images each neuron is told most, by its mean spikes, (neurons,); counts: (images, neurons)."""
    means = np.stack([counts[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])
    return np.asarray(means.argmax(axis=0))
