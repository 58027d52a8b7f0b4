"""One bench of an analog block in one of two simulators: its own code and its own decks, only the way to the
simulator leads elsewhere.

A bench calls neusoc.pdk.spice.ngspice.run. `leading` puts another function in its place, everywhere where
that name was imported; a process each simulator, so that what a bench remembers of one never reaches the
other.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neusoc.analog.bench.datasheet import Condition, Datasheet, datasheet
from neusoc.base.errors import UserError
from neusoc.pdk.spice import ngspice, vacask
from neusoc.pdk.spice.control import NotTakenOverError, read
from neusoc.pdk.spice.ngspice import Result

Simulator = Callable[..., Result]  # like neusoc.pdk.spice.ngspice.run
_DOOR = ngspice.run
# A deck that only looks for node voltages from which others start is ngspice's in both: where an analysis
# starts from is no figure
_STARTS = "\nwrnodev "
# Why a bench may be left out, as the table "What is not run" of README.md has it. Any other reason is a miss
KNOWN_REASONS = (
    "random draws of device mismatch",
    "switch with hysteresis",
    "behavioural source with more than one condition",
    "command noise",
)


def first(netlist: str, **keywords: Any) -> Result:
    """The deck in ngspice, with all digits of what it prints, unless the other simulator could not take it
    over.

    Raises:
        NotTakenOverError: it could not.
    """
    read(netlist)
    return _DOOR(netlist.replace("\n.control\n", f"\n.control\n{vacask.DIGITS}\n", 1), **keywords)


SIMULATORS: dict[str, Simulator] = {"ngspice": first, "vacask": vacask.run}


@dataclass(frozen=True)
class Job:
    """One run of a bench: block, bench, condition, and the parameters that it shall give."""

    block: str
    bench: str
    condition: Condition
    wanted: frozenset[str]

    def __str__(self) -> str:
        return f"{self.bench}, {self.condition}"


@dataclass(frozen=True)
class Outcome:
    """What a simulator made of a job.

    Attributes:
        figures: parameter -> SI value; empty unless all went well.
        not_run: why the bench was not taken over.
        failed: sentence on what the simulator could not do.
    """

    figures: dict[str, float]
    not_run: str | None = None
    failed: str | None = None

    @property
    def unknown(self) -> bool:
        """Whether it was not taken over, for another reason than the known ones."""
        return self.not_run is not None and not self.not_run.startswith(KNOWN_REASONS)


def jobs(block: str) -> list[Job]:
    """Every bench of a block, at the first condition of each list that its parameters name: the nominal one
    where it is among them."""
    sheet = datasheet(block)
    asked: dict[tuple[str, Condition], set[str]] = {}
    for name, parameter in sheet.parameters.items():
        if parameter.bench != "layout" and "schematic" in parameter.sources:
            first = sheet.conditions[str(parameter.conditions)][0]
            asked.setdefault((parameter.bench, first), set()).add(name)
    return [Job(block, bench, condition, frozenset(wanted)) for (bench, condition), wanted in asked.items()]


@contextmanager
def leading(run: Callable[..., Result]) -> Iterator[list[int]]:
    """Every bench's way to ngspice leads to `run`; yields a list that gets an entry for each deck."""
    decks: list[int] = []

    def counted(netlist: str, **keywords: Any) -> Result:
        if _STARTS in netlist:
            return _DOOR(netlist, **keywords)
        decks.append(len(netlist))
        return run(netlist, **keywords)

    def modules(held: object) -> list[Any]:
        return [
            m
            for name, m in list(sys.modules.items())
            if name.startswith("neusoc.") and vars(m).get("run") is held
        ]

    changed = modules(_DOOR)
    for module in changed:
        module.run = counted
    try:
        yield decks
    finally:
        for module in {id(m): m for m in (*changed, *modules(counted))}.values():
            module.run = _DOOR


def outcome(job: Job, dut: str, simulator: Simulator, sheet: Datasheet | None = None) -> Outcome:
    """A job in a simulator.

    Args:
        dut: SPICE text of the block.
        simulator: simulator of SIMULATORS, or one like them.
        sheet: the block's own without.
    """
    benches = importlib.import_module(f"neusoc.analog.{job.block}.benches")
    with leading(simulator) as decks:
        try:
            found = benches.simulate(
                job.bench, dut, sheet or datasheet(job.block), job.condition, set(job.wanted)
            )
        except NotTakenOverError as error:
            return Outcome({}, not_run=str(error))
        except (UserError, ArithmeticError, RuntimeError, ValueError, LookupError) as error:
            # benches raise these where a wave is not what they look for, as where a transient ends early; a
            # SpiceError is a RuntimeError
            return Outcome({}, failed=f"{type(error).__name__}: {error}".partition("; see ")[0])
    if not decks:
        return Outcome({}, not_run="no deck went through neusoc.pdk.spice.ngspice.run")
    return Outcome({name: float(found[name]) for name in job.wanted if name in found})
