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
        wanted = 6 if command >> 15 else 7
        if len(sent) != wanted or command >> 12 & 7:
            self.bad += 1
            return bytes(len(sent))
        if command & 0xFFF == BAD:
            self.bad, told = 0 if command >> 15 else self.bad, self.bad
            return bytes(6) if command >> 15 else bytes(3) + told.to_bytes(4, "big")
        if command >> 15:
            self.chip.write(command & 0xFFF, int.from_bytes(sent[2:], "big"))
            return bytes(6)
        return bytes(3) + self.chip.read(command & 0xFFF).to_bytes(4, "big")
