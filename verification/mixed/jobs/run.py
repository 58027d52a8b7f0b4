"""Runs a job of scenarios.py: RTL in Icarus, the whole core in ngspice; judges what came of it; writes the report."""

from __future__ import annotations

from collections.abc import Sequence

from neusoc.base.chip import Chip
from neusoc.base.report import Report, write_atomic
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, core_netlist, prepare, run_folder, run_test
from neusoc.verification.mixed.jobs.judge import JobOutcome, judge
from neusoc.verification.mixed.jobs.scenarios import JobScenario

WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 7200.0, 900.0


def run_job(chip: Chip, scenario: JobScenario, fault: Fault | None = None) -> JobOutcome:
    """Run a scenario; the states of the cells and the expectation are those of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder = run_folder(chip, scenario, fault=fault)
    planted, good = fault or scenario.fault, core_netlist(chip)
    circuit, job = prepare(chip, folder, scenario.bias, scenario.states, good, planted, stop_s=2e-3, whole=True)
    write_atomic(folder / "core.spice", circuit.core)
    job |= {
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
    run_test(chip, "icarus", folder, "jobs.cocotb_tests", job)
    return JobOutcome.load(scenario, folder, command(scenario))


def command(scenario: JobScenario) -> str:
    """What runs a scenario."""
    return f"neusoc mixed jobs {scenario.name}"


def check_jobs(chip: Chip, scenarios: Sequence[JobScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_jobs.<chip>.json."""
    return check_scenarios(chip, "mixed_jobs", scenarios, lambda scenario: judge(run_job(chip, scenario, fault)), fault)
