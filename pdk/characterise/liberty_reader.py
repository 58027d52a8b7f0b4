"""A Liberty file as a tree of groups, fast enough for a foundry library (10 MB in about a second).

One regular expression takes one statement at a time: a group opens, a group closes, a simple attribute, a
complex attribute. The two readers on PyPI build a grammar tree and take minutes for such a file.
"""

from __future__ import annotations

import gzip
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError

_STATEMENT = re.compile(
    r"""\s*(?:
        (?P<close>\}\s*;?)
      | (?P<name>[A-Za-z_]\w*)\s*(?:
            :\s*(?P<value>"[^"]*"|[^;\n]*?)\s*(?:;|(?=\n))
          | \(\s*(?P<args>(?:"[^"]*"|[^")])*)\)\s*(?P<open>\{|;|(?=\n))
        )
    )""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ARGUMENT = re.compile(r'"([^"]*)"|([^\s,"]+)')
_UNPACK = {".gz": gzip.decompress, ".xz": lzma.decompress}
_NUMBER = re.compile(r"[^\s,\"\\]+")


@dataclass
class Group:
    """One group: `kind (arguments) { ... }`.

    Attributes:
        kind: word before the parenthesis, for instance cell, pin, timing.
        arguments: texts between the parentheses, without quotes.
        attributes: simple attributes as text without quotes; complex ones as the text between the
            parentheses.
        groups: the groups inside, in the file's order.
    """

    kind: str
    arguments: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First argument, empty if there is none."""
        return self.arguments[0] if self.arguments else ""

    def all(self, kind: str) -> Iterator[Group]:
        """Groups of this kind directly inside."""
        return (g for g in self.groups if g.kind == kind)

    def first(self, kind: str) -> Group | None:
        """First group of this kind directly inside."""
        return next(self.all(kind), None)

    def number(self, attribute: str) -> float | None:
        """A simple attribute as a number; None if it is absent."""
        text = self.attributes.get(attribute)
        return None if text is None else float(text)


@dataclass(frozen=True)
class Lookup:
    """A look-up table: values over zero, one or two axes.

    Attributes:
        axes: axis values, (n,) each.
        values: shape (len(axis), ...).
    """

    axes: tuple[np.ndarray, ...]
    values: np.ndarray

    def at(self, *points: np.ndarray) -> np.ndarray:
        """Values on the grid of the given axis points, linear in each axis (as timers do), extrapolated
        beyond the ends."""
        values = self.values
        for number, (axis, wanted) in enumerate(zip(self.axes, points, strict=True)):
            if len(axis) == 1:
                values = np.repeat(values, len(wanted), axis=number)
                continue
            left = np.clip(np.searchsorted(axis, wanted) - 1, 0, len(axis) - 2)
            share = (wanted - axis[left]) / (axis[left + 1] - axis[left])
            share = share.reshape([-1 if n == number else 1 for n in range(values.ndim)])
            values = np.take(values, left, number) * (1 - share) + np.take(values, left + 1, number) * share
        return values


def numbers(text: str) -> np.ndarray:
    """The numbers of a complex attribute, in order."""
    return np.array([float(x) for x in _NUMBER.findall(text)])


# axes that stand first in a Lookup, whatever order a library chose; the others are load and
# constrained_pin_transition
_FIRST = ("input_net_transition", "input_transition_time", "related_pin_transition")


def lookup(group: Group, templates: dict[str, Group]) -> Lookup:
    """The table of a group such as cell_rise, with its template's axes where it has none of its own.

    A table of two axes comes out as (input slew, load) or (related pin's slew, constrained pin's slew).
    """
    template = templates.get(group.name) or Group("none")
    axes = []
    for key in ("index_1", "index_2", "index_3"):
        text = group.attributes.get(key) or template.attributes.get(key)
        if text is not None and group.name != "scalar":
            axes.append(numbers(text))
    values = numbers(group.attributes["values"]).reshape([len(a) for a in axes])
    if len(axes) == 2 and template.attributes.get("variable_2") in _FIRST:
        return Lookup((axes[1], axes[0]), values.T)
    return Lookup(tuple(axes), values)


def read_liberty(path: Path) -> Group:
    """The library group of a Liberty file (.lib, .lib.gz or .lib.xz).

    Raises:
        UserError: the file is not there, or is not a Liberty file.
    """
    try:
        text = _UNPACK.get(path.suffix, bytes)(path.read_bytes()).decode(errors="replace")
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path.name}: cannot be read ({reason}); give a Liberty file") from None
    return parse_liberty(text, path.name)


def parse_liberty(text: str, name: str = "text") -> Group:
    """The library group of a Liberty text.

    Raises:
        UserError: a statement cannot be understood, or braces do not match; names the line.
    """
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
    root = Group("file")
    stack = [root]
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _STATEMENT.match(text, position)
        if not found or (found["close"] and len(stack) == 1):
            line = text.count("\n", 0, position + len(text[position:]) - len(text[position:].lstrip())) + 1
            raise UserError(f"{name}: line {line} is no Liberty statement; give a Liberty file")
        position = found.end()
        if found["close"]:
            stack.pop()
        elif found["value"] is not None:
            stack[-1].attributes[found["name"]] = found["value"].strip().strip('"')
        elif found["open"] == "{":
            group = Group(found["name"], tuple(a or b for a, b in _ARGUMENT.findall(found["args"])))
            stack[-1].groups.append(group)
            stack.append(group)
        else:
            stack[-1].attributes[found["name"]] = found["args"]
    library = root.first("library")
    if len(stack) != 1 or library is None:
        raise UserError(
            f"{name}: {'braces do not match' if len(stack) != 1 else 'holds no library group'}; give a whole"
            " Liberty file"
        )
    return library
