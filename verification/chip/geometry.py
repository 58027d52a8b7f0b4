"""Geometry fingerprints: what a layout is, in a few numbers, so that no cell changes unnoticed.

`neusoc geometry` accepts the present geometry as the reference: every block at 8 x 8, and at the other sizes
those that a size changes.
"""

from __future__ import annotations

import json
from pathlib import Path

import klayout.db as db
from neusoc.base.paths import ROOT
from neusoc.base.report import write_atomic
from neusoc.pdk.layers import LABEL

SMALLEST = "mini"
REFERENCE = ROOT / "verification" / "chip" / "reference"


def fingerprint(gds: Path, top: str) -> dict:
    """Bounding box (um), merged area (um2) and polygon count of each layer, and the pin labels of a GDS.

    Returns:
        A JSON-able dict with keys box, layers and pins.
    """
    layout = db.Layout()
    layout.read(str(gds))
    cell = layout.cell(top)
    layers, pins = {}, set()
    for index in layout.layer_indexes():
        info = layout.get_info(index)
        region = db.Region(cell.begin_shapes_rec(index)).merged()
        if not region.is_empty():
            layers[f"{info.layer}/{info.datatype}"] = [
                round(region.area() * layout.dbu**2, 3),
                region.count(),
            ]
        if info.datatype == LABEL:
            pins |= {s.text_string for s in cell.shapes(index).each(db.Shapes.STexts)}
    box = cell.dbbox()
    corners = [round(x, 3) for x in (box.left, box.bottom, box.right, box.top)]
    return {"box": corners, "layers": dict(sorted(layers.items())), "pins": sorted(pins)}


def reference_path(chip: str, block: str) -> Path:
    """Where the accepted fingerprint of a block stands."""
    return REFERENCE / f"{chip}.{block}.json"


def differences(found: dict, wanted: dict) -> list[str]:
    """What changed, a line each."""
    lines = [f"{key}: {wanted[key]} -> {found[key]}" for key in ("box", "pins") if found[key] != wanted[key]]
    for layer in sorted(set(found["layers"]) | set(wanted["layers"])):
        before, now = wanted["layers"].get(layer), found["layers"].get(layer)
        if before != now:
            lines.append(f"layer {layer} [area, polygons]: {before} -> {now}")
    return lines


def accept() -> list[Path]:
    """Write the present fingerprints of all blocks as the reference; those alike in all variants once, as
    `mini`'s."""
    from neusoc.base.chip import load_chip, read_chip_file
    from neusoc.layout.core.registry import schematic_blocks
    from neusoc.layout.top.build import blocks_dir, build_blocks

    written = []
    for name in read_chip_file().variants:
        chip = load_chip(name)
        for block in build_blocks(chip):
            if name != SMALLEST and block.name in schematic_blocks():
                continue
            found = fingerprint(blocks_dir(chip) / f"{block.name}.gds", block.name)
            written.append(write_atomic(reference_path(name, block.name), json.dumps(found, indent=0) + "\n"))
    return written
