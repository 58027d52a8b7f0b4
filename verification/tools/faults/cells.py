"""Functions of the library's cells: truth tables of the Liberty in use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.liberty_reader import Group, read_liberty

MOST_INPUTS = 6
# Cells that keep a value, of the library's names without size: (data, control, asynchronous, output). They
# are modelled in machine.py.
FLIP_FLOPS = {
    "dfxtp": ("D", "CLK", "", "Q"),
    "dfrtp": ("D", "CLK", "RESET_B", "Q"),
    "dfstp": ("D", "CLK", "SET_B", "Q"),
}
LATCHES = {"dlxtp": ("D", "GATE", "", "Q")}
CLOCK_GATES = {"dlclkp": ("GATE", "CLK", "", "GCLK")}
KEEPERS = {**FLIP_FLOPS, **LATCHES, **CLOCK_GATES}
PHYSICAL = re.compile(r"decap|fill|tapvpwrvgnd|tap|diode")  # cells without a function


@dataclass(frozen=True)
class Function:
    """One output of a cell.

    Attributes:
        inputs: names of the input pins, the first is the lowest bit of a table's index.
        table: value for each combination of the inputs, (2 ** inputs,).
    """

    inputs: tuple[str, ...]
    table: tuple[int, ...]


def function_of(text: str, name: str) -> Function:
    """A Liberty function such as `(A1&A2) | !B1`.

    Args:
        text: the function.
        name: the cell and its pin, for the error.

    Raises:
        UserError: it is none, or has more than MOST_INPUTS inputs.
    """
    inputs = tuple(sorted(set(re.findall(r"[A-Za-z_]\w*", text))))
    if len(inputs) > MOST_INPUTS or re.search(r"[^\w\s()!&|^'*+]", text) or "'" in text:
        raise UserError(
            f"{name}: its function {text!r} is not understood; give cells of at most {MOST_INPUTS} inputs"
            " with & | ^ !"
        )
    compiled = compile(text.replace("!", "~").replace("*", "&").replace("+", "|").strip(), name, "eval")
    table = []
    for index in range(1 << len(inputs)):
        values = {pin: index >> n & 1 for n, pin in enumerate(inputs)}
        table.append(int(eval(compiled, {"__builtins__": {}}, values)) & 1)  # noqa: S307 - of the process' own library, characters checked
    return Function(inputs, tuple(table))


@cache
def _library(path: Path) -> dict[str, Group]:
    return {cell.name: cell for cell in read_liberty(path).all("cell")}


def kind_of(cell: str) -> str:
    """Name of a cell without its library and size."""
    return re.sub(r"_\d+$", "", cell.rpartition("__")[2])


def functions(cell: str, path: Path) -> dict[str, Function]:
    """Output pin -> its function, of a cell without memory.

    Args:
        cell: name in the library.
        path: Liberty file.

    Raises:
        UserError: the library does not have it, or it gives an output no function.
    """
    group = _library(path).get(cell)
    if group is None:
        raise UserError(
            f"{cell}: {path.name} does not have this cell; give the Liberty of the netlist's library"
        )
    found = {}
    for pin in group.all("pin"):
        if pin.attributes.get("direction") == "output":
            text = pin.attributes.get("function")
            if text is None:
                raise UserError(
                    f"{cell}.{pin.name}: {path.name} gives it no function; it is no cell of logic"
                )
            found[pin.name] = (
                Function((), (int(text),)) if text in "01" else function_of(text, f"{cell}.{pin.name}")
            )
    return found
