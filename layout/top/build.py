"""From chip.yaml to the top-level GDS: blocks, controller macro, assembly. Each step runs only when its
inputs changed."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash, step
from neusoc.base.tools import version, versions
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import Block, blocks, report_name
from neusoc.layout.top.netlist import analog_macros
from neusoc.pdk.source import find_pdk

TOP = "user_analog_project_wrapper"


def blocks_dir(chip: Chip) -> Path:
    return chip_dir(chip.name) / "blocks"


def chip_gds(chip: Chip) -> Path:
    """Where `make gds` leaves the chip."""
    return chip_dir(chip.name) / "gds" / f"{TOP}.gds"


def build_blocks(chip: Chip) -> list[Block]:
    """Write GDS and SPICE of every block, and the LEFs of what the top places, to build/<chip>/blocks/.

    Returns:
        The blocks, children before parents.
    """
    folder = blocks_dir(chip)
    found = list(blocks(chip).values())
    placed = set(analog_macros(chip))
    for block in found:
        gds, spice, lef = (folder / f"{block.name}{ending}" for ending in (".gds", ".spice", ".lef"))

        def make(block: Block = block, gds: Path = gds, lef: Path = lef) -> None:
            watch = Stopwatch()
            print(f"  block {block.name}", flush=True)
            block.write(folder)
            if block.name in placed:
                from neusoc.layout.core.lef import write_lef

                write_lef(chip, block.name, gds, lef)
            _block_report(chip, block, gds, watch)
            if block.name == Plan(chip.rows, chip.columns).name:
                from neusoc.layout.array.report import area_report

                area_report(chip)

        outputs = [gds, spice, *([lef] if block.name in placed else [])]
        facts = (chip.model_dump_json(), version("gdsfactory"), version("klayout"))
        step(f"blocks.{chip.name}.{block.name}", block.sources, outputs, make, *facts)
    return found


def report_inputs(chip: Chip, block: Block) -> tuple[tuple[Path, ...], str]:
    """Files, and the chip's facts, that the report of a block is made of, for the hash that it keeps."""
    return block.sources, chip.model_dump_json()


def _block_report(chip: Chip, block: Block, gds: Path, watch: Stopwatch) -> None:
    import klayout.db as db

    layout = db.Layout()
    layout.read(str(gds))
    box = layout.cell(block.name).dbbox()
    figures = [
        Figure(name="width", value=round(box.width(), 3), unit="um", source="gds"),
        Figure(name="height", value=round(box.height(), 3), unit="um", source="gds"),
        Figure(name="top_cells", value=len(list(layout.each_top_cell())), min=1, max=1, source="gds"),
    ]
    pdk = find_pdk()
    Report(
        step=report_name("blocks", chip.name, block.name),
        figures=figures,
        tools=versions("gdsfactory", "klayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash(*report_inputs(chip, block)),
        seconds=watch.seconds,
        files={"gds": gds.name},
    ).write()


def build_controller(chip: Chip, engine: str = "wheels", sign_off: bool = True) -> Path:
    """Harden the controller; returns build/<chip>/controller/."""
    from neusoc.digital.harden.flow import harden

    return harden(chip, engine, sign_off)


def build_chip(chip: Chip, engine: str = "wheels", sign_off: bool = True) -> Path:
    """Everything, to the top-level GDS; returns its path. sign_off: as of
    neusoc.digital.harden.flow.harden()."""
    build_blocks(chip)
    macro = build_controller(chip, engine, sign_off)
    gds = chip_gds(chip)
    folder = blocks_dir(chip)

    def make() -> None:
        from neusoc.layout.top.assemble import assemble

        print("  top: placing and routing in the harness frame", flush=True)
        assemble(chip, macro, folder, gds)

    reference = chip_dir(chip.name) / "netlist" / f"{TOP}.spice"
    views = (macro / f"{PARTS.controller}.{kind}" for kind in ("gds", "lef", "cdl"))
    inputs = [*needs(ROOT / "layout" / "top" / "assemble.py"), *views]
    inputs += [
        folder / f"{macro_cell}.{kind}"
        for macro_cell in analog_macros(chip)
        for kind in ("gds", "lef", "spice")
    ]
    facts = (chip.model_dump_json(), find_pdk().hash, version("openroad"), version("klayout"))
    step(f"gds.{chip.name}", inputs, [gds, reference], make, *facts)
    return gds
