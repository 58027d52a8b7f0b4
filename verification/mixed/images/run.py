"""Runs a scenario of images: the image core's RTL in Icarus, its transistors and its references' in ngspice; judges; writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import parts_of
from neusoc.base.report import Report, write_atomic
from neusoc.verification.mixed.common.circuit import INSTANCE
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, core_netlist, prepare, run_folder, run_test
from neusoc.verification.mixed.common.supplied import supplied_job
from neusoc.verification.mixed.images.judge import ImageOutcome, judge
from neusoc.verification.mixed.images.plot import picture
from neusoc.verification.mixed.images.scenarios import SCENARIOS, ImageScenario, settings
from neusoc.verification.mixed.jobs.scenarios import READ_SET

CHIP = "image"
PATH_TIMING = READ_SET.path_timing
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 3 * 3600.0, 900.0


def command(scenario: ImageScenario) -> str:
    """What runs a scenario."""
    return f"neusoc mixed images {scenario.name}"


def run_images(chip: Chip, scenario: ImageScenario, fault: Fault | None = None) -> ImageOutcome:
    """Run a scenario; the expectation is that of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder = run_folder(chip, scenario, fault=fault)
    planted = fault or scenario.fault
    wanted = {"stop_s": 1e-3, "whole": scenario.rated, "junctions": scenario.rated}
    circuit, job = prepare(chip, folder, scenario.bias, scenario.conductances, core_netlist(chip), planted, **wanted)
    if scenario.rated:
        core = write_atomic(folder / "core.spice", circuit.core)
        job["rated"] = {"core": str(core), "macros": [(parts_of(chip).core, INSTANCE, circuit.nets), *circuit.beside]}
    job |= supplied_job(chip, circuit, scenario.bias, scenario.started_s) | {
        "written": {str(neuron): asdict(codes) for neuron, codes in scenario.written.items()},
        "images": scenario.images,
        "event_rows": scenario.event_rows,
        "registers": settings().model_dump(),
        "path_timing": PATH_TIMING,
        "jobs": [{"name": one.name, "operation": int(one.operation), "at": one.at} for one in scenario.jobs],
        "wall_clock_limit_s": WALL_CLOCK_LIMIT_S,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    run_test(chip, "icarus", folder, "images.cocotb_tests", job)
    return load_outcome(chip, scenario, fault)


def load_outcome(chip: Chip, scenario: ImageScenario, fault: Fault | None = None) -> ImageOutcome:
    """What the last run of a scenario left."""
    return ImageOutcome.load(scenario, run_folder(chip, scenario, fault=fault), command(scenario), chip=chip)


def pictures(chip: Chip) -> list[Path]:
    """Draw the pictures of README.md from the last runs; returns their paths."""
    shown = [picture(load_outcome(chip, scenario)) for scenario in SCENARIOS.values() if not (scenario.fault or scenario.rated)]
    return [write_atomic(Path(__file__).with_name(f"{p.name}.png"), p.png()) for p in shown]


def check_images(chip: Chip, scenarios: Sequence[ImageScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_images.<chip>.json."""
    return check_scenarios(chip, "mixed_images", scenarios, lambda scenario: judge(run_images(chip, scenario, fault)), fault)
