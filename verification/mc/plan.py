"""Which samples are asked: the blocks of plan.yaml, at the nominal condition and at all others of each bench,
with seeds from 1 up.

How many follows from the yields that are promised (yields.py): the fewest that show such a yield when none of
them is outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from neusoc.analog.bench.datasheet import Condition, Datasheet, Source, blocks
from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_model
from neusoc.verification.mc.probes import PROBES
from neusoc.verification.mc.samples import Sample, parameters_of, sheet_of
from neusoc.verification.mc.yields import least_samples
from pydantic import BaseModel, ConfigDict, RootModel

PLAN = Path(__file__).with_name("plan.yaml")
SPREADS = "mismatch"  # the bench of a datasheet that draws samples itself
NOMINAL_YIELD, CORNER_YIELD = 0.99, 0.95  # promised: at the nominal condition, and at each other one
FIRST_SEED = 1


class BlockPlan(BaseModel):
    """Of a block.

    Attributes:
        views: whose netlists are sampled.
        sampled: benches of the datasheet.
        probes: benches of probes.py; at the nominal condition of the schematic alone.
        spread: sampled value -> parameter whose limit holds for its standard deviation.
        left_out: bench -> why it is not sampled.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    views: tuple[Source, ...] = ("schematic",)
    sampled: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    spread: dict[str, str] = {}
    left_out: dict[str, str] = {}


class Plan(RootModel[dict[str, BlockPlan]]):
    """plan.yaml."""


@cache
def read_plan(path: Path = PLAN) -> dict[str, BlockPlan]:
    """The plan, validated.

    Raises:
        UserError: not readable, a block without a datasheet, a bench that the block has not, stands twice or
            nowhere, or a spread of nothing that is sampled.
    """
    plan = read_model(path, Plan, "fields: class BlockPlan").root
    if strange := sorted(set(plan) ^ set(blocks())):
        what = "has no datasheet" if strange[0] in plan else "is missing"
        raise UserError(
            f"{path.name}: block {strange[0]} {what}; the plan names every block that has one, and no other"
        )
    for block, one in plan.items():
        _check(f"{path.name}: {block}", block, one)
    return plan


def _check(where: str, block: str, one: BlockPlan) -> None:
    """As read_plan(), of a block."""
    sheet = sheet_of(block)
    benches = {p.bench for p in sheet.parameters.values()} - {"layout", SPREADS}
    named = [*one.sampled, *one.left_out]
    if strange := sorted(set(named) - benches):
        raise UserError(
            f"{where}: bench {strange[0]!r} is none of the datasheet; choose of {', '.join(sorted(benches))}"
        )
    if twice := [bench for bench in one.sampled if bench in one.left_out]:
        raise UserError(f"{where}: bench {twice[0]} is sampled and left out; remove one of the two")
    if lacking := sorted(benches - set(named)):
        raise UserError(
            f"{where}: bench {lacking[0]} is neither sampled nor left out; put it into one of them"
        )
    if unknown := [probe for probe in one.probes if (block, probe) not in PROBES]:
        raise UserError(f"{where}: no probe {unknown[0]!r} in probes.py; remove it")
    values = {name for bench in one.sampled for name in sheet.names(bench)}
    values |= {name for probe in one.probes for name in PROBES[block, probe].names}
    for value, spread in one.spread.items():
        if value not in values:
            raise UserError(
                f"{where}: spread of {value!r}, which nothing samples; choose of {', '.join(sorted(values))}"
            )
        if spread not in sheet.parameters or sheet.parameters[spread].maximum is None:
            raise UserError(
                f"{where}: spread {spread!r} is no parameter of the datasheet with a maximum; correct it"
            )


def nominal(sheet: Datasheet) -> Condition:
    """Where most chips are."""
    return sheet.conditions["nominal"][0]


def conditions_of(sheet: Datasheet, bench: str, view: Source) -> list[Condition]:
    """Where a bench is sampled: the nominal condition first, where the bench is asked there, then all others
    of its parameters.

    Conditions of the datasheet that have a seed are samples themselves and do not count.
    """
    asked = [
        c
        for name in parameters_of(sheet, bench, view)
        for c in sheet.conditions[str(sheet.parameters[name].conditions)]
    ]
    places = dict.fromkeys(c for c in asked if c.seed is None)
    first = nominal(sheet)
    return [*([first] if first in places else []), *(c for c in places if c != first)]


def samples_of(block: str, view: Source, benches: Sequence[str], most: int | None = None) -> list[Sample]:
    """Samples of some benches, those of the nominal condition first.

    Args:
        benches: benches of the datasheet, or of probes.py.
        most: samples of a condition; as many as the promised yields need without.

    Raises:
        UserError: a bench that the block has not.
    """
    sheet = sheet_of(block)
    places: list[tuple[str, Condition]] = []
    for bench in benches:
        if (block, bench) in PROBES:
            places += [(bench, nominal(sheet))] if view == "schematic" else []
        elif parameters_of(sheet, bench, view):
            places += [(bench, condition) for condition in conditions_of(sheet, bench, view)]
        elif bench not in {p.bench for p in sheet.parameters.values()} - {"layout"}:
            known = sorted(
                {p.bench for p in sheet.parameters.values()} - {"layout", SPREADS}
                | {b for a, b in PROBES if a == block}
            )
            raise UserError(f"{block}: no bench {bench!r}; choose of {', '.join(known)}")
    places.sort(key=lambda place: place[1] != nominal(sheet))

    def count(condition: Condition) -> int:
        whole = least_samples(NOMINAL_YIELD if condition == nominal(sheet) else CORNER_YIELD)
        return whole if most is None else most

    return [
        Sample(bench, condition, FIRST_SEED + i)
        for bench, condition in places
        for i in range(count(condition))
    ]
