"""Builds the controller in a simulator, runs the controller_*_tests.py on it and writes the report."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cocotb_tools.runner import get_runner
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, VENV_BIN
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import tool, versions
from neusoc.digital.rtl.files import (
    DEFINES,
    SIMULATION_DEFINES,
    TOP,
    parameters,
    rtl_sources,
    simulation_sources,
)

SIMULATORS = {"icarus": "iverilog", "verilator": "verilator"}
BUILD_ARGS = {
    "icarus": ["-g2012"],
    "verilator": ["--Wall", "--assert", "-O3", "--x-assign", "unique", "--x-initial", "unique"],
}
TESTS = sorted(Path(__file__).parent.glob("controller_*_tests.py"))
# Sustained events at 50 MHz with the shortest exposure: one port at a time, both together.
RATES = ("aer_in_rate", "aer_out_rate", "aer_in_rate_both", "aer_out_rate_both")
LEAST_RATE, LEAST_RESET_RATE = 5.0, 6.25
# Controller's share of a program-verify round, over its settle, pulse and conversion times.
OVERHEAD, MOST_OVERHEAD = "program_verify_overhead", 20.0
# An image of 64 x 4 bits over Wishbone within a microsecond; one without a winner at the settings after reset
# within 2.5 us.
MOST_LOAD_NS, MOST_IMAGE_NS = 1000.0, 2500.0
# What the chip was meant to reach: figure -> (limit, unit), in a report of their own (rtl_targets.<chip>).
# Against a converter that decides and resets at once, the synchroniser of its answer counts as overhead.
TARGETS = {
    "event_rate_reset_timing": (LEAST_RESET_RATE, "M events/s"),
    "program_verify_overhead_over_ideal_converter": (MOST_OVERHEAD, "%"),
}
# Random jobs, images, and events that teach, against their twins in one run of all tests. The jobs bench has
# a thousand jobs more.
JOBS = {"icarus": 6, "verilator": 60}
IMAGES = {"icarus": 40, "verilator": 1000}
EVENTS = {"icarus": 100, "verilator": 1000}
# Conversions with answers of the converter that come apart, in the same run.
CONVERSIONS = {"icarus": 160, "verilator": 10_000}


class Outcome(NamedTuple):
    """What a run found: names of the tests that passed and failed, and measured figures."""

    passed: list[str]
    failed: list[str]
    figures: dict[str, dict]


def build_top(
    simulator: str,
    top: str,
    sources: Sequence[Path],
    folder: Path,
    *,
    defines: Sequence[str] = DEFINES,
    sizes: Mapping[str, int] | None = None,
    options: Sequence[str] = (),
) -> None:
    """Compile a top for cocotb.

    Args:
        simulator: icarus or verilator.
        top: module.
        sources: sources of the top and of what it holds.
        folder: folder of the build.
        defines: macros, each 1.
        sizes: parameters of the top.
        options: options of the simulator.

    Raises:
        RuntimeError: the simulator refuses the sources.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = os.environ.get("PATH", "")
    # The virtual environment first: verilator_includer takes the first python3 it finds.
    os.environ["PATH"] = f"{VENV_BIN}:{Path(sys.executable).parent}:{saved}"
    try:
        get_runner(simulator).build(
            sources=sources,
            hdl_toplevel=top,
            defines=dict.fromkeys(defines, 1),
            parameters=sizes or {},
            build_args=options,
            build_dir=folder,
            always=True,
            timescale=("1ns", "1ps"),
            log_file=folder / "build.log",
        )
    except SystemExit as stop:
        raise RuntimeError(
            f"{simulator}: build of {top} ended with {stop.code}; see {folder / 'build.log'}"
        ) from None
    finally:
        os.environ["PATH"] = saved


def run_top(
    simulator: str,
    top: str,
    modules: Sequence[str],
    chip: Chip,
    folder: Path,
    *,
    build: Path | None = None,
    tests: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> Outcome:
    """Run the tests of modules on a top that is built.

    Args:
        simulator, top: simulator and top as built.
        modules: modules with the tests.
        chip: the variant, which tests take from NEUSOC_CHIP.
        folder: folder of the results.
        build: folder of the build; the same by default.
        tests: names of the tests to run; all by default.
        environment: more variables of the run.
        arguments: plusargs.

    Raises:
        RuntimeError: the run left no results.
    """
    variables = {
        "NEUSOC_CHIP": chip.name,
        "NEUSOC_FIGURES": str(folder / "figures.json"),
        "COCOTB_ANSI_OUTPUT": "0",
        **(environment or {}),
    }
    # Under pytest the runner ends with SystemExit when a test fails; the results tell which.
    with suppress(SystemExit):
        get_runner(simulator).test(
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            test_module=list(modules),
            testcase=tests,
            build_dir=build or folder,
            test_dir=folder,
            seed=1,
            plusargs=list(arguments),
            extra_env=variables,
            timescale=("1ns", "1ps"),
            results_xml=str(folder / "results.xml"),
            log_file=folder / "run.log",
        )
    return read_outcome(folder, simulator, top)


def build_controller(
    chip: Chip,
    simulator: str,
    folder: Path,
    sources: Sequence[Path] | None = None,
    options: Sequence[str] = (),
) -> None:
    """Compile the controller for cocotb; arguments as in simulate().

    Raises:
        RuntimeError: the simulator refuses the sources.
    """
    files = simulation_sources(sources or rtl_sources())
    build_top(
        simulator,
        TOP,
        files,
        folder,
        defines=SIMULATION_DEFINES,
        sizes=parameters(chip),
        options=[*BUILD_ARGS[simulator], *options],
    )


def simulate(
    chip: Chip,
    simulator: str,
    folder: Path,
    sources: list[Path] | None = None,
    tests: list[str] | None = None,
    environment: dict[str, str] | None = None,
    build: Path | None = None,
    arguments: Sequence[str] = (),
    options: Sequence[str] = (),
) -> Outcome:
    """Build and run.

    Args:
        chip: the variant.
        simulator: icarus or verilator.
        folder: folder of the build and the results; made anew.
        sources: other than the tracked RTL (a mutant).
        tests: names of the tests to run; all by default.
        environment: more variables of the run (NEUSOC_JOBS, NEUSOC_FIRST_JOB: how many random jobs, from
            which).
        build: folder of an earlier build to run; folder gets the results only.
        arguments: plusargs of the simulation.
        options: more of the simulator's own for the build.

    Raises:
        UserError: the simulator is missing or too old.
        RuntimeError: the build failed or the run left no results.
    """
    begin(simulator, folder)
    if build is None:
        build_controller(chip, simulator, folder, sources, options)
    modules = [f"neusoc.verification.cocotb.{path.stem}" for path in TESTS]
    return run_top(
        simulator,
        TOP,
        modules,
        chip,
        folder,
        build=build,
        tests=tests,
        environment=environment,
        arguments=arguments,
    )


def begin(simulator: str, folder: Path) -> None:
    """An empty folder for a simulator that is there.

    Raises:
        UserError: the simulator is missing or too old.
    """
    tool(SIMULATORS[simulator])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def read_outcome(folder: Path, simulator: str, top: str) -> Outcome:
    """What a run left in its folder: results.xml, figures.json.

    Raises:
        RuntimeError: it left no results, or no test ran.
    """
    results, figures = folder / "results.xml", folder / "figures.json"
    if not results.exists():
        raise RuntimeError(f"{simulator}: the run of {top} left no results; see {folder / 'run.log'}")
    passed, failed = [], []
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            continue
        bad = case.find("failure") is not None or case.find("error") is not None
        (failed if bad else passed).append(case.get("name"))
    if not passed and not failed:
        raise RuntimeError(f"{simulator}: no test ran; see {folder / 'run.log'}")
    return Outcome(passed, failed, json.loads(figures.read_text()) if figures.exists() else {})


def all_tests(files: Sequence[Path] = TESTS) -> list[str]:
    """Names of all tests of some files, those of the controller by default, by their text: a test that does
    not run is missed."""
    return re.findall(r"@cocotb\.test\([^)]*\)\nasync def (\w+)", "".join(path.read_text() for path in files))


def target_report(chip: Chip, figures: dict[str, dict]) -> Report:
    """The figures that TARGETS names, each with its target as its limit; one that was not measured has no
    value."""

    def judged(name: str, limit: float, unit: str) -> Figure:
        bound = {"max": limit} if unit == "%" else {"min": limit}
        return Figure(name=name, value=figures.get(name, {}).get("value"), unit=unit, source="rtl", **bound)

    found = [judged(name, *target) for name, target in TARGETS.items()]
    return Report(step=f"rtl_targets.{chip.name}", figures=found, inputs_hash=made_by(__name__, chip))


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__), *TESTS), *rtl_sources()]


def check_controller(chip: Chip, simulator: str) -> Report:
    """Run all tests of the controller; write build/reports/rtl.<chip>.<simulator>.json and
    rtl_targets.<chip>.json."""
    watch = Stopwatch()
    folder = BUILD / "cocotb" / f"{chip.name}_{simulator}"
    amounts = {
        "NEUSOC_JOBS": JOBS,
        "NEUSOC_IMAGES": IMAGES,
        "NEUSOC_EVENTS": EVENTS,
        "NEUSOC_CONVERSIONS": CONVERSIONS,
    }
    outcome = simulate(
        chip, simulator, folder, environment={name: str(count[simulator]) for name, count in amounts.items()}
    )
    targets = target_report(chip, outcome.figures)
    targets.write()
    report = Report(
        step=f"rtl.{chip.name}.{simulator}",
        figures=[
            Figure(name="tests_passed", value=len(outcome.passed), min=len(all_tests()), source="rtl"),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="rtl"),
            *measured_figures(outcome.figures, simulator),
            # Without the limit, which is in the report of the targets: a figure that was not measured fails
            #   here too.
            *(f.model_copy(update={"min": None, "max": None}) for f in targets.figures),
        ],
        tools=versions(SIMULATORS[simulator], "cocotb"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={
            "log": str((folder / "run.log").relative_to(BUILD)),
            "results": str((folder / "results.xml").relative_to(BUILD)),
        },
    )
    report.write()
    return report


def measured_figures(figures: Mapping[str, dict], simulator: str) -> list[Figure]:
    """What the tests measured, with its limits; a figure that was not measured has no value, and fails."""

    def of(source: str, unit: str = "", name: str | None = None, **limits: float) -> Figure:
        return Figure(
            name=name or source, value=figures.get(source, {}).get("value"), unit=unit, source="rtl", **limits
        )

    return [
        of("jobs", name="jobs bit-exact", min=JOBS[simulator]),
        of("images", name="images bit-exact", min=IMAGES[simulator]),
        of("events", name="events with learning, bit-exact", min=EVENTS[simulator]),
        of("random_power_ups", min=1000),
        of("conversions_with_skew", min=CONVERSIONS[simulator]),
        of("wrong_codes_with_skew", max=0),
        *(of(name, "M events/s", min=LEAST_RATE) for name in RATES),
        of("spike_rate", "M spikes/s"),
        of(OVERHEAD, "%", max=MOST_OVERHEAD),
        of("image_load", "ns", name="image over Wishbone", max=MOST_LOAD_NS),
        # At the port's own rate, which no limit was asked of.
        of("image_load_spi", "us", name="image over SPI"),
        of("image_time", "ns", name="image at the settings after reset", max=MOST_IMAGE_NS),
    ]
