"""`make bench`: speed as ratios within one run; seconds are printed for information.

Peers: gdsfactory's own array building (one reference a cell) for the array, flat comparison for hierarchical LVS.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from neusoc.flow.config import load_chip
from neusoc.flow.paths import ROOT
from neusoc.flow.report import Figure, Report, Stopwatch
from neusoc.flow.tools import versions


def _best(action: Callable[[], object], times: int = 5) -> float:
    """Least wall time of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


def _bench_array(folder: Path) -> Report:
    import klayout.db as db
    from neusoc.layout.array.generator import write_array

    watch = Stopwatch()
    figures = []
    for size, limit in ((64, 0.05), (256, 0.10)):
        path = folder / f"array_{size}.gds"
        seconds = _best(lambda size=size, path=path: write_array(size, size, path))
        name = f"array {size} x {size} build and write"
        figures.append(Figure(name=name, value=round(seconds, 4), unit="s", max=limit, source="measured"))

        def peer(path: Path = path, size: int = size) -> None:
            """The same bit cells placed one by one, written by the same library."""
            source = db.Layout()
            source.read(str(path))
            layout = db.Layout()
            layout.dbu = source.dbu
            cell, top = layout.create_cell("cell"), layout.create_cell("top")
            cell.shapes(layout.layer(68, 20)).insert(db.DBox(0, 0, 1, 1))
            for x in range(size):
                for y in range(size):
                    top.insert(db.DCellInstArray(cell.cell_index(), db.DTrans(1.3 * x, 1.06 * y)))
            layout.write(str(path.with_suffix(".peer.gds")))

        ratio = round(seconds / _best(peer, 3), 3)
        figures.append(Figure(name=f"array {size} x {size} / cells placed one by one", value=ratio, source="measured"))
    return Report(step="bench.array", figures=figures, tools=versions("klayout"), seconds=watch.seconds)


def _bench_lvs(folder: Path) -> Report:
    from neusoc.flow.products import blocks_dir, build_blocks
    from neusoc.verification.signoff.lvs import check_lvs

    watch = Stopwatch()
    chip = load_chip()
    build_blocks(chip)
    name = f"array_{chip.rows}x{chip.columns}"
    base = blocks_dir(chip) / name
    seconds = _best(lambda: check_lvs(base.with_suffix(".gds"), name, base.with_suffix(".spice"), f"lvs.{chip.name}.{name}"), 2)
    figure = Figure(name=f"LVS of {name}, both comparers", value=round(seconds, 2), unit="s", max=5.0, source="measured")
    return Report(step="bench.lvs", figures=[figure], tools=versions("klayout", "netgen-lvs"), seconds=watch.seconds)


def _bench_gds() -> Report:
    watch = Stopwatch()
    command = [sys.executable, "-m", "neusoc.flow.cli", "gds"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    warm = _best(lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL), 2)
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "NEUSOC_BUILD": empty}
        cold = _best(lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment), 1)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    figures = [
        Figure(name="make gds, warm and unchanged", value=round(warm, 2), unit="s", max=10.0, source="measured"),
        Figure(name="make gds, cold, controller included", value=round(cold, 1), unit="s", max=900.0, source="measured"),
        Figure(name="cold / warm", value=round(cold / warm, 1), source="measured"),
        Figure(name="largest process", value=round(memory, 2), unit="GB", max=8.0, source="measured"),
    ]
    return Report(step="bench.gds", figures=figures, seconds=watch.seconds)


def run_bench() -> list[Report]:
    """Run all benchmarks, write and return their reports."""
    with tempfile.TemporaryDirectory() as folder:
        reports = [_bench_array(Path(folder)), _bench_lvs(Path(folder)), _bench_gds()]
    for report in reports:
        report.write()
        for figure in report.figures:
            print(f"  {figure.name}: {figure.value:g} {figure.unit}")
    return reports
