"""Pictures of the chip and its blocks: build/<chip>/png, and that of the core that the README shows, in
docs/02-chip/img."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT, chip_dir
from neusoc.base.pins import CELL as CORE
from neusoc.base.report import replacing
from neusoc.layout.core.registry import schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks, build_chip

IMAGES = ROOT / "docs" / "02-chip" / "img"
WIDTH, BESIDE = 1000, 0.19  # pixels; share of the width, for labels at either side
# Cell -> what the picture calls it.
LABELS = {
    "row_driver": "row drivers",
    "array_{rows}x{columns}": "1T1R array, {rows} x {columns}",
    "column_driver": "column drivers",
    "fire_driver": "fire drivers",
    "neuron": "{count} neurons",
    "sense_adc": "converter",
    "strobe_driver": "strobe drivers",
    "source_driver": "source driver",
    "dac6": "word-line DAC",
    "string_dac": "bit-line DAC",
}


def render_all(chip: Chip, width: int = 1600) -> list[Path]:
    """Render every block's layout, every schematic, and the chip; returns the PNG paths."""
    from neusoc.analog.bench.schematic import draw
    from neusoc.layout.primitives.render import render

    out = chip_dir(chip.name) / "png"
    out.mkdir(parents=True, exist_ok=True)
    gds = build_chip(chip, sign_off=False)
    made = []
    for block in build_blocks(chip):
        made.append(out / f"{block.name}.png")
        render(blocks_dir(chip) / f"{block.name}.gds", made[-1], width)
    for name in schematic_blocks():
        made.append(out / f"{name}_schematic.png")
        draw(name, made[-1])
    made.append(out / f"{gds.stem}.png")
    render(gds, made[-1], width)
    return made


def render_readme(chip: Chip) -> list[Path]:
    """Draw the README's picture: the analog core with labels; returns its path.

    Raises:
        UserError: the core has no cell of LABELS.
    """
    from neusoc.layout.primitives.render import render

    build_blocks(chip)
    gds, out = blocks_dir(chip) / f"{CORE}.gds", IMAGES / f"{CORE}.png"
    layout = db.Layout()
    layout.read(str(gds))
    box = layout.cell(CORE).dbbox()
    spots = {}
    for name, text in LABELS.items():
        where, count = _first(layout, name.format(rows=chip.rows, columns=chip.columns))
        spots[text.format(rows=chip.rows, columns=chip.columns, count=count)] = where.center()
    folder = chip_dir(chip.name) / "png"
    folder.mkdir(parents=True, exist_ok=True)
    bare = render(
        gds, folder / f"{CORE}_bare.png", WIDTH, box=(box.left, box.bottom, box.right, box.top), margin=0
    )
    _label(bare, box, spots, out)
    return [out]


def _first(layout: db.Layout, name: str) -> tuple[db.DBox, int]:
    """Box of the leftmost instance of a cell in the top cell, the upper of several, um, and the number of its
    instances."""
    cell = layout.cell(name)
    if cell is None:
        raise UserError(f"{layout.top_cell().name}: has no cell {name}; LABELS names it")
    found, each = [], db.RecursiveInstanceIterator(layout, layout.top_cell())
    each.targets = [cell.cell_index()]
    while not each.at_end():
        found.append((each.dtrans() * each.inst_dtrans()) * cell.dbbox())
        each.next()
    return max(found, key=lambda box: (-round(box.left), box.top)), len(found)


def _label(picture: Path, box: db.DBox, spots: dict[str, db.DPoint], out: Path) -> None:
    """A picture of a box with names beside it, each with a line to its spot: at the side that is nearer, in
    the order of their heights."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    pixels = (WIDTH * (1 + 2 * BESIDE), WIDTH * box.height() / box.width())
    figure = Figure(figsize=(pixels[0] / 100, pixels[1] / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(
        xlim=(box.left - BESIDE * box.width(), box.right + BESIDE * box.width()), ylim=(box.bottom, box.top)
    )
    axes.axis("off")
    canvas = FigureCanvasAgg(figure)
    axes.imshow(
        imread(str(picture)),
        extent=(box.left, box.right, box.bottom, box.top),
        aspect="auto",
        interpolation="antialiased",
    )
    step = box.height() / 22
    for right in (False, True):
        side = sorted(
            ((t, p) for t, p in spots.items() if (p.x > box.center().x) == right), key=lambda one: -one[1].y
        )
        last = box.top + step
        for text, point in side:
            last = min(point.y, last - step)
            at = (box.right + 0.02 * box.width() if right else box.left - 0.02 * box.width(), last)
            axes.annotate(
                text,
                (point.x, point.y),
                at,
                ha="left" if right else "right",
                va="center",
                fontsize=11,
                bbox={"boxstyle": "square,pad=0.2", "facecolor": "white"},
                arrowprops={
                    "arrowstyle": "-|>,head_width=0.15",
                    "color": "black",
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
    with replacing(out) as temporary:
        canvas.print_png(str(temporary), metadata={"Software": None})
