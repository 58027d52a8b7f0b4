"""How every GDS of the project is written: no time stamps, a temporary name first, so that equal layouts are equal files."""

from __future__ import annotations

import os
from pathlib import Path

import klayout.db as db


def write_gds(layout: db.Layout, path: Path) -> Path:
    """Write a layout; an interrupted write leaves an earlier file as it was. Returns path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = db.SaveLayoutOptions()
    options.gds2_write_timestamps = False
    options.write_context_info = False
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.gds")
    layout.write(str(temporary), options)
    temporary.replace(path)
    return path
