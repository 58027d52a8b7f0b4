"""What each step from a trained network to an aged chip loses: accuracy after each of them.

    for loss in losses(network, plan, images, circuit, chip, seeds=[1, 2, 3]):
        print(loss.step, loss.mean)

Everybody sees that a network is worse on a chip. Here every step is asked by itself, on the same images and events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.base.chip import Chip
from neusoc.software.emulator.cells import DAY_S, neuron_share
from neusoc.software.emulator.neurons import ALIKE, Circuit, Neurons, lost_events
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import Plan, as_placed, strongest
from neusoc.software.mapping.steps import MICRO, pair_steps
from neusoc.software.network.encoding import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads.data import Images
from neusoc.software.workloads.study import Trial, one_chip


@dataclass(frozen=True)
class Loss:
    """Accuracy after one step.

    Attributes:
        step: its name.
        meaning: property that it adds to the one before.
        mean, least: share of images told right; over chips, where there are any.
    """

    step: str
    meaning: str
    mean: float
    least: float


def losses(
    network: Network, plan: Plan, images: Images, circuit: Circuit, chip: Chip, *, events: int = EVENTS, seeds: Sequence[int] = (1, 2, 3),
    told: Callable[[Loss], None] | None = None,
) -> list[Loss]:
    """Accuracy of the weights, then with one more of the chip's properties after the other.

    Args:
        network: network that was trained.
        plan: plan of the network, placed without a calibration: each sampled chip gets its own.
        images: images with labels.
        circuit: circuit of the neurons.
        chip: variant.
        events: number of events of an image.
        seeds: seeds of the sampled chips.
        told: called after each step.

    Returns:
        In their order: weights, events, clipped, levels, neuron, programmed, a day later.

    Raises:
        UserError: the images have no labels, or do not fit the network.
    """
    found: list[Loss] = []

    def add(step: str, meaning: str, shares: Sequence[float]) -> None:
        found.append(Loss(step, meaning, float(np.mean(shares)), float(np.min(shares))))
        if told:
            told(found[-1])


    def decided(scores: Floats) -> list[float]:
        return [images.share(network.decide(scores).tolist())]

    add("weights", "as trained, no chip", decided(network.scores(images.values)))
    encoded = network.encode(images.values, events)
    counted = encoded.counts(plan.positive.shape[0])
    weights = network.layers[0].matrix()
    add("events", f"{events} whole events an image", decided(counted @ weights))
    clipped = as_placed(weights, plan.timing, plan.clip)
    add("clipped", f"weights beyond {100 * plan.clip:g} % of the largest cut off", decided(counted @ clipped))
    steps = _plan_steps(plan, circuit)
    add("levels", f"the nearest of {plan.levels} levels", decided(counted @ steps))
    lost = lost_events(plan.timing, Trial.hold_cycles)
    spikes, last = plan.of_outputs(*_alike(plan, circuit).counts(encoded.rows, encoded.ends, lost=lost))
    add("neuron", "bit lines that remember, whole spikes", [images.share(strongest(spikes, last, plan.labels))])
    trial = Trial(
        chip, circuit, network, images.values, _numbers(images), events=events, timing=plan.timing, board=plan.board, levels=plan.levels,
        clip=plan.clip, ages=(0.0, DAY_S), copies=plan.copies,
    )  # fmt: skip
    shares = np.array([one_chip(trial, seed).accuracy for seed in seeds])
    add("programmed", f"{len(shares)} sampled chips, calibrated: spreads, faults, noise", shares[:, 0].tolist())
    add("aged", "a day later", shares[:, 1].tolist())
    return found


def _numbers(images: Images) -> Ints:
    return np.asarray(images.known())


def _plan_steps(plan: Plan, circuit: Circuit) -> Floats:
    """What the plan's levels mean for a mean neuron, the constant of the lowest pair off, V, (rows, outputs); of copies their mean."""
    pairs = pair_steps(circuit, plan.timing, plan.board, np.zeros(1), plan.levels)
    at = {(p, n): k for k, (p, n) in enumerate(zip(pairs.positive.tolist(), pairs.negative.tolist(), strict=True))}
    index = [[at[pair] for pair in zip(ps, ns, strict=True)] for ps, ns in zip(plan.positive.tolist(), plan.negative.tolist(), strict=True)]
    volts: Floats = pairs.change[:, 0][np.array(index)].reshape(len(index), plan.copies, len(plan.labels)).mean(axis=1)
    return volts


def _alike(plan: Plan, circuit: Circuit) -> Neurons:
    """Neurons without spread and noise, on cells that are exactly at the plan's levels."""
    us = level_us(plan.levels)
    seen = us * np.interp(us, *neuron_share()) * MICRO
    cells = [np.full((len(plan.positive), circuit.count), seen[0]) for _ in range(2)]
    for cell, levels in zip(cells, plan.columns(), strict=True):
        cell[:, : levels.shape[1]] = seen[levels]
    neurons = Neurons(replace(circuit, spread=ALIKE, noise=0.0), 0, plan.board)
    neurons.connect(cells[0], cells[1], plan.timing)
    neurons.run([0])                                    # as the driver primes: bit lines come up from ground
    return neurons
