"""The whole chip in one simulation (Icarus): user_analog_project_wrapper with the controller's RTL and the behavioural analog core."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip, with_first_core
from neusoc.base.cores import PADS_CELL
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.pins import CELL
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tools import tool, versions
from neusoc.digital.model.regmap import registers
from neusoc.digital.rtl.files import SIMULATION_DEFINES, rtl_sources, simulation_sources
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import behavioural_core, core_twins
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.wrapper import pads_module, wrapper
from neusoc.verification.chip.whole_cells import cell_figures
from neusoc.verification.cocotb.run import BUILD_ARGS, Outcome, all_tests, build_top, run_top

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("whole_tests.py")


def whole_sources(chip: Chip, folder: Path, table: Sequence[Instance] | None = None) -> list[Path]:
    """All files of the chip, wrapper and core written to folder, the top last.

    Raises:
        UserError: as behavioural_core() and wrapper().
    """
    with_first_core(chip, "the simulation of the whole chip")
    core = write_atomic(folder / f"{CELL}.v", behavioural_core(chip, table))
    pads, top = (write_atomic(folder / f"{name}.v", text) for name, text in ((PADS_CELL, pads_module(chip)), (TOP, wrapper(chip))))
    return [*simulation_sources(rtl_sources(chip)), *core_twins(chip), core, pads, top]


def run_whole(chip: Chip, folder: Path, table: Sequence[Instance] | None = None, tests: Sequence[str] | None = None) -> Outcome:
    """Build the chip and run whole_tests.py on it.

    Args:
        chip: the variant.
        folder: folder of build and results; made anew.
        table: connections of the core; by default the chip's (a planted fault has others).
        tests: names of the tests to run; all by default.

    Raises:
        UserError: the simulator is missing or too old, or as whole_sources().
        RuntimeError: the build failed or the run left no results.
    """
    tool("iverilog")
    folder = folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    defines = (*SIMULATION_DEFINES, "USE_POWER_PINS")
    build_top(SIMULATOR, TOP, whole_sources(chip, folder, table), folder, defines=defines, options=BUILD_ARGS[SIMULATOR])
    return run_top(SIMULATOR, TOP, [f"neusoc.verification.chip.{TESTS.stem}"], chip, folder, tests=tests)


def report_inputs(chip: Chip) -> tuple[list[Path], tuple[str, ...]]:
    """What its report is made of, for the hash that it keeps: sources, and the texts of what is generated."""
    sources = [*simulation_sources(rtl_sources(chip)), *core_twins(chip)]
    return [*needs(Path(__file__), TESTS), *sources], (behavioural_core(chip), pads_module(chip), wrapper(chip))


def check_whole(chip: Chip) -> Report:
    """Run all tests of the whole chip; write build/reports/whole.<chip>.json."""
    watch = Stopwatch()
    folder = BUILD / "whole" / chip.name
    outcome = run_whole(chip, folder)
    report = Report(
        step=f"whole.{chip.name}",
        figures=[
            Figure(name="tests_passed", value=len(outcome.passed), min=len(all_tests([TESTS])), source="simulation"),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="simulation"),
            *cell_figures(outcome.figures, registers()["tolerance"].fields["tolerance"].reset),
        ],
        tools=versions("iverilog", "cocotb"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={"log": str((folder / "run.log").relative_to(BUILD)), "results": str((folder / "results.xml").relative_to(BUILD))},
    )
    report.write()
    return report
