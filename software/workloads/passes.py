"""A network of two layers on one chip, in two passes: the spikes of the first, in their order, are the events of the second.

The host keeps the spikes of all images, programs the second layer over the first and sends them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Ints, Timing
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import SIGNED, strongest
from neusoc.software.mapping.steps import pair_steps
from neusoc.software.network.encoding import Events
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome, Trial, shown_on

# of the first layer's events: a shorter phase makes a threshold worth more events, so that a spike says more of the sum
HIDDEN = replace(SIGNED, phi_p=3, phi_n=3)


def threshold_events(circuit: Circuit, timing: Timing = HIDDEN, board: Board | None = None) -> float:
    """Events of full weight that make an ideal neuron fire once: what a network's hidden neurons are trained with."""
    given = board or Board()
    twin = Neurons(replace(circuit, noise=0.0, spread=replace(circuit.spread, offset_v=0.0, threshold_v=0.0)), 0, given)
    twin.connect(*(np.zeros((1, circuit.count)),) * 2, timing)
    return float(twin.limits()[1][0]) / pair_steps(circuit, timing, given, np.zeros(1)).whole_reach


def layers(network: Network) -> tuple[Network, Network]:
    """Each layer as a network of its own.

    Raises:
        UserError: not two layers.
    """
    if len(network.layers) != 2:
        raise UserError(f"{network.source}: {len(network.layers)} layers; two passes take two")
    first, second = network.layers
    return Network((first,), np.arange(first.outputs), [], network.source), Network((second,), network.labels, [], network.source)


def spikes_in_order(chip: SampledChip, events: Events, timing: Timing, used: Sequence[int], lost: int = 0) -> Events:
    """Spikes as events: row k is the k-th of some neurons. Each image begins with discharged membranes.

    Args:
        chip: programmed.
        events: of the images.
        timing: of an event.
        used: neurons whose spikes are kept; the others' are not.
        lost: events that a neuron misses after its spike.
    """
    chip.ready(events.rows, timing)
    neurons = chip.neurons
    row = np.full(neurons.circuit.count, -1)
    row[list(used)] = np.arange(len(used))
    found: list[Ints] = []
    for k in range(len(events)):
        neurons.discharge()
        fired = row[neurons.run(events.image(k), lost=lost)[:, 1]]
        found.append(fired[fired >= 0])
    return Events(np.concatenate(found), np.cumsum([len(fired) for fired in found]))


def two_passes(trial: Trial, seed: int) -> Outcome:
    """As study.one_chip(), of a network of two layers, right after each pass was programmed.

    Its timing is the second pass's; spikes of an image are those of both passes.

    Raises:
        UserError: ages beyond 0: one array holds one layer at a time; or as of layers().
    """
    if trial.ages != (0.0,):
        raise UserError(f"ages {trial.ages}: an array holds one layer at a time, so a pass is run when it is programmed; give 0 alone")
    first, second = layers(trial.network)
    on = shown_on(trial, seed)
    plan = on.programmed(first, HIDDEN, whole=True)
    hidden = spikes_in_order(on.chip, first.encode(trial.images, trial.events), HIDDEN, plan.neurons, on.lost(plan))
    plan = on.programmed(second)
    counts, last = plan.of_outputs(*on.chip.counts(hidden.rows, hidden.ends, plan.timing, on.lost(plan)))
    spikes = (len(hidden.rows) + counts.sum()) / len(trial.labels)
    return on.outcome([trial.share(strongest(counts, last, plan.labels))], float(spikes))
