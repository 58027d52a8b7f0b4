"""Pictures of the chip and its blocks: build/<chip>/png, and the two that the README shows."""

from __future__ import annotations

from pathlib import Path

from neusoc.flow.config import Chip
from neusoc.flow.paths import chip_dir
from neusoc.flow.products import blocks_dir, build_blocks, build_chip
from neusoc.layout.blocks import schematic_blocks


def render_all(chip: Chip, width: int = 1600) -> list[Path]:
    """Render every block's layout, every schematic, and the chip; returns the PNG paths."""
    from neusoc.analog.schematic import draw
    from neusoc.layout.render import render

    out = chip_dir(chip.name) / "png"
    out.mkdir(parents=True, exist_ok=True)
    gds = build_chip(chip)
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
