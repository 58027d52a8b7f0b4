"""The main job, whole: `make gds`, then DRC, LVS, frame and pin contract of the chip itself. Of mini,
`.ci/chip` runs it."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PARTS
from neusoc.base.paths import REPORTS, ROOT, chip_dir
from neusoc.base.report import read_report
from neusoc.base.store import content_hash
from neusoc.layout.top.build import TOP, chip_gds

# Routing a controller in detail takes half an hour and more of processor time: the fast tier ends at its
# global routing (digital/harden/tests/test_harden_placement.py).
CHIPS = ("mini", "tapeout")
pytestmark = pytest.mark.full


def _neusoc(*arguments, timeout=7200):
    command = [sys.executable, "-m", "neusoc.flow.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=ROOT)


@pytest.fixture(scope="module", params=CHIPS)
def built(request, mini_chip):
    done = _neusoc("gds", "--chip", request.param, "--sign-off", "chip")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == str(chip_gds(load_chip(request.param)))
    return request.param


def _report(step):
    return read_report(REPORTS / f"{step}.json")


def test_chip_gds_report(built):
    report = _report(f"gds.{built}")
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]
    assert _report(f"harden.{built}").verdict == "pass"


def test_chip_lvs(built):
    done = _neusoc("lvs", "--chip", built, "--gds", str(chip_gds(load_chip(built))), "--top", TOP)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_chip_pin_contract(built):
    done = _neusoc("contract", "--chip", built)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_chip_controller_is_signed_off_by_itself(built):
    """What a user's `make gds` adds to `--sign-off chip`: nothing is hardened again."""
    files = sorted((chip_dir(built) / "controller").glob(f"{PARTS.controller}.*"))
    assert len(files) == 7
    macro = content_hash(files)
    assert _neusoc("harden", "--chip", built).returncode == 0
    assert macro == content_hash(files)
    assert {_report(f"harden.{built}.{kind}").verdict for kind in ("drc", "lvs")} == {"pass"}


def test_chip_warm_build_changes_nothing(built):
    gds = chip_gds(load_chip(built))
    before = (gds.stat().st_mtime_ns, hashlib.sha256(gds.read_bytes()).hexdigest())
    assert _neusoc("gds", "--chip", built, "--sign-off", "chip").returncode == 0
    assert before == (gds.stat().st_mtime_ns, hashlib.sha256(gds.read_bytes()).hexdigest())


@pytest.mark.parametrize("built", ["mini"], indirect=True)
def test_chip_interrupted_build_leaves_results(built):
    """Ctrl-C while a changed controller hardens: exit code 130, the earlier chip untouched."""
    gds = chip_gds(load_chip("mini"))
    before = content_hash([gds, *sorted((chip_dir("mini") / "controller").glob(f"{PARTS.controller}.*"))])
    stamp = next((ROOT / "build" / "stamps").glob("harden.mini*.json"), None)
    assert stamp is not None
    kept = stamp.read_bytes()
    stamp.write_text('{"inputs": "another"}\n')  # as if the RTL had changed
    process = subprocess.Popen(
        [sys.executable, "-m", "neusoc.flow.cli", "harden", "--chip", "mini"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(8)
    assert process.poll() is None, process.communicate()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert (
        content_hash([gds, *sorted((chip_dir("mini") / "controller").glob(f"{PARTS.controller}.*"))])
        == before
    )
    stamp.write_bytes(kept)


def test_chip_drc(built, request):
    from neusoc.verification.signoff.drc import check_drc

    gds, step = chip_gds(load_chip(built)), f"drc.{built}.{TOP}"
    if built == "mini" and request.getfixturevalue("mini_drc"):
        report = _report(step)
        assert report.inputs_hash == content_hash([gds]), "the report is not of this layout"
    else:
        report = check_drc(gds, TOP, step)
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]
