"""1T1R arrays of every even size from 8 x 8 to 256 x 256, in tiles of 64.

             ring: vss on met1 (top, bottom, left), li1 and taps all round
        +----------------------------------------+
wl[i] --|  8 columns | strap | 8 columns | ...   |-- sl[i]
met3    |                                        |   met1
        +----------------------------------------+
             bl[j], met2
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.array import cell
from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.plan import MARGIN, RING_SPACE, Plan, Tile
from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.pdk.rules import CUT_PITCH, GRID, HVI_TO_TAP, IMPLANT, TAP_LI_HALF, VIA1

RAIL = 0.40  # um, met1 of the ring
PIN_DEPTH = MARGIN  # um, depth of a pin shape from the array's edge


def _fill(pen: CellWriter, tile: Tile) -> None:
    """Pairs, straps, taps and the met3 word lines of a tile, origin at its lower left corner."""
    pair, strap, tap = cell.synapse_pair(), cell.word_line_strap(), cell.substrate_tap()
    pairs = tile.rows // 2
    for x, columns in tile.runs:
        pen.place(
            pair,
            x + dim.PITCH_X / 2,
            dim.HALF_PAIR,
            columns=columns,
            rows=pairs,
            dx=dim.PITCH_X,
            dy=dim.PAIR_PITCH,
        )
    for x in tile.straps:
        pen.place(strap, x, dim.HALF_PAIR, rows=pairs, dy=dim.PAIR_PITCH)
        pen.place(tap, x + dim.STRAP_VSS_X, dim.PAIR_PITCH, rows=pairs - 1, dy=dim.PAIR_PITCH)
    for pair_row in range(pairs):
        for side in (-1, 1):
            y = dim.HALF_PAIR + pair_row * dim.PAIR_PITCH + side * dim.WL_Y
            pen.box("met3", 0, y - dim.WL_LINE / 2, tile.width, y + dim.WL_LINE / 2)


@gf.cell(set_name=False)
def array_tile(*, rows: int, columns: int) -> gf.Component:
    """Part of an array that has more than one tile; its nets are labelled so that the comparison of netlists
    binds them."""
    tile = Tile(rows, columns)
    component = gf.Component(tile.name)
    pen = CellWriter(component)
    _fill(pen, tile)
    for i in range(rows // 2):
        y = (i + 0.5) * dim.PAIR_PITCH
        pen.label("met1", f"sl[{i}]", tile.straps[0] + dim.STRAP_WIDTH / 2, y)
        for side in (0, 1):
            pen.label("met3", f"wl[{2 * i + side}]", 0.1, y + (2 * side - 1) * dim.WL_Y)
    for i, x in enumerate(tile.bit_lines):
        pen.label("met2", f"bl[{i}]", x, 0.1)
    for x in tile.straps:
        pen.label("met2", "vss", x + dim.STRAP_VSS_X, 0.1)
    return component


def _contacts(pen: CellWriter, contact: gf.Component, x0: float, y0: float, x1: float, y1: float) -> None:
    """Contacts CUT_PITCH apart on a horizontal or vertical line, centred between its ends to the 5 nm
    grid."""
    length = max(x1 - x0, y1 - y0)
    count = int(length / CUT_PITCH + 1e-6) + 1
    start = int((length - (count - 1) * CUT_PITCH) / 2 / GRID + 1e-6) * GRID
    if x1 - x0 > y1 - y0:
        pen.place(contact, x0 + start, y0, columns=count, dx=CUT_PITCH)
    else:
        pen.place(contact, x0, y0 + start, rows=count, dy=CUT_PITCH)


def _ring(pen: CellWriter, width: float, height: float) -> None:
    """Substrate tap ring about the cells, tied to vss on met1 at top, bottom and left (source lines leave at
    the right)."""
    half = dim.TAP / 2
    near = RING_SPACE + half  # centre line of the ring, outside the cells
    x0, y0, x1, y1 = -near, -near, width + near, height + near
    sides = {
        "bottom": (x0, y0, x1, y0),
        "top": (x0, y1, x1, y1),
        "left": (x0, y0, x0, y1),
        "right": (x1, y0, x1, y1),
    }
    for side, (ax, ay, bx, by) in sides.items():
        for layer, grow in (
            ("tap", half),
            ("psdm", half + IMPLANT),
            ("li1", TAP_LI_HALF),
            ("hvi", half + HVI_TO_TAP),
        ):
            pen.box(layer, ax - grow, ay - grow, bx + grow, by + grow)
        if side == "right":
            _contacts(pen, cell.ring_tap_li1(), ax, ay + 2 * CUT_PITCH, bx, by - 2 * CUT_PITCH)
            continue
        pen.box("met1", ax - RAIL / 2, ay - RAIL / 2, bx + RAIL / 2, by + RAIL / 2)
        inset = 0.0 if side in ("top", "bottom") else 2 * CUT_PITCH
        _contacts(pen, cell.ring_tap_met1(), ax, ay + inset, bx, by - inset)
    for layer_box in ((x0, 0, 0, height), (width, 0, x1, height), (x0, y0, x1, 0), (x0, height, x1, y1)):
        pen.box("hvi", *layer_box)


def _pins(pen: CellWriter, plan: Plan) -> None:
    """Stubs from the cells to the array's edge, with pins, labels and ports."""
    width, height = plan.width, plan.height
    for i, y in enumerate(plan.word_lines):
        stub = (-MARGIN, y - dim.WL_LINE / 2, 0.0, y + dim.WL_LINE / 2)
        pen.box("met3", *stub)
        pen.pin("met3", f"wl[{i}]", stub, "left")
    for i, x in enumerate(plan.bit_lines):
        stub = (x - dim.LINE / 2, -MARGIN, x + dim.LINE / 2, 0.0)
        pen.box("met2", *stub)
        pen.pin("met2", f"bl[{i}]", stub, "bottom")
    for i, y in enumerate(plan.source_lines):
        stub = (width, y - dim.SL_LINE / 2, width + MARGIN, y + dim.SL_LINE / 2)
        pen.box("met1", *stub)
        pen.pin("met1", f"sl[{i}]", stub, "right")
    rail = RING_SPACE + dim.TAP / 2
    past = VIA1 / 2 + 0.09  # met2 over the ring's vias: via.5a, m2.5 ask 0.085
    for x in plan.straps:
        for edge, y in ((0.0, -rail), (height, height + rail)):
            centre = x + dim.STRAP_VSS_X
            pen.box(
                "met2", centre - dim.LINE / 2, min(edge, y - past), centre + dim.LINE / 2, max(edge, y + past)
            )
            pen.square("via", centre, y, VIA1)
    top = height + rail
    pen.pin("met1", "vss", (-rail, top - RAIL / 2, width + rail, top + RAIL / 2), "top")


def array(*, rows: int, columns: int) -> gf.Component:
    """1T1R array with its tap ring; origin at the lower left corner of its cells.

    Args:
        rows: word lines, even, 8 to 256.
        columns: bit lines, even, 8 to 256.

    Returns:
        Component array_<rows>x<columns> with ports wl[i] (left, met3), bl[j] (bottom, met2), sl[k] (right,
        met1) and vss (top, met1).

    Raises:
        UserError: a size is odd or out of range.
    """
    plan = Plan(rows, columns)
    return _array(rows=plan.rows, columns=plan.columns)


@gf.cell(set_name=False)
def _array(*, rows: int, columns: int) -> gf.Component:
    plan = Plan(rows, columns)
    component = gf.Component(plan.name)
    pen = CellWriter(component)
    if plan.tiled:
        for y, tile_rows in zip(plan.tile_y, plan.tile_rows, strict=True):
            for x, tile_columns in zip(plan.tile_x, plan.tile_columns, strict=True):
                pen.place(array_tile(rows=tile_rows, columns=tile_columns), x, y)
        for x in plan.straps:
            for y in plan.tile_y[1:]:
                pen.place(cell.substrate_tap(), x + dim.STRAP_VSS_X, y)
    else:
        _fill(pen, Tile(rows, columns))
    _ring(pen, plan.width, plan.height)
    _pins(pen, plan)
    pen.box("prbndry", -MARGIN, -MARGIN, plan.width + MARGIN, plan.height + MARGIN)
    return component
