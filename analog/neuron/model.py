"""Event-driven twin of the neuron: membrane, leak, threshold, latch and discharge between input events.

Nothing is stepped: between two changes of an input the membrane is a line (no leak) or an exponential, and the crossing of the
threshold is computed. Numbers are those of the schematic at the nominal condition (tt, 27 C, 1.8 V); tests/test_neuron_twins.py
compares them with ngspice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, inf, log

MEMBRANE = 495e-15              # F: 30 x 8 um MIM capacitor and what its plates have beside it
THRESHOLD_OFFSET = 3.3e-3       # V: static, of the comparator and its latch
COMPARATOR_DELAY = 36e-9        # s: from that level to spike_1v8, slopes up to 2 V/us (faster ones: down to 20 ns)
RELEASE_STEP = 2.7e-3           # V: what the end of a discharge leaves on the membrane
INPUT_RESISTANCE = 7.5e3        # ohm: bit line to virtual ground while the membrane moves (op-amp bandwidth, switch)


def input_current(conductance: float, voltage: float, resistance: float = INPUT_RESISTANCE) -> float:
    """Current of cells that share a column, amperes.

    Args:
        conductance: sum over the selected cells, their transistors included, siemens.
        voltage: vref less vsl, volts; negative when the column subtracts by a lifted vsl.
        resistance: of the neuron's input, ohms.
    """
    return conductance * voltage / (1 + conductance * resistance)


@dataclass
class Neuron:
    """One neuron.

    Attributes:
        threshold: vth less vref, V.
        leak: time constant, s; inf without leak (vlk at 0 V).
        capacitance: F.
        membrane: vm less the virtual ground, V.
        now: s.
        spike: level of spike_1v8.
        spikes: times at which spike_1v8 rose, s.
    """

    threshold: float
    leak: float = inf
    capacitance: float = MEMBRANE
    membrane: float = 0.0
    now: float = 0.0
    spike: bool = False
    spikes: list[float] = field(default_factory=list)

    def advance(self, duration: float, current: float = 0.0, discharge: bool = False) -> None:
        """Let time pass with constant inputs.

        Args:
            duration: s.
            current: drawn from the virtual ground, A: positive lifts the membrane.
            discharge: level of discharge_1v8; resets membrane and latch.

        Raises:
            ValueError: negative duration.
        """
        if duration < 0:
            raise ValueError(f"duration {duration}: negative")
        if discharge:
            self.membrane, self.spike = RELEASE_STEP, False
        else:
            crossing = self._crossing(current) + COMPARATOR_DELAY
            if not self.spike and crossing <= duration:
                self.spike = True
                self.spikes.append(self.now + crossing)
            self.membrane = self._after(duration, current)
        self.now += duration

    def _after(self, duration: float, current: float) -> float:
        if self.leak == inf:
            return self.membrane + current * duration / self.capacitance
        final = current * self.leak / self.capacitance
        return final + (self.membrane - final) * exp(-duration / self.leak)

    def _crossing(self, current: float) -> float:
        """Seconds until the membrane reaches the threshold with this current; inf if it never does."""
        level = self.threshold + THRESHOLD_OFFSET
        if self.membrane >= level:
            return 0.0
        if self.leak == inf:
            return (level - self.membrane) * self.capacitance / current if current > 0 else inf
        final = current * self.leak / self.capacitance
        return self.leak * log((final - self.membrane) / (final - level)) if final > level else inf


def answered(neuron: Neuron, inputs: Iterable[tuple[float, float]], latency: float, refractory: float) -> list[float]:
    """Run a neuron under a controller that answers every spike with a discharge.

    Args:
        inputs: (duration, current) one after the other, s and A.
        latency: spike to discharge, s.
        refractory: length of the discharge, s.

    Returns:
        Times of the spikes, s.
    """
    discharge_from = inf
    for duration, current in inputs:
        end = neuron.now + duration
        while neuron.now < end - 1e-15:
            if discharge_from == inf:
                level = neuron._crossing(current) + COMPARATOR_DELAY
                neuron.advance(min(level, end - neuron.now), current)
                discharge_from = neuron.spikes[-1] + latency if neuron.spike else inf
            elif neuron.now < discharge_from:
                neuron.advance(min(discharge_from, end) - neuron.now, current)
            else:
                neuron.advance(min(discharge_from + refractory, end) - neuron.now, current, discharge=True)
                discharge_from = inf if neuron.now >= discharge_from + refractory - 1e-15 else discharge_from
    return neuron.spikes
