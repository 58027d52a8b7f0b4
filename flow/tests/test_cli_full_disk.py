"""A full disk ends a verb with one sentence that names file, reason and way out, and exit code 2; no half
file takes a name.

A limit on the size of files stands for the full disk: the same refusal of the same calls, with another
    number.
"""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.base.errors import disk_refused
from neusoc.base.paths import ROOT
from neusoc.base.report import replacing
from neusoc.layout.array.array import array
from neusoc.layout.array.netlist import spice
from neusoc.pdk.source import find_pdk

SIZE = 8
WAY_OUT = "raise the limit of a file's size (ulimit -f)"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Options that name a small array: its cell, its layout, its netlist."""
    folder = tmp_path_factory.mktemp("small")
    drawn = array(rows=SIZE, columns=SIZE)
    drawn.write_gds(folder / "small.gds", with_metadata=False)
    (folder / "small.spice").write_text(spice(SIZE, SIZE))
    return {
        "drc": ("--top", drawn.name, "--gds", str(folder / "small.gds")),
        "lvs": (
            "--top",
            drawn.name,
            "--gds",
            str(folder / "small.gds"),
            "--netlist",
            str(folder / "small.spice"),
        ),
        "erc": ("--top", drawn.name, "--netlist", str(folder / "small.spice")),
        "power": ("--chip", "mini"),
        "blocks": ("--chip", "mini"),
        "figures": ("states",),
    }


def _neusoc(folder: Path, largest: int, *words: str, **options):
    """Run a verb that builds in a folder and may write no file larger than so many bytes."""
    places = {"NEUSOC_BUILD": str(folder), "PDK_ROOT": str(find_pdk().root), "NEUSOC_PDK": ""}
    return subprocess.run(
        [sys.executable, "-m", "neusoc.flow.cli", *words],
        stderr=subprocess.PIPE,
        text=True,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, **places},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
        **{"stdout": subprocess.PIPE, **options},
    )


@pytest.mark.parametrize(
    ("verb", "largest", "file"),
    [
        ("drc", 200, "sky130.drc: cannot be written"),  # before the decks begin
        ("drc", 70_000, " deck: a file that it writes"),  # a deck, in the middle
        ("lvs", 200, ".lvsdb: cannot be written"),  # KLayout's writer would end the process
        (
            "lvs",
            20_000,
            ".lvsdb: cannot be written",
        ),  # KLayout's writer would leave it cut off, and say nothing
        ("erc", 50, ".txt: cannot be written"),
        ("erc", 200, ".json: cannot be written"),
        ("power", 200, "cannot be written"),
        ("blocks", 20_000, "cannot be written"),  # a layout, in the middle
        ("figures", 1000, "xschem: a file that it writes"),  # a program, in the middle
    ],
)
def test_cli_full_disk_is_one_sentence(files, tmp_path, verb, largest, file):
    done = _neusoc(tmp_path, largest, verb, *files[verb])
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: ") and file in done.stderr and WAY_OUT in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, done.stderr
    assert not [path for kind in ("json", "lvsdb", "lyrdb", "gds") for path in tmp_path.rglob(f"*.{kind}")]


def test_cli_full_disk_behind_the_output_is_one_sentence(tmp_path):
    """What is printed goes into a file as well."""
    with open("/dev/full", "w") as full:
        done = _neusoc(tmp_path, 10**9, "drc", "--help", stdout=full)
    assert (
        done.returncode == 2
        and "error: standard output, or a file below NEUSOC_BUILD: cannot be written (No space left"
        in done.stderr
    )
    assert done.stderr.count("\n") == 1


def test_refused_write_names_the_file(tmp_path):
    with pytest.raises(OSError) as told, replacing(tmp_path / "figures.json"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    said = disk_refused(told.value)
    assert (
        said == f"{tmp_path}/figures.json: cannot be written (No space left on device); "
        "free some space, or set NEUSOC_BUILD to a folder on another disk"
    )
    klayout = RuntimeError(
        "Write error on file: /disk//x.png (errno=28) in LayoutViewBase.save_image_with_options"
    )
    assert (disk_refused(klayout) or "").startswith(
        "/disk/x.png: cannot be written (No space left on device); free some space"
    )


def test_refused_write_of_an_open_file_names_it():
    with pytest.raises(OSError) as told, open("/dev/full", "w") as file:
        file.write("x")
        file.flush()
    assert (disk_refused(told.value) or "").startswith("/dev/full: cannot be written")


def test_refused_write_of_no_temporary_file():
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "no temporary file can be written; free some space, or set TMPDIR" in (disk_refused(error) or "")


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "x"), RuntimeError("on file: x (errno=2)"), ValueError("28")]
)
def test_other_errors_are_no_full_disk(error):
    assert disk_refused(error) is None
