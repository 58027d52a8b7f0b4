"""The list of cells (cells.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.wheel import cell_file

FILE = Path(__file__).with_name("cells.yaml")


@cache
def cell_list(kind: str) -> tuple[str, ...]:
    """Short names of the `measured` or the `physical` cells, in their order.

    Raises:
        UserError: the file has no such list, or names a cell twice or one that the wheel lacks.
    """
    lines = (yaml.safe_load(FILE.read_text()) or {}).get(kind)
    if not isinstance(lines, list):
        raise UserError(f"{FILE.name}: list {kind!r} is missing; restore the file")
    names = [name for line in lines for name in str(line).split()]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{FILE.name}: {kind} names {twice[0]} twice; remove one")
    for name in names:
        cell_file(name, ".gds")
    return tuple(names)
