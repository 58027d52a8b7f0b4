"""Behavioural twin of the references: levels and currents by code, and the codes that a test picks from its
readings.

Numbers are those of the schematic at tt, 27 C, 3.3 and 1.8 V; tests/test_references_twin.py compares them
with ngspice.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVEL, CURRENT = 1.2, 0.45e-6  # V, A: what the tap t[120] and the current of a line of neurons are to be
UNIT = 0.01  # V, of the string on a trimmed chip
REST = (90, 80)  # units: rest levels
READ, SENSE, DAC = 15, 20, 56  # units: levels of the bit lines, of the sense line, reference of the DACs
LEAK, LEAK_STEP = 122, 2  # units: gate of the leak at code 0, and a code more
BANDGAP = 1.2371  # V, untrimmed, at the middle of the slope
BOW = 1.0018  # part by which the level is set high at 27 C: it falls by twice the excess towards both ends
CURRENT_BOW = 1.006  # the same of the current
STEEP, SLOPE_STEP = (
    0.99641,
    -0.00087,
)  # level at 125 C over that at 27 C, middle of the slope; what a code changes it
SLOPE_LEVEL = -0.00284  # what a code of the slope changes the level at 27 C, part of itself
AMPERES = 0.4700e-6  # A, untrimmed current of a line
MIDDLE, SLOPE_MIDDLE = 32, 4
SETTLING = 47e-9  # s, time constant with which the threshold follows its code, no neuron at it
SETTLING_NEURON = 3.2e-9  # s, by which each neuron's comparator and its part of the line lengthen that
SETTLING_MORE = (
    2.3e-9  # s, what each beyond NEURONS adds to that: the amplifier's current becomes the limit of the ramp
)
NEURONS = 32  # neurons that `vth_load` of references.yaml is of
START = 133.7e-6  # s, from the supplies to levels within 1 %


def _code(value: float, count: int) -> int:
    return min(max(round(value), 0), count - 1)


def tap(scale: int) -> float:
    """Place in the string, in units, of the tap that is held at the bandgap."""
    return 120 + scale / 8


def slope_for(ratio: float) -> int:
    """Code of the slope from the level at 125 C over that at 27 C, both read at middle codes."""
    return _code(SLOPE_MIDDLE + (STEEP - ratio) / SLOPE_STEP, 8)


def scale_for(level: float) -> int:
    """Code of the scale from the level (V) at 27 C, read at its middle code."""
    return _code(8 * (tap(MIDDLE) * level / (LEVEL * BOW) - 120), 64)


def current_for(amperes: float) -> int:
    """Code of the current from a line's current (A) at 27 C, read at its middle code and the trimmed
    level."""
    return _code((70 + MIDDLE) * CURRENT * CURRENT_BOW / amperes - 70, 64)


def settling(neurons: int) -> float:
    """Time constant of a falling threshold on a chip of so many neurons, s.

    One code alone settles a little faster, and more than 0.2 V at once waits for the buffer's current:
    README.md, Threshold.
    """
    return SETTLING + SETTLING_NEURON * neurons + SETTLING_MORE * max(0, neurons - NEURONS)


@dataclass(frozen=True)
class References:
    """A chip at 27 C.

    Attributes:
        scale, current: codes of the trim, 0 to 63.
        slope: code of the second trim, 0 to 7.
        rest: bit, 0 for 0.9 V, 1 for 0.8 V.
        bandgap: untrimmed voltage, V.
        amperes: untrimmed current of a line, A.

    Raises:
        ValueError: a code that the circuit has not.
    """

    scale: int = MIDDLE
    current: int = MIDDLE
    slope: int = SLOPE_MIDDLE
    rest: int = 0
    bandgap: float = BANDGAP
    amperes: float = AMPERES

    def __post_init__(self) -> None:
        for name, count in (("scale", 64), ("current", 64), ("slope", 8), ("rest", 2)):
            if not 0 <= getattr(self, name) < count:
                raise ValueError(f"{name} {getattr(self, name)}: 0 to {count - 1}")

    @property
    def unit(self) -> float:
        """Level of one unit of the string, V."""
        return self.bandgap * (1 + SLOPE_LEVEL * (self.slope - SLOPE_MIDDLE)) / tap(self.scale)

    @property
    def level(self) -> float:
        """Tap that a test reads, V."""
        return 120 * self.unit

    @property
    def vref(self) -> float:
        """Rest level, V."""
        return REST[self.rest] * self.unit

    def vth(self, code: int) -> float:
        """Threshold, V; code 0 to 63."""
        return (REST[self.rest] + code) * self.unit

    def vlk(self, code: int | None) -> float:
        """Gate of the leak transistors, V; code 0 to 31, or None for none."""
        return 0.0 if code is None else (LEAK + LEAK_STEP * code) * self.unit

    @property
    def vread(self) -> float:
        """Level of the bit lines, V."""
        return READ * self.unit

    @property
    def vsense(self) -> float:
        """Level of the sense line, V."""
        return SENSE * self.unit

    @property
    def vdac(self) -> float:
        """Reference of the DACs, V."""
        return DAC * self.unit

    @property
    def line(self) -> float:
        """Current of a line of neurons, A."""
        return self.amperes * (70 + self.current) / (70 + MIDDLE) * self.unit * tap(MIDDLE) / self.bandgap
