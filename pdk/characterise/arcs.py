"""Logic of a cell from its Verilog functional view: functions, storage and timing arcs.

The wheel's `<cell>.functional.v` is a netlist of Verilog gates and user-defined primitives; the primitives'
truth tables are read from their own files. Nothing about a cell's logic is typed in by hand.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from neusoc.base.errors import UserError
from neusoc.base.text import must_match
from neusoc.pdk.characterise.logic import sum_of_products
from neusoc.pdk.characterise.wheel import LIBRARY, cell_file, full_name, primitive_file, short_name

GATES: dict[str, Callable[[tuple[int, ...]], int]] = {
    "buf": lambda bits: bits[0],
    "not": lambda bits: 1 - bits[0],
    "and": lambda bits: int(all(bits)),
    "nand": lambda bits: 1 - int(all(bits)),
    "or": lambda bits: int(any(bits)),
    "nor": lambda bits: 1 - int(any(bits)),
    "xor": lambda bits: sum(bits) % 2,
    "xnor": lambda bits: 1 - sum(bits) % 2,
}
TIES = {"pullup": "1", "pulldown": "0"}
TRISTATE = ("bufif0", "bufif1", "notif0", "notif1")
_FITS = {"0": (0,), "1": (1,), "?": (0, 1), "b": (0, 1), "x": ()}


@dataclass(frozen=True)
class Primitive:
    """A user-defined primitive: its ports (output first), whether it stores, and for a logic one its
    table."""

    name: str
    ports: tuple[str, ...]
    stores: bool
    rows: tuple[tuple[tuple[str, ...], str], ...]

    def evaluate(self, bits: tuple[int, ...]) -> int:
        """Output of a logic primitive."""
        for columns, result in self.rows:
            if all(bit in _FITS[column] for bit, column in zip(bits, columns, strict=True)):
                return int(result)
        raise UserError(
            f"primitive {self.name}: its table says nothing of inputs {bits}; use the pinned wheel (`make"
            " setup`)"
        )


@dataclass(frozen=True)
class Gate:
    """One instance: `kind` is a Verilog gate or a primitive's name."""

    kind: str
    output: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Storage:
    """A flip-flop or a latch inside a cell.

    Attributes:
        primitive: name of its primitive, such as udp_dff$PR (without the library's prefix).
        state: the net that holds its value.
        ports: net at each of its inputs, by port name (D, CLK, GATE, RESET, SET ...).
    """

    primitive: str
    state: str
    ports: dict[str, str]

    @property
    def is_latch(self) -> bool:
        return self.primitive.startswith("udp_dlatch")


@dataclass(frozen=True)
class Arc:
    """A combinational arc.

    Attributes:
        output: its end.
        pin: its start.
        sense: positive_unate or negative_unate.
        states: values of the other inputs with which it is open.
    """

    output: str
    pin: str
    sense: str
    states: tuple[dict[str, int], ...]

    @property
    def label(self) -> str:
        return f"{self.pin}->{self.output} {self.sense}"


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*|\(\*.*?\*\)", " ", text, flags=re.S)


@cache
def primitive(name: str) -> Primitive:
    """A user-defined primitive of the wheel."""
    path = primitive_file(name)
    text = _without_comments(path.read_text())
    body = re.search(rf"primitive\s+{re.escape(name)}\s*\(([^)]*)\)(.*?)endprimitive", text, re.S)
    if not body:
        raise UserError(f"{path.name}: holds no primitive {name}; use the pinned wheel (`make setup`)")
    ports = tuple(body[1].replace(",", " ").split())
    stores = re.search(r"\breg\b", body[2]) is not None
    rows = []
    if not stores:
        lacks = f"{path.name}: primitive {name} has no table; use the pinned wheel (`make setup`)"
        for line in must_match(r"table(.*?)endtable", body[2], lacks, re.S)[1].split(";"):
            if ":" in line:
                columns, result = line.rsplit(":", 1)
                if result.strip() in ("0", "1"):
                    rows.append((tuple(columns.split()), result.strip()))
    return Primitive(name, ports, stores, tuple(rows))


@dataclass(frozen=True)
class CellLogic:
    """A cell's logic.

    Attributes:
        cell: short name.
        inputs, outputs: pins, sorted.
        gates: instances, in no order.
    """

    cell: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    gates: tuple[Gate, ...]

    @cached_property
    def storage(self) -> tuple[Storage, ...]:
        """Flip-flops and latches inside."""
        found = []
        for gate in self.gates:
            if gate.kind.startswith(LIBRARY) and primitive(gate.kind).stores:
                ports = dict(zip(primitive(gate.kind).ports[1:], gate.inputs, strict=True))
                found.append(Storage(gate.kind.removeprefix(f"{LIBRARY}__"), gate.output, ports))
        return tuple(found)

    @cached_property
    def tristate(self) -> tuple[Gate, ...]:
        """Three-state drivers inside."""
        return tuple(gate for gate in self.gates if gate.kind in TRISTATE)

    @property
    def combinational(self) -> bool:
        return bool(self.inputs and self.outputs) and not self.storage and not self.tristate

    def value(self, net: str, given: dict[str, int]) -> int:
        """Value of a net when inputs (and, in a storing cell, its state nets) have the given ones."""
        if net in given:
            return given[net]
        gate = next((g for g in self.gates if g.output == net), None)
        if gate is None or gate.kind in TRISTATE:
            raise UserError(
                f"CELL={self.cell}: net {net} has no value in its functional view; leave the cell out of the"
                " library"
            )
        bits = tuple(self.value(name, given) for name in gate.inputs)
        return GATES[gate.kind](bits) if gate.kind in GATES else primitive(gate.kind).evaluate(bits)

    def support(self, net: str) -> tuple[str, ...]:
        """The inputs and state nets that a net depends on, sorted."""
        states = {storage.state for storage in self.storage}
        found, todo = set(), [net]
        while todo:
            name = todo.pop()
            if name in self.inputs or (name in states and name != net):
                found.add(name)
                continue
            if name in states:
                found.add(name)
                continue
            gate = next((g for g in self.gates if g.output == name), None)
            todo += gate.inputs if gate else ()
        return tuple(sorted(found))

    def function(self, net: str) -> str:
        """Liberty expression of a net: a minimal sum of products over its support; "0" or "1" for a
        constant."""
        tie = next((g.kind for g in self.gates if g.output == net and g.kind in TIES), None)
        if tie:
            return TIES[tie]
        names = self.support(net)
        ones = [
            bits
            for bits in itertools.product((0, 1), repeat=len(names))
            if self.value(net, dict(zip(names, bits, strict=True)))
        ]
        return sum_of_products(names, ones)

    def arcs(self) -> tuple[Arc, ...]:
        """All arcs of a combinational cell."""
        found = []
        for output in self.outputs:
            for pin in self.inputs:
                others = [name for name in self.inputs if name != pin]
                states: dict[str, list[dict[str, int]]] = {"positive_unate": [], "negative_unate": []}
                for bits in itertools.product((0, 1), repeat=len(others)):
                    side = dict(zip(others, bits, strict=True))
                    low, high = (self.value(output, {**side, pin: bit}) for bit in (0, 1))
                    if low != high:
                        states["positive_unate" if high else "negative_unate"].append(side)
                found += [Arc(output, pin, sense, tuple(sides)) for sense, sides in states.items() if sides]
        return tuple(found)


@cache
def cell_logic(cell: str) -> CellLogic:
    """Read the functional view of a cell.

    Raises:
        UserError: no such cell, or a view of an unknown shape.
    """
    path = cell_file(cell, ".functional.v")
    text = re.sub(
        r"`\w+",
        " ",
        _without_comments(
            re.sub(r"(?m)^\s*`(?!UNIT_DELAY|celldefine|endcelldefine).*$", " ", path.read_text())
        ),
    )
    module = re.search(
        rf"module\s+{re.escape(full_name(cell))}\s*(?:\((.*?)\))?\s*;(.*?)endmodule", text, re.S
    )
    if not module:
        raise UserError(
            f"{path.name}: holds no module {full_name(cell)}; use the pinned wheel (`make setup`)"
        )
    pins: dict[str, list[str]] = {"input": [], "output": []}
    gates = []
    for statement in module[2].split(";"):
        words = statement.split(None, 1)
        if not words or words[0] in ("wire", "supply0", "supply1"):
            continue
        if words[0] in pins:
            pins[words[0]] += words[1].replace(",", " ").split()
            continue
        found = re.match(r"\s*(\S+)\s+(\S+)\s*\((.*)\)\s*$", statement, re.S)
        if not found or not (found[1] in (*GATES, *TRISTATE, *TIES) or found[1].startswith(LIBRARY)):
            raise UserError(
                f"{path.name}: statement {statement.strip()!r} is of an unknown kind; leave the cell out of"
                " the library"
            )
        nets = [name.strip() for name in found[3].split(",")]
        gates.append(Gate(found[1], nets[0], tuple(nets[1:])))
    return CellLogic(
        short_name(cell), tuple(sorted(pins["input"])), tuple(sorted(pins["output"])), tuple(gates)
    )
