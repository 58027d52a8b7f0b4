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
    """Bits lsb to lsb + width - 1 of a register.

    Attributes:
        lsb: lowest bit.
        width: number of bits.
        reset: value after reset, None where hardware sets it.
        access: r, w or rw; where a write does something else than to set the bits: woclr, wclr (clears) or woset.
    """

    lsb: int
    width: int
    reset: int | None
    access: str

    @property
    def mask(self) -> int:
        """Its bits in the word."""
        return ((1 << self.width) - 1) << self.lsb


class Register(NamedTuple):
    """One word of the map.

    Attributes:
        offset: bytes from the map's base.
        fields: by name.
        kinds: frozen, ordered, guarded, halted as in controller.rdl; setting: plain writes alone change it.
    """

    offset: int
    fields: dict[str, Field]
    kinds: frozenset[str]

    @property
    def readable(self) -> bool:
        """Whether a field can be read."""
        return any(field.access != "w" for field in self.fields.values())

    @property
    def writable(self) -> bool:
        """Whether a write does anything."""
        return any(field.access != "r" for field in self.fields.values())


@cache
def registers() -> dict[str, Register]:
    """Register name -> register, by offset."""
    data = json.loads(FILE.read_text())["registers"]
    return {
        name: Register(offset, {f: Field(*bits) for f, bits in fields.items()}, frozenset(kinds))
        for name, (offset, fields, kinds) in data.items()
    }


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
        lsb, width, *_ = fields[name]
        if not 0 <= value < 1 << width:
            raise ValueError(f"{register}.{name}: {value} does not fit {width} bits")
        found |= value << lsb
    return found


def split(register: str, value: int) -> dict[str, int]:
    """Fields of a register's value."""
    return {name: value >> f.lsb & ((1 << f.width) - 1) for name, f in registers()[register].fields.items()}
