"""`make rtl`: lint in three tools, all tests, a thousand random jobs, coverage: build/reports/rtl.json and
rtl.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, REPORTS, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tables import number, table
from neusoc.base.tools import versions
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.cocotb.run import TARGETS, TESTS, check_controller
from neusoc.verification.coverage.measure import LEAST, MOST_WAIVED, Coverage, measure, page, write_page
from neusoc.verification.coverage.plan import Feature
from neusoc.verification.jobs.run import JOBS, check_jobs

RUNS = (("mini", "icarus"), ("mini", "verilator"), ("tapeout", "icarus"), ("tapeout", "verilator"))
STATIC = [ROOT / "digital" / "tests" / f"test_{name}_rtl.py" for name in ("controller", "event_router")]


def lint() -> tuple[int, int]:
    """(passed, failed) of the static checks: Verilator, Icarus and Yosys on four sizes, documents, style."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, STATIC)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    (BUILD / "lint.log").write_text(done.stdout + done.stderr)
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)


def coverage_figures(coverage: Coverage, features: list[Feature], failed: list[str]) -> list[Figure]:
    """Plan, lines, toggles, and that the tests passed while they were counted."""
    total = sum(len(f.points) for f in features)
    hit = sum(coverage.points[f.label, point] > 0 for f in features for point in f.points)
    figures = [
        Figure(name="coverage: points of the plan", value=total, source="rtl"),
        Figure(name="coverage: plan", value=round(100 * hit / total, 2), unit="%", min=100, source="rtl"),
        Figure(name="coverage: tests failed", value=len(failed), max=0, source="rtl"),
        Figure(name="coverage: waivers that waive nothing", value=len(coverage.idle), max=0, source="rtl"),
    ]
    for kind in ("line", "toggle"):
        waived = sum(place.kind == kind for place in coverage.waived)
        figures.append(
            Figure(name=f"coverage: {kind}", value=coverage.share(kind), unit="%", min=LEAST, source="rtl")
        )
        figures.append(Figure(name=f"coverage: {kind} places waived", value=waived, source="rtl"))
        share = coverage.waived_share(kind)
        figures.append(
            Figure(name=f"coverage: {kind} waived", value=share, unit="%", max=MOST_WAIVED, source="rtl")
        )
    return figures


def remark(figure: Figure) -> str:
    """What stands beside a figure in rtl.md: that it misses its limit, or the target that it is held
    against."""
    if not figure.passes or figure.value is None:
        return "missed"
    name = figure.name.rpartition(": ")[2]
    if name not in TARGETS:
        return ""
    target, unit = TARGETS[name]
    met = figure.value <= target if unit == "%" else figure.value >= target
    return f"target {target:g} {unit}{'' if met else ', missed'}"


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__), *TESTS), *rtl_sources()]


def rtl(jobs: int = JOBS) -> list[Report]:
    """Everything; returns the reports of the parts and the whole."""
    watch = Stopwatch()
    good, bad = lint()
    parts = [check_controller(load_chip(chip), simulator) for chip, simulator in RUNS]
    parts += [check_jobs(load_chip(chip), "verilator", jobs) for chip in ("mini", "tapeout")]
    coverage, features, failed = measure(load_chip("mini"))
    write_page(coverage, features)
    figures = [
        Figure(name="lint: checks passed", value=good, min=1, source="rtl"),
        Figure(name="lint: checks failed", value=bad, max=0, source="rtl"),
    ]
    for part in parts:
        figures += [f.model_copy(update={"name": f"{part.step}: {f.name}"}) for f in part.figures]
    figures += coverage_figures(coverage, features, failed)
    report = Report(
        step="rtl",
        figures=figures,
        tools=versions("iverilog", "verilator", "cocotb", "pyosys"),
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files={"coverage": "coverage/coverage.md", "lint": "lint.log"},
    )
    if jobs == JOBS:  # fewer say less, and are not the step's result
        report.write()
    rows = [
        (f.name, f"{number(f.value)} {f.unit}".strip(), remark(f)) for f in figures if f.value is not None
    ]
    text = f"# RTL verification\n\n{table(('figure', 'value', ''), rows)}\n{page(coverage, features)}"
    write_atomic(REPORTS / "rtl.md", text)
    return [*parts, report]
