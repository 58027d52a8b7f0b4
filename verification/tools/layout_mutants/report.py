"""The report of `make mutants`: scores with their limits, and a page of all mutants in
build/layout_mutants/mutants.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import content_hash
from neusoc.base.tables import table
from neusoc.base.tools import versions
from neusoc.base.yaml_file import read_reasons
from neusoc.pdk.source import find_pdk
from neusoc.verification.tools.layout_mutants import netlist_faults
from neusoc.verification.tools.layout_mutants.blocks import all_blocks
from neusoc.verification.tools.layout_mutants.campaign import FOLDER, SEED, Campaign, Judged

LEAST_MUTANTS, LEAST_SCORE, LEAST_NETLIST_SCORE = 200, 99.0, 100.0  # promised before the first run
REASONS = Path(__file__).with_name("survivors.yaml")


def _share(some: Sequence[Judged]) -> float | None:
    """Percent of them that a checker saw."""
    return 100 * sum(bool(mutant.by) for mutant in some) / len(some) if some else None


def survivors(judged: Sequence[Judged]) -> list[Judged]:
    """Mutants that are no equivalents and that nobody saw."""
    return [mutant for mutant in judged if not mutant.by and not mutant.equivalent]


def figures(judged: Sequence[Judged], known: Mapping[str, str]) -> list[Figure]:
    """All figures.

    Args:
        judged: every mutant of the step.
        known: reasons of survivors, by name.
    """
    of_netlists = [mutant for mutant in judged if mutant.kind in netlist_faults.KINDS]
    of_layouts = [mutant for mutant in judged if mutant.kind not in netlist_faults.KINDS]
    real = [mutant for mutant in of_layouts if not mutant.equivalent]
    alive = {mutant.name for mutant in survivors(judged)}
    refused = sum(bool(mutant.equivalent) and "lvs" in mutant.by for mutant in of_layouts)
    return [
        Figure(
            name="layouts: mutants that are no equivalents", value=len(real), min=LEAST_MUTANTS, source="gds"
        ),
        Figure(name="layouts: caught of those", value=_share(real), unit="%", min=LEAST_SCORE, source="gds"),
        Figure(name="layouts: equivalents that LVS refuses", value=refused, max=0, source="gds"),
        Figure(name="netlists: mutants", value=len(of_netlists), min=1, source="netlist"),
        Figure(
            name="netlists: caught by lvs",
            value=_share(of_netlists),
            unit="%",
            min=LEAST_NETLIST_SCORE,
            source="netlist",
        ),
        Figure(name="survivors without a reason", value=len(alive - set(known)), max=0, source="gds"),
        Figure(name="reasons of mutants that are caught", value=len(set(known) - alive), max=0, source="gds"),
    ]


def page(judged: Sequence[Judged], known: Mapping[str, str]) -> str:
    """All mutants as tables: survivors first, with their reasons."""
    alive = [(f"`{mutant.name}`", known.get(mutant.name, "**none**")) for mutant in survivors(judged)]
    rows = [(f"`{m.name}`", ", ".join(m.by) or "nobody", m.equivalent, _first(m)) for m in judged]
    head = ("mutant", "seen by", "equivalent by", "first finding")
    parts = [
        "# Mutants of layouts and netlists",
        "## Survivors",
        table(("mutant", "reason"), alive),
        "## All",
    ]
    return "\n\n".join([*parts, table(head, rows)])


def _first(mutant: Judged) -> str:
    findings = [*mutant.lvs, *mutant.netgen, *mutant.erc, *mutant.drc]
    return f"`{findings[0][:100].replace('|', '/')}`" if findings else ""


def mutants(seed: int = SEED, processes: int = 2, folder: Path = FOLDER) -> Report:
    """Run the campaign; build/reports/mutants.json and build/layout_mutants/mutants.md.

    Args:
        seed: seed of the faults; another one than the step's writes no report.
        processes: number of processes at once.
        folder: folder of verdicts.

    Raises:
        RuntimeError: a checker complains of a sound block.
    """
    watch, known = Stopwatch(), read_reasons(REASONS)
    campaign = Campaign(all_blocks(folder / "sound"), seed, folder, processes)
    judged = campaign.run()
    written = write_atomic(folder / "mutants.md", page(judged, known))
    files = [file for block in campaign.blocks for file in (block.gds, block.netlist)]
    pdk = find_pdk()
    report = Report(
        step="mutants",
        figures=figures(judged, known),
        tools=versions("klayout", "netgen-lvs", "cf-precheck", "glayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash(files, campaign.checks, campaign.decks),
        seconds=watch.seconds,
        files={"mutants": str(written.relative_to(BUILD)) if written.is_relative_to(BUILD) else str(written)},
    )
    if seed == SEED:  # of others there are no reasons
        report.write()
    return report
