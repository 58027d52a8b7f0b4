"""The same vectors on the same netlist in Icarus Verilog: the check of the simulator itself.

What keeps a value begins at the machine's. A fault is planted in the text: an input pin gets a constant, an
output pin another wire and its net the constant. A reset that is active from the beginning has no edge, so
the models look at it once.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.base.tools import tool
from neusoc.verification.gates.simulate import cell_models, register_models
from neusoc.verification.tools.faults.cells import PHYSICAL
from neusoc.verification.tools.faults.machine import Machine
from neusoc.verification.tools.faults.netlist import CLOCK_GATE, OUTPUT, without_watch
from neusoc.verification.tools.faults.universe import Fault

TIMEOUT = 900  # s
UNKNOWN = 2  # beside 0 and 1
# A reset that is active from the beginning has no edge.
_BEGINS = {"dfrtp": "  initial #1 if (!RESET_B) Q = 1'b0;\n", "dfstp": "  initial #1 if (!SET_B) Q = 1'b1;\n"}


def planted(text: str, machine: Machine, fault: Fault) -> str:
    """A netlist's text with one fault.

    Raises:
        UserError: the instance has no such pin in the text.
    """
    element = machine.circuit.elements[fault[0]]
    pin = element.output if fault[1] == OUTPUT else element.pins[fault[1]]
    name = re.escape(element.cell)
    where = re.compile(rf"(\s\\?{name}\s+\([^;]*?\.{pin}\()\s*([^()]*?)\s*\)", re.DOTALL)
    found = where.search(text)
    if not found:
        raise UserError(f"{element.cell}.{pin}: not in the netlist's text")
    net, constant = found[2], f"1'b{fault[2]}"
    if fault[1] != OUTPUT:
        return text[: found.start(2)] + constant + text[found.end(2) :]
    changed = text[: found.start(2)] + "planted_net" + text[found.end(2) :]
    return changed.replace("endmodule", f" wire planted_net;\n assign {net} = {constant};\nendmodule", 1)


def simulate_in_icarus(
    text: str, top: str, machine: Machine, stimulus: np.ndarray, folder: Path
) -> np.ndarray:
    """Outputs before each clock edge, 0, 1 or UNKNOWN, (cycles, outputs), in the order of the circuit's
    outputs.

    Args:
        text: netlist.
        top: its module.
        machine: machine of that netlist, at power-up.
        stimulus: 0 or 1, (cycles, inputs).
        folder: folder for the files.

    Raises:
        UserError: Icarus does not take it, or does not come to an end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    circuit = machine.circuit
    bare = re.sub(
        rf"^\s*sky130_\w+?__(?:{PHYSICAL.pattern})\w*\s[^;]*;\n", "", without_watch(text), flags=re.MULTILINE
    )
    models, used = register_models(bare, lambda kind: _BEGINS.get(kind, ""))
    clock = next(name for name, net in circuit.inputs.items() if net == machine.clock)
    ports = {name.partition("[")[0]: 0 for name in (*circuit.inputs, *circuit.outputs)}
    for name in (*circuit.inputs, *circuit.outputs):
        port, _, bit = name.partition("[")
        ports[port] = max(ports[port], int(bit.rstrip("]") or 0))
    driven = {name.partition("[")[0] for name in circuit.inputs}
    lines = [f"  {'reg' if port in driven else 'wire'} [{high}:0] {port};" for port, high in ports.items()]
    starts = [
        f"    dut.\\{circuit.elements[e].cell}"
        f" .{'enable_q' if circuit.elements[e].kind == CLOCK_GATE else 'Q'} = 1'b{value};"
        for e, value in zip(machine.arrays.keepers, machine.begins, strict=True)
    ]
    inputs = ", ".join(name for name in machine.inputs)
    outputs = ", ".join(circuit.outputs)
    width, count = len(machine.inputs), len(stimulus)
    bench = "\n".join(
        [
            "`timescale 1ns / 1ps",
            "module bench;",
            *lines,
            f"  reg [{width - 1}:0] vectors[{count}];",
            "  integer cycle;",
            f"  {top} dut ({', '.join(f'.{port}({port})' for port in ports)});",
            "  initial begin",
            *starts,
            f"    {clock} = 0;",
            '    $readmemb("vectors.txt", vectors);',
            f"    for (cycle = 0; cycle < {count}; cycle = cycle + 1) begin",
            f"      {clock} = 0; {{{inputs}}} = vectors[cycle];",
            f'      #10 $display("%b", {{{outputs}}});',
            f"      {clock} = 1; #10;",
            "    end",
            "  end",
            "endmodule",
            "",
        ]
    )
    for name, content in (
        ("registers.v", models),
        ("netlist.v", bare),
        ("bench.sv", bench),
        ("vectors.txt", "".join("".join(map(str, row)) + "\n" for row in stimulus.tolist())),
    ):
        write_atomic(folder / name, content)
    defines = ["-DFUNCTIONAL", "-DUNIT_DELAY=#0", *(f"-D{name.upper()}_V" for name in used)]
    files = [*cell_models(), "registers.v", "netlist.v", "bench.sv"]
    command = [tool("iverilog"), "-g2012", *defines, "-s", "bench", "-o", "bench.vvp", *map(str, files)]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    if built.returncode:
        raise UserError(f"{top}: Icarus does not take it: {built.stderr.strip()[-300:]}")
    done = subprocess.run(
        ["vvp", "-n", "bench.vvp"], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
    )
    rows = [line for line in done.stdout.splitlines() if re.fullmatch("[01xz]+", line)]
    if done.returncode or len(rows) != count:
        raise UserError(f"{top}: Icarus gave {len(rows)} of {count} cycles: {done.stderr.strip()[-300:]}")
    return np.array([[{"0": 0, "1": 1}.get(bit, UNKNOWN) for bit in row] for row in rows], np.uint8)
