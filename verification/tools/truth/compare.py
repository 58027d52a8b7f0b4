"""`make truth`: the extractor compared with the table of truth, and with the array's own crossing. Report
`truth`.

One layout holds all patterns, so one run of the extractor is enough. What is compared of a pattern: the
coupling that it is about, and the whole capacitance of its first net.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import made_by
from neusoc.base.tables import table
from neusoc.base.tools import run, versions
from neusoc.pdk.extractor import arguments, extract
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.pex import SUBSTRATE as KPEX_SUBSTRATE
from neusoc.verification.signoff.pex import capacitors
from neusoc.verification.tools.truth import array_crossing
from neusoc.verification.tools.truth.patterns import SAME_LAYER, SUBSTRATE, Pattern, draw, patterns
from neusoc.verification.tools.truth.table import TRUTH, Values, truth

SECONDS = 300.0  # for one run of the extractor, which takes ten
# kinds -> most of the median and of the largest |error| of the coupling
GOALS = {SAME_LAYER: (0.10, 0.20)}
# The same for what klayout-pex cannot say better, so that it does not get worse unseen: where two narrow
# wires of different layers cross or lie above each other, it gives most of their coupling to ground.
BOUNDS = {("plane",): (0.15, 0.70), ("crossing",): (0.80, 0.85), ("alone",): (0.15, 0.20)}
WHOLE = (0.10, 0.30)  # and of the whole capacitance of a net, all patterns
WHOLE_LINE, CROSSING = 15.0, 30.0  # %: of the array's bit line, and of its crossing with a word line


@dataclass(frozen=True)
class Row:
    """One comparison: truth and extracted in fF."""

    pattern: str
    kind: str
    truth: float
    extracted: float

    @property
    def error(self) -> float:
        """Extracted less truth, over truth."""
        return self.extracted / self.truth - 1


def from_netlist(netlist: str) -> Values:
    """Capacitances of a netlist of all patterns, by pattern and pair of nets."""
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    for one, other, femto in capacitors(netlist):
        nodes = [SUBSTRATE if node == KPEX_SUBSTRATE else node for node in (one, other)]
        named = {node.split("__")[0] for node in nodes if node != SUBSTRATE}
        if len(named) == 1:
            a, b = sorted(node.split("__")[-1] for node in nodes)
            sums[named.pop(), a, b] += femto
    return sums


def _whole(values: Values, pattern: Pattern) -> float:
    return sum(
        femto for (name, *nets), femto in values.items() if name == pattern.name and pattern.nets[0] in nets
    )


def rows(extracted: Values, true: Values, whole: bool = False) -> list[Row]:
    """All patterns: the coupling that each is about, or the whole capacitance of its first net. A coupling
    not extracted counts as 0."""
    compared = []
    for pattern in patterns():
        a, b = sorted(pattern.nets)
        coupling = (true[pattern.name, a, b], extracted.get((pattern.name, a, b), 0.0))
        pair = (_whole(true, pattern), _whole(extracted, pattern)) if whole else coupling
        compared.append(Row(pattern.name, pattern.kind, *pair))
    return compared


def figures(extracted: Values, true: Values) -> list[Figure]:
    """Median and largest error of each kind of pattern, and of the whole capacitances, in percent."""
    couplings = rows(extracted, true)
    parts = [
        (" ".join(kinds), [r for r in couplings if r.kind in kinds], most)
        for kinds, most in (GOALS | BOUNDS).items()
    ]
    parts.append(("whole capacitance", rows(extracted, true, whole=True), WHOLE))
    found = []
    for kinds, compared, (median_most, worst_most) in parts:
        worst = max(compared, key=lambda row: abs(row.error))
        median = statistics.median(abs(row.error) for row in compared)
        for name, value, most, at in (
            ("median", median, median_most, None),
            ("largest", abs(worst.error), worst_most, worst.pattern),
        ):
            found.append(
                Figure(
                    name=f"{kinds}: {name} error",
                    value=round(100 * value, 1),
                    max=round(100 * most, 1),
                    unit="%",
                    source="gds",
                    at=at,
                )
            )
    return found


def array_figures(true: array_crossing.Pairs, ours: array_crossing.Pairs) -> list[Figure]:
    """Whole bit line of the array, and its crossing with a word line: errors in percent."""
    whole = array_crossing.whole(ours) / array_crossing.whole(true) - 1
    crossing = ours["bl", "wl"] / true["bl", "wl"] - 1
    limits = (
        ("array: whole bit line", whole, WHOLE_LINE),
        ("array: bit line to word line", crossing, CROSSING),
    )
    return [
        Figure(name=name, value=round(100 * value, 1), min=-most, max=most, unit="%", source="gds")
        for name, value, most in limits
    ]


def extracted(folder: Path, installed: bool = False) -> Values:
    """Run klayout-pex on all patterns in a folder, with the project's technology or (installed) with the
    wheel's own."""
    gds = folder / "bench.gds"
    draw(patterns(), gds, prefixed=True)
    log = folder / "said.log"
    if not installed:
        netlist, _ = extract(gds, "TOP", "CC", folder, log=log, timeout=SECONDS)
        return from_netlist(netlist.read_text())
    netlist = folder / "netlist.spice"
    command = [sys.executable, "-m", "klayout_pex", *arguments(gds, "TOP", "CC", folder, netlist)]
    run(
        command,
        log=log,
        timeout=SECONDS,
        cwd=folder,
        env={"OMP_NUM_THREADS": "1", "HOME": os.environ.get("HOME", str(folder))},
    )
    return from_netlist(netlist.read_text())


def table_text(true: Values, extractors: Mapping[str, Values]) -> str:
    """Markdown: coupling of every pattern, fF."""
    compared = {name: rows(values, true) for name, values in extractors.items()}
    lines = []
    for pattern in zip(*compared.values(), strict=True):
        shown = [f"{row.extracted:.3f} ({100 * row.error:+.0f} %)" for row in pattern]
        lines.append([pattern[0].pattern, f"{pattern[0].truth:.3f}", *shown])
    return table(["pattern", "field solver, fF", *extractors], lines, right=range(1, 2 + len(extractors)))


def report_inputs() -> list[Path]:
    """Files that the report is made of."""
    return [*needs(Path(__file__)), TRUTH, array_crossing.TABLE]


def check_truth() -> Report:
    """Run the extractor twice on all patterns, and on a tile of the array; write the report and
    build/truth/truth.md.

    Raises:
        UserError: an extraction failed.
    """
    watch, true = Stopwatch(), truth()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        tools = {
            "the wheel as installed": extracted(Path(one), installed=True),
            "corrected": extracted(Path(other)),
        }
    solved, lines = array_crossing.by_line(array_crossing.truth()), array_crossing.extracted()
    text = "\n".join([table_text(true, tools), array_crossing.table_text(solved, lines), ""])
    path, pdk = write_atomic(BUILD / "truth" / "truth.md", text), find_pdk()
    report = Report(
        step="truth",
        figures=[*figures(tools["corrected"], true), *array_figures(solved, lines)],
        tools=versions("klayout", "klayout-pex"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        files={"values": str(path.relative_to(BUILD))},
    )
    report.write()
    print(text)
    return report
