"""A source with a current limit, as the parameter analysers of published I-V sweeps have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from neusoc.analog.reram.equations import Floats, Value
from numpy.typing import NDArray


@dataclass(frozen=True)
class CurrentLimit:
    """limit tanh((bias - v) / (limit ohms)) for bias > v, (bias - v) / ohms otherwise; bias: the source's
    voltage, shape (..., 1).

    Attributes:
        limit_a: greatest current of the SET direction, A; the RESET direction is not limited.
        ohms: resistance far from the limit.
    """

    limit_a: Value
    ohms: Value = 100.0
    width: int = 1

    def residual(self, v: Floats, amperes: Floats, bias: Floats) -> tuple[Floats, Floats, Floats]:
        """(current that the source gives at this voltage - the cell's) times ohms."""
        whole = bias[..., 0] - v
        bent = np.tanh(np.maximum(whole, 0.0) / (self.limit_a * self.ohms))
        given = np.where(whole > 0.0, self.limit_a * self.ohms * bent, whole)
        return (
            given - self.ohms * amperes,
            -np.where(whole > 0.0, 1.0 - bent * bent, 1.0),
            -self.ohms * np.ones_like(v),
        )

    def limits(self, bias: Floats) -> tuple[Floats, Floats]:
        """Between zero and the source."""
        return np.minimum(bias[..., 0], 0.0), np.maximum(bias[..., 0], 0.0)

    def take(self, index: NDArray) -> Self:
        """The limits of some cells only."""
        chosen = {
            name: np.asarray(value)[index]
            for name in ("limit_a", "ohms")
            if np.ndim(value := getattr(self, name))
        }
        return replace(self, **chosen) if chosen else self
