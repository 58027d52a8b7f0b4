"""Checks of cf-precheck: each passes a sound wrapper and fails a fault of its kind; where the tool is not to
be had, nothing passes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure
from neusoc.verification.shuttle import environment as environments
from neusoc.verification.shuttle import precheck, report
from neusoc.verification.shuttle.folder import NETLIST
from neusoc.verification.shuttle.precheck import CHECKS, NOT_RUN, Outcome, run_check
from neusoc.verification.shuttle.tests.wrapper_faults import MINI, inputs, project

PYTHON = Path(sys.executable)  # has cf_precheck too, on another KLayout module: enough for the tests
SEEDS = range(20)
QUICK = ("topcell_check", "gpio_defines", "illegal_cellname_check")  # in Python alone
IDS = {"ids": lambda check: check.name}


def test_shuttle_knows_every_check_of_the_tool():
    """Those that the tool has for an analog project on this process run here, or are said not to."""
    from cf_precheck.check_manager import ALL_CHECKS, build_sequence

    wanted = build_sequence(ALL_CHECKS, "sky130B", "analog", include_optional=True)
    assert sorted(wanted) == sorted([*(check.name for check in CHECKS), *NOT_RUN])


def test_shuttle_asks_for_one_version_of_the_tool():
    pinned = (ROOT / "scripts" / "requirements-nodeps.txt").read_text().splitlines()
    assert f"cf-precheck=={environments.tool_version()}" in pinned


@pytest.mark.parametrize("check", [check for check in CHECKS if check.name in QUICK], **IDS)
def test_shuttle_check_fails_a_planted_fault(tmp_path, check):
    found = run_check(check, project(tmp_path / "bad", check.name), PYTHON, tmp_path / "work")
    assert (found.verdict, found.faults) == ("fail", 1) and found.said


def test_shuttle_check_writes_nothing_into_the_folder(tmp_path):
    folder = project(tmp_path / "sound")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert run_check(CHECKS[0], folder, PYTHON, tmp_path / "work").verdict == "pass"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.full
@pytest.mark.parametrize("check", CHECKS, **IDS)
def test_shuttle_check_sees_twenty_planted_faults(tmp_path, check):
    sound = run_check(check, project(tmp_path / "sound"), PYTHON, tmp_path / "work")
    assert (sound.verdict, sound.faults) == ("pass", 0), sound
    found = [
        run_check(check, project(tmp_path / f"bad{seed}", check.name, seed), PYTHON, tmp_path / "work")
        for seed in SEEDS
    ]
    assert {one.verdict for one in found} == {"fail"}, found


def _tool(folder: Path, body: str) -> Path:
    """An interpreter in whose place a shell script stands; $out is its project."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nwhile [ "$1" != -i ]; do shift; done\nout=$2\n{body}\n')
    path.chmod(0o755)
    return path


def _json(**entry) -> str:
    text = json.dumps({"precheck": {"checks": {"klayout_feol": entry}}})
    return f"mkdir $out/.cf; echo '{text}' > $out/.cf/project.json"


@pytest.mark.parametrize(
    ("body", "verdict", "said"),
    [
        ("echo dying; exit 0", "not run", "the tool came to no verdict (dying)"),
        ("exit 1", "not run", "the tool came to no verdict (it said nothing)"),
        ("mkdir $out/.cf; echo '{' > $out/.cf/project.json", "not run", "no verdict"),
        (_json(status="skip"), "not run", "no verdict"),
        (_json(status="pass"), "not run", "its report names no rule"),
        (_json(status="fail", details="3 DRC violations"), "fail", "3 DRC violations"),
    ],
)
def test_shuttle_check_without_a_verdict_is_not_run(tmp_path, body, verdict, said):
    feol = next(check for check in CHECKS if check.name == "klayout_feol")
    found = run_check(feol, project(tmp_path / "sound"), _tool(tmp_path, body), tmp_path / "work")
    assert found.verdict == verdict and said in found.said


def test_shuttle_check_that_never_ends_is_not_run(tmp_path, monkeypatch):
    monkeypatch.setattr(precheck, "WALL_SECONDS", 0.5)
    found = run_check(
        CHECKS[0], project(tmp_path / "sound"), _tool(tmp_path, "exec sleep 60"), tmp_path / "work"
    )
    assert found.verdict == "not run" and "no end after" in found.said


def _absent() -> Path:
    raise UserError("no registry here")


def test_shuttle_without_the_tool_is_not_run_and_no_pass(tmp_path):
    outcomes = report._precheck(tmp_path, _absent, tmp_path)
    assert {o.verdict for o in outcomes} == {"not run"} and report.figures_of(outcomes) == []
    sound, bad = (Figure(name="own.xor", value=value, max=0, source="gds") for value in (0, 1))
    assert (
        report.missing(outcomes, [sound])
        == f"{len(CHECKS)} of {len(CHECKS)} checks of cf-precheck: no registry here"
    )
    assert report.missing(outcomes, [bad]) is None  # what failed is told first
    texts = report.texts_of(outcomes, {"own.xor": ["met1 at (0,0;1,1)"], "own.lvs": []})
    assert texts["cf.klayout_feol"] == "not run: no registry here" and "own.lvs stands in" in texts["cf.lvs"]
    assert "own.lvs" not in texts and texts["own.xor"].startswith("met1")


def test_shuttle_figures_are_one_a_check():
    outcomes = [Outcome(check.name, "pass", 0, rules=7 if check.rules else None) for check in CHECKS]
    figures = {f.name: f for f in report.figures_of(outcomes)}
    assert {f"cf.{check.name}" for check in CHECKS} <= set(figures) and all(
        f.passes for f in figures.values()
    )
    failed = report.figures_of([Outcome("klayout_feol", "fail", 3, "3 DRC violations", 7)])
    assert [f.passes for f in failed] == [False, True]
    assert report.missing(outcomes, list(figures.values())) is None


@pytest.mark.full
def test_shuttle_own_checks_of_a_wrapper_without_a_circuit(tmp_path):
    """Its rim is sound; nothing drives its outputs, and nothing joins what the netlist joins."""
    folder = project(tmp_path / "folder")
    (folder / NETLIST).parent.mkdir(parents=True)
    (folder / NETLIST).write_bytes(inputs(tmp_path).netlist.read_bytes())
    figures, found = report._own(MINI, folder, tmp_path / "work")
    assert [f.name for f in figures if f.passes] == ["own.xor"]
    assert any("open" in line for line in found["own.lvs"]) and len(found["own.oeb"]) >= 2 * 9


@pytest.mark.parametrize(("own", "name"), [(True, "mini"), (False, "file")])
def test_shuttle_report_is_named_by_the_layout(tmp_path, monkeypatch, own, name):
    places, sound = [], Figure(name="own.xor", value=0, max=0, source="gds")
    monkeypatch.setattr(report, "write_folder", lambda chip, inputs, place: places.append(place) or tmp_path)
    monkeypatch.setattr(report, "_precheck", lambda *_: [Outcome(check.name, "pass", 0) for check in CHECKS])
    monkeypatch.setattr(report, "_own", lambda *_: ([sound], {}))
    monkeypatch.setattr(report, "versions", lambda *_: {})
    found = report.check_shuttle(MINI, None if own else tmp_path / "mine.gds", reports=tmp_path)
    assert (found.step, found.verdict) == (f"shuttle.{name}", "pass") and (
        tmp_path / f"shuttle.{name}.json"
    ).exists()
    assert (places == [None]) is own


def test_shuttle_environment_without_a_registry(tmp_path):
    """Nothing answers at this address: a sentence, and no half-made environment."""
    text = (
        f"import sys, pathlib; from {environments.__name__} import environment;"
        " environment(pathlib.Path(sys.argv[1]))"
    )
    unreachable = {
        **os.environ,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", text, tmp_path], capture_output=True, text=True, env=unreachable, timeout=300
    )
    assert (
        done.returncode == 1
        and "cannot be installed from the package registry" in done.stderr.splitlines()[-1]
    )
    assert not list(tmp_path.glob("cf_precheck/")) and not list(tmp_path.glob(".cf_precheck.*/"))
