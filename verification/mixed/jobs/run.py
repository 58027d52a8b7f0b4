"""Runs jobs of scenarios.py: RTL in Icarus, core and references in ngspice; judges what came of it; writes
the report."""

from __future__ import annotations

from collections.abc import Sequence

from neusoc.base.chip import Chip
from neusoc.base.report import Report
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, prepare, run_test
from neusoc.verification.mixed.jobs.judge import JobOutcome, judge
from neusoc.verification.mixed.jobs.scenarios import PATH_TIMING, JobScenario, settings


def run_jobs(chip: Chip, scenario: JobScenario, fault: Fault | None = None) -> JobOutcome:
    """Run a scenario; the expectation is that of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder, _, job = prepare(chip, scenario, fault)
    job |= {
        "registers": settings().model_dump(),
        "path_timing": PATH_TIMING,
        "jobs": [{"name": one.name, "operation": int(one.operation), "at": one.at} for one in scenario.jobs],
    }
    run_test(chip, "icarus", folder, "jobs.cocotb_tests", job)
    return JobOutcome.load(scenario, folder, command(scenario))


def command(scenario: JobScenario) -> str:
    """What runs a scenario."""
    return f"neusoc mixed jobs {scenario.name}"


def check_jobs(chip: Chip, scenarios: Sequence[JobScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_jobs.<chip>.json."""
    return check_scenarios(
        chip, "mixed_jobs", scenarios, lambda scenario: judge(run_jobs(chip, scenario, fault)), fault
    )
