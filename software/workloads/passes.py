"""A network that is larger than one array on one chip, in passes: one for each tile of each layer.

The host keeps the spikes of all images, programs the next tile over the one before and sends them: spikes of a layer, in their order, are
the events of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import SIGNED, UNSIGNED, Plan, as_placed, strongest
from neusoc.software.mapping.steps import pair_steps
from neusoc.software.network.encoding import Events
from neusoc.software.network.layers import Layer
from neusoc.software.network.network import Network
from neusoc.software.network.tiles import Tile, tiles
from neusoc.software.workloads.study import Outcome, Shown, Trial, shown_on

# of the first layer's events: a shorter phase makes a threshold worth more events, so that a spike says more of the sum
HIDDEN = replace(SIGNED, phi_p=3, phi_n=3)


def threshold_events(circuit: Circuit, timing: Timing = HIDDEN, board: Board | None = None) -> float:
    """Events of full weight that make an ideal neuron fire once: what a network's hidden neurons are trained with."""
    given = board or Board()
    twin = Neurons(replace(circuit, noise=0.0, spread=replace(circuit.spread, offset_v=0.0, threshold_v=0.0)), 0, given)
    twin.connect(*(np.zeros((1, circuit.count)),) * 2, timing)
    return float(twin.limits()[1][0]) / pair_steps(circuit, timing, given, np.zeros(1)).whole_reach


@dataclass(frozen=True)
class Fired:
    """Spikes as events.

    Attributes:
        events: a spike each.
        causes: index of the event that made each spike, among those of all images.
    """

    events: Events
    causes: Ints


def spikes_in_order(chip: SampledChip, events: Events, timing: Timing, used: Sequence[int], lost: int = 0) -> Fired:
    """Spikes of some neurons: row k is the k-th of them. Each image begins with discharged membranes.

    Args:
        chip: programmed.
        events: events of the images.
        timing: timing of an event.
        used: neurons whose spikes are kept; the others' are not.
        lost: events that a neuron misses after its spike.
    """
    chip.ready(events.rows, timing)
    neurons = chip.neurons
    row = np.full(neurons.circuit.count, -1)
    row[list(used)] = np.arange(len(used))
    rows, causes = [], []
    for k in range(len(events)):
        neurons.discharge()
        found = neurons.run(events.image(k), lost=lost)
        fired = row[found[:, 1]]
        rows.append(fired[fired >= 0])
        causes.append(found[fired >= 0, 0] + (events.ends[k - 1] if k else 0))
    return Fired(Events(np.concatenate(rows), np.cumsum([len(fired) for fired in rows])), np.concatenate(causes))


@dataclass(frozen=True)
class Pass:
    """A tile in the cells.

    Attributes:
        tile: tile of its layer.
        plan: plan of the tile.
        events: events of its rows.
        kept: index of each of them among the layer's events.
    """

    tile: Tile
    plan: Plan
    events: Events
    kept: Ints


def passes(on: Shown, network: Network, events: Events, hidden: bool = False) -> Iterator[Pass]:
    """The tiles of a layer, each programmed over the one before.

    Args:
        on: the chip.
        network: network of one layer.
        events: events for its rows.
        hidden: its spikes go on to another layer.
    """
    chip, matrix, timing = on.trial.chip, network.layers[0].matrix(), HIDDEN if hidden else on.trial.timing
    cut = tiles(matrix, chip.rows, chip.neurons, not timing.signed)
    if cut[0].blocks > 1 and timing.signed:
        timing = UNSIGNED                       # a block that subtracts would lose what is below 0
    weights = as_placed(matrix, timing, on.trial.clip)
    for tile in cut:
        piece = Network((Layer(weights[np.ix_(tile.rows, tile.outputs)]),), network.labels[tile.outputs], [], network.source)
        yield Pass(tile, on.programmed(piece, timing, whole=hidden, ready=True), *events.of_rows(tile.rows))


def fired(on: Shown, network: Network, events: Events) -> Events:
    """Spikes of a hidden layer in their order, events of the next; arguments as of passes()."""
    images, rows, causes = [], [], []
    for one in passes(on, network, events, hidden=True):
        found = spikes_in_order(on.chip, one.events, one.plan.timing, one.plan.neurons, on.lost(one.plan))
        images.append(np.repeat(np.arange(len(events)), np.diff(found.events.ends, prepend=0)))
        rows.append(one.tile.outputs[found.events.rows])
        causes.append(one.kept[found.causes])
    image, row, cause = (np.concatenate(parts) for parts in (images, rows, causes))
    order = np.argsort(cause, kind="stable")
    return Events(row[order], np.cumsum(np.bincount(image, minlength=len(events))))


def counted(on: Shown, network: Network, events: Events) -> tuple[Ints, Floats]:
    """Spikes of the last layer, and when the last one came, mean of its blocks, (images, outputs); arguments as of passes()."""
    shape = len(events), network.layers[0].outputs
    counts, last = np.zeros(shape, np.int64), np.zeros(shape)
    for one in passes(on, network, events):
        found, ends = one.plan.of_outputs(*on.chip.counts(one.events.rows, one.events.ends, one.plan.timing, on.lost(one.plan)))
        counts[:, one.tile.outputs] += found
        last[:, one.tile.outputs] += ends / one.tile.blocks
    return counts, last


def layers(network: Network) -> tuple[Network, ...]:
    """Each layer as a network of its own.

    Raises:
        UserError: a layer behind the first has a bias: its events are spikes, and nobody sends those of a bias row.
    """
    for k, one in enumerate(network.layers[1:], 2):
        if one.bias is not None:
            raise UserError(f"{network.source}: layer {k} has a bias, and its events are spikes of the layer before; train it without bias")
    hidden = [Network((one,), np.arange(one.outputs), [], network.source) for one in network.layers[:-1]]
    return *hidden, Network((network.layers[-1],), network.labels, [], network.source)


def in_passes(trial: Trial, seed: int) -> Outcome:
    """As study.one_chip(), of a network that is larger than the array, right after each pass was programmed.

    Spikes of an image are those of all passes.

    Raises:
        UserError: ages beyond 0: one array holds one tile at a time; or as of layers().
    """
    if trial.ages != (0.0,):
        raise UserError(f"ages {trial.ages}: an array holds one tile at a time, so a pass is run when it is programmed; give 0 alone")
    *hidden, final = layers(trial.network)
    on = shown_on(trial, seed)
    events, spikes = trial.network.encode(trial.images, trial.events), 0
    for one in hidden:
        events = fired(on, one, events)
        spikes += len(events.rows)
    counts, last = counted(on, final, events)
    found = (spikes + int(counts.sum())) / len(trial.labels)
    return on.outcome([trial.share(strongest(counts, last, tuple(final.labels.tolist())))], found)
