"""Registers and routes of the event router as numbers: router_map.json, which `make docs` writes from
digital/regs/router.rdl.

words = {route_offset(0, 5): route(core1=3), route_offset(1, 0): route(out=True)}
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.model.regmap import Field, packed, unpacked

NUMBERS = Path(__file__).with_name("router_map.json")
CORES, NEURONS, ROWS = 2, 64, 128  # that the words have room for


class Register(NamedTuple):
    """Words of one kind.

    Attributes:
        offset: bytes from the base to the first.
        words: number of words.
        fields: field of each name.
    """

    offset: int
    words: int
    fields: dict[str, Field]

    @property
    def writable(self) -> bool:
        """Whether a write does anything."""
        return any(field.access != "r" for field in self.fields.values())


@cache
def registers() -> dict[str, Register]:
    """Register name -> register, by offset."""
    found = json.loads(NUMBERS.read_text())["registers"]
    return {
        name: Register(at, words, {f: Field(*bits) for f, bits in fields.items()})
        for name, (at, words, fields) in found.items()
    }


@cache
def refusals() -> dict[str, int]:
    """Why an access is refused: name -> code."""
    return {name: int(code) for name, code in json.loads(NUMBERS.read_text())["refusals"].items()}


@cache
def base() -> int:
    """Address of the map in the harness."""
    return int(json.loads(NUMBERS.read_text())["base"])


@cache
def window() -> int:
    """Bytes from the registers of core 0 to those of core 1, and from there to the router's."""
    return int(json.loads(NUMBERS.read_text())["window"])


def word(register: str, **values: int) -> int:
    """A register's value from its fields; fields not named are 0. Errors as of regmap.packed()."""
    return packed(registers(), register, values)


def split(register: str, value: int) -> dict[str, int]:
    """Fields of a register's value."""
    return unpacked(registers(), register, value)


def require(chip: Chip) -> Chip:
    """A variant whose cores the router can join.

    Raises:
        UserError: it has more rows or neurons than the words have room for.
    """
    for name, value, most in (("rows", chip.rows, ROWS), ("neurons", chip.neurons, NEURONS)):
        if value > most:
            raise UserError(
                f"chip.yaml: variants.{chip.name}.{name} (value {value}): the event router knows at most"
                f" {most}; choose fewer"
            )
    return chip


def source(core: int, neuron: int) -> int:
    """Number of a neuron among those of both cores: of its route, and of its events on the pins.

    Raises:
        ValueError: no such core or neuron.
    """
    if core not in range(CORES) or neuron not in range(NEURONS):
        raise ValueError(
            f"core {core}, neuron {neuron}: the router knows cores 0 to {CORES - 1} of neurons 0 to"
            f" {NEURONS - 1}"
        )
    return core * NEURONS + neuron


def target(core: int, row: int) -> int:
    """Address by which the pins name a row of a core.

    Raises:
        ValueError: no such core or row.
    """
    if core not in range(CORES) or row not in range(ROWS):
        raise ValueError(
            f"core {core}, row {row}: the router knows cores 0 to {CORES - 1} of rows 0 to {ROWS - 1}"
        )
    return core * ROWS + row


def route_offset(core: int, neuron: int) -> int:
    """Byte offset of a neuron's route; errors as of source()."""
    return registers()["route"].offset + 4 * source(core, neuron)


def route(*, core0: int | None = None, core1: int | None = None, out: bool = False) -> int:
    """Word of a route.

    Args:
        core0, core1: row of either core, None: not there.
        out: flag that the route leads to the pins.

    Raises:
        ValueError: a row that does not fit.
    """
    rows = {f"row{k}": row for k, row in enumerate((core0, core1)) if row is not None}
    places = {f"core{k}": 1 for k, row in enumerate((core0, core1)) if row is not None}
    return word("route", **rows, **places, out=int(out))
