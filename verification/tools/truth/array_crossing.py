"""The array's own crossing: word line over bit line as drawn, solved (array_crossing.csv), and what the
extractor says of the same lines.

A crossing is one cell: met3 and polysilicon of the word line, met2 of the bit line, met1 and li1 of source
line and bottom electrode. The cell's sides are mirrors of the array, so one half of one cell with mirrors all
round is a line of endless length between endless
neighbours: what a bit line there has to all word lines is what a whole bit line has to one. Left out are the
contacts, the ReRAM with the via under it, the diffusion (the substrate's plane lies in its place) and the
straps.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import klayout.db as kdb
from neusoc.base.paths import BUILD
from neusoc.base.tables import table
from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.plan import Tile
from neusoc.pdk.gds import write_component
from neusoc.pdk.layers import LAYERS
from neusoc.verification.tools.truth.patterns import Pattern, Shape

TABLE = Path(__file__).with_name("array_crossing.csv")
WINDOW = (
    0.0,
    0.0,
    dim.PITCH_X / 2,
    dim.HALF_PAIR,
)  # right half of the pair's upper cell: mirrors at both of its middles
METALS = ("poly", "li1", "met1", "met2", "met3")
ROWS, COLUMNS_DRAWN = 8, 8  # of the tile that is extracted
MIDDLE = (3, 3)  # row and column whose lines count: with neighbours on both sides
Pairs = dict[tuple[str, str], float]
_ORDER = ("bl", "be", "wl", "sl", "gnd")


def _net(layer: str, box: kdb.DBox) -> str:
    """Line and layer of a shape of the window: wl, bl, sl or be (bottom electrode)."""
    if layer in ("met2", "met3", "poly"):
        return f"{'bl' if layer == 'met2' else 'wl'}_{layer}"
    return f"{'sl' if box.bottom <= 0 else 'be'}_{layer}"


def half_cell() -> Pattern:
    """The window as it is drawn: the layout of a synapse pair, and the met3 that the array adds."""
    from neusoc.layout.array.cell import synapse_pair

    pair = synapse_pair()
    window = kdb.DBox(*WINDOW)
    shapes = []
    for layer in METALS:
        region = kdb.Region(
            kdb.RecursiveShapeIterator(
                pair.kdb_cell.layout(), pair.kdb_cell, pair.kdb_cell.layout().layer(*LAYERS[layer])
            )
        )
        boxes = [polygon.bbox().to_dtype(pair.kdb_cell.layout().dbu) for polygon in region.merged().each()]
        if layer == "met3":
            boxes = [kdb.DBox(-1.0, dim.WL_Y - dim.WL_LINE / 2, 1.0, dim.WL_Y + dim.WL_LINE / 2)]
        for box in boxes:
            if not (inside := box & window).empty() and inside.area() > 0:
                shapes.append(
                    Shape(_net(layer, box), layer, inside.left, inside.bottom, inside.right, inside.top)
                )
    return Pattern("array_crossing", "crossing", ("bl_met2", "wl_met3"), tuple(shapes))


def by_line(pairs: Mapping[tuple[str, str], float]) -> Pairs:
    """Sums over the layers of each line; what a line has to itself does not count."""
    found: Pairs = defaultdict(float)
    for (one, other), femto in pairs.items():
        a, b = sorted((net.split("_")[0] for net in (one, other)), key=_ORDER.index)
        if a != b:
            found[a, b] += femto
    return dict(found)


def whole(lines: Pairs, line: str = "bl") -> float:
    """All that a line has, fF of one cell."""
    return sum(femto for pair, femto in lines.items() if line in pair)


def truth(path: Path = TABLE) -> Pairs:
    """(layer's net, layer's net) -> fF of one cell."""
    with path.open() as file:
        return {(row["net_a"], row["net_b"]): float(row["fF"]) for row in csv.DictReader(file)}


def extracted() -> Pairs:
    """The extractor's values of one cell in the middle of a tile: (line, line) -> fF.

    Raises:
        UserError: the extraction failed.
    """
    from neusoc.analog.synapse.sample import without_reram
    from neusoc.layout.array.array import array_tile
    from neusoc.verification.release.lines import unlabel_children
    from neusoc.verification.signoff.pex import capacitors, extracted_text

    tile = Tile(ROWS, COLUMNS_DRAWN)
    gds = write_component(array_tile(rows=ROWS, columns=COLUMNS_DRAWN), BUILD / "analog" / f"{tile.name}.gds")
    unlabel_children(gds, tile.name)
    lines = [round(1000 * x) for x in tile.bit_lines]
    electrodes: list[str] = []

    def electrode(index: int, centre: kdb.Point) -> str:
        column = min(range(COLUMNS_DRAWN), key=lambda c: abs(lines[c] - centre.x))
        electrodes.append(f"be{index // COLUMNS_DRAWN}_{column}")
        return electrodes[-1]

    cut = without_reram(gds, gds.with_name(f"{gds.stem}_cut.gds"), tile.name, electrode)
    pins = [
        *(f"wl[{i}]" for i in range(ROWS)),
        *(f"bl[{i}]" for i in range(COLUMNS_DRAWN)),
        *(f"sl[{i}]" for i in range(ROWS // 2)),
    ]
    text = extracted_text(tile.name, cut, [*pins, *electrodes, "vss"], mode="CC")
    row, column = MIDDLE
    found: Pairs = defaultdict(float)
    for one, other, femto in capacitors(text):
        nets = {one, other}
        for a, b, names in (
            ("bl", "wl", {f"bl[{column}]", f"wl[{row}]"}),
            ("be", "wl", {f"be{row}_{column}", f"wl[{row}]"}),
        ):
            if nets == names:
                found[a, b] += femto
        if f"bl[{column}]" in nets:
            # a whole bit line, of which the cell has its part
            rest = (nets - {f"bl[{column}]"}).pop()
            kind = "gnd" if rest == "vss" else rest[:2]
            if kind in ("gnd", "sl", "be"):
                found["bl", kind] += femto / ROWS
    return dict(found)


def table_text(true: Pairs, kpex: Pairs) -> str:
    """Markdown: what a cell adds to its bit line, and to a word line from its bottom electrode; solver and
    extractor."""
    lines = []
    shown = [(f"{a} - {b}", true[a, b], kpex[a, b]) for a, b in sorted(kpex.keys() & true.keys())]
    for name, solved_value, value in [*shown, ("bl, whole", whole(true), whole(kpex))]:
        error = f" ({100 * (value / solved_value - 1):+.0f} %)" if solved_value > 1e-3 else ""
        lines.append((name, f"{solved_value:.4f}", f"{value:.4f}{error}"))
    return table(("one cell", "field solver, fF", "extractor, fF"), lines, right=(1, 2)).rstrip("\n")
