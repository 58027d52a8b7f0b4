"""A chip behind its SPI port: each access is one frame, whole words alone (docs/02-chip/controller.md).

    write  two bytes of command, four of data, one of check sum
    read   two bytes of command, one of check sum, one in which the line turns; the chip's four and check sum

The data line is one wire. A host with two pins joins them: its output over 1 kohm, its input directly. So the
chip may drive the line while the host sends what nobody reads.
"""

from __future__ import annotations

import time
from typing import Protocol

from neusoc.base.errors import UserError
from neusoc.digital.model.regmap import registers
from neusoc.software.driver.transport import WrongCheckSum

WRITE = 1 << 15
ADDRESSES, WORD = 1 << 12, (1 << 32) - 1
COMMAND_BYTES, TURN_BYTES, WORD_BYTES = 2, 1, 4
READ_BYTES = COMMAND_BYTES + 1 + TURN_BYTES + WORD_BYTES + 1
POLYNOMIAL, BEGIN = 0x107, 0xFF  # of the check sum, CRC-8


class Link(Protocol):
    """SPI master of a host: mode 0, most significant bit first, select active low around each call."""

    def transfer(self, sent: bytes) -> bytes:
        """Send bytes; returns as many that came meanwhile."""
        ...


def check_sum(sent: bytes) -> int:
    """CRC-8 of bytes, the highest bit of the first one first: x^8 + x^2 + x + 1, from 0xFF."""
    found = BEGIN
    for byte in sent:
        found ^= byte
        for _ in range(8):
            found = found << 1 ^ (POLYNOMIAL if found & 0x80 else 0)
    return found


def _checked(sent: bytes) -> bytes:
    return sent + bytes([check_sum(sent)])


def write_frame(offset: int, value: int) -> bytes:
    """Frame of a write.

    Args:
        offset: offset of the register, bytes from the map's base.
        value: word of 32 bits.

    Raises:
        UserError: the offset is beyond the map's 4 KiB.
    """
    command = (WRITE | _within(offset)).to_bytes(COMMAND_BYTES, "big")
    return _checked(command + (value & WORD).to_bytes(WORD_BYTES, "big"))


def read_frame(offset: int) -> bytes:
    """Frame of a read; argument and errors as of write_frame()."""
    return _checked(_within(offset).to_bytes(COMMAND_BYTES, "big")) + bytes(TURN_BYTES + WORD_BYTES + 1)


def answer(received: bytes) -> int:
    """The word in what came during read_frame().

    Raises:
        UserError: it has another length.
        WrongCheckSum: it was disturbed, or no chip answers.
    """
    if len(received) != READ_BYTES:
        raise UserError(
            f"SPI: {len(received)} bytes came during a frame of {READ_BYTES}; check the host's driver"
        )
    word = received[-WORD_BYTES - 1 : -1]
    if check_sum(word) != received[-1]:
        raise WrongCheckSum(word)
    return int.from_bytes(word, "big")


def _within(offset: int) -> int:
    if not 0 <= offset < ADDRESSES:
        raise UserError(f"SPI: offset 0x{offset:X} is beyond the map; give 0 to 0x{ADDRESSES - 1:X}")
    return offset


class Spi:
    """Transport over an SPI master of the host.

    Args:
        link: the master; its clock at most an eighth of the chip's.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def read(self, offset: int) -> int:
        """As Transport says; errors as of read_frame(), answer()."""
        return answer(self._link.transfer(read_frame(offset)))

    def write(self, offset: int, value: int) -> None:
        """As Transport says; errors as of write_frame()."""
        self._link.transfer(write_frame(offset, value))

    def lost(self) -> int:
        """As Framed says: SPI.bad, which is cleared. Wishbone's user sees that too."""
        bad = registers()["spi"]
        count = self.read(bad.offset) & bad.fields["bad"].mask
        if count:
            self.write(bad.offset, 0)
        return count

    def wait(self, seconds: float) -> None:
        """As Transport says: a chip's time is the host's."""
        time.sleep(seconds)
