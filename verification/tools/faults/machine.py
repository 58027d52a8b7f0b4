"""The good machine: cycle by cycle, without delay.

A cycle has two phases: the clock low, with the inputs of the cycle, at whose end outputs are looked at; then
    the clock high. A flip-flop is
two latches: its master takes the data at the end of a phase with the clock low, its output follows the master
while the clock is high. A clock gate is a master and an AND. A latch follows its data while its gate is high.

What keeps a value begins at values of a seed, the same in the good machine and in faulty ones, as in
verification/gates: some hold data that reset does not set. A second machine begins at the opposite values:
what a fault shows in both does not depend on how the chip woke.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple, Self

import numba
import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.tools.faults.netlist import (
    CLOCK_GATE,
    FOLLOWS,
    LATCH,
    LOGIC,
    RESETTABLE,
    SETTABLE,
    Circuit,
    as_arrays,
)

POWER_UP = 1  # seed of the values at power-up


class Arrays(NamedTuple):
    """A circuit for the kernels; element and net numbers are those of Circuit, s counts what keeps a value.

    Attributes:
        kind, output, level: properties of each element, (E,).
        pin_start, pin_net: nets of the inputs of element e: pin_net[pin_start[e]:pin_start[e + 1]].
        function: number of an element's function, (E,).
        table_start, table: truth tables of the functions.
        load_start, load, follows: elements that read net n, and whether each follows it within a phase.
        keeper: s of each element, -1 of logic, (E,).
        keepers: element of each s, (S,).
        level_start: first element of each level, (levels + 1,).
    """

    kind: np.ndarray
    output: np.ndarray
    level: np.ndarray
    pin_start: np.ndarray
    pin_net: np.ndarray
    function: np.ndarray
    table_start: np.ndarray
    table: np.ndarray
    load_start: np.ndarray
    load: np.ndarray
    follows: np.ndarray
    keeper: np.ndarray
    keepers: np.ndarray
    level_start: np.ndarray


def arrays_of(circuit: Circuit) -> Arrays:
    """The circuit as arrays."""
    elements = circuit.elements
    number = {function: k for k, function in enumerate(circuit.functions)}
    keepers = [k for k, e in enumerate(elements) if e.kind != LOGIC]
    keeper = np.full(len(elements), -1, dtype=np.int32)
    keeper[keepers] = np.arange(len(keepers))
    levels = np.array(circuit.levels, dtype=np.int32)
    follows = [
        position in FOLLOWS.get(elements[k].kind, range(len(elements[k].inputs)))
        for loads in circuit.loads
        for k, position in loads
    ]

    def whole(values: Sequence[int]) -> np.ndarray:
        return np.array(values, dtype=np.int32)

    return Arrays(
        whole([e.kind for e in elements]),
        whole([e.net for e in elements]),
        levels,
        *as_arrays(e.inputs for e in elements),
        whole([number[e.function] if e.function is not None else -1 for e in elements]),
        *as_arrays(f.table for f in circuit.functions),
        *as_arrays([k for k, _ in loads] for loads in circuit.loads),
        np.array(follows, dtype=np.bool_),
        keeper,
        whole(keepers),
        np.searchsorted(levels, np.arange(int(levels.max(initial=0)) + 2)).astype(np.int32),
    )


@numba.njit(cache=True, inline="always")  # type: ignore[misc]
def _forced(a: Arrays, e: int, values: np.ndarray, value: int) -> int:
    """A value under an asynchronous reset or set, active low."""
    kind = a.kind[e]
    if (kind == RESETTABLE or kind == SETTABLE) and values[a.pin_net[a.pin_start[e] + 2]] == 0:
        return 0 if kind == RESETTABLE else 1
    return value


@numba.njit(cache=True)  # type: ignore[misc]
def _value(a: Arrays, e: int, values: np.ndarray, masters: np.ndarray) -> int:
    """What an element gives now."""
    kind, p = a.kind[e], a.pin_start[e]
    if kind == LOGIC:
        index = 0
        for k in range(p, a.pin_start[e + 1]):
            index += values[a.pin_net[k]] << (k - p)
        return a.table[a.table_start[a.function[e]] + index]
    control, master = values[a.pin_net[p + 1]], masters[a.keeper[e]]
    if kind == LATCH:
        return values[a.pin_net[p]] if control else values[a.output[e]]
    if kind == CLOCK_GATE:
        return control & master
    return _forced(a, e, values, master if control else values[a.output[e]])


@numba.njit(cache=True)  # type: ignore[misc]
def _drive(a: Arrays, net: int, value: int, values: np.ndarray, dirty: np.ndarray) -> None:
    """Give a net a value; what follows it is computed later."""
    if values[net] != value:
        values[net] = value
        for k in range(a.load_start[net], a.load_start[net + 1]):
            if a.follows[k]:
                dirty[a.load[k]] = True


@numba.njit(cache=True)  # type: ignore[misc]
def _phase(a: Arrays, values: np.ndarray, masters: np.ndarray, dirty: np.ndarray) -> None:
    """Settle, then let the masters take their data."""
    for e in range(len(a.kind)):
        if dirty[e]:
            dirty[e] = False
            _drive(a, a.output[e], _value(a, e, values, masters), values, dirty)
    for s in range(len(a.keepers)):
        e = a.keepers[s]
        p = a.pin_start[e]
        if a.kind[e] == LATCH:
            continue
        taken = _forced(a, e, values, masters[s] if values[a.pin_net[p + 1]] else values[a.pin_net[p]])
        if taken != masters[s]:
            masters[s] = taken
            dirty[e] = True


@numba.njit(cache=True)  # type: ignore[misc]
def run(
    a: Arrays,
    clock: int,
    inputs: np.ndarray,
    stimulus: np.ndarray,
    values: np.ndarray,
    masters: np.ndarray,
    dirty: np.ndarray,
    trace: np.ndarray,
    kept: np.ndarray,
) -> None:
    """Cycles of the good machine.

    Args:
        a: circuit.
        clock: net of the clock.
        inputs: nets of the inputs, (I,).
        stimulus: 0 or 1, (cycles, I).
        values, masters, dirty: state, (N,), (S,), (E,); left as it is at the end.
        trace: values at the end of each phase, row 0 those before the first, (2 cycles + 1, N).
        kept: masters at the beginning of each phase, the last row those at the end, (2 cycles + 1, S).
    """
    trace[0] = values
    kept[0] = masters
    row = 0
    for cycle in range(len(stimulus)):
        for high in range(2):
            _drive(a, clock, high, values, dirty)
            if not high:
                for k in range(len(inputs)):
                    _drive(a, inputs[k], stimulus[cycle, k], values, dirty)
            _phase(a, values, masters, dirty)
            row += 1
            trace[row] = values
            kept[row] = masters


class Machine:
    """A circuit that runs.

    Args:
        circuit: the netlist.
        clock: its clock's port.

    Attributes:
        inputs: names of the inputs' bits but the clock, in the order of the stimulus.
        begins: value of each that keeps one at power-up, (S,).

    Raises:
        UserError: it has no such port.
    """

    def __init__(self, circuit: Circuit, clock: str) -> None:
        if clock not in circuit.inputs:
            raise UserError(
                f"clock {clock}: the netlist has no such input; its inputs are"
                f" {', '.join(sorted(circuit.inputs)[:10])}"
            )
        self.circuit, self.arrays, self.clock = circuit, arrays_of(circuit), circuit.inputs[clock]
        self.inputs = [name for name in circuit.inputs if name != clock]
        self.input_nets = np.array([circuit.inputs[name] for name in self.inputs], dtype=np.int32)
        self._wake(np.random.default_rng(POWER_UP).integers(0, 2, len(self.arrays.keepers)).astype(np.uint8))

    def _wake(self, begins: np.ndarray) -> None:
        """State at power-up; begins: value of each that keeps one, (S,)."""
        self.begins, a = begins, self.arrays
        self.values = np.zeros(len(self.circuit.nets), dtype=np.uint8)
        self.dirty = np.ones(len(self.circuit.elements), dtype=np.bool_)
        self.masters = np.where(a.kind[a.keepers] == LATCH, 0, begins).astype(np.uint8)
        held = a.kind[a.keepers] != CLOCK_GATE
        self.values[a.output[a.keepers[held]]] = begins[held]

    def at_power_up(self, opposite: bool = False) -> Self:
        """The same circuit before its first cycle; opposite: what keeps a value begins at the other one."""
        other = copy.copy(self)
        other._wake(1 - self.begins if opposite else self.begins)
        return other

    def _run(self, stimulus: np.ndarray, trace: np.ndarray, kept: np.ndarray) -> None:
        run(
            self.arrays,
            self.clock,
            self.input_nets,
            stimulus,
            self.values,
            self.masters,
            self.dirty,
            trace,
            kept,
        )

    def trace(self, stimulus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values at the end of each phase, (2 cycles + 1, nets), and masters at its beginning, (2 cycles + 1,
        S); see run().

        Args:
            stimulus: 0 or 1 of each input, (cycles, inputs).
        """
        rows = 2 * len(stimulus) + 1
        trace, kept = (
            np.empty((rows, len(self.values)), np.uint8),
            np.empty((rows, len(self.masters)), np.uint8),
        )
        self._run(np.ascontiguousarray(stimulus, dtype=np.uint8), trace, kept)
        return trace, kept


class Stepper(Machine):
    """A machine that goes on by one cycle, for a program whose next vector depends on the outputs.

    Attributes:
        outputs: value of each net at the end of the phase with the clock low of the last cycle, (N,).
    """

    def __init__(self, circuit: Circuit, clock: str) -> None:
        super().__init__(circuit, clock)
        self._trace = np.empty((3, len(self.values)), np.uint8)
        self._kept = np.empty((3, len(self.masters)), np.uint8)
        self.outputs = self._trace[1]

    def step(self, inputs: np.ndarray) -> None:
        """One cycle with these inputs, (I,)."""
        self._run(inputs[None, :], self._trace, self._kept)
