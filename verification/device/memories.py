"""The review's table I beside this chip: how many even levels of a cell stay apart, by spread, drift and noise of each memory.

A memory is a file of memories/ (NOR flash, PCM, FeFET), or the statistics of a ReRAM set. A cell is programmed to one of N even levels,
stored, read once with its noise, and told by borders half way between the levels. `compensated`: the reader takes one common factor off
all cells of an array first, as for the drift of PCM (doi:10.1038/s41467-020-16108-9); otherwise it knows the levels as programmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Protocol

import numpy as np
from neusoc.analog.reram.equations import Floats
from neusoc.analog.reram.sets import DEFAULT
from neusoc.analog.reram.statistics import Number, Polynomial, Positive, Share, Spread, statistics_of
from neusoc.base.report import Figure
from neusoc.base.yaml_file import read_model
from neusoc.software.emulator.cells import DAY_S, CellArray
from neusoc.software.levels import level_us, lsb_us, plan
from neusoc.verification.device.tester import BenchArray
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).with_name("memories")
SEED, CELLS = 20500, 16384
WANTED = 0.99                               # share of cells told right that keeps levels apart
MOST_LEVELS = 256
YEAR_S = 365.25 * DAY_S
TIMES = {"programmed": 0.0, "1 s": 1.0, "1 day": DAY_S, "1 year": YEAR_S}
_TOLERANCE = 0.25                           # of the distance of two levels: what a verify of ReRAM accepts, but two codes at least
_CODES = 2.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Line(_Strict):
    """at_full - per_e ln g, within least and most."""

    at_full: float
    per_e: float
    least: Annotated[float, Field(ge=0)]
    most: Annotated[float, Field(ge=0)]
    source: Annotated[str, Field(min_length=8)]

    def at(self, share: Floats) -> Floats:
        """At conductances as shares of the full scale."""
        return np.clip(self.at_full - self.per_e * np.log(np.maximum(share, 1e-7)), self.least, self.most)


class TableOne(_Strict):
    """What the review's table I says of it."""

    bits: tuple[int, int]
    retention: Literal["Years", "R-drift", "Tunneling"]
    endurance: Annotated[float, Field(gt=0)]


# Table I's ReRAM columns, for the sets that stand for them; oxram_leti relaxes as sky130_oxram does
RERAM = {
    DEFAULT: TableOne(bits=(4, 6), retention="R-drift", endurance=1e9),
    "cbram_gese": TableOne(bits=(2, 2), retention="R-drift", endurance=1e8),
}


class Memory(_Strict):
    """One file of memories/; shares are of the full scale."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: str
    table_one: TableOne
    full_scale_us: Positive
    low_share: Share
    programmed: Polynomial
    drift_start_s: Positive
    drift_nu: Line
    drift_nu_sigma: Line
    loss_per_decade: Spread
    wander_per_decade: Polynomial
    noise_share: Spread
    noise_exponent: Spread
    noise_most: Positive
    noise_from_s: Number[Annotated[float, Field(gt=0)] | None]
    faulty_share: Share


class ProgrammedCells(Protocol):
    """Cells that were programmed: what they show later."""

    def seen(self, seconds: float) -> Floats:
        """One read of each cell after a time since programming, uS."""
        ...


class Technology(Protocol):
    """What levels can be programmed on."""

    @property
    def table_one(self) -> TableOne:
        """What table I says."""
        ...

    def levels(self, count: int) -> Floats:
        """Conductances of so many even levels, uS."""
        ...

    def program(self, us: Floats, distance_us: float, seed: int) -> ProgrammedCells:
        """Cells programmed to conductances (uS) that are levels of this distance."""
        ...


@dataclass(frozen=True)
class OfFile:
    """A memory of a file."""

    memory: Memory

    @property
    def table_one(self) -> TableOne:
        """Of the file."""
        return self.memory.table_one

    def levels(self, count: int) -> Floats:
        """From the lowest to the full scale."""
        return self.memory.full_scale_us.value * np.linspace(self.memory.low_share.value, 1.0, count)

    def program(self, us: Floats, distance_us: float, seed: int) -> ProgrammedCells:
        """Its own spread of programming, whatever the distance."""
        del distance_us
        random, share = np.random.default_rng(seed), us / self.memory.full_scale_us.value
        spread = np.polynomial.polynomial.polyval(share, self.memory.programmed.value)
        share = np.maximum(share + np.maximum(spread, 0.0) * random.standard_normal(us.size), 0.0)
        faulty = random.random(us.size) < self.memory.faulty_share.value
        return _Shares(self.memory, np.where(faulty, random.integers(0, 2, us.size), share), random)


class _Shares:
    """Cells of a Memory: conductances as shares of the full scale, what each drifts by, and random numbers for reads."""

    def __init__(self, memory: Memory, share: Floats, random: np.random.Generator) -> None:
        self._memory, self._share, self._random = memory, share, random
        self._nu = np.abs(memory.drift_nu.at(share) + memory.drift_nu_sigma.at(share) * random.standard_normal(share.size))
        self._wander = random.standard_normal(share.size)

    def seen(self, seconds: float) -> Floats:
        """As of ProgrammedCells."""
        m, share = self._memory, self._share
        decades = np.log10(1.0 + seconds)
        aged = share * ((seconds + m.drift_start_s.value) / m.drift_start_s.value) ** -self._nu * (1.0 - m.loss_per_decade.value) ** decades
        wander = np.polynomial.polynomial.polyval(share, m.wander_per_decade.value)
        aged = np.maximum(aged + wander * decades * self._wander, 0.0)
        part = np.minimum(m.noise_share.value / np.maximum(share, 1e-5) ** m.noise_exponent.value, m.noise_most.value)
        begin = m.noise_from_s.value
        grown = 1.0 if begin is None else np.sqrt(np.log(max(seconds + m.drift_start_s.value, begin) / (2 * begin) + 0.5))
        noisy: Floats = aged * (1.0 + part * grown * self._random.standard_normal(share.size)) * m.full_scale_us.value
        return noisy


@dataclass(frozen=True)
class OfReram:
    """A ReRAM set with its statistics, in this chip's range of conductances; the pulses that write it are left out."""

    set_name: str

    @property
    def table_one(self) -> TableOne:
        """Of OxRAM or CBRAM."""
        return RERAM[self.set_name]

    def levels(self, count: int) -> Floats:
        """Even over what ISPP writes on this chip."""
        return np.linspace(*level_us(16)[[0, -1]], count)

    def program(self, us: Floats, distance_us: float, seed: int) -> ProgrammedCells:
        """Within what a verify accepts: a quarter of the distance, but two of its codes at least."""
        array = CellArray(us.size, seed) if self.set_name == DEFAULT else BenchArray(us.size, seed, self.set_name)
        accepted = max(_TOLERANCE * distance_us, _CODES * lsb_us(plan(16)[0]))
        array.place(np.maximum(us + accepted * np.random.default_rng(seed).uniform(-1.0, 1.0, us.size), 0.0))
        return _Array(array)


class _Array:
    """Cells of an array that wait."""

    def __init__(self, array: CellArray) -> None:
        self._array, self._waited = array, 0.0

    def seen(self, seconds: float) -> Floats:
        """As of ProgrammedCells."""
        self._array.wait(seconds - self._waited)
        self._waited = seconds
        return 1e6 * self._array.read(np.arange(self._array.number.size))


@cache
def technologies() -> dict[str, Technology]:
    """Name -> technology: the ReRAM sets, then the files of memories/."""
    files = [read_model(path, Memory, "fields: memories.py") for path in sorted(FOLDER.glob("*.yaml"))]
    for name in RERAM:
        statistics_of(name)
    return {**{name: OfReram(name) for name in RERAM}, **{m.name: OfFile(m) for m in files}}


def told_right(technology: Technology, count: int, compensated: bool = True, cells: int = CELLS, seed: int = SEED) -> dict[str, float]:
    """Share of cells whose level is told right at each of TIMES.

    Args:
        technology: technology that is programmed.
        count: even levels, 2 at least.
        compensated: a common factor is taken off first.
        cells, seed: number of cells, and seed of all random numbers.
    """
    levels = technology.levels(count)
    wanted = np.arange(cells) % count
    kept = technology.program(levels[wanted], float(levels[1] - levels[0]), seed)
    borders, found = 0.5 * (levels[1:] + levels[:-1]), {}
    for name, seconds in TIMES.items():
        seen = kept.seen(seconds)
        factor = float(seen.sum() / levels[wanted].sum()) if compensated else 1.0
        found[name] = float(np.mean(np.searchsorted(borders * factor, seen) == wanted))
    return found


def most_levels(technology: Technology, compensated: bool = True, cells: int = CELLS) -> dict[str, int]:
    """Greatest number of levels of which WANTED are told right, at each of TIMES; 1: not even two."""
    found = {}
    for name in TIMES:
        low, high = 1, MOST_LEVELS + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _told(technology, middle, compensated, cells)[name] >= WANTED else (low, middle)
        found[name] = low
    return found


@cache
def _told(technology: Technology, count: int, compensated: bool, cells: int) -> dict[str, float]:
    return told_right(technology, count, compensated, cells)


def memory_figures(cells: int = CELLS) -> list[Figure]:
    """Levels that stay apart of each technology, and shares of 4 and 16 levels told right."""
    found = []
    for name, technology in technologies().items():
        for compensated, how in ((True, "with a common factor"), (False, "as programmed")):
            for when, count in most_levels(technology, compensated, cells).items():
                found.append(Figure(name=f"{name}: levels apart, {when}, {how}", value=count, source="simulation"))
        for count in (4, 16):
            for when, share in _told(technology, count, True, cells).items():
                value = round(100 * share, 2)
                found.append(Figure(name=f"{name}: {count} levels told right, {when}", value=value, unit="%", source="simulation"))
    return found
