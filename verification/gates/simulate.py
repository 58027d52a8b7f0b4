"""A netlist of the controller in simulation: random jobs and cocotb smoke tests with zero delay, activity for the power of each mode.

Zero delay: logic has none but for delay cells, each flip-flop and latch one nanosecond, so that the clock tree's buffers make no race.
Timing is the static analysis' (make harden). Icarus 12 refuses the library's timing models, so there is no SDF. Flip-flops and latches
start at random values: with unknowns, logic that is right in hardware stays unknown.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from cocotb_tools.runner import get_runner
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.base.tools import tool
from neusoc.digital.regs.generate import generate_map, registers
from neusoc.digital.rtl.files import FOLDER, TOP
from neusoc.pdk.source import find_pdk
from neusoc.verification.cocotb.run import Outcome, simulate
from neusoc.verification.gates.equivalence import LIBRARY, SEQUENTIAL
from neusoc.verification.gates.recording import Recording, cut, span_ps
from neusoc.verification.jobs.run import BENCH, Verdict, bench_parameters, run_bench
from neusoc.verification.jobs.scripts import BEGIN, WRITE, word, write_script

DEFINES = ("FUNCTIONAL", "UNIT_DELAY=#1", "GL")
WAIT, EVENTS, RECORD = 4, 5, 6  # more commands of jobs_bench.sv
# Cover registers, commands, converter, events, spikes, learning; none looks inside.
SMOKE = ("reset_values", "converter_faults", "key_and_lock", "latencies", "learning_waveform", "time_out", "winner_take_all")
AMOUNTS = {"off": 500, "idle": 500, "events": 200, "jobs": 2}  # of each mode: cycles, row events, jobs
MOST_MW = {"off": 0.5, "idle": 0.5}  # asked: 0.5 off, 1.0 enabled without events; of the other modes nothing was


def cell_models() -> list[Path]:
    """The cells' Verilog of the process in use."""
    folder = find_pdk().tree / "libs.ref" / "sky130_fd_sc_hd" / "verilog"
    found = [folder / "primitives.v", folder / "sky130_fd_sc_hd.v"]
    missing = [path for path in found if not path.exists()]
    if missing:
        raise UserError(f"{missing[0].name}: the process has no Verilog of its cells; use another PDK_ROOT or `make pdk`")
    return found


# Models of the cells that keep a value, for format(name of the cell, what they begin with).
REGISTERS = {
    "dfxtp": "module {} (input CLK, input D, output reg Q);\n{}  always @(posedge CLK) Q <= #1 D;\nendmodule\n",
    "dfrtp": "module {} (input CLK, input D, input RESET_B, output reg Q);\n{}"
    "  always @(posedge CLK or negedge RESET_B) if (!RESET_B) Q <= #1 1'b0; else Q <= #1 D;\nendmodule\n",
    "dfstp": "module {} (input CLK, input D, input SET_B, output reg Q);\n{}"
    "  always @(posedge CLK or negedge SET_B) if (!SET_B) Q <= #1 1'b1; else Q <= #1 D;\nendmodule\n",
    "dlxtp": "module {} (input GATE, input D, output reg Q);\n{}  always @* if (GATE) Q <= #1 D;\nendmodule\n",
    "dlclkp": "module {} (input CLK, input GATE, output GCLK);\n  reg enable_q;\n{}"
    "  always @* if (!CLK) enable_q = GATE;\n  assign GCLK = CLK & enable_q;\nendmodule\n",
}
# The line of clock_watch takes its time: without it a clock would be lost at once. At tt, as in digital/rtl/delay_line.sv.
DELAY = re.compile(rf"{LIBRARY}__dlygate4sd3_\d+")
_DELAY = "module {} (input A, output X);\n  assign #0.53 X = A;\nendmodule\n"
# Before a bench first drives the inputs they are unknown, and an edge of the unknown clock takes that in: gates then keep it where hardware
# would decide. So what is unknown 1.5 ns after the beginning, still in reset, begins anew.
_BEGINS = "  initial begin {0} = $urandom; #1.5 if ({0} === 1'bx) {0} = $urandom; end\n"
KEPT = {"dlclkp": "enable_q"}   # where a model keeps its value, if not in Q


def register_models(netlist: str, begins: Callable[[str], str]) -> tuple[str, list[str]]:
    """Models of the registers that a netlist has.

    Args:
        netlist: Verilog text.
        begins: statement with which a model begins, by the kind of its cell.

    Returns:
        Verilog text, and the cells' names.
    """
    used = sorted({match[0] for match in SEQUENTIAL.finditer(netlist)})
    kinds = {name: SEQUENTIAL.fullmatch(name)[1] for name in used}  # type: ignore[index]
    return "`timescale 1ns / 1ps\n" + "".join(REGISTERS[kind].format(name, begins(kind)) for name, kind in kinds.items()), used


def registers_model(netlist: Path, folder: Path) -> tuple[Path, list[str]]:
    """Models of the netlist's registers that start at random values, and of its delays; and the defines that leave the library's out."""
    gates = netlist.read_text()
    text, used = register_models(gates, lambda kind: _BEGINS.format(KEPT.get(kind, "Q")))
    delays = sorted(set(DELAY.findall(gates)))
    text += "".join(_DELAY.format(name) for name in delays)
    return write_atomic(folder / "registers.v", text), [f"{name.upper()}_V" for name in (*used, *delays)]


def bench_packages() -> list[Path]:
    """Packages of the RTL that jobs_bench needs where no RTL is compiled beside it."""
    return [FOLDER / "controller_pkg.sv", generate_map()]


def build_gates(chip: Chip, netlist: Path, folder: Path) -> list[str | Path]:
    """Compile jobs_bench on a netlist in Icarus; returns the command that runs it."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "gates.vvp"
    sizes = [f"-Pjobs_bench.{name}={value}" for name, value in bench_parameters(chip).items()]
    own, left_out = registers_model(netlist, folder)
    files = [*bench_packages(), *cell_models(), own, netlist, BENCH]
    command = [tool("iverilog"), "-g2012", *(f"-D{name}" for name in (*DEFINES, *left_out)), *sizes, "-s", "jobs_bench", "-o", out, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    write_atomic(folder / "build.log", done.stdout + done.stderr)
    if done.returncode:
        raise UserError(f"{netlist.name}: Icarus does not take it; see {folder / 'build.log'}")
    return ["vvp", "-n", out]


def jobs_on_gates(chip: Chip, netlist: Path, folder: Path, count: int) -> Verdict:
    """Random jobs, bit-exact on the netlist."""
    command = build_gates(chip, netlist, folder)
    write_script(chip, 0, count, folder)
    return run_bench(command, folder, 600 + 300 * count)


def build_for_cocotb(chip: Chip, netlist: Path, folder: Path, sources: Sequence[Path] = (), options: Sequence[str] = ()) -> Path:
    """Compile a netlist for cocotb in Icarus.

    Args:
        chip: the variant.
        netlist: netlist of its controller.
        folder: folder for the files.
        sources, options: more of them.

    Returns:
        The folder of the build.

    Raises:
        UserError: Icarus does not take it.
    """
    own, left_out = registers_model(netlist, folder)
    log = folder / "smoke_build.log"
    try:
        get_runner("icarus").build(
            sources=[*cell_models(), own, netlist, *sources],
            hdl_toplevel=TOP,
            defines={name.partition("=")[0]: name.partition("=")[2] or 1 for name in (*DEFINES, *left_out)},
            build_args=["-g2012", *options],
            build_dir=folder / "build",
            always=True,
            timescale=("1ns", "1ps"),
            log_file=log,
        )
    except SystemExit as stop:
        raise UserError(f"{netlist.name}: Icarus does not take it ({stop.code}); see {log}") from None
    return folder / "build"


def smoke_on_gates(chip: Chip, netlist: Path, folder: Path) -> Outcome:
    """cocotb smoke tests on the netlist."""
    return simulate(chip, "icarus", folder / "smoke", tests=list(SMOKE), build=build_for_cocotb(chip, netlist, folder))


def record_activity(chip: Chip, netlist: Path, folder: Path, mode: str, amount: int) -> Recording:
    """What moves in one mode: off (as after reset), idle (enabled, no event), events (in and out, back to back), jobs.

    Args:
        chip: the variant.
        netlist: netlist of its controller.
        folder: folder for the files.
        mode: name in AMOUNTS.
        amount: cycles, events or jobs.
    """
    command = build_gates(chip, netlist, folder)
    offsets = {name: node.absolute_address for name, node in registers().items()}
    scripts = folder / mode
    start: list[int] = []
    if mode == "jobs":
        write_script(chip, 0, amount, scripts)
        start = [RECORD, 1]
    else:
        scripts.mkdir(parents=True, exist_ok=True)
        for name in ("path", "results"):
            write_atomic(scripts / f"{name}.hex", "")
        for name, values in (
            ("timing", {"settle": 1, "gap": 1, "phi_p": 1, "phi_n": 1}),
            ("refractory", {"count": 0, "prescale": 0}),
            ("ctrl", {"enable": int(mode != "off"), "aer_in": 1, "aer_out": 1}),
        ):
            start += [WRITE, offsets[name], word(name, **values)]
        start += [BEGIN, 0, 0, 1 << 30, WAIT, 20, RECORD, 1, EVENTS if mode == "events" else WAIT, amount, RECORD, 0]
    old = (scripts / "script.hex").read_text() if mode == "jobs" else ""
    write_atomic(scripts / "script.hex", "".join(f"{value:x}\n" for value in start) + old)
    whole, out = scripts / "whole.vcd", scripts / "activity.vcd"
    whole.unlink(missing_ok=True)
    verdict = run_bench(command, scripts, 3600, [f"+vcd={whole}"])
    if not whole.exists():
        raise UserError(f"{mode}: the simulation recorded nothing ({verdict.why}); see {scripts}")
    seconds = cut(whole, out, *span_ps(whole))
    whole.unlink()
    return Recording(out, "jobs_bench/dut", seconds)


class Simulation:
    """A netlist of the first core's controller, what is run on it, and what is asked of its power.

    Args:
        chip: the variant.
        netlist: netlist of its controller.
        folder: folder for the files.

    Attributes:
        smoke: names of the smoke tests.
        amounts: amount of each mode, for its power.
        most_mw: most power of a mode, mW.
        energies: mode -> name of the energy of one of its amount.
    """

    smoke: ClassVar[Sequence[str]] = SMOKE
    amounts: ClassVar[Mapping[str, int]] = AMOUNTS
    most_mw: ClassVar[Mapping[str, float]] = MOST_MW
    energies: ClassVar[Mapping[str, str]] = {"events": "energy an event, in and out back to back"}

    def __init__(self, chip: Chip, netlist: Path, folder: Path) -> None:
        self.chip, self.netlist, self.folder = chip, netlist, folder

    def check(self, jobs: int) -> tuple[dict[str, tuple[int, int]], Outcome]:
        """What random runs are of -> (how many are bit-exact, of how many), and the smoke tests; jobs: random ones."""
        verdict = jobs_on_gates(self.chip, self.netlist, self.folder / "jobs", jobs)
        return {"jobs": (verdict.jobs if verdict.passed else 0, jobs)}, smoke_on_gates(self.chip, self.netlist, self.folder)

    def record(self, mode: str) -> Recording:
        """What moves in a mode."""
        return record_activity(self.chip, self.netlist, self.folder / "activity", mode, self.amounts[mode])
