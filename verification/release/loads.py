"""What drives a released macro has to count with: the array's lines by extraction, the core's pins by the
nets behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.base.tables import number, table
from neusoc.layout.core.antenna import nets_of
from neusoc.pdk.devices import NFET_01V8, NFET_5V
from neusoc.pdk.layers import LAYERS, METALS
from neusoc.pdk.rules import GATE_LENGTH_MIN
from neusoc.pdk.source import find_pdk
from neusoc.pdk.wires import routing_layers
from neusoc.verification.release.lines import STEP_V, array_lines, gate_charge
from neusoc.verification.release.macro import Macro

_WHAT = {"wl": "word line", "bl": "bit line", "sl": "source line"}


class Loads(NamedTuple):
    """Capacitance of pins, and what the datasheet says of it.

    Attributes:
        picofarads: pin or bus -> pF; of a bus, its greatest line's.
        section: Markdown.
    """

    picofarads: dict[str, float]
    section: str


def array_loads(macro: Macro, _: Path) -> Loads:
    """Of an array, by its size: neusoc.verification.release.lines.

    Raises:
        UserError: an extraction failed.
    """
    lines = array_lines(macro.rows, macro.columns)
    rows = [
        [
            f"`{kind}` {_WHAT[kind]}",
            f"{x.least:.1f} to {x.most:.1f}",
            f"{x.devices:.1f}",
            f"{x.total:.1f}",
            number(x.ohm),
        ]
        for kind, x in lines.items()
    ]
    section = table(
        ["line", "wires, fF", "devices, fF", "in all, at most, fF", "to the farthest cell, ohm"],
        rows,
        right=range(1, 5),
    )
    section += (
        "\nWires: extracted by klayout-pex with what couples to their neighbours. Devices: gates on a word"
        " line, sources on a\nsource line; on a bit line the drains and bottom electrodes that stand behind"
        " its ReRAMs. Their charge is taken over\n3.3 V at tt, 27 C. Resistance: squares of the drawing times"
        " the sheet resistance of the technology LEF; of a word line\nwith a strap and the polysilicon behind"
        " it. The Liberty file has the column `in all`.\n"
    )
    return Loads({kind: round(line.total / 1e3, 6) for kind, line in lines.items()}, section)


@cache
def _square_femtofarads() -> dict[str, float]:
    """fF/um2 of a thin and of a thick gate."""
    found = {}
    for kind, model, rating in (("thin", NFET_01V8, 1.8), ("thick", NFET_5V, 5.0)):
        length = GATE_LENGTH_MIN[rating]
        found[kind] = gate_charge(model, 1.0, length, min(rating, STEP_V)) / length
    return found


def net_loads(
    layout: db.Layout, cell: str, pins: Iterable[str], squares: Mapping[str, float]
) -> dict[str, float]:
    """fF of the nets behind pins: their metals by the area and edge values of the technology LEF, their gates
    by area.

    Args:
        layout: holds the cell.
        cell: top.
        pins: labels.
        squares: fF/um2 of `thin` and `thick` gates.

    Raises:
        KeyError: a pin has no label.
    """
    nets = nets_of(layout, cell, through_resistors=False)
    metals = {
        layer.name: layer
        for layer in routing_layers(find_pdk().path("techlef_nom").read_text())
        if layer.name in METALS
    }
    thick = db.Region(layout.cell(cell).begin_shapes_rec(layout.layer(*LAYERS["hvi"]))).merged()
    found = {}
    for pin in pins:
        femto = 0.0
        for name, layer in metals.items():
            shapes = nets.shapes(pin, name)
            femto += 1e3 * (
                layer.area * shapes.area() * nets.scale + layer.edge * shapes.perimeter() * layout.dbu
            )
        gates = nets.shapes(pin, "gate")
        inside = (gates & thick).area() * nets.scale
        found[pin] = (
            femto + squares["thick"] * inside + squares["thin"] * (gates.area() * nets.scale - inside)
        )
    return found


def core_loads(macro: Macro, gds: Path) -> Loads:
    """Of the core.

    Raises:
        UserError: the technology LEF or the layout cannot be read.
    """
    layout = db.Layout()
    layout.read(str(gds))
    signals = [pin.name for pin in macro.pins if pin.name not in macro.supplies]
    femto = net_loads(layout, macro.name, signals, _square_femtofarads())
    greatest: dict[str, float] = {}
    for pin, value in femto.items():
        name = re.sub(r"\[.*", "", pin)
        greatest[name] = max(greatest.get(name, 0.0), value)
    rows = [[f"`{name}`", f"{value:.1f}"] for name, value in greatest.items()]
    section = (
        table(["pin, or the greatest of a bus", "fF"], rows, right=[1])
        + "\nMetals of the net behind a pin by the area and edge values of the technology LEF, without what"
        " couples to neighbours,\nand the gates on it, whose charge ngspice gives at tt, 27 C. Diffusion on"
        " a net is not counted.\n"
    )
    return Loads({name: max(round(value / 1e3, 6), 1e-6) for name, value in greatest.items()}, section)
