"""Frames of a serial line to a chip's management core: eight bytes there, eight bytes back, for each access
of the register map.

    byte    0, 1       2 to 5     6                              7
            address    data       command                        check
            low first  low first  kind in bits 3:0, number in 7:4   CRC-8 of bytes 0 to 6

The address is in bytes from the map's base. Every frame has a number, one more than the one before, modulo
16; the answer has the same address and number. So an answer that comes late is not taken for another's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

SIZE = 8
NUMBERS = 16
POLYNOMIAL, BEGIN = 0x07, 0xFF  # x^8 + x^2 + x + 1; not 0, so that a line held low is no frame


class Kind(IntEnum):
    """Of a frame."""

    READ = 1  # data: 0
    WRITE = 2  # data: to be written
    VALUE = 9  # answer to READ; data: the word
    WRITTEN = 10  # answer to WRITE; data: as written
    REFUSED = 15  # instead of either; data: a Reason; nothing was done


class Reason(IntEnum):
    """Why there was no access."""

    CHECK = 1  # the check was wrong, or the kind is none of a request
    BUS = 2  # the chip did not acknowledge


ANSWER = {Kind.READ: Kind.VALUE, Kind.WRITE: Kind.WRITTEN}


class Frame(NamedTuple):
    """One frame; address of 16 bits, data of 32, number of 4."""

    kind: int
    number: int
    address: int
    data: int


def crc8(data: bytes) -> int:
    """The check of seven bytes."""
    found = BEGIN
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = (found << 1 ^ (POLYNOMIAL if found & 0x80 else 0)) & 0xFF
    return found


def packed(frame: Frame) -> bytes:
    """Eight bytes of a frame."""
    command = frame.number << 4 | frame.kind
    body = frame.address.to_bytes(2, "little") + frame.data.to_bytes(4, "little") + bytes([command])
    return body + bytes([crc8(body)])


def unpacked(data: bytes) -> Frame | None:
    """The frame of eight bytes; None: its check is wrong."""
    if len(data) != SIZE or crc8(data[:-1]) != data[-1]:
        return None
    return Frame(
        data[6] & 0xF, data[6] >> 4, int.from_bytes(data[:2], "little"), int.from_bytes(data[2:6], "little")
    )
