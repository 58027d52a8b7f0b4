"""Arrays of cuts between overlapping metals."""

from __future__ import annotations

from neusoc.layout.routing.cell_writer import GRID, CellWriter, snap
from neusoc.pdk.rules import VIAS

STACK = ("met1", "via", "met2", "via2", "met3", "via3", "met4", "via4", "met5")
Box = tuple[float, float, float, float]


def fill_cuts(pen: CellWriter, cut: str, box: Box, pitch: float | None = None) -> int:
    """Centred array of cuts in the overlap of two metals; the metals are the caller's.

    Args:
        pen: writer of the cell that is drawn.
        cut: layer of the cuts, "via", "via2", "via3" or "via4".
        box: x0, y0, x1, y1 of the overlap, um.
        pitch: distance of the cuts' centres, um; by default the least.

    Returns:
        Number of cuts.

    Raises:
        ValueError: not one cut fits.
    """
    side, least, enclose_x, enclose_y = VIAS[cut]
    pitch = max(pitch or least, least)
    x0, y0, x1, y1 = box
    starts = []
    for low, high, enclose in ((x0, x1, enclose_x), (y0, y1, enclose_y)):
        room = high - low - 2 * enclose - side
        if room < -1e-6:
            raise ValueError(f"{cut}: needs {side + 2 * enclose:g} um, has {high - low:g} um")
        count = int(room / pitch + 1e-6) + 1
        start = snap((low + high - (count - 1) * pitch - side) / 2 - GRID / 4)
        starts.append([start + i * pitch for i in range(count)])
    for x in starts[0]:
        for y in starts[1]:
            pen.box(cut, x, y, x + side, y + side)
    return len(starts[0]) * len(starts[1])


def stack(
    pen: CellWriter,
    bottom: str,
    top: str,
    box: Box,
    *,
    landing: Box | None = None,
    pitch: float | None = None,
) -> None:
    """Cuts and metals from bottom to top, all over one box.

    Args:
        pen: writer of the cell that is drawn.
        bottom: lowest metal; not drawn.
        top: highest metal.
        box: x0, y0, x1, y1 of the metals above bottom, um; at least 0.24 um2 where met3 or met4 stands alone
            (m3.6, m4.4a).
        landing: overlap with bottom, where it is smaller than box, um.
        pitch: distance of the cuts' centres, as in fill_cuts.
    """
    low, high = STACK.index(bottom), STACK.index(top)
    for index in range(low + 1, high + 1):
        name = STACK[index]
        if name in VIAS:
            fill_cuts(pen, name, landing if landing and index == low + 1 else box, pitch)
        else:
            pen.box(name, *box)


def landing(pen: CellWriter, cut: str, x: float, y: float, pad: float) -> None:
    """One cut with a square pad on both of its metals, centred on (x, y); um."""
    index, half = STACK.index(cut), pad / 2
    box = (x - half, y - half, x + half, y + half)
    for metal in (STACK[index - 1], STACK[index + 1]):
        pen.box(metal, *box)
    fill_cuts(pen, cut, box)
