"""Serial lines: frames both ways over a pseudo terminal, and one sentence for a line that is silent, cut off,
damaged or gone."""

import os
import random
import select
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.words import Refusal
from neusoc.software.driver.backends import frames
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.frame_server import FrameServer, answered
from neusoc.software.driver.backends.frames import SIZE, Frame, Kind, Reason, crc8, packed, unpacked
from neusoc.software.driver.backends.serial_line import BAUDS, Damaged, SerialLine
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.transport import Refused, Timeout

MINI = load_chip("mini")
SEED = 3
LEVELS = [[(row + col) % 16 for col in range(8)] for row in range(8)]


def emulator(**options):
    return Emulator(MINI, integer_array(MINI, SEED), **options)


@contextmanager
def looped(transport, server=FrameServer, timeout_ms=20000):
    """The address of a line whose other end answers for a transport, and the server there."""
    ours, theirs = os.openpty()
    try:
        with server(transport, ours) as there:
            yield f"serial:{os.ttyname(theirs)}?timeout_ms={timeout_ms}", there
            assert there.broken is None
    finally:
        os.close(theirs)
        os.close(ours)


def test_a_chip_does_the_same_over_a_line_as_beside_it():
    found = []
    with looped(emulator()) as (address, _):
        for chip in (Chip(emulator()), Chip.open(address)):
            with pytest.raises(Refused) as told:
                chip.registers.write("levels", 0)
                for _ in range(9):
                    chip.registers.write("levels", 0)
            assert told.value.code == Refusal.FULL
            results = [chip.form().results, chip.program(LEVELS).results]
            chip.enable()
            found.append(
                (chip.identity, results, chip.read_map(), chip.memory.faults, chip.registers.all_fields())
            )
    (*first, codes, faults, fields), (*second, other, other_faults, other_fields) = found
    assert (
        first == second and np.array_equal(codes, other) and (faults, fields) == (other_faults, other_fields)
    )
    assert len(first[1][1]) == 64 and codes.std() > 10


def test_frames_there_and_back():
    rng = random.Random(SEED)
    for kind in Kind:
        frame = Frame(kind, rng.randrange(16), rng.randrange(1 << 16), rng.randrange(1 << 32))
        data = packed(frame)
        assert len(data) == SIZE and unpacked(data) == frame
        for bit in range(8 * SIZE):
            flipped = (int.from_bytes(data, "little") ^ 1 << bit).to_bytes(SIZE, "little")
            assert unpacked(flipped) is None, f"bit {bit} (seed {SEED})"
    assert (
        unpacked(bytes(SIZE)) is None
        and unpacked(b"\xff" * SIZE) is None
        and unpacked(packed(frame)[:-1]) is None
    )


def _remainder(data, begin):
    """The check by long division of polynomials."""
    value, divisor = (int.from_bytes(data) ^ begin << 8 * (len(data) - 1)) << 8, 0x107
    while value.bit_length() > 8:
        value ^= divisor << value.bit_length() - 9
    return value


def test_check_is_the_crc_of_the_page(monkeypatch):
    rng = random.Random(SEED)
    for _ in range(200):
        data = rng.randbytes(7)
        assert crc8(data) == _remainder(data, frames.BEGIN), f"seed {SEED}"
    monkeypatch.setattr(frames, "BEGIN", 0)
    assert crc8(b"123456789") == 0xF4, "the published check value of this polynomial, begun with 0"


def test_page_shows_a_frame():
    shown = packed(Frame(Kind.WRITE, 5, 0x0C, 0x0A02)).hex(" ")
    assert f"`{shown}`" in Path(frames.__file__).parents[1].joinpath("README.md").read_text()


def test_damaged_request_does_nothing():
    chip = emulator()
    timing = chip.read(0x0C)
    data = bytearray(packed(Frame(Kind.WRITE, 5, 0x0C, 0)))
    data[3] ^= 4
    assert unpacked(answered(chip, bytes(data))) == Frame(Kind.REFUSED, 5, 0x0C, Reason.CHECK)
    assert unpacked(answered(chip, packed(Frame(Kind.VALUE, 6, 0x0C, 0)))) == Frame(
        Kind.REFUSED, 6, 0x0C, Reason.CHECK
    )
    assert chip.read(0x0C) == timing
    assert (
        unpacked(answered(chip, packed(Frame(Kind.WRITE, 7, 0x0C, 5)))) == Frame(Kind.WRITTEN, 7, 0x0C, 5)
        and chip.read(0x0C) == 5
    )


class Faulty(FrameServer):
    """Spoils the answer to one access, and is sound before and after."""

    spoil, at, asked = staticmethod(lambda data: data), 1, 0

    def answer(self, data):
        self.asked += 1
        return self.spoil(super().answer(data)) if self.asked == self.at else super().answer(data)


def _other(answer, **changes):
    return packed(unpacked(answer)._replace(**changes))


GATE, BOUND_S = threading.Event(), 60.0  # of what is late; of what a loaded machine may make wait


SPOILT = {
    "silent": (lambda data: b"", Timeout, "no answer within 300 ms; check cable, speed and power"),
    "cut off": (lambda data: data[:5], Timeout, "only 5 of 8 bytes came within 300 ms"),
    "bit": (lambda data: data[:3] + bytes([data[3] ^ 16]) + data[4:], Damaged, "a damaged frame came, "),
    "noise": (lambda data: b"\x55" * SIZE, Damaged, "a damaged frame came, 55 55 55"),
    "late": (lambda data: GATE.wait(BOUND_S) and data, Timeout, "no answer within 300 ms"),
    "number": (lambda data: _other(data, number=9), Damaged, "the answer is to another access"),
    "address": (lambda data: _other(data, address=8), Damaged, "the answer is to another access"),
    "kind": (lambda data: _other(data, kind=Kind.WRITTEN), Damaged, "the answer is to another access"),
    "check": (
        lambda data: _other(data, kind=Kind.REFUSED, data=Reason.CHECK),
        Damaged,
        "the other end received a damaged frame and did",
    ),
    "bus": (
        lambda data: _other(data, kind=Kind.REFUSED, data=Reason.BUS),
        Timeout,
        "the bus does not answer",
    ),
    "twice": (lambda data: data + data, None, ""),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_spoilt_answer_is_a_sentence_and_the_next_is_sound(fault):
    spoil, kind, said = SPOILT[fault]
    chip = emulator()
    GATE.clear()
    with looped(chip, Faulty) as (address, server):
        line = SerialLine(*_of(address))
        server.spoil, server.at = spoil, 2
        timing = line.read(0x0C)
        if kind is None:  # what is left over is seen at the next access
            assert line.read(0x0C) == timing
            with pytest.raises(Damaged, match="the answer is to another access"):
                line.read(0x0C)
        else:
            begun, patient = time.monotonic(), line._timeout_s
            line._timeout_s = 0.3 if kind is Timeout and fault != "bus" else patient
            with pytest.raises(kind) as told:
                line.read(0x0C)
            assert (
                str(told.value).startswith("/dev/")
                and said in str(told.value)
                and "\n" not in str(told.value)
            )
            assert time.monotonic() - begun < BOUND_S
            line._timeout_s = patient
        if fault == "late":
            GATE.set()
            assert select.select([line._fd], [], [], BOUND_S)[0], "the late answer never came"
        assert line.read(0x0C) == timing == chip.read(0x0C)
        line.write(0x0C, 7)
        assert chip.read(0x0C) == 7


def _of(address):
    """Arguments of SerialLine from an address of looped()."""
    path, _, query = address.removeprefix("serial:").partition("?timeout_ms=")
    return path, 115200, int(query) / 1e3


def test_written_word_is_compared_with_its_echo():
    with looped(emulator(), Faulty) as (address, server):
        server.spoil = lambda data: _other(data, data=8)
        line = SerialLine(*_of(address))
        with pytest.raises(Damaged, match="the answer is to another access"):
            line.write(0x0C, 7)


def test_cut_off_request_is_dropped_by_the_other_end():
    with looped(emulator()) as (address, server):
        line = SerialLine(*_of(address))
        os.write(line._fd, packed(Frame(Kind.WRITE, 1, 0x0C, 9))[:5])
        begun = time.monotonic()
        while not server.dropped and time.monotonic() - begun < BOUND_S:
            time.sleep(0.05)
        assert server.dropped == 1 and line.read(0x0C) != 9


def test_interrupted_job_goes_on_over_a_line():
    with looped(emulator(), Faulty) as (address, server):
        chip = Chip.open(address)
        chip.form()
        progress = chip.plan(4, chip.whole(), LEVELS)
        server.spoil, server.at = (lambda data: data[:-1] + b"\0"), server.asked + 60
        with pytest.raises(Damaged, match="a damaged frame came"):
            chip.run(progress)
        assert not progress.finished
        chip.run(progress)
        assert progress.finished and [cell[:2] for cell in progress.results] == [
            divmod(k, 8) for k in range(64)
        ]


def test_dead_bus_and_a_line_that_goes():
    with (
        looped(emulator(answers=0)) as (address, _),
        pytest.raises(Timeout, match="^/dev/.* the bus does not answer"),
    ):
        Chip.open(address)
    ours, theirs = os.openpty()
    line = SerialLine(os.ttyname(theirs), timeout_s=0.3)
    os.close(theirs)
    os.close(ours)
    with pytest.raises(Timeout, match="the line is gone .*; plug it in again"):
        line.read(0)


def test_silent_line_is_told_within_the_time():
    ours, theirs = os.openpty()
    begun = time.monotonic()
    with pytest.raises(Timeout, match="no answer within 50 ms"):
        Chip.open(f"serial:{os.ttyname(theirs)}?timeout_ms=50")
    assert time.monotonic() - begun < BOUND_S
    for fd in (ours, theirs):
        os.close(fd)


def test_line_that_takes_nothing_is_told(monkeypatch):
    ours, theirs = os.openpty()
    line = SerialLine(os.ttyname(theirs), timeout_s=0.2)

    def full(fd, data):
        raise BlockingIOError

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Timeout, match="takes nothing within 200 ms"):
        line.read(0)
    for fd in (ours, theirs):
        os.close(fd)


def test_speeds():
    assert {9600, 115200, 921600} <= BAUDS.keys()
    ours, theirs = os.openpty()
    with pytest.raises(UserError, match="baud=14400 is unknown; choose one of 50, 75"):
        SerialLine(os.ttyname(theirs), 14400)
    SerialLine(os.ttyname(theirs), 9600).close()
    for fd in (ours, theirs):
        os.close(fd)
