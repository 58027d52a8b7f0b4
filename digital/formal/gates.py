"""Clock gates change nothing: where the enable of a gate is 0, every register behind it keeps its value
anyway, in every state that can be.

Built on the whole controller as its other properties see it (controller_props.sv), where each register takes
its data in every step. All registers and gates are found in the netlist, so that none can be left out. What
gate and register make together is then, cycle for cycle, what the other proofs, the simulations of the RTL
and the twins know. A word of latches opens only in a cycle after a write: its writes need the enable. A
gated_word is a register with write enable by itself; its gate is its meaning, as the latches' is.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.digital.formal.prove import (
    CLOCK_GATES,
    HERE,
    PROOF_SECONDS,
    UNITS,
    changed,
    files,
    run_yosys,
    verdict,
)
from neusoc.digital.rtl.files import DEFINES

PROPERTY = "p_gates"
# The clock gate of the proof with its AND left in: registers behind it are told by their clock.
MARKED = ("assign clk_o = clk_i;", "assign clk_o = clk_i & enable_i;")

# Invariants of the whole controller that it needs, proven along; cycles of the induction.
INVARIANTS, DEPTH = ("i_row", "i_refractory", "i_shows", "i_bus_is_asked"), 3
FAULTS = CLOCK_GATES

(WHOLE,) = [unit for unit in UNITS if unit.whole]
Netlist = dict[str, Any]


def marked_gate(text: str) -> str:
    """Text of digital/formal/clock_gate.sv with the AND of the gate, for the netlist that add_property
    reads."""
    if text.count(MARKED[0]) != 1:
        raise UserError(
            "digital/formal/clock_gate.sv: the line that passes the clock is not there; renew gates.py"
        )
    return text.replace(MARKED[0], MARKED[1])


def add_property(module: Netlist) -> dict[str, int]:
    """Add the output p_gates to a flat module of Yosys' JSON; returns gate -> bits of flip-flops and latches
    behind it.

    Raises:
        UserError: there is no gate.
    """
    cells, nets = module["cells"], module["netnames"]
    enables = {
        net["bits"][0]: name.removesuffix(".gate_enable")
        for name, net in nets.items()
        if name.endswith(".gate_enable")
    }
    gates = {
        cell["connections"]["Y"][0]: cell["connections"]["B"][0]
        for cell in cells.values()
        if cell["type"] == "$and"
        and cell["connections"]["B"][0] in enables
        and len(cell["connections"]["Y"]) == 1
    }
    if not gates:
        raise UserError("clock gates: none in the netlist; renew digital/formal/gates.py")
    called_at = defaultdict(list)
    for name, net in nets.items():
        called_at[tuple(net["bits"])].append(name)
    latches = {name.removesuffix("held_q") for name in nets if name.endswith(".held_q")}
    top = 1 + max(bit for net in nets.values() for bit in net["bits"] if isinstance(bit, int))
    behind: dict[str, int] = defaultdict(int)
    wrong: list[int] = []

    def cell(kind: str, **pins: list[Any]) -> int:
        nonlocal top
        top += 1
        parameters = {
            f"{pin}_{what}": value
            for pin, bits in pins.items()
            for what, value in (("SIGNED", 0), ("WIDTH", len(bits)))
        }
        cells[f"gates${top}"] = {
            "hide_name": 1,
            "type": kind,
            "parameters": parameters | {"Y_WIDTH": 1},
            "attributes": {},
            "port_directions": {pin: "input" for pin in pins} | {"Y": "output"},
            "connections": pins | {"Y": [top]},
        }
        return top

    for register in [c for c in cells.values() if re.fullmatch(r"\$.*dff.*", c["type"])]:
        pins = register["connections"]
        clock = pins["CLK"][0]
        if clock not in gates:
            continue
        if register["type"] != "$dff":
            raise UserError(
                f"clock gates: {register['type']} is not known to the proof; renew digital/formal/gates.py"
            )
        called = called_at[tuple(pins["Q"])]
        scopes = [name.rpartition(".")[0] + "." for name in called]
        gate = enables[gates[clock]]
        if any(name.endswith(".held_q") for name in called):
            behind[gate] += len(pins["Q"])
            continue
        if any(name.endswith(".write_q") for name in called) and any(scope in latches for scope in scopes):
            changes = pins["D"][0]
        else:
            behind[gate] += len(pins["Q"])
            changes = cell("$ne", A=pins["D"], B=pins["Q"])
        wrong.append(cell("$and", A=[changes], B=[cell("$logic_not", A=[gates[clock]])]))
        nets[f"{PROPERTY}.{called[0] if called else '?'}"] = {
            "hide_name": 0,
            "bits": wrong[-1:],
            "attributes": {},
        }
    # The initial state of the proof, zero, is not that after a reset: from the first reset on.
    armed = top = top + 1
    now = cell("$or", A=[armed], B=module["ports"]["rst_i"]["bits"])
    cells["gates$armed"] = {
        "hide_name": 1,
        "type": "$dff",
        "parameters": {"CLK_POLARITY": "1", "WIDTH": 1},
        "attributes": {},
        "port_directions": {"CLK": "input", "D": "input", "Q": "output"},
        "connections": {"CLK": module["ports"]["clk_i"]["bits"], "D": [now], "Q": [armed]},
    }
    out = cell("$logic_not", A=[cell("$and", A=[cell("$reduce_or", A=wrong)], B=[armed])])
    module["ports"][PROPERTY] = {"direction": "output", "bits": [out]}
    nets[PROPERTY] = {"hide_name": 0, "bits": [out], "attributes": {}}
    return dict(behind)


def unchanged(rtl: tuple[str, str] | None = None) -> tuple[bool, dict[str, int]]:
    """(whether the induction proves p_gates, gate -> bits behind it), of the controller, or with the text of
    one of its files replaced.

    Raises:
        UserError: Yosys gave no verdict.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, texts = Path(name), {path.name: path.read_text() for path in files(WHOLE)}
        texts |= {"clock_gate.sv": marked_gate(texts["clock_gate.sv"])} | (
            {} if rtl is None else {rtl[0]: rtl[1]}
        )
        for file, text in texts.items():
            (folder / file).write_text(text)
        netlist, top = folder / "netlist.json", f"{WHOLE.name}_props"
        options = [f"-I{HERE}", *(f"-D{d}" for d in DEFINES)]
        read = f"read_slang {' '.join(options)} --top {top} {' '.join(str(folder / file) for file in texts)}"
        # Registers that no pin shows, as those that the bus only reads: kept until they have their part in
        #   the property.
        commands = [
            "proc",
            "flatten",
            "async2sync",
            "setattr -set keep 1 t:$dff",
            "opt_clean",
            "memory_map",
            "opt_clean",
        ]
        out = run_yosys([read, *commands, f"write_json {netlist}"], PROOF_SECONDS, PROPERTY)
        if out.returncode:
            raise UserError(
                f"clock gates: Yosys ended with {out.returncode} ({(out.stdout + out.stderr).strip()[-300:]})"
            )
        design = json.loads(netlist.read_text())
        behind = add_property(design["modules"][top])
        netlist.write_text(json.dumps(design))
        proves = " ".join(f"-prove {name} 1" for name in (PROPERTY, *INVARIANTS))
        sat = f"sat -tempinduct -maxsteps {DEPTH} -set-init-zero {proves} {top}"
        out = run_yosys(
            [f"read_json {netlist}", "setattr -unset keep t:$dff", "opt", sat], PROOF_SECONDS, PROPERTY
        )
    return verdict(out, True, PROPERTY), behind


def unfaithful(gate: str) -> bool:
    """Whether the planted fault, a gate that stops a clock too early, breaks the proof."""
    return not unchanged(changed(WHOLE, PROPERTY, *FAULTS[gate]))[0]


def gate_figures() -> list[Figure]:
    """The proof of all gates, and a fault in each."""
    name, (proven, behind) = WHOLE.name, unchanged()
    fail = [gate for gate in FAULTS if unfaithful(gate)]
    count, bits = len(behind), sum(behind.values())
    print(
        f"{name}: {count} clock gates with {bits} flip-flops and latches"
        f" {'change nothing' if proven else 'NOT PROVEN'}; faults that do not fail:"
        f" {sorted({*FAULTS} - {*fail}) or 'none'}",
        flush=True,
    )
    return [
        Figure(
            name=f"{name}: clock gates proven to change nothing (induction)",
            value=count if proven else 0,
            min=len(FAULTS),
            source="rtl",
        ),
        Figure(name=f"{name}: flip-flops and latches behind clock gates", value=bits, min=1, source="rtl"),
        Figure(name=f"{name}: faults of clock gates that fail", value=len(fail), min=count, source="rtl"),
    ]
