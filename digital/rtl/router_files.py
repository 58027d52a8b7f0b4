"""Sources of the event router, and of two controllers around it, in order: apart from files.py, whose modules
are those of a controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.digital.model.router_words import require
from neusoc.digital.regs.router import PACKAGE, generate_package
from neusoc.digital.rtl.files import FOLDER, rtl_sources

ROUTER = "event_router"
TWO_CORES = "two_cores"
OWN = ("router_queue", "router_registers", ROUTER)  # the router's alone
SHARED = ("controller_pkg", "clock_gate", "latch_word", "synchronizer", "event_input", "aer_sender")


def router_sources() -> list[Path]:
    """SystemVerilog files, packages first, top last; the generated package is made if need be."""
    return [
        FOLDER / "controller_pkg.sv",
        generate_package(),
        *(FOLDER / f"{name}.sv" for name in (*SHARED[1:], *OWN)),
    ]


def router_parameters(chip: Chip) -> dict[str, int]:
    """Parameters of the router between two cores of a variant."""
    return {"Rows": chip.rows, "Neurons": chip.neurons}


def two_cores_sources(chip: Chip, router: Sequence[Path] | None = None) -> list[Path]:
    """SystemVerilog files of two_cores, packages first, top last; its parameters are those of a controller.

    Args:
        chip: variant of both cores.
        router: sources of the router; by default the tracked ones (a planted fault has others).

    Raises:
        UserError: the router cannot join cores of the variant.
    """
    require(chip)
    own = [path for path in router or router_sources() if path.stem in {*OWN, PACKAGE.stem}]
    return [*rtl_sources(), *own, FOLDER / f"{TWO_CORES}.sv"]
