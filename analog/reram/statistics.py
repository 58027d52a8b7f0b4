"""The statistics of the ReRAM cells as named parameters with a source and an off switch each part
(statistics.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_model
from pydantic import BaseModel, ConfigDict, Field, model_validator

STATISTICS = Path(__file__).with_name("statistics.yaml")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Part(_Strict):
    """One effect. off() switches it off."""

    active: Annotated[bool, Field(strict=True)]

    def off(self) -> Self:
        return self.model_copy(update={"active": False})


class Number[Limit: float](_Strict):
    """A value and where it comes from."""

    value: Limit
    source: Annotated[str, Field(min_length=8)]


Positive = Number[Annotated[float, Field(gt=0)]]
Spread = Number[Annotated[float, Field(ge=0)]]
Share = Number[Annotated[float, Field(ge=0, le=1)]]


class Polynomial(_Strict):
    """uS over G / full scale: coefficients from the power 0 up."""

    value: Annotated[tuple[float, ...], Field(min_length=1, max_length=8)]
    source: Annotated[str, Field(min_length=8)]


class Forming(Part):
    pristine_us: Number[Annotated[float, Field(gt=0, lt=0.1)]]
    voltage_mean_v: Number[Annotated[float, Field(gt=0, lt=6)]]
    voltage_sigma_v: Spread
    voltage_per_decade_v: Number[Annotated[float, Field(le=0)]]
    overshoot_median: Positive
    overshoot_sigma: Spread


class Cells(Part):
    """Cell to cell."""

    wl_sigma_v: Spread
    barrier_sigma_ev: Spread
    switching_k: Number[Annotated[float, Field(ge=200, le=2000)]]


class Cycles(Part):
    """Pulse to pulse of one cell."""

    barrier_sigma_ev: Spread
    wl_sigma_v: Spread
    hrs_sigma: Spread
    set_miss: Share
    reset_miss: Share
    miss_slowdown: Number[Annotated[float, Field(ge=1)]]


class Noise(Part):
    """White, one draw a read."""

    white_share: Spread
    converter_lsb: Spread


class Telegraph(Part):
    """Random telegraph noise: a trap that fills and empties."""

    cells: Share
    share_low: Share
    slope: Spread
    dwell_reads: Number[Annotated[int, Field(ge=1)]]


class Relaxation(Part):
    second: Polynomial
    day: Polynomial
    full_scale_us: Positive
    accepted_us: Spread
    start_s: Number[Annotated[float, Field(gt=0, lt=1)]]

    def variances(self, us: Floats) -> tuple[Floats, Floats]:
        """Of cells of these conductances (uS), a second and a day after programming, uS2; the spread of
        acceptance is taken off."""
        share = np.minimum(us / self.full_scale_us.value, 1.0)
        accepted = self.accepted_us.value**2 / 3.0
        second, day = (
            np.maximum(np.polynomial.polynomial.polyval(share, part.value) ** 2 - accepted, 0.0)
            for part in (self.second, self.day)
        )
        return second, day


class Drift(Part):
    share_per_decade: Number[Annotated[float, Field(gt=-1, lt=1)]]
    activation_ev: Spread


class Endurance(Part):
    """A worn cell is never reset again."""

    median_cycles: Positive
    sigma_decades: Spread


class Stuck(Part):
    low_share: Share
    high_share: Share

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if self.low_share.value + self.high_share.value > 1:
            raise ValueError("low_share and high_share together are above 1")
        return self


class Temperature(Part):
    """The current's own dependence on temperature, which the parameter set has; off: filament and transistor
    alone follow."""


class Statistics(_Strict):
    """All effects."""

    forming: Forming
    cells: Cells
    cycles: Cycles
    noise: Noise
    telegraph: Telegraph
    relaxation: Relaxation
    drift: Drift
    endurance: Endurance
    stuck: Stuck
    temperature: Temperature

    def without(self, *parts: str) -> Statistics:
        """A copy with some parts switched off; without any name: all of them."""
        names = parts or tuple(type(self).model_fields)
        unknown = set(names) - set(type(self).model_fields)
        if unknown:
            raise UserError(
                f"statistics: no part {sorted(unknown)[0]!r}; choose among"
                f" {', '.join(type(self).model_fields)}"
            )
        return self.model_copy(update={name: getattr(self, name).off() for name in names})

    def table(self) -> Iterator[tuple[str, str, Any, str]]:
        """(part, parameter, value, source) of every parameter."""
        for part_name in type(self).model_fields:
            part = getattr(self, part_name)
            for name in type(part).model_fields:
                if name != "active":
                    number = getattr(part, name)
                    yield part_name, name, number.value, number.source


def load_statistics(path: Path = STATISTICS) -> Statistics:
    """Read and check.

    Raises:
        UserError: missing file, part, parameter or source, an unknown name, or a value out of its range (NaN
            included).
    """
    return read_model(path, Statistics, "ranges: statistics.py")
