"""Equivalence of the RTL and a netlist of cells: every register and every output has the same next value,
clock, enable and reset.

Both sides become combinational: each flip-flop, latch and clock gate is cut into an input (its value) and
outputs (its data; its clock or enable; its asynchronous reset). Registers are paired by the names of their
nets, buffers seen through. ABC then proves all outputs equal (`cec`). This is stronger than sequential
equivalence, and needs no initial state.

A register of the RTL that synthesis left out, because it never leaves a value, has none in the netlist: it is
proven to keep that value whatever all other registers and the inputs do. Flip-flops of the RTL may start at
any value, so the netlist does what the RTL may do.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import combinations, permutations, product
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources

LIBRARY = "sky130_fd_sc_hd"
SEQUENTIAL = re.compile(rf"{LIBRARY}__(dfxtp|dfrtp|dfstp|dlxtp|dlclkp)_\d+")
# Cells without a function: fill, taps, capacitance, antenna diodes.
PHYSICAL = re.compile(r"^\s*sky130_\w+?__(?:decap|fill|tapvpwrvgnd|tap|diode)\w*\s[^;]*;\n", re.MULTILINE)
MOST_UNNAMED = 4
TIMEOUT = 1800  # s, each for Yosys and ABC
_MODELS = {
    "dfxtp": "module {} (input CLK, input D, output reg Q);\n  always @(posedge CLK) Q <= D;\nendmodule\n",
    "dfrtp": (
        "module {} (input CLK, input D, input RESET_B, output reg Q);\n"
        "  always @(posedge CLK or negedge RESET_B) if (!RESET_B) Q <= 1'b0; else Q <= D;\nendmodule\n"
    ),
    "dfstp": (
        "module {} (input CLK, input D, input SET_B, output reg Q);\n"
        "  always @(posedge CLK or negedge SET_B) if (!SET_B) Q <= 1'b1; else Q <= D;\nendmodule\n"
    ),
    "dlxtp": "module {} (input GATE, input D, output reg Q);\n  always @* if (GATE) Q = D;\nendmodule\n",
    "dlclkp": (
        "module {} (input CLK, input GATE, output GCLK);\n  reg enable_q;\n"
        "  always @* if (!CLK) enable_q = GATE;\n  assign GCLK = CLK & enable_q;\nendmodule\n"
    ),
}
# State machines are recoded as the synthesis of LibreLane does it: with other codes the registers could not
# be paired.
_RTL = (
    "hierarchy -check -top {top}",
    "proc",
    "flatten",
    "opt_expr",
    "opt_clean",
    "opt -nodffe -nosdff",
    "fsm",
    "opt",
    "wreduce",
    "peepopt",
    "opt_clean",
    "alumacc",
    "share",
    "opt -full",
)
_NETLIST = ("hierarchy -check -top {top}", "proc", "flatten", "opt_clean")
_COMMON = (
    "memory_map",
    "opt_clean",
    "techmap",
    "dfflegalize -cell $_DFF_P_ x -cell $_DFF_PP0_ x -cell $_DFF_PP1_ x -cell $_DLATCH_P_ x",
    "techmap",
    "opt_clean",
    "splitnets -ports",
    "opt_clean",
)
_PARTS = ("data", "control", "reset_0", "reset_1")  # of a register, compared
# Flip-flops with an asynchronous reset, which BLIF's .latch does not know -> what they are reset to.
_ASYNCHRONOUS = {"$_DFF_PP0_": "0", "$_DFF_PP1_": "1"}


@dataclass
class Register:
    """A flip-flop or latch of a BLIF file, by its nets; reset: of the asynchronous reset, to: the value that
    it gives."""

    data: str
    output: str
    control: str
    reset: str = ""
    to: str = ""


@dataclass
class Network:
    """A BLIF file: inputs, outputs, tables as text, and registers."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    tables: list[tuple[list[str], str]] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)

    def aliases(self) -> dict[str, list[str]]:
        """Net -> the nets that are the same, driven from it through buffers only."""
        follows = defaultdict(list)
        for names, rows in self.tables:
            if len(names) == 2 and rows.strip() == "1 1":
                follows[names[0]].append(names[1])
        found = {}
        for register in self.registers:
            seen, todo = [register.output], [register.output]
            while todo:
                for name in follows[todo.pop()]:
                    seen.append(name)
                    todo.append(name)
            found[register.output] = seen
        return found


def read_blif(text: str) -> Network:
    """Parse a BLIF file of one flat model."""
    network = Network()
    lines = iter(text.replace("\\\n", " ").splitlines())
    for line in lines:
        word, *rest = line.split()[:1] + line.split()[1:] or [""]
        if word == ".inputs":
            network.inputs += rest
        elif word == ".outputs":
            network.outputs += rest
        elif word == ".names":
            network.tables.append((rest, ""))
        elif word == ".latch":
            network.registers.append(Register(rest[0], rest[1], rest[3]))
        elif word == ".subckt" and rest[0] in _ASYNCHRONOUS:
            pins = dict(pin.split("=", 1) for pin in rest[1:])
            network.registers.append(
                Register(pins["D"], pins["Q"], pins["C"], pins["R"], _ASYNCHRONOUS[rest[0]])
            )
        elif word in (".subckt", ".gate"):
            raise UserError(f"netlist: {rest[0]} is not a cell of logic; give its model")
        elif network.tables and word and not word.startswith((".", "#")):
            names, rows = network.tables[-1]
            network.tables[-1] = (names, f"{rows}{line}\n")
    return network


def abc() -> Path:
    """The command of ABC that comes with Yosys.

    Raises:
        UserError: it is not there.
    """
    found = find_spec("pyosys")  # not imported: in one process with matplotlib it can break that one's import
    path = Path(found.origin).with_name("yosys-abc") if found and found.origin else None
    if path is None or not path.exists():
        raise UserError("yosys-abc: the wheel pyosys is not there; run `make setup`")
    return path


def run_yosys(subject: str, commands: list[str], log: Path) -> None:
    """Commands in a process of their own.

    Args:
        subject: subject of the error's sentence.
        commands: commands in order.
        log: file for what Yosys says.

    Raises:
        UserError: it ends with an error.
    """
    script = (
        "import sys\nfrom pyosys import libyosys as y\nd = y.Design()\nfor c in sys.argv[1:]:\n   "
        " y.run_pass(c, d)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *commands], capture_output=True, text=True, timeout=TIMEOUT
    )
    write_atomic(log, done.stdout + done.stderr)
    if done.returncode:
        raise UserError(
            f"{subject}: Yosys ended with {done.returncode} ({(done.stdout + done.stderr).strip()[-200:]});"
            f" see {log}"
        )


def rtl_network(chip: Chip, folder: Path) -> Network:
    """The RTL of the controller of the variant's core, flat."""
    top, sources, names = TOP, rtl_sources(), DEFINES
    sizes = " ".join(f"-G{name}={value}" for name, value in parameters(chip).items())
    defines = " ".join(f"-D{name}" for name in names)
    read = f"read_slang --top {top} {sizes} {defines} {' '.join(map(str, sources))}"
    out = folder / "rtl.blif"
    run_yosys(
        "equivalence",
        [read, *(c.format(top=top) for c in (*_RTL, *_COMMON)), f"write_blif {out}"],
        folder / "rtl.log",
    )
    return read_blif(out.read_text())


def netlist_network(top: str, netlist: Path, liberty: Path, folder: Path) -> Network:
    """A netlist of cells with this top, flat: functions from the Liberty, registers from the models here."""
    text = PHYSICAL.sub("", netlist.read_text())
    used = sorted({match[0] for match in SEQUENTIAL.finditer(text)})
    models = "".join(_MODELS[SEQUENTIAL.fullmatch(name)[1]].format(name) for name in used)  # type: ignore[index]
    write_atomic(folder / "registers.v", models)
    logic = write_atomic(folder / "logic.v", text)
    read = [f"read_liberty -ignore_miss_func {liberty}", *(f"delete {name}" for name in used)]
    read += [f"read_verilog {folder / 'registers.v'}", f"read_verilog {logic}"]
    out = folder / "netlist.blif"
    run_yosys(
        "equivalence",
        [*read, *(c.format(top=top) for c in (*_NETLIST, *_COMMON)), f"write_blif {out}"],
        folder / "netlist.log",
    )
    return read_blif(out.read_text())


def plain(name: str) -> str:
    """The name of a net that both sides share: the cell of a clock gate is a level of its own in the
    netlist."""
    return re.sub(r"(\.gen_(strong|weak))?\.u_cell\.enable_q", ".enable_q", name)


def pair(rtl: Network, netlist: Network) -> tuple[dict[str, str], list[str], list[str]]:
    """(register's net of the RTL -> of the netlist, those of the RTL only, those of the netlist only)."""
    gate_names = {}
    for output, names in netlist.aliases().items():
        gate_names.update({plain(name): output for name in names if not name.startswith("$")})
    pairs, lonely = {}, []
    taken: set[str] = set()
    for output, names in rtl.aliases().items():
        match = next((gate_names[plain(n)] for n in names if plain(n) in gate_names), None)
        if match is None or match in taken:
            lonely.append(output)
        else:
            pairs[output] = match
            taken.add(match)
    return pairs, lonely, [output for output in netlist.aliases() if output not in taken]


_NEXT = {
    "": "1- 1",
    "0": "10 1",
    "1": "1- 1\n-1 1",
}  # of a register, from data and reset; by what the reset gives


def _constant(name: str, value: str) -> str:
    """A table without inputs."""
    return f".names {name}\n1" if value == "1" else f".names {name}"


def _cut(
    network: Network, labels: dict[str, str], inputs: list[str], outputs: list[str], kept: Mapping[str, str]
) -> str:
    """Combinational BLIF: registers' values are inputs; their data, control and reset outputs; in the order
    given.

    What a register would take does not matter while its reset holds it. One without a label keeps a value
    (kept: its net -> 0 or 1), and its next value alone is an output; a network without that register has the
    value there.
    """
    lines = [".model cut", ".inputs " + " ".join(inputs), ".outputs " + " ".join(outputs)]
    keepers = {register.output: register for register in network.registers if register.output not in labels}
    for k, (net, value) in enumerate(kept.items()):
        keeper = keepers.get(net)
        lines.append(_constant(net if keeper else f"kept_{k}", value))
        if keeper:
            lines.append(f".names {keeper.data} {keeper.reset or keeper.data} kept_{k}\n{_NEXT[keeper.to]}")
    for register in network.registers:
        if register.output in keepers:
            continue
        label = labels[register.output]
        lines += [f".names {label} {register.output}\n1 1"]
        if f"{label}_data" not in outputs:
            continue
        lines += [f".names {register.control} {label}_control\n1 1"]
        for to in "01":
            held = register.to == to
            lines += [
                f".names {register.reset} {label}_reset_{to}\n1 1" if held else f".names {label}_reset_{to}"
            ]
        if register.reset:
            lines += [f".names {register.data} {register.reset} {label}_data\n10 1"]
        else:
            lines += [f".names {register.data} {label}_data\n1 1"]
    lines += [f".names {' '.join(names)}\n{rows}".rstrip() for names, rows in network.tables]
    return "\n".join([*lines, ".end", ""])


@dataclass(frozen=True)
class Equivalence:
    """What was compared, and whether ABC proved it."""

    proven: bool
    registers: int
    outputs: int
    rtl_only: list[str]  # registers without a partner
    netlist_only: list[str]
    told: str  # ABC's last words
    kept: tuple[str, ...] = ()  # registers of the RTL that never leave a value, left out by synthesis


def compare(chip: Chip, netlist: Path, liberty: Path, folder: Path) -> Equivalence:
    """Prove a netlist equal to the RTL.

    Args:
        chip: the variant.
        netlist: Verilog without supplies.
        liberty: Liberty file of the cells.
        folder: folder for the files between.

    Raises:
        UserError: a tool failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rtl, gates = rtl_network(chip, folder), netlist_network(TOP, netlist, liberty, folder)
    return compare_networks(rtl, gates, folder)


def compare_networks(rtl: Network, gates: Network, folder: Path) -> Equivalence:
    """The same of two networks; folder: for ABC's files."""
    pairs, lonely, extra = pair(rtl, gates)
    if len(lonely) < len(extra) or len(lonely) > MOST_UNNAMED:
        return Equivalence(False, len(pairs), len(rtl.outputs), lonely, extra, "registers without a partner")
    # Registers whose names synthesis lost, and those that it left out: any pairing that is proven will do.
    told = ""
    for more, kept in _guesses(lonely, extra):
        told = _prove(rtl, gates, pairs | more, folder, kept)
        if "Networks are equivalent" in told:
            return Equivalence(True, len(pairs) + len(extra), len(rtl.outputs), [], [], told, tuple(kept))
    return Equivalence(False, len(pairs), len(rtl.outputs), lonely, extra, told)


def _guesses(lonely: list[str], extra: list[str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Every way to pair what is left: (pairs, registers of the RTL without one -> the value that they would
    keep)."""
    for some in combinations(lonely, len(lonely) - len(extra)):
        others = [name for name in lonely if name not in some]
        for values, order in product(product("01", repeat=len(some)), permutations(extra)):
            yield dict(zip(others, order, strict=True)), dict(zip(some, values, strict=True))


def _prove(
    rtl: Network, gates: Network, pairs: dict[str, str], folder: Path, kept: Mapping[str, str] | None = None
) -> str:
    """What ABC says of the two cut networks under a pairing."""
    kept = kept or {}
    labels = {output: f"register_{k}" for k, output in enumerate(pairs)}
    gate_labels = {pairs[output]: label for output, label in labels.items()}
    inputs = [*sorted(rtl.inputs), *labels.values()]
    outputs = [*sorted(rtl.outputs), *(f"{label}_{part}" for label in labels.values() for part in _PARTS)]
    outputs += [f"kept_{k}" for k in range(len(kept))]
    write_atomic(folder / "rtl_cut.blif", _cut(rtl, labels, inputs, outputs, kept))
    write_atomic(folder / "netlist_cut.blif", _cut(gates, gate_labels, inputs, outputs, kept))
    command = [abc(), "-c", "cec -n rtl_cut.blif netlist_cut.blif"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    text = done.stdout + done.stderr
    write_atomic(folder / "abc.log", text)
    return " ".join(text.strip().splitlines()[-3:])[:400]
