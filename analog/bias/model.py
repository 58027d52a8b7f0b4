"""Behavioural twin of the bias block: what flows and stands at its pins, from the neurons' current, vdd1v8 and vref.

Numbers are those of the schematic at tt, 27 C; tests/test_bias_twins.py compares them with ngspice. bias.v holds the same equations.
"""

from __future__ import annotations

from dataclasses import dataclass

# currents for each ampere in a finger, at 1.8 V; their change with the supply, 1/V: length of 1 um at the n fingers' drains
ADC, DAC, SUPPLY = 2.20, 1.010, 0.150
VDAC, VREAD = 28 / 45, 10 / 45              # of vref: the divider's units
WAKE = 0.14e-6                              # s, from supply and current to 2 % of iadc
LEAST, MOST = 0.3e-6, 1.2e-6                # A, in a finger
LOW, HIGH = 1.62, 1.98                      # V, vdd1v8


@dataclass(frozen=True)
class Bias:
    """The block at rest.

    Attributes:
        current: current that each neuron's diode carries, A.
        vdd1v8: supply, V.
        vref: level of the line vref, V.

    Raises:
        ValueError: a current or a supply for which the numbers do not hold.
    """

    current: float = 1e-6
    vdd1v8: float = 1.8
    vref: float = 0.9

    def __post_init__(self) -> None:
        if not LEAST <= self.current <= MOST:
            raise ValueError(f"current {self.current:g} A: {LEAST:g} to {MOST:g} A for each neuron")
        if not LOW <= self.vdd1v8 <= HIGH:
            raise ValueError(f"vdd1v8 {self.vdd1v8:g} V: {LOW:g} to {HIGH:g} V")

    def _mirrored(self, ratio: float) -> float:
        return self.current * ratio * (1 + SUPPLY * (self.vdd1v8 - 1.8))

    @property
    def iadc(self) -> float:
        """Into the converter's reference, A."""
        return self._mirrored(ADC)

    @property
    def idac(self) -> float:
        """Into each DAC, A."""
        return self._mirrored(DAC)

    @property
    def vdac(self) -> float:
        """Reference of the DACs, V."""
        return VDAC * self.vref

    @property
    def vread(self) -> float:
        """Level of the sense line, V."""
        return VREAD * self.vref
