"""What a simulation of blocks depends on: code and what it names (neusoc.base.graph), and the sheets of the
netlists that it takes in."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from neusoc.analog.bench.schematic import ANALOG, sheets
from neusoc.base.graph import needs


@cache
def _named(path: Path, size: int, changed: int) -> frozenset[str]:
    del size, changed
    calls = (
        node
        for node in ast.walk(ast.parse(path.read_bytes(), str(path)))
        if isinstance(node, ast.Call) and node.args
    )
    asked = [call.args[0] for call in calls if ast.unparse(call.func).rpartition(".")[2] == "netlist_text"]
    return frozenset(str(block.value) for block in asked if isinstance(block, ast.Constant))


def named(path: Path) -> frozenset[str]:
    """Blocks whose netlists a module asks for by their names: `netlist_text("strobe_driver")`."""
    state = path.stat()
    return _named(path, state.st_size, state.st_mtime_ns)


def circuit_inputs(*modules: Path, blocks: Iterable[str] = ()) -> list[Path]:
    """Modules, what they need, and the sheets and symbols of the netlists that they ask for by name; of
    `blocks` too.

    Raises:
        UserError: as sheets().
    """
    code = needs(*modules)
    asked = {*blocks}.union(*(named(path) for path in code if path.suffix == ".py"))
    return sorted({*code, ANALOG / "xschemrc", *(path for block in asked for path in sheets(block))})
