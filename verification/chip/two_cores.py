"""A chip of two cores in one simulation (Icarus): its wrapper, the RTL of both controllers and the router, and two behavioural cores."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL
from neusoc.base.pins import CELL
from neusoc.base.report import write_atomic
from neusoc.digital.model.router_words import require
from neusoc.digital.rtl.files import SIMULATION_DEFINES, simulation_sources
from neusoc.digital.rtl.router_files import two_cores_sources
from neusoc.layout.core.verilog import behavioural_core, core_twins
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.two_cores import two_cores_wrapper
from neusoc.layout.top.wrapper import pads_module
from neusoc.verification.cocotb.run import BUILD_ARGS, Outcome, begin, build_top, run_top

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("two_cores_tests.py")


def two_cores_chip(chip: Chip, folder: Path) -> list[Path]:
    """All files of the chip, wrapper and core written to folder, the top last.

    Args:
        chip: variant of both cores.
        folder: folder to write to.

    Raises:
        UserError: as behavioural_core() and two_cores_wrapper().
    """
    require(chip)
    texts = {CELL: behavioural_core(chip), PADS_CELL: pads_module(chip), TOP: two_cores_wrapper(chip)}
    own = [write_atomic(folder / f"{name}.v", text) for name, text in texts.items()]
    return [*simulation_sources(two_cores_sources(chip)), *core_twins(chip), *own]


def run_two_cores_chip(chip: Chip, folder: Path) -> Outcome:
    """Build the chip and run two_cores_tests.py on it.

    Args:
        chip: variant of both cores.
        folder: folder of build and results; made anew.

    Raises:
        UserError: the simulator is missing or too old, or as two_cores_chip().
        RuntimeError: the build failed or the run left no results.
    """
    folder = folder.resolve()
    begin(SIMULATOR, folder)
    defines = (*SIMULATION_DEFINES, "USE_POWER_PINS")
    build_top(SIMULATOR, TOP, two_cores_chip(chip, folder), folder, defines=defines, options=BUILD_ARGS[SIMULATOR])
    return run_top(SIMULATOR, TOP, [f"neusoc.verification.chip.{TESTS.stem}"], chip, folder)
