"""LEF of analog core, references and pads, from their GDS: pins as drawn, kinds from the pin tables, antenna
areas measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL, PARTS, pads_pins
from neusoc.base.errors import UserError
from neusoc.base.pins import Pin, core_pins, references_pins
from neusoc.base.report import write_atomic
from neusoc.layout.core.antenna import PinAreas, pin_areas
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.tables import table_of
from neusoc.pdk.layers import LABEL, LAYERS, METALS, PIN

OBSTRUCTION_INSET = 1.0  # um, from the outline: pins lie outside of it
OBSTRUCTED = ("li1", "met1", "met2", "met3", "met4")


def drawn_pins(layout: db.Layout, cell: str) -> dict[str, list[tuple[str, db.DBox]]]:
    """Net -> (metal, box in um) of each pin shape of a cell, named by the label inside it.

    Raises:
        UserError: a pin shape without a label, or a label without a pin shape.
    """
    top, found = layout.cell(cell), defaultdict(list)
    for metal in METALS:
        number = LAYERS[metal][0]
        texts = [s.text for s in top.shapes(layout.layer(number, LABEL)).each(db.Shapes.STexts)]
        boxes = [s.bbox() for s in top.shapes(layout.layer(number, PIN)).each()]
        for box in boxes:
            names = {t.string for t in texts if box.contains(t.position())}
            if len(names) != 1:
                raise UserError(
                    f"{cell}: the {metal} pin shape at {box.to_dtype(layout.dbu)} carries {len(names)}"
                    " labels; give it one"
                )
            found[names.pop()].append((metal, box.to_dtype(layout.dbu)))
        if loose := [t.string for t in texts if not any(box.contains(t.position()) for box in boxes)]:
            raise UserError(f"{cell}: label {loose[0]} on {metal} lies on no pin shape; draw one under it")
    return dict(found)


def signal_areas(layout: db.Layout, pins: Sequence[Pin], table: Sequence[Instance]) -> dict[str, PinAreas]:
    """Areas on the signal pins of a macro, from the cells that its connection table leads each to.

    Args:
        layout: layout that holds the cells.
        pins: pins of the macro.
        table: connection table of the macro.
    """
    signals = {pin.name for pin in pins if pin.use == "signal"}
    hanging: dict[str, Counter[tuple[str, str]]] = defaultdict(
        Counter
    )  # pin of the macro -> (cell, pin) -> how many
    for _, cell, nets in table:
        for pin, net in nets.items():
            if net in signals:
                hanging[net][cell, pin] += 1
    wanted: dict[str, set[str]] = defaultdict(set)
    for cell, pin in (end for ends in hanging.values() for end in ends):
        wanted[cell].add(pin)
    areas = {
        (cell, pin): found
        for cell, names in wanted.items()
        for pin, found in pin_areas(layout, cell, sorted(names)).items()
    }

    def total(ends: Counter[tuple[str, str]]) -> PinAreas:
        each = [(count, areas[end]) for end, count in ends.items()]
        return PinAreas(
            round(sum(n * one.gate for n, one in each), 4),
            round(sum(n * one.diffusion for n, one in each), 4),
        )

    return {net: total(ends) for net, ends in hanging.items()}


def _pin_text(pin: Pin, shapes: list[tuple[str, db.DBox]], areas: PinAreas | None) -> list[str]:
    lines = [f"  PIN {pin.name}", f"    DIRECTION {pin.direction.upper()} ;", f"    USE {pin.use.upper()} ;"]
    if areas:
        metal = shapes[0][0]
        for key, value in (("ANTENNAGATEAREA", areas.gate), ("ANTENNADIFFAREA", areas.diffusion)):
            if value:
                lines.append(f"    {key} {value:g} LAYER {metal} ;")
    lines.append("    PORT")
    for metal, box in shapes:
        lines += [
            f"      LAYER {metal} ;",
            f"        RECT {box.left:.3f} {box.bottom:.3f} {box.right:.3f} {box.top:.3f} ;",
        ]
    return [*lines, "    END", f"  END {pin.name}"]


def lef_text(layout: db.Layout, cell: str, pins: list[Pin], areas: dict[str, PinAreas]) -> str:
    """LEF of one macro.

    Args:
        layout: layout that holds the cell; its outline (prbndry) starts at the origin.
        cell: name of cell and macro.
        pins: every pin, in order.
        areas: antenna areas of the pins that have any.

    Raises:
        UserError: pins drawn and pins of the table differ, or the outline does not start at the origin.
    """
    outline = layout.cell(cell).bbox(layout.layer(*LAYERS["prbndry"])).to_dtype(layout.dbu)
    if (outline.left, outline.bottom) != (0, 0) or outline.empty():
        raise UserError(f"{cell}: its outline (prbndry) starts at {outline.p1} instead of 0,0; move the cell")
    drawn = drawn_pins(layout, cell)
    if difference := set(drawn) ^ {p.name for p in pins}:
        raise UserError(
            f"{cell}: pin {min(difference)} is in the GDS or in the pin table only; build the block again for"
            " this chip"
        )
    inset = OBSTRUCTION_INSET
    lines = [
        "VERSION 5.8 ;",
        'BUSBITCHARS "[]" ;',
        'DIVIDERCHAR "/" ;',
        "",
        f"MACRO {cell}",
        "  CLASS BLOCK ;",
        "  ORIGIN 0 0 ;",
        f"  FOREIGN {cell} 0 0 ;",
        f"  SIZE {outline.width():.3f} BY {outline.height():.3f} ;",
        "  SYMMETRY X Y ;",
    ]
    for pin in pins:
        lines += _pin_text(pin, drawn[pin.name], areas.get(pin.name))
    lines.append("  OBS")
    for metal in OBSTRUCTED:
        lines += [
            f"    LAYER {metal} ;",
            f"      RECT {inset:.3f} {inset:.3f} {outline.right - inset:.3f} {outline.top - inset:.3f} ;",
        ]
    return "\n".join([*lines, "  END", f"END {cell}", "", "END LIBRARY", ""])


def _read(gds: Path, cell: str) -> db.Layout:
    layout = db.Layout()
    try:
        layout.read(str(gds))
    except RuntimeError as error:
        raise UserError(
            f"{gds.name}: cannot be read ({' '.join(str(error).split())}); build it first with `make gds`"
        ) from None
    if layout.cell(cell) is None:
        raise UserError(f"{gds.name}: holds no cell {cell}; build it again with `make gds`")
    return layout


def write_lef(chip: Chip, cell: str, gds: Path, lef: Path) -> Path:
    """Write the LEF of a macro beside its GDS: the analog core, references, or the chip's pads.

    The pads have no antenna areas, as straps alone lead to their pins.

    Raises:
        UserError: the GDS does not exist or is not this chip's.
    """
    layout = _read(gds, cell)
    if cell == PADS_CELL:
        return write_atomic(lef, lef_text(layout, cell, pads_pins(chip), {}))
    pins = core_pins(chip) if cell == PARTS.core else references_pins()
    return write_atomic(lef, lef_text(layout, cell, pins, signal_areas(layout, pins, table_of(chip, cell))))
