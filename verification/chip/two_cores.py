"""A chip of two cores in one simulation (Icarus): wrapper, RTL of both controllers and the router,
behavioural cores and references."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.report import write_atomic
from neusoc.base.two_cores import CORES
from neusoc.digital.model.router_words import require
from neusoc.digital.rtl.files import SIMULATION_DEFINES, simulation_sources
from neusoc.digital.rtl.router_files import two_cores_sources
from neusoc.layout.core.verilog import behavioural_core, behavioural_references, core_twins
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.levels import ROOT_MODULE, levels_module
from neusoc.layout.top.two_cores import two_cores_wrapper
from neusoc.layout.top.wrapper import pads_module
from neusoc.verification.cocotb.run import BUILD_ARGS, Outcome, begin, build_top, run_top

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("two_cores_tests.py")


def two_cores_chip(chip: Chip, folder: Path) -> list[Path]:
    """All files of the chip, generated ones written to folder, the top last but for what joins the levels of
    its macros.

    Args:
        chip: variant of both cores.
        folder: folder to write to.

    Raises:
        UserError: as behavioural_core(), two_cores_wrapper() and levels_module().
    """
    require(chip)
    texts = {PARTS.core: behavioural_core(chip), PARTS.references: behavioural_references(chip)}
    texts |= {PADS_CELL: pads_module(chip), TOP: two_cores_wrapper(chip)}
    own = [write_atomic(folder / f"{name}.v", text) for name, text in texts.items()]
    levels = levels_module(chip, own[-1], ends=[str(core) for core in range(CORES)])
    own.append(write_atomic(folder / f"{ROOT_MODULE}.v", levels))
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
    options = [*BUILD_ARGS[SIMULATOR], f"-s{ROOT_MODULE}"]
    build_top(SIMULATOR, TOP, two_cores_chip(chip, folder), folder, defines=defines, options=options)
    return run_top(SIMULATOR, TOP, [f"neusoc.verification.chip.{TESTS.stem}"], chip, folder)
