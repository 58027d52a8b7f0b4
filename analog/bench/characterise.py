"""Measures a block, schematic and extracted layout, against its datasheet.

    neusoc char BLOCK [--quick] [--readme]

Runs the benches of analog/<block>/ at the conditions of <block>.yaml, prints limits and measured values,
writes build/reports/analog.<block>.json and, with --readme, draws the pictures of the block's README.md.
--quick: the schematic alone, no report.

A block takes part by <block>.yaml and benches.py with BENCHES, the names of its benches, SETUP, the names
that they read of the datasheet's `setup`, and simulate(bench, dut, sheet, condition, wanted) -> {parameter:
SI value}. One that is extracted otherwise than as layout.py draws it has drawing() -> GDS and extracted() ->
SPICE text there too.

The datasheet has CACE's names for pins and limits, but CACE does not run it: of ten it could run one, and
what it lacks (extraction by klayout-pex, both netlists in one report, runs that are kept) stands here for all
of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from neusoc.analog.bench.datasheet import (
    ANALOG,
    SCALE,
    SOURCES,
    Condition,
    Datasheet,
    Parameter,
    Source,
    bench_module,
    datasheet,
)
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.bench.figures_table import figures_table, layout_gds, report_figures
from neusoc.analog.bench.result_store import kept
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.base.errors import UserError
from neusoc.base.progress import Bar
from neusoc.base.report import Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.pdk.extractor import identity
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import run_many


def measure(
    name: str,
    dut: str,
    sheet: Datasheet,
    source: Source,
    only: Sequence[str] | None = None,
    conditions: str | None = None,
    resume: bool = False,
) -> dict[str, dict[Condition, float]]:
    """Simulate a block's subcircuit.

    Args:
        dut: SPICE text that holds it.
        source: origin of dut: parameters of the other source are left out.
        only: names of the parameters wanted; all by default.
        conditions: name of a list of conditions to take in place of each parameter's own, where that holds
            them.
        resume: choice of taking what an earlier call with the same inputs has left (result_store.py), and of
            showing the progress.

    Returns:
        Parameter -> condition -> value in the datasheet's unit.

    Raises:
        UserError: a bench does not give a parameter that the datasheet asks of it; names file, parameter and
            bench.
    """
    benches = bench_module(name)
    wanted = {
        key: p
        for key, p in sheet.parameters.items()
        if p.bench != "layout" and source in p.sources and (only is None or key in only)
    }

    def places(parameter: Parameter) -> list[Condition]:
        own = sheet.conditions[str(parameter.conditions)]
        return [c for c in own if conditions is None or c in sheet.conditions[conditions]]

    asked: dict[tuple[str, Condition], set[str]] = {}
    for key, parameter in wanted.items():
        for condition in places(parameter):
            asked.setdefault((parameter.bench, condition), set()).add(key)

    def simulate(job: tuple[str, Condition]) -> dict[str, float]:
        given = benches.simulate(job[0], dut, sheet, job[1], asked[job])
        if missing := sorted(asked[job] - given.keys()):
            others = ", ".join(sorted(given.keys() - sheet.parameters.keys())) or "nothing"
            why = f"the bench {job[0]} does not give it; of what it gives the datasheet lacks {others}"
            raise UserError(
                f"{name}.yaml: parameters.{missing[0]}: {why}; correct the name there or in"
                f" analog/{name}/benches.py"
            )
        return given

    def resumed(job: tuple[str, Condition]) -> dict[str, float]:
        bench, condition = job
        # words about the block and its pins, and the choice of key figures, decide no figure
        own = sheet.model_dump(exclude={"parameters", "conditions", "key", "description"}) | {
            "pins": list(sheet.pins)
        }
        found, was_there = kept(name, f"{bench}, {condition}", dut, own, asked[job], lambda: simulate(job))
        bar.step(f"{bench}, {condition}{' (kept)' if was_there else ''}")
        return found

    with Bar(f"{name} {source}", len(asked) if resume else 0) as bar:
        found = dict(
            zip(
                asked,
                run_many(resumed if resume else simulate, asked, workers=os.cpu_count() or 1),
                strict=True,
            )
        )
    return {key: {c: found[p.bench, c][key] * SCALE[p.unit] for c in places(p)} for key, p in wanted.items()}


def device(name: str, source: Source) -> str:
    """SPICE text of a block as drawn in the schematic or as extracted from its layout."""
    if source == "schematic":
        return netlist_text(name)
    if own := getattr(bench_module(name), "extracted", None):
        return own()
    from neusoc.verification.signoff.pex import extracted_text

    pins = [net for net, _ in schematic_pins(name)]
    return extracted_text(name, layout_gds(name), pins, mode=datasheet(name).extraction)


def report_inputs(name: str) -> list[Path]:
    """What the report of a block is made of, for the hash that it keeps."""
    drawn = {name}.union(*(parameter.with_blocks for parameter in datasheet(name).parameters.values()))
    layouts = [path for block in sorted(drawn) for path in (ANALOG / block).glob("layout.py")]
    return [
        ANALOG / name / f"{name}.yaml",
        *circuit_inputs(Path(__file__), ANALOG / name / "benches.py", *layouts, blocks=[name]),
    ]


def characterise(
    name: str, sources: Sequence[Source] = SOURCES, extracted: Sequence[str] | None = None
) -> tuple[Report, str]:
    """All figures of the datasheet.

    Args:
        name: name of the block.
        sources: kinds of netlist.
        extracted: benches that run on the extracted netlist; all by default. Figures of the others have no
            value there: the report fails.

    Returns:
        The report (step analog.<name>) and the table as Markdown.
    """
    watch = Stopwatch()
    sheet = datasheet(name)
    sources = [
        source for source in sources if any(source in p.sources for p in sheet.parameters.values())
    ]  # not all are drawn
    benches = {p.bench for p in sheet.parameters.values()}
    if unknown := [bench for bench in extracted or [] if bench not in benches]:
        raise UserError(f"{name}.yaml: no bench {unknown[0]}; choose of {', '.join(sorted(benches))}")
    chosen = (
        None if extracted is None else [key for key, p in sheet.parameters.items() if p.bench in extracted]
    )
    only = {"schematic": None, "extracted": chosen}
    measured = {
        source: measure(name, device(name, source), sheet, source, only[source], resume=True)
        for source in sources
    }
    figures = report_figures(name, sheet, sources, measured)
    pdk = find_pdk()
    report = Report(
        step=f"analog.{name}",
        figures=figures,
        tools={
            **versions("ngspice", "xschem", "klayout-pex", "klayout", "gdsfactory"),
            "extractor": identity(),
        },
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, name),
        seconds=watch.seconds,
    )
    return report, figures_table(name, report, sources)
