"""Liberty text: groups, attributes and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

DIGITS = 5


def number(value: float) -> str:
    """A number with DIGITS significant digits, shortest form."""
    return f"{float(value):.{DIGITS}g}"


class Exact(float):
    """A number that is written with all the digits it has."""


@dataclass
class Group:
    """`name (arguments) { attributes groups }`.

    Attributes:
        name: name such as timing.
        arguments: texts between the parentheses, quoted when written.
        attributes: names and values in the order given; a string is quoted, a number written with DIGITS
            digits, a tuple makes a complex attribute.
        groups: groups inside.
    """

    name: str
    arguments: tuple[str, ...] = ()
    attributes: list[tuple[str, object]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def lines(self, indent: int = 0) -> list[str]:
        """Its text, line by line."""
        pad = " " * indent
        out = [f"{pad}{self.name} ({', '.join(quoted(a) for a in self.arguments)}) {{"]
        for key, value in self.attributes:
            if isinstance(value, tuple):
                out.append(f"{pad} {key} ({', '.join(_value(v) for v in value)});")
            else:
                out.append(f"{pad} {key} : {_value(value)};")
        for group in self.groups:
            out += group.lines(indent + 1)
        return [*out, pad + "}"]


def quoted(text: str) -> str:
    return f'"{text}"'


def _value(value: object) -> str:
    if isinstance(value, bool):
        return quoted(str(value).lower())
    if isinstance(value, Exact):
        return f"{float(value):.9g}"
    return (
        number(value)
        if isinstance(value, float)
        else str(value)
        if isinstance(value, int)
        else quoted(str(value))
    )


def table(name: str, template: str, rows: Sequence[Sequence[float]], *indices: Sequence[float]) -> Group:
    """A lookup table such as cell_rise; one row for one index, a row for each value of the first of two."""
    text = tuple(", ".join(number(v) for v in row) for row in rows)
    attributes: list[tuple[str, object]] = [
        (f"index_{i}", (", ".join(number(v) for v in index),)) for i, index in enumerate(indices, 1)
    ]
    return Group(name, (template,), [*attributes, ("values", text)])
