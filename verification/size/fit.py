"""What a variant takes of the harness frame before anything is hardened: `neusoc fit --chip NAME`.

The analog core and the protection of the pads are drawn. The controller is synthesised, not placed and routed: its area is an estimate, the
die that hardening would give the synthesised cells. Whether the frame holds all three is asked of the assembly's own floorplan. It puts the
core up and to the right of the controller, and the pads' protection right of the core, or left of it where the right is full. What would be
left with the core above the controller is told too; that floorplan was never drawn.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import FIRST, Chip, with_first_core
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Figure, Report, Source, Stopwatch
from neusoc.base.results import NoFigure, figure_value, read_results
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.harden.config import SITE
from neusoc.digital.harden.synthesis import Synthesis, synthesised
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.layout.top.floorplan import place
from neusoc.layout.top.frame import DIE
from neusoc.layout.top.straps import strap_reserve
from neusoc.pdk.source import find_pdk

CONTROLLER = PARTS[FIRST].controller
MOST_ALL_IN = {"large": 70.0}           # um2 a cell, core, pads and controller together: the limit of the larger chip alone


@dataclass(frozen=True)
class Fit:
    """What the floorplan says.

    Attributes:
        holds: the frame holds everything.
        right, top: space that is left of the frame beside the outermost macro and above the core, without what straps need, um; below 0:
            lacks.
    """

    holds: bool
    right: float
    top: float


def fitted(chip: Chip, core: Path, pads: Path, controller: tuple[float, float]) -> Fit:
    """Ask the floorplan.

    Args:
        chip: the variant.
        core, pads: LEF of the drawn ones.
        controller: its width and height, um.

    Raises:
        UserError: a LEF is missing or damaged.
    """
    width, height = controller
    reserve = strap_reserve(chip)
    with tempfile.TemporaryDirectory() as folder:
        lef = Path(folder) / f"{CONTROLLER}.lef"        # the floorplan takes no more than the size of it
        lef.write_text(f"MACRO {CONTROLLER}\n  SIZE {width:.3f} BY {height:.3f} ;\nEND {CONTROLLER}\n")
        lefs = {CONTROLLER: lef, CELL: core, PADS_CELL: pads}
        try:
            placed, holds = place(chip, lefs, reserve), True
        except UserError:                               # of sound files: they do not fit
            placed, holds = place(chip, lefs, (-sum(DIE), -sum(DIE))), False        # wherever that leads
    right = DIE[0] - reserve[1] - max(placed[name].box[2] for name in (CELL, PADS_CELL))
    return Fit(holds, right / 1000, (DIE[1] - reserve[0] - placed[CELL].box[3]) / 1000)


def _hardened_mm2(chip: Chip) -> float | None:
    """Published area of the hardened controller, mm2; None: this variant was not hardened."""
    try:
        return figure_value(read_results(), f"harden_targets.{chip.name}", "area", "gds")
    except NoFigure:
        return None


def figures_of(chip: Chip, core: Path, pads: Path, synthesis: Synthesis, hardened_mm2: float | None) -> list[Figure]:
    """Areas and what fits.

    Args:
        chip, core, pads: variant and LEF files, as of fitted().
        synthesis: synthesis of the controller.
        hardened_mm2: area of the same controller, hardened, mm2, for comparison; None: none.
    """
    from neusoc.layout.top.lef import read_macro

    sizes = {name: read_macro(lef, name) for name, lef in ((CELL, core), (PADS_CELL, pads))}
    area = {name: macro.width * macro.height / 1e6 for name, macro in sizes.items()}            # um2
    cells, fit = chip.rows * chip.columns, fitted(chip, core, pads, (synthesis.width, synthesis.height))
    above = fitted(chip, core, pads, (SITE[0], synthesis.height))       # nothing beside the core: it stands above the controller
    frame = DIE[0] * DIE[1] / 1e6
    whole = sum(area.values()) + synthesis.area

    def figure(name: str, value: float, unit: str, source: Source, least: float | None = None, most: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 4), unit=unit, source=source, min=least, max=most)

    found = [
        figure("cells", cells, "", "gds"),
        figure("core: width", sizes[CELL].width / 1e3, "um", "gds"),
        figure("core: height", sizes[CELL].height / 1e3, "um", "gds"),
        figure("core: area", area[CELL] / 1e6, "mm2", "gds"),
        figure("core: area a cell", area[CELL] / cells, "um2", "gds"),
        figure("pads' protection: area", area[PADS_CELL] / 1e6, "mm2", "gds"),
        figure("controller: synthesised cells", synthesis.cell_area / 1e6, "mm2", "netlist"),
        figure("controller: width, estimated", synthesis.width, "um", "netlist"),
        figure("controller: height, estimated", synthesis.height, "um", "netlist"),
        figure("controller: area, estimated", synthesis.area / 1e6, "mm2", "netlist"),
        figure("all in: area a cell, controller estimated", whole / cells, "um2", "netlist", most=MOST_ALL_IN.get(chip.name)),
        figure("all in: share of the frame", 100 * whole / frame, "%", "netlist"),
        figure("fits the frame beside the estimated controller", float(fit.holds), "", "netlist", least=1),
        figure("left at the right, straps apart", fit.right, "um", "netlist"),
        figure("left at the top, straps apart", fit.top, "um", "netlist"),
        figure("left at the right with the core above the controller", above.right, "um", "netlist"),
        figure("left at the top with the core above the controller", above.top, "um", "netlist"),
    ]
    if hardened_mm2 is not None:
        ratio = synthesis.area / 1e6 / hardened_mm2
        found.append(figure("controller: estimated area over the hardened one", ratio, "", "netlist"))
    return found


def fit_report(chip: Chip) -> Report:
    """Draw, synthesise, place; written to build/reports/fit.<chip>.json.

    Raises:
        UserError: the variant has the image core, a tool is missing, or synthesis failed.
    """
    watch = Stopwatch()
    with_first_core(chip, "the estimate of a size")
    build_blocks(chip)
    folder, pdk = blocks_dir(chip), find_pdk()
    print(f"  controller {chip.name}: synthesis", flush=True)
    synthesis = synthesised(chip)
    figures = figures_of(chip, folder / f"{CELL}.lef", folder / f"{PADS_CELL}.lef", synthesis, _hardened_mm2(chip))
    report = Report(
        step=f"fit.{chip.name}", figures=figures, tools=versions("librelane", "pyosys", "klayout", "gdsfactory"), pdk_source=pdk.source,
        pdk_hash=pdk.hash, inputs_hash=made_by(__name__, chip), seconds=watch.seconds,
    )
    report.write()
    return report
