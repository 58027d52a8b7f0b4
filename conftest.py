"""The chip of mini is built for many minutes on both cores, most other tests use one: it is begun first and its tests come last."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.paths import BUILD, ROOT
from neusoc.digital.harden.process import end_group

_CHIP_TESTS = ROOT / "layout" / "top" / "tests" / "test_top_build.py"
_begun = pytest.StashKey[tuple[subprocess.Popen, Path]]()


def _wait_for_mini(item: pytest.Item) -> bool:
    return item.path == _CHIP_TESTS and "mini" in item.name


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need the chip of mini go to the end, in their order."""
    items.sort(key=_wait_for_mini)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to build when there is something to do meanwhile."""
    waiting = [item for item in session.items if _wait_for_mini(item)]
    if session.config.option.collectonly or not waiting or len(waiting) == len(session.items):
        return
    log = BUILD / "logs" / "gds.mini.background.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        # Blocks are built by other tests too: by the time the controller is hard they are there.
        steps = [shlex.join([sys.executable, "-m", "neusoc.flow.cli", step, "--chip", "mini"]) for step in ("harden", "gds")]
        process = subprocess.Popen(["sh", "-c", " && ".join(steps)], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True)
    session.config.stash[_begun] = (process, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing running, whatever ended the tests."""
    if _begun in session.config.stash:
        end_group(session.config.stash[_begun][0])


@pytest.fixture(scope="session")
def mini_chip(pytestconfig: pytest.Config) -> None:
    """Waits until the chip of mini that was begun with the tests is there; its progress is told once a minute."""
    if _begun in pytestconfig.stash:
        process, log = pytestconfig.stash[_begun]
        capture = pytestconfig.pluginmanager.getplugin("capturemanager")
        for _ in range(60):
            try:
                process.wait(60)
                break
            except subprocess.TimeoutExpired:
                with capture.global_and_fixture_disabled():
                    print(f"\n{log.read_text().splitlines()[-1:]}", flush=True)
        assert process.poll() == 0, log.read_text()[-3000:]
