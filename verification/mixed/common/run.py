"""What all runs share: RTL in a simulator, analog core in ngspice, each run in a folder and a process of its own; the report."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neusoc.analog.reram.osdi import build_osdi, filament
from neusoc.base.chip import FIRST, IMAGE, Chip
from neusoc.base.graph import needs
from neusoc.base.paths import VENV_BIN, chip_dir
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import step
from neusoc.base.tools import tool, versions
from neusoc.digital.rtl.files import SIMULATION_DEFINES, controller_of, parameters, simulation_sources
from neusoc.layout.core import image_netlist, netlist, references_netlist
from neusoc.layout.core.netlist import merged_subcircuits
from neusoc.verification.mixed.common.circuit import Bias, Circuit, path_levels, write_circuit
from neusoc.verification.mixed.common.image_circuit import Supplies, write_image_circuit
from neusoc.verification.mixed.common.lockstep import build_library
from neusoc.verification.mixed.common.reporting import Fault, Named, SimulationError, figures_of, write_report
from neusoc.verification.mixed.common.stimuli import Stimulated

SIMULATORS = {"icarus": "iverilog", "verilator": "verilator"}
BUILD_ARGS = {"icarus": ["-g2012"], "verilator": ["--Wall", "--assert", "-O2"]}
SETTLE_CYCLES = 2


def core_netlist(chip: Chip) -> str:
    """Netlist of the analog core with everything under it, and of the references beside it: what LVS compares the layout with."""
    if chip.core == IMAGE:
        return merged_subcircuits([image_netlist.spice(chip), references_netlist.spice()])
    return netlist.spice(chip)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{VENV_BIN}:{Path(sys.executable).parent}:{os.environ.get('PATH', '')}", "COCOTB_ANSI_OUTPUT": "0"}


def _bounded(command: Sequence[str], log: Path, env: dict[str, str], timeout: float) -> None:
    """Run a command with its children, output to log; all of them end after timeout seconds.

    Raises:
        SimulationError: it failed or took too long; names the log.
    """
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, start_new_session=True)
        try:
            code = process.wait(timeout)
        except BaseException as stop:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(stop, subprocess.TimeoutExpired):
                raise SimulationError(f"mixed simulation: no end after {timeout:.0f} s; see {log}") from None
            raise
    if code:
        told = [line for line in log.read_text(errors="replace").splitlines() if "Error" in line or "assert" in line.lower()]
        raise SimulationError(f"mixed simulation: ended with code {code} ({told[-1].strip() if told else 'no message'}); see {log}")


def build_rtl(chip: Chip, simulator: str, sources: Sequence[Path] | None = None, folder: Path | None = None) -> Path:
    """Compile the controller (or sources with a planted fault) for a simulator, unless that is done; returns the build folder.

    The first core's has its assertions in it, which know no other.
    """
    tool(SIMULATORS[simulator])
    top, tracked, defines = controller_of(chip)
    name = f"mixed.{chip.name}.{simulator}{f'.{folder.parent.name}' if folder else ''}"
    folder = folder or chip_dir(chip.name) / "mixed" / simulator
    sources = sources or tracked
    if chip.core == FIRST:
        sources, defines = simulation_sources(sources), SIMULATION_DEFINES

    def compile_rtl() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        job = {"top": top, "sources": [str(s) for s in sources], "parameters": parameters(chip)}
        job |= {"defines": defines, "args": BUILD_ARGS[simulator]}
        write_atomic(folder / "build.json", json.dumps(job))
        command = [sys.executable, "-m", "neusoc.verification.mixed.common.simulator", "build", simulator, str(folder)]
        _bounded(command, folder / "make.log", _environment(), 600)

    tools = versions(SIMULATORS[simulator], "cocotb")
    inputs = [*sources, *needs(Path(__file__).with_name("simulator.py"))]
    step(name, inputs, [folder / "build.json"], compile_rtl, parameters(chip), defines, tools)
    return folder


def run_folder(chip: Chip, scenario: Named, simulator: str = "icarus", fault: Fault | None = None) -> Path:
    """Where a run's files are."""
    parts = (scenario.name, fault and fault.__name__, simulator != "icarus" and simulator)
    return chip_dir(chip.name) / "mixed" / ".".join(part for part in parts if part)


def fresh_folder(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def prepare(
    chip: Chip, folder: Path, bias: Bias | Supplies, conductances: Mapping[tuple[int, int], float], good: str, fault: Fault | None,
    **deck: object,
) -> tuple[Circuit, dict]:
    """Write the deck of a run.

    Args:
        chip: the variant.
        folder: folder of the run; what an earlier one left in it goes.
        bias: supplies, and references where they come from outside.
        conductances: (row, column) -> S; the other cells are fully reset.
        good: netlist of the core without the fault, which says where its cells are.
        fault: edit of the netlist that is simulated.
        deck: further arguments of write_circuit(), or of write_image_circuit() for a chip of the image core.

    Returns:
        The circuit, and what the job file says of it.
    """
    fresh_folder(folder)
    build_library()
    states = {at: filament(g) for at, g in conductances.items()}
    write = write_image_circuit if chip.core == IMAGE else write_circuit
    circuit = write(chip, fault(good) if fault else good, bias, states, folder / "core.cir", wired_as=good, **deck)
    return circuit, {
        "folder": str(folder),
        "netlist": str(circuit.netlist),
        "osdi": str(build_osdi()),
        "commands": circuit.commands,
        "sources": circuit.sources,
        "inputs": circuit.inputs,
        "vectors": circuit.vectors,
    }


def neurons_job(chip: Chip, scenario: Stimulated, phase_cycles: int) -> dict:
    """What the job file says of a run in which the array is the neurons'."""
    return {
        "lazy": False,
        "path_levels": [path_levels(chip, neurons) for neurons in (True, False)],
        "levels": {key: getattr(scenario.bias, key) for key in ("vdd1v8", "vref", "vth", "vsl", "vsl_n")},
        "signed": scenario.signed,
        "phase_cycles": phase_cycles,
        "settle_cycles": SETTLE_CYCLES,
        "gap_cycles": scenario.gap_cycles,
    }


def run_test(chip: Chip, simulator: str, folder: Path, module: str, job: dict, built: Path | None = None) -> None:
    """Run the cocotb test of a module with its job file; output to <folder>/run.log.

    Args:
        chip: the variant.
        simulator: icarus or verilator.
        folder: folder of the run.
        module: below verification.mixed, with one test.
        job: content of the job file.
        built: folder of another build of the controller, one with a planted fault.

    Raises:
        UserError: a tool is missing.
        SimulationError: the test failed, with the reason.
    """
    write_atomic(folder / "job.json", json.dumps(job, indent=1) + "\n")
    env = _environment() | {"NEUSOC_CHIP": chip.name, "NEUSOC_MIXED_JOB": str(folder / "job.json")}
    where = str(built or build_rtl(chip, simulator))
    words = ["test", simulator, controller_of(chip).top, where, str(folder), module]
    command = [sys.executable, "-m", "neusoc.verification.mixed.common.simulator", *words]
    _bounded(command, folder / "run.log", env, job["wall_clock_limit_s"] + 60)


def check_scenarios[S: Named](
    chip: Chip, kind: str, scenarios: Sequence[S], judged: Callable[[S], list[Figure]], fault: Fault | None, alone: bool = False
) -> Report:
    """Run scenarios in Icarus, or in ngspice alone, and write build/reports/<kind>.<chip>.json."""
    watch = Stopwatch()
    figures = figures_of(scenarios, judged)
    step = f"{kind}.{chip.name}{f'.{fault.__name__}' if fault else ''}"
    folders = {s.name: run_folder(chip, s, fault=fault) for s in scenarios}
    return write_report(chip, step, figures, None if alone else SIMULATORS["icarus"], folders, watch, fault)
