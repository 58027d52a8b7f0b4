"""What an assembled tree has in common with an installed one, as digests: models, cells and wires, kind by
kind.

`installed.json` holds those of an installed PDK (`neusoc pdk --record`, at the revision that LibreLane pins).
So the assembled tree is held against it where none is installed too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.pdk.source import SCL, Pdk, installed_pdk
from neusoc.pdk.wires import WIRES

RECORD = Path(__file__).with_name("installed.json")
MODELS = ("libs.tech/combined", "libs.tech/ngspice", "libs.ref/sky130_fd_pr/spice")


def _digest(parts: Iterable[str | bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else part.encode())
        found.update(b"\0")
    return found.hexdigest()[:32]


def macros(pdk: Pdk) -> dict[str, str]:
    """Cell -> its text in the LEF."""
    return {
        m[1]: m[0]
        for m in re.finditer(r"^MACRO (\S+)\n.*?^END \1$", pdk.path("lef").read_text(), re.S | re.M)
    }


def subcircuits(pdk: Pdk, key: str) -> dict[str, str]:
    """Cell -> its text in a netlist, on one line."""
    text = re.sub(r"\n\+", " ", pdk.path(key).read_text())
    return {
        m[1]: " ".join(m[0].split())
        for m in re.finditer(r"^\.subckt (\S+).*?^\.ends[^\n]*", text, re.S | re.M | re.I)
    }


def modules(pdk: Pdk) -> set[str]:
    """Names of the Verilog modules."""
    return set(re.findall(r"^module (\S+)", pdk.path("verilog").read_text(), re.M))


def _of_cells(texts: dict[str, str]) -> list[str]:
    """Texts of the library's cells in the order of their names; how white space stands does not count."""
    own = sorted((name, text) for name, text in texts.items() if name.startswith(f"{SCL}__"))
    return [
        part
        for name, text in own
        for part in (name, " ".join(text.split()).replace(" topography=normal", ""))
    ]


def _layouts(pdk: Pdk) -> dict[str, str]:
    """Of each layer what is drawn on it in all cells: merged, so that it does not count how it is cut into
    shapes."""
    layout = db.Layout()
    layout.read(str(pdk.path("gds")))
    cells = sorted(
        (cell for cell in layout.each_cell() if cell.name.startswith(f"{SCL}__")), key=lambda cell: cell.name
    )
    found = {"layouts: names": _digest(cell.name for cell in cells)}
    for index in layout.layer_indexes():
        drawn = [(cell.name, db.Region(cell.begin_shapes_rec(index)).merged()) for cell in cells]
        texts = [
            part
            for name, region in drawn
            if not region.is_empty()
            for part in (name, *sorted(map(str, region.each())))
        ]
        if texts:
            info = layout.get_info(index)
            found[f"layouts: {info.layer}/{info.datatype}"] = _digest(texts)
    return found


def facts(pdk: Pdk) -> dict[str, str]:
    """Kind -> digest: every SPICE model file byte for byte (equal currents need no simulation), abstracts,
    netlists and layouts of all
    cells, technology LEF and tracks."""
    found = {}
    for folder in MODELS:
        files = sorted((pdk.tree / folder).rglob("*.spice"))
        found[f"models: {folder}, {len(files)} files"] = _digest(
            part for file in files for part in (file.relative_to(pdk.tree).as_posix(), file.read_bytes())
        )
    found["cells: lef"] = _digest(_of_cells(macros(pdk)))
    found |= {f"cells: {key}": _digest(_of_cells(subcircuits(pdk, key))) for key in ("cdl", "spice")}
    found["cells: verilog"] = _digest(sorted(name for name in modules(pdk) if name.startswith(f"{SCL}__")))
    found |= {f"wires: {wires}": _digest([pdk.path(f"techlef_{wires}").read_bytes()]) for wires in WIRES}
    tracks = (line.split() for line in pdk.path("tracks").read_text().splitlines())
    found["wires: tracks"] = _digest(
        f"{layer} {axis} {float(offset)} {float(pitch)}" for layer, axis, offset, pitch in tracks
    )
    return found | _layouts(pdk)


def recorded() -> dict[str, str]:
    """Facts of the installed PDK that was recorded.

    Raises:
        UserError: there is no record.
    """
    if not RECORD.exists():
        raise UserError(f"pdk/{RECORD.name}: not there; restore it: git checkout pdk/{RECORD.name}")
    found: dict[str, str] = json.loads(RECORD.read_text())
    return found


def record() -> Path:
    """Write the facts of the installed PDK.

    Raises:
        UserError: none is installed.
    """
    if (found := installed_pdk()) is None:
        raise UserError(
            "PDK: none is installed, so there is nothing to record; `neusoc pdk --ciel`, or set PDK_ROOT"
        )
    return write_atomic(RECORD, json.dumps(facts(found), indent=1) + "\n")
