"""The register map as numbers: regmap.json, which `make docs` writes from controller.rdl and a test compares with it.

So software, the ISPP algorithm and simulations know registers without the compiler of the RDL.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("regmap.json")


class Field(NamedTuple):
    """Bits lsb to lsb + width - 1 of a register; reset: their value after reset, None where hardware sets them."""

    lsb: int
    width: int
    reset: int | None


class Register(NamedTuple):
    """Byte offset from the map's base, and fields by name."""

    offset: int
    fields: dict[str, Field]


@cache
def registers() -> dict[str, Register]:
    """Register name -> register, by offset."""
    data = json.loads(FILE.read_text())["registers"]
    return {name: Register(offset, {f: Field(*bits) for f, bits in fields.items()}) for name, (offset, fields) in data.items()}


@cache
def base() -> int:
    """Address of the map in the harness."""
    return int(json.loads(FILE.read_text())["base"])


def word(register: str, **values: int) -> int:
    """A register's value from its fields; fields not named are 0.

    Raises:
        ValueError: no such register or field, or the value does not fit.
    """
    if register not in registers():
        raise ValueError(f"{register}: no such register; the map has {', '.join(registers())}")
    fields = registers()[register].fields
    found = 0
    for name, value in values.items():
        if name not in fields:
            raise ValueError(f"{register} has no field {name}; it has {', '.join(fields)}")
        lsb, width, _ = fields[name]
        if not 0 <= value < 1 << width:
            raise ValueError(f"{register}.{name}: {value} does not fit {width} bits")
        found |= value << lsb
    return found


def split(register: str, value: int) -> dict[str, int]:
    """Fields of a register's value."""
    return {name: value >> f.lsb & ((1 << f.width) - 1) for name, f in registers()[register].fields.items()}
