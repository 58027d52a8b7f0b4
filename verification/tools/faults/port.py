"""The tester's ports: operations on registers become values of pins, cycle by cycle. What is tested is
patterns.py's.

A port is a function that takes an operation and yields, for each cycle, the pins that change with it; it is
sent the outputs of that cycle and returns what was read. Wishbone is one; another way to the registers is
another such function.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple, Protocol

BOUND = 64  # cycles for an acknowledge
WHOLE = 0xF


class Outputs(Protocol):
    """Outputs of a cycle, before its clock edge."""

    def __getitem__(self, port: str) -> int:
        """A port as a number; unknown bits are 0."""
        ...


Pins = Mapping[str, int]  # input port -> value from this cycle on
Cycles = Generator[Pins, Outputs, int]


class Write(NamedTuple):
    """Write a word; select: bytes that are meant."""

    address: int
    value: int
    select: int = WHOLE


class Read(NamedTuple):
    """Read a word."""

    address: int
    select: int = WHOLE


class Wait(NamedTuple):
    """Let cycles pass, with pins that change in the first."""

    cycles: int
    pins: Pins = {}


Operation = Write | Read | Wait
Port = Callable[[Operation], Cycles]


def wishbone(operation: Operation) -> Cycles:
    """An operation on the Wishbone of the harness; without an acknowledge within BOUND cycles the access is
    taken back and reads 0."""
    if isinstance(operation, Wait):
        for cycle in range(operation.cycles):
            yield operation.pins if not cycle else {}
        return 0
    pins: Pins = {
        "wbs_cyc_i": 1,
        "wbs_stb_i": 1,
        "wbs_we_i": 0,
        "wbs_sel_i": operation.select,
        "wbs_adr_i": operation.address,
    }
    if isinstance(operation, Write):
        pins = {**pins, "wbs_we_i": 1, "wbs_dat_i": operation.value}
    found = 0
    for _ in range(BOUND):
        outputs = yield pins
        pins = {}
        if outputs["wbs_ack_o"]:
            found = outputs["wbs_dat_o"]
            break
    yield {"wbs_cyc_i": 0, "wbs_stb_i": 0, "wbs_we_i": 0}
    return found
