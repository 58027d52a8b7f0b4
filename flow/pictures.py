"""Pictures of the chip and its blocks: build/<chip>/png, and those of the chip that the README shows, in docs/02-chip/img."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT, chip_dir
from neusoc.base.pins import CELL as CORE
from neusoc.base.report import replacing
from neusoc.layout.core.registry import schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks, build_chip, chip_gds
from neusoc.layout.top.netlist import macros

IMAGES = ROOT / "docs" / "02-chip" / "img"
WIDTH, AROUND, BESIDE = 1000, 60.0, 0.19        # pixels; um round the macros; of the width, for labels at either side
# Cell -> what the picture calls it.
LABELS = {
    "controller": "controller", "row_driver": "row drivers", "array_{rows}x{columns}": "1T1R array, {rows} x {columns}",
    "column_driver": "column drivers", "fire_driver": "fire drivers", "neuron": "{count} neurons", "bias": "bias", "sense_adc": "converter",
    "strobe_driver": "strobe drivers", "line_driver": "line driver", "dac6": "DACs", "esd_clamp": "clamp", "esd_pad": "pad diodes",
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
    """Draw the README's pictures of the built chip: all of it, its core, its macros, these with labels; returns the PNG paths.

    Raises:
        UserError: the chip is not built, or has no cell of LABELS (it has the image core).
    """
    from neusoc.layout.primitives.render import render

    gds = chip_gds(chip)
    if not gds.exists():
        raise UserError(f"{gds.name}: not found in {gds.parent.name}/; build it first with `make gds CHIP={chip.name}`")
    layout = db.Layout()
    layout.read(str(gds))
    box = db.DBox()
    for name in macros(chip):
        box += _first(layout, name)[0]
    box = box.enlarged(AROUND, AROUND)
    made = [
        render(gds, IMAGES / "chip.png", WIDTH),
        render(gds, IMAGES / "analog_core.png", WIDTH, top=CORE),
        render(gds, IMAGES / "core_and_controller.png", WIDTH, box=(box.left, box.bottom, box.right, box.top), margin=0),
        IMAGES / "core_and_controller_labelled.png",
    ]
    spots = {}
    for name, text in LABELS.items():
        where, count = _first(layout, name.format(rows=chip.rows, columns=chip.columns))
        spots[text.format(rows=chip.rows, columns=chip.columns, count=count)] = where.center()
    _label(made[-2], box, spots, made[-1])
    return made


def _first(layout: db.Layout, name: str) -> tuple[db.DBox, int]:
    """Box of the upper left instance of a cell in the top cell, um, and the number of its instances."""
    cell = layout.cell(name)
    if cell is None:
        raise UserError(f"{layout.top_cell().name}: has no cell {name}; the README's pictures are of a chip with the first core")
    found, each = [], db.RecursiveInstanceIterator(layout, layout.top_cell())
    each.targets = [cell.cell_index()]
    while not each.at_end():
        found.append((each.dtrans() * each.inst_dtrans()) * cell.dbbox())
        each.next()
    return max(found, key=lambda box: (round(box.top), -box.left)), len(found)


def _label(picture: Path, box: db.DBox, spots: dict[str, db.DPoint], out: Path) -> None:
    """A picture of a box with names beside it, each with a line to its spot: at the side that is nearer, in the order of their heights."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    pixels = (WIDTH * (1 + 2 * BESIDE), WIDTH * box.height() / box.width())
    figure = Figure(figsize=(pixels[0] / 100, pixels[1] / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(box.left - BESIDE * box.width(), box.right + BESIDE * box.width()), ylim=(box.bottom, box.top))
    axes.axis("off")
    canvas = FigureCanvasAgg(figure)
    axes.imshow(imread(str(picture)), extent=(box.left, box.right, box.bottom, box.top), aspect="auto", interpolation="antialiased")
    step = box.height() / 22
    for right in (False, True):
        side = sorted(((t, p) for t, p in spots.items() if (p.x > box.center().x) == right), key=lambda one: -one[1].y)
        last = box.top + step
        for text, point in side:
            last = min(point.y, last - step)
            at = (box.right + 0.02 * box.width() if right else box.left - 0.02 * box.width(), last)
            axes.annotate(
                text, (point.x, point.y), at, ha="left" if right else "right", va="center", fontsize=11,
                bbox={"boxstyle": "square,pad=0.2", "facecolor": "white"},
                arrowprops={"arrowstyle": "-|>,head_width=0.15", "color": "black", "shrinkA": 0, "shrinkB": 0},
            )
    with replacing(out) as temporary:
        canvas.print_png(str(temporary), metadata={"Software": None})
