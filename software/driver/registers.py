"""Registers by name over a transport; the names are those of digital/model/regmap.json, which is made of
controller.rdl.

    registers = Registers(transport)
    registers.change("window", window=5)
    registers.fields("job_status")["busy"]

An access that the chip refuses is acknowledged and changes nothing (docs/02-chip/controller.md), so each
write is followed by a look at ERROR, and becomes an exception there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from neusoc.base.errors import UserError
from neusoc.digital.model import regmap
from neusoc.software.driver.transport import ClockLost, Framed, FramesLost, RailRefused, Refused, Transport

WORD_BITS = 32
MASK_BITS = regmap.registers()["mask0"].fields["off"].width  # neurons of one MASK register
TAKES = ("event_out", "result")  # a read takes what they hold


def map_hash() -> str:
    """Names the register map that this driver knows: what is kept of a chip belongs to one map.

    The chip tells the number of its map (VERSION.interface), not this hash; Chip compares that, and what ID
    and SIZE tell.
    """
    known = {
        name: (r.offset, sorted(r.fields.items()), sorted(r.kinds)) for name, r in regmap.registers().items()
    }
    return hashlib.sha256(json.dumps([regmap.base(), known]).encode()).hexdigest()


def masks(neurons: int) -> list[str]:
    """Names of the MASK registers of so many neurons."""
    return [f"mask{k}" for k in range(-(-neurons // MASK_BITS))]


def register(name: str) -> regmap.Register:
    """One register of the map; errors as of found()."""
    return found(name, regmap.registers())


def found(name: str, known: Mapping[str, regmap.Register]) -> regmap.Register:
    """One register of a map.

    Raises:
        UserError: it has none of that name.
    """
    if name not in known:
        raise UserError(f"{name}: no such register; choose one of {', '.join(known)}")
    return known[name]


class Registers:
    """Reads and writes by name.

    Attributes:
        transport: the way to the chip.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def known(self) -> Mapping[str, regmap.Register]:
        """The map: register name -> register."""
        return regmap.registers()

    def _register(self, name: str) -> regmap.Register:
        return found(name, self.known())

    def _bits(self, name: str, field: str) -> regmap.Field:
        fields = self._register(name).fields
        if field not in fields:
            raise UserError(f"{name}.{field}: no such field; {name} has {', '.join(fields)}")
        return fields[field]

    def read(self, name: str) -> int:
        """A register's word.

        Raises:
            UserError: the map has no such register, or it is only written.
        """
        asked = self._register(name)
        if not asked.readable:
            raise UserError(f"{name}: is only written; read JOB_STATUS for the state of the job")
        return self.transport.read(asked.offset)

    def fields(self, name: str) -> dict[str, int]:
        """Its fields by name; errors as of read()."""
        return regmap.unpacked(self.known(), name, self.read(name))

    def field(self, name: str, field: str) -> int:
        """One field; errors as of read(), and if the register has no such field."""
        bits = self._bits(name, field)
        return (self.read(name) & bits.mask) >> bits.lsb

    def write(self, name: str, value: int, *, checked: bool = True) -> None:
        """Write a whole word.

        Args:
            name: name of the register.
            value: 0 to 2^32 - 1.
            checked: look at ERROR afterwards. Without it the caller does, with check(), after a series of
                writes.

        Raises:
            UserError: no such register, one that is only read, or a value of more than 32 bits.
            Refused: the chip refuses it.
        """
        asked = self._register(name)
        if not asked.writable:
            raise UserError(f"{name}: is only read; write none of it")
        if not 0 <= value < 1 << WORD_BITS:
            raise UserError(
                f"{name}: {value} does not fit {WORD_BITS} bits; give 0 to {(1 << WORD_BITS) - 1}"
            )
        self.transport.write(asked.offset, value)
        if checked:
            self.check(name)

    def check(self, name: str) -> None:
        """Raise what the chip has refused since the last check, under the name of the register that was
        written, and clear it there.

        Raises:
            FramesLost: frames to it were not whole.
            ClockLost: its clock stood, which reset it.
            Refused: it refused an access.
            RailRefused: spikes taught nothing since the last look.
        """
        if lost := self.lost():
            raise FramesLost(name.upper(), lost)
        told = self.fields("error")
        if told["clock"]:
            self.transport.write(self._register("error").offset, 0)
            raise ClockLost(name.upper())
        if code := told["bus"]:
            self.transport.write(self._register("error").offset, 0)
            self.transport.write(
                self._register("irq_status").offset, self._bits("irq_status", "bus_error").mask
            )
            raise Refused(name, code)
        if told["rail"]:
            self.transport.write(self._register("error").offset, 0)
            self.transport.write(self._register("irq_status").offset, self._bits("irq_status", "rail").mask)
            raise RailRefused(name.upper())

    def lost(self) -> int:
        """Number of frames to the chip that were not whole since the last look; 0 where the way to it has no
        frames."""
        return self.transport.lost() if isinstance(self.transport, Framed) else 0

    def set(self, name: str, **fields: int) -> None:
        """Write fields; those that are not named are 0.

        Raises:
            UserError: as of write(); no such field, one that is only read, or a value that is too wide for
                it.
            Refused: as of write().
        """
        self.write(name, self._placed(name, fields))

    def change(self, name: str, **fields: int) -> None:
        """Write fields of a setting; those that are not named stay.

        Raises:
            UserError: as of set(); the register is no setting: reading and writing it back does something.
            Refused: as of write().
        """
        if "setting" not in self._register(name).kinds:
            raise UserError(
                f"{name}: is no setting, so its other fields cannot be kept; write all that you mean with"
                " set()"
            )
        value = self._placed(name, fields)
        kept = self.read(name) & ~sum(self._bits(name, field).mask for field in fields)
        self.write(name, kept | value)

    def _placed(self, name: str, values: dict[str, int]) -> int:
        word = 0
        for field, value in values.items():
            bits = self._bits(name, field)
            if bits.access == "r":
                raise UserError(f"{name}.{field}: is only read; leave it out")
            if not 0 <= value < 1 << bits.width:
                raise UserError(
                    f"{name}.{field}: {value} does not fit {bits.width} bits; give 0 to"
                    f" {(1 << bits.width) - 1}"
                )
            word |= value << bits.lsb
        return word

    def all_fields(self) -> dict[str, dict[str, int]]:
        """Register -> fields of all that can be read without taking something."""
        return {
            name: self.fields(name)
            for name, one in self.known().items()
            if one.readable and name not in TAKES
        }
