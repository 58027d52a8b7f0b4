"""Yields of what was sampled: of every parameter of the benches at the nominal condition and at the worst
other one, and of the spreads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neusoc.analog.bench.datasheet import Condition
from neusoc.base.report import Figure
from neusoc.verification.mc.campaign import Values
from neusoc.verification.mc.plan import CORNER_YIELD, NOMINAL_YIELD, conditions_of, nominal, read_plan
from neusoc.verification.mc.probes import PROBES
from neusoc.verification.mc.samples import Subject, parameters_of, sheet_of
from neusoc.verification.mc.yields import Yield, within_limits, within_sigmas


@dataclass(frozen=True)
class Specification:
    """What was promised of samples, and how many keep it.

    Attributes:
        name: block, parameter and where.
        subject: netlist that was sampled.
        least: promised, as a share.
        found: yield of the samples.
        place: its condition.
    """

    name: str
    subject: Subject
    least: float
    found: Yield
    place: Condition

    def figure(self) -> Figure:
        """The yield that the samples show, with its limit; the share that was inside is told in its
        condition."""
        return Figure(
            name=self.name,
            value=self.found.shown,
            unit="%",
            min=round(100 * self.least, 6),
            source=self.subject.view,
            at=f"{self.place}: {self.found.text()}",
        )


def specifications(subject: Subject, benches: Sequence[str], values: Values) -> list[Specification]:
    """Of a netlist.

    Args:
        subject: the netlist.
        benches: benches that were sampled.
        values: values that the samples gave.
    """
    sheet, block = sheet_of(subject.block), subject.block
    first, spreads = nominal(sheet), read_plan()[block].spread
    found = []

    def add(what: str, least: float, one: Yield, place: Condition) -> None:
        found.append(Specification(f"{block} {what}", subject, least, one, place))

    for bench in benches:
        own = [] if (block, bench) in PROBES else parameters_of(sheet, bench, subject.view)
        for name in own:
            parameter = sheet.parameters[name]
            asked = sheet.conditions[str(parameter.conditions)]
            places = [c for c in conditions_of(sheet, bench, subject.view) if c in asked]
            yields = {c: within_limits(parameter, values[bench, name, c].values()) for c in places}
            if first in yields:
                add(f"{name}: nominal condition", NOMINAL_YIELD, yields.pop(first), first)
            if yields:
                worst, least = min(yields.items(), key=lambda one: one[1].shown)
                add(f"{name}: worst corner", CORNER_YIELD, least, worst)
        for value, spread in spreads.items():
            if (bench, value, first) in values:
                unit = sheet.parameters[value].unit if value in own else PROBES[block, bench].names[value]
                one = within_sigmas(sheet.parameters[spread], unit, values[bench, value, first].values())
                add(f"{value}: 3 {spread}", NOMINAL_YIELD, one, first)
    return found
