"""One analog core in a process of its own: drawn, its bit lines measured, compared with its netlist; processor time and memory.

A child process of growth.py (`neusoc bench size`), not a command: a size's memory is known only where nothing else was drawn.

    python -m neusoc.verification.size.one_size draw ROWS COLUMNS FOLDER      writes analog_core.gds and .spice there
    python -m neusoc.verification.size.one_size lvs ROWS COLUMNS FOLDER       both comparers on them

Each prints one line of JSON. Importing does not count as time. It does as memory, for all sizes alike.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL

LIKE = "mini"                   # the variant whose pads and supplies a core of another size has


def sized(rows: int, columns: int, like: str = LIKE) -> Chip:
    """A chip of a size that chip.yaml need not have; named after it."""
    size = {"name": f"{rows}x{columns}", "rows": rows, "columns": columns, "neurons": columns // 2}
    return load_chip(like).model_copy(update=size)


def _used() -> float:
    """Processor time of this process and of those that it started and that ended, s."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _largest_gb() -> float:
    """Memory of the largest of these processes, GB.

    Of this one by the kernel's VmHWM: ru_maxrss of a process begins with what the one that started it held.
    """
    status = Path("/proc/self/status").read_text()
    own = int(status.partition("VmHWM:")[2].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6


def bit_line_ohm(gds: Path, columns: int) -> list[float]:
    """Resistance of each bit line from the array to its neuron, ohm, as drawn in met4, by column.

    Raises:
        ValueError: a bit line ends in no met4 line of its own.
    """
    import klayout.db as db
    from neusoc.layout.core import dimensions as dim
    from neusoc.pdk.layers import LABEL, LAYERS
    from neusoc.pdk.technology import sheet_resistance

    layout = db.Layout()
    layout.read(str(gds))
    top, dbu = layout.cell(CELL), layout.dbu
    lines = db.Region(top.shapes(layout.layer(*LAYERS["met4"]))).merged()
    (array,) = [instance for instance in top.each_inst() if instance.cell.name.startswith("array_")]
    texts = [s.text for s in array.cell.shapes(layout.layer(LAYERS["met2"][0], LABEL)).each(db.Shapes.STexts)]
    ends = {t.string: (array.trans * t.position()).to_dtype(dbu) for t in texts if t.string.startswith("bl[")}
    low, high = dim.BL_END
    found = []
    for end in (ends[f"bl[{column}]"] for column in range(columns)):
        box = db.Region(db.DBox(end.x - 0.1, end.y - high, end.x + 0.1, end.y - low).to_itype(dbu))
        own = [polygon.area() for polygon in lines.interacting(box).each()]
        if len(own) != 1:
            raise ValueError(f"{gds}: {len(own)} met4 lines where a bit line leaves the array")
        found.append(own[0] * dbu**2 / dim.BL_LINE**2 * sheet_resistance()["met4"])
    return found


def cell_ohm() -> float:
    """Resistance of a bit line from one row to the next, ohm."""
    from neusoc.layout.array.dimensions import LINE, PAIR_PITCH
    from neusoc.pdk.technology import sheet_resistance

    return PAIR_PITCH / 2 / LINE * sheet_resistance()["met2"]


def draw(chip: Chip, folder: Path) -> dict[str, Any]:
    """Layout and netlist of the core into the folder: seconds, GB, width and height in um, resistances of its bit lines in ohm."""
    from neusoc.layout.core.core import analog_core
    from neusoc.layout.core.netlist import spice
    from neusoc.pdk.gds import write_component

    gds, before = folder / f"{CELL}.gds", _used()
    core = analog_core(chip)
    write_component(core, gds)
    (folder / f"{CELL}.spice").write_text(spice(chip))
    seconds, gb, box = _used() - before, _largest_gb(), core.dbbox()
    ohm = {"out_ohm": bit_line_ohm(gds, chip.columns), "cell_ohm": cell_ohm()}
    return {"seconds": seconds, "gb": gb, "width": box.width(), "height": box.height(), **ohm}


def lvs(chip: Chip, folder: Path) -> dict[str, Any]:
    """Both comparers on what draw() left in the folder: seconds, GB, devices, and whether all agrees."""
    from neusoc.verification.signoff.lvs import check_lvs

    before = _used()
    report = check_lvs(
        folder / f"{CELL}.gds", CELL, folder / f"{CELL}.spice", f"lvs.{CELL}", threads=1, out_dir=folder, reports=folder
    )
    (devices,) = (figure.value for figure in report.figures if figure.name == "devices.layout")
    return {"seconds": _used() - before, "gb": _largest_gb(), "devices": devices, "match": report.verdict == "pass"}


def asked(words: Sequence[str]) -> tuple[Callable[[Chip, Path], dict[str, Any]], Chip, Path]:
    """What to do, with which chip, in which folder: from the words of the call as above.

    Raises:
        UserError: they are others.
    """
    what, *rest = words or ("",)
    if what not in (known := {"draw": draw, "lvs": lvs}) or len(rest) != 3 or not all(word.isdecimal() for word in rest[:2]):
        raise UserError(
            f"one_size {' '.join(words) or 'without words'}: not draw or lvs with ROWS, COLUMNS and FOLDER; `neusoc bench size` calls it"
        )
    rows, columns, folder = rest
    return known[what], sized(int(rows), int(columns)), Path(folder)


def main() -> int:
    """Entry point; returns the exit code."""
    try:
        measure, chip, folder = asked(sys.argv[1:])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(measure(chip, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
