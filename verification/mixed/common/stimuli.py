"""What drives neurons in the mixed tests: cells that conduct, what their latches hold, levels."""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.analog.neuron.model import TRIM_STANDARD, latches
from neusoc.verification.mixed.common.circuit import Bias

LRS = 40e-6                 # S, a cell that is set
HALF = 20e-6                # S, a cell set half as far


@dataclass(frozen=True)
class Settings:
    """What a neuron's latches hold.

    Attributes:
        trim: code of the threshold's trim, 0 to 7.
        bank: word of the capacitor bank, 0 to 3.
        test: 1: its membrane is on the test pad.
    """

    trim: int = TRIM_STANDARD
    bank: int = 0
    test: int = 0

    def bits(self) -> dict[str, int]:
        """Latch in the neuron -> its state."""
        return latches(self.trim, self.bank, self.test)


@dataclass(frozen=True, kw_only=True)
class Stimulated:
    """Neurons that events drive: what the estimate needs to know.

    Attributes:
        name: name of its files and figures.
        conductances: (row, column) -> S; the other cells are fully reset. Column 2k is neuron k's positive one, 2k + 1 its negative one.
        signed: phi_n follows phi_p in each pulse, with the source lines lifted above vref meanwhile.
        events_to_fire: number of events of one LRS cell until a spike; sets the width of the phases.
        gap_cycles: clock cycles from phase to phase and from the last phase to row off.
        bias: supplies and references.
    """

    name: str
    conductances: dict[tuple[int, int], float]
    signed: bool = False
    events_to_fire: float = 2.5
    gap_cycles: int = 1
    bias: Bias = Bias()
