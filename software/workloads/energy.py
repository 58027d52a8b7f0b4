"""Time and energy of one image on the chip, from published figures of its parts and its size in chip.yaml. Assumptions stand here.

The analog core is counted from above:

- A neuron that is on takes `integrating_power`: its current through ibias and the charge of a million spikes a second are in it.
- An event takes what it takes above rest on the small variant, all of it as many times as the chip has more columns, though the word line's
  driver and the switches' lines do not grow so fast.
- A spike takes its whole supply charge at 0.25 uA, the neuron's rest during its period included, beside the first line.
- Bias is on; DACs and converter are not; what drives vref, vth and vsl from outside, the pads and the host are not counted.

The controller takes what the netlist takes with events in and out back to back. Programming is not part of an image.
"""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.analog.bias.model import Bias
from neusoc.base.chip import Chip
from neusoc.base.report import Source
from neusoc.base.results import Results, figure_value
from neusoc.software.emulator.pulse import Timing

NANO, MICRO, PICO, MILLI = 1e-9, 1e-6, 1e-12, 1e-3


@dataclass(frozen=True)
class Taken:
    """A published figure that is counted with.

    Attributes:
        step, name, source: key of the figure.
        scale: factor that makes its value SI.
        says: description of the figure.
    """

    step: str
    name: str
    source: Source
    scale: float
    says: str

    def of(self, results: Results) -> float:
        """Its value, SI.

        Raises:
            NoFigure: it was not obtained.
        """
        return figure_value(results, self.step, self.name, self.source) * self.scale


NEURON_ON = Taken("analog.neuron", "integrating_power nominal", "extracted", MICRO, "a neuron while it integrates, ibias included")
SPIKE = Taken("analog.neuron", "energy nominal", "extracted", PICO, "a spike")
SPIKING = Taken("analog.neuron", "spiking_power nominal", "extracted", MICRO, "a neuron at a million spikes a second")
NEURON_REST = Taken("analog.neuron", "power nominal", "extracted", MICRO, "a neuron at rest")
RATE = Taken("analog.neuron", "rate nominal", "extracted", 1e6, "most spikes of a neuron")
NEURON_AREA = Taken("analog.neuron", "area", "gds", 1.0, "a neuron")
FIRE_AREA = Taken("analog.fire_driver", "area", "gds", 1.0, "its fire driver")
WAVEFORM = Taken("analog.fire_driver", "energy nominal", "extracted", PICO, "a learning waveform, without cells")
FIRING = Taken("analog.fire_driver", "power nominal", "extracted", MICRO, "a million such waveforms a second")
BIAS_SUPPLY = Taken("analog.bias", "supply_current nominal", "extracted", MICRO, "bias, from vdd1v8")
BIAS_VREF = Taken("analog.bias", "vref_current nominal", "extracted", MICRO, "bias, from vref")
EVENT = Taken("mixed.mini", "pattern.energy_per_event", "simulation", PICO, "an event on the small variant, above rest")
EVENT_SIGNED = Taken("mixed.mini", "signed.energy_per_event", "simulation", PICO, "the same with both phases, above rest")
CONTROLLER = Taken("gates.tapeout", "events: power at tt 25 C 1.80 V", "sta", MILLI, "controller with events back to back")
WORD_LINE = Taken("analog.row_driver", "energy nominal", "extracted", PICO, "not counted with: a pulse on a word line, wires included")
ASSUMED = Taken("harden.tapeout", "power", "sta", 1.0, "not counted with: the controller at the activity that its hardening assumes")
OF_AN_IMAGE = (NEURON_ON, BIAS_SUPPLY, BIAS_VREF, EVENT, EVENT_SIGNED, WORD_LINE, SPIKE, CONTROLLER, ASSUMED)
OF_A_NEURON = (NEURON_REST, SPIKING, SPIKE, RATE, FIRING, WAVEFORM, NEURON_AREA, FIRE_AREA)


@dataclass(frozen=True)
class Image:
    """How an image is shown.

    Attributes:
        events: number of events, shown one after the other.
        timing: timing of an event.
        neurons: number of neurons that the network uses.
    """

    events: int
    timing: Timing
    neurons: int

    @property
    def operations(self) -> int:
        """Synaptic operations: an event at the pair of cells of one neuron that the network uses."""
        return self.events * self.neurons


def seconds(chip: Chip, image: Image) -> float:
    """Time of an image, s: its events back to back."""
    return image.events * image.timing.cycles * chip.clock_ns * NANO


def standing_w(results: Results, chip: Chip) -> float:
    """Power of all neurons and of bias, W.

    Raises:
        NoFigure: one of them was not measured.
    """
    rest = Bias()
    bias = BIAS_SUPPLY.of(results) * rest.vdd1v8 + BIAS_VREF.of(results) * rest.vref
    return chip.neurons * NEURON_ON.of(results) + bias


def event_j(results: Results, chip: Chip, small: Chip, signed: bool) -> float:
    """Energy of an event above rest, J.

    Args:
        small: the variant on which it was measured.
        signed: event with both phases.

    Raises:
        NoFigure: it was not measured.
    """
    return (EVENT_SIGNED if signed else EVENT).of(results) * chip.columns / small.columns


def standing_j(results: Results, chip: Chip, image: Image) -> float:
    """Energy of neurons and bias while an image is shown, J; errors as of standing_w()."""
    return standing_w(results, chip) * seconds(chip, image)


def events_j(results: Results, chip: Chip, small: Chip, image: Image) -> float:
    """Energy of an image's events, J; arguments and errors as of event_j()."""
    return image.events * event_j(results, chip, small, image.timing.signed)


def spikes_j(results: Results, spikes: float) -> float:
    """Energy of spikes, J.

    Args:
        spikes: number of spikes of all neurons.

    Raises:
        NoFigure: it was not measured.
    """
    return spikes * SPIKE.of(results)


def analog_j(results: Results, chip: Chip, small: Chip, image: Image, spikes: float) -> float:
    """Energy of an image in the analog core, J; arguments and errors as of its three parts."""
    return standing_j(results, chip, image) + events_j(results, chip, small, image) + spikes_j(results, spikes)


def controller_j(results: Results, chip: Chip, image: Image) -> float:
    """Energy of an image in the controller, J.

    Raises:
        NoFigure: its power was not measured.
    """
    return CONTROLLER.of(results) * seconds(chip, image)


def spike_per_synapse_j(results: Results, chip: Chip, learns: bool) -> float:
    """Energy of a spike for each synapse of the neuron, a pair of cells in every row, J.

    Args:
        learns: spike with the learning waveform, without the current of its cells.

    Raises:
        NoFigure: it was not measured.
    """
    waveform = WAVEFORM.of(results) if learns else 0.0
    return (SPIKE.of(results) + waveform) / chip.rows
