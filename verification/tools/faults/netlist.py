"""A hardened netlist as arrays: elements in the order of their levels, nets, ports. Yosys reads the Verilog,
cells.py the Liberty.

An element is one output of a cell. Its level counts from the inputs and from what registers keep; a flip-flop
follows its clock and its reset alone, for its data are those of before the edge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.verification.gates.equivalence import run_yosys
from neusoc.verification.tools.faults.cells import (
    CLOCK_GATES,
    FLIP_FLOPS,
    KEEPERS,
    LATCHES,
    PHYSICAL,
    Function,
    functions,
    kind_of,
)

OUTPUT = 6  # position of an output pin; inputs are 0 to 5
LOGIC, FLIP_FLOP, RESETTABLE, SETTABLE, LATCH, CLOCK_GATE = range(6)
# Which inputs an element follows within a phase, by position; the others it takes at the end of one.
FOLLOWS = {FLIP_FLOP: (1,), RESETTABLE: (1, 2), SETTABLE: (1, 2), LATCH: (0, 1), CLOCK_GATE: (1,)}


class Element(NamedTuple):
    """One output of a cell.

    Attributes:
        cell: instance.
        kind: LOGIC, or what keeps a value.
        pins: names of the input pins.
        inputs: their nets.
        output: name of the output pin.
        net: its net.
        function: name in LOGIC.
    """

    cell: str
    kind: int
    pins: tuple[str, ...]
    inputs: tuple[int, ...]
    output: str
    net: int
    function: Function | None


@dataclass
class Circuit:
    """A netlist; nets are numbers from 0.

    Attributes:
        elements: elements, each behind those that it follows.
        nets: name of each net.
        inputs: input port's bit, such as `wbs_adr_i[3]` -> net.
        outputs: output port's bit -> net.
    """

    elements: list[Element]
    nets: list[str]
    inputs: dict[str, int]
    outputs: dict[str, int]
    levels: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        driven = {*self.inputs.values(), *(e.net for e in self.elements)}
        if loose := [
            (e.cell, self.nets[net]) for e in self.elements for net in e.inputs if net not in driven
        ]:
            raise UserError(
                f"netlist: {loose[0][0]} reads net {loose[0][1]}, which nothing drives; give it a driver"
            )
        self.elements, self.levels = _levelled(self.elements, len(self.nets))

    @cached_property
    def functions(self) -> list[Function]:
        """Functions that occur, each once."""
        return list(dict.fromkeys(e.function for e in self.elements if e.function is not None))

    @cached_property
    def driver(self) -> dict[int, int]:
        """Net -> element that drives it."""
        return {element.net: k for k, element in enumerate(self.elements)}

    @cached_property
    def loads(self) -> list[list[tuple[int, int]]]:
        """Of each net: (element, position of the pin) that read it."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.nets]
        for k, element in enumerate(self.elements):
            for position, net in enumerate(element.inputs):
                found[net].append((k, position))
        return found

    @cached_property
    def constants(self) -> dict[int, int]:
        """Net -> value of nets that tied cells hold, through logic too."""
        known: dict[int, int] = {}
        for element in self.elements:
            if element.function is not None:
                tied = {n: known[net] for n, net in enumerate(element.inputs) if net in known}
                table = element.function.table
                values = {
                    table[k] for k in range(len(table)) if all(k >> n & 1 == v for n, v in tied.items())
                }
                if len(values) == 1:
                    known[element.net] = next(iter(values))
        return known

    def passes(self, element: Element, position: int) -> bool:
        """Whether an input of an element can move its output, with what tied cells hold on the others."""
        if element.function is None:
            return True
        tied = {
            n: self.constants[net]
            for n, net in enumerate(element.inputs)
            if net in self.constants and n != position
        }
        table, bit = element.function.table, 1 << position
        return any(
            table[k] != table[k ^ bit]
            for k in range(len(table))
            if all(k >> n & 1 == v for n, v in tied.items())
        )


def _levelled(elements: Sequence[Element], nets: int) -> tuple[list[Element], list[int]]:
    """The elements by level, and the levels.

    Raises:
        UserError: a loop without a flip-flop.
    """
    reads: list[list[int]] = [[] for _ in range(nets)]
    driven = {element.net for element in elements}
    waits = []
    for k, element in enumerate(elements):
        followed = [element.inputs[n] for n in FOLLOWS.get(element.kind, range(len(element.inputs)))]
        for net in followed:
            reads[net].append(k)
        waits.append(sum(net in driven for net in followed))
    level, done = [0] * len(elements), 0
    ready = [k for k, count in enumerate(waits) if not count]
    while ready:
        k = ready.pop()
        done += 1
        for load in reads[elements[k].net]:
            level[load] = max(level[load], level[k] + 1)
            waits[load] -= 1
            if not waits[load]:
                ready.append(load)
    if done != len(elements):
        stuck = [elements[k].cell for k, count in enumerate(waits) if count][:5]
        raise UserError(f"netlist: a loop without a flip-flop at {', '.join(stuck)}; break it with one")
    order = sorted(range(len(elements)), key=lambda k: level[k])
    return [elements[k] for k in order], [level[k] for k in order]


def without_watch(text: str) -> str:
    """A netlist whose clock is never lost: here nothing takes time, and a line without delay would lose it at
    once (clock_watch.sv)."""
    cells = re.findall(r"^[ \t]*sky130_\w+ \\u_watch\.[^;]*;\n", text, re.MULTILINE)
    if not cells:
        return text
    for cell in cells:
        text = text.replace(cell, "", 1)
    nets = [net.strip() for cell in cells for net in re.findall(r"\.[XY]\(([^)]*)\)", cell)]
    return text.replace("endmodule", "".join(f" assign {net} = 1'b0;\n" for net in nets) + "endmodule", 1)


def _json(netlist: Path, top: str, folder: Path) -> dict[str, object]:
    """Ports and cells as Yosys writes them.

    Raises:
        UserError: Yosys does not take it.
    """
    kinds = rf"^\s*sky130_\w+?__(?:{PHYSICAL.pattern})\w*\s[^;]*;\n"
    bare = write_atomic(
        folder / "logic.v", re.sub(kinds, "", without_watch(netlist.read_text()), flags=re.MULTILINE)
    )
    out = folder / "netlist.json"
    run_yosys(netlist.name, [f"read_verilog {bare}", f"write_json {out}"], folder / "yosys.log")
    module = json.loads(out.read_text())["modules"].get(top)
    if module is None:
        raise UserError(f"{netlist.name}: has no module {top}; give the netlist of that controller")
    return module  # type: ignore[no-any-return]


def read_netlist(netlist: Path, top: str, liberty: Path, folder: Path) -> Circuit:
    """A flat netlist of library cells.

    Args:
        netlist: Verilog file.
        top: its module.
        liberty: functions of its cells.
        folder: folder for what Yosys writes.

    Raises:
        UserError: Yosys does not take it, a cell has no known function, or logic has a loop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    module = _json(netlist, top, folder)
    numbers: dict[int | str, int] = {}

    def net(bit: int | str) -> int:
        return numbers.setdefault(bit, len(numbers))

    ports: dict[str, dict[str, int]] = {"input": {}, "output": {}}
    for name, port in module["ports"].items():  # type: ignore[attr-defined]
        for k, bit in enumerate(port["bits"]):
            ports[port["direction"]][f"{name}[{k}]" if len(port["bits"]) > 1 else name] = net(bit)
    elements = []
    for name, cell in module["cells"].items():  # type: ignore[attr-defined]
        pins = {pin: net(bits[0]) for pin, bits in cell["connections"].items() if bits}
        elements += _elements(name, cell["type"], pins, liberty)
    for bit in [bit for bit in numbers if isinstance(bit, str)]:
        if bit not in "01":
            raise UserError(f"{netlist.name}: a net is {bit!r}; give each a driver")
        elements.append(
            Element(f"constant {bit}", LOGIC, (), (), "", numbers[bit], Function((), (int(bit),)))
        )
    names = {bit: str(bit) for bit in numbers}
    for name, found in module["netnames"].items():  # type: ignore[attr-defined]
        for k, bit in enumerate(found["bits"]):
            label = f"{name}[{k}]" if len(found["bits"]) > 1 else name
            if bit in numbers and (names[bit].isdigit() or "." in label):
                names[bit] = label
    return Circuit(elements, [names[bit] for bit in numbers], ports["input"], ports["output"])


def _elements(name: str, cell: str, pins: Mapping[str, int], liberty: Path) -> Iterable[Element]:
    kind = kind_of(cell)
    if kind in KEEPERS:
        data, control, asynchronous, output = KEEPERS[kind]
        number = CLOCK_GATE if kind in CLOCK_GATES else LATCH if kind in LATCHES else FLIP_FLOP
        if kind in FLIP_FLOPS and asynchronous:
            number = SETTABLE if asynchronous.startswith("SET") else RESETTABLE
        read = (data, control, *([asynchronous] if asynchronous else []))
        yield Element(name, number, read, tuple(pins[pin] for pin in read), output, pins[output], None)
        return
    found = functions(cell, liberty)
    if len(found) > 1 and any(function.inputs for function in found.values()):
        raise UserError(f"{cell}: has {len(found)} outputs with a function; split it into cells of one")
    for output, function in found.items():
        if output in pins:
            nets = tuple(pins[pin] for pin in function.inputs)
            yield Element(name, LOGIC, function.inputs, nets, output, pins[output], function)


def as_arrays(lists: Iterable[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lists of numbers one behind the other: where each begins, (count + 1,), and the numbers."""
    kept = [list(one) for one in lists]
    starts = np.cumsum([0, *map(len, kept)]).astype(np.int32)
    return starts, np.array([number for one in kept for number in one], dtype=np.int32)
