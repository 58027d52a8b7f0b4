"""The way to a chip: what a backend offers, bounded waits, and what goes wrong as exceptions whose sentence
says what to do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from neusoc.base.errors import UserError
from neusoc.digital.model.images import SETTING_REGISTERS
from neusoc.digital.model.ispp import JobError
from neusoc.digital.model.words import JobEnd, Refusal


class Transport(Protocol):
    """Words of one chip's register map. Each call ends: with its answer, or with Timeout."""

    def read(self, offset: int) -> int:
        """A word; offset: bytes from the map's base."""
        ...

    def write(self, offset: int, value: int) -> None:
        """Write a word; arguments as of read(), value of 32 bits."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass on the chip; seconds: how much, s."""
        ...


@runtime_checkable
class Simulated(Protocol):
    """What a transport to a simulation has beside: jobs and events take simulated time, but its cells age by
    Transport.wait alone."""

    def poll(self, seconds: float) -> None:
        """Simulate what is between two looks of the driver: so much time, s, or less."""
        ...


@runtime_checkable
class Framed(Protocol):
    """A way to a chip by frames, of which the chip does only those that come whole."""

    def lost(self) -> int:
        """Number of frames that the chip did not do since the last call; 255: that or more."""
        ...


@runtime_checkable
class Closable(Protocol):
    """What a transport has that holds something: a line, a simulator."""

    def close(self) -> None:
        """Give it back, and write what is kept in a file; may be called twice."""
        ...


def pause(transport: Transport, seconds: float) -> None:
    """Let a chip that is busy go on until the next look at it, s."""
    if isinstance(transport, Simulated):
        transport.poll(seconds)
    else:
        transport.wait(seconds)


class DriverError(UserError):
    """What the driver cannot go on from.

    Attributes:
        progress: the job that was on its way (jobs.Progress), with all results that were taken; None if there
            was none.
    """

    progress: object | None = None


class Timeout(DriverError):
    """The bus does not answer, or the chip does not come to where it was waited for."""


class Interrupted(DriverError):
    """Someone interrupted a job; it was stopped on the chip, and its results taken."""


class Refused(DriverError):
    """The chip refused an access: nothing was changed.

    Attributes:
        register: name of the register.
        code: code of ERROR.bus.
    """

    def __init__(self, register: str, code: int) -> None:
        super().__init__(refusal(register, code))
        self.register, self.code = register, code


class JobFailed(DriverError):
    """The chip refused a job, or ended it early.

    Attributes:
        code: code of ERROR.job.
    """

    def __init__(self, what: str, code: int) -> None:
        unknown = f"ended with code {code}, which this driver does not know; update it"
        super().__init__(f"{what}: {JOB_WAYS_OUT.get(code, unknown)}")
        self.code = code


class ClockLost(DriverError):
    """The chip's clock stood while it drove cells, and that reset it (ERROR.clock).

    Args:
        what: request during which it was seen.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: the chip's clock stood, and all is reset; mend the clock, write settings and levels"
            " again, run the rest"
        )


class RailRefused(DriverError):
    """Spikes taught nothing, for the rail of learning is beyond its limit (ERROR.rail).

    Args:
        what: request behind which it was seen.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: spikes teach nothing, for TIMING.rail is beyond LIMITS_CODES; lower it, or raise the"
            " limit"
        )


class WrongCheckSum(DriverError):
    """What came as the answer of an SPI frame is none: it was disturbed, the chip refused the frame, or there
    is no chip.

    Args:
        came: word as it came.
    """

    def __init__(self, came: bytes) -> None:
        super().__init__(
            f"SPI: 0x{came.hex().upper()} came with a wrong check sum: no chip answers, or the line is"
            " disturbed; check the wires and select, slow SCK down, and do it again"
        )


class FramesLost(DriverError):
    """The chip did not do some frames of the SPI port (SPI.bad): what was written or read by them is not so.

    Args:
        what: request behind which it was seen.
        count: number of frames.
    """

    def __init__(self, what: str, count: int) -> None:
        frames = f"{count} SPI frames were" if count > 1 else "an SPI frame was"
        super().__init__(
            f"{what}: {frames} not whole, or too early, and wrote nothing; slow SCK down or mend select, and"
            " do it again"
        )


# ERROR.bus -> what is wrong; what to do.
WAYS_OUT: dict[int, str] = {
    Refusal.PARTIAL: (
        "the address is not a multiple of 4, or not all four bytes are selected; access whole words"
    ),
    Refusal.RESERVED: "the chip has no such register; take the driver that belongs to it",
    Refusal.READ_ONLY: "it is only read; write none of it",
    Refusal.LOCKED: "it is locked; reset the chip before changing the key or a limit",
    Refusal.BUSY: (
        "a job runs or its results wait; wait for its end and take the results, or drop them with"
        " STOP.results"
    ),
    Refusal.FULL: "it is full; write the next levels when JOB_STATUS.level_words has fallen",
    Refusal.RUNNING: "the neurons run; clear CTRL.enable and wait for STATUS.pulse_busy = 0",
    Refusal.NEURON: "the chip has no such neuron; choose one that ID.neurons counts",
    Refusal.ENDED: "the job of these levels has ended; write REGION or STOP before the levels of the next",
    Refusal.IMAGE: "no image waits, one was started already, or CTRL.enable is 0; load one and start it once",
}
# Of these registers a code means something of their own.
OWN_WAYS_OUT: dict[tuple[str, int], str] = {
    (
        "pixels",
        Refusal.FULL,
    ): "an image waits to be shown and no more is taken; start it, or forget it with Images.clear()",
    (
        "image",
        Refusal.FULL,
    ): "PIXELS took no more, an image waits to be shown; is another program on the bus?",
    ("image", Refusal.BUSY): "a job runs, or waits for the image's end; wait for the end of the job",
    (
        "reference",
        Refusal.NEURON,
    ): "software writes no such word; choose one of ReferenceWord, the threshold's is THRESHOLD.rest",
    ("reference", Refusal.RUNNING): "the neurons run; call disable() first",
    **dict.fromkeys(
        ((name, Refusal.RUNNING) for name in SETTING_REGISTERS),
        "an image runs or waits; wait for its end, or end it with Images.stop()",
    ),
    (
        "limits_codes",
        Refusal.RUNNING,
    ): "spikes may teach; clear CTRL.learn and wait for STATUS.pulse_busy = 0",
}
# ERROR.job -> the same.
JOB_WAYS_OUT: dict[int, str] = {
    JobError.REGION: (
        "its region is beyond the array, or begins behind its end; choose cells that the chip has"
    ),
    JobError.LEVEL: (
        "a level is above GRID.max_level, or the grid passes code 255; choose lower levels or a finer grid"
    ),
    JobError.ORDER: "a stage starts above its stop code; lower its start",
    JobError.STEP: "both steps of a stage are 0; give one of them",
    JobError.LIMIT: (
        "a stop code or width is beyond LIMITS_CODES or LIMITS_PULSES; lower it, or raise the limit"
    ),
    JobError.ZERO: (
        "width, pulse_limit or stop_tries is 0, or pulse_limit beyond LIMITS_PULSES; correct RETRY or the"
        " stage"
    ),
    JobEnd.NO_KEY: "the key is not set, or was taken away; set it and run the rest",
    JobEnd.NO_ANSWER: (
        "the converter did not answer; check its supply and ADC_TIMING.watchdog, then run the rest"
    ),
    JobEnd.INTERLOCK: (
        "the interlock refused a pulse; reset the chip, write all settings again, then run the rest"
    ),
    JobEnd.STOPPED: "STOP ended it; run the rest",
}


def refusal(register: str, code: int) -> str:
    """The sentence of a refused access; code: of ERROR.bus."""
    unknown = f"refused with code {code}, which this driver does not know; update it"
    return f"{register.upper()}: {OWN_WAYS_OUT.get((register, code)) or WAYS_OUT.get(code, unknown)}"


def wait_until(
    transport: Transport, holds: Callable[[], bool], what: str, bound_s: float, poll_s: float
) -> None:
    """Look until something holds.

    Args:
        transport: whose time passes.
        holds: looks.
        what: waited for, for the sentence.
        bound_s: longest wait in the chip's time, s.
        poll_s: time between looks, s.

    Raises:
        Timeout: it does not hold in time.
    """
    for _ in range(max(1, math.ceil(bound_s / poll_s))):
        if holds():
            return
        pause(transport, poll_s)
    if not holds():
        raise Timeout(
            f"{what}: not within {1e3 * bound_s:g} ms; read JOB_STATUS and STATUS, and reset the chip if they"
            " do not change"
        )
