"""The C driver in the place of the Python driver, on a chip of two cores: firmware/router.c, and neusoc.c
with NEUSOC_TWO_CORES."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

from neusoc.base.paths import BUILD
from neusoc.base.store import step
from neusoc.base.tools import tool, version
from neusoc.digital.model.router_words import CORES, registers
from neusoc.digital.regs.generate import generate_c_header
from neusoc.digital.regs.router import generate_c_header as generate_router_header
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.router import Route, Router, RouterRefused
from neusoc.software.driver.transport import DriverError, Transport
from neusoc.software.driver.two_cores import TwoCores
from neusoc.verification.software.c_chip import NO_CHIP, OK, CChip
from neusoc.verification.software.c_driver import (
    BUS,
    FIRMWARE,
    FRAMES,
    HEADER,
    IMAGES,
    SOURCE,
    WORD,
    CBus,
    compiled,
)

ROUTER = FIRMWARE / "router.c"
LIBRARY = BUILD / "software" / "libneusoc_two_cores.so"
DEFINE = "-DNEUSOC_TWO_CORES"
NO_ROUTE, REFUSED, NOWHERE = 12, 0x300, -1


class CRoute(ctypes.Structure):
    """neusoc_route_to."""

    _fields_ = [("row", ctypes.c_int32 * CORES), ("out", WORD)]


def library() -> Path:
    """The library of the firmware as it stands, for chips of two cores; errors as of compiled()."""
    tool("gcc")
    headers = [HEADER, generate_c_header(), generate_router_header()]

    def make() -> None:
        compiled(SOURCE, LIBRARY, more=(DEFINE, ROUTER, f"-I{headers[-1].parent}"))

    step(
        "software.c_driver.two_cores",
        [SOURCE, FRAMES, IMAGES, ROUTER, BUS, *headers],
        [LIBRARY],
        make,
        version("gcc"),
        DEFINE,
    )
    return LIBRARY


class CCoreBus(CBus):
    """The library on a whole chip, of which each call reaches one core.

    Args:
        path: the library.
        transport: the way to the chip.
        poll_s: time that a pause of the driver's takes, s.
        core: 0 or 1.
    """

    def __init__(self, path: Path, transport: Transport, poll_s: float, core: int) -> None:
        super().__init__(path, transport, poll_s)
        self._core = core

    def call(self, name: str, *arguments: Any) -> int:
        """As CBus says, after neusoc_select()."""
        assert super().call("neusoc_select", WORD(self._core)) == OK
        return super().call(name, *arguments)

    def _raw(self, offset: int) -> int:
        """Offset from core 0's registers: of reads and writes that are not the library's."""
        return offset + ctypes.c_uint32.in_dll(self._library, "neusoc_first").value

    def read(self, offset: int) -> int:
        """As Transport says, of the core."""
        self.call("neusoc_select", WORD(self._core))
        return super().call("neusoc_read", WORD(self._raw(offset))) & 0xFFFFFFFF

    def write(self, offset: int, value: int) -> None:
        """As Transport says, of the core."""
        self.call("neusoc_select", WORD(self._core))
        super().call("neusoc_write", WORD(self._raw(offset)), WORD(value))


class CCore(CChip):
    """One core of a chip of two, with the C driver at work.

    Args:
        transport: the way to the whole chip.
        core: 0 or 1.
    """

    def __init__(self, transport: Transport, core: int, **options: Any) -> None:
        self._number = core
        super().__init__(transport, library(), **options)

    def _made_bus(self, path: Path, transport: Transport, poll_s: float) -> CBus:
        return CCoreBus(path, transport, poll_s, self._number)


class CRouter(Router):
    """The driver's Router, with the C driver at work where a word is written or the router is asked who it
    is."""

    def __init__(self, transport: Transport, **options: Any) -> None:
        self._bus = CCoreBus(library(), transport, options["poll_s"], 0)
        rows, neurons = WORD(), WORD()
        if self._bus.call("neusoc_router_identify", ctypes.byref(rows), ctypes.byref(neurons)) == NO_CHIP:
            raise DriverError("no event router answers; take CChip for a chip of one core")
        super().__init__(transport, **options)
        if (rows.value, neurons.value) != (self.rows, self.neurons):
            raise AssertionError(
                f"C knows cores of {rows.value} rows and {neurons.value} neurons, Python {self.rows} and"
                f" {self.neurons}"
            )

    def _done(self, what: str, status: int) -> None:
        if status == NO_ROUTE:
            raise DriverError(f"{what}: the chip has no such core, neuron or row; choose others")
        if status != OK:
            raise RouterRefused(what, status - REFUSED)

    def enable(self) -> None:
        self._done("ctrl", self._bus.call("neusoc_router_set", WORD(registers()["ctrl"].offset), WORD(1)))

    def route(self, core: int, neuron: int, to: Route) -> None:
        rows = [NOWHERE if row is None else row for row in (to.core0, to.core1)]
        given = CRoute((ctypes.c_int32 * CORES)(*rows), int(to.out))
        self._done(
            f"route of core {core}, neuron {neuron}",
            self._bus.call("neusoc_route", WORD(core), WORD(neuron), ctypes.byref(given)),
        )


class CTwoCores(TwoCores):
    """The driver's TwoCores, with the C driver at work."""

    def _made_router(self) -> Router:
        return CRouter(self._transport, poll_s=self._poll_s, stall_s=self._stall_s)

    def _made_core(self, core: int, expected: Identity | None) -> Chip:
        return CCore(self._transport, core, expected=expected, poll_s=self._poll_s, stall_s=self._stall_s)
