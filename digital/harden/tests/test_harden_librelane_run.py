"""What an end of LibreLane means: a stand-in for its process leaves what the real one would."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.digital.harden import librelane_run
from neusoc.digital.harden.librelane_run import LibreLane
from neusoc.pdk.source import Pdk

DEFERRED = "One or more deferred errors were encountered\n"


def _run(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    told: str = "",
    metrics: bool = True,
    deferred: bool = False,
) -> bool:
    flow = LibreLane(folder, "wheels", Pdk(folder, "test", ""), "design x", "harden x")
    (flow.steps / "07-yosys-synthesis").mkdir(parents=True)
    (flow.steps / "error.log").write_text("\nno such cell\n")
    flow.log.write_text(told)
    if metrics:
        (flow.steps / "final").mkdir()
        (flow.steps / "final" / "metrics.json").write_text("{}")
    monkeypatch.setattr(librelane_run, "run_watched", lambda command, **_: code)
    return flow.run(deferred=deferred)


def test_librelane_run_that_ended_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(tmp_path, monkeypatch, 0)


def test_librelane_run_whose_limits_are_left_to_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(tmp_path, monkeypatch, 2, DEFERRED, deferred=True) is False


@pytest.mark.parametrize(
    ("code", "told", "metrics", "deferred"),
    [
        (0, "", False, True),
        (2, DEFERRED, True, False),
        (2, "another error", True, True),
        (2, DEFERRED, False, True),
        (1, DEFERRED, True, True),
    ],
)
def test_librelane_run_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str, metrics: bool, deferred: bool
) -> None:
    with pytest.raises(
        UserError,
        match=(
            rf"^harden x: LibreLane ended with code {code} at 07-yosys-synthesis \(no such cell\); see .*log$"
        ),
    ):
        _run(tmp_path, monkeypatch, code, told, metrics, deferred)


def test_librelane_run_does_not_hide_the_package() -> None:
    """The folder of the plug-in is on LibreLane's own path."""
    assert (
        not (librelane_run.HARDEN / "librelane.py").exists()
        and not (librelane_run.HARDEN / "librelane").exists()
    )
