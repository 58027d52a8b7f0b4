"""The C driver (firmware/) on this machine: compiled as a library, its bus bound to a transport, and in the
place of the Python driver.

CChip is the Python driver with all that firmware/neusoc.c can do taken out and done by that: each access to
the bus comes from C. So the script of the Python driver runs on it unchanged, and what both see must be the
same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import step
from neusoc.base.tools import run, tool, version
from neusoc.digital.model.images import PLANES
from neusoc.digital.regs.generate import generate_c_header
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import RailRefused, Refused, Transport, pause

FIRMWARE = ROOT / "firmware"
SOURCE, FRAMES, IMAGES, HEADER = (
    FIRMWARE / name for name in ("neusoc.c", "frames.c", "images.c", "neusoc.h")
)
BUS = Path(__file__).with_name("host_bus.c")
LIBRARY = BUILD / "software" / "libneusoc.so"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror")
VERSION, CLOCK, RAIL = 13, 14, 15  # behind NO_ROUTE, which is the router's
REFUSED, JOB = 0x100, 0x200

WORD, NOTHING = ctypes.c_uint32, None
READ, WRITE, PAUSE = (
    ctypes.CFUNCTYPE(WORD, WORD),
    ctypes.CFUNCTYPE(NOTHING, WORD, WORD),
    ctypes.CFUNCTYPE(NOTHING),
)


class CIdentity(ctypes.Structure):
    """neusoc_identity."""

    _fields_ = [(name, WORD) for name in ("rows", "columns", "neurons", "results", "levels", "clock_lost")]


class CCell(ctypes.Structure):
    """neusoc_cell."""

    _fields_ = [(name, ctypes.c_uint8) for name in ("row", "col", "outcome", "pulses", "code")]


class CJob(ctypes.Structure):
    """neusoc_job."""

    _fields_ = [
        *((name, WORD) for name in ("operation", "row_first", "row_last", "col_first", "col_last", "ahead")),
        ("levels", ctypes.c_char_p),
        ("sent", WORD),
        ("taken", WORD),
    ]


def compiled(
    source: Path,
    target: Path,
    frames: Path = FRAMES,
    images: Path = IMAGES,
    more: Sequence[str | Path] = (),
    bus: Path = BUS,
) -> Path:
    """The driver as a library.

    Args:
        source: firmware/neusoc.c, or one with a planted fault.
        target: the library; returned.
        frames: the same of firmware/frames.c.
        images: the same of firmware/images.c.
        more: sources and options beside.
        bus: source that lets whoever loads the library bind the bus.

    Raises:
        UserError: there is no compiler, or it finds a fault; names the log.
    """
    generated = generate_c_header()
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [
        "-DNEUSOC_BUS",
        f"-I{FIRMWARE}",
        f"-I{generated.parent}",
        source,
        frames,
        images,
        bus,
        *more,
        "-o",
        target,
    ]
    run([tool("gcc"), *FLAGS, "-shared", "-fPIC", *files], log=target.with_suffix(".log"), timeout=120)
    return target


def library() -> Path:
    """The library of the firmware as it stands; errors as of compiled()."""
    tool("gcc")
    inputs = [SOURCE, FRAMES, IMAGES, HEADER, BUS, generate_c_header()]
    step("software.c_driver", inputs, [LIBRARY], lambda: compiled(SOURCE, LIBRARY), version("gcc"), *FLAGS)
    return LIBRARY


class CSettings(ctypes.Structure):
    """neusoc_image_settings."""

    _fields_ = [
        *((name, ctypes.c_uint8 * PLANES) for name in ("windows", "ratios")),
        *(
            (name, ctypes.c_uint8)
            for name in ("lowest", "clear", "lead", "open", "close", "tail", "step", "top", "rest")
        ),
    ]


class CState(ctypes.Structure):
    """neusoc_image_state."""

    _fields_ = [(name, WORD) for name in ("found", "neuron", "count", "full", "waits", "busy")]


class CBus:
    """A loaded library on a transport; itself a Transport, whose accesses C makes.

    Args:
        path: the library.
        transport: the way to the chip.
        poll_s: time that a pause of the driver's takes, s.
    """

    def __init__(self, path: Path, transport: Transport, poll_s: float) -> None:
        self._inner, self._poll_s = transport, poll_s
        self._broken: BaseException | None = None
        self._library = ctypes.CDLL(str(path))
        self._library.neusoc_read.restype = WORD
        # Kept: C calls them as long as the bus lives.
        self._bound = self._bindings()

    def _bindings(self) -> tuple[Any, ...]:
        """What neusoc_bind() takes."""
        return READ(self._guarded_read), WRITE(self._guarded_write), PAUSE(self._guarded_pause)

    def call(self, name: str, *arguments: Any) -> int:
        """Call a function of the driver; an exception of the transport, which C cannot carry, is raised
        behind it."""
        self._library.neusoc_bind(*self._bound)  # two of them may take turns with one library
        self._broken = None
        status = int(getattr(self._library, name)(*arguments))
        if self._broken is not None:
            raise self._broken
        return status

    def answer(self, data: bytes) -> bytes:
        """What firmware/frames.c gives back for the eight bytes of a frame."""
        found = (ctypes.c_uint8 * len(data))()
        self.call("neusoc_answer", data, found)
        return bytes(found)

    def _guarded_read(self, offset: int) -> int:
        return int(self._guarded(lambda: self._inner.read(offset)) or 0)

    def _guarded_write(self, offset: int, value: int) -> None:
        self._guarded(lambda: self._inner.write(offset, value))

    def _guarded_pause(self) -> None:
        self._guarded(lambda: self.poll(self._poll_s))

    def _guarded[T](self, access: Callable[[], T]) -> T | None:
        if self._broken is None:
            try:
                return access()
            except BaseException as error:  # C goes on to its own bound, with zeros
                self._broken = error
        return None

    def read(self, offset: int) -> int:
        return self.call("neusoc_read", WORD(offset)) & 0xFFFFFFFF

    def write(self, offset: int, value: int) -> None:
        self.call("neusoc_write", WORD(offset), WORD(value))

    def wait(self, seconds: float) -> None:
        self._inner.wait(seconds)

    def poll(self, seconds: float) -> None:
        pause(self._inner, seconds)


class CRegisters(Registers):
    """Registers whose refusals C looks for."""

    transport: CBus

    def check(self, name: str) -> None:
        status = self.transport.call("neusoc_check")
        if status == RAIL:
            raise RailRefused(name.upper())
        if status:
            raise Refused(name, status - REFUSED)
