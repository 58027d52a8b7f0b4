"""The verdicts on a mutant: by the functions behind `make lvs`, `make erc` and `make drc`.

LVS and ERC look at one mutant. The decks take seconds to start whatever they look at, so mutants of a block
stand side by side in one drawing, farther from each other than any rule reaches, and a marker is told to the
mutant in whose place it lies.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import klayout.db as db
import klayout.rdb as rdb
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.pdk.gds import write_gds
from neusoc.verification.chip.erc import check_cell
from neusoc.verification.signoff.drc import DECKS, run_drc
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import run_netgen

APART = 100.0  # um between mutants in a sheet: latch-up rules reach 15 um
SHEET = "mutants"
_KEPT = 3  # findings that are kept of a checker


def by_lvs(
    gds: Path, cell: str, netlist: Path, folder: Path, *, both: bool = False
) -> tuple[list[str], list[str]]:
    """Findings of both comparers: (klayout.db's, netgen's).

    Args:
        gds, cell: the layout.
        netlist: its reference.
        folder: folder for the comparers' files.
        both: ask netgen also where the first comparer found something.
    """
    try:
        first = run_lvs(gds, cell, [netlist], folder)
    except UserError as error:
        return [f"refused: {_sentence(error, gds)}"], []
    found = [] if first.clean else first.messages()[:_KEPT] or ["not clean"]
    if found and not both:
        return found, []
    return found, run_netgen(*first.spice, cell, folder).mismatches[:_KEPT]


def by_erc(gds: Path, cell: str, netlist: Path, folder: Path) -> list[str]:
    """Findings of the electrical rules: names of the figures that fail."""
    try:
        with redirect_stdout(io.StringIO()):
            report = check_cell(
                load_chip("mini"), cell, f"erc.{cell}", gds, [netlist], out_dir=folder, reports=folder
            )
    except UserError as error:
        return [f"refused: {_sentence(error, gds)}"]
    return [f"{figure.name}: {figure.value}" for figure in report.figures if not figure.passes][:_KEPT]


def _sentence(error: UserError, gds: Path) -> str:
    return str(error).replace(str(gds), gds.name)


def _sheet(mutants: Sequence[Path], cell: str, path: Path) -> float:
    """All mutants of one block side by side; returns the distance of their origins, um."""
    sheet = db.Layout()
    top = sheet.create_cell(SHEET)
    step = 0
    for number, gds in enumerate(mutants):
        layout = read_layout(gds, cell)
        sheet.dbu = layout.dbu
        box = layout.cell(cell).bbox()
        step = step or _whole(box.width() + round(2 * APART / layout.dbu))
        target = sheet.create_cell(f"{SHEET}_{number}")
        for index in layout.layer_indexes():
            target.shapes(sheet.layer(layout.get_info(index))).insert(layout.cell(cell).shapes(index))
        top.insert(
            db.CellInstArray(
                target.cell_index(), db.Trans(db.Vector(number * step - _whole(box.center().x), 0))
            )
        )
    write_gds(sheet, path)
    return step * sheet.dbu


def _whole(length: int) -> int:
    """A length moved onto the grid of 1 um, which every rule on grids divides."""
    return round(length / 1000) * 1000


def by_drc(mutants: Sequence[Path], cell: str, folder: Path, threads: int = 2) -> list[list[str]]:
    """Findings of the three decks, for each mutant in turn: "deck rule" each.

    Args:
        mutants: layouts of one block.
        cell: their top.
        folder: folder for the sheet and the decks' reports.
        threads: processor cores.

    Raises:
        RuntimeError: a deck did not finish, or a marker lies at no mutant.
    """
    gds = folder / f"{cell}.sheet.gds"
    step = _sheet(mutants, cell, gds)
    result = run_drc(gds, SHEET, folder, threads)
    if result.errors or set(result.counts) != set(DECKS):
        raise RuntimeError(f"mutants of {cell}: {'; '.join(result.errors.values()) or 'a deck is missing'}")
    found: dict[int, set[str]] = defaultdict(set)
    for deck, report in result.reports.items():
        database = rdb.ReportDatabase(deck)
        database.load(str(report))
        for item in database.each_item():
            rule = f"{deck} {database.category_by_id(item.category_id()).name()}"
            number = _mutant_of(item, database, step)
            if not 0 <= number < len(mutants):
                raise RuntimeError(
                    f"mutants of {cell}: a marker of {rule} lies at no mutant:"
                    f" {[v.to_s() for v in item.each_value()]}"
                )
            found[number].add(rule)
    return [sorted(found[number]) for number in range(len(mutants))]


def _mutant_of(item: rdb.RdbItem, database: rdb.ReportDatabase, step: float) -> int:
    """In whose place a marker lies; deep decks may also leave it in the mutant's own cell."""
    place = database.cell_by_id(item.cell_id()).name()
    if place.startswith(f"{SHEET}_"):
        return int(place.removeprefix(f"{SHEET}_").split("$")[0])
    boxes = []
    for value in item.each_value():
        for shape in (value.polygon(), value.edge_pair(), value.edge(), value.box(), value.path()):
            if shape is not None:
                boxes.append(shape if isinstance(shape, db.DBox) else shape.bbox())
    return round(boxes[0].center().x / step) if boxes else -1
