"""A network of two layers on a chip of two cores: spikes of the first are events of the second by the router, or by the host in its place.

Both ways are asked of the same cores, programmed once. The host's way is that of passes.py: it keeps all spikes of an image, in their
order, and sends them when the first core is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.two_cores import SECOND, Core, Shown, TwoCores
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.encoding import Events
from neusoc.software.workloads import study
from neusoc.software.workloads.passes import Pass, layers, passes, spikes_in_order
from neusoc.software.workloads.study import Trial


@dataclass(frozen=True)
class CoresOutcome:
    """Of one chip.

    Attributes:
        seed: names it.
        router, host: share of images told right by either way.
        between, host_between: events an image between the layers, by either way.
        out, host_out: spikes an image of the second core.
        cycles: clock cycles of an image, from its first event until nothing moves.
        delay, longest: clock cycles of an event between the layers, mean and longest.
        missed: events an image that neurons of the first core did not hear because their own spike had not left.
        kept: each event that left a core arrived, once, and no error was counted.
    """

    seed: int
    router: float
    host: float
    between: float
    host_between: float
    out: float
    host_out: float
    cycles: float
    delay: float
    longest: float
    missed: float
    kept: bool


@dataclass(frozen=True)
class Pair:
    """Two cores that hold the layers of a network.

    Attributes:
        shown: chips of the cores.
        plans: plans of the layers.
    """

    shown: tuple[study.Shown, study.Shown]
    plans: tuple[Pass, Pass]


def pair(trial: Trial, seed: int) -> Pair:
    """Sample, calibrate and program both cores.

    Args:
        trial: its network has two layers, each of which a core holds.
        seed: names the chip.

    Raises:
        UserError: another number of layers, or one that a core does not hold; as of passes.layers().
    """
    if len(trial.network.layers) != 2:
        raise UserError(f"{trial.network.source}: {len(trial.network.layers)} layers; two cores take two")
    hidden, final = layers(trial.network)
    for layer in (hidden, final):
        layer.require(trial.chip.rows, trial.chip.neurons)
    first, second = (study.shown_on(trial, number) for number in (seed, seed + SECOND))
    events, none = trial.network.encode(trial.images, trial.events), Events(np.zeros(0, np.int64), np.zeros(1, np.int64))
    (one,), (other,) = passes(first, hidden, events, hidden=True), passes(second, final, none)
    return Pair((first, second), (one, other))


def joined(held: Pair, rows: int, depth: int = 4) -> TwoCores:
    """The cores, their lines up, behind a router that knows the network.

    Args:
        held: the cores.
        rows: number of rows of an array.
        depth: events in a queue.
    """
    cores = []
    for on, one in zip(held.shown, held.plans, strict=True):
        on.chip.ready(np.zeros(1, np.int64), one.plan.timing)
        cores.append(Core(on.chip.neurons, one.plan.timing, one.plan.neurons, rows))
    two = TwoCores(cores[0], cores[1], rows, depth)
    first, second = held.plans
    place = {output: row for row, output in enumerate(second.tile.rows.tolist())}
    outputs = zip(first.plan.neurons, first.tile.outputs.tolist(), strict=True)
    two.connect({neuron: place[output] for neuron, output in outputs}, second.plan.neurons)
    return two


def by_router(held: Pair, trial: Trial, told: Callable[[int, int], None] | None = None) -> tuple[float, list[Shown], TwoCores]:
    """Share of images told right, what each was answered, and the cores.

    Args:
        held: the cores.
        trial: trial that is run.
        told: called after each image.
    """
    two, (first, second) = joined(held, trial.chip.rows), held.plans
    shape = len(first.events), trial.chip.neurons
    counts, last = np.zeros(shape, np.int64), np.zeros(shape)
    found = []
    for k in range(shape[0]):
        found.append(two.show(first.events.image(k).tolist()))
        for neuron, cycle in found[-1].spikes:
            counts[k, neuron] += 1
            last[k, neuron] = cycle / found[-1].cycles
        if told:
            told(k + 1, shape[0])
    return _share(trial, second, counts, last), found, two


def by_host(held: Pair, trial: Trial) -> tuple[float, Events, Ints]:
    """Share of images told right, events between the layers, and spikes of the second core, (images, neurons)."""
    (on, after), (first, second) = held.shown, held.plans
    spikes = spikes_in_order(on.chip, first.events, first.plan.timing, first.plan.neurons, on.lost(first.plan)).events
    events = Events(first.tile.outputs[spikes.rows], spikes.ends).of_rows(second.tile.rows)[0]
    counts, last = after.chip.counts(events.rows, events.ends, second.plan.timing, after.lost(second.plan))
    return _share(trial, second, counts, last), events, counts


def _share(trial: Trial, second: Pass, counts: Ints, last: Floats) -> float:
    return trial.share(strongest(*second.plan.of_outputs(counts, last), second.plan.labels))


def on_two_cores(trial: Trial, seed: int, told: Callable[[int, int], None] | None = None) -> CoresOutcome:
    """One chip, both ways; arguments and errors as of pair() and by_router()."""
    held = pair(trial, seed)
    images = len(trial.labels)
    host, events, host_out = by_host(held, trial)
    share, found, two = by_router(held, trial, told)
    delays = np.array([delay for one in found for delay in one.delays])
    counts, errors = two.router.fields("counts"), two.router.fields("errors")
    between, out = len(delays), sum(len(one.spikes) for one in found)
    kept = counts["queued"] == counts["sent"] == (between + out) % (1 << 16) and not any(errors.values())
    heard = list(held.plans[1].plan.neurons)
    return CoresOutcome(
        seed, share, host, between / images, len(events.rows) / images, out / images, float(host_out[:, heard].sum()) / images,
        float(np.mean([one.cycles for one in found])), float(delays.mean()) if between else 0.0, float(delays.max(initial=0)),
        two.cores[0].missed / images, kept,
    )  # fmt: skip


def fewer(trial: Trial, images: int) -> Trial:
    """The same of the first so many images."""
    return replace(trial, images=trial.images[:images], labels=trial.labels[:images])


def mean(outcomes: Sequence[CoresOutcome], what: str) -> float:
    """Mean of an attribute over some chips."""
    return float(np.mean([getattr(one, what) for one in outcomes]))
