"""How much of the harness' frame two cores of today would take: docs/02-chip/several_cores.md."""

from __future__ import annotations

from neusoc.base.chip import load_chip
from neusoc.base.results import Results, figure_value
from neusoc.base.tables import table
from neusoc.digital.model.router_words import CORES
from neusoc.layout.top.frame import DIE
from neusoc.verification.software.chips_report import CHIP


def area_table(results: Results) -> str:
    """Areas from the figures of blocks and of the hardened controller, mm2, and their share of the frame.

    Raises:
        UserError: one was not measured.
    """
    chip = load_chip(CHIP)

    def block(name: str) -> float:
        width, height = (figure_value(results, f"blocks.{chip.name}.{name}", side) for side in ("width", "height"))
        return width * height * 1e-6

    frame = DIE[0] * DIE[1] * 1e-12
    parts = {
        f"{CORES} analog cores of {chip.rows} x {chip.columns}": CORES * block("analog_core"),
        f"{CORES} controllers": CORES * figure_value(results, f"harden_targets.{chip.name}", "area"),
        f"{CORES} protections of the pads": CORES * block("analog_pads"),
    }
    rows = [*parts.items(), ("together", sum(parts.values())), ("the frame", frame)]
    cells = [(name, f"{area:.3f}", f"{100 * area / frame:.1f} %") for name, area in rows]
    return table(("what", "mm2", "share of the frame"), cells, (1, 2))
