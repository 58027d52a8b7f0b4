"""Pictures of layouts, without a display: `render(gds, png)`.

Colours are this project's own, for print on white: wells and implants pale, diffusion green, poly red, metals
from blue (met1) to violet (met5), ReRAM magenta. Small cells show everything; above SMALL the layers below
met1 are left out, so that a chip shows its wiring and not grey noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import klayout.db as db
import klayout.lay as lay
from neusoc.base.errors import UserError
from neusoc.base.report import replacing
from neusoc.pdk.layers import LABEL, LAYERS

SMALL = 200.0  # um: up to this size all layers are drawn
CHARACTER = 0.60  # width of a label's character, of its size
MARGIN = 0.015  # of the larger side
OVERSAMPLING = 2
_SOLID, _HOLLOW, _DOTS, _HATCH = 0, 1, 2, 5  # klayout's stipple numbers


class Style(NamedTuple):
    """Colour (0xRRGGBB) and stipple of a layer."""

    colour: int
    pattern: int


# bottom to top
STYLES: dict[str, Style] = {
    "prbndry": Style(0x777777, _HOLLOW),
    "dnwell": Style(0xEFE7F7, _SOLID),
    "nwell": Style(0xF5ECD7, _SOLID),
    "hvi": Style(0xE9E2F3, _HOLLOW),
    "diff": Style(0x9CCF7F, _SOLID),
    "tap": Style(0xC9B27C, _SOLID),
    "poly": Style(0xE0665F, _SOLID),
    "licon1": Style(0x555555, _SOLID),
    "li1": Style(0xB39DDB, _SOLID),
    "mcon": Style(0x222222, _SOLID),
    "met1": Style(0x3F7FE0, _DOTS),
    "via": Style(0xFFFFFF, _SOLID),
    "met2": Style(0xF5A623, _DOTS),
    "reram": Style(0xD0127A, _SOLID),
    "via2": Style(0x9A6206, _SOLID),
    "met3": Style(0x2CA58D, _DOTS),
    "capm": Style(0x7F5539, _HATCH),
    "met4": Style(0xD1495B, _DOTS),
    "met5": Style(0x6A4C93, _DOTS),
}
LOWER = ("dnwell", "nwell", "hvi", "diff", "tap", "poly", "licon1", "li1", "mcon", "via")


def _properties(name: str, chip: bool) -> lay.LayerPropertiesNode:
    style = STYLES[name]
    node = lay.LayerPropertiesNode()
    layer, datatype = LAYERS[name]
    node.source = f"{layer}/{datatype}@1"
    node.fill_color = node.frame_color = style.colour
    node.dither_pattern = _SOLID if chip and style.pattern == _DOTS else style.pattern
    node.width = 1
    return node


def _end_of_labels(cell: db.Cell, whole: db.DBox, character: float) -> float:
    """x where the last of the cell's labels inside a box ends, a character being so wide; um."""
    ends = [whole.right]
    for name in (name for name in STYLES if name.startswith("met")):
        index = cell.layout().find_layer(LAYERS[name][0], LABEL)
        texts = [] if index is None else [shape.dtext for shape in cell.shapes(index).each(db.Shapes.STexts)]
        ends += [
            text.x + (len(text.string) + 1) * character
            for text in texts
            if whole.contains(db.DPoint(text.x, text.y))
        ]
    return max(ends)


def render(
    gds: Path,
    png: Path,
    width: int = 1600,
    *,
    top: str | None = None,
    layers: tuple[str, ...] | None = None,
    box: tuple[float, float, float, float] | None = None,
    labels: bool | None = None,
    margin: float = MARGIN,
) -> Path:
    """Draw a layout to a PNG file.

    Args:
        gds: layout file.
        png: picture to write.
        width: width of the picture, pixels; the height follows from the layout.
        top: cell to draw; the only top cell without.
        layers: names in neusoc.pdk.layers to draw; a choice by the layout's size without.
        box: left, bottom, right, top in um; the whole cell without.
        labels: choice of drawing the labels of the top cell; on for small cells without.
        margin: width of the white around it, part of the larger side.

    Returns:
        png.

    Raises:
        UserError: no such file or cell, or an unknown layer name.
    """
    if not gds.exists():
        raise UserError(f"{gds.name}: not found in {gds.parent.name}/; build it first with `make gds`")
    if unknown := [name for name in layers or () if name not in STYLES]:
        raise UserError(f"render: layer {unknown[0]!r} has no style; choose among {', '.join(STYLES)}")
    view = lay.LayoutView()
    try:
        view.load_layout(str(gds), 0)
    except RuntimeError as error:
        raise UserError(
            f"{gds.name}: not a readable GDS ({str(error).splitlines()[0]}); build it again with `make gds`"
        ) from None
    layout = view.active_cellview().layout()
    cell = layout.cell(top) if top else layout.top_cell()
    if cell is None:
        raise UserError(f"{gds.name}: has no cell {top}; choose one that it has")
    view.active_cellview().cell = cell
    whole = db.DBox(*box) if box else cell.dbbox()
    chip = max(whole.width(), whole.height()) > SMALL
    labels = not chip if labels is None else labels
    text_size = max(whole.width(), whole.height()) / 90
    settings = {
        "background-color": "#ffffff",
        "grid-visible": "false",
        "text-visible": str(labels).lower(),
        "text-color": "#000000",
        "text-font": "0",
        "default-text-size": f"{text_size:.3f}",
        "cell-box-visible": "false",
        "guiding-shape-visible": "false",
    }
    for key, value in settings.items():
        view.set_config(key, value)
    view.clear_layers()
    for name in STYLES:
        if name in layers if layers else not (chip and name in LOWER):
            view.insert_layer(view.end_layers(), _properties(name, chip))
            if labels and name.startswith("met"):
                node = _properties(name, chip)
                node.source = f"{LAYERS[name][0]}/{LABEL}@1"
                view.insert_layer(view.end_layers(), node)
    view.max_hier()
    edge = margin * max(whole.width(), whole.height())
    area = whole.enlarged(edge, edge)
    if labels:
        area.right = max(area.right, _end_of_labels(cell, whole, text_size * CHARACTER))
    view.zoom_box(area)
    height = max(1, round(width * area.height() / area.width()))
    with replacing(png) as temporary:
        view.save_image_with_options(
            str(temporary), width, height, 0, OVERSAMPLING, 1.0 / OVERSAMPLING, area, False
        )
    return png
