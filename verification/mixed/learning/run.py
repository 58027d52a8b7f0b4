"""Runs a scenario with learning: RTL in Icarus, core and references in ngspice; judges what was learned;
writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.report import Report, write_atomic
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, prepare, run_folder, run_test
from neusoc.verification.mixed.learning.judge import LearnOutcome, judge
from neusoc.verification.mixed.learning.plot import picture
from neusoc.verification.mixed.learning.scenarios import TWO_PATTERNS, LearnScenario


def run_learning(chip: Chip, scenario: LearnScenario, fault: Fault | None = None) -> LearnOutcome:
    """Run a scenario.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder, _, job = prepare(chip, scenario, fault)
    job |= {
        "learning": scenario.learning,
        "inhibit_cycles": scenario.inhibit_cycles,
        "spike_cycles": scenario.spike_cycles,
        "window_cycles": scenario.window_cycles,
        "presentations": [asdict(p) for p in scenario.presentations],
    }
    run_test(chip, "icarus", folder, "learning.cocotb_tests", job)
    return load_outcome(chip, scenario, fault)


def load_outcome(chip: Chip, scenario: LearnScenario, fault: Fault | None = None) -> LearnOutcome:
    """What the last run of a scenario left."""
    return LearnOutcome.load(
        scenario, run_folder(chip, scenario, fault=fault), f"neusoc mixed learn {scenario.name}"
    )


def picture_of_readme(chip: Chip) -> Path:
    """Draw the README's picture from the last run; returns its path."""
    shown = picture(load_outcome(chip, TWO_PATTERNS))
    return write_atomic(Path(__file__).with_name(f"{shown.name}.png"), shown.png())


def check_learning(chip: Chip, scenarios: Sequence[LearnScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_learning.<chip>.json."""
    return check_scenarios(
        chip, "mixed_learning", scenarios, lambda scenario: judge(run_learning(chip, scenario, fault)), fault
    )
