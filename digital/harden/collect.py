"""From LibreLane's `final` folder to the macro's files, without anything that depends on the time of day."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.digital.harden.config import STA_CORNERS

# lines that carry the time of day: ending of the file -> pattern, what takes its place
_DATES = {
    ".sdc": (re.compile(r"^# \w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}\n", re.MULTILINE), ""),
    ".spef": (
        re.compile(r"^\*DATE .*\n", re.MULTILINE),
        '*DATE "-"\n',
    ),  # without the line, OpenSTA reads no SPEF
    ".lib": (re.compile(r"^ *date *:.*\n", re.MULTILINE), ""),
}


def macro_dir(chip: Chip) -> Path:
    """Where the macro of a chip's controller lies, whatever its core."""
    return chip_dir(chip.name) / "controller"


def _views(design: str) -> dict[str, str]:
    """File of the macro -> place under LibreLane's final/."""
    kinds = {kind: kind for kind in ("gds", "lef", "cdl", "def", "sdc")} | {"nl.v": "nl", "pnl.v": "pnl"}
    return {
        **{f"{design}.{kind}": f"{folder}/{design}.{kind}" for kind, folder in kinds.items()},
        **{
            f"spef/{design}.{wires}.spef": f"spef/{wires}/{design}.{wires}.spef"
            for wires in ("nom", "min", "max")
        },
        **{f"lib/{design}__{corner}.lib": f"lib/{corner}/{design}__{corner}.lib" for corner in STA_CORNERS},
        "metrics.json": "metrics.json",
    }


def outputs(macro: Path, design: str) -> list[Path]:
    """All files of a macro."""
    return [macro / name for name in _views(design)]


def collect(final: Path, macro: Path, design: str) -> dict[str, float | int | str]:
    """Fill the folder of a macro from a finished run.

    Args:
        final: LibreLane's folder of final views.
        macro: the macro's folder, which is replaced.
        design: top module.

    Returns:
        LibreLane's metrics.

    Raises:
        UserError: a view is missing.
    """
    shutil.rmtree(macro, ignore_errors=True)
    for name, view in _views(design).items():
        source, target = final / view, macro / name
        if not source.exists() or source.stat().st_size == 0:
            raise UserError(
                f"LibreLane: it left no {view}; look for the step that writes it in {final.parent}"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".gds":
            _copy_gds(source, target)
        elif date := _DATES.get(target.suffix):
            pattern, instead = date
            target.write_text(pattern.sub(instead, source.read_text()))
        else:
            shutil.copyfile(source, target)
    return json.loads((macro / "metrics.json").read_text())


def _copy_gds(source: Path, target: Path) -> None:
    """Write a GDS again without time stamps."""
    import klayout.db as db
    from neusoc.pdk.gds import write_gds

    layout = db.Layout()
    layout.read(str(source))
    write_gds(layout, target)
