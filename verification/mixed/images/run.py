"""Runs a scenario of images: the RTL in Icarus, core and references in ngspice; judges; writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.report import Report, write_atomic
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, prepare, run_folder, run_test
from neusoc.verification.mixed.images.judge import ImageOutcome, judge
from neusoc.verification.mixed.images.plot import picture
from neusoc.verification.mixed.images.scenarios import SCENARIOS, ImageScenario


def run_images(chip: Chip, scenario: ImageScenario, fault: Fault | None = None) -> ImageOutcome:
    """Run a scenario; the expectation is that of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder, _, job = prepare(chip, scenario, fault)
    job |= {"written": {str(neuron): asdict(codes) for neuron, codes in scenario.written.items()}, "images": scenario.images}
    run_test(chip, "icarus", folder, "images.cocotb_tests", job)
    return load_outcome(chip, scenario, fault)


def load_outcome(chip: Chip, scenario: ImageScenario, fault: Fault | None = None) -> ImageOutcome:
    """What the last run of a scenario left."""
    return ImageOutcome.load(scenario, run_folder(chip, scenario, fault=fault), f"neusoc mixed images {scenario.name}", chip=chip)


def pictures(chip: Chip) -> list[Path]:
    """Draw the pictures of README.md from the last runs; returns their paths."""
    shown = [picture(load_outcome(chip, scenario)) for scenario in SCENARIOS.values() if not scenario.rated]
    return [write_atomic(Path(__file__).with_name(f"{p.name}.png"), p.png()) for p in shown]


def check_images(chip: Chip, scenarios: Sequence[ImageScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_images.<chip>.json."""
    return check_scenarios(chip, "mixed_images", scenarios, lambda scenario: judge(run_images(chip, scenario, fault)), fault)
