"""The other end of a serial line, in Python: frames in, accesses of any transport, frames out. It is what a
chip's firmware has to do."""

from __future__ import annotations

import os
import select
import threading

from neusoc.software.driver.backends.frames import ANSWER, SIZE, Frame, Kind, Reason, packed, unpacked
from neusoc.software.driver.transport import Timeout, Transport

PART_S = 0.1  # a frame whose next byte does not come in time was cut off: what came of it is dropped
LOOK_S = 0.02


def answered(transport: Transport, data: bytes) -> bytes:
    """The answer to eight bytes."""
    asked = unpacked(data)
    if asked is None or asked.kind not in ANSWER:
        # Number and address of a damaged frame are worth as little as the rest: they are given back so that a
        # person sees them.
        return packed(Frame(Kind.REFUSED, data[6] >> 4, int.from_bytes(data[:2], "little"), Reason.CHECK))
    try:
        value = asked.data
        if asked.kind == Kind.READ:
            value = transport.read(asked.address)
        else:
            transport.write(asked.address, asked.data)
    except Timeout:
        return packed(Frame(Kind.REFUSED, asked.number, asked.address, Reason.BUS))
    return packed(Frame(ANSWER[Kind(asked.kind)], asked.number, asked.address, value))


class FrameServer:
    """Answers frames on a file descriptor, in a thread of its own, between `with` and its end.

    Attributes:
        broken: error that ended it early; None: none.
        dropped: frames that were cut off, so far.

    Args:
        transport: the chip.
        fd: file descriptor that both reads and writes, such as the master of a pseudo terminal.
    """

    def __init__(self, transport: Transport, fd: int) -> None:
        self._transport, self._fd = transport, fd
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.broken: Exception | None = None
        self.dropped = 0

    def __enter__(self) -> FrameServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def answer(self, data: bytes) -> bytes:
        """What goes back for eight bytes."""
        return answered(self._transport, data)

    def _serve(self) -> None:
        held, silent_s = b"", 0.0
        try:
            while not self._end.is_set():
                if not select.select([self._fd], [], [], LOOK_S)[0]:
                    silent_s += LOOK_S
                    if held and silent_s >= PART_S:
                        held, self.dropped = b"", self.dropped + 1
                    continue
                silent_s = 0.0
                held += os.read(self._fd, SIZE - len(held))
                if len(held) == SIZE:
                    os.write(self._fd, self.answer(held))
                    held = b""
        except Exception as error:  # its host sees a silent line; whoever started it, this
            self.broken = error
