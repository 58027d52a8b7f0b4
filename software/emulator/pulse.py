"""What the board and the controller give the neurons: levels, and the times of a row's pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.neuron.model import READ_V
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LIFT_S = 15e-9                   # from the end of a phase until the off-chip source has moved the source lines: half a clock and its edge


@dataclass(frozen=True)
class Board:
    """Levels that the board gives the chip.

    Attributes:
        vref_v: virtual ground of the neurons, V.
        vth_v: firing threshold, V.
        read_v: vref less vsl, V; in the negative phase the source lines are as far above vref.
    """

    vref_v: float = 0.9
    vth_v: float = 1.3
    read_v: float = READ_V

    @property
    def vsl_v(self) -> float:
        """Source lines at rest and in the positive phase, V."""
        return self.vref_v - self.read_v

    @property
    def vsl_lifted_v(self) -> float:
        """Source lines in the negative phase, V."""
        return self.vref_v + self.read_v

    def text(self) -> str:
        """In a sentence."""
        return f"vref to {self.vref_v:.3f} V, vth to {self.vth_v:.3f} V, vsl to {self.vsl_v:.3f} V"


@dataclass(frozen=True)
class Timing:
    """A row's pulse, in clock cycles as of TIMING: row on, settle, phi_p, gap, with `signed` also phi_n, gap, row off, gap.

    Attributes:
        signed: phi_n follows phi_p, with the source lines lifted.
    """

    settle: int = 4
    gap: int = 2
    phi_p: int = 10
    phi_n: int = 10
    signed: bool = False

    @property
    def cycles(self) -> int:
        """From one event to the next, back to back."""
        return self.settle + self.phi_p + (self.gap + self.phi_n if self.signed else 0) + 2 * self.gap + 1

    @property
    def name(self) -> str:
        """In a figure's name."""
        kind, phases = ("signed", f"{self.phi_p}/{self.phi_n}") if self.signed else ("unsigned", f"{self.phi_p}")
        return f"{kind}, settle {self.settle}, phi {phases}, gap {self.gap}"
