"""Event-driven twin of the neuron: membrane, leak, threshold, comparator, latch and discharge between input events.

Nothing is stepped: between two changes of an input the membrane is a line (no leak) or an exponential, and the time of the spike is
computed. Review eqs 1, 2 and 10: C dVm/dt = sum of the synapses' currents - leak; a spike and a return to rest at the threshold.

Three effects of the circuit are in it, because without them spike times are wrong by up to a tenth:

- The amplifier's input gives way by INPUT_RESISTANCE x current while the membrane moves. The cells see less, and the output, which is
  what the comparator sees, stands lower than the membrane's own voltage by the same amount.
- The comparator is slow and charges its output with the overdrive: it decides when the integral of vm over the threshold reaches
  COMPARATOR_AREA. After a strong input that is soon, at a threshold touched by a last weak pulse late.
- A word line's edge moves EDGE_CHARGE through the gate capacitance of the cell's transistor.

Numbers: schematic at the nominal condition (tt, 27 C, 1.8 V), fitted to the spikes of the hundred trains of trains.py, which compares
them with ngspice, to the steps of one and two cells (tb/pulse.spice) and to five constant inputs (tb/fire.spice).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, inf, log, sqrt

READ_V = 0.05                   # V across a cell while its row is on: vref less vsl
MEMBRANE = 491.4e-15            # F: 30 x 8 um MIM capacitor and what its plates have beside it
THRESHOLD_OFFSET = -17.2e-3     # V: of comparator and latch, at the standard code of the trim
TRIM_STANDARD, TRIM_CODES, BANK_WORDS = 3, 8, 4
TRIM_STEP = 5.9e-3              # V: by which a code lowers the threshold
COMPARATOR_AREA = 1.50e-9       # V s: integral of the overdrive at which the comparator has decided
COMPARATOR_DELAY = 3.0e-9       # s: from there to spike_1v8
RELEASE_STEP = 2.7e-3           # V: what the end of a discharge leaves on the membrane
INPUT_RESISTANCE = 26.0e3       # ohm: bit line to virtual ground while the membrane moves (op-amp bandwidth, switch)
SWITCH_RESISTANCE = 1.75e3      # ohm: of the input at rest; the rest of INPUT_RESISTANCE falls as the membrane grows
INPUT_LAG = 10.9e-9             # s: from a word line's edge to the membrane
EDGE_CHARGE = 2.24e-15          # C: pushed into the bit line by a rising word line of one cell, taken back by the falling one


def latches(trim: int = TRIM_STANDARD, bank: int = 0, test: int = 0) -> dict[str, int]:
    """Latch of the circuit -> its state, for a code of the trim, a word of the bank and the test access."""
    bits = {f"trim{i}": trim >> i & 1 for i in range(3)} | {f"bank{i}": bank >> i & 1 for i in range(2)}
    return bits | {"test": test}


def input_current(conductance: float, voltage: float, resistance: float = INPUT_RESISTANCE) -> float:
    """Current of cells that share a column, amperes.

    Args:
        conductance: sum over the selected cells, their transistors included, siemens.
        voltage: vref less vsl, volts; negative when the column subtracts by a lifted vsl.
        resistance: resistance of the neuron's input, ohms.
    """
    return conductance * voltage / (1 + conductance * resistance)


@dataclass
class Neuron:
    """One neuron.

    Attributes:
        threshold: vth less vref, V.
        leak: time constant, s; inf without leak (vlk at 0 V).
        capacitance: capacitance of the membrane without the bank, F.
        resistance: resistance of the input without the bank, ohm.
        membrane: voltage of the membrane capacitor, V.
        now: time, s.
        spike: level of spike_1v8.
        spikes: times at which spike_1v8 rose, s.
        overdrive: integral of the overdrive that the comparator has collected, V s.
        trim: code of the threshold's trim, 0 to 7.
        bank: word of the capacitor bank, 0 to 3: half a membrane capacitor more, a whole one, both.

    Raises:
        ValueError: a code of the trim or a word of the bank that does not exist.
    """

    threshold: float
    leak: float = inf
    capacitance: float = MEMBRANE
    resistance: float = INPUT_RESISTANCE
    membrane: float = 0.0
    now: float = 0.0
    spike: bool = False
    spikes: list[float] = field(default_factory=list)
    overdrive: float = 0.0
    trim: int = TRIM_STANDARD
    bank: int = 0

    def __post_init__(self) -> None:
        for name, value, count in (("trim", self.trim, TRIM_CODES), ("bank", self.bank, BANK_WORDS)):
            if value not in range(count):
                raise ValueError(f"{name} {value}: choose 0 to {count - 1}")

    @property
    def total_capacitance(self) -> float:
        """Of the membrane with its bank, F."""
        return self.capacitance * (1 + self.bank / 2)

    @property
    def total_resistance(self) -> float:
        """Of the input with the bank, ohm: the amplifier carries Cc dvm/dt, which a larger membrane makes smaller."""
        return SWITCH_RESISTANCE + (self.resistance - SWITCH_RESISTANCE) / (1 + self.bank / 2)

    def edge(self, cells: int) -> None:
        """Word lines of so many cells of the positive column rise (falling: negative)."""
        self.membrane -= cells * EDGE_CHARGE / self.total_capacitance

    def advance(self, duration: float, current: float = 0.0, discharge: bool = False) -> None:
        """Let time pass with constant inputs.

        Args:
            duration: time that passes, s.
            current: drawn from the virtual ground, A: positive lifts the membrane.
            discharge: level of discharge_1v8; resets membrane and latch.

        Raises:
            ValueError: negative duration.
        """
        if duration < 0:
            raise ValueError(f"duration {duration}: negative")
        if discharge:
            self.membrane, self.overdrive, self.spike = RELEASE_STEP, 0.0, False
        else:
            firing = self.firing(current)
            if not self.spike and firing <= duration:
                self.spike = True
                self.spikes.append(self.now + firing)
            start = self._crossing(current)
            if start < duration and firing > duration:
                level = self._after(start, current)
                self.overdrive += self._area(level, duration - start, current)
            elif start >= duration:
                self.overdrive = 0.0
            self.membrane = self._after(duration, current)
        self.now += duration

    def firing(self, current: float) -> float:
        """Seconds until spike_1v8 rises with this current; inf if it never does."""
        start = self._crossing(current)
        if start == inf:
            return inf
        level, wanted = self._after(start, current), max(0.0, COMPARATOR_AREA - self.overdrive)
        over, slope = level - self._level(current), current / self.total_capacitance
        if self.leak == inf:
            if slope == 0:
                return start + wanted / over + COMPARATOR_DELAY if over > 0 else inf
            root = over * over + 2 * slope * wanted
            return start + (sqrt(root) - over) / slope + COMPARATOR_DELAY if root >= 0 else inf
        final = current * self.leak / self.total_capacitance
        if final <= self._level(current):                             # it comes down again: the area has an upper bound
            fall = self.leak * log((level - final) / (self._level(current) - final)) if over > 0 else 0.0
            if self._area(level, fall, current) < wanted:
                return inf
            high = fall
        else:
            high = self.leak + wanted / max(over, (final - level) / 2, 1e-9)
            while self._area(level, high, current) < wanted:
                high *= 2
        low = 0.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._area(level, middle, current) < wanted else (low, middle)
        return start + high + COMPARATOR_DELAY

    def _level(self, current: float) -> float:
        """Voltage of the membrane capacitor at which the comparator sees its threshold, V."""
        trimmed = THRESHOLD_OFFSET - TRIM_STEP * (self.trim - TRIM_STANDARD)
        return self.threshold + trimmed + self.total_resistance * max(current, 0.0)

    def _after(self, duration: float, current: float) -> float:
        if self.leak == inf:
            return self.membrane + current * duration / self.total_capacitance
        final = current * self.leak / self.total_capacitance
        return final + (self.membrane - final) * exp(-duration / self.leak)

    def _area(self, membrane: float, duration: float, current: float) -> float:
        """Integral of the overdrive from a membrane voltage on, V s."""
        over = membrane - self._level(current)
        if self.leak == inf:
            return over * duration + current / self.total_capacitance * duration**2 / 2
        final = current * self.leak / self.total_capacitance
        return (final - self._level(current)) * duration + (membrane - final) * self.leak * (1 - exp(-duration / self.leak))

    def _crossing(self, current: float) -> float:
        """Seconds until the comparator's input reaches the threshold with this current; inf if it never does."""
        level = self._level(current)
        if self.membrane >= level:
            return 0.0
        if self.leak == inf:
            return (level - self.membrane) * self.total_capacitance / current if current > 0 else inf
        final = current * self.leak / self.total_capacitance
        return self.leak * log((final - self.membrane) / (final - level)) if final > level else inf


def answered(neuron: Neuron, inputs: Iterable[tuple[float, float, int]], latency: float, refractory: float) -> list[float]:
    """Run a neuron under a controller that answers every spike with a discharge.

    Args:
        inputs: (duration, current, cells on the positive column whose word lines rise at its beginning) one after the other, s and A.
        latency: spike to discharge, s.
        refractory: length of the discharge, s.

    Returns:
        Times of the spikes, s.
    """
    discharge_from = inf
    for duration, current, rising in inputs:
        end = neuron.now + duration
        neuron.edge(rising)
        while neuron.now < end - 1e-15:
            left = end - neuron.now
            if discharge_from == inf:
                neuron.advance(min(neuron.firing(current), left), current)
                discharge_from = neuron.spikes[-1] + latency if neuron.spike else inf
            elif neuron.now < discharge_from:
                neuron.advance(min(discharge_from - neuron.now, left), current)
            else:
                neuron.advance(min(discharge_from + refractory - neuron.now, left), current, discharge=True)
                discharge_from = inf if neuron.now >= discharge_from + refractory - 1e-15 else discharge_from
    return neuron.spikes
