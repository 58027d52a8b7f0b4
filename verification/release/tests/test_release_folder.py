"""The folder of a release: whole or not there; bad input in a sentence, before anything long begins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.layout.array.netlist import spice
from neusoc.verification.release import folder as folders
from neusoc.verification.release.macro import core_macros, require_netlist
from neusoc.verification.release.release import _kept, check_release, release_array


def _fill(folder: Path) -> None:
    (folder / "a.txt").write_text("a")
    (folder / "b").mkdir()
    (folder / "b" / "c.txt").write_text("c")


def _left(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize("before", ["absent", "empty", "deep"])
def test_release_folder_takes_its_name_when_it_is_whole(before: str, tmp_path: Path) -> None:
    out = tmp_path / ("x/y/out" if before == "deep" else "out")
    if before == "empty":
        out.mkdir()
    assert _left(folders.put_whole(out, _fill)) == ["a.txt", "b"]
    assert _left(out.parent) == ["out"]


def test_release_folder_takes_the_place_of_an_earlier_one_where_it_may(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    assert _left(folders.put_whole(tmp_path / "out", _fill, replace=True)) == ["a.txt", "b"]
    assert _left(tmp_path) == ["out"]


def test_release_folder_that_holds_something_is_left(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty; empty it, or choose another"):
        release_array(8, 8, tmp_path)
    assert _left(tmp_path) == ["mine.txt"]


def test_release_folder_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file is no folder; choose another place"):
        release_array(8, 8, tmp_path / "file" / "out")
    with pytest.raises(UserError, match="is no folder"):
        release_array(8, 8, tmp_path / "file")


def test_release_folder_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(UserError, match="choose a folder that can be written to"):
        release_array(8, 8, Path("/proc/neusoc/out"))


def test_release_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        _fill(folder)
        (folder / "full.gds").symlink_to("/dev/full")
        (folder / "full.gds").write_bytes(bytes(100000))

    with pytest.raises(UserError, match="No space left on device; free some space.*nothing was written"):
        folders.put_whole(tmp_path / "out", fill)
    assert _left(tmp_path) == []


def test_release_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        _fill(folder)
        raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        folders.put_whole(tmp_path / "out", fill)
    assert _left(tmp_path) == ["out"] and _left(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("rows", "columns", "named"),
    [(7, 8, "rows is 7"), (8, 31, "columns is 31"), (8, 4, "is 4"), (258, 8, "258")],
)
def test_release_of_a_size_that_no_array_has(rows: int, columns: int, named: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{named}; choose an even number from 8 to 256"):
        release_array(rows, columns, tmp_path / "out")
    assert _left(tmp_path) == []


def test_release_with_a_netlist_of_another_chip(tmp_path: Path) -> None:
    (tmp_path / "other.spice").write_text(spice(16, 8))
    with pytest.raises(UserError, match="holds array_16x8, not .subckt array_8x8: a netlist of another chip"):
        release_array(8, 8, tmp_path / "out", tmp_path / "other.spice")
    with pytest.raises(UserError, match="absent.spice: cannot be read"):
        release_array(8, 8, tmp_path / "out", tmp_path / "absent.spice")
    assert _left(tmp_path) == ["other.spice"]


def test_release_of_a_core_with_the_netlist_of_another_chip() -> None:
    (mini, _), (tapeout, _) = (core_macros(load_chip(name), ROOT / "absent") for name in ("mini", "tapeout"))

    def header(pins) -> str:
        return f".subckt {mini.name} {' '.join(pins)}\nxa a b c\n.ends\n"

    names = [pin.name for pin in mini.pins]
    require_netlist(mini, header(names), "own.spice")
    with pytest.raises(
        UserError, match=r"has, unlike this one, the pin row_1v8\[8\]: a netlist of another chip"
    ):
        require_netlist(mini, header(pin.name for pin in tapeout.pins), "core.spice")
    with pytest.raises(UserError, match=r"lacks the pin row_1v8\[8\]: a netlist of another chip"):
        require_netlist(tapeout, header(names), "core.spice")
    with pytest.raises(UserError, match=f"pin 0 of {mini.name} is"):
        require_netlist(mini, header([names[1], names[0], *names[2:]]), "core.spice")


def test_release_of_the_analog_core_has_its_references() -> None:
    """Core and references with their own pins; each has those of the chip's supplies that it takes."""
    core, references = core_macros(load_chip("mini"), ROOT / "absent")
    assert (core.name, references.name) == ("analog_core", "analog_references")
    assert core.supplies == {"vdd1v8": 1.8, "vss": 0.0}
    assert references.supplies == {"vdd1v8": 1.8, "vdd3v3": 3.3, "vss": 0.0}
    assert {"vref", "vread", "vth"} <= {pin.name for pin in core.pins} & {pin.name for pin in references.pins}


def test_release_manifest_tells_what_changed(tmp_path: Path) -> None:
    out = folders.put_whole(
        tmp_path / "out", lambda folder: (_fill(folder), folders.write_manifest(folder, {"name": "x"}))
    )
    assert folders.unlike_manifest(out) == []
    assert folders.read_manifest(out)["sha256"].keys() == {"a.txt", "b/c.txt"}
    (out / "a.txt").write_text("A")
    (out / "b" / "c.txt").unlink()
    (out / "new.txt").write_text("")
    assert folders.unlike_manifest(out) == [
        "b/c.txt is in the manifest but not in the folder",
        "new.txt is in the folder but not in the manifest",
        "a.txt is not what the manifest says",
    ]


@pytest.mark.parametrize("text", [None, "no json", "[]", json.dumps({"sha256": 1})])
def test_release_check_of_something_else(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / folders.MANIFEST).write_text(text)
    with pytest.raises(UserError, match="name the folder of a release"):
        check_release(tmp_path)


def test_release_command_line_tells_bad_input_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "neusoc.flow.cli", "array", "9", "8", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert (
        done.returncode == 2
        and done.stderr == "error: array: rows is 9; choose an even number from 8 to 256\n"
    )
    assert _left(tmp_path) == []


def test_release_keeps_nothing_that_differs_from_run_to_run() -> None:
    found = [
        Figure(name="drc.mr", value=0, unit="violations", max=0, source="gds"),
        Figure(name="memory", value=411, unit="MB", source="measured"),
        Figure(name="extraction", value=3.2, unit="s", source="gds"),
    ]
    kept = _kept(Report(step="drc.x", figures=found, seconds=3.0))
    assert [figure["name"] for figure in kept["figures"]] == ["drc.mr"] and "seconds" not in kept
