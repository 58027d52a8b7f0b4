"""The corrected klayout-pex: what its technology holds, what it refuses, and how its folder comes about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.store import COMPLETE
from neusoc.pdk import extractor

VERSION = metadata.version(extractor.WHEEL)


def _original() -> str:
    return (extractor._installed() / extractor._TECHNOLOGY).read_text()


def _sidewalls(technology: str) -> dict[str, tuple[float, float]]:
    entries = json.loads(technology)["process_parasitics"]["capacitance"]["sidewalls"]
    return {entry["layer_name"]: (entry["capacitance"], entry.get("offset", 0.0)) for entry in entries}


def test_only_the_sidewalls_differ() -> None:
    before, after = json.loads(_original()), json.loads(extractor.corrected(_original(), VERSION))
    for tech in (before, after):
        del tech["process_parasitics"]["capacitance"]["sidewalls"]
    assert before == after


def test_all_layers_are_undone_the_halving() -> None:
    wheel, ours = _sidewalls(_original()), _sidewalls(extractor.corrected(_original(), VERSION))
    assert ours["met1"] == pytest.approx((2 * 32.52, 0.093))
    assert ours["met5"] == pytest.approx((2 * wheel["met5"][0], wheel["met5"][1]))
    assert set(ours) == set(wheel) and set(extractor.SIDEWALLS) == set(extractor.REPLACED)


def test_an_unknown_version_stops() -> None:
    with pytest.raises(
        UserError, match=r"^klayout-pex 0\.6\.13: not held beside the field solver; install 0\.6\.12"
    ):
        extractor.corrected(_original(), "0.6.13")


@pytest.mark.parametrize("how", ["other", "missing", "twice"])
def test_other_coefficients_in_the_wheel_stop(how: str) -> None:
    tech = json.loads(_original())
    entries = tech["process_parasitics"]["capacitance"]["sidewalls"]
    met2 = next(entry for entry in entries if entry["layer_name"] == "met2")
    if how == "other":
        met2["capacitance"] = 100.0
    elif how == "missing":
        entries.remove(met2)
    else:
        entries.append(dict(met2))
    with pytest.raises(UserError, match="sidewall of met2 is"):
        extractor.corrected(json.dumps(tech), VERSION)


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "_PACKAGES", ("klayout_pex_not_there", "klayout_pex_protobuf"))
    with pytest.raises(UserError, match="install the wheel klayout-pex"):
        extractor._installed()


def test_the_coefficients_are_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = extractor.identity()
    monkeypatch.setitem(extractor.SIDEWALLS, "met1", (33.0, 0.093))
    for cached in (extractor._technology, extractor.identity):
        cached.cache_clear()
    try:
        assert extractor.identity() != before
    finally:
        monkeypatch.undo()
        for cached in (extractor._technology, extractor.identity):
            cached.cache_clear()
    assert extractor.identity() == before


def _processes(build: Path, count: int) -> list[str]:
    """package() in several processes at once, started together; what they print."""
    code = "import sys; sys.stdin.readline(); from neusoc.pdk import extractor; print(extractor.package())"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NEUSOC_BUILD": str(build)},
        )
        for _ in range(count)
    ]
    try:
        for process in running:
            process.stdin.write("\n")
            process.stdin.flush()
        ends = [process.communicate(timeout=120) for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0] * count, ends
    return [out.strip() for out, _ in ends]


def test_processes_at_once_make_one_folder(tmp_path: Path) -> None:
    told = _processes(tmp_path, 4)
    folders = [path for path in (tmp_path / "kpex").iterdir() if path.is_dir()]
    assert [str(folder) for folder in folders] == list(dict.fromkeys(told))


def test_what_an_interrupted_one_left_is_not_taken(tmp_path: Path) -> None:
    (first,) = _processes(tmp_path, 1)
    left = Path(first).with_name(f".{Path(first).name}left")
    Path(first).rename(left)
    (left / extractor._TECHNOLOGY).unlink()
    (again,) = _processes(tmp_path, 1)
    assert again == first and (Path(again) / extractor._TECHNOLOGY).exists()


def test_the_folder_is_links_but_for_two_files() -> None:
    folder = extractor.package()
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    own = {path.relative_to(folder) for path in files if not path.is_symlink()}
    assert own == {extractor._TECHNOLOGY, extractor._FINDS_IT, Path(COMPLETE)}
    assert _sidewalls((folder / extractor._TECHNOLOGY).read_text())["poly"] == pytest.approx((26.46, -0.037))
    assert _sidewalls(_original())["poly"] == extractor.REPLACED["poly"]  # the wheel is as it was


def test_no_code_of_the_project_imports_the_wheel() -> None:
    """It is GPL-3; the project is Apache-2.0 and calls it as a program."""
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    lines = [
        line.split()
        for name in tracked
        if (ROOT / name).exists()
        for line in (ROOT / name).read_text().splitlines()
    ]
    assert not [
        words for words in lines if words[:1] in (["import"], ["from"]) and words[1].startswith("klayout_pex")
    ]
