"""What electrical rules are told to let pass: waivers of findings, bounds on what a switch passes. Each has a
reason, none is unused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_model
from neusoc.verification.signoff.erc_circuit import Flat
from neusoc.verification.signoff.erc_levels import Cap
from neusoc.verification.signoff.erc_rules import RULES, Finding
from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Entry(BaseModel):
    """An entry holds in one cell, wherever that stands, or only below the cells of `within`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    cell: str
    reason: str = Field(min_length=20)
    witness: str = Field(min_length=5)
    within: tuple[str, ...] = ()

    def holds(self, flat: Flat) -> bool:
        """Whether a circuit has the cell, where the entry speaks of it."""
        cells = flat.cells()
        return self.cell.lower() in cells and (
            not self.within or any(name.lower() in cells for name in self.within)
        )


class Waiver(_Entry):
    """A finding that is meant: its rule, and the net that it is about, by its name in the cell (a regular
    expression, whole name)."""

    rule: str
    net: str

    @field_validator("rule")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in RULES:
            raise ValueError(f"no such rule; choose one of {', '.join(RULES)}")
        return value

    @field_validator("net")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression ({error})") from None
        return value


class Bound(_Entry):
    """The most that the cell's transistors with this gate pass, V: what is higher on one side never meets an
    open switch."""

    gate: str
    volts: float = Field(gt=0, le=5.5)


class Waivers(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    waivers: tuple[Waiver, ...] = ()
    bounds: tuple[Bound, ...] = ()

    def caps(self, flat: Flat) -> list[tuple[Bound, Cap]]:
        """Bounds that hold in a circuit."""
        return [
            (bound, Cap(bound.cell, bound.gate, bound.volts)) for bound in self.bounds if bound.holds(flat)
        ]


@dataclass(frozen=True)
class Judged:
    """Findings that stand, findings that a waiver lets pass (with it), and entries that let nothing pass, a
    sentence each."""

    standing: list[Finding]
    waived: list[tuple[Finding, Waiver]]
    unused: list[str]


def read_waivers(path: Path | None) -> Waivers:
    """The file; without one nothing is waived.

    Raises:
        UserError: not readable, or a field is missing, unknown or wrong.
    """
    return (
        Waivers()
        if path is None
        else read_model(path, Waivers, "fields: verification/signoff/erc_waivers.py")
    )


def judged(
    flat: Flat, findings: Iterable[Finding], waivers: Waivers, used: Iterable[Bound], *, complete: bool
) -> Judged:
    """Apply the waivers.

    Args:
        flat: circuit.
        findings: findings of erc_rules.check().
        waivers: the file.
        used: bounds that lowered a level.
        complete: the circuit has the names of its inner nets; a layout knows labelled ones alone, and no
            unused entry is told then.
    """
    holding = [waiver for waiver in waivers.waivers if waiver.holds(flat)]
    standing, waived, seen = [], [], set()
    for finding in findings:
        found = next((waiver for waiver in holding if _lets_pass(flat, finding, waiver)), None)
        if found is None:
            standing.append(finding)
        else:
            waived.append((finding, found))
            seen.add(found)
    unused = [
        f"waiver of {w.rule} at {w.net} in {w.cell} lets nothing pass; remove it"
        for w in holding
        if w not in seen
    ]
    idle = set(b for b, _ in waivers.caps(flat)) - set(used)
    unused += [
        f"bound of what {b.gate} switches in {b.cell} lowers no level; remove it"
        for b in waivers.bounds
        if b in idle
    ]
    return Judged(standing, waived, unused if complete else [])


def _lets_pass(flat: Flat, finding: Finding, waiver: Waiver) -> bool:
    if finding.rule != waiver.rule:
        return False
    frames = flat.frames_of(finding.part) if finding.part is not None else iter(flat.frames[:1])
    for frame in frames:
        if frame.cell.lower() == waiver.cell.lower():
            names = {
                net: [name for name, number in frame.nets.items() if number == net] for net in finding.nets
            }
            return all(
                any(re.fullmatch(waiver.net, name, re.IGNORECASE) for name in names[net])
                for net in finding.nets
            )
    return False


def must_be_of(cells: Sequence[str], waivers: Waivers, path: Path) -> None:
    """Refuse an entry of a cell that nobody has.

    Raises:
        UserError: names the file and the cell.
    """
    known = {cell.lower() for cell in cells}
    for entry in (*waivers.waivers, *waivers.bounds):
        for name in (entry.cell, *entry.within):
            if name.lower() not in known:
                raise UserError(
                    f"{path.name}: cell {name!r} is in none of the netlists; correct its name or remove the"
                    " entry"
                )
