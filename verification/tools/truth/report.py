"""`make truth`: the extractor beside the field solutions, with the goals of compare.py. The report."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.tools.truth import array_crossing
from neusoc.verification.tools.truth.compare import BOUNDS, GOALS, WHOLE, Values, both, rows, summary, summary_table, truth
from neusoc.verification.tools.truth.field import TRUTH

STEP = "truth"
README = ROOT / "verification" / "tools" / "truth" / "README.md"


def markers(name: str) -> tuple[str, str]:
    """First and last line of a table in README.md."""
    return f"<!-- truth {name}: written by make docs -->", f"<!-- truth {name}: end -->"


def report_inputs() -> list[Path]:
    """Files that the report is made of."""
    return [*needs(Path(__file__)), TRUTH, array_crossing.TABLE]


def _figures(true: Values, ours: Values) -> list[Figure]:
    """Median and largest error of each kind of pattern, corrected, in percent."""
    couplings = rows(ours, true)
    parts = [(" ".join(kinds), [row for row in couplings if row.kind in kinds], most) for kinds, most in (GOALS | BOUNDS).items()]
    parts.append(("whole capacitance", rows(ours, true, whole=True), WHOLE))
    found = []
    for kinds, compared, (median_most, worst_most) in parts:
        median, worst, where = summary(compared)
        limits = {"unit": "%", "source": "gds"}
        found += [
            Figure(name=f"{kinds}: median error", value=round(100 * median, 1), max=round(100 * median_most, 1), **limits),
            Figure(name=f"{kinds}: largest error", value=round(100 * worst, 1), max=round(100 * worst_most, 1), at=where, **limits),
        ]
    return found


def check_truth() -> Report:
    """Run the extractor twice on all patterns, and on a tile of the array; write the report.

    Raises:
        UserError: an extraction failed.
    """
    watch, true = Stopwatch(), truth()
    installed, corrected = both()
    solved, lines = array_crossing.by_line(array_crossing.truth()), array_crossing.extracted()
    beside = array_crossing.whole(lines) / array_crossing.whole(solved) - 1
    figures = [
        *_figures(true, corrected),
        Figure(name="patterns", value=len(rows(corrected, true)), unit="patterns", min=1, source="gds"),
        Figure(name="array: bit line against its field solution", value=round(100 * beside, 1), unit="%", source="gds"),
    ]
    texts = {
        "patterns": summary_table(true, {"the wheel as installed": installed, "corrected": corrected}) + "\n",
        "crossing": array_crossing.table_text(solved, lines) + "\n",
    }
    pdk = find_pdk()
    report = Report(
        step=STEP, figures=figures, tools=versions("klayout", "klayout-pex"), pdk_source=pdk.source, pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__), seconds=watch.seconds, texts=texts,
    )  # fmt: skip
    report.write()
    return report
