"""The list of faults: every pin of every cell stuck at 0 and at 1, those that no test can see left out, those
that no test can tell apart
taken once.

Left out is only what the structure proves: a net that tied cells hold, stuck at the value that it has anyway;
and a pin from which no way leads to an output of the netlist, with what tied cells hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.verification.tools.faults.netlist import LOGIC, OUTPUT, Circuit

Fault = tuple[int, int, int]  # element, position of the pin (OUTPUT or an input's), value


@dataclass(frozen=True)
class Universe:
    """Faults of a circuit.

    Attributes:
        every: all faults of all pins.
        tied: those of them that a tied cell makes the value that the net has anyway.
        unseen: those of them from which no way leads to an output.
        classes: the others: representative -> faults that have the same effect, it among them.
    """

    every: list[Fault]
    tied: list[Fault]
    unseen: list[Fault]
    classes: dict[Fault, list[Fault]]

    @property
    def testable(self) -> int:
        """Faults that are neither tied nor unseen."""
        return sum(map(len, self.classes.values()))


def name_of(circuit: Circuit, fault: Fault) -> str:
    """A fault as cell, pin and value, such as `_1234_.A stuck at 0`."""
    element = circuit.elements[fault[0]]
    pin = element.output if fault[1] == OUTPUT else element.pins[fault[1]]
    return f"{element.cell}.{pin} stuck at {fault[2]}"


def _seen(circuit: Circuit) -> list[bool]:
    """Of each element: a way leads from its output to an output of the netlist."""
    outputs = set(circuit.outputs.values())
    seen = [False] * len(circuit.elements)
    todo = [circuit.driver[net] for net in outputs if net in circuit.driver]
    for k in todo:
        seen[k] = True
    while todo:
        element = circuit.elements[todo.pop()]
        for position, net in enumerate(element.inputs):
            k = circuit.driver.get(net)
            if k is not None and not seen[k] and circuit.passes(element, position):
                seen[k] = True
                todo.append(k)
    return seen


class _Classes:
    """Union of faults."""

    def __init__(self) -> None:
        self.parent: dict[Fault, Fault] = {}

    def find(self, fault: Fault) -> Fault:
        """The representative."""
        while (above := self.parent.get(fault, fault)) != fault:
            self.parent[fault] = self.parent.get(above, above)
            fault = above
        return fault

    def join(self, one: Fault, other: Fault) -> None:
        """They have the same effect; the second one's class is what represents both."""
        a, b = self.find(one), self.find(other)
        if a != b:
            self.parent[a] = b


def _joined(circuit: Circuit) -> _Classes:
    """Faults that no test can tell apart, as gates and nets with one reader show."""
    classes, outputs = _Classes(), set(circuit.outputs.values())
    for k, element in enumerate(circuit.elements):
        if element.kind == LOGIC and element.function is not None:
            table = element.function.table
            for position in range(len(element.inputs)):
                for value in (0, 1):
                    given = {table[n] for n in range(len(table)) if n >> position & 1 == value}
                    if len(given) == 1:
                        classes.join((k, position, value), (k, OUTPUT, given.pop()))
        loads = circuit.loads[element.net]
        if len(loads) == 1 and element.net not in outputs:
            for value in (0, 1):
                classes.join((k, OUTPUT, value), (*loads[0], value))
    return classes


def universe(circuit: Circuit) -> Universe:
    """All faults of a circuit; constants of the Verilog have no pin, and none."""
    seen, classes = _seen(circuit), _joined(circuit)
    found = Universe([], [], [], {})
    for k, element in enumerate(circuit.elements):
        if not element.output:
            continue
        places = [(OUTPUT, element.net), *enumerate(element.inputs)]
        for position, net in places:
            observable = seen[k] and (position == OUTPUT or circuit.passes(element, position))
            for value in (0, 1):
                fault = (k, position, value)
                found.every.append(fault)
                if circuit.constants.get(net) == value:
                    found.tied.append(fault)
                elif not observable:
                    found.unseen.append(fault)
                else:
                    found.classes.setdefault(classes.find(fault), []).append(fault)
    return found
