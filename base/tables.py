"""The one writer of Markdown tables, and how a figure reads in one: with a bold value where it misses its
limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from neusoc.base.report import Figure

_BARE_BAR = re.compile(r"(?<!\\)\|")  # would end the cell


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A Markdown table, which ends with a line break.

    Args:
        head: names of the columns.
        rows: cells of each line, as many as the head has; a bar in one is escaped.
        right: numbers of the columns that are aligned to the right.

    Raises:
        ValueError: a row has another number of cells than the head.
    """
    lines = [list(head), ["---:" if i in right else "---" for i in range(len(head))]]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"a row of {len(row)} cells under a head of {len(head)}: {' | '.join(row)[:80]}")
        lines.append([_BARE_BAR.sub(r"\\|", cell) for cell in row])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float | None) -> str:
    """A value to four digits; whole ones, and the tenths of those from 1,000 on, stay."""
    if value is None:
        return "missing"
    if abs(value) < 1000 or float(value).is_integer():
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.15g}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) < 1e7 else f"{value:.4g}"


def marked_number(figure: Figure) -> str:
    """A figure's value without its unit; bold and named if it misses its limits."""
    return number(figure.value) if figure.passes else f"**{number(figure.value)}** (missed)"


def marked_value(figure: Figure) -> str:
    """A figure's value to six digits, with its unit; bold if it misses its limits."""
    text = "missing" if figure.value is None else f"{figure.value:.6g} {figure.unit}".strip()
    return text if figure.passes else f"**{text}**"


def limit_list(low: float | None, high: float | None) -> str:
    """Limits as a list: `>= 1, <= 2`, or `= 1` where both are the same; empty without any."""
    if low is not None and low == high:
        return f"= {low:g}"
    return ", ".join(f"{sign} {value:g}" for sign, value in ((">=", low), ("<=", high)) if value is not None)


def limits(figure: Figure) -> str:
    """A figure's limits as a list."""
    return limit_list(figure.min, figure.max)
