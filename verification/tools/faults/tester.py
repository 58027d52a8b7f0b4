"""A program of operations becomes vectors: one value of every input a cycle, with the outputs that the good
machine has."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.verification.tools.faults.machine import Stepper
from neusoc.verification.tools.faults.netlist import Circuit
from neusoc.verification.tools.faults.port import Operation, Port
from neusoc.verification.tools.faults.surroundings import Surroundings

MOST_CYCLES = 600_000  # of a test
CLOCK, RESET = "wb_clk_i", "wb_rst_i"
PADS = (
    "wbs_",
    "io_out",
    "io_oeb",
    "la_data_out",
    "user_irq",
)  # outputs to the harness' pads and its bus begin so


def ports(names: dict[str, int]) -> dict[str, list[int]]:
    """Port -> nets of its bits, from `port[bit]` -> net."""
    found: dict[str, dict[int, int]] = {}
    for name, net in names.items():
        port, _, bit = name.partition("[")
        found.setdefault(port, {})[int(bit.rstrip("]") or 0)] = net
    return {port: [bits[k] for k in sorted(bits)] for port, bits in found.items()}


class Looked:
    """Outputs of the last cycle of a machine, by port; a port that the controller does not have reads 0, and
    so does an unknown bit."""

    def __init__(self, circuit: Circuit, machine: Stepper) -> None:
        self._values, self._whole, self._places = machine.outputs, 0, {}
        nets: list[int] = []
        for port, bits in ports(circuit.outputs).items():
            self._places[port] = len(nets), (1 << len(bits)) - 1
            nets += bits
        self._nets = np.array(nets)

    def look(self) -> None:
        """Take the outputs of the cycle that the machine did last: all bits as one number."""
        self._whole = int.from_bytes(
            np.packbits(self._values[self._nets] == 1, bitorder="little").tobytes(), "little"
        )

    def __getitem__(self, port: str) -> int:
        place, mask = self._places.get(port, (0, 0))
        return self._whole >> place & mask


@dataclass(frozen=True)
class Vectors:
    """A test.

    Attributes:
        inputs: names of the inputs' bits.
        stimulus: 0 or 1, (cycles, inputs).
    """

    inputs: list[str]
    stimulus: np.ndarray


class Tester:
    """Runs a program on the good machine and writes its vectors.

    Args:
        circuit: the netlist.
        chip: its variant.
        port: way to the registers.
        seed: seed of what stands around the controller.
    """

    def __init__(self, circuit: Circuit, chip: Chip, port: Port, seed: int = 1) -> None:
        self.machine = Stepper(circuit, CLOCK)
        self.around, self.outputs = Surroundings(chip, seed), Looked(circuit, self.machine)
        self._port, self._rows = port, []
        at = {name: k for k, name in enumerate(self.machine.inputs)}
        self._bits = {
            p: [at[b] for b in ([p] if p in at else [f"{p}[{k}]" for k in range(len(nets))])]
            for p, nets in ports({n: 0 for n in at}).items()
        }
        self._now = np.zeros(len(at), np.uint8)

    def _set(self, port: str, value: int) -> None:
        if port not in self._bits:
            raise UserError(f"{port}: the netlist has no such input; its inputs are {', '.join(self._bits)}")
        for k, place in enumerate(self._bits[port]):
            self._now[place] = value >> k & 1

    def run(self, program: Generator[Operation, int, None]) -> Vectors:
        """All cycles of a program.

        Args:
            program: yields operations and is sent what they read.

        Raises:
            UserError: it is longer than MOST_CYCLES.
        """
        answer: int | None = None
        while True:
            try:
                operation = program.send(answer) if answer is not None else next(program)
            except StopIteration:
                return Vectors(self.machine.inputs, np.array(self._rows, np.uint8))
            cycles = self._port(operation)
            try:
                pins = next(cycles)
                while True:
                    for port, value in pins.items():
                        self._set(port, value)
                    self._rows.append(self._now.copy())
                    if len(self._rows) > MOST_CYCLES:
                        raise UserError(f"the test is longer than {MOST_CYCLES} cycles; shorten patterns.py")
                    self.machine.step(self._now)
                    self.outputs.look()
                    for port, value in self.around.next(self.outputs).items():
                        self._set(port, value)
                    pins = cycles.send(self.outputs)
            except StopIteration as stop:
                answer = stop.value or 0
