"""What all runs share: RTL in a simulator, core and references in ngspice, each run in a folder and a process
of its own; the report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from neusoc.analog.reram.osdi import build_osdi, filament
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import chip_dir
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import step
from neusoc.base.tools import tool, versions
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.layout.core import netlist, references_netlist
from neusoc.layout.core.netlist import merged_subcircuits
from neusoc.verification.cocotb import run as cocotb_run
from neusoc.verification.cocotb.run import BUILD_ARGS, SIMULATORS, build_top, run_top
from neusoc.verification.mixed.common.circuit import RAMP, SUPPLY_NETS, Circuit, write_circuit
from neusoc.verification.mixed.common.lockstep import build_library
from neusoc.verification.mixed.common.reporting import Fault, Named, SimulationError, figures_of, write_report
from neusoc.verification.mixed.common.scenario import Scenario
from neusoc.verification.mixed.common.stopped import outputs_in_reset

CHIP = "mini"  # the variant that is simulated
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 3 * 3600.0, 900.0  # the references start in one stride


def core_netlist(chip: Chip) -> str:
    """Netlist of the analog core with everything under it, and of the references beside it: what LVS compares
    the layout with."""
    return merged_subcircuits([netlist.spice(chip), references_netlist.spice()])


def build_rtl(
    chip: Chip, simulator: str, sources: Sequence[Path] | None = None, folder: Path | None = None
) -> Path:
    """Compile the controller (or sources with a planted fault) for a simulator, unless that is done; returns
    the build folder."""
    tool(SIMULATORS[simulator])
    name = f"mixed.{chip.name}.{simulator}{f'.{folder.parent.name}' if folder else ''}"
    built, files = folder or chip_dir(chip.name) / "mixed" / simulator, sources or rtl_sources()

    def compile_rtl() -> None:
        fresh_folder(built)
        build_top(simulator, TOP, files, built, sizes=parameters(chip), options=BUILD_ARGS[simulator])
        (built / "built").touch()

    tools = versions(SIMULATORS[simulator], "cocotb")
    step(
        name,
        [*files, *needs(Path(cocotb_run.__file__))],
        [built / "built"],
        compile_rtl,
        parameters(chip),
        DEFINES,
        tools,
    )
    return built


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
    chip: Chip,
    scenario: Scenario,
    fault: Fault | None = None,
    *,
    simulator: str = "icarus",
    stop_s: float = 2e-3,
) -> tuple[Path, Circuit, dict]:
    """Write the deck of a run.

    Args:
        chip: the variant.
        scenario: says what conducts; the places of its cells are those of the core without a fault.
        fault: edit of the netlist that is simulated, in place of the scenario's own.
        simulator: the RTL's.
        stop_s: end of the transient; the lock-step run may end before.

    Returns:
        Folder of the run, in which what an earlier one left is gone; the circuit; what the job file says of
        both and of the supplies.
    """
    folder = fresh_folder(run_folder(chip, scenario, simulator, fault))
    build_library()
    good, planted = core_netlist(chip), fault or scenario.fault
    states = {at: filament(g) for at, g in scenario.conductances.items()}
    circuit = write_circuit(
        chip,
        planted(good) if planted else good,
        scenario.bias,
        states,
        folder / "core.cir",
        stop_s=stop_s,
        wired_as=good,
        rated=scenario.rated,
    )
    in_reset = sorted(circuit.inputs[name] for name in outputs_in_reset(chip) if name in circuit.inputs)
    job = {
        "folder": str(folder),
        "netlist": str(circuit.netlist),
        "osdi": str(build_osdi()),
        "commands": circuit.commands,
        "sources": circuit.sources,
        "inputs": circuit.inputs,
        "vectors": circuit.vectors,
        "levels": {net: getattr(scenario.bias, net) for net in SUPPLY_NETS},
        "supplies": [
            {"up": ["vdd1v8"], "in_reset": in_reset},
            {"up": ["vdd3v3"], "in_reset": []},
            {"up": ["vpp"], "in_reset": []},
        ],
        "ramp_ns": round(RAMP * 1e9),
        "started_s": scenario.started_s,
        "lazy": True,  # nobody listens to neurons until a run says so
        "wall_clock_limit_s": WALL_CLOCK_LIMIT_S,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    if scenario.rated:
        core = write_atomic(folder / "core.spice", circuit.core)
        job["rated"] = {"core": str(core), "macros": circuit.macros}
    return folder, circuit, job


def run_test(
    chip: Chip, simulator: str, folder: Path, module: str, job: dict, built: Path | None = None
) -> None:
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
        RuntimeError: the simulator refuses the RTL.
        SimulationError: the test failed, with the reason.
    """
    write_atomic(folder / "job.json", json.dumps(job, indent=1) + "\n")
    environment = {"NEUSOC_MIXED_JOB": str(folder / "job.json")}
    modules = [f"neusoc.verification.mixed.{module}"]
    try:
        failed = run_top(
            simulator,
            TOP,
            modules,
            chip,
            folder,
            build=built or build_rtl(chip, simulator),
            environment=environment,
        ).failed
    except RuntimeError as error:
        raise SimulationError(f"mixed simulation: {error}") from None
    if failed:
        log = folder / "run.log"
        told = [
            line
            for line in log.read_text(errors="replace").splitlines()
            if "Error" in line or "assert" in line.lower()
        ]
        raise SimulationError(
            f"mixed simulation: {failed[0]} failed ({told[-1].strip() if told else 'no message'}); see {log}"
        )


def check_scenarios[S: Named](
    chip: Chip,
    kind: str,
    scenarios: Sequence[S],
    judged: Callable[[S], list[Figure]],
    fault: Fault | None,
    simulator: str | None = "icarus",
) -> Report:
    """Run scenarios, in ngspice alone without a simulator of the RTL, and write
    build/reports/<kind>.<chip>.json.

    Of another simulator than Icarus, and of a fault, the name stands behind it.
    """
    watch = Stopwatch()
    figures = figures_of(scenarios, judged)
    parts = (simulator != "icarus" and simulator, fault and fault.__name__)
    step = ".".join((kind, chip.name, *(part for part in parts if part)))
    folders = {s.name: run_folder(chip, s, simulator or "icarus", fault) for s in scenarios}
    return write_report(chip, step, figures, simulator and SIMULATORS[simulator], folders, watch, fault)
