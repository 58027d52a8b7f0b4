"""Behavioural twin of the column driver: which switch the strobes close, and the bit line behind it.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.3 V); tests/test_column_driver_twins.py compares
levels and resistances with ngspice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from neusoc.analog.strobe_driver.model import outputs

Switch = Literal["program", "sense", "ground", "inhibit"]
STROBES = ("sel_program", "sel_sense", "sel_ground", "unsel_ground", "unsel_inhibit")
# ohm; program at 2.4 V, the BL of SET; inhibit at 2.6 V
RESISTANCE: dict[Switch, float] = {"program": 728.0, "sense": 289.0, "ground": 362.0, "inhibit": 5150.0}


def exclusive(strobes: Iterable[str]) -> set[str]:
    """What the strobe driver makes of the controller's strobes: of each group a strobe that is high alone."""
    return outputs(strobes, (STROBES[:3], STROBES[3:]))


def switch(col: bool, strobes: Iterable[str]) -> Switch | None:
    """The switch that is closed once the strobes have settled, None if all are open.

    Args:
        col: state of the column, True where it is selected.
        strobes: names of the controller's strobes that are high.
    """
    high = exclusive(strobes)
    names: dict[str, Switch] = (
        {"sel_program": "program", "sel_sense": "sense", "sel_ground": "ground"} if col
        else {"unsel_ground": "ground", "unsel_inhibit": "inhibit"}
    )  # fmt: skip
    return next((closed for strobe, closed in names.items() if strobe in high), None)


@dataclass(frozen=True)
class Column:
    """A bit line behind its driver.

    Attributes:
        vbl, sense, sl: voltages of the rails, V.
        line: capacitance of the bit line, F.
    """

    vbl: float = 2.4
    sense: float = 0.2
    sl: float = 0.0
    line: float = 0.25e-12

    def bl(self, start: float, seconds: float, col: bool, strobes: Iterable[str]) -> float:
        """Voltage of the bit line some time after the strobes have settled, V.

        Args:
            start: voltage at the beginning, V.
            seconds: duration of the state, s.
            col, strobes: inputs, as in switch().
        """
        closed = switch(col, strobes)
        if closed is None:
            return start
        target = {"program": self.vbl, "sense": self.sense, "ground": 0.0, "inhibit": self.sl}[closed]
        return target + (start - target) * math.exp(-seconds / (RESISTANCE[closed] * self.line))
