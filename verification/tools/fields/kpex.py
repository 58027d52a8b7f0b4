"""klayout-pex as a writer of scenes: a cell in space as the extractor sees it, its process stack and the
shapes of each net."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.pdk.extractor import call


def scene_text(gds: Path, cell: str, folder: Path, *, log: Path, timeout: float) -> str:
    """A scene (PEX25D, a text; scene.py reads it).

    Args:
        gds: layout.
        cell: its top cell.
        folder: folder for all that klayout-pex writes; also its working folder.
        log: file for what it says.
        timeout: s of processor time.

    Raises:
        UserError: klayout-pex or KLayout is missing, or the run failed.
    """
    scene = folder / "scene.pex25d"
    words = [
        "pex25d",
        "--pdk",
        "sky130A",
        "--gds",
        gds,
        "--cell",
        cell,
        "--out-dir",
        folder,
        "--out-file",
        scene,
    ]
    call([*words, "--tool-version-checks", "warn"], folder, log=log, timeout=timeout)
    if not scene.exists():
        raise UserError(f"kpex: wrote no scene of {cell}; see {log}")
    return scene.read_text()
