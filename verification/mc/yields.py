"""Which share of samples keeps a limit, and how sure that is: the interval of Clopper and Pearson."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from neusoc.analog.bench.datasheet import SCALE, Parameter
from neusoc.verification.mc.campaign import Value

CONFIDENCE = 0.95
SIGMAS = 3.0  # of the datasheet's limit on a spread, within which a sample shall lie


@dataclass(frozen=True)
class Yield:
    """Of a specification.

    Attributes:
        inside: samples within the limit.
        count: number of all samples; one without a value is outside.
        first: the first that is outside, in words; empty: none is.
    """

    inside: int
    count: int
    first: str = ""

    @property
    def percent(self) -> float:
        return 100 * self.inside / self.count

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """The two-sided interval, %.

        Source: C. J. Clopper, E. S. Pearson, Biometrika 26, 1934, doi:10.1093/biomet/26.4.404.
        """
        from scipy.stats import binomtest

        found = binomtest(self.inside, self.count).proportion_ci(confidence, method="exact")
        return 100 * float(found.low), 100 * float(found.high)

    @property
    def shown(self) -> float:
        """The yield that the samples show with CONFIDENCE, %: the one-sided lower bound. It is judged,
        unrounded."""
        return self.interval(2 * CONFIDENCE - 1)[0]

    def text(self) -> str:
        """How many are outside, the share that is inside, and its interval."""
        low, high = self.interval()
        counted = f"{self.count - self.inside} of {self.count} outside, {self.percent:.2f} % inside"
        told = f"{counted}, {100 * CONFIDENCE:g} % interval {low:.2f} to {high:.2f} %"
        return f"{told}; {self.first}" if self.first else told


def least_samples(share: float, confidence: float = CONFIDENCE) -> int:
    """Fewest samples that show a yield of at least `share` when none of them is outside: share ** samples <=
    1 - confidence."""
    return math.ceil(math.log(1 - confidence) / math.log(share))


def within_limits(parameter: Parameter, values: Iterable[Value]) -> Yield:
    """Share of samples within the datasheet's limit.

    Raises:
        ValueError: no sample.
    """
    scale = SCALE[parameter.unit]
    found = [(one, None if one.value is None else one.value * scale) for one in values]
    bad = [(one, value) for one, value in found if value is None or not parameter.allows(value)]
    return _of(
        len(found),
        [
            one.reason if value is None else f"seed {one.seed}: {value:.4g} {parameter.unit}"
            for one, value in bad
        ],
    )


def within_sigmas(parameter: Parameter, unit: str, values: Iterable[Value]) -> Yield:
    """Share of samples that lie within SIGMAS times the datasheet's limit on their spread, of their mean.

    Args:
        parameter: the spread, with a maximum.
        unit: unit of the values; where the spread's is % and this is none, the spread is a share of the mean.
        values: SI units.

    Raises:
        ValueError: no sample, or a spread without a limit.
    """
    samples = list(values)
    known = np.array([one.value for one in samples if one.value is not None])
    if parameter.maximum is None:
        raise ValueError(f"{parameter.description}: no limit")
    mean = float(known.mean()) if known.size else 0.0  # without a value all are outside
    relative = parameter.unit == "%" and unit != "%"
    sigma = parameter.maximum / 100 * abs(mean) if relative else parameter.maximum / SCALE[parameter.unit]
    bad = []
    for one in samples:
        if one.value is None:
            bad.append(one.reason)
        elif not abs(one.value - mean) <= SIGMAS * sigma:
            bad.append(f"seed {one.seed}: {(one.value - mean) / sigma:.3g} times the limit of the spread")
    return _of(len(samples), bad)


def _of(count: int, bad: list[str]) -> Yield:
    """Of so many samples, those outside in words.

    Raises:
        ValueError: no sample.
    """
    if not count:
        raise ValueError("a yield of no samples")
    return Yield(count - len(bad), count, bad[0] if bad else "")
