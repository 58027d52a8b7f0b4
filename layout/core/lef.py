"""LEF of analog core and pads, from their GDS: pins as drawn, directions and uses from the pin tables, antenna areas measured."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import (
    CELL,
    COLUMN_STROBES,
    CONVERTER_INPUTS,
    CONVERTER_OUTPUTS,
    DACS,
    LINE_STROBES,
    PADS_CELL,
    PHASES,
    SETTINGS,
    Pin,
    core_pins,
    dac_inputs,
    pads_pins,
    strobe_inputs,
)
from neusoc.base.report import write_atomic
from neusoc.layout.core.antenna import PinAreas, pin_areas
from neusoc.layout.core.neurons import CONTROLS, FIRE
from neusoc.pdk.layers import LABEL, LAYERS, METALS, PIN

OBSTRUCTION_INSET = 1.0     # um, from the outline: pins lie outside of it
OBSTRUCTED = ("li1", "met1", "met2", "met3", "met4")
DRIVER, NEURON, FIRE_DRIVER = "row_driver", "neuron", "fire_driver"


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
                raise UserError(f"{cell}: the {metal} pin shape at {box.to_dtype(layout.dbu)} carries {len(names)} labels; give it one")
            found[names.pop()].append((metal, box.to_dtype(layout.dbu)))
        if loose := [t.string for t in texts if not any(box.contains(t.position()) for box in boxes)]:
            raise UserError(f"{cell}: label {loose[0]} on {metal} lies on no pin shape; draw one under it")
    return dict(found)


def _core_areas(layout: db.Layout, chip: Chip) -> dict[str, PinAreas]:
    """Areas on the core's signal pins, from the cells that the pins lead to."""
    driver = pin_areas(layout, DRIVER, ["in_1v8"])["in_1v8"]
    neuron = pin_areas(layout, NEURON, CONTROLS) | pin_areas(layout, FIRE_DRIVER, FIRE)
    column = pin_areas(layout, "column_driver", ["col_1v8"])["col_1v8"]
    shared = pin_areas(layout, NEURON, SETTINGS)
    areas = {f"row_1v8[{i}]": driver for i in range(chip.rows)} | {f"{phase}_1v8": driver for phase in PHASES}
    areas |= {f"{net}[{k}]": neuron[net] for net in neuron for k in range(chip.neurons)}
    areas |= {net: PinAreas(*(round(chip.neurons * area, 4) for area in shared[net])) for net in SETTINGS}
    areas |= {f"col_1v8[{i}]": column for i in range(chip.columns)}
    areas |= pin_areas(layout, "sense_adc", (*CONVERTER_INPUTS, *CONVERTER_OUTPUTS))
    inputs = [("strobe_driver", strobe_inputs(group)) for group in (COLUMN_STROBES, LINE_STROBES)]
    inputs += [("dac6", dac_inputs(dac)) for dac in DACS]
    for cell, nets in inputs:
        for pin, found in pin_areas(layout, cell, [pin for pin, net in nets.items() if net != "vss"]).items():
            before = areas.get(nets[pin], PinAreas(0.0, 0.0))
            areas[nets[pin]] = PinAreas(round(before.gate + found.gate, 4), round(before.diffusion + found.diffusion, 4))
    return areas


def _pin_text(pin: Pin, shapes: list[tuple[str, db.DBox]], areas: PinAreas | None) -> list[str]:
    lines = [f"  PIN {pin.name}", f"    DIRECTION {pin.direction.upper()} ;", f"    USE {pin.use.upper()} ;"]
    if areas:
        metal = shapes[0][0]
        for key, value in (("ANTENNAGATEAREA", areas.gate), ("ANTENNADIFFAREA", areas.diffusion)):
            if value:
                lines.append(f"    {key} {value:g} LAYER {metal} ;")
    lines.append("    PORT")
    for metal, box in shapes:
        lines += [f"      LAYER {metal} ;", f"        RECT {box.left:.3f} {box.bottom:.3f} {box.right:.3f} {box.top:.3f} ;"]
    return [*lines, "    END", f"  END {pin.name}"]


def lef_text(layout: db.Layout, cell: str, pins: list[Pin], areas: dict[str, PinAreas]) -> str:
    """LEF of one macro.

    Args:
        layout: holds the cell; its outline (prbndry) starts at the origin.
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
        raise UserError(f"{cell}: pin {min(difference)} is in the GDS or in the pin table only; build the block again for this chip")
    inset = OBSTRUCTION_INSET
    lines = [
        "VERSION 5.8 ;", 'BUSBITCHARS "[]" ;', 'DIVIDERCHAR "/" ;', "", f"MACRO {cell}", "  CLASS BLOCK ;", "  ORIGIN 0 0 ;",
        f"  FOREIGN {cell} 0 0 ;", f"  SIZE {outline.width():.3f} BY {outline.height():.3f} ;", "  SYMMETRY X Y ;",
    ]  # fmt: skip
    for pin in pins:
        lines += _pin_text(pin, drawn[pin.name], areas.get(pin.name))
    lines.append("  OBS")
    for metal in OBSTRUCTED:
        lines += [f"    LAYER {metal} ;", f"      RECT {inset:.3f} {inset:.3f} {outline.right - inset:.3f} {outline.top - inset:.3f} ;"]
    return "\n".join([*lines, "  END", f"END {cell}", "", "END LIBRARY", ""])


def _read(gds: Path, cell: str) -> db.Layout:
    layout = db.Layout()
    try:
        layout.read(str(gds))
    except RuntimeError as error:
        raise UserError(f"{gds.name}: cannot be read ({' '.join(str(error).split())}); build it first with `make gds`") from None
    if layout.cell(cell) is None:
        raise UserError(f"{gds.name}: holds no cell {cell}; build it again with `make gds`")
    return layout


def write_lef(chip: Chip, gds: Path, lef: Path) -> Path:
    """Write the core's LEF beside its GDS.

    Raises:
        UserError: the GDS does not exist or is not this chip's core.
    """
    layout = _read(gds, CELL)
    return write_atomic(lef, lef_text(layout, CELL, core_pins(chip), _core_areas(layout, chip)))


def write_pads_lef(chip: Chip, gds: Path, lef: Path) -> Path:
    """Write the LEF of the pads' protection beside its GDS; without antenna areas, as straps alone lead to its pins.

    Raises:
        UserError: as write_lef().
    """
    return write_atomic(lef, lef_text(_read(gds, PADS_CELL), PADS_CELL, pads_pins(chip), {}))
