"""The clock watch timed with the process' own library: bounds at each corner, and faults that break them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neusoc.digital.harden.clock_watch import TOP, Times, cell_counts, times
from neusoc.digital.rtl.files import FOLDER
from neusoc.pdk.source import CORNERS, find_pdk

SS, FF = "ss_100C_1v60", "ff_n40C_1v95"


def faulty(tmp_path: Path, old: str, new: str) -> Times:
    """Times at ff of a watch with one text changed."""
    text = (FOLDER / "clock_watch.sv").read_text()
    assert text.count(old) == 1, f"{old!r} is not in clock_watch.sv"
    tmp_path.mkdir()
    path = tmp_path / "clock_watch.sv"
    path.write_text(text.replace(old, new))
    return times(find_pdk(), FF, tmp_path / "run", {"clock_watch": path})


@pytest.mark.parametrize("corner", CORNERS)
def test_clock_watch_keeps_its_bounds(corner: str, tmp_path: Path) -> None:
    found = times(find_pdk(), corner, tmp_path)
    assert not found.missed(), found
    assert found.stands < found.alarm and found.pulse < found.longest


def test_clock_watch_is_slower_at_ss(tmp_path: Path) -> None:
    slow, fast = (times(find_pdk(), corner, tmp_path / corner) for corner in (SS, FF))
    assert slow.alarm > 2 * fast.alarm and slow.longest > 2 * fast.longest


def test_clock_watch_has_the_cells_that_it_names(tmp_path: Path) -> None:
    times(find_pdk(), FF, tmp_path)
    text = (FOLDER / "clock_watch.sv").read_text()
    groups, cells, pulse = (
        int(re.search(rf"{name} = (\d+)", text)[1]) for name in ("Groups", "GroupCells", "PulseCells")
    )  # type: ignore[index]
    counts = cell_counts(tmp_path / f"{TOP}.v")
    assert counts["dlygate4sd3_1"] == groups * cells + pulse and counts["and2_2"] == groups + 2


def test_clock_watch_faults_are_seen(tmp_path: Path) -> None:
    assert faulty(tmp_path / "short", "Groups = 41", "Groups = 36").missed() == ["stands"]
    assert faulty(tmp_path / "pulse", "PulseCells = 7", "PulseCells = 4").missed() == ["pulse"]


def test_clock_watch_limits_are_judged() -> None:
    good = Times(60.0, 250.0, 5.0, 4.9, 10.0)
    assert not good.missed()
    assert Times(59.9, 250.1, 4.9, 4.9, 10.1).missed() == ["stands", "alarm", "pulse", "longest"]
