"""Sources of the event router in order: apart from files.py, whose modules are those of a controller."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.digital.regs.router import generate_package
from neusoc.digital.rtl.files import FOLDER

ROUTER = "event_router"
OWN = ("router_queue", "router_registers", ROUTER)                  # the router's alone
SHARED = ("controller_pkg", "clock_gate", "latch_word", "synchronizer", "event_input", "aer_sender")


def router_sources() -> list[Path]:
    """SystemVerilog files, packages first, top last; the generated package is made if need be."""
    return [FOLDER / "controller_pkg.sv", generate_package(), *(FOLDER / f"{name}.sv" for name in (*SHARED[1:], *OWN))]


def router_parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the router between two cores of a variant."""
    return {"Rows": chip.rows, "Neurons": chip.neurons}
