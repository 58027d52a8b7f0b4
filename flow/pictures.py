"""Pictures of the chip and its blocks: build/<chip>/png, and the two that the README shows."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.paths import chip_dir
from neusoc.layout.core.registry import schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks, build_chip


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
