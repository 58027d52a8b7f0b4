"""What a run of the mixed test leaves in its folder, whatever it ran."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from neusoc.analog.reram.osdi import conductance
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.circuit import SUPPLY_NETS, Supplies

NEIGHBOUR_CHANGE = 0.01  # of the conductance of a cell that must stay; issue: below 1 %


class Ran(Protocol):
    """A scenario."""

    @property
    def name(self) -> str: ...

    @property
    def bias(self) -> Supplies: ...


@dataclass(frozen=True)
class RunOutcome[S: Ran]:
    """What a run left.

    Attributes:
        scenario: scenario that was run.
        result: result.json of the run.
        waves: name -> samples; `time` in s.
    """

    scenario: S
    result: dict
    waves: dict[str, np.ndarray]

    @classmethod
    def load(cls, scenario: S, folder: Path, command: str, **further: object) -> Self:
        """From the folder of a run.

        Args:
            command: command that runs the scenario.
            further: fields that a subclass has beyond these.

        Raises:
            UserError: the run left nothing, or not all.
        """
        try:
            with np.load(folder / "waves.npz") as waves:
                return cls(scenario, json.loads((folder / "result.json").read_text()), dict(waves), **further)
        except (OSError, ValueError) as error:
            raise UserError(f"{folder.name}: its last run left no result ({error}); run {command}") from None

    def at(self, name: str, time: float) -> float:
        """A wave's value at a time."""
        return float(np.interp(time, self.waves["time"], self.waves[name]))

    def inside(self, name: str, begin: float, end: float) -> np.ndarray:
        """A wave between two times."""
        time = self.waves["time"]
        return np.asarray(self.waves[name][(time >= begin) & (time <= end)])

    def edges(self, name: str, rising: bool = True) -> np.ndarray:
        """Times at which a wave passes half its supply, s: a word line vpp, all else the logic's."""
        high = (
            self.waves[name]
            > (self.scenario.bias.vpp if name.startswith("wl") else self.scenario.bias.vdd1v8) / 2
        )
        return np.asarray(
            self.waves["time"][1:][(high[1:] & ~high[:-1]) if rising else (~high[1:] & high[:-1])]
        )

    def energy(self, begin: float, end: float, supplies: Sequence[str] = SUPPLY_NETS) -> float:
        """Energy that core and references take from supplies, all of them by default, between two times,
        J."""
        time = self.waves["time"]
        inside = (time >= begin) & (time <= end)
        power = -sum(getattr(self.scenario.bias, net) * self.waves[f"i({net})"][inside] for net in supplies)
        return float(np.trapezoid(power, time[inside]))

    def changes(self, begin: float, end: float) -> dict[tuple[int, int], float]:
        """(row, column) -> relative change of the cell's conductance between two times."""
        cells = {tuple(map(int, name[2:-1].split(","))): name for name in self.waves if name.startswith("x[")}
        return {
            place: conductance(self.at(name, end)) / conductance(self.at(name, begin)) - 1
            for place, name in cells.items()
        }

    def figure(
        self,
        name: str,
        value: float | None,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
    ) -> Figure:
        """A figure of this run."""
        return Figure(
            name=f"{self.scenario.name}.{name}",
            value=value,
            unit=unit,
            min=low,
            max=high,
            source="simulation",
        )
