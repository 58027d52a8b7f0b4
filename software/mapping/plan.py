"""A network placed on one chip: levels of all cells, and how images or events are shown so that they mean
what was trained.

plan = place(network, chip, calibration=calibration)
write(chip, plan)                                       # on_chip.py
plan.save(Path("digits.plan.json"))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from neusoc.analog.front_end.model import MIDDLE, FrontEnd
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.analog.references.model import UNIT
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.calibration import Calibration, Trim
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.events import EventMode
from neusoc.software.emulator.measured import MICRO
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import MOST, ImageCircuit
from neusoc.software.mapping.plan_files import read_plan, write_plan
from neusoc.software.mapping.steps import Faults, choose, go_around, made_us, reach_us, take_neurons
from neusoc.software.network.layers import Layer, finite
from neusoc.software.network.network import Network

LEVELS = 16
MIDDLES = Trim(MIDDLE, TRIM_STANDARD)
FULL = 0.8  # share of the greatest weight that is used where pairs make up for currents without a cell
UNTRIMMED = (
    1e3  # share by which a neuron without trims is uncertain: it takes an output only if no other is left
)
# Events whose spikes are counted: a weight of 1 is about half of the threshold.
EVENTS = EventMode(window=8, units=4, rest=32, refractory=1)
Coding = Literal["images", "events"]


@dataclass(frozen=True)
class Plan:
    """One layer on one array.

    Attributes:
        chip: variant.
        name: name of the chip whose calibration was used; empty: none, every neuron taken for an ideal one.
        source: source of the network.
        registers: hash of the register map.
        levels: number of levels of a cell.
        settings: settings of whole images, or of events.
        full_us: difference of conductances of a weight of `scale`, uS.
        scale: weight of the network that is as large as a weight can be here.
        positive, negative: levels, (rows, neurons of the chip); neurons without an output have the lowest.
        labels: labels of the outputs; several may have the same.
        neurons: neurons of the outputs.
        trims: trims of all neurons of the chip; None: unknown, the neuron is masked.
        bias_input: value of the bias row's input; 0: there is none.
        zero_us: addition of an event to each neuron without a cell, uS, for which its pairs make up; empty:
            they do not.
    """

    chip: str
    name: str
    source: str
    registers: str
    levels: int
    settings: ImageSettings | EventMode
    full_us: float
    scale: float
    positive: Ints
    negative: Ints
    labels: tuple[int | str, ...]
    neurons: tuple[int, ...]
    trims: tuple[Trim | None, ...]
    bias_input: float = 0.0
    zero_us: tuple[float, ...] = ()

    @property
    def coding(self) -> Coding:
        """How images reach the chip: whole, or as events whose spikes are counted."""
        return "events" if isinstance(self.settings, EventMode) else "images"

    @property
    def used(self) -> list[int]:
        """Neurons that may answer: with an output, and trims."""
        return [neuron for neuron in self.neurons if self.trims[neuron]]

    def widened(self, values: Any) -> Floats:
        """Values of images with that of the bias row behind them, (images, rows).

        Args:
            values: (images, inputs).

        Raises:
            UserError: images of another size, NaN or infinite.
        """
        images, inputs = finite("images", values, 2), len(self.positive) - bool(self.bias_input)
        if images.shape[1] != inputs:
            raise UserError(
                f"images: {images.shape[1]} values each, the plan takes {inputs}; give those that"
                f" {self.source} was trained on"
            )
        return np.hstack([images, np.full((len(images), 1), self.bias_input)]) if self.bias_input else images

    def output(self, neuron: int) -> int:
        """Output whose label a neuron's answer is; -1: it has none."""
        return self.neurons.index(neuron) if neuron in self.neurons else -1

    def of_outputs(self, spikes: Ints, last: Floats | Ints) -> tuple[Ints, Floats]:
        """Of what all neurons of a chip did, (images, neurons), that of the outputs in their order, (images,
        outputs)."""
        neurons = list(self.neurons)
        return spikes[:, neurons], last[:, neurons].astype(np.float64)

    def step_v(self, circuit: ImageCircuit) -> float:
        """What an event of a weight of `scale` moves a membrane by, V; UserError: images are shown whole.

        Args:
            circuit: circuit of the neurons.
        """
        mode = self.settings
        if not isinstance(mode, EventMode):
            raise UserError(
                f"plan for {self.source}: shows whole images, no events; place it with an EventMode"
            )
        return (
            FrontEnd(units=mode.units).charge(MICRO * self.full_us, 0.0, mode.window * CLOCK_S)
            / circuit.membrane_f
        )

    def activations(self, counts: Ints, values: Any, events: int, circuit: ImageCircuit) -> Floats:
        """What outputs are in the network's own units, of their spikes: inputs of the next layer, (images,
        outputs).

        Args:
            counts: spikes, (images, outputs).
            values: images that were shown, (images, inputs).
            events: number of events of each image.
            circuit: circuit of the neurons.
        """
        shown = self.widened(values).sum(axis=1, keepdims=True) / events  # value that an event stands for
        assert isinstance(self.settings, EventMode)
        return np.asarray(counts * shown * UNIT * self.settings.rest / self.step_v(circuit) * self.scale)

    def around(self, faults: Faults) -> Plan:
        """The same weights, placed around cells that are stuck: outputs take the neurons on which these harm
        least.

        Args:
            faults: row, column and conductance in uS of each stuck cell.
        """
        if not faults:
            return self
        neurons = list(self.neurons)
        return _placed(
            self, (made_us(self.positive, self.negative, self.levels) + self._zeros())[:, neurons], faults
        )

    def _zeros(self) -> Floats:
        """What an event adds to each neuron of the chip, uS."""
        return np.array(self.zero_us or (0.0,) * len(self.trims))

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        write_plan(path, self, self.coding)

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
        return read_plan(path, cls, chip, name)


def place(
    network: Network,
    chip: Chip,
    *,
    calibration: Calibration | None = None,
    settings: ImageSettings | EventMode | None = None,
    faults: Faults = (),
    levels: int = LEVELS,
    clip: float = 1.0,
    most: float = MOST,
) -> Plan:
    """Place a network of one layer.

    Args:
        network: network that was trained.
        chip: variant.
        calibration: calibration of the chip: trims of its neurons, and stuck cells, which decide which neuron
            takes which output.
        settings: settings of images or of events; by default whole images as after a reset; EVENTS for
            events.
        faults: row, column and conductance in uS of stuck cells that no calibration knows.
        levels: number of levels of a cell.
        clip: share of the largest weight from which on all count the same, so that the others are told apart
            better.
        most: value of the brightest pixel of a whole image: a bias row shows no more.

    Raises:
        UserError: more than one layer, one that does not fit, a calibration of another chip.
    """
    if len(network.layers) > 1:
        way_out = "place_layers() makes one of each, and `neusoc evaluate` shows them in passes"
        raise UserError(
            f"{network.source}: {len(network.layers)} layers; a plan holds one: give one layer; {way_out}"
        )
    network.require(chip.rows, chip.neurons)
    layer, how = network.layers[0], settings or ImageSettings()
    if calibration and (calibration.chip, len(calibration.trims)) != (chip.name, chip.neurons):
        raise UserError(
            f"calibration of {calibration.chip}, {len(calibration.trims)} neurons: this is {chip.name};"
            " calibrate this chip"
        )
    matrix, bias_input = bias_row(layer, most if isinstance(how, ImageSettings) else np.inf)
    zero_us = calibration.zero_us if calibration and isinstance(how, EventMode) else ()
    full, scale = reach_us(levels) * (FULL if zero_us else 1.0), clip * float(np.abs(matrix).max())
    weights_us = as_placed(matrix, clip) * full
    labels = tuple(label.item() if hasattr(label, "item") else label for label in network.labels)
    nothing = np.zeros((len(matrix), chip.neurons), np.int64)
    empty = Plan(
        chip.name,
        calibration.name if calibration else "",
        network.source,
        map_hash(),
        levels,
        how,
        full,
        scale,
        nothing,
        nothing,
        labels,
        tuple(range(weights_us.shape[1])),
        calibration.trims if calibration else (MIDDLES,) * chip.neurons,
        bias_input,
        zero_us,
    )
    return _placed(empty, weights_us, [*(calibration.faults if calibration else ()), *faults])


def _placed(plan: Plan, wanted_us: Floats, faults: Faults) -> Plan:
    """The plan with these weights, uS, (rows, outputs), on the neurons that suit them."""
    mine = [fault for fault in faults if fault[0] < len(wanted_us)]
    neurons = np.arange(wanted_us.shape[1])
    if mine or None in plan.trims:
        lost = np.array([0.0 if trim else UNTRIMMED for trim in plan.trims])
        neurons = take_neurons(mine, lost, wanted_us, plan.levels)
    shape = len(wanted_us), len(plan.trims)
    sides, wanted = np.zeros((2, *shape), np.int64), np.zeros(shape)
    wanted[:, neurons] = wanted_us
    wanted -= plan._zeros()
    sides[:, :, neurons] = choose(wanted[:, neurons], plan.levels)
    go_around([fault for fault in mine if fault[1] // 2 in neurons], sides[0], sides[1], wanted, plan.levels)
    return replace(plan, positive=sides[0], negative=sides[1], neurons=tuple(neurons.tolist()))


def place_layers(
    network: Network,
    chip: Chip,
    *,
    calibration: Calibration | None = None,
    settings: ImageSettings | EventMode | None = None,
    events: EventMode = EVENTS,
    levels: int = LEVELS,
    clip: float = 1.0,
) -> tuple[Plan, ...]:
    """A plan for each layer, one pass each: spikes of all but the last are counted, and become what the next
    is shown.

    Args:
        network: network of any number of layers, each of which fits the chip.
        events: settings of events, of all layers but the last.
        settings: settings of the last layer.
        chip, calibration, levels, clip: choices as of place().

    Raises:
        UserError: as of place(), of any layer.
    """
    last = len(network.layers) - 1
    parts = [
        replace(network, layers=(layer,), labels=network.labels if k == last else np.arange(layer.outputs))
        for k, layer in enumerate(network.layers)
    ]
    shown: dict[str, Any] = {"chip": chip, "calibration": calibration, "levels": levels, "clip": clip}
    return (
        *(place(part, settings=events, **shown) for part in parts[:-1]),
        place(parts[-1], settings=settings, most=np.inf if last else MOST, **shown),
    )


def bias_row(layer: Layer, most: float) -> tuple[Floats, float]:
    """Weights by row, the bias in the last one, and the constant value of that row's input, at most `most`;
    0: there is no bias."""
    if layer.bias is None:
        return layer.weights, 0.0
    value = min(layer.bias_input, most)
    return np.vstack([layer.weights, layer.bias / value]), value


def as_placed(weights: Floats, clip: float) -> Floats:
    """Weights from -1 to 1: what the levels stand for; clip: share as of place().

    Raises:
        UserError: clip is no share.
    """
    if not 0 < clip <= 1:
        raise UserError(f"clip {clip:g}: is no share of the largest weight; choose above 0, at most 1")
    clipped: Floats = np.clip(weights / (clip * np.abs(weights).max()), -1.0, 1.0)
    return clipped


def strongest(spikes: Ints, last: Floats, labels: tuple[int | str, ...]) -> list[int | str]:
    """Label of the output with most spikes; among equals, of the one whose last came first: it was on its way
    to another.

    Args:
        spikes, last: counts and times as of Plan.of_outputs(), (images, outputs).
        labels: labels of the outputs.
    """
    late = (last - last.min(initial=0)) / (1 + np.ptp(last) if last.size else 1)
    score = spikes - np.where(spikes > 0, 0.999 * late, 0.0)
    return [labels[k] for k in score.argmax(axis=1)]
