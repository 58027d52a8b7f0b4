"""Runs a scenario of learn_scenarios.py: RTL in Icarus, the neurons' part of the core in ngspice; judges what was learned."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from neusoc.analog.reram.osdi import filament
from neusoc.flow.config import Chip, load_chip
from neusoc.flow.errors import UserError
from neusoc.flow.report import Report, Stopwatch, into_marked, write_atomic
from neusoc.verification.mixed.circuit import path_levels, write_circuit
from neusoc.verification.mixed.estimate import estimate
from neusoc.verification.mixed.learn_judge import LearnOutcome, judge
from neusoc.verification.mixed.learn_plot import picture
from neusoc.verification.mixed.learn_scenarios import LEARNING, LearnScenario
from neusoc.verification.mixed.lockstep import build_library
from neusoc.verification.mixed.reporting import Fault, figures_of, run_and_tell, write_report
from neusoc.verification.mixed.run import SETTLE_CYCLES, SIMULATORS, core_netlist, deck_of, fresh_folder, run_folder, run_test

MODULE = "neusoc.verification.mixed.learn_run"
BEGIN, END = f"<!-- learning: written by python -m {MODULE} --readme -->", "<!-- learning: end -->"
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 3600.0, 300.0


def run_learning(chip: Chip, scenario: LearnScenario, fault: Fault | None = None) -> LearnOutcome:
    """Run a scenario.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    good = core_netlist(chip)
    simulated = fault(good) if fault else good
    cycles = estimate(scenario, good, chip.rows, chip.neurons, chip.clock_ns).phase_cycles
    folder = fresh_folder(run_folder(chip, scenario, fault=fault))
    build_library()
    states = {at: filament(g) for at, g in scenario.conductances.items()}
    circuit = write_circuit(chip, simulated, scenario.bias, states, folder / "core.cir", stop_s=2e-3, wired_as=good, learning=True)
    levels = [path_levels(chip, neurons) for neurons in (True, False)]
    job = deck_of(folder, circuit) | {
        "lazy": False,
        "path_levels": levels,
        "levels": {key: getattr(scenario.bias, key) for key in ("vdd1v8", "vref", "vth", "vsl", "vsl_n")},
        "signed": scenario.signed,
        "phase_cycles": cycles,
        "settle_cycles": SETTLE_CYCLES,
        "gap_cycles": scenario.gap_cycles,
        "learning": scenario.learning,
        "inhibit_cycles": scenario.inhibit_cycles,
        "window_cycles": scenario.window_cycles,
        "presentations": [asdict(p) for p in scenario.presentations],
        "wall_clock_limit_s": WALL_CLOCK_LIMIT_S,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    run_test(chip, "icarus", folder, "learn_tests", job)
    return outcome_of(scenario, folder)


def outcome_of(scenario: LearnScenario, folder: Path) -> LearnOutcome:
    """What a run left in its folder.

    Raises:
        UserError: it left nothing, or not all.
    """
    try:
        with np.load(folder / "waves.npz") as waves:
            return LearnOutcome(scenario, json.loads((folder / "result.json").read_text()), dict(waves))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder.name}: its last run left no result ({error}); run python -m {MODULE} {scenario.name}") from None


def readme(chip: Chip) -> Path:
    """Figures and pictures of the last runs into README.md."""
    outcomes = [outcome_of(scenario, run_folder(chip, scenario)) for scenario in LEARNING.values()]
    lines = ["| figure | unit | limit | value |", "| --- | --- | --- | --- |"]
    for f in (figure for outcome in outcomes for figure in judge(outcome)):
        limits = [f"{sign} {limit:g}" for sign, limit in ((">=", f.min), ("<=", f.max)) if limit is not None]
        value = "none" if f.value is None else f"{f.value:.3g}"
        lines.append(f"| {f.name} | {f.unit} | {', '.join(limits)} | {value if f.passes else f'**{value}** (missed)'} |")
    page = Path(__file__).with_name("README.md")
    for outcome in outcomes:
        shown = picture(outcome)
        write_atomic(page.with_name(f"{shown.name}.png"), shown.png())
    return into_marked(page, {(BEGIN, END): "\n".join(lines) + "\n"})


def check_learning(chip: Chip, scenarios: Sequence[LearnScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_learning.<chip>.json."""
    watch = Stopwatch()
    figures = figures_of(scenarios, lambda scenario: judge(run_learning(chip, scenario, fault)))
    step = f"mixed_learning.{chip.name}{f'.{fault.__name__}' if fault else ''}"
    folders = {s.name: run_folder(chip, s, fault=fault) for s in scenarios}
    return write_report(chip, step, figures, SIMULATORS["icarus"], folders, watch, fault)


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"scenarios: {', '.join(LEARNING)}; all by default")] = None,
    to_readme: Annotated[bool, typer.Option("--readme", help="run nothing: last runs' figures and pictures into README.md")] = False,
) -> None:
    """Run scenarios and print their figures."""
    if to_readme:
        try:
            print(readme(load_chip("mini")))
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(2) from None
        return

    def check() -> Report:
        if unknown := [name for name in names or [] if name not in LEARNING]:
            raise UserError(f"{unknown[0]}: no such scenario; choose of {', '.join(LEARNING)}")
        return check_learning(load_chip("mini"), [LEARNING[name] for name in names or LEARNING])

    run_and_tell(check)


if __name__ == "__main__":
    typer.run(main)
