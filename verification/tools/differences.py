"""Two tools on the same figures: differences beyond a tolerance, and the reviewed list of those that are
accepted.

A difference between two tools is a test of tools. An accepted one stands in a YAML file of the tool's folder
with its reason, block -> figure -> one line; one that is gone must be taken back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Source
from neusoc.base.tables import number, table
from neusoc.base.yaml_file import read_yaml

Accepted = Mapping[tuple[str, str], str]  # (block, figure) -> why the tools differ


@dataclass(frozen=True)
class Pair:
    """One figure from two tools.

    Attributes:
        block, name: block and name of the figure in it.
        first, second: values of the tools in `unit`; None where a tool gives none.
        difference: difference of both, %; None where it cannot be formed.
        tolerance: largest size of the difference, %.
    """

    block: str
    name: str
    first: float | None
    second: float | None
    unit: str
    difference: float | None
    tolerance: float

    @property
    def beyond(self) -> bool:
        """Whether the difference is larger than its tolerance, or there is none."""
        return self.difference is None or not abs(self.difference) <= self.tolerance


def accepted(path: Path) -> dict[tuple[str, str], str]:
    """The list in a file.

    Raises:
        UserError: not a map of block, figure and sentence.
    """
    blocks = read_yaml(path) or {}
    try:
        listed = {
            (str(block), str(name)): why for block, names in blocks.items() for name, why in names.items()
        }
    except AttributeError:
        raise UserError(f"{path.name}: not a map of block, figure and reason; correct it") from None
    if bad := next(
        (place for place, why in listed.items() if not isinstance(why, str) or not why.strip()), None
    ):
        raise UserError(f"{path.name}: {bad[0]}, {bad[1]}: no reason; write a sentence")
    return {place: why.strip() for place, why in listed.items()}


def figures(pairs: Sequence[Pair], known: Accepted, blocks: Iterable[str], source: Source) -> list[Figure]:
    """Figures of a report with their limits.

    Args:
        pairs: all figures that were compared.
        known: the accepted differences.
        blocks: the blocks that were compared; accepted differences of others are not looked at.
        source: kind of circuit that the values come from.
    """
    beyond = {(pair.block, pair.name): pair for pair in pairs if pair.beyond}
    compared = set(blocks)
    gone = {place for place in known if place[0] in compared} - beyond.keys()
    new = [pair for place, pair in beyond.items() if place not in known]
    rest = [
        abs(p.difference) / p.tolerance
        for p in pairs
        if p.difference is not None and (p.block, p.name) not in known
    ]
    largest = round(max(rest, default=math.nan), 4)
    return [
        Figure(name="figures compared", value=len(pairs), min=1, source=source),
        Figure(name="beyond their tolerance and not accepted", value=len(new), max=0, source=source),
        Figure(name="accepted differences that are gone", value=len(gone), max=0, source=source),
        Figure(
            name="largest difference that is not accepted, of its tolerance",
            value=largest if rest else None,
            max=1,
            source=source,
        ),
    ]


def summary(pairs: Sequence[Pair], known: Accepted, blocks: Iterable[str]) -> str:
    """Markdown: a row a block."""
    rows = []
    for block in blocks:
        own = [pair for pair in pairs if pair.block == block]
        beyond = [pair for pair in own if pair.beyond]
        accepted = sum((block, pair.name) in known for pair in beyond)
        rows.append([block, *map(str, (len(own), len(own) - len(beyond), accepted, len(beyond) - accepted))])
    return table(("block", "figures", "within", "accepted", "beyond"), rows, right=(1, 2, 3, 4))


def values(pairs: Iterable[Pair], known: Accepted, tools: tuple[str, str]) -> str:
    """Markdown: a row a figure, with the reason where it lies beyond its tolerance."""
    rows = []
    for p in pairs:
        why = known.get((p.block, p.name), "**not accepted**") if p.beyond else ""
        rows.append([p.block, p.name, number(p.first), number(p.second), p.unit, number(p.difference), why])
    return table(("block", "figure", *tools, "unit", "difference, %", "reason"), rows, right=(2, 3, 5))
