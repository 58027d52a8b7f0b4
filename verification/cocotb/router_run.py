"""Builds the event router in a simulator, runs event_router_tests.py on it beside its twin and writes the
report."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.rtl.files import DEFINES, parameters
from neusoc.digital.rtl.router_files import (
    ROUTER,
    TWO_CORES,
    router_parameters,
    router_sources,
    two_cores_sources,
)
from neusoc.verification.cocotb.run import (
    BUILD_ARGS,
    LEAST_RATE,
    SIMULATORS,
    Outcome,
    all_tests,
    begin,
    build_top,
    run_top,
)

TESTS = [Path(__file__).with_name("event_router_tests.py")]
TWO_TESTS = Path(__file__).with_name("two_cores_tests.py")  # both cores in RTL
RUNS = (("mini", "icarus"), ("mini", "verilator"), ("tapeout", "icarus"))


def _options(simulator: str) -> list[str]:
    """Of a build; the packages have constants that others use."""
    return [*BUILD_ARGS[simulator], *(["-Wno-UNUSEDPARAM"] if simulator == "verilator" else [])]


def simulate_router(
    chip: Chip,
    simulator: str,
    folder: Path,
    sources: list[Path] | None = None,
    tests: Sequence[str] | None = None,
) -> Outcome:
    """Build and run.

    Args:
        chip: variant of both cores.
        simulator: icarus or verilator.
        folder: folder of build and results; made anew.
        sources: other than the tracked RTL (a fault).
        tests: names of those to run; all by default.

    Raises:
        UserError: the simulator is missing or too old.
        RuntimeError: the build failed or the run left no results.
    """
    begin(simulator, folder)
    build_top(
        simulator,
        ROUTER,
        sources or router_sources(),
        folder,
        sizes=router_parameters(chip),
        options=_options(simulator),
    )
    modules = [f"neusoc.verification.cocotb.{path.stem}" for path in TESTS]
    return run_top(simulator, ROUTER, modules, chip, folder, tests=tests)


def simulate_two_cores(
    chip: Chip, simulator: str, folder: Path, sources: list[Path] | None = None
) -> Outcome:
    """Build two controllers joined by the router and run all their tests; arguments and errors as of
    simulate_router()."""
    begin(simulator, folder)
    files, sizes = two_cores_sources(chip, sources), parameters(chip)
    build_top(simulator, TWO_CORES, files, folder, defines=DEFINES, sizes=sizes, options=_options(simulator))
    return run_top(simulator, TWO_CORES, [f"neusoc.verification.cocotb.{TWO_TESTS.stem}"], chip, folder)


_YOSYS = """
import json, sys
from pyosys import libyosys as ys
design = ys.Design()
for command in json.loads(sys.argv[1]):
    ys.run_pass(command, design)
"""


def storage(chip: Chip) -> tuple[int, int]:
    """Flip-flops and latches of the router between two cores of a variant, those of clock gates among them.

    Raises:
        RuntimeError: Yosys refuses the sources, a net is undriven or driven twice, or there is a latch that
            no module asks for.
    """
    sizes = " ".join(f"-chparam {name} {value}" for name, value in router_parameters(chip).items())
    with tempfile.TemporaryDirectory() as folder:
        commands = [
            *(
                f"read_verilog -sv {' '.join(f'-D{name}' for name in DEFINES)} {path}"
                for path in router_sources()
            ),
            f"hierarchy -check -top {ROUTER} {sizes}",
            "proc",
            "select -set meant *latch_word*/t:$dlatch *clock_gate*/t:$dlatch",
            "select -assert-none t:$dlatch @meant %d",
            "select -clear",
            "flatten",
            "opt -full",
            "memory",
            "check -assert",
            "simplemap",
            f"tee -o {folder}/stat stat",
        ]
        done = subprocess.run(
            [sys.executable, "-c", _YOSYS, json.dumps(commands)], capture_output=True, text=True, timeout=600
        )
        if done.returncode:
            raise RuntimeError(
                f"{ROUTER}: synthesis failed; its last lines: {(done.stdout + done.stderr)[-2000:]}"
            )
        text = (Path(folder) / "stat").read_text()
    flops, latches = (
        sum(int(a) for a, _ in re.findall(rf"(\d+)\s+(?:\S+\s+)?(\$_\w*{kind}\w*)", text))
        for kind in ("DFF", "DLATCH")
    )
    return flops, latches


def report_inputs(chip: Chip) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__), *TESTS, TWO_TESTS), *router_sources(), *two_cores_sources(chip)]


def check_router(chip: Chip, simulator: str) -> Report:
    """Run all tests of the router; write build/reports/router_rtl.<chip>.<simulator>.json."""
    watch = Stopwatch()
    folder = BUILD / "cocotb" / f"router_{chip.name}_{simulator}"
    outcome = simulate_router(chip, simulator, folder)
    flops, latches = storage(chip)
    joined = simulate_two_cores(chip, simulator, folder.with_name(f"two_cores_{chip.name}_{simulator}"))
    found = {name: one.get("value") for name, one in outcome.figures.items()}
    report = Report(
        step=f"router_rtl.{chip.name}.{simulator}",
        figures=[
            Figure(name="tests_passed", value=len(outcome.passed), min=len(all_tests(TESTS)), source="rtl"),
            Figure(name="tests_failed", value=len(outcome.failed), max=0, source="rtl"),
            Figure(
                name="two controllers and the router: tests_passed",
                value=len(joined.passed),
                min=len(all_tests([TWO_TESTS])),
                source="rtl",
            ),
            Figure(
                name="two controllers and the router: tests_failed",
                value=len(joined.failed),
                max=0,
                source="rtl",
            ),
            Figure(
                name="events from core to core",
                value=found.get("event_rate"),
                unit="M events/s",
                min=LEAST_RATE,
                source="rtl",
            ),
            Figure(
                name="an event from core to core", value=found.get("event_through"), unit="ns", source="rtl"
            ),
            Figure(name="flip-flops", value=flops, min=1, source="rtl"),
            Figure(name="latches", value=latches, min=1, source="rtl"),
        ],
        tools=versions(SIMULATORS[simulator], "cocotb", "pyosys"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
        files={
            "log": str((folder / "run.log").relative_to(BUILD)),
            "results": str((folder / "results.xml").relative_to(BUILD)),
        },
    )
    report.write()
    return report
