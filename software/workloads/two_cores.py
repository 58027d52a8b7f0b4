"""A network of two layers on a chip of two cores: spikes of the first are events of the second by the router,
or by the host in its place.

Both ways are asked of the same cores, programmed once. The host's way is that of passes.py: it keeps all
spikes of an image, in their order, and sends them when the first core is done.
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
from neusoc.software.workloads.event_chips import EventChip, EventTrial, event_chip
from neusoc.software.workloads.passes import layers


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
        missed: events an image that neurons of the first core did not hear because their own spike had not
            left.
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


Pair = tuple[EventChip, EventChip]  # two cores that hold the layers of a network


def pair(trial: EventTrial, seed: int) -> Pair:
    """Sample, calibrate and program both cores.

    Args:
        trial: its network has two layers, each of which a core holds.
        seed: names the chip.

    Raises:
        UserError: another number of layers, or one that a core does not hold; as of passes.layers().
    """
    if len(trial.network.layers) != 2:
        raise UserError(f"{trial.network.source}: {len(trial.network.layers)} layers; two cores take two")
    cores = (
        event_chip(trial, seed, trial.mode, trial.calibrated),
        event_chip(trial, seed + SECOND, trial.mode, trial.calibrated),
    )
    for core, layer in zip(cores, layers(trial.network), strict=True):
        core.program(layer)
    return cores


def joined(held: Pair, rows: int, depth: int = 4) -> TwoCores:
    """The cores behind a router that knows the network.

    Args:
        held: the cores.
        rows: number of rows of an array.
        depth: events in a queue.
    """
    first, second = held
    assert first.plan is not None and second.plan is not None
    first.connect(first.chip)
    second.connect(second.chip)
    two = TwoCores(Core(first.neurons, rows), Core(second.neurons, rows), rows, depth)
    two.connect({neuron: row for row, neuron in enumerate(first.plan.neurons)}, second.plan.neurons)
    return two


def by_router(
    held: Pair, trial: EventTrial, told: Callable[[int, int], None] | None = None
) -> tuple[float, list[Shown], TwoCores]:
    """Share of images told right, what each was answered, and the cores.

    Args:
        held: the cores.
        trial: trial that is run.
        told: called after each image.
    """
    two, events = joined(held, trial.chip.rows), trial.network.encode(trial.images, trial.events)
    shape = len(events), trial.chip.neurons
    counts, last = np.zeros(shape, np.int64), np.zeros(shape)
    shown = []
    for k in range(shape[0]):
        shown.append(two.show(events.image(k).tolist()))
        for neuron, cycle in shown[-1].spikes:
            counts[k, neuron] += 1
            last[k, neuron] = cycle / shown[-1].cycles
        if told:
            told(k + 1, shape[0])
    assert held[1].plan is not None
    return _share(trial, *held[1].plan.of_outputs(counts, last)), shown, two


def by_host(held: Pair, trial: EventTrial) -> tuple[float, Events, Ints]:
    """Share of images told right, events between the layers, and spikes of the outputs, (images, outputs)."""
    first, second = held
    first.connect(first.chip)
    second.connect(second.chip)
    events, _ = first.spikes(trial.network.encode(trial.images, trial.events))
    counts, last = second.counts(events)
    return _share(trial, counts, last), events, counts


def _share(trial: EventTrial, counts: Ints, last: Floats) -> float:
    return trial.share(strongest(counts, last, tuple(trial.network.labels.tolist())))


def on_two_cores(
    trial: EventTrial, seed: int, told: Callable[[int, int], None] | None = None
) -> CoresOutcome:
    """One chip, both ways; arguments and errors as of pair() and by_router()."""
    held = pair(trial, seed)
    images = len(trial.labels)
    host, events, host_out = by_host(held, trial)
    share, shown, two = by_router(held, trial, told)
    delays = np.array([delay for one in shown for delay in one.delays])
    counts, errors = two.router.fields("counts"), two.router.fields("errors")
    between, out = len(delays), sum(len(one.spikes) for one in shown)
    kept = counts["queued"] == counts["sent"] == (between + out) % (1 << 16) and not any(errors.values())
    return CoresOutcome(
        seed,
        share,
        host,
        between / images,
        len(events.rows) / images,
        out / images,
        float(host_out.sum()) / images,
        float(np.mean([one.cycles for one in shown])),
        float(delays.mean()) if between else 0.0,
        float(delays.max(initial=0)),
        two.cores[0].missed / images,
        kept,
    )


def fewer(trial: EventTrial, images: int) -> EventTrial:
    """The same of the first so many images."""
    return replace(trial, images=trial.images[:images], labels=trial.labels[:images])


def mean(outcomes: Sequence[CoresOutcome], what: str) -> float:
    """Mean of an attribute over some chips."""
    return float(np.mean([getattr(one, what) for one in outcomes]))
