"""Interrupted and failing runs: no process and no half result stays, an earlier macro is untouched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.digital.harden import process
from neusoc.pdk.source import find_pdk


def processes_naming(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in words:
            found.append(words)
    return found


def wait_for(condition, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.1)
    return False


def stop() -> None:
    raise KeyboardInterrupt


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1)


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
@pytest.mark.parametrize("end", [stop, terminate])
def test_harden_interrupt_ends_grandchildren(
    trap: str, end, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_GRACE", 1.0)
    mark = f"97531.{os.getpid()}"
    script = f"{trap}sleep {mark} & echo started; while true; do sleep 0.1; done"

    def watch() -> None:
        assert processes_naming(f"sleep {mark}")
        end()

    with pytest.raises((KeyboardInterrupt, SystemExit)):
        process.run_watched(
            ["bash", "-c", script],
            cwd=tmp_path,
            log=tmp_path / "log",
            timeout=60,
            environment=dict(os.environ),
            watch=watch,
            period=1.0,
        )
    assert wait_for(lambda: not processes_naming(mark), 5), "a grandchild is left"


def test_harden_timeout_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no end after"):
        process.run_watched(
            ["sleep", "60"],
            cwd=tmp_path,
            log=tmp_path / "log",
            timeout=0.2,
            environment=dict(os.environ),
            watch=lambda: None,
            period=0.1,
        )


def test_harden_ctrl_c_leaves_the_earlier_macro(tmp_path: Path) -> None:
    """The real flow on mini, interrupted in synthesis."""
    earlier = tmp_path / "mini" / "controller" / "controller.gds"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("earlier")
    environment = os.environ | {"NEUSOC_BUILD": str(tmp_path), "PDK_ROOT": str(find_pdk().root)}
    command = [sys.executable, "-m", "neusoc.flow.cli", "harden", "--chip", "mini"]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        steps = tmp_path / "mini" / "harden" / "runs" / "run"
        assert wait_for(lambda: list(steps.glob("*-yosys-synthesis")) or running.poll() is not None, 90)
        assert running.poll() is None, running.communicate()[0]
        running.send_signal(signal.SIGINT)
        output = running.communicate(timeout=30)[0]
    finally:
        running.kill()
    assert running.returncode == 130, output
    assert earlier.read_text() == "earlier"
    assert [p.name for p in earlier.parent.iterdir()] == ["controller.gds"]
    assert not (tmp_path / "stamps" / "harden.mini.json").exists()
    assert wait_for(lambda: not processes_naming(str(tmp_path)), 5), "a child is left"
