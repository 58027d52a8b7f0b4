"""The harness frame: pins (name, direction, metal, rectangles) and outline of ChipFoundry's
user_analog_project_wrapper.

The cf-precheck wheel carries the harness's own GDS with an example project inside. Its frame pins are the
shapes on datatype 16 of met2 to met5 that hold a text of the same layer; the outline is the shape on 235/4.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.layout.top.shapes import Rect
from neusoc.pdk.gds import read_cell
from neusoc.pdk.layers import LAYERS, METALS, label_layer, pin_layer

TOP = "user_analog_project_wrapper"
DIE = (2_920_000, 3_520_000)  # nm, width and height
PIN_METALS = METALS[1:]  # met2 to met5
Direction = Literal["input", "output", "inout"]

# Direction of each bus, seen from the user's project (the harness's user_analog_project_wrapper.v); the rest
# is inout.
_INPUTS = (
    "wb_clk_i",
    "wb_rst_i",
    "wbs_stb_i",
    "wbs_cyc_i",
    "wbs_we_i",
    "wbs_sel_i",
    "wbs_dat_i",
    "wbs_adr_i",
    "la_data_in",
    "la_oenb",
    "io_in",
    "io_in_3v3",
    "user_clock2",
)
_OUTPUTS = ("wbs_ack_o", "wbs_dat_o", "la_data_out", "io_out", "io_oeb", "user_irq")
_INOUTS = (
    "io_analog",
    "io_clamp_high",
    "io_clamp_low",
    "gpio_analog",
    "gpio_noesd",
    "vccd1",
    "vccd2",
    "vdda1",
    "vdda2",
    "vssa1",
    "vssa2",
    "vssd1",
    "vssd2",
)
_DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(_INPUTS, "input"),
    **dict.fromkeys(_OUTPUTS, "output"),
    **dict.fromkeys(_INOUTS, "inout"),
}


class FramePin(NamedTuple):
    """One pin of the harness: all its rectangles, in nm, in the frame's coordinates (some reach outside the
    die)."""

    name: str
    direction: Direction
    shapes: tuple[Rect, ...]


class Frame(NamedTuple):
    """Pins by name, texts as the harness draws them, and the outline."""

    pins: dict[str, FramePin]
    texts: dict[str, tuple[db.Text, ...]]  # by metal
    outline: tuple[int, int, int, int]


def frame_source() -> Path:
    """The harness's GDS in the cf-precheck wheel.

    Raises:
        UserError: the wheel is not installed or lacks the file.
    """
    spec = find_spec("cf_precheck")
    path = (
        Path(next(iter(spec.submodule_search_locations or []), ""))
        / "_default_content"
        / "gds"
        / f"{TOP}.gds"
        if spec
        else Path()
    )
    if not path.is_file():
        raise UserError(
            f"cf_precheck wheel: {TOP}.gds is missing; run `make setup` to install the pinned wheels"
        )
    return path


def pin_direction(name: str) -> Direction:
    """Direction of a frame pin by its bus name; inout for a name that the harness does not have."""
    return _DIRECTIONS.get(re.sub(r"\[\d+\]$", "", name), "inout")


def _cell(path: Path) -> tuple[db.Layout, db.Cell]:
    layout, cell = read_cell(path, TOP)
    if layout.dbu != 0.001:
        raise UserError(f"{path.name}: database unit {layout.dbu} um; write it with 0.001 um")
    return layout, cell


def read_frame(path: Path) -> Frame:
    """Pins, texts and outline of any GDS whose top cell is the wrapper."""
    layout, cell = _cell(path)
    shapes: dict[str, list[Rect]] = {}
    texts: dict[str, tuple[db.Text, ...]] = {}
    for metal in PIN_METALS:
        index = layout.layer(*pin_layer(metal))
        boxes = [
            shape.bbox()
            for shape in cell.shapes(index).each()
            if shape.is_box() or shape.is_polygon() or shape.is_path()
        ]
        found = [shape.text for shape in cell.shapes(index).each(db.Shapes.STexts)]
        texts[metal] = tuple(found)
        for text in found:
            at = db.Point(text.x, text.y)
            for box in boxes:
                if box.contains(at):
                    shapes.setdefault(text.string, []).append(
                        Rect(metal, box.left, box.bottom, box.right, box.top)
                    )
    outline = db.Region(cell.shapes(layout.layer(*LAYERS["prbndry"]))).merged().bbox()
    pins = {
        name: FramePin(name, pin_direction(name), tuple(sorted(found)))
        for name, found in sorted(shapes.items())
    }
    return Frame(pins, texts, (outline.left, outline.bottom, outline.right, outline.top))


@cache
def frame() -> Frame:
    """The harness's frame, checked against what this project knows of it.

    Raises:
        UserError: another harness: outline or bus names differ from those known here.
    """
    found = read_frame(frame_source())
    if found.outline != (0, 0, *DIE):
        raise UserError(
            f"{TOP}.gds of cf_precheck: outline {found.outline} nm; this project knows {DIE}, install the"
            " pinned cf-precheck"
        )
    buses = {re.sub(r"\[\d+\]$", "", name) for name in found.pins}
    if wrong := buses ^ set(_DIRECTIONS):
        raise UserError(
            f"{TOP}.gds of cf_precheck: pin {min(wrong)} is not as this project knows it; install the pinned"
            " cf-precheck"
        )
    return found


@cache
def outer_metal() -> tuple[Rect, ...]:
    """The harness's metal outside the die that is no pin: the pads on the left reach 4 um out, their pins end
    at the edge."""
    layout, cell = _cell(frame_source())
    found = []
    for metal in PIN_METALS:
        outside = db.Region(cell.bbox()) - db.Region(db.Box(0, 0, *DIE))
        shapes = db.Region()
        for part in outside.decompose_trapezoids_to_region().each():
            shapes += db.Region(cell.begin_shapes_rec_touching(layout.layer(*LAYERS[metal]), part.bbox()))
        pins = db.Region(
            [db.Box(*rect[1:]) for pin in frame().pins.values() for rect in pin.shapes if rect.metal == metal]
        )
        for polygon in ((shapes & outside) - pins).each():
            box = polygon.bbox()
            found.append(Rect(metal, box.left, box.bottom, box.right, box.top))
    return tuple(sorted(found))


def draw_frame(layout: db.Layout, cell: db.Cell) -> None:
    """Draw metal, pin shapes, texts and outline of the harness into a cell, exactly as the harness has them;
    texts as labels too."""
    for pin in frame().pins.values():
        for rect in pin.shapes:
            box = db.Box(rect.left, rect.bottom, rect.right, rect.top)
            cell.shapes(layout.layer(*LAYERS[rect.metal])).insert(box)
            cell.shapes(layout.layer(*pin_layer(rect.metal))).insert(box)
    for metal, texts in frame().texts.items():
        for text in texts:
            for layer in (pin_layer(metal), label_layer(metal)):
                cell.shapes(layout.layer(*layer)).insert(text)
    for rect in outer_metal():
        cell.shapes(layout.layer(*LAYERS[rect.metal])).insert(db.Box(*rect[1:]))
    cell.shapes(layout.layer(*LAYERS["prbndry"])).insert(db.Box(*frame().outline))


def differences(gds: Path) -> list[str]:
    """Lines of text: every pin rectangle that the GDS lacks, has too much, or does not cover with metal, and
    a wrong outline."""

    def table(found: Frame) -> Counter[tuple]:
        return Counter((name, *rect) for name, pin in found.pins.items() for rect in pin.shapes)

    wanted, here = frame(), read_frame(gds)
    lines = [
        f"missing: {' '.join(map(str, entry))}" for entry in sorted((table(wanted) - table(here)).elements())
    ]
    lines += [
        f"extra: {' '.join(map(str, entry))}" for entry in sorted((table(here) - table(wanted)).elements())
    ]
    if wanted.outline != here.outline:
        lines.append(f"outline: {here.outline} nm, wanted {wanted.outline}")
    layout, cell = _cell(gds)
    for metal in PIN_METALS:
        pins = db.Region(
            [db.Box(*rect[1:]) for pin in wanted.pins.values() for rect in pin.shapes if rect.metal == metal]
        )
        bare = pins - db.Region(cell.shapes(layout.layer(*LAYERS[metal])))
        lines += [f"no {metal} under a pin at {box.bbox()}" for box in bare.each()]
    return lines


def frame_check(gds: Path) -> list[Figure]:
    """Compare name, metal and rectangles of every pin of a finished GDS with the harness.

    Returns:
        Figures: pins looked at, and differing lines (0 wanted).
    """
    wrong = differences(gds)
    return [
        Figure(
            name="frame_pins",
            value=len(read_frame(gds).pins),
            min=len(frame().pins),
            max=len(frame().pins),
            source="gds",
        ),
        Figure(name="frame_pins_differing", value=len(wrong), max=0, source="gds"),
    ]
