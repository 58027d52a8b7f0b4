"""The whole chip in one simulation (Icarus): user_analog_project_wrapper with the controller's RTL and the behavioural analog core."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cocotb_tools.runner import get_runner
from neusoc.base.cache import content_hash
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.pins import CELL
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.tools import tool, versions
from neusoc.digital.rtl.files import SIMULATION_DEFINES, rtl_sources, simulation_sources
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import behavioural_core, core_twins
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.wrapper import wrapper
from neusoc.verification.cocotb.run import Outcome, read_outcome

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("whole_tests.py")


def whole_sources(chip: Chip, folder: Path, table: Sequence[Instance] | None = None) -> list[Path]:
    """All files of the chip, wrapper and core written to folder, the top last.

    Raises:
        UserError: as behavioural_core() and wrapper().
    """
    core = write_atomic(folder / f"{CELL}.v", behavioural_core(chip, table))
    return [*simulation_sources(rtl_sources(chip)), *core_twins(chip), core, write_atomic(folder / f"{TOP}.v", wrapper(chip))]


def run_whole(chip: Chip, folder: Path, table: Sequence[Instance] | None = None, tests: Sequence[str] | None = None) -> Outcome:
    """Build the chip and run whole_tests.py on it.

    Args:
        chip: the variant.
        folder: of build and results; made anew.
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
    runner = get_runner(SIMULATOR)
    try:
        runner.build(
            sources=whole_sources(chip, folder, table),
            hdl_toplevel=TOP,
            defines=dict.fromkeys((*SIMULATION_DEFINES, "USE_POWER_PINS"), 1),
            build_args=["-g2012"],
            build_dir=folder,
            always=True,
            timescale=("1ns", "1ps"),
            log_file=folder / "build.log",
        )
    except SystemExit as stop:
        raise RuntimeError(f"{SIMULATOR}: build of {TOP} ended with {stop.code}; see {folder / 'build.log'}") from None
    # Under pytest the runner ends with SystemExit when a test fails; the results tell which.
    with suppress(SystemExit):
        runner.test(
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            test_module=f"neusoc.verification.chip.{TESTS.stem}",
            testcase=tests,
            build_dir=folder,
            test_dir=folder,
            seed=1,
            extra_env={"NEUSOC_CHIP": chip.name, "NEUSOC_FIGURES": os.fspath(folder / "figures.json"), "COCOTB_ANSI_OUTPUT": "0"},
            timescale=("1ns", "1ps"),
            results_xml=os.fspath(folder / "results.xml"),
            log_file=folder / "run.log",
        )
    return read_outcome(folder, SIMULATOR, TOP)


def check_whole(chip: Chip) -> Report:
    """Run all tests of the whole chip; write build/reports/whole.<chip>.json."""
    watch = Stopwatch()
    folder = BUILD / "whole" / chip.name
    outcome = run_whole(chip, folder)
    wanted = re.findall(r"@cocotb\.test\(\)\nasync def (\w+)", TESTS.read_text())
    report = Report(
        step=f"whole.{chip.name}",
        figures=[
            Figure(name="tests_passed", value=len(outcome.passed), min=len(wanted), source="simulation"),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="simulation"),
        ],
        tools=versions("iverilog", "cocotb"),
        inputs_hash=content_hash([*needs(Path(__file__), TESTS), *whole_sources(chip, folder)]),
        seconds=watch.seconds,
        files={"log": str((folder / "run.log").relative_to(BUILD)), "results": str((folder / "results.xml").relative_to(BUILD))},
    )
    report.write()
    return report
