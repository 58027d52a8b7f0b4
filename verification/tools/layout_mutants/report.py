"""`make mutants`: the score of each kind of fault and of each checker, and who survived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Source, Stopwatch, write_atomic
from neusoc.base.store import content_hash
from neusoc.base.tables import table
from neusoc.base.tools import versions
from neusoc.base.yaml_file import read_reasons
from neusoc.pdk.source import find_pdk
from neusoc.verification.tools.layout_mutants import faults, netlist_faults
from neusoc.verification.tools.layout_mutants.campaign import FOLDER, SEED, Campaign, Judged, blocks
from neusoc.verification.tools.layout_mutants.equivalence import ARGUMENTS
from neusoc.verification.tools.layout_mutants.judge import CHECKERS

LEAST_MUTANTS, LEAST_SCORE, LEAST_NETLIST_SCORE = 200, 99.0, 100.0      # promised before the first run
REASONS = Path(__file__).with_name("survivors.yaml")


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _seen(some: Sequence[Judged]) -> int:
    return sum(bool(one.by) for one in some)


def _of(kind: str, all_of: Sequence[Judged], source: Source) -> list[Figure]:
    """Of one kind: how many, how many are none, how many of the others were seen."""
    mutants = [one for one in all_of if one.kind == kind]
    real = [one for one in mutants if not one.why_none]
    return [
        Figure(name=f"{kind}: mutants", value=len(mutants), min=1, source=source),
        Figure(name=f"{kind}: equivalents", value=len(mutants) - len(real), source=source),
        Figure(name=f"{kind}: caught", value=_share(_seen(real), len(real)), unit="%", source=source),
    ]


def figures(judged: Sequence[Judged], known: Mapping[str, str]) -> list[Figure]:
    """All figures.

    Args:
        judged: every mutant of the step.
        known: reasons of survivors, by name.
    """
    of_netlists = [one for one in judged if one.kind.startswith("netlist, ")]
    of_layouts = [one for one in judged if one not in of_netlists]
    real = [one for one in of_layouts if not one.why_none]
    seen = [one for one in real if one.by]
    alive = {one.name for one in survivors(judged)}
    refused = [one for one in of_layouts if one.why_none and "lvs" in one.by]
    by_argument = {why: sum(one.why_none == why for one in of_layouts) for why in ARGUMENTS}
    by_lvs = [one for one in of_netlists if one.by]
    found = [
        Figure(name="layouts: mutants that are no equivalents", value=len(real), min=LEAST_MUTANTS, source="gds"),
        Figure(name="layouts: caught of those", value=_share(len(seen), len(real)), unit="%", min=LEAST_SCORE, source="gds"),
        Figure(name="layouts: mutants", value=len(of_layouts), source="gds"),
        Figure(name="layouts: caught of all, equivalents too", value=_share(_seen(of_layouts), len(of_layouts)), unit="%", source="gds"),
        *(Figure(name=f"layouts: equivalents by {why}", value=count, source="gds") for why, count in by_argument.items()),
        Figure(name="layouts: equivalents that LVS refuses", value=len(refused), max=0, source="gds"),
    ]  # fmt: skip
    for checker in CHECKERS:
        mine = [one for one in seen if checker in one.by]
        alone = sum(one.by == (checker,) for one in mine)
        found += [
            Figure(name=f"layouts: caught by {checker}", value=_share(len(mine), len(real)), unit="%", source="gds"),
            Figure(name=f"layouts: caught by {checker} alone", value=_share(alone, len(real)), unit="%", source="gds"),
        ]
    for kind in faults.KINDS:
        found += _of(kind, of_layouts, "gds")
    by_second = sum(bool(one.netgen) for one in of_netlists)
    found += [
        Figure(name="netlists: mutants", value=len(of_netlists), min=1, source="netlist"),
        Figure(name="netlists: caught by lvs", value=_share(len(by_lvs), len(of_netlists)), unit="%", min=LEAST_NETLIST_SCORE,
               source="netlist"),
        Figure(name="netlists: caught by netgen too", value=_share(by_second, len(of_netlists)), unit="%", source="netlist"),
    ]  # fmt: skip
    for kind in netlist_faults.KINDS:
        found += _of(f"netlist, {kind}", of_netlists, "netlist")
    found += [
        Figure(name="survivors", value=len(alive), source="gds"),
        Figure(name="survivors without a reason", value=len(alive - set(known)), max=0, source="gds"),
        Figure(name="reasons of mutants that are caught", value=len(set(known) - alive), max=0, source="gds"),
    ]
    return found


def survivors(judged: Sequence[Judged]) -> list[Judged]:
    """Mutants that are no equivalents and that nobody saw."""
    return [one for one in judged if not one.by and not one.why_none]


def _page(judged: Sequence[Judged], known: Mapping[str, str]) -> str:
    """All mutants as tables: survivors first, with their reasons."""
    alive = [(f"`{one.name}`", known.get(one.name, "**none**")) for one in survivors(judged)]
    rows = [(f"`{one.name}`", ", ".join(one.by) or "nobody", one.why_none or "", _first(one)) for one in judged]
    parts = ["# Mutants of layouts and netlists", "## Survivors", table(("mutant", "reason"), alive) if alive else "None.\n",
             "## All", table(("mutant", "seen by", "equivalent by", "first finding"), rows)]  # fmt: skip
    return "\n\n".join(parts)


def _first(one: Judged) -> str:
    found = [*one.lvs, *one.netgen, *one.erc, *one.drc]
    return f"`{found[0][:100].replace('|', '/')}`" if found else ""


def mutants(seed: int = SEED, processes: int = 2, seconds: float | None = None, folder: Path = FOLDER) -> Report:
    """Run the campaign; build/reports/mutants.json and build/layout_mutants/mutants.md, if every mutant has a verdict.

    Args:
        seed: seed of the faults; another one than the step's writes no report.
        processes: number of processes at once.
        seconds: time on the clock, s, after which no further mutant begins.
        folder: folder of verdicts.

    Raises:
        RuntimeError: a checker complains of a sound block.
        Interrupted: the time was over first.
    """
    watch, known = Stopwatch(), read_reasons(REASONS)
    campaign = Campaign(blocks(folder), seed, folder, processes, lambda line: print(line, flush=True))
    judged = campaign.run(seconds)
    page = write_atomic(folder / "mutants.md", _page(judged, known))
    files = [file for block in campaign.blocks for file in (block.gds, block.netlist)]
    pdk = find_pdk()
    report = Report(
        step="mutants",
        figures=[*figures(judged, known), Figure(name="seed", value=seed, source="gds")],
        tools=versions("klayout", "netgen-lvs", "cf-precheck", "glayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash(files, campaign.checks, campaign.decks),
        seconds=watch.seconds,
        files={"mutants": str(page.relative_to(BUILD)) if page.is_relative_to(BUILD) else str(page)},
    )
    if seed == SEED:                                    # of others there are no reasons
        report.write()
    return report
