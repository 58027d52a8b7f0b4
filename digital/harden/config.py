"""LibreLane's configuration of one chip's controller: the shared config.yaml plus what the chip and the
engine decide."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import yaml
from neusoc.base.paths import ROOT
from neusoc.digital.harden.pins import slots
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.wheel import full_name
from neusoc.pdk.source import CORNERS, Pdk

FOLDER = ROOT / "digital" / "librelane" / "controller"
ENGINES = ("wheels", "container")
STA_CORNERS = tuple(f"{wires}_{devices}" for wires in ("nom", "min", "max") for devices in CORNERS)

# Steps that LibreLane's wheels-only run leaves out or replaces. The order matters: each name must exist when
# its turn comes.
_COMMON_STEPS = {
    "OpenROAD.STAPrePNR": (
        None
    ),  # STA before and between the steps of place and route: only the last one counts
    "OpenROAD.STAMidPNR*": None,
    "Odb.CellFrequencyTables": None,
    "KLayout.Render": None,
    "+OpenROAD.FillInsertion": "OpenROAD.WriteCDL",
}
SUBSTITUTIONS = {
    # No Magic and no Netgen: the abstract LEF comes from OpenROAD; DRC and LVS are the project's own, after
    #   either engine.
    "wheels": {
        **_COMMON_STEPS,
        "Magic.StreamOut": None,
        "Magic.WriteLEF": "Neusoc.WriteLef",
        "Magic.DRC": None,
        "Magic.SpiceExtraction": None,
        "KLayout.XOR": None,
        "KLayout.DRC": None,
        "Netgen.LVS": None,
        "Checker.XOR": None,
        "Checker.MagicDRC": None,
        "Checker.KLayoutDRC": None,
        "Checker.IllegalOverlap": None,
        "Checker.LVS": None,
        "Misc.ReportManufacturability": None,
    },
    "container": _COMMON_STEPS,
}

# Floorplan, um. A pin every other routing track on met2 (south, north; 0.46) and on met3 (west, east; 0.68).
VERTICAL_TRACK, HORIZONTAL_TRACK = 0.46, 0.68
TRACKS_PER_PIN = 2
SITE = (0.46, 2.72)  # unithd; PDK: libs.ref/sky130_fd_sc_hd/techlef
CORE_MARGIN = (5.52, 10.88)  # LibreLane's default margins: 12 sites, 4 rows
UTILISATION = 0.30  # of the core by the synthesised cells: buffers, diodes, taps and clock tree come on top
# Wires grow with the die. Of 64 x 64 (0.38 mm2), 136 routes are too many for the tracks that config.yaml lets
# global routing have, and of 8 x 8 (0.29 mm2) 25; with a quarter of met1, half of met2 and all of met3 and
# met4 none. With its SPI port the latter (0.33 mm2) has 3 too many again behind the diodes of its pins, so
# met2 gives more. A layer with 0 has GRT_ADJUSTMENT.
WIDE_DIE = 0.27e6  # um2
WIDE_DIE_ROUTING = {"GRT_ADJUSTMENT": 0, "GRT_LAYER_ADJUSTMENTS": [0.99, 0.7, 0.42, 0, 0, 0]}

# For the clock tree and hold repair alone.
_NOT_FOR_LOGIC = re.compile(r"clkbuf|clkinv|clkdlybuf|dlygate|dlymetal|bufinv|conb")


def excluded_cells(pdk: Pdk) -> str:
    """File of the cells that synthesis must not choose: those that the project has not characterised, clock
    and delay cells.

    Synthesis so has the same cells on every PDK. Size 1 is among them, which LibreLane's lists leave out:
    placement makes those larger that drive much, most do not.
    """
    wanted = {full_name(cell) for cell in cell_list("measured") if not _NOT_FOR_LOGIC.match(cell)}
    library = pdk.path(f"lib_{CORNERS[0]}").read_text()
    names = re.findall(r'^\s*cell\s*\(\s*"?([^")\s]+)', library, re.MULTILINE)
    return "".join(f"{name}\n" for name in sorted(set(names) - wanted))


def die_area(cell_area: float, pins: dict[str, list[str]]) -> tuple[float, float]:
    """Width and height of the die: wide enough for the pins north and south, as high as the cells and the
    pins ask.

    Args:
        cell_area: area of the synthesised cells, um2.
        pins: pins of each side.

    Returns:
        Width and height, um, in whole sites.
    """
    across = max(slots(pins["N"]), slots(pins["S"])) + 2
    along = max(slots(pins["E"]), slots(pins["W"])) + 2
    core = cell_area / UTILISATION
    width = max(across * TRACKS_PER_PIN * VERTICAL_TRACK, math.sqrt(core) + 2 * CORE_MARGIN[0])
    height = max(
        along * TRACKS_PER_PIN * HORIZONTAL_TRACK, core / (width - 2 * CORE_MARGIN[0]) + 2 * CORE_MARGIN[1]
    )
    sized = (
        math.ceil(length / pitch - 1e-9) * pitch for length, pitch in zip((width, height), SITE, strict=True)
    )
    width, height = (round(length, 3) for length in sized)
    return width, height


def configuration(
    engine: str,
    design: str,
    sources: list[Path],
    defines: tuple[str, ...],
    parameters: dict[str, int],
    clock_ns: float,
    pin_order: Path,
    excluded: Path,
    drc_runset: Path,
    die: tuple[float, float] | None,
) -> dict[str, object]:
    """LibreLane's configuration as its JSON object.

    Args:
        engine: wheels or container; they differ in `meta` only.
        design: top module.
        sources: SystemVerilog files in order.
        defines: preprocessor macros.
        parameters: parameters of the top module.
        clock_ns: clock period, ns.
        pin_order: file of neusoc.digital.harden.pins.order_file.
        excluded: file of excluded_cells.
        drc_runset: an existing deck: LibreLane asks for one even where its DRC step does not run.
        die: width and height, um; None as long as only synthesis runs.
    """
    shared = yaml.safe_load((FOLDER / "config.yaml").read_text())
    for key, value in shared.items():
        if isinstance(value, str) and value.startswith("dir::"):
            shared[key] = str(FOLDER / value.removeprefix("dir::"))
    return {
        "meta": {"version": 3, "flow": "Classic", "substituting_steps": SUBSTITUTIONS[engine]},
        "DESIGN_NAME": design,
        **shared,
        **(WIDE_DIE_ROUTING if die and die[0] * die[1] > WIDE_DIE else {}),
        "CLOCK_PERIOD": clock_ns,
        "VERILOG_FILES": [str(p) for p in sources],
        "VERILOG_DEFINES": list(defines),
        "USE_SLANG": True,
        "SYNTH_PARAMETERS": [f"{k}={v}" for k, v in parameters.items()],
        "IO_PIN_ORDER_CFG": str(pin_order),
        "SYNTH_EXCLUDED_CELL_FILE": str(excluded),
        "KLAYOUT_DRC_RUNSET": str(drc_runset),
        "DIE_AREA": [0, 0, *(die or (500.0, 500.0))],
    }


def write_configuration(path: Path, content: dict[str, object]) -> Path:
    """Write the JSON file that LibreLane reads."""
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path
