"""`make liberty-check`: the project's library against that of an installed PDK, with limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.tables import number, table
from neusoc.base.tools import versions
from neusoc.pdk.characterise.build import COMMITTED, RUN, committed_file, staleness
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.corner import CORNERS
from neusoc.pdk.characterise.liberty_reader import read_liberty
from neusoc.pdk.characterise.scheduler import weight
from neusoc.pdk.source import FILES, NAME, SOURCES
from neusoc.verification.tools.liberty.compare import KINDS, PICOSECONDS, Comparison, compare_libraries
from neusoc.verification.tools.liberty.plot import plot_comparison

STEP = "liberty_check"
FOLDER = BUILD / "liberty"
README = ROOT / "pdk" / "characterise" / "README.md"
MARKERS = ("<!-- figures: written by make docs -->", "<!-- end -->")
PLOT = "liberty_check.png"

# largest |error|: (median, 95th percentile); percent, or ps. Nothing is fitted to the reference.
LIMITS: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "tt": {
        "delay": (4, 10), "transition": (4, 10), "clk_to_q": (7, None), "setup": (15, None), "hold": (15, None), "capacitance": (5, None),
        "leakage": (20, None),
    },
    "ss": {"delay": (7, 15), "transition": (7, 15), "clk_to_q": (7, 15)},
    "ff": {"delay": (7, 15), "transition": (7, 15), "clk_to_q": (7, 15)},
}

# cells on which a choice was made by looking at the foundry's numbers (README): the figures of that kind are those of the others alone
LOOKED_AT = {"leakage": ("sky130_fd_sc_hd__dfrtp_1", "sky130_fd_sc_hd__dlclkp_1")}


def reference_libraries() -> tuple[dict[str, Path], str]:
    """Liberty of an installed PDK by corner, and its source; empty where none is found.

    The tree that the project assembles from wheels is no reference: its libraries are the ones under test.
    """
    for source, look in SOURCES:
        if "wheel" in source:
            continue
        root = look()
        if root:
            found = {key.removeprefix("lib_"): root / NAME / name for key, name in FILES.items() if key.startswith("lib_")}
            found = {corner: path for corner, path in found.items() if path.exists()}
            if found:
                return found, source
    return {}, ""


def _figures(corner: str, comparison: Comparison) -> list[Figure]:
    energies = [where for where in comparison.missing if where.endswith(" energy")]
    figures = [
        Figure(name=f"{corner}.cells", value=len(comparison.cells), min=1, source="simulation"),
        Figure(name=f"{corner}.missing_arcs", value=len(comparison.missing) - len(energies), max=0, source="simulation"),
        Figure(name=f"{corner}.missing_energies", value=len(energies), source="simulation"),
    ]
    limits = LIMITS.get(corner[:2], {})
    for kind in KINDS:
        errors = np.abs(comparison.errors(kind, without=LOOKED_AT.get(kind, ())))
        median, high = limits.get(kind, (None, None))
        unit = "ps" if kind in PICOSECONDS else "%"
        if not errors.size:
            if median is not None and kind in ("delay", "transition", "capacitance", "leakage"):
                figures.append(Figure(name=f"{corner}.{kind}.median", value=None, unit=unit, max=median, source="simulation"))
            continue
        values = {"median": (np.median(errors), median), "p95": (np.percentile(errors, 95), high)}
        figures += [
            Figure(name=f"{corner}.{kind}.{name}", value=round(float(value), 3), unit=unit, max=limit, source="simulation")
            for name, (value, limit) in values.items()
        ]
        figures.append(Figure(name=f"{corner}.{kind}.points", value=int(errors.size), source="simulation"))
    return figures


def table_text(comparisons: Mapping[str, Comparison]) -> str:
    """The table: a row a corner and cell (first all cells together), a column a kind, `median / 95th percentile`. Markdown."""
    kinds = [kind for kind in KINDS if any(c.errors(kind).size for c in comparisons.values())]
    head = ["corner", "cell", *(f"{kind.replace('_', ' ')} ({'ps' if kind in PICOSECONDS else '%'})" for kind in kinds)]
    lines = []
    for corner, comparison in comparisons.items():
        for cell in (None, *comparison.cells):
            row = [corner, "all" if cell is None else cell.split("__")[-1]]
            for kind in kinds:
                errors = np.abs(comparison.errors(kind, cell))
                row.append(f"{np.median(errors):.1f} / {np.percentile(errors, 95):.1f}" if errors.size else "")
            lines.append(row)
    worst = ["", "The tables that differ most:", ""]
    for corner, comparison in comparisons.items():
        for kind in kinds:
            ranked = comparison.worst(kind, 3)
            worst += [f"- {corner} {kind}: {cell.split('__')[-1]} {where}: {error:.1f}" for cell, where, error in ranked]
    gone = [f"- {corner}: {name}" for corner, comparison in comparisons.items() for name in comparison.missing]
    return table(head, lines) + "\n".join([*worst, *(["", "Missing:", "", *gone] if gone else []), ""])


def figures_text(report: Report) -> str:
    """The README's table: a row a kind, a column a corner, `median / 95th percentile (limits)`; bold what lies outside. Markdown."""
    figures = {figure.name: figure for figure in report.figures}
    corners = [name.split(".")[0] for name in figures if name.endswith(".cells")]

    def one(name: str) -> str:
        figure = figures.get(name)
        if figure is None:
            return ""
        limit = "" if figure.max is None else f" (max {figure.max:g})"
        return (number(figure.value) if figure.passes else f"**{number(figure.value)}**") + limit

    rows = [["cells compared", *(f"{figures[f'{corner}.cells'].value:.0f}" for corner in corners)]]
    rows.append(["arcs and pins missing", *(one(f"{corner}.missing_arcs") for corner in corners)])
    rows.append(["energies missing", *(one(f"{corner}.missing_energies") for corner in corners)])
    for kind in KINDS:
        if any(f"{corner}.{kind}.median" in figures for corner in corners):
            unit = "ps" if kind in PICOSECONDS else "%"
            cells = [f"{one(f'{corner}.{kind}.median')} / {one(f'{corner}.{kind}.p95')}" for corner in corners]
            rows.append([f"{kind.replace('_', ' ')}, median / 95th percentile, {unit}", *cells])
    run = [f"`{name}` {one(name)} {figure.unit}".strip() for name, figure in figures.items() if name.startswith(("run.", "library."))]
    return table(["error", *corners], rows) + (f"\nThe library and its run: {', '.join(run)}.\n" if run else "")


def check_committed(readme: bool = False) -> Report:
    """Compare the committed library with that of an installed PDK and write the report.

    Args:
        readme: the plot of README.md is renewed too; `make docs` writes the figures.

    Raises:
        UserError: the library is not there.
    """
    ours = {corner.name: committed_file(corner) for corner in CORNERS.values()}
    for path in ours.values():
        if not path.exists():
            raise UserError(f"{path.name}: missing; run `make liberty`")
    report = check_libraries(ours, *reference_libraries())
    report.figures += [Figure(name="library.stale_inputs", value=len(staleness()), max=0, source="simulation"), *run_figures()]
    report.write()
    if readme and "plot" in report.files:
        write_atomic(README.with_name(PLOT), (ROOT / report.files["plot"]).read_bytes())
    return report


def _two_at_a_time(seconds: list[float]) -> float:
    """Time in s of jobs on two cores, each taken by the core that is free first."""
    cores = [0.0, 0.0]
    for one in seconds:
        cores[cores.index(min(cores))] += one
    return max(cores)


def run_figures(folder: Path = COMMITTED) -> list[Figure]:
    """What characterising took, in processor time, on two cores that do nothing else.

    A cell some of whose results come from a run that kept no times counts by its transistors x (inputs + 1), at the rate of the others.

    Raises:
        UserError: the times are not there.
    """
    path = folder / RUN
    if not path.exists():
        raise UserError(f"{path.name}: missing; run `make liberty`")
    taken = {cell: list(corners.values()) for cell, corners in json.loads(path.read_text()).items()}
    known = {cell: ones for cell, ones in taken.items() if all(one["timed"] == one["results"] for one in ones)}
    cells = {cell: [one["processor"] for one in ones] for cell, ones in known.items()}
    if not cells:
        return [Figure(name="run.cells_timed", value=0, min=1, source="simulation")]
    timed = sum(map(sum, cells.values()))
    whole = timed * sum(map(weight, cell_list("measured"))) / sum(map(weight, cells))
    slowest = max(map(_two_at_a_time, cells.values()))
    return [
        Figure(name="run.cells_timed", value=len(cells), min=1, source="simulation"),
        Figure(name="run.processor_time_of_these", value=round(timed / 3600, 3), unit="h", source="simulation"),
        Figure(name="run.all_cells_on_2_cores", value=round(whole / 7200, 3), unit="h", max=3, source="simulation"),
        Figure(name="run.slowest_cell_on_2_cores", value=round(slowest, 1), unit="s", max=120, source="simulation"),
    ]


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def check_libraries(ours: Mapping[str, Path], reference: Mapping[str, Path], source: str, folder: Path = FOLDER) -> Report:
    """Compare the corners that both have; write table and plot into a folder.

    Args:
        ours: Liberty file (.lib or .lib.gz) by corner name.
        reference: the same of the other library; empty if there is none.
        source: place that the reference comes from.
        folder: folder for table and plot.

    Returns:
        The report, not yet written.
    """
    watch = Stopwatch()
    if not reference:
        reason = "no installed PDK with Liberty files was found; set PDK_ROOT to one to compare"
        return Report(step=STEP, not_run=reason, seconds=watch.seconds)
    both = [corner for corner in ours if corner in reference]
    comparisons = {corner: compare_libraries(read_liberty(ours[corner]), read_liberty(reference[corner])) for corner in both}
    table = write_atomic(folder / "liberty_check.md", table_text(comparisons))
    plot = plot_comparison(comparisons, folder / PLOT)
    return Report(
        step=STEP,
        figures=[figure for corner, comparison in comparisons.items() for figure in _figures(corner, comparison)],
        tools=versions("klayout-pex", "ngspice"),
        pdk_source=source,
        seconds=watch.seconds,
        files={"table": _shown(table), "plot": _shown(plot)},
    )
