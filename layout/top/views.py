"""Pins of a block as each view has them: name -> direction, None where the view has no directions."""

from __future__ import annotations

import re
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.pins import Pin
from neusoc.layout.top.lef import read_macro
from neusoc.pdk.gds import read_cell
from neusoc.pdk.layers import METALS, label_layer

View = dict[str, str | None]


def _present(path: Path) -> Path:
    if not path.exists():
        raise UserError(f"{path.name}: not found in {path.parent.name}/; build it first with `make gds`")
    return path


def pin_view(pins: list[Pin]) -> View:
    """A pin table."""
    return {p.name: p.direction for p in pins}


def spice_ports(path: Path, name: str) -> list[str]:
    """Ports of a subcircuit in a SPICE or CDL file, in order.

    Raises:
        UserError: no file, or no such subcircuit.
    """
    joined = re.sub(r"\n\+", " ", _present(path).read_text())
    found = re.search(rf"^\.subckt\s+{re.escape(name)}(\s[^\n]*)?$", joined, re.I | re.M)
    if not found:
        raise UserError(f"{path.name}: has no .subckt {name}; build the block again")
    return [word for word in (found[1] or "").split() if "=" not in word]


def spice_view(path: Path, name: str) -> View:
    return dict.fromkeys(spice_ports(path, name))


def lef_view(path: Path, name: str) -> View:
    return {pin.name: pin.direction for pin in read_macro(_present(path), name).pins.values()}


def label_view(layout: db.Layout, cell: db.Cell) -> View:
    """Labels of a cell itself (not of its children) on all metals."""
    return {
        s.text_string: None
        for metal in METALS
        for s in cell.shapes(layout.layer(*label_layer(metal))).each(db.Shapes.STexts)
    }


def gds_view(path: Path, name: str) -> View:
    """Labels of a cell of a file."""
    return label_view(*read_cell(_present(path), name))


def view_differences(block: str, wanted_name: str, wanted: View, other_name: str, other: View) -> list[str]:
    """One line for each pin that two views do not share by name, or give different directions."""
    lines = [
        f"{block}: pin {name} is in {wanted_name} but not in {other_name}"
        for name in wanted
        if name not in other
    ]
    lines += [
        f"{block}: pin {name} is in {other_name} but not in {wanted_name}"
        for name in other
        if name not in wanted
    ]
    for name, direction in wanted.items():
        against = other.get(name)
        if direction and against and direction != against:
            lines.append(f"{block}: pin {name} is {direction} in {wanted_name}, {against} in {other_name}")
    return lines
