"""A network placed on one chip: levels of all cells, the timing and the levels from outside with which they mean what was trained.

    plan = place(network, circuit, chip, calibration=calibration)
    chip.program(*plan.columns())
    plan.save(Path("digits.plan.json"))
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from neusoc.analog.bias.model import Bias
from neusoc.analog.neuron.model import TRIM_CODES, TRIM_STANDARD
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.software.calibration import Calibration
from neusoc.software.driver.registers import map_hash, register
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from neusoc.software.levels import PLANS
from neusoc.software.mapping.steps import PairSteps, choose, go_around, pair_steps, settled, take_neurons
from neusoc.software.network.layers import finite
from neusoc.software.network.network import Network

FORMAT = 2
SUPPLY_V = Bias().vdd1v8
MOST_CYCLES = (1 << register("timing").fields["settle"].width) - 1       # of each field
SIGNED = Timing(settle=4, gap=3, phi_p=5, phi_n=5, signed=True)
UNSIGNED = Timing(settle=4, gap=3, phi_p=5, phi_n=5, signed=False)


@dataclass(frozen=True)
class Plan:
    """One layer on one array.

    Attributes:
        chip: variant.
        name: name of the chip whose calibration was used; empty: none, every neuron taken for an ideal one.
        source: source of the network.
        registers: hash of the register map.
        levels: number of levels of a cell.
        timing: timing of an event.
        board: levels from outside.
        full_v: step of a weight of 1, V.
        positive, negative: levels, (rows, outputs), all outputs once for each copy.
        labels: labels of the outputs; several may have the same.
        neurons: neurons of the outputs.
        trims: codes of these neurons' thresholds.
        clip: share of the largest weight from which on all weights count the same.
        bias_input: value of the bias row's input; 0: there is none.
        copies: neurons of an output, whose spikes are added.
    """

    chip: str
    name: str
    source: str
    registers: str
    levels: int
    timing: Timing
    board: Board
    full_v: float
    positive: Ints
    negative: Ints
    labels: tuple[int | str, ...]
    neurons: tuple[int, ...]
    trims: tuple[int, ...]
    clip: float = 1.0
    bias_input: float = 0.0
    copies: int = 1

    def widened(self, values: Any) -> Floats:
        """Values of images with that of the bias row behind them, (images, rows).

        Args:
            values: (images, inputs).

        Raises:
            UserError: images of another size, NaN or infinite.
        """
        found, inputs = finite("images", values, 2), len(self.positive) - bool(self.bias_input)
        if found.shape[1] != inputs:
            raise UserError(f"images: {found.shape[1]} values each, the plan takes {inputs}; give those that {self.source} was trained on")
        return np.hstack([found, np.full((len(found), 1), self.bias_input)]) if self.bias_input else found

    def columns(self) -> tuple[Ints, Ints]:
        """Levels on the positive and on the negative columns, (rows, neurons up to the last that has an output)."""
        found = np.zeros((2, len(self.positive), max(self.neurons) + 1), np.int64)
        found[:, :, self.neurons] = self.positive, self.negative
        return found[0], found[1]

    def of_outputs(self, spikes: Ints, last: Floats) -> tuple[Ints, Floats]:
        """Of what all neurons of a chip did, (images, neurons), that of the outputs in their order, (images, outputs).

        Spikes of copies are added, and of their last ones the mean is taken.
        """
        shape = (len(spikes), self.copies, len(self.labels))
        return spikes[:, self.neurons].reshape(shape).sum(axis=1), last[:, self.neurons].reshape(shape).mean(axis=1)

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        kept = asdict(self) | {"format": FORMAT, "positive": self.positive.tolist(), "negative": self.negative.tolist()}
        write_atomic(path, json.dumps(kept) + "\n")

    def _sound(self) -> bool:
        """Whether its numbers can be set, and its levels are in the array of its variant."""
        times = (self.timing.settle, self.timing.gap, self.timing.phi_p, self.timing.phi_n)
        numbers = (*astuple(self.board), self.full_v, self.clip, self.bias_input)
        array = load_chip(self.chip)
        return (
            all(type(value) is int and 1 <= value <= MOST_CYCLES for value in times)
            and all(isinstance(value, int | float) and 0 <= value < math.inf for value in numbers)
            and 0 < self.board.read_v < self.board.vref_v < self.board.vth_v < SUPPLY_V and 0 < self.clip <= 1
            and all(type(label) in (int, str) for label in self.labels)
            and all(isinstance(text, str) for text in (self.chip, self.name, self.source))
            and len(self.positive) <= array.rows
            and all(type(neuron) is int and 0 <= neuron < array.neurons for neuron in self.neurons)
            and len(set(self.neurons)) == len(self.neurons) == len(self.trims) == self.positive.shape[1] > 0
            and all(type(trim) is int and 0 <= trim < TRIM_CODES for trim in self.trims)
        )

    @classmethod
    def load(cls, path: Path, chip: str, name: str | None = None) -> Self:
        """Read a plan.

        Args:
            path: path of the file.
            chip: variant that it must be for.
            name: chip that it must be for, if it was made with a calibration; None: any.

        Raises:
            UserError: no such file, not a plan, cut short, of another chip or of other registers.
        """
        again = "map again: neusoc map"
        try:
            data = json.loads(path.read_text())
            form = data.pop("format")
            positive, negative = (np.array(data.pop(side)) for side in ("positive", "negative"))
            data |= {"timing": Timing(**data["timing"]), "board": Board(**data["board"])}
            data |= {name: tuple(data[name]) for name in ("labels", "neurons", "trims")}
            found = cls(**data, positive=positive, negative=negative)
            shapes = {positive.shape, negative.shape, (len(positive), len(found.labels) * found.copies)}
            right = form == FORMAT and len(shapes) == 1 and type(found.copies) is int
            right = right and type(found.levels) is int and found.levels in PLANS and found._sound()
            right = right and positive.dtype.kind == negative.dtype.kind == "i"
            right = right and all(0 <= side.min() and side.max() < found.levels for side in (positive, negative))
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; {again}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            right = False
        if not right:
            raise UserError(f"{path}: is cut short or no plan of format {FORMAT}; {again}")
        wanted = [("chip", found.chip, chip), ("registers", found.registers, map_hash())]
        if name is not None and found.name:
            wanted.append(("calibrated for", found.name, name))
        for what, have, want in wanted:
            if have != want:
                raise UserError(f"{path}: {what} {have}, not {want}; {again}")
        return found


def place(
    network: Network, chip: Chip, circuit: Circuit, *, calibration: Calibration | None = None, timing: Timing = SIGNED,
    board: Board | None = None, levels: int = 16, clip: float = 1.0, whole: bool = False, copies: int = 1, ready: bool = False,
) -> Plan:
    """Place a network of one layer.

    A timing without a negative phase takes weights of both signs too: a constant is added to each row, of which every neuron gets the same,
    so that the strongest stays the strongest.

    Args:
        network: network that was trained.
        chip: variant.
        circuit: circuit of its neurons, as characterised.
        calibration: calibration of the chip: offsets and stuck cells decide which neuron takes which output; without one every offset is
            taken for 0.
        timing: timing of an event.
        board: levels from outside.
        levels: number of levels of a cell.
        clip: share of the largest weight from which on all count the same, so that the others are told apart better.
        whole: choice for a layer whose numbers of spikes go on to another, as of steps.choose(); its timing is signed.
        copies: neurons of each output, whose spikes are added: what differs from neuron to neuron averages.
        ready: the weights are as of as_placed() already: those of a tile, which share the scale of their layer.

    Raises:
        UserError: more than one layer, one that does not fit, neurons with thresholds of their own, a calibration of another chip, or
            an unsigned timing where numbers of spikes count.
    """
    if len(network.layers) > 1:
        way_out = "`neusoc evaluate` shows several in passes of sampled chips"
        raise UserError(f"{network.source}: {len(network.layers)} layers; a plan holds one: give one layer; {way_out}")
    network.require(chip.rows, chip.neurons)
    layer = network.layers[0]
    if not 1 <= copies <= chip.neurons // layer.outputs:
        most = chip.neurons // layer.outputs
        asked = f"{copies} copies of {layer.outputs} outputs"
        raise UserError(f"{network.source}: {asked}; {chip.name} has {chip.neurons} neurons, give 1 to {most}")
    if layer.neurons is not None:
        raise UserError(f"{network.source}: its neurons have thresholds of their own, a plan counts spikes; give its weights (from_numpy)")
    if calibration and (calibration.chip, len(calibration.offset_v)) != (chip.name, chip.neurons):
        raise UserError(f"calibration of {calibration.chip}, {len(calibration.offset_v)} neurons: this is {chip.name}; calibrate this chip")
    weights = np.tile(layer.matrix(), (1, copies))
    if whole and not timing.signed:
        raise UserError(f"{network.source}: its numbers of spikes count, and a timing without a negative phase adds a constant; map signed")
    weights = weights if ready else as_placed(weights, timing, clip)
    given = board or Board()
    offset_v: Floats = calibration.known_v if calibration else np.zeros(chip.neurons)
    neurons = np.arange(weights.shape[1])
    trims = calibration.trims if calibration else np.full(chip.neurons, TRIM_STANDARD)

    def steps(usage: Floats | None = None, asked: Ints | None = None) -> PairSteps:
        return pair_steps(circuit, timing, given, offset_v[neurons if asked is None else asked], levels, usage=usage)

    if calibration:
        every = steps(asked=np.arange(chip.neurons))
        volts, full_v = (every.volts, every.whole_reach) if whole else (every.change, every.reach)
        lost = np.array([circuit.spread.offset_v / given.read_v if value is None else 0.0 for value in calibration.offset_v])
        neurons = take_neurons(calibration.faults, lost, weights * full_v, volts, levels, float((every.volts - volts).mean()))
    pairs = settled(weights, steps) if whole else steps()
    positive, negative, full_v = choose(weights, pairs, whole=whole)
    if calibration and timing.signed:
        output = {neuron: k for k, neuron in enumerate(neurons.tolist())}
        faults = [(row, 2 * output[at // 2] + at % 2, us) for row, at, us in calibration.faults if at // 2 in output]
        go_around(faults, positive, negative, weights * full_v, pairs.volts if whole else pairs.change, levels)
    labels = tuple(label.item() if hasattr(label, "item") else label for label in network.labels)
    name = calibration.name if calibration else ""
    return Plan(
        chip.name, name, network.source, map_hash(), levels, timing, given, full_v, positive, negative, labels, tuple(neurons.tolist()),
        tuple(trims[neurons].tolist()), clip, layer.bias_input, copies,
    )  # fmt: skip


def as_placed(weights: Floats, timing: Timing, clip: float) -> Floats:
    """Weights from -1 to 1, without a negative phase from 0: what the levels stand for; arguments as of place().

    Raises:
        UserError: clip is no share.
    """
    if not 0 < clip <= 1:
        raise UserError(f"clip {clip:g}: is no share of the largest weight; choose above 0, at most 1")
    if not timing.signed:
        weights = weights - weights.min(axis=1, keepdims=True)
    clipped: Floats = np.clip(weights / (clip * np.abs(weights).max()), -1.0, 1.0)
    return clipped


def strongest(spikes: Ints, last: Floats, labels: tuple[int | str, ...]) -> list[int | str]:
    """Label of the output with most spikes; among equals, of the one whose last came first: it was on its way to another.

    Args:
        spikes, last: counts and times as of Plan.of_outputs(), (images, outputs).
        labels: labels of the outputs.
    """
    score = spikes + np.where(spikes > 0, 0.999 * (1 - last), 0.0)
    return [labels[k] for k in score.argmax(axis=1)]
