"""A netlist of the controller in simulation: random jobs and cocotb smoke tests with zero delay, activity for the power of each mode.

Zero delay: logic has none, each flip-flop and latch one nanosecond, so that the clock tree's buffers make no race. Timing is the static
analysis' (make harden). Icarus 12 refuses the library's timing models, so there is no SDF. Flip-flops and latches start at random
values: with unknowns, logic that is right in hardware stays unknown.
"""

from __future__ import annotations

import re
import subprocess
from itertools import islice
from pathlib import Path

from cocotb_tools.runner import get_runner
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.base.tools import tool
from neusoc.digital.regs.generate import generate_map, registers
from neusoc.digital.rtl.files import FOLDER, TOP
from neusoc.pdk.source import find_pdk
from neusoc.verification.cocotb.run import Outcome, simulate
from neusoc.verification.gates.equivalence import SEQUENTIAL
from neusoc.verification.jobs.run import BENCH, Verdict, bench_parameters, run_bench
from neusoc.verification.jobs.scripts import BEGIN, WRITE, word, write_script

DEFINES = ("FUNCTIONAL", "UNIT_DELAY=#1", "GL")
WAIT, EVENTS, RECORD = 4, 5, 6  # more commands of jobs_bench.sv
# Cover registers, commands, converter, events, spikes, learning; none looks inside.
SMOKE = ("reset_values", "converter_faults", "key_and_lock", "latencies", "learning_waveform", "time_out", "winner_take_all")
MODES = ("off", "idle", "events", "jobs")


def cell_models() -> list[Path]:
    """The cells' Verilog of the process in use."""
    folder = find_pdk().tree / "libs.ref" / "sky130_fd_sc_hd" / "verilog"
    found = [folder / "primitives.v", folder / "sky130_fd_sc_hd.v"]
    missing = [path for path in found if not path.exists()]
    if missing:
        raise UserError(f"{missing[0].name}: the process has no Verilog of its cells; use another PDK_ROOT or `make pdk`")
    return found


_REGISTERS = {
    "dfxtp": "module {} (input CLK, input D, output reg Q);\n  initial Q = $urandom;\n  always @(posedge CLK) Q <= #1 D;\nendmodule\n",
    "dfrtp": "module {} (input CLK, input D, input RESET_B, output reg Q);\n  initial Q = $urandom;\n"
    "  always @(posedge CLK or negedge RESET_B) if (!RESET_B) Q <= #1 1'b0; else Q <= #1 D;\nendmodule\n",
    "dfstp": "module {} (input CLK, input D, input SET_B, output reg Q);\n  initial Q = $urandom;\n"
    "  always @(posedge CLK or negedge SET_B) if (!SET_B) Q <= #1 1'b1; else Q <= #1 D;\nendmodule\n",
    "dlxtp": "module {} (input GATE, input D, output reg Q);\n  initial Q = $urandom;\n  always @* if (GATE) Q <= #1 D;\nendmodule\n",
    "dlclkp": "module {} (input CLK, input GATE, output GCLK);\n  reg enable_q;\n  initial enable_q = $urandom;\n"
    "  always @* if (!CLK) enable_q = GATE;\n  assign GCLK = CLK & enable_q;\nendmodule\n",
}


def registers_model(netlist: Path, folder: Path) -> tuple[Path, list[str]]:
    """Models of the netlist's registers that start at random values, and the defines that leave the library's out."""
    used = sorted({match[0] for match in SEQUENTIAL.finditer(netlist.read_text())})
    text = "".join(_REGISTERS[SEQUENTIAL.fullmatch(name)[1]].format(name) for name in used)  # type: ignore[index]
    return write_atomic(folder / "registers.v", f"`timescale 1ns / 1ps\n{text}"), [f"{name.upper()}_V" for name in used]


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


def smoke_on_gates(chip: Chip, netlist: Path, folder: Path) -> Outcome:
    """cocotb smoke tests on the netlist."""
    own, left_out = registers_model(netlist, folder)
    get_runner("icarus").build(
        sources=[*cell_models(), own, netlist],
        hdl_toplevel=TOP,
        defines={name.partition("=")[0]: name.partition("=")[2] or 1 for name in (*DEFINES, *left_out)},
        build_args=["-g2012"],
        build_dir=folder / "build",
        always=True,
        timescale=("1ns", "1ps"),
        log_file=folder / "smoke_build.log",
    )
    return simulate(chip, "icarus", folder / "smoke", tests=list(SMOKE), build=folder / "build")


def record_activity(chip: Chip, netlist: Path, folder: Path, mode: str, amount: int) -> tuple[Path, Verdict]:
    """VCD of one mode: off (as after reset), idle (enabled, no event), events (in and out, back to back), jobs.

    Args:
        chip: the variant.
        netlist: netlist of its controller.
        folder: folder for the files.
        mode: name in MODES.
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
    vcd = scripts / "activity.vcd"
    verdict = run_bench(command, scripts, 3600, [f"+vcd={vcd}"])
    if not vcd.exists() or not has_time(vcd):
        raise UserError(f"{mode}: the simulation recorded nothing ({verdict.why}); see {scripts}")
    return vcd, verdict


def recorded_s(vcd: Path) -> float:
    """Time from the first to the last moment of a VCD, s.

    Raises:
        UserError: it names no timescale, or no moment.
    """
    units = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15}
    header, first, last = "", None, None
    with vcd.open() as lines:
        for line in lines:
            if line.startswith("#"):
                last = int(line[1:])
                first = last if first is None else first
            elif first is None:
                header += line
    scale = re.search(r"\$timescale\s+(\d+)\s*([munpf]?s)\b", header)
    if scale is None or first is None or last is None:
        raise UserError(f"{vcd.name}: holds no timescale or no moment; remove it and run `make gates` again")
    return (last - first) * int(scale[1]) * units[scale[2]]


def has_time(vcd: Path) -> bool:
    """Whether a VCD holds more than one moment; a recording that never began or never went on has at most the first."""
    with vcd.open() as lines:
        return sum(1 for _ in islice((line for line in lines if line.startswith("#")), 2)) == 2
