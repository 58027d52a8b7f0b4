"""Frames of the SPI port, against a slave that is written from its page alone."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.driver.backends.array import twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spi import Spi, answer, check_sum, read_frame, write_frame
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.tests.spi_slave import Slave
from neusoc.software.driver.transport import DriverError, FramesLost, WrongCheckSum

MINI = load_chip("mini")


def test_spi_frames() -> None:
    assert write_frame(0x104, 0x12345678)[:-1] == bytes.fromhex("8104 12345678")
    assert read_frame(0xE0)[:2] == bytes.fromhex("00e0") and read_frame(0xE0)[3:] == bytes(6)
    for frame, checked in ((write_frame(0x104, 0x12345678), 7), (read_frame(0xE0), 3)):
        assert check_sum(frame[:checked]) == 0
    word = bytes.fromhex("89abcdef")
    assert answer(bytes(4) + word + bytes([check_sum(word)])) == 0x89ABCDEF


def test_spi_answer_that_was_disturbed_is_told() -> None:
    """Any one bit or two of it, and a line that stands still."""
    word = bytes.fromhex("89abcdef")
    right = int.from_bytes(word + bytes([check_sum(word)]), "big")
    flips = [1 << a | 1 << b for a in range(40) for b in range(a + 1)]
    still = [right, right ^ (1 << 40) - 1]
    for wrong in (*flips, *still):
        with pytest.raises(
            WrongCheckSum, match="came with a wrong check sum: no chip answers, or the line is"
        ):
            answer(bytes(4) + (right ^ wrong).to_bytes(5, "big"))


def test_spi_refuses_what_is_no_frame() -> None:
    with pytest.raises(UserError, match="offset 0x1000 is beyond the map; give 0 to 0xFFF"):
        write_frame(0x1000, 0)
    with pytest.raises(UserError, match="offset 0x-4 is beyond the map"):
        read_frame(-4)
    with pytest.raises(UserError, match="SPI: 6 bytes came during a frame of 9"):
        answer(bytes(6))


def test_spi_chip_is_the_chip() -> None:
    """The whole driver over SPI: who it is, cells formed and read, a bus without a chip."""
    slave = Slave(Emulator(MINI, twin_array(MINI, 3), seed=3))
    chip, other = Chip(Spi(slave)), Chip(Emulator(MINI, twin_array(MINI, 3), seed=3))
    assert chip.identity == other.identity and slave.bad == 0
    chip.form()
    other.form()
    assert (chip.read_map() == other.read_map()).all()

    class Nobody:
        def transfer(self, sent: bytes) -> bytes:
            """A line that nobody drives."""
            return b"\xff" * len(sent)

    with pytest.raises(DriverError, match="^SPI: 0xFFFFFFFF came with a wrong check sum: no chip answers"):
        Chip(Spi(Nobody()))


class Torn:
    """A link that cuts the last byte of some frames.

    Args:
        slave: the chip's side.
        torn: numbers of these frames.
    """

    def __init__(self, slave: Slave, torn: set[int]) -> None:
        self.slave, self.torn, self.frames = slave, torn, 0

    def transfer(self, sent: bytes) -> bytes:
        """As Link says: the host sees as many bytes as it sent, and nothing of the cut."""
        self.frames += 1
        if self.frames - 1 in self.torn:
            return self.slave.transfer(sent[:-1]) + bytes(1)
        return self.slave.transfer(sent)


def test_spi_write_that_is_cut_is_told_once() -> None:
    link = Torn(Slave(Emulator(MINI, twin_array(MINI, 3), seed=3)), set())
    chip = Registers(Spi(link))
    link.torn = {link.frames + 2}
    before = chip.field("timing", "gap")
    with pytest.raises(
        FramesLost,
        match="^TIMING: an SPI frame was not whole, or too early, and wrote nothing; slow SCK down",
    ):
        chip.write("timing", chip.read("timing") ^ 0xFF00)
    assert chip.field("timing", "gap") == before
    chip.change("timing", gap=before + 1)
    assert chip.field("timing", "gap") == before + 1


def test_spi_job_whose_frames_are_cut_is_told() -> None:
    link = Torn(Slave(Emulator(MINI, twin_array(MINI, 3), seed=3)), set())
    chip = Chip(Spi(link))
    chip.form()
    link.torn = {link.frames + 40}
    with pytest.raises(FramesLost, match="SPI frame"):
        chip.read_map()
