"""Runs a scenario of images: the RTL in Icarus, core and references in ngspice; judges; writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from neusoc.base.chip import Chip
from neusoc.base.report import Report
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, prepare, run_test
from neusoc.verification.mixed.images.judge import ImageOutcome, judge
from neusoc.verification.mixed.images.scenarios import ImageScenario


def run_images(chip: Chip, scenario: ImageScenario, fault: Fault | None = None) -> ImageOutcome:
    """Run a scenario; the expectation is that of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder, _, job = prepare(chip, scenario, fault)
    job |= {
        "written": {str(neuron): asdict(codes) for neuron, codes in scenario.written.items()},
        "images": scenario.images,
    }
    run_test(chip, "icarus", folder, "images.cocotb_tests", job)
    return ImageOutcome.load(scenario, folder, f"neusoc mixed images {scenario.name}", chip=chip)


def check_images(chip: Chip, scenarios: Sequence[ImageScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_images.<chip>.json."""
    return check_scenarios(
        chip, "mixed_images", scenarios, lambda scenario: judge(run_images(chip, scenario, fault)), fault
    )
