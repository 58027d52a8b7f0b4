"""LibreLane's view of the process: configuration, tracks, lists of cells, maps, extraction rules."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from neusoc.pdk.assemble.technology import techlef_text, tracks_text
from neusoc.pdk.assemble.wheels import Wheel
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.wheel import LIBRARY, full_name
from neusoc.pdk.wires import WIRES, routing_layers, rules_text

TEMPLATES = Path(__file__).with_name("files")
# For the clock tree and hold repair alone: logic that passes through them would be slow or waste area.
_NOT_FOR_LOGIC = (
    "clkbuf",
    "clkinv",
    "clkinvlp",
    "clkdlybuf",
    "dlygate",
    "dlymetal",
    "dlclkp",
    "bufinv",
    "conb",
)
# Cells of size 1 that synthesis may use: it has no other for the job, or their load is a single pin.
_SMALL_BUT_WANTED = ("mux2_1", "mux4_1", "fa_1", "dlxtp_1", "dlxtn_1", "buf_1")


def _not_for_logic(cell: str) -> bool:
    """Whether synthesis must not choose a measured cell: clock and delay cells, and size 1, too weak for a
    wire."""
    family = re.sub(r"_\d+$", "", cell)
    if family.startswith(_NOT_FOR_LOGIC) or family in ("diode", "decap"):
        return True
    return cell.endswith("_1") and cell not in _SMALL_BUT_WANTED


def cell_lists(cells: list[str]) -> dict[str, str]:
    """Cells that are not to be used, by file name: at all (drc_exclude.cells) and by synthesis
    (no_synth.cells).

    Args:
        cells: full names of all cells of the library. Those that have no Liberty are excluded everywhere.
    """
    measured = cell_list("measured")
    known = {full_name(cell) for cell in (*measured, *cell_list("physical"))}
    unknown = [cell for cell in cells if cell not in known]
    unwanted = [full_name(cell) for cell in measured if _not_for_logic(cell)] + [
        full_name(cell) for cell in cell_list("physical")
    ]
    return {"drc_exclude.cells": _lines(unknown), "no_synth.cells": _lines([*unknown, *unwanted])}


def _lines(names: list[str]) -> str:
    return "".join(f"{name}\n" for name in sorted(names))


def write_librelane(wheel: Wheel, cells: list[str], tree: Path) -> None:
    """Fill libs.tech/openlane and the technology LEF."""
    flow = tree / "libs.tech" / "openlane"
    techlefs = tree / "libs.ref" / LIBRARY / "techlef"
    for folder in (flow / LIBRARY, techlefs):
        folder.mkdir(parents=True)
    for wires in WIRES:
        text = techlef_text(wheel, wires)
        layers = routing_layers(text)
        (techlefs / f"{LIBRARY}__{wires}.tlef").write_text(text)
        (flow / f"rules.openrcx.sky130B.{wires}.spef_extractor").write_text(rules_text(layers))
        if wires == "nom":
            (flow / LIBRARY / "tracks.info").write_text(tracks_text(layers))
    for name, text in cell_lists(cells).items():
        (flow / LIBRARY / name).write_text(text)
    shutil.copyfile(TEMPLATES / "config.tcl", flow / "config.tcl")
    shutil.copyfile(TEMPLATES / "library.tcl", flow / LIBRARY / "config.tcl")
    shutil.copyfile(TEMPLATES / "latch_map.v", flow / LIBRARY / "latch_map.v")
