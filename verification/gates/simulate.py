"""A netlist of the controller in simulation: smoke tests with random images and jobs among them, activity for
the power of each mode.

Zero delay: logic has none but for delay cells, each flip-flop and latch one nanosecond, so that the clock
tree's buffers make no race. Timing is the static analysis' (make harden). Icarus 12 refuses the library's
timing models, so there is no SDF. Flip-flops and latches
start at random values: with unknowns, logic that is right in hardware stays unknown.

The activity of a mode is what activity.py tells: the recording is cut to that time, so that reset, settings
and what a mode needs before it are not in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cocotb_tools.runner import get_runner
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import TOP
from neusoc.pdk.source import find_pdk
from neusoc.verification.cocotb.run import Outcome, begin, run_top, simulate
from neusoc.verification.gates.equivalence import LIBRARY, SEQUENTIAL
from neusoc.verification.gates.recording import Recording, cut

DEFINES = ("FUNCTIONAL", "UNIT_DELAY=#1", "GL")
SUFFIX = "SIM_CMD_SUFFIX"  # variable of cocotb's runner: last arguments of the simulator
RECORDER = Path(__file__).with_name("recorder.sv")
RECORDED = (
    "-s",
    RECORDER.stem,
    f"-DRECORDED={TOP}",
)  # more of Icarus' options, for a build with RECORDER beside the controller
# Cover registers, images, references, events, learning, jobs; none looks inside. images_as_the_twin and
# jobs_as_the_twin are random.
SMOKE = (
    "reset_values",
    "key_and_lock",
    "image_that_cannot_start",
    "reference_words",
    "config_sequence",
    "images_as_the_twin",
    "images_one_behind_the_other",
    "image_winner_is_the_largest_sum",
    "one_hot_random",
    "multi_hot_window",
    "events_and_images",
    "image_and_job",
    "latencies",
    "time_out",
    "winner_take_all",
    "learning_waveform",
    "jobs_as_the_twin",
    "reset_by_the_word_line",
    "converter_faults",
)
IMAGES = 12
AMOUNTS = {"off": 500, "idle": 500, "image": 16, "events": 200}  # of each mode: cycles, images, row events
MOST_MW = {"off": 0.5, "idle": 1.0}  # asked; of the other modes nothing was
ENERGIES = {
    "image": "energy an image, loaded, shown and answered back to back",
    "events": "energy an event, in and out back to back",
}


def cell_models() -> list[Path]:
    """The cells' Verilog of the process in use."""
    folder = find_pdk().tree / "libs.ref" / "sky130_fd_sc_hd" / "verilog"
    found = [folder / "primitives.v", folder / "sky130_fd_sc_hd.v"]
    missing = [path for path in found if not path.exists()]
    if missing:
        raise UserError(
            f"{missing[0].name}: the process has no Verilog of its cells; use another PDK_ROOT or `make pdk`"
        )
    return found


# Models of the cells that keep a value, for format(name of the cell, what they begin with).
REGISTERS = {
    "dfxtp": (
        "module {} (input CLK, input D, output reg Q);\n{}  always @(posedge CLK) Q <= #1 D;\nendmodule\n"
    ),
    "dfrtp": (
        "module {} (input CLK, input D, input RESET_B, output reg Q);\n{}"
        "  always @(posedge CLK or negedge RESET_B) if (!RESET_B) Q <= #1 1'b0; else Q <= #1 D;\nendmodule\n"
    ),
    "dfstp": (
        "module {} (input CLK, input D, input SET_B, output reg Q);\n{}"
        "  always @(posedge CLK or negedge SET_B) if (!SET_B) Q <= #1 1'b1; else Q <= #1 D;\nendmodule\n"
    ),
    "dlxtp": (
        "module {} (input GATE, input D, output reg Q);\n{}  always @* if (GATE) Q <= #1 D;\nendmodule\n"
    ),
    "dlclkp": (
        "module {} (input CLK, input GATE, output GCLK);\n  reg enable_q;\n{}"
        "  always @* if (!CLK) enable_q = GATE;\n  assign GCLK = CLK & enable_q;\nendmodule\n"
    ),
}
# The line of clock_watch takes its time: without it a clock would be lost at once. At tt, as in
#   digital/rtl/delay_line.sv.
DELAY = re.compile(rf"{LIBRARY}__dlygate4sd3_\d+")
_DELAY = "module {} (input A, output X);\n  assign #0.53 X = A;\nendmodule\n"
# Before a bench first drives the inputs they are unknown, and an edge of the unknown clock takes that in:
# gates then keep it where hardware would decide. So what is unknown 1.5 ns after the beginning, still in
# reset, begins anew.
_BEGINS = "  initial begin {0} = $urandom; #1.5 if ({0} === 1'bx) {0} = $urandom; end\n"
KEPT = {"dlclkp": "enable_q"}  # where a model keeps its value, if not in Q


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
    return (
        "`timescale 1ns / 1ps\n"
        + "".join(REGISTERS[kind].format(name, begins(kind)) for name, kind in kinds.items()),
        used,
    )


def registers_model(netlist: Path, folder: Path) -> tuple[Path, list[str]]:
    """Models of the netlist's registers that start at random values, and of its delays; and the defines that
    leave the library's out."""
    gates = netlist.read_text()
    text, used = register_models(gates, lambda kind: _BEGINS.format(KEPT.get(kind, "Q")))
    delays = sorted(set(DELAY.findall(gates)))
    text += "".join(_DELAY.format(name) for name in delays)
    return write_atomic(folder / "registers.v", text), [f"{name.upper()}_V" for name in (*used, *delays)]


def build_for_cocotb(
    chip: Chip, netlist: Path, folder: Path, sources: Sequence[Path] = (), options: Sequence[str] = ()
) -> Path:
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


@contextmanager
def _dumping() -> Iterator[None]:
    """cocotb's runner tells Icarus to write no VCD, unless it is told otherwise behind that."""
    saved = os.environ.get(SUFFIX, "")
    os.environ[SUFFIX] = f"{saved} -vcd"
    try:
        yield
    finally:
        if saved:
            os.environ[SUFFIX] = saved
        else:
            del os.environ[SUFFIX]


def record_mode(chip: Chip, built: Path, folder: Path, mode: str, amount: int) -> Recording:
    """What moves while a mode lasts.

    Args:
        chip: the variant.
        built: folder of the build of its controller, RECORDER beside it.
        folder: folder for the files; made anew.
        mode: name in AMOUNTS.
        amount: cycles, images or events.

    Raises:
        UserError: the mode's test fails, or nothing was recorded.
    """
    begin("icarus", folder)
    whole, out = folder / "whole.vcd", folder / "activity.vcd"
    with _dumping():
        run = run_top(
            "icarus",
            TOP,
            ["neusoc.verification.gates.activity"],
            chip,
            folder,
            build=built,
            tests=[mode],
            environment={"NEUSOC_AMOUNT": str(amount)},
            arguments=[f"+vcd={whole}"],
        )
    if run.failed or run.figures.get("amount", {}).get("value") != amount or not whole.exists():
        raise UserError(f"{mode}: what it does did not come to its end; see {folder / 'run.log'}")
    seconds = cut(whole, out, *(int(run.figures[name]["value"]) for name in ("begin", "end")))
    whole.unlink()  # reset and loading too, of every pin
    return Recording(out, TOP, seconds)


class Simulation:
    """A netlist of the controller, compiled once, and what is run on it.

    Args:
        chip: the variant.
        netlist: netlist of its controller.
        folder: folder for the files.
    """

    def __init__(self, chip: Chip, netlist: Path, folder: Path) -> None:
        self.chip, self.folder = chip, folder
        self._built = build_for_cocotb(chip, netlist, folder, [RECORDER], RECORDED)

    def check(self, jobs: int) -> tuple[dict[str, tuple[int, int]], Outcome]:
        """What random runs are of -> (how many are bit-exact, of how many), and the smoke tests; jobs: random
        ones."""
        counts = {"images": IMAGES, "jobs": jobs}
        amounts = {f"NEUSOC_{what.upper()}": str(count) for what, count in counts.items()}
        outcome = simulate(
            self.chip, "icarus", self.folder / "smoke", tests=SMOKE, environment=amounts, build=self._built
        )
        # a test leaves its count behind the last one of them
        return {
            what: (int(outcome.figures.get(what, {}).get("value", 0)), count)
            for what, count in counts.items()
        }, outcome

    def record(self, mode: str) -> Recording:
        """What moves in a mode."""
        return record_mode(self.chip, self._built, self.folder / "activity" / mode, mode, AMOUNTS[mode])
