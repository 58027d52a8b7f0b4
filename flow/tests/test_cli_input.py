"""The command line: one sentence and exit code 2 for bad input; missing and old tools."""

import os
import stat
import subprocess
import sys

import klayout.db as db
import pytest
from neusoc.base import tools
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.pdk.source import find_pdk


def _neusoc(*arguments, **environment):
    command = [sys.executable, "-m", "neusoc.flow.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=600, cwd=ROOT, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gds", "--chip", "nope"], "CHIP=tapeout"),
        (["drc", "--top", "x"], "TOP is given alone; add GDS=file"),
        (["drc", "--gds", "not_there.gds", "--top", "x"], "not_there.gds"),
        (["lvs", "--gds", "not_there.gds", "--top", "x", "--netlist", "n.spice"], "not_there.gds"),
        (["char", "nope"], "BLOCK=nope"),
    ],
)
def test_cli_bad_input(arguments, words):
    done = _neusoc(*arguments)
    assert done.returncode == 2
    assert words in done.stderr and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_cli_failed_check_ends_with_1(tmp_path):
    layout = db.Layout()
    layout.create_cell("thin").shapes(layout.layer(68, 20)).insert(db.DBox(0, 0, 0.05, 5))
    layout.write(str(tmp_path / "thin.gds"))
    (tmp_path / "thin.spice").write_text(
        ".subckt thin a b c\nx0 a b c c sky130_fd_pr__nfet_01v8 w=1 l=0.15\n.ends\n"
    )
    places = {"NEUSOC_BUILD": str(tmp_path / "build"), "PDK_ROOT": str(find_pdk().root)}
    files = ("--gds", str(tmp_path / "thin.gds"), "--netlist", str(tmp_path / "thin.spice"))
    done = _neusoc("lvs", *files, "--top", "thin", **places)
    assert done.returncode == 1 and "fail" in done.stdout, done.stdout + done.stderr


def test_cli_wrong_pdk(tmp_path):
    done = _neusoc("pdk", PDK_ROOT=str(tmp_path), NEUSOC_PDK="")
    assert done.returncode == 2 and "holds no sky130B" in done.stderr and done.stderr.count("\n") == 1


def test_cli_report_without_reports(tmp_path):
    done = _neusoc("report", NEUSOC_BUILD=str(tmp_path))
    assert done.returncode == 2 and "no report yet" in done.stderr


@pytest.fixture
def other_path(monkeypatch, tmp_path):
    tools.tool.cache_clear()
    tools.version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    yield tmp_path
    tools.tool.cache_clear()
    tools.version.cache_clear()


def test_cli_missing_tool(other_path):
    with pytest.raises(UserError, match="ngspice: not found.*apt-get install ngspice"):
        tools.tool("ngspice")


def test_cli_old_tool(other_path):
    program = other_path / "ngspice"
    program.write_text("#!/bin/sh\necho ngspice-36\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(UserError, match="36 is too old"):
        tools.tool("ngspice")


def test_cli_run_is_bounded(tmp_path):
    with pytest.raises(UserError, match="no end after"):
        tools.run([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "log", timeout=0.5)


def test_cli_make_prints_targets_and_refuses_unknown():
    shown = subprocess.run(["make"], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert shown.returncode == 0 and all(f"make {t}" in shown.stdout for t in ("gds", "drc", "lvs", "test"))
    assert subprocess.run(["make", "nope"], capture_output=True, cwd=ROOT, timeout=60).returncode == 2
