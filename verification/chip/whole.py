"""The whole chip in one simulation (Icarus): user_analog_project_wrapper with the controller's RTL and the
behavioural analog core."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tools import tool, versions
from neusoc.digital.model.regmap import registers
from neusoc.digital.rtl.files import SIMULATION_DEFINES, rtl_sources, simulation_sources
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import behavioural_core, behavioural_references, core_twins
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.levels import ROOT_MODULE, levels_module
from neusoc.layout.top.wrapper import pads_module, wrapper
from neusoc.verification.chip.whole_cells import whole_figures
from neusoc.verification.cocotb.run import BUILD_ARGS, Outcome, all_tests, build_top, run_top

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("whole_tests.py")
DEFINES = (*SIMULATION_DEFINES, "USE_POWER_PINS")


class Tables(NamedTuple):
    """Connection tables that a planted fault changes; None: as the chip has it.

    Attributes:
        core: connections of the analog core.
        references: connections of the references.
    """

    core: Sequence[Instance] | None = None
    references: Sequence[Instance] | None = None


OWN = Tables()


def _texts(chip: Chip, tables: Tables) -> dict[str, str]:
    """Generated Verilog of the chip by module, the top last."""
    texts = {
        PARTS.core: behavioural_core(chip, tables.core),
        PARTS.references: behavioural_references(chip, tables.references),
    }
    return texts | {PADS_CELL: pads_module(chip), TOP: wrapper(chip)}


def _rtl() -> list[Path]:
    """Sources of the controller, with its assertions."""
    return simulation_sources(rtl_sources())


def whole_sources(chip: Chip, folder: Path, tables: Tables = OWN) -> list[Path]:
    """All files of the chip, generated ones written to folder, the top last but for what joins the levels of
    its macros.

    Raises:
        UserError: as behavioural_core(), wrapper() and levels_module().
    """
    own = [write_atomic(folder / f"{name}.v", text) for name, text in _texts(chip, tables).items()]
    levels = write_atomic(folder / f"{ROOT_MODULE}.v", levels_module(chip, own[-1], *tables))
    return [*_rtl(), *core_twins(chip), *own, levels]


def run_whole(chip: Chip, folder: Path, tables: Tables = OWN, tests: Sequence[str] | None = None) -> Outcome:
    """Build the chip and run its tests on it.

    Args:
        chip: the variant.
        folder: folder of build and results; made anew.
        tables: connections; by default the chip's.
        tests: names of the tests to run; all by default.

    Raises:
        UserError: the simulator is missing or too old, or as whole_sources().
        RuntimeError: the build failed or the run left no results.
    """
    tool("iverilog")
    folder = folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = whole_sources(chip, folder, tables)
    build_top(
        SIMULATOR, TOP, sources, folder, defines=DEFINES, options=[*BUILD_ARGS[SIMULATOR], f"-s{ROOT_MODULE}"]
    )
    return run_top(SIMULATOR, TOP, [f"neusoc.verification.chip.{TESTS.stem}"], chip, folder, tests=tests)


def report_inputs(chip: Chip) -> tuple[list[Path], tuple[str, ...]]:
    """What its report is made of, for the hash that it keeps: sources, and the texts of what is generated."""
    return [*needs(Path(__file__), TESTS), *_rtl(), *core_twins(chip)], tuple(_texts(chip, OWN).values())


def check_whole(chip: Chip) -> Report:
    """Run all tests of the whole chip; write build/reports/whole.<chip>.json."""
    watch = Stopwatch()
    folder = BUILD / "whole" / chip.name
    outcome = run_whole(chip, folder)
    tolerance = registers()["tolerance"].fields["tolerance"].reset or 0
    report = Report(
        step=f"whole.{chip.name}",
        figures=[
            Figure(
                name="tests_passed",
                value=len(outcome.passed),
                min=len(all_tests([TESTS])),
                source="simulation",
            ),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="simulation"),
            *whole_figures(outcome.figures, tolerance),
        ],
        tools=versions("iverilog", "cocotb"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={
            "log": str((folder / "run.log").relative_to(BUILD)),
            "results": str((folder / "results.xml").relative_to(BUILD)),
        },
    )
    report.write()
    return report
