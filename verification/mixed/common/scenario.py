"""What every run says of the core: which cells conduct, its supplies, and when software begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neusoc.analog.front_end.model import MIDDLE
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.verification.mixed.common.circuit import STARTED, Supplies

LRS, HALF, HRS = 40e-6, 20e-6, 1e-6  # S: a cell that is set, one set half as far, one that is reset


@dataclass(frozen=True)
class Latches:
    """What a neuron's latches hold; after a reset the defaults.

    Attributes:
        pair, trim: codes of both trims.
        test: 1: its membrane is on the test pad.
    """

    pair: int = MIDDLE
    trim: int = TRIM_STANDARD
    test: int = 0

    def bits(self) -> dict[str, int]:
        """Latch in the neuron -> its state."""
        pairs = {f"pair{bit}": self.pair >> bit & 1 for bit in range(5)}
        return pairs | {f"trim{bit}": self.trim >> bit & 1 for bit in range(3)} | {"test": self.test}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One run, from the supplies on.

    Attributes:
        name: name of its files and figures.
        conductances: (row, column) -> S; the other cells are fully reset. Column 2k is neuron k's positive
            one, 2k + 1 its negative one.
        bias: supplies.
        started_s: time from the supplies to the first register, s.
        fault: edit of the netlist that is simulated, which results must tell.
        rated: choice of a netlist with areas of source and drain and with all nodes kept: every device's
            voltages are judged.
    """

    name: str
    conductances: dict[tuple[int, int], float]
    bias: Supplies = Supplies()
    started_s: float = STARTED
    fault: Callable[[str], str] | None = None
    rated: bool = False
