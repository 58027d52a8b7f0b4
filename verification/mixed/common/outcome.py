"""What a run of the mixed test leaves in its folder, whatever it ran: events, a job or learning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.circuit import Bias

SUPPLIES = ("vref", "vth", "vlk", "vfire", "vpp", "vdd1v8", "vdd3v3", "vsl")


class Ran(Protocol):
    """A scenario."""

    @property
    def name(self) -> str: ...

    @property
    def bias(self) -> Bias: ...


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

    def energy(self, begin: float, end: float, supplies: Sequence[str] = SUPPLIES) -> float:
        """Energy that the core takes from supplies and references, all of them by default, between two times, J."""
        waves, bias = self.waves, self.scenario.bias
        inside = (waves["time"] >= begin) & (waves["time"] <= end)
        power = np.zeros(inside.sum())
        for name in supplies:
            volts = waves["vsl"][inside] if name == "vsl" else getattr(bias, name)
            power -= volts * waves[f"i({name})"][inside]
        return float(np.trapezoid(power, waves["time"][inside]))

    def figure(self, name: str, value: float | None, unit: str = "", low: float | None = None, high: float | None = None) -> Figure:
        """A figure of this run."""
        return Figure(name=f"{self.scenario.name}.{name}", value=value, unit=unit, min=low, max=high, source="simulation")
