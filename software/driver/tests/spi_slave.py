"""An SPI slave before an emulated chip, written from the page of the port alone."""

from __future__ import annotations

from neusoc.digital.model.regmap import registers
from neusoc.software.driver.backends.emulator import Emulator

BAD = registers()["spi"].offset


class Slave:
    """An SPI slave before an emulated chip: whole frames alone are done."""

    def __init__(self, chip: Emulator) -> None:
        self.chip, self.bad = chip, 0

    def transfer(self, sent: bytes) -> bytes:
        command = int.from_bytes(sent[:2], "big")
        wanted, checked = (7, 7) if command >> 15 else (9, 3)
        if len(sent) != wanted or command >> 12 & 7 or _left_over(sent[:checked]):
            self.bad += 1
            return bytes(len(sent))
        offset, writes = command & 0xFFF, command >> 15
        if writes and offset == BAD:
            self.bad = 0
        elif writes:
            self.chip.write(offset, int.from_bytes(sent[2:6], "big"))
        if writes:
            return bytes(7)
        word = (self.bad if offset == BAD else self.chip.read(offset)).to_bytes(4, "big")
        return bytes(4) + word + bytes([_left_over(word + bytes(1))])


def _left_over(message: bytes) -> int:
    """Remainder by x^8 + x^2 + x + 1 of a message whose first eight bits are turned over."""
    bits = int.from_bytes(bytes([message[0] ^ 0xFF]) + message[1:], "big")
    for at in range(bits.bit_length() - 9, -1, -1):
        if bits >> at + 8 & 1:
            bits ^= 0x107 << at
    return bits
