"""Layouts for the page: a picture of each block, tiles of the whole that a browser zooms into, and where the
blocks lie in it.

A tile shows a square of the layout in 256 pixels; each level of the pyramid has twice the scale of the one
before. The last levels show all layers, those before them the metals alone, as a picture of the whole would
be grey otherwise.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.base.tools import version
from neusoc.layout.primitives.render import STYLES, render
from PIL import Image

TILE = 256
PIECE = 2048  # pixels of a side that are drawn at once; of the core small enough to show all layers
WIDE = 8192  # pixels of the last level's width
OVERVIEW = 2048  # of the widest level without the layers below the metals
SHADES = 2  # times larger a block is drawn than it is shown
PICTURE = 1000  # width of a block's picture


@dataclass(frozen=True)
class Box:
    """A rectangle, as parts of the whole layout's width and height from its upper left corner, in percent."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sheet:
    """A layout that a browser zooms into.

    Attributes:
        folder: folder of its tiles, <level>/<column>_<row>.webp, and of the picture of the whole, whole.webp.
        width, height: size of the last level, pixels.
        width_um, height_um: size of the layout, um.
        parts: name of a block -> where each of its instances lies.
    """

    folder: Path
    width: int
    height: int
    width_um: float
    height_um: float
    parts: dict[str, list[Box]]

    @property
    def levels(self) -> int:
        """Number of the last level: that of one pixel is 0."""
        return math.ceil(math.log2(max(self.width, self.height)))


def _size(width_um: float, height_um: float, wide: int) -> tuple[int, int]:
    return wide, max(1, round(wide * height_um / width_um))


def placed(gds: Path, names: set[str]) -> tuple[float, float, dict[str, list[Box]]]:
    """Width and height of a layout, um, and where the cells of these names lie in it, at any depth but inside
    each other."""
    layout = db.Layout()
    layout.read(str(gds))
    top = layout.top_cell()
    whole = top.dbbox()
    found: dict[str, list[Box]] = {}

    def walk(cell: db.Cell, place: db.DCplxTrans) -> None:
        for instance in cell.each_inst():
            child = layout.cell(instance.cell_index)
            for each in instance.dcell_inst.each_cplx_trans():
                here = place * each
                if child.name in names:
                    box = here * child.dbbox()
                    share = (100 / whole.width(), 100 / whole.height())
                    x, y = (box.left - whole.left) * share[0], (whole.top - box.top) * share[1]
                    sides = (box.width() * share[0], box.height() * share[1])
                    found.setdefault(child.name, []).append(Box(*(round(v, 3) for v in (x, y, *sides))))
                elif child.child_instances():
                    walk(child, here)

    walk(top, db.DCplxTrans())
    return whole.width(), whole.height(), found


def _drawn(
    gds: Path, width: int, layers: tuple[str, ...] | None, box: tuple[float, float, float, float]
) -> Image.Image:
    """A part of a layout without a margin."""
    with tempfile.TemporaryDirectory() as place:
        picture = render(
            gds, Path(place) / "part.png", width, layers=layers, box=box, labels=False, margin=0.0
        )
        with Image.open(picture) as image:
            return image.convert("RGB")


def _whole(gds: Path, wide: int, layers: tuple[str, ...] | None, box: db.DBox) -> Image.Image:
    """A layout drawn piece by piece: a small one shows all its layers, through each other."""
    width, height = _size(box.width(), box.height(), wide)
    pixel = box.width() / width
    image = Image.new("RGB", (width, height), "white")
    for top in range(0, height, PIECE):
        for left in range(0, width, PIECE):
            x, y, side = box.left + left * pixel, box.top - top * pixel, PIECE * pixel
            image.paste(_drawn(gds, PIECE, layers, (x, y - side, x + side, y)), (left, top))
    return image


def _cut(image: Image.Image, place: Path) -> None:
    """A level's tiles."""
    place.mkdir(parents=True)
    for top in range(0, image.height, TILE):
        for left in range(0, image.width, TILE):
            part = image.crop((left, top, min(left + TILE, image.width), min(top + TILE, image.height)))
            write_webp(part, place / f"{left // TILE}_{top // TILE}.webp")


def write_webp(image: Image.Image, path: Path) -> Path:
    """A picture without loss; one of few colours by a palette of them is a third of the size."""
    few = image.quantize(128, dither=Image.Dither.NONE).convert("RGB")
    few.save(path, "WEBP", lossless=True, quality=60, method=4)
    return path


def sheet(gds: Path, names: set[str], wide: int = WIDE) -> Sheet:
    """A layout as tiles, kept until its file changes.

    Args:
        gds: its file.
        names: cells whose places are wanted.
        wide: pixels of the last level's width.

    Raises:
        UserError: no such file, or not a layout.
    """
    width_um, height_um, parts = placed(gds, names)
    layout = db.Layout()
    layout.read(str(gds))
    box = layout.top_cell().dbbox()
    width, height = _size(width_um, height_um, wide)

    def fill(place: Path) -> None:
        print(f"  page: tiles of {gds.name}", flush=True)
        fine = _whole(gds, wide, tuple(STYLES), box)
        overview = _whole(gds, min(OVERVIEW, wide), None, box)
        write_webp(
            overview.resize(_size(width_um, height_um, min(1200, wide)), Image.Resampling.LANCZOS),
            place / "whole.webp",
        )
        level = math.ceil(math.log2(max(width, height)))
        for number in range(level, -1, -1):
            scale = 2 ** (level - number)
            size = (max(1, math.ceil(width / scale)), max(1, math.ceil(height / scale)))
            source = overview if size[0] <= overview.width else fine
            _cut(
                source if source.size == size else source.resize(size, Image.Resampling.LANCZOS),
                place / str(number),
            )

    key = content_hash([gds, *needs(Path(__file__))], wide, version("klayout"), version("pillow"))
    made = folder(BUILD / "page_parts" / f"{gds.stem}.{wide}", key, fill)
    return Sheet(made, width, height, round(width_um, 2), round(height_um, 2), parts)


def picture(gds: Path, width: int = PICTURE) -> Path:
    """A block's layout as one picture with its labels, kept until its file changes; errors as of sheet()."""

    def fill(place: Path) -> None:
        # drawn larger, so that the dots of a stipple become a shade: a browser would make a moire of them
        with Image.open(render(gds, place / "drawn.png", SHADES * width)) as image:
            small = image.convert("RGB").resize(
                (image.width // SHADES, image.height // SHADES), Image.Resampling.BOX
            )
            write_webp(small, place / f"{gds.stem}.webp")
        (place / "drawn.png").unlink()

    key = content_hash([gds, *needs(Path(__file__))], width, version("klayout"), version("pillow"))
    return folder(BUILD / "page_parts" / gds.stem, key, fill) / f"{gds.stem}.webp"
