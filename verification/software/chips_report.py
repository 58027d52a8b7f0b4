"""What the reports of sampled chips have in common: which chips, and what they were computed with."""

from __future__ import annotations

from collections.abc import Sequence

from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.software.emulator.pulse import Floats

CHIP = "tapeout"  # where networks are measured
FIRST_SEED = 1


def seeds_of(step: str, chips: int, stated: int, variant: str = CHIP) -> list[int]:
    """Seeds of the chips, told.

    Args:
        step: step of the report.
        chips: number of chips.
        stated: number of chips that the figures are stated for.
        variant: variant of the chips.

    Raises:
        UserError: chips below 1.
    """
    if chips < 1:
        raise UserError(f"{step}: chips is {chips}; choose 1 or more (the figures are stated for {stated})")
    print(f"  {chips} chips of {variant}, seeds {FIRST_SEED} to {FIRST_SEED + chips - 1}", flush=True)
    return list(range(FIRST_SEED, FIRST_SEED + chips))


def accuracy_figures(
    name: str, found: Floats, least: float | None = None, least_worst: float | None = None
) -> list[Figure]:
    """Mean and worst chip of a case.

    Args:
        name: name of the case.
        found: mean, standard deviation and least share, a row of summary().
        least, least_worst: limits of either, %.
    """
    mean, _, worst = (round(100 * float(share), 2) for share in found)
    rows = (("mean", mean, least), ("worst chip", worst, least_worst))
    return [
        Figure(name=f"{name}: {what}", value=value, unit="%", min=limit, source="simulation")
        for what, value, limit in rows
    ]


def chips_report(
    report: Report,
    module: str,
    figures: list[Figure],
    seeds: Sequence[int],
    text: str,
    watch: Stopwatch,
    whole: bool,
) -> Report:
    """A report with what was found; written if it is of all that its figures are stated for, else that is
    told.

    Args:
        report: empty, with its step.
        module: name of the module that computed it.
        figures: figures of the report.
        seeds: seeds of the chips.
        text: text that follows the chips in what is said of it.
        watch: stopwatch since its beginning.
        whole: the report is of all that its figures are stated for.
    """
    said = f"{len(seeds)} chips, seeds {seeds[0]} to {seeds[-1]}, {text}"
    found = report.model_copy(
        update={
            "figures": figures,
            "tools": versions("numpy", "scipy", "numba", "scikit-learn"),
            "inputs_hash": made_by(module),
            "seconds": watch.seconds,
            "texts": {report.step: said},
        }
    )
    if whole:
        found.write()
    else:
        print(f"  a part of the step {report.step}: its report is left as it was", flush=True)
    return found
