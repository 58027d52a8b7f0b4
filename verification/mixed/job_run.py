"""Runs a job of job_scenarios.py: RTL in Icarus, the whole core in ngspice; judges what came of it; writes the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from neusoc.analog.reram.osdi import filament
from neusoc.flow.config import Chip, load_chip
from neusoc.flow.errors import UserError
from neusoc.flow.report import Figure, Report, Stopwatch, into_marked, write_atomic
from neusoc.verification.mixed.circuit import write_circuit
from neusoc.verification.mixed.job_judge import JobOutcome, judge
from neusoc.verification.mixed.job_scenarios import JOBS, JobScenario
from neusoc.verification.mixed.lockstep import build_library
from neusoc.verification.mixed.reporting import Fault, figures_of, run_and_tell, write_report
from neusoc.verification.mixed.run import SIMULATORS, core_netlist, deck_of, fresh_folder, run_folder, run_test

MODULE = "neusoc.verification.mixed.job_run"
BEGIN, END = f"<!-- jobs: written by python -m {MODULE} --readme -->", "<!-- jobs: end -->"
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 7200.0, 900.0


def run_job(chip: Chip, scenario: JobScenario, fault: Fault | None = None) -> JobOutcome:
    """Run a scenario; the states of the cells and the expectation are those of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    good = core_netlist(chip)
    planted = fault or scenario.fault
    simulated = planted(good) if planted else good
    folder = fresh_folder(run_folder(chip, scenario, fault=fault))
    build_library()
    states = {at: filament(g) for at, g in scenario.states.items()}
    circuit = write_circuit(chip, simulated, scenario.bias, states, folder / "core.cir", stop_s=2e-3, wired_as=good, whole=True)
    write_atomic(folder / "core.spice", circuit.core)
    job = deck_of(folder, circuit) | {
        "core": str(folder / "core.spice"),
        "pins": circuit.nets,
        "levels": {"vdd1v8": scenario.bias.vdd1v8},
        "signed": False,
        "path_levels": [],
        "lazy": True,
        "registers": scenario.registers.model_dump(),
        "path_timing": scenario.path_timing,
        "operation": int(scenario.operation),
        "at": scenario.at,
        "wall_clock_limit_s": WALL_CLOCK_LIMIT_S,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    run_test(chip, "icarus", folder, "job_tests", job)
    return outcome_of(scenario, folder)


def outcome_of(scenario: JobScenario, folder: Path) -> JobOutcome:
    """What a run left in its folder.

    Raises:
        UserError: it left nothing, or not all.
    """
    try:
        with np.load(folder / "waves.npz") as waves:
            return JobOutcome(scenario, json.loads((folder / "result.json").read_text()), dict(waves))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder.name}: its last run left no result ({error}); run python -m {MODULE} {scenario.name}") from None


def table(chip: Chip) -> str:
    """Figures of the last run of every job as Markdown: a line a figure, a column a job."""
    judged = {name: judge(outcome_of(job, run_folder(chip, job))) for name, job in JOBS.items()}
    cells = {name: {f.name.removeprefix(f"{name}."): f for f in figures} for name, figures in judged.items()}
    shown = [
        figure for figure in dict.fromkeys(f for of_job in cells.values() for f in of_job)
        if any(c[figure].max is not None or c[figure].unit in ("us", "pJ", "ns") for c in cells.values() if figure in c)
    ]  # fmt: skip

    def cell(figure: Figure | None) -> str:
        if figure is None or figure.value is None:
            return "-"
        return f"{figure.value:.3g}" if figure.passes else f"**{figure.value:.3g}** (missed)"

    def unit(figure: str) -> str:
        units = {of_job[figure].unit for of_job in cells.values() if figure in of_job}
        return units.pop() if len(units) == 1 else ""

    lines = [f"| figure | unit | {' | '.join(cells)} |", "| --- | --- |" + " --- |" * len(cells)]
    lines += [f"| {f} | {unit(f)} | {' | '.join(cell(of_job.get(f)) for of_job in cells.values())} |" for f in shown]
    return "\n".join(lines) + "\n"


def check_jobs(chip: Chip, scenarios: Sequence[JobScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_jobs.<chip>.json."""
    watch = Stopwatch()
    figures = figures_of(scenarios, lambda scenario: judge(run_job(chip, scenario, fault)))
    step = f"mixed_jobs.{chip.name}{f'.{fault.__name__}' if fault else ''}"
    folders = {s.name: run_folder(chip, s, fault=fault) for s in scenarios}
    return write_report(chip, step, figures, SIMULATORS["icarus"], folders, watch, fault)


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"scenarios: {', '.join(JOBS)}; all by default")] = None,
    readme: Annotated[bool, typer.Option("--readme", help="run nothing: put the figures of the last runs into README.md")] = False,
) -> None:
    """Run jobs and print their figures."""
    if readme:
        try:
            print(into_marked(Path(__file__).with_name("README.md"), {(BEGIN, END): table(load_chip("mini"))}))
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        return

    def check() -> Report:
        if unknown := [name for name in names or [] if name not in JOBS]:
            raise UserError(f"{unknown[0]}: no such scenario; choose of {', '.join(JOBS)}")
        return check_jobs(load_chip("mini"), [JOBS[name] for name in names or JOBS])

    run_and_tell(check)


if __name__ == "__main__":
    typer.run(main)
