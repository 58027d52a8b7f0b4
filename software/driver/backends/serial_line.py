"""A chip behind a serial line: each access is a frame there and a frame back (frames.py), and every wait for
one is bounded."""

from __future__ import annotations

import fcntl
import os
import select
import termios
import time
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.software.driver.backends.frames import (
    ANSWER,
    NUMBERS,
    SIZE,
    Frame,
    Kind,
    Reason,
    packed,
    unpacked,
)
from neusoc.software.driver.transport import DriverError, Timeout

BAUDS = {
    int(name[1:]): value
    for name, value in vars(termios).items()
    if name[0] == "B" and name[1:].isdigit() and name != "B0"
}
BAUD, TIMEOUT_S = 115200, 1.0
QUIET_S = 0.05  # after which nothing more of an answer comes that was given up


class Damaged(DriverError):
    """What came over the line is no answer to what was asked. The access may have been made: run an
    interrupted job again."""


def opened(path: Path, baud: int) -> int:
    """A line, raw, eight bits, no parity, one stop bit, for one program alone; its file descriptor.

    Raises:
        UserError: there is no such line, it is no line, is in use, or does not know the speed.
    """
    if baud not in BAUDS:
        raise UserError(f"{path}: baud={baud} is unknown; choose one of {', '.join(map(str, sorted(BAUDS)))}")
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be opened ({error.strerror}); check the path, the rights and whether it is"
            " in use"
        ) from None
    try:
        attributes = termios.tcgetattr(fd)
        attributes[0] = attributes[1] = attributes[3] = 0
        attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        attributes[4] = attributes[5] = BAUDS[baud]
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 0, 0
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
        fcntl.ioctl(fd, termios.TIOCEXCL)
        termios.tcflush(fd, termios.TCIOFLUSH)
    except (termios.error, OSError) as error:
        os.close(fd)
        raise UserError(
            f"{path}: is no serial line that takes {baud} baud ({error.args[-1]}); check the path and the"
            " speed"
        ) from None
    return fd


class SerialLine:
    """Transport over a serial line.

    Args:
        path: path of the line, such as /dev/ttyUSB0.
        baud: its speed, bits a second.
        timeout_s: longest wait for an answer, s.

    Raises:
        UserError: as of opened().
    """

    def __init__(self, path: Path, baud: int = BAUD, timeout_s: float = TIMEOUT_S) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._number = 0
        self._late = False  # bytes of an answer that was given up may still come
        self._fd = opened(path, baud)

    def close(self) -> None:
        """Give the line back."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()

    # --- Transport

    def read(self, offset: int) -> int:
        return self._asked(Kind.READ, offset, 0)

    def write(self, offset: int, value: int) -> None:
        self._asked(Kind.WRITE, offset, value)

    def wait(self, seconds: float) -> None:
        """As Transport says: a chip's time is the host's."""
        time.sleep(seconds)

    # --- frames

    def _asked(self, kind: Kind, offset: int, value: int) -> int:
        """One access; the data of its answer.

        Raises:
            Timeout: no answer, the line is gone, or the chip's bus is dead.
            Damaged: what came is no answer to this.
        """
        if self._late:
            self._drain()
        self._number = (self._number + 1) % NUMBERS
        asked = Frame(kind, self._number, offset, value)
        self._late = True
        deadline = time.monotonic() + self._timeout_s
        self._send(packed(asked), deadline)
        got = self._receive(deadline)
        found = unpacked(got)
        if found is None:
            raise Damaged(
                f"{self._path}: a damaged frame came, {got.hex(' ')}; check cable and speed, and run what was"
                " interrupted again"
            )
        if found.kind == Kind.REFUSED and found.number == asked.number:
            self._late = False
            if found.data == Reason.BUS:
                raise Timeout(
                    f"{self._path}: the bus does not answer: no acknowledge in time; check clock, reset and"
                    " power of the chip"
                )
            raise Damaged(
                f"{self._path}: the other end received a damaged frame and did nothing; check cable and"
                " speed, and try again"
            )
        if found != Frame(ANSWER[kind], asked.number, offset, found.data) or (
            kind == Kind.WRITE and found.data != value
        ):
            raise Damaged(
                f"{self._path}: the answer is to another access, {got.hex(' ')}; is another program on the"
                " line?"
            )
        self._late = False
        return found.data

    def _send(self, data: bytes, deadline: float) -> None:
        while data:
            self._ready(deadline, "takes nothing", writes=True)
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from None

    def _receive(self, deadline: float) -> bytes:
        found = b""
        while len(found) < SIZE:
            came = f"only {len(found)} of {SIZE} bytes came" if found else "no answer"
            self._ready(deadline, came)
            try:
                more = os.read(self._fd, SIZE - len(found))
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from None
            if not more:
                raise self._gone(OSError(0, "end of file"))
            found += more
        return found

    def _ready(self, deadline: float, what: str, *, writes: bool = False) -> None:
        """Wait until the line takes or gives something.

        Raises:
            Timeout: not before the deadline.
        """
        left = deadline - time.monotonic()
        waits = [self._fd]
        if left <= 0 or not any(select.select([] if writes else waits, waits if writes else [], [], left)):
            within = f"within {1e3 * self._timeout_s:g} ms"
            raise Timeout(
                f"{self._path}: {what} {within}; check cable, speed and power, and that the other end answers"
                " frames"
            )

    def _gone(self, error: OSError) -> Timeout:
        return Timeout(
            f"{self._path}: the line is gone ({error.strerror}); plug it in again, and open it anew"
        )

    def _drain(self) -> None:
        """Drop what comes until the line is quiet, at most for the time of an answer."""
        deadline = time.monotonic() + self._timeout_s
        while time.monotonic() < deadline and select.select([self._fd], [], [], QUIET_S)[0]:
            try:
                if not os.read(self._fd, 1 << 12):
                    return
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone(error) from None
