"""An extractor beside the table of truth.

    neusoc truth compare              # the wheel as installed, and with the project's coefficients: a table

One layout holds all patterns, so one run of the extractor is enough. What is compared of a pattern: the coupling that it is about, and
the whole capacitance of its first net.
"""

from __future__ import annotations

import csv
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.tables import table
from neusoc.base.tools import run
from neusoc.pdk.extractor import arguments, extract
from neusoc.verification.signoff.pex import SUBSTRATE as KPEX_SUBSTRATE
from neusoc.verification.signoff.pex import capacitors
from neusoc.verification.tools.truth.field import TRUTH
from neusoc.verification.tools.truth.patterns import SAME_LAYER, SUBSTRATE, Pattern, draw, patterns

Values = Mapping[tuple[str, str, str], float]       # pattern, net, net in alphabetical order -> fF
SECONDS = 300.0                     # for one run of the extractor, which takes ten
# kinds -> most of the median and of the largest |error| of the coupling
GOALS = {SAME_LAYER: (0.10, 0.20)}
# The same for what klayout-pex cannot say better, so that it does not get worse unseen: where two narrow wires of different layers
# cross or lie above each other, it gives most of their coupling to ground.
BOUNDS = {("plane",): (0.15, 0.70), ("crossing",): (0.80, 0.85), ("alone",): (0.15, 0.20)}
WHOLE = (0.10, 0.30)                # and of the whole capacitance of a net, all patterns


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


def truth(path: Path = TRUTH) -> Values:
    """The field solver's values."""
    with path.open() as file:
        return {(row["pattern"], *sorted((row["net_a"], row["net_b"]))): float(row["fF"]) for row in csv.DictReader(file)}


def from_netlist(netlist: str) -> Values:
    """Capacitances of a netlist of all patterns, by pattern and pair of nets."""
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    for one, other, femto in capacitors(netlist):
        nodes = [SUBSTRATE if node == KPEX_SUBSTRATE else node for node in (one, other)]
        named = {node.split("__")[0] for node in nodes if node != SUBSTRATE}
        if len(named) == 1:
            a, b = sorted(node.split("__")[-1] for node in nodes)
            found[named.pop(), a, b] += femto
    return found


def _whole(values: Values, pattern: Pattern) -> float:
    return sum(femto for (name, *nets), femto in values.items() if name == pattern.name and pattern.nets[0] in nets)


def rows(extracted: Values, true: Values, whole: bool = False) -> list[Row]:
    """All patterns: the coupling that each is about, or the whole capacitance of its first net. A coupling not extracted counts as 0."""
    found = []
    for pattern in patterns():
        a, b = sorted(pattern.nets)
        coupling = (true[pattern.name, a, b], extracted.get((pattern.name, a, b), 0.0))
        pair = (_whole(true, pattern), _whole(extracted, pattern)) if whole else coupling
        found.append(Row(pattern.name, pattern.kind, *pair))
    return found


def summary(compared: list[Row]) -> tuple[float, float, str]:
    """Median and largest of |error|, and where the largest is."""
    worst = max(compared, key=lambda row: abs(row.error))
    return statistics.median(abs(row.error) for row in compared), abs(worst.error), worst.pattern


def misses(extracted: Values, true: Values) -> dict[str, str]:
    """What lies beyond GOALS, BOUNDS or WHOLE: kinds -> how much."""
    couplings = rows(extracted, true)
    parts = {" ".join(kinds): ([r for r in couplings if r.kind in kinds], most) for kinds, most in (GOALS | BOUNDS).items()}
    parts["whole"] = (rows(extracted, true, whole=True), WHOLE)
    found = {}
    for kinds, (compared, most) in parts.items():
        median, worst, where = summary(compared)
        if median > most[0] or worst > most[1]:
            found[kinds] = f"median {median:.0%} (at most {most[0]:.0%}), {where} {worst:.0%} (at most {most[1]:.0%})"
    return found


def extracted(folder: Path, installed: bool = False) -> Values:
    """Run klayout-pex on all patterns in a folder, with the project's technology or (installed) with the wheel's own."""
    gds = folder / "bench.gds"
    draw(patterns(), gds, prefixed=True)
    log = folder / "said.log"
    if not installed:
        netlist, _ = extract(gds, "TOP", "CC", folder, log=log, timeout=SECONDS)
        return from_netlist(netlist.read_text())
    netlist = folder / "netlist.spice"
    command = [sys.executable, "-m", "klayout_pex", *arguments(gds, "TOP", "CC", folder, netlist)]
    run(command, log=log, timeout=SECONDS, cwd=folder, env={"OMP_NUM_THREADS": "1", "HOME": os.environ.get("HOME", str(folder))})
    return from_netlist(netlist.read_text())


def summary_table(true: Values, extractors: Mapping[str, Values]) -> str:
    """Markdown: median and largest error of each kind of pattern."""
    compared = {name: rows(values, true) for name, values in extractors.items()}
    lines = []
    for kinds in (*GOALS, *BOUNDS):
        parts = [summary([row for row in of if row.kind in kinds]) for of in compared.values()]
        count = sum(row.kind in kinds for row in next(iter(compared.values())))
        lines.append([f"{', '.join(kinds)} ({count})", *(f"{m:.1%}, {w:.1%} ({where})" for m, w, where in parts)])
    wholes = [summary(rows(values, true, whole=True)) for values in extractors.values()]
    lines.append([f"whole capacitance of a net ({len(patterns())})", *(f"{m:.1%}, {w:.1%} ({where})" for m, w, where in wholes)])
    return table(["median, largest error of the coupling (patterns)", *extractors], lines).rstrip("\n")


def table_text(true: Values, **extractors: Values) -> str:
    """Markdown: coupling of every pattern, and the summaries."""
    lines = []
    compared = {name: rows(values, true) for name, values in extractors.items()}
    for number, first in enumerate(next(iter(compared.values()))):
        cells = [f"{of[number].extracted:.3f} ({100 * of[number].error:+.0f} %)" for of in compared.values()]
        lines.append([first.pattern, f"{first.truth:.3f}", *cells])
    couplings = table(["pattern", "field solver, fF", *extractors], lines, right=range(1, 2 + len(extractors)))
    return f"{couplings}\n{summary_table(true, extractors)}"


def both() -> tuple[Values, Values]:
    """The wheel as installed, and with the project's coefficients."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return extracted(Path(one), installed=True), extracted(Path(other))


def report_text() -> str:
    """The table of the wheel as installed and corrected, as Markdown."""
    installed, corrected = both()
    return table_text(truth(), installed=installed, corrected=corrected)
