"""Monte Carlo and corners as figures: the yield of every sampled specification, and of chips that classify.
`make mc`.

The promises, made before anything was sampled: a specification holds on at least 99 % of samples with
mismatch at the nominal condition and on at least 95 % at each other condition of its datasheet; a value lies
within three times the limit of its spread on at least 99 %; 95 % of chips classify, which is: tell at least
as many digits as `make digits` asks of its worst chip. No specification is left out of them, also none that
its datasheet publishes as missed. The samples must show each yield with 95 % confidence: its lower bound is
judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from neusoc.analog.bench.datasheet import SOURCES, Source
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.bench.result_store import inputs
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.pdk.extractor import identity
from neusoc.pdk.source import find_pdk
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.study import Outcome, Trial
from neusoc.verification.mc.campaign import Values, run_samples
from neusoc.verification.mc.chips import BlockTrial, Pools, one_chip
from neusoc.verification.mc.plan import nominal, read_plan, samples_of
from neusoc.verification.mc.pools import NEEDED, NoChipsError, pools_of
from neusoc.verification.mc.samples import Sample, Subject, sheet_of, subject_of
from neusoc.verification.mc.specifications import specifications
from neusoc.verification.mc.yields import Yield, least_samples
from neusoc.verification.software.chips_report import CHIP, seeds_of
from neusoc.verification.software.digits import EACH, WORST
from neusoc.verification.software.trained import trained

CHIP_YIELD = 0.95  # promised, of chips that classify
CLASSIFIES = WORST[0]  # %: of the digits of the first split, just programmed
CHIPS = least_samples(CHIP_YIELD)
TOOLS = ("ngspice", "xschem", "klayout-pex", "numpy", "scipy", "numba")


@dataclass(frozen=True)
class Asked:
    """A netlist, the benches that are wanted of it, and their samples."""

    subject: Subject
    benches: tuple[str, ...]
    samples: list[Sample]


def planned(
    names: Sequence[str] = (), view: str | None = None, bench: str | None = None, most: int | None = None
) -> list[Asked]:
    """What is to be sampled.

    Args:
        names: blocks; all of the plan without.
        view: view in place of the plan's.
        bench: bench in place of the plan's.
        most: samples of a condition, in place of as many as the promises need.

    Raises:
        UserError: no such block, bench or view, a bench without a block, or nothing to sample.
    """
    plan = read_plan()
    if unknown := [name for name in names if name not in plan]:
        raise UserError(f"{unknown[0]}: no block with a datasheet; choose of {', '.join(plan)}")
    if bench and len(names) != 1:
        raise UserError(f"--bench {bench}: name the one block that it is of")
    if view is not None and view not in SOURCES:
        raise UserError(f"--view {view}: choose {' or '.join(SOURCES)}")
    if most is not None and most < 1:
        raise UserError(f"--samples {most}: choose 1 or more")
    found = []
    for name in names or plan:
        benches = (bench,) if bench else (*plan[name].probes, *plan[name].sampled)
        views: Sequence[Source] = [one for one in SOURCES if one == view] if view else plan[name].views
        wanted = {one: samples for one in views if (samples := samples_of(name, one, benches, most))}
        found += [Asked(subject_of(name, one), benches, samples) for one, samples in wanted.items()]
    if not found:
        raise UserError(f"{', '.join(names)}: nothing to sample there; give --bench, or another block")
    return found


def classified(values: Mapping[str, Values], chips: int, workers: int) -> list[Outcome]:
    """Digits of the first split on chips of the sampled blocks.

    Args:
        values: name of the subject -> its samples.
        chips: number of chips, seeds from 1 up.
        workers: number of processes, as of run_chips().

    Raises:
        UserError: as of pools_of() and run_chips().
    """
    chip, seeds, data = load_chip(CHIP), seeds_of("mc", chips, CHIPS), digits(SPLITS[0])
    here = {
        name: {at: one for at, one in found.items() if at[2] == nominal(sheet_of(name.split()[0]))}
        for name, found in values.items()
    }
    plain = Trial(chip, ImageCircuit.of(chip), trained(data, EACH), data.test, data.test_labels)
    trial = on_blocks(plain, pools_of(here))
    return run_chips({f"mc {SPLITS[0]}": trial}, seeds, workers=workers, one=one_chip)[f"mc {SPLITS[0]}"]


def on_blocks(trial: Trial, pools: Pools) -> BlockTrial:
    """The same trial on chips of sampled blocks."""
    return BlockTrial(**{one.name: getattr(trial, one.name) for one in fields(Trial)}, pools=pools)


def chip_figures(outcomes: Sequence[Outcome], least: float = CLASSIFIES) -> list[Figure]:
    """The yield of chips, and their accuracies; without chips a yield that was not obtained.

    Args:
        outcomes: outcomes of the chips.
        least: accuracy of a chip that classifies, %.
    """
    name = f"chips that tell {least:g} % of the digits"
    if not outcomes:
        return [Figure(name=name, value=None, unit="%", min=100 * CHIP_YIELD, source="simulation")]
    found = [100 * outcome.accuracy[0] for outcome in outcomes]
    bad = [
        f"seed {one.seed}: {value:.2f} %" for one, value in zip(outcomes, found, strict=True) if value < least
    ]
    one = Yield(len(found) - len(bad), len(found), bad[0] if bad else "")
    rows = (("mean", sum(found) / len(found)), ("worst chip", min(found)))
    return [
        Figure(
            name=name, value=one.shown, unit="%", min=100 * CHIP_YIELD, source="simulation", at=one.text()
        ),
        *(
            Figure(
                name=f"digits on chips of sampled blocks: {what}",
                value=round(value, 2),
                unit="%",
                source="simulation",
            )
            for what, value in rows
        ),
    ]


def cost_figures(asked: Sequence[Asked], values: Mapping[str, Values]) -> list[Figure]:
    """How many samples there were, how many of them gave no value, and what they took."""
    runs = {
        (one.subject.name, bench, at, seed): value
        for one in asked
        for (bench, _, at), found in values[one.subject.name].items()
        for seed, value in found.items()
    }
    wanted = {(one.subject.name, s.bench, s.condition, s.seed) for one in asked for s in one.samples}
    counted = [runs[at] for at in wanted]
    empty = sum(value.value is None for value in counted)
    return [
        Figure(name="samples", value=len(counted), min=1, source="simulation"),
        Figure(name="samples without a value", value=empty, unit=f"of {len(counted)}", source="simulation"),
        Figure(
            name="processor time of a sample, mean",
            value=round(sum(v.seconds for v in counted) / len(counted), 3),
            unit="s",
            source="measured",
        ),
    ]


def only(values: Values, samples: Sequence[Sample]) -> Values:
    """Values of these samples alone: a table may hold more of another run."""
    seeds: dict[tuple[str, object], set[int]] = {}
    for sample in samples:
        seeds.setdefault((sample.bench, sample.condition), set()).add(sample.seed)
    return {
        (bench, name, at): {seed: value for seed, value in found.items() if seed in seeds[bench, at]}
        for (bench, name, at), found in values.items()
        if (bench, at) in seeds
    }


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps: its code, and benches and sheets of the blocks
    that are sampled."""
    return [*circuit_inputs(Path(__file__)), *(path for block in read_plan() for path in inputs(block))]


def mc_report(
    names: Sequence[str] = (),
    view: str | None = None,
    bench: str | None = None,
    most: int | None = None,
    chips: int | None = None,
    workers: int = 1,
) -> Report:
    """Sample, judge, put chips together; written to build/reports/mc.json if it is all that the figures are
    stated for.

    Args:
        names, view, bench, most: arguments as of planned().
        chips: sampled chips; without: as many as the promise needs, and none where a part is asked for.
        workers: processes.

    Raises:
        UserError: as of planned(), run_samples() and classified(). Where all is asked for and chips alone
            lack samples, the report says so.
    """
    watch = Stopwatch()
    whole = not names and view is None and bench is None and most is None and chips in (None, CHIPS)
    asked = planned(names, view, bench, most)
    count = chips if chips is not None else CHIPS if whole else 0
    every = sum(len(one.samples) for one in asked)
    print(f"  {every} samples of {len(asked)} netlists, seeds from {asked[0].samples[0].seed} up", flush=True)
    kept = run_samples([(one.subject, one.samples) for one in asked], workers=workers)
    values = {one.subject.name: only(kept[one.subject.name], one.samples) for one in asked}
    found = [
        spec for one in asked for spec in specifications(one.subject, one.benches, values[one.subject.name])
    ]
    outcomes: list[Outcome] = []
    texts = _texts()
    if count and _holds_chips(asked):
        try:
            outcomes = classified(values, count, workers)
        except NoChipsError as error:
            if not whole:
                raise
            print(f"  {error}", flush=True)
            texts["no chips"] = str(error)
    figures = [spec.figure() for spec in found] + (chip_figures(outcomes) if count else [])
    report = Report(
        step="mc",
        figures=[*figures, *cost_figures(asked, values)],
        tools={**versions(*TOOLS), "extractor": identity()},
        pdk_source=find_pdk().source,
        pdk_hash=find_pdk().hash,
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        texts=texts,
    )
    if whole:
        report.write()
    else:
        print("  a part of the step mc: its report is left as it was", flush=True)
    return report


def _holds_chips(asked: Sequence[Asked]) -> bool:
    """Whether all that a chip is put together of is sampled.

    Raises:
        UserError: it is not.
    """
    there = {one.subject.name for one in asked}
    if lacking := [block for block in NEEDED if f"{block} schematic" not in there]:
        raise UserError(
            f"--chips: chips are put together of {', '.join(NEEDED)}; name {lacking[0]} as well, or no block"
        )
    return True


def _texts() -> dict[str, str]:
    """Benches that are not sampled, by block, and why."""
    by_reason: dict[str, list[str]] = {}
    for block, one in read_plan().items():
        for bench, why in one.left_out.items():
            by_reason.setdefault(why, []).append(f"{block}.{bench}")
    return {f"not sampled: {', '.join(benches)}": f"not run: {why}" for why, benches in by_reason.items()}
