"""A network that is larger than one array on one chip, in passes: one for each tile of each layer.

Images come as events. The host keeps the spikes of all images, programs the next tile over the one before and
sends them: spikes of a layer, in their order, are the events of the next.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.analog.references.model import UNIT
from neusoc.base.errors import UserError
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.measured import MICRO, ImageSpread
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.mapping.plan import EVENTS as MODE
from neusoc.software.mapping.plan import FULL, LEVELS, strongest
from neusoc.software.mapping.steps import reach_us
from neusoc.software.network.encoding import Events
from neusoc.software.network.network import Network
from neusoc.software.network.tiles import tiles
from neusoc.software.workloads.event_chips import EventChip, EventTrial, event_chip
from neusoc.software.workloads.study import Outcome

# of every pair where the spikes of several blocks of rows are added: one whose sum is negative would count as
# none
MORE_US = 6.0


def threshold_events(circuit: ImageCircuit, mode: EventMode = MODE) -> float:
    """Events of full weight that make a mean neuron fire once: what a network's hidden neurons are trained
    with."""
    alike = ImageSpread(0.0, (0.0, 0.0, 0.0), circuit.spread.at_s, 0.0, 0.0, 0.0)
    neurons = EventNeurons(replace(circuit, spread=alike, noise=0.0), 0, mode)
    cells = np.zeros((2, 2 * circuit.count))
    cells[0, 0::2] = FULL * reach_us(LEVELS) * MICRO
    neurons.connect(cells)
    full, none = neurons.steps()[0].mean(axis=1)
    return float(UNIT * mode.rest / (full - none))


def layers(network: Network) -> tuple[Network, ...]:
    """Each layer as a network of its own.

    Raises:
        UserError: a layer behind the first has a bias: its events are spikes, and nobody sends those of a
            bias row.
    """
    for k, layer in enumerate(network.layers[1:], 2):
        if layer.bias is not None:
            raise UserError(
                f"{network.source}: layer {k} has a bias, and its events are spikes of the layer before;"
                " train it without bias"
            )
    hidden = [
        Network((layer,), np.arange(layer.outputs), [], network.source) for layer in network.layers[:-1]
    ]
    return *hidden, Network((network.layers[-1],), network.labels, [], network.source)


def _tile(network: Network, rows: Ints, outputs: Ints) -> Network:
    """A part of a layer, of one layer."""
    return Network.from_numpy(
        network.layers[0].matrix()[np.ix_(rows, outputs)], labels=network.labels[outputs]
    )


def fired(on: EventChip, network: Network, events: Events) -> Events:
    """Spikes of a layer in their order, as events of the next: row k is its output k.

    Args:
        on: a chip, which then holds the layer's last tile.
        network: network of one layer.
        events: events of its inputs.

    Raises:
        UserError: an output has more inputs than the array has rows.
    """
    cut = tiles(network.layers[0].matrix(), on.trial.chip.rows, on.trial.chip.neurons)
    if any(tile.blocks > 1 for tile in cut):
        raise UserError(
            f"{network.source}: an output of a hidden layer has more inputs than rows: its spikes are not"
            " known before all are"
        )
    most, found = float(np.abs(network.layers[0].matrix()).max()), []
    for tile in cut:
        given, kept = events.of_rows(tile.rows)
        on.program(_tile(network, tile.rows, tile.outputs), most=most)
        spikes, causes = on.spikes(given)
        found.append((tile.outputs[spikes.rows], kept[causes]))
    rows, causes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(causes, kind="stable")
    return Events(rows[order], np.searchsorted(causes[order], events.ends))


def counted(on: EventChip, network: Network, events: Events) -> tuple[Ints, Floats]:
    """Spikes of the last layer, and when the last one came; those of blocks of rows are added, (images,
    outputs).

    Args:
        on, network, events: arguments as of fired().
    """
    layer = network.layers[0]
    most, (counts, last) = float(np.abs(layer.matrix()).max()), np.zeros((2, len(events), layer.outputs))
    for tile in tiles(layer.matrix(), on.trial.chip.rows, on.trial.chip.neurons):
        on.program(_tile(network, tile.rows, tile.outputs), MORE_US if tile.blocks > 1 else 0.0, most)
        spikes, ends = on.counts(events.of_rows(tile.rows)[0])
        counts[:, tile.outputs] += spikes
        last[:, tile.outputs] += ends / tile.blocks
    return counts.astype(np.int64), last


def in_passes(trial: EventTrial, seed: int) -> Outcome:
    """As event_chips.by_events(), of a network that is larger than the array, right after each pass was
    programmed.

    Spikes of an image are those of all passes.

    Raises:
        UserError: ages beyond 0: one array holds one tile at a time; or as of layers() and fired().
    """
    if trial.ages != (0.0,):
        raise UserError(
            f"ages {trial.ages}: an array holds one tile at a time, so a pass is run when it is programmed;"
            " give 0 alone"
        )
    *hidden, final = layers(trial.network)
    on = event_chip(trial, seed, trial.mode, trial.calibrated)
    events, spikes = trial.network.encode(trial.images, trial.events), 0
    for layer in hidden:
        events = fired(on, layer, events)
        spikes += len(events.rows)
    counts, last = counted(on, final, events)
    mean = (spikes + int(counts.sum())) / len(trial.labels)
    share = trial.share(strongest(counts, last, tuple(final.labels.tolist())))
    return Outcome(seed, (share,), float(np.mean(~counts.any(axis=1))), 0.0, mean)
