"""The C driver over firmware/spi.c on this machine: each access of neusoc.c is a frame that C makes, through
a link of the driver's."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

from neusoc.base.paths import BUILD
from neusoc.base.store import step
from neusoc.base.tools import tool, version
from neusoc.digital.regs.generate import generate_c_header
from neusoc.software.driver.backends.spi import Link, Spi
from neusoc.software.driver.transport import Transport
from neusoc.verification.software.c_chip import CChip
from neusoc.verification.software.c_driver import (
    FIRMWARE,
    FRAMES,
    HEADER,
    IMAGES,
    PAUSE,
    SOURCE,
    CBus,
    compiled,
)

SPI, SPI_HEADER = FIRMWARE / "spi.c", FIRMWARE / "spi.h"
MASTER = Path(__file__).with_name("host_spi.c")
LIBRARY = BUILD / "software" / "libneusoc_spi.so"
CLOSED, BEYOND, DISTURBED = -1, -2, -3
EXCHANGE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32)
BROKEN = 1  # what an exchange returns when the link has raised


def compiled_spi(source: Path, target: Path) -> Path:
    """The driver over SPI as a library.

    Args:
        source: firmware/spi.c, or one with a planted fault.
        target: the library; returned. Errors as of compiled().
    """
    return compiled(SOURCE, target, more=(source,), bus=MASTER)


def library() -> Path:
    """The library of the firmware as it stands; errors as of compiled()."""
    tool("gcc")
    inputs = [SOURCE, FRAMES, IMAGES, HEADER, SPI, SPI_HEADER, MASTER, generate_c_header()]
    step("software.c_driver.spi", inputs, [LIBRARY], lambda: compiled_spi(SPI, LIBRARY), version("gcc"))
    return LIBRARY


class CSpiBus(CBus):
    """The library, whose frames go through a link.

    Args:
        path: the library.
        link: SPI master.
        poll_s: time that a pause of the driver's takes, s.
    """

    def __init__(self, path: Path, link: Link, poll_s: float) -> None:
        self._link = link
        super().__init__(path, Spi(link), poll_s)

    def _bindings(self) -> tuple[Any, ...]:
        return EXCHANGE(self._exchange), PAUSE(self._guarded_pause)

    def _exchange(self, data: Any, count: int) -> int:
        came = self._guarded(lambda: self._link.transfer(bytes(data[:count])))
        if came is None:
            return BROKEN
        for number, byte in enumerate(came):
            data[number] = byte
        return 0


class CSpiChip(CChip):
    """The driver's Chip, with the C driver at work over SPI.

    Args:
        link: SPI master before the chip.
        path: the library; by default that of the firmware as it stands.
    """

    def __init__(self, link: Link, path: Path | None = None, **options: Any) -> None:
        self._link = link
        super().__init__(Spi(link), path or library(), **options)

    def _made_bus(self, path: Path, transport: Transport, poll_s: float) -> CBus:
        return CSpiBus(path, self._link, poll_s)
