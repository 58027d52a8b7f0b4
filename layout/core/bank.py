"""The bank of row drivers: four columns of cells, each driver with a met3 track of its own across the bank.

        in_1v8[3] ----------------------------------------[>]-----  wl[3]
        in_1v8[2] -------------------------[>]--------------------  wl[2]
        in_1v8[1] ----------[>]-----------------------------------  wl[1]
        in_1v8[0] --[>]-------------------------------------------  wl[0]

A short met2 hop beside the driver joins its pin to its track. Rows are mirrored in turn and share rails
(met1). Straps on met4 over each column join the rails, and the drivers' vwl bars (met2). Below the lowest
row, turned by 180 degrees so that their outputs are at the left, stand the drivers of the phases of learning.
vpp is their line supply too. Input and output of each have tracks of their own, as all go to the left.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

import gdsfactory as gf
import klayout.db as db
from neusoc.base.pins import PHASES
from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.cell_writer import CellWriter, Placed, dbu, outline, placed_at, snap
from neusoc.layout.routing.vias import landing, stack
from neusoc.pdk.rules import MET2_SPACE

RAILS = ("vss", "vpp", "vdd1v8")
LINE_SUPPLY = "vwl"  # of each driver: a met2 bar between two tracks


@dataclass
class Bank:
    """A placed bank.

    Attributes:
        left, right, bottom, top: outline with the phase drivers, um.
        row_tracks: y of the track of each row, ascending.
        phase_inputs: phase -> y of the input track of its driver.
        phase_outputs: phase -> y of its output track, which ends at the bank's left side.
        straps: net of the core -> (x0, x1, y of the lowest rail) of each met4 strap, not yet drawn upward.
    """

    left: float
    right: float
    bottom: float
    top: float
    row_tracks: list[float]
    phase_inputs: dict[str, float] = field(default_factory=dict)
    phase_outputs: dict[str, float] = field(default_factory=dict)
    straps: dict[str, list[tuple[float, float, float]]] = field(default_factory=lambda: defaultdict(list))


def bank_rows(rows: int) -> int:
    """Rows of drivers for so many word lines."""
    return -(-rows // dim.BANK_COLUMNS)


def bank_size(driver: gf.Component, rows: int) -> tuple[float, float]:
    """Width and height of the bank with its phase drivers, um."""
    box = outline(driver)
    width = dim.BANK_COLUMNS * box.width() + (dim.BANK_COLUMNS - 1) * dim.BANK_GAP
    return snap(width + 2 * (dim.HOP + dim.VIA_PAD)), snap(first_row(driver) + bank_rows(rows) * box.height())


def first_row(driver: gf.Component) -> float:
    """From the bank's bottom to the lowest row of word line drivers, um: the phase drivers stand below it."""
    return snap(outline(driver).height() + dim.PHASE_GAP)


def _widest_space(cell: Placed) -> tuple[float, float]:
    """y of the two neighbouring rails of a driver with the most space between them."""
    return max(pairwise(sorted(cell.port(net).y for net in RAILS)), key=lambda pair: pair[1] - pair[0])


def _tracks(cells: list[Placed]) -> list[float]:
    """y of the met3 tracks of one row of drivers: evenly in the widest space between its rails."""
    low, high = _widest_space(cells[0])
    low, high = low + dim.TRACK_MARGIN, high - dim.TRACK_MARGIN
    step = (high - low) / dim.BANK_COLUMNS
    return [snap(low + (i + 0.5) * step) for i in range(dim.BANK_COLUMNS)]


def _phase_tracks(cell: Placed, count: int) -> list[float]:
    """y of count met3 tracks over the phase drivers, ascending: on both sides of the vwl bar, evenly on each.

    Raises:
        ValueError: there is no room for so many.
    """
    low, high = _widest_space(cell)
    keep = dim.RAIL_PAD / 2 + dim.LINE_SPACE + dim.LINE / 2  # to the via stacks on rails and bar
    pitch = (dim.VIA_PAD + dim.LINE) / 2 + dim.LINE_SPACE
    spaces = [(a + keep, b - keep) for a, b in pairwise((low, cell.port(LINE_SUPPLY).y, high))]
    tracks: list[float] = []
    for a, b in sorted(spaces, key=lambda space: space[1] - space[0]):
        fit = min(count - len(tracks), int((b - a) / pitch) + 1)
        tracks += [snap(a + i * (b - a) / (fit - 1)) if fit > 1 else snap((a + b) / 2) for i in range(fit)]
    if len(tracks) < count:
        raise ValueError(
            f"{cell.component.name}: {count} met3 tracks are wanted between its rails, there is room for"
            f" {len(tracks)}"
        )
    return sorted(tracks)


def _row_places(driver: gf.Component, row: int, used: int, first: float, bottom: float) -> list[Placed]:
    """The drivers of one row of the bank, left to right; odd rows are mirrored."""
    size = outline(driver)
    y = snap(bottom + first_row(driver) + row * size.height())
    return [
        placed_at(driver, snap(first + i * (size.width() + dim.BANK_GAP)), y, "MX" if row % 2 else "R0")
        for i in range(used)
    ]


def row_tracks(driver: gf.Component, rows: int, bottom: float) -> list[float]:
    """y of the met3 track of each row of a bank whose phase drivers stand at bottom, um; ascending."""
    tracks = [y for row in range(bank_rows(rows)) for y in _tracks(_row_places(driver, row, 1, 0.0, bottom))]
    return tracks[:rows]


def _hop(pen: CellWriter, cell: Placed, net: str, side: int, track: float) -> float:
    """met2 from a driver's pin out of the cell and up or down to its track; side is -1 (left) or 1 (right).
    Returns the hop's x."""
    pin = cell.port(net)
    if pin.metal != "met2":
        raise ValueError(f"{cell.component.name}: pin {net} is on {pin.metal}; the bank expects it on met2")
    x = snap(pin.x + side * dim.HOP)
    half = dim.LINE / 2
    pen.box("met2", min(pin.x, x - half), pin.y - half, max(pin.x, x + half), pin.y + half)
    pen.box("met2", x - half, min(pin.y - half, track), x + half, max(pin.y + half, track))
    landing(pen, "via2", x, track, dim.VIA_PAD)
    return x


def _line(pen: CellWriter, x0: float, x1: float, y: float) -> None:
    pen.box("met3", x0, y - dim.LINE / 2, x1, y + dim.LINE / 2)


def _strap_centres(cells: list[Placed], levels: dict[str, list[float]]) -> dict[str, float]:
    """x of the met4 strap of each rail net over one column, clear of the drivers' met2 at each of the net's
    rails.

    Raises:
        ValueError: no place is clear.
    """
    taken = db.Region()
    for cell in cells:
        taken += cell.region("met2")
    box = cells[0].box
    slot = box.width() / len(levels)
    centres: dict[str, float] = {}
    for index, (net, ys) in enumerate(levels.items()):
        middle = snap(box.left + (index + 0.5) * slot)
        reach = int((slot - dim.RAIL_STRAP - dim.LINE_SPACE) / 2 / 0.1)
        for step in sorted(range(-reach, reach + 1), key=abs):
            x = snap(middle + step * 0.1)
            half, tall = dim.RAIL_STRAP / 2 + MET2_SPACE, dim.RAIL_PAD / 2 + MET2_SPACE
            pads = db.Region([db.Box(dbu(x - half), dbu(y - tall), dbu(x + half), dbu(y + tall)) for y in ys])
            if pads.interacting(taken).is_empty():
                centres[net] = x
                break
        else:
            name = cells[0].component.name
            raise ValueError(
                f"{name}: no room for a via stack on the {net} rail; keep {dim.RAIL_STRAP} um over it free of"
                " met2"
            )
    return centres


def _rail_stack(pen: CellWriter, x: float, y: float, height: float, top: str) -> None:
    half, tall = dim.RAIL_STRAP / 2, dim.RAIL_PAD / 2
    low = min(height, dim.RAIL_PAD) / 2
    stack(
        pen,
        "met1",
        top,
        (x - half, y - tall, x + half, y + tall),
        landing=(x - half, y - low, x + half, y + low),
    )


def draw_bank(
    pen: CellWriter, driver: gf.Component, rows: int, left: float, bottom: float, edge: float
) -> Bank:
    """Place and wire all drivers.

    Args:
        pen: writer of the cell that is drawn.
        driver: the row driver cell.
        rows: number of word lines.
        left: left side of the bank, um.
        bottom: bottom of the phase drivers, um.
        edge: x at which the input tracks begin (the core's left edge), um.
    """
    width, height = bank_size(driver, rows)
    bank = Bank(left, snap(left + width), bottom, snap(bottom + height), row_tracks(driver, rows, bottom))
    size = outline(driver)
    first = snap(left + dim.HOP + dim.VIA_PAD)
    columns = [snap(first + i * (size.width() + dim.BANK_GAP)) for i in range(dim.BANK_COLUMNS)]
    right = snap(columns[-1] + size.width())

    phases = [pen.place_one(driver, x, bottom, "R180") for x in columns[: len(PHASES)]]
    over: list[list[Placed]] = [[] for _ in columns]
    rails: dict[tuple[str, float], tuple[float, float, float]] = {}  # (core net, y) -> x0, x1, height
    for row in range(bank_rows(rows)):
        cells = _row_places(driver, row, min(dim.BANK_COLUMNS, rows - row * dim.BANK_COLUMNS), first, bottom)
        for column, (cell, track) in enumerate(zip(cells, _tracks(cells), strict=False)):
            pen.insert(cell)
            over[column].append(cell)
            _line(pen, edge, _hop(pen, cell, "in_1v8", -1, track), track)
            _line(pen, _hop(pen, cell, "wl", 1, track), bank.right, track)
        for net in RAILS:
            rail = cells[0].port(net)
            rails[net, snap(rail.y)] = (first, right, rail.width)

    tracks = _phase_tracks(phases[0], 2 * len(PHASES))
    bank.phase_inputs = dict(zip(PHASES, tracks[: len(PHASES)], strict=True))
    bank.phase_outputs = dict(zip(PHASES, tracks[len(PHASES) :], strict=True))
    for phase, cell in zip(PHASES, phases, strict=True):
        into, out = bank.phase_inputs[phase], bank.phase_outputs[phase]
        _line(pen, edge, _hop(pen, cell, "in_1v8", 1, into), into)
        _line(pen, left, _hop(pen, cell, "wl", -1, out), out)
        for net in RAILS:
            rail = cell.port(net)
            x0, _, _ = rails.get((net, snap(rail.y)), (snap(cell.box.left), 0.0, 0.0))
            rails[net, snap(rail.y)] = (x0, snap(cell.box.right), rail.width)
    for (_, y), (x0, x1, height_) in rails.items():
        pen.box("met1", x0, y - height_ / 2, x1, y + height_ / 2)
    _draw_straps(pen, bank, over, phases, rails)
    return bank


def _draw_straps(
    pen: CellWriter,
    bank: Bank,
    over: list[list[Placed]],
    phases: list[Placed],
    rails: dict[tuple[str, float], tuple[float, float, float]],
) -> None:
    """Via stacks on every rail of every column; the met4 above them is recorded for the caller, who knows how
    far it must go."""
    supply_y = snap(phases[0].port("vpp").y)
    for cells, below in zip_longest(over, phases):
        middle = (cells[0].box.left + cells[0].box.right) / 2
        levels: dict[str, list[float]] = {
            "vss": [],
            "vdd1v8": [],
            "vpp": [],
            LINE_SUPPLY: [supply_y] if below else [],
        }
        for (net, y), (x0, x1, _) in sorted(rails.items()):
            if net in levels and x0 <= middle <= x1:
                levels[net].append(y)
        centres = _strap_centres([*cells, *([below] if below else ())], levels)
        x = centres[LINE_SUPPLY]
        half, pad = dim.RAIL_STRAP / 2, dim.RAIL_PAD / 2
        bars = [snap(cell.port(LINE_SUPPLY).y) for cell in cells]
        phase_bars = [snap(below.port(LINE_SUPPLY).y)] if below else []
        for y in [*bars, *phase_bars]:
            pen.box("met2", x - half, y - pad, x + half, y + pad)
            stack(pen, "met2", "met4", (x - half, y - pad, x + half, y + pad))
        bank.straps[LINE_SUPPLY].append((snap(x - half), snap(x + half), min(bars) - pad))
        if below:
            _rail_stack(pen, x, supply_y, rails["vpp", supply_y][2], "met4")
            pen.box(
                "met4", x - half, min(*phase_bars, supply_y) - pad, x + half, max(*phase_bars, supply_y) + pad
            )
        del levels[LINE_SUPPLY]
        for net, ys in levels.items():
            x = centres[net]
            for y in ys:
                _rail_stack(pen, x, y, rails[net, y][2], "met4")
            bank.straps[net].append(
                (snap(x - dim.RAIL_STRAP / 2), snap(x + dim.RAIL_STRAP / 2), min(ys) - dim.RAIL_PAD / 2)
            )
