"""firmware/spi.c: its frames are the Python driver's, the C driver over them sees the chip, and a fault in it
is noticed."""

from __future__ import annotations

import ctypes
import json
import random
import re
from pathlib import Path

import pytest
from neusoc.base import tools
from neusoc.base.chip import load_chip
from neusoc.digital.model.regmap import registers
from neusoc.digital.regs.generate import generate_c_header
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spi import ADDRESSES, answer, check_sum, read_frame, write_frame
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.tests.spi_slave import Slave
from neusoc.software.driver.transport import DriverError
from neusoc.verification.software import c_driver
from neusoc.verification.software.c_driver import FIRMWARE, WORD
from neusoc.verification.software.c_spi import (
    BEYOND,
    BROKEN,
    CLOSED,
    DISTURBED,
    SPI,
    CSpiBus,
    CSpiChip,
    compiled_spi,
    library,
)
from neusoc.verification.software.script import SEED, run_script

MINI = load_chip("mini")
TIMING = registers()["timing"].offset


class Noted:
    """A link that notes what is sent and answers reads at random, with a check sum that is right.

    Args:
        disturbed: bits of its check sum that are wrong.
    """

    def __init__(self, disturbed: int = 0) -> None:
        self.disturbed = disturbed
        self.sent: list[bytes] = []
        self.came: list[bytes] = []
        self.random = random.Random(1)

    def transfer(self, sent: bytes) -> bytes:
        self.sent.append(sent)
        came = self.random.randbytes(len(sent) - 1)
        self.came.append(came + bytes([check_sum(came[-4:]) ^ self.disturbed]))
        return self.came[-1]


def _same_frames(path: Path) -> None:
    """Frames of a library, and what it takes out of answers, are those of the Python driver."""
    link, rng = Noted(), random.Random(2)
    bus = CSpiBus(path, link, 1e-3)
    for offset in (
        0,
        4,
        0xFC,
        0x100,
        0x104,
        0x7FF,
        0x800,
        ADDRESSES - 4,
        *(rng.randrange(ADDRESSES) for _ in range(200)),
    ):
        value = rng.getrandbits(32)
        found = bus.read(offset)
        bus.write(offset, value)
        assert link.sent[-2:] == [read_frame(offset), write_frame(offset, value)], hex(offset)
        assert found == answer(link.came[-2]), hex(offset)


def test_frames_in_c_are_those_in_python() -> None:
    _same_frames(library())


FAULTS = {
    "no write": ("WRITES | offset", "offset"),
    "write that reads": (
        "frame[0] = (uint8_t)(offset >> BYTE)",
        "frame[0] = (uint8_t)(WRITES | offset >> BYTE)",
    ),
    "lowest byte first": ("value >> BYTE * (WORD_BYTES - 1 - k)", "value >> BYTE * k"),
    "no turn": ("WORD_AT = NEUSOC_SPI_READ_BYTES - WORD_BYTES - 1", "WORD_AT = COMMAND_BYTES + 1"),
    "another check sum": ("sum << 1 ^ 0x107", "sum << 1 ^ 0x11D"),
    "check sum of the word alone": (
        "check_sum(frame, COMMAND_BYTES + WORD_BYTES)",
        "check_sum(frame + COMMAND_BYTES, WORD_BYTES)",
    ),
    "short read": ("frame, NEUSOC_SPI_READ_BYTES)", "frame, NEUSOC_SPI_READ_BYTES - 1)"),
    "rest of the stack": ("frame[k] = 0;", "frame[k] = (uint8_t)(k + offset);"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_of_a_frame_is_noticed(name: str, tmp_path: Path) -> None:
    before, after = FAULTS[name]
    text = SPI.read_text()
    assert text.count(before) == 1, "the fault cannot be planted"
    (tmp_path / "spi.c").write_text(text.replace(before, after))
    faulty = compiled_spi(tmp_path / "spi.c", tmp_path / "libneusoc_spi.so")
    with pytest.raises(AssertionError):
        _same_frames(faulty)


def test_script_sees_the_same_of_c_over_spi() -> None:
    """Identity, refusals, jobs, events: all of the script over frames, and each of them whole."""
    slaves: list[Slave] = []

    def over_spi(transport: Emulator) -> CSpiChip:
        slaves.append(Slave(transport))
        return CSpiChip(slaves[-1])

    wanted = run_script(Emulator(MINI, integer_array(MINI, SEED)), Chip)
    found = run_script(Emulator(MINI, integer_array(MINI, SEED)), over_spi)
    assert json.loads(json.dumps(found)) == json.loads(json.dumps(wanted))
    assert slaves and not any(slave.bad for slave in slaves)


def test_job_over_a_simulated_port() -> None:
    chip, other = (
        CSpiChip(Slave(Emulator(MINI, integer_array(MINI, 3)))),
        Chip(Emulator(MINI, integer_array(MINI, 3))),
    )
    assert chip.identity == other.identity
    for one in (chip, other):
        one.form(Region(0, 1, 0, 3))
        one.program([[3, 9, 1, 12], [0, 5, 15, 7]], Region(0, 1, 0, 3))
    assert (chip.read_map() == other.read_map()).all()


class _Cut:
    """A link whose cable is cut."""

    def transfer(self, sent: bytes) -> bytes:
        raise DriverError("the cable is cut")


def test_what_fails_is_told() -> None:
    with pytest.raises(DriverError, match="the cable is cut"):
        CSpiChip(_Cut())
    link = Noted()
    bus = CSpiBus(library(), link, 1e-3)
    bus.call("neusoc_read", WORD(0))
    assert bus.call("neusoc_spi_check") == 0 and len(link.sent) == 1
    assert (
        bus.call("neusoc_read", WORD(ADDRESSES)) == 0
        and bus.call("neusoc_write", WORD(ADDRESSES + 4), WORD(1)) is not None
    )
    assert len(link.sent) == 1, "an offset beyond the map made a frame"
    assert bus.call("neusoc_spi_check") == BEYOND and bus.call("neusoc_spi_check") == 0
    disturbed = CSpiBus(library(), Noted(disturbed=4), 1e-3)
    assert disturbed.call("neusoc_read", WORD(0)) == 0
    assert disturbed.call("neusoc_spi_check") == DISTURBED and disturbed.call("neusoc_spi_check") == 0
    broken = CSpiBus(library(), _Cut(), 1e-3)
    with pytest.raises(DriverError):
        broken.call("neusoc_read", WORD(0))
    assert broken.call("neusoc_spi_check") == BROKEN


def test_frames_that_the_chip_did_not_do_are_told_once() -> None:
    slave = Slave(Emulator(MINI, integer_array(MINI, 3)))
    bus = CSpiBus(library(), slave, 1e-3)
    assert bus.call("neusoc_spi_bad") == 0
    slave.transfer(write_frame(TIMING, 1)[:-1])
    slave.transfer(read_frame(TIMING) + bytes(1))
    assert (
        bus.call("neusoc_spi_bad") == 2
        and bus.call("neusoc_spi_bad") == 0
        and bus.call("neusoc_spi_check") == 0
    )


def test_port_that_was_not_opened_is_told(tmp_path: Path) -> None:
    fresh = ctypes.CDLL(str(compiled_spi(SPI, tmp_path / "libneusoc_closed.so")))
    assert (
        fresh.neusoc_read(WORD(0)) == 0
        and fresh.neusoc_spi_check() == CLOSED
        and fresh.neusoc_spi_check() == 0
    )


def test_spi_compiles_for_firmware_and_so_does_its_example(tmp_path: Path) -> None:
    """Without a library, as for a board; without NEUSOC_BUS it is refused."""
    example = next(
        text
        for text in re.findall(r"```c\n(.*?)```", (FIRMWARE / "README.md").read_text(), re.S)
        if "spi.h" in text
    )
    (tmp_path / "example.c").write_text(example)
    flags = [
        *c_driver.FLAGS,
        "-ffreestanding",
        f"-I{FIRMWARE}",
        f"-I{generate_c_header().parent}",
        "-c",
        "-o",
        tmp_path / "out.o",
    ]
    for source in (SPI, tmp_path / "example.c"):
        tools.run([tools.tool("gcc"), *flags, "-DNEUSOC_BUS", source], log=tmp_path / "gcc.log", timeout=120)
        assert (tmp_path / "out.o").stat().st_size > 0
        (tmp_path / "out.o").unlink()
    with pytest.raises(tools.UserError, match="gcc: ended with code 1"):
        tools.run([tools.tool("gcc"), *flags, SPI], log=tmp_path / "gcc.log", timeout=120)
