"""The full tier builds the chip of mini beside the other tests, which use one core: it begins first, and what
needs it comes last."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from neusoc.base.paths import BUILD, ROOT
from neusoc.digital.harden.process import end_group

_CHIP_TESTS = ROOT / "layout" / "top" / "tests" / "test_top_build.py"
_LONGEST = (
    ROOT / "digital" / "harden" / "tests" / "test_harden_placement.py",
    ROOT / "verification" / "mixed" / "tests" / "test_mixed.py",
)
TOP = "user_analog_project_wrapper"
MINI = (
    "--chip",
    "mini",
    "--sign-off",
    "chip",
)  # DRC and LVS of the chip, which hold the controller, come in the tests
_LOG = "NEUSOC_MINI_LOG"  # environment: log of the build that was begun, for the workers of xdist too
_BOUND_S, _TOLD_EVERY_S = 3600, 60
_BEHIND = 4  # nice: the chip is the longest way through all tests, so it gets most of the processor
_begun = pytest.StashKey[subprocess.Popen]()


def _waits_for_mini(item: pytest.Item) -> bool:
    return item.path == _CHIP_TESTS and "mini" in item.name


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest goes first, those that need the chip of mini go to the end; the others keep their order."""
    items.sort(key=lambda item: (_waits_for_mini(item), item.path not in _LONGEST))


def pytest_configure(config: pytest.Config) -> None:
    """Begin to build when all tests of the full tier are asked for: before workers start, so that they
    know."""
    options = config.option
    whole = (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not options.keyword
        and not options.markexpr
    )
    if hasattr(config, "workerinput") or options.collectonly or not whole:
        return
    log = BUILD / "logs" / "gds.mini.background.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    ended = log.with_suffix(".rc")
    ended.unlink(missing_ok=True)
    os.environ[_LOG] = str(log)
    checked = log.with_suffix(".drc.rc")
    checked.unlink(missing_ok=True)
    # Blocks are built by other tests too: by the time the controller is hard they are there.
    steps = [shlex.join([sys.executable, "-m", "neusoc.flow.cli", step, *MINI]) for step in ("harden", "gds")]
    chip = BUILD / "mini" / "gds" / f"{TOP}.gds"
    drc = shlex.join(
        [sys.executable, "-m", "neusoc.flow.cli", "drc", "--chip", "mini", "--gds", str(chip), "--top", TOP]
    )
    command = (
        f"{' && '.join(steps)}; echo $? > {shlex.quote(str(ended))}; {drc}; echo $? >"
        f" {shlex.quote(str(checked))}"
    )
    with log.open("w") as out:
        config.stash[_begun] = subprocess.Popen(
            ["sh", "-c", command], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True
        )
    _stand_back()


def _stand_back() -> None:
    """Tests, and what they start, come after the chip: as processes, and where Linux groups processes by
    session, as a group."""
    os.nice(_BEHIND)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_BEHIND))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running, whatever ended the tests."""
    if _begun in config.stash:
        end_group(config.stash[_begun])
        os.environ.pop(_LOG, None)


def _await(pytestconfig: pytest.Config, suffix: str) -> bool:
    """Waits until what was begun with the tests has written its exit code; its progress is told once a
    minute. False: nothing was begun."""
    if not (name := os.environ.get(_LOG)):
        return False
    log = Path(name)
    ended, told = log.with_suffix(suffix), time.monotonic()
    end = told + _BOUND_S
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    while not ended.exists() and time.monotonic() < end:
        time.sleep(1)
        if time.monotonic() - told > _TOLD_EVERY_S:
            told = time.monotonic()
            with capture.global_and_fixture_disabled():
                print(f"\n{log.read_text().splitlines()[-1:]}", flush=True)
    assert ended.exists() and ended.read_text().strip() == "0", log.read_text()[-3000:]
    return True


@pytest.fixture(scope="session")
def mini_chip(pytestconfig: pytest.Config) -> bool:
    """Whether the chip of mini was begun with the tests; then it is there."""
    return _await(pytestconfig, ".rc")


@pytest.fixture(scope="session")
def mini_drc(pytestconfig: pytest.Config) -> bool:
    """Whether the DRC of the chip of mini was begun with the tests; then it has ended, and its report says
    how."""
    return _await(pytestconfig, ".drc.rc")
