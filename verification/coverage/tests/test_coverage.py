"""The plan fits the RTL; counts are read and waived as they should be."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.tools import tool
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.verification.cocotb.run import LEAST_RESET_RATE, MOST_OVERHEAD, TARGETS, all_tests, target_report
from neusoc.verification.coverage.measure import (
    WAIVERS,
    WIDE,
    WIDE_TESTS,
    Coverage,
    Place,
    apply_waivers,
    measure,
    page,
    read_counts,
    write_page,
)
from neusoc.verification.coverage.plan import load_plan, write_points
from neusoc.verification.coverage.report import coverage_figures, remark

CHIP = load_chip("mini")


def test_coverage_plan_elaborates(tmp_path: Path) -> None:
    """Each condition of the plan is legal in its module."""
    points = write_points(load_plan(), tmp_path)
    sizes = [f"-G{name}={value}" for name, value in parameters(CHIP).items()]
    quiet = ["-Wno-fatal", "-Wno-lint", "-Wno-style"]
    command = [
        tool("verilator"),
        "--lint-only",
        "--assert",
        "--coverage-user",
        *quiet,
        *(f"-D{d}" for d in DEFINES),
        *sizes,
    ]
    done = subprocess.run(
        [*command, "--top-module", TOP, *rtl_sources(), points], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert points.read_text().count("cover property") == sum(len(f.points) for f in load_plan()) > 100


def test_coverage_plan_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    feature = "{name: A, module: %s, tests: t, signals: {}, points: {p: busy_o}}"
    for text, told in (
        ("features: 3", "cannot be read"),
        ("features: [{name: A}]", "cannot be read"),
        ("features: []\nfeatures: []", "plan.yaml:2: features stands twice"),
        (f"features: [{feature % 'no_such'}]", "no module no_such"),
        (f"features: [{feature % 'learning'}, {feature % 'learning'}]", "same name"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=told):
            load_plan(path)


def counts(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "coverage.dat"
    path.write_text(
        "# SystemC::Coverage-3\n"
        + "".join(f"C '{line}' {count}\n" for line, count in (x.rsplit(" ", 1) for x in lines))
    )
    return path


def entry(page: str, what: str, line: int, count: int, file: str = "learning.sv") -> str:
    parts = {"f": f"x/{file}", "l": line, "n": 3, "page": page, "o": what, "h": "t.u"}
    return "".join(f"\x01{k}\x02{v}" for k, v in parts.items()) + f" {count}"


def test_coverage_counts_add_up(tmp_path: Path) -> None:
    coverage = Coverage()
    path = counts(
        tmp_path,
        entry("v_line/learning", "block", 5, 0),
        entry("v_line/learning", "block", 5, 2),
        entry("v_branch/learning", "if", 7, 0),
        entry("v_toggle/learning", "a[1]", 9, 0),
        entry("v_user/points_jobs__R8", "hit_ends_well", 3, 4, "points.sv"),
        entry("v_line/bench", "block", 5, 0, "bench.sv"),
    )
    read_counts(path, {"learning.sv"}, coverage)
    assert coverage.share("line") == 50.0 and coverage.share("toggle") == 0.0
    assert coverage.missed("toggle") == [Place("learning.sv", 9, 3, "toggle", "a[1]")]
    assert coverage.points["points_jobs", "ends_well"] == 4
    plan = [f.value for f in coverage_figures(coverage, load_plan(), []) if f.name == "coverage: plan"]
    assert plan and plan[0] < 2
    assert "learning.sv:9: a[1]" in page(coverage, load_plan())
    path.write_text("nothing")
    with pytest.raises(UserError, match="no coverage in it"):
        read_counts(path, {"learning.sv"}, coverage)


def test_coverage_waivers_need_reason_and_use(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    coverage = Coverage()
    coverage.places[Place("learning.sv", 9, 3, "toggle", "a[1]")] = 0
    path.write_text("waivers: [{file: learning.sv, kind: toggle, match: 'a.*', reason: small}]")
    apply_waivers(coverage, CHIP, path)
    assert coverage.missed("toggle") == []
    assert coverage.idle == []
    path.write_text("waivers: [{file: learning.sv, kind: toggle, match: 'b', reason: small}]")
    apply_waivers(coverage, CHIP, path)
    (figure,) = [f for f in coverage_figures(coverage, load_plan(), []) if "waive nothing" in f.name]
    assert figure.value == 1 and not figure.passes
    assert "learning.sv, b: waives nothing" in page(coverage, load_plan())
    path.write_text("waivers: [{file: learning.sv, kind: toggle, match: 'a.*'}]")
    with pytest.raises(UserError, match="no reason"):
        apply_waivers(coverage, CHIP, path)
    assert all(len(reason) > 20 for reason in re.findall(r"reason: (.*)", WAIVERS.read_text()))


def test_coverage_waivers_are_bounded() -> None:
    """One bit waived of twenty is the most; the figure says how many, and fails above."""
    coverage = Coverage()
    places = [Place("learning.sv", 9, 3, "toggle", f"a[{k}]") for k in range(100)]
    coverage.places.update(dict.fromkeys(places, 1))
    for waived, passes in ((5, True), (6, False)):
        coverage.waived = {place: "constant" for place in places[:waived]}
        (figure,) = [
            f for f in coverage_figures(coverage, load_plan(), []) if f.name == "coverage: toggle waived"
        ]
        assert (figure.value, figure.passes) == (waived, passes)
        assert f"{waived} waived, {waived:.1f} % of all" in page(coverage, load_plan())
    assert coverage.waived_share("line") == 0.0


def test_coverage_counts_the_wide_variant() -> None:
    """The tests that are counted there exist, and it is wider."""
    wide = load_chip(WIDE)
    assert set(WIDE_TESTS) <= set(all_tests()) and wide.rows > CHIP.rows and wide.neurons > CHIP.neurons


def test_rtl_report_tells_missed_targets() -> None:
    """A figure stands beside its target: met, missed, or not measured, which fails."""
    name, overhead = "event_rate_reset_timing", "program_verify_overhead_over_ideal_converter"
    report = target_report(
        CHIP, {name: {"value": LEAST_RESET_RATE / 2}, overhead: {"value": MOST_OVERHEAD / 2}}
    )
    figures = {figure.name: figure for figure in report.figures}
    assert report.verdict == "fail" and not figures[name].passes and figures[overhead].passes
    unmeasured = {figure.name: figure for figure in target_report(CHIP, {}).figures}
    assert set(unmeasured) == set(TARGETS) and not any(figure.passes for figure in unmeasured.values())
    free = {"min": None, "max": None}
    unlimited = {
        key: figure.model_copy(update=free | {"name": f"rtl.mini.icarus: {key}"})
        for key, figure in figures.items()
    }
    assert remark(unlimited[name]) == f"target {LEAST_RESET_RATE:g} M events/s, missed"
    assert remark(unlimited[overhead]) == f"target {MOST_OVERHEAD:g} %"
    assert remark(unmeasured[name].model_copy(update=free)) == "missed"
    assert remark(unlimited[name].model_copy(update={"name": "tests_failed"})) == ""


@pytest.mark.full
def test_coverage_is_reached() -> None:
    coverage, features, failed = measure(CHIP)
    write_page(coverage, features)
    figures = coverage_figures(coverage, features, failed)
    assert all(f.passes for f in figures), [f for f in figures if not f.passes]
