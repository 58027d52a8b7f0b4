"""The register map as numbers: regmap.json. `make docs` writes it from controller.rdl, and a test compares
the two.

So software, the ISPP algorithm and simulations know registers without the compiler of the RDL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

FILE = Path(__file__).with_name("regmap.json")


class Field(NamedTuple):
    """Bits lsb to lsb + width - 1 of a register.

    Attributes:
        lsb: lowest bit.
        width: number of bits.
        reset: value after reset, None where hardware sets it.
        access: r, w or rw; where a write does something else than to set the bits: woclr, wclr (clears) or
            woset.
        armed: value that software writes before it programs the array, None where reset's stays.
    """

    lsb: int
    width: int
    reset: int | None
    access: str
    armed: int | None = None

    @property
    def mask(self) -> int:
        """Its bits in the word."""
        return ((1 << self.width) - 1) << self.lsb


class Register(NamedTuple):
    """One word of the map.

    Attributes:
        offset: bytes from the map's base.
        fields: field of each name.
        kinds: frozen, ordered, guarded, halted, imaged, taught as in controller.rdl; setting: plain writes
            alone change it.
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


class HasFields(Protocol):
    """A register of any map."""

    @property
    def fields(self) -> dict[str, Field]:
        """By name."""
        ...


@cache
def registers() -> dict[str, Register]:
    """Register name -> register, by offset."""
    data = json.loads(FILE.read_text())["registers"]
    return {
        name: Register(offset, {f: Field(*bits) for f, bits in fields.items()}, frozenset(kinds))
        for name, (offset, fields, kinds) in data.items()
    }


def reset_word(register: str) -> int:
    """A register after reset; bits that hardware sets are 0."""
    return sum((field.reset or 0) << field.lsb for field in registers()[register].fields.values())


def armed_words() -> dict[str, int]:
    """Register -> its word when software programs the array, of the registers that hold limits of it and
    nothing else."""
    limits = {name: register.fields.values() for name, register in registers().items()}
    return {
        name: sum((field.armed or 0) << field.lsb for field in fields)
        for name, fields in limits.items()
        if any(field.armed is not None for field in fields)
    }


@cache
def base() -> int:
    """Address of the map in the harness."""
    return int(json.loads(FILE.read_text())["base"])


def word(register: str, /, **values: int) -> int:
    """A register's value from its fields; fields not named are 0. Errors as of packed()."""
    return packed(registers(), register, values)


def split(register: str, value: int) -> dict[str, int]:
    """Fields of a register's value."""
    return unpacked(registers(), register, value)


def packed(known: Mapping[str, HasFields], register: str, values: Mapping[str, int]) -> int:
    """A register's value, of any map.

    Raises:
        ValueError: no such register or field, or the value does not fit.
    """
    if register not in known:
        raise ValueError(f"{register}: no such register; the map has {', '.join(known)}")
    fields, found = known[register].fields, 0
    for name, value in values.items():
        if name not in fields:
            raise ValueError(f"{register} has no field {name}; it has {', '.join(fields)}")
        lsb, width, *_ = fields[name]
        if not 0 <= value < 1 << width:
            raise ValueError(f"{register}.{name}: {value} does not fit {width} bits")
        found |= value << lsb
    return found


def unpacked(known: Mapping[str, HasFields], register: str, value: int) -> dict[str, int]:
    """Fields of a register's value, of any map."""
    return {name: value >> f.lsb & ((1 << f.width) - 1) for name, f in known[register].fields.items()}
