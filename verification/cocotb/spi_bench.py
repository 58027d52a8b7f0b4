"""An SPI master at the pins, mode 0 on three wires, at any phase to the clock; benches whose registers are
reached over it alone."""

from __future__ import annotations

from collections.abc import Sequence

from cocotb.triggers import Timer
from neusoc.digital.model.regmap import Register
from neusoc.digital.pinmap import PINS
from neusoc.software.driver.backends.spi import answer, read_frame, write_frame
from neusoc.software.driver.registers import TAKES
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench

FASTEST_HALF_NS = 4.0 * CLOCK_NS  # half a period of SCK at an eighth of the clock
COMMAND_BITS = 24  # with the check sum


def bits_of(frame: bytes) -> list[int]:
    """Bits of a frame in their order."""
    return [byte >> bit & 1 for byte in frame for bit in reversed(range(8))]


def bytes_of(bits: Sequence[int]) -> bytes:
    """Whole bytes of bits in their order."""
    return bytes(
        sum(bit << 7 - k for k, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8)
    )


class SpiMaster:
    """The master.

    Args:
        bench: bench of the controller.
        half_ns: half a period of SCK, and what select waits, ns.

    Attributes:
        turned: bits that the chip drove.
    """

    def __init__(self, bench: Bench, half_ns: float = FASTEST_HALF_NS) -> None:
        self.bench, self.half_ns, self.turned = bench, half_ns, 0

    async def idle(self) -> None:
        """Select up for as long as a frame needs before it."""
        self.bench.drive("spi_clock", 0)
        self.bench.drive("spi_select", 1)
        await Timer(round(3 * self.half_ns * 1000), unit="ps")

    async def _half(self) -> None:
        await Timer(round(self.half_ns * 1000), unit="ps")

    def _line(self, driven: int | None) -> int:
        """The data line; driven: level of the master, None: let go."""
        dut, at = self.bench.dut, PINS["spi_data"].first
        if int(dut.io_oeb.value) >> at & 1:
            return driven or 0
        assert driven is None, "chip and master drive the data line"
        self.turned += 1
        return int(dut.io_out.value) >> at & 1

    async def clocked(self, bits: Sequence[int]) -> list[int]:
        """Bits within a frame that has begun; the line is let go behind the command of a read."""
        came, reads = [], not bits or not bits[0]
        for number, bit in enumerate(bits):
            driven = None if reads and number >= COMMAND_BITS else bit
            self.bench.drive("spi_data", driven or 0)
            await self._half()
            came.append(self._line(driven))
            self.bench.drive("spi_clock", 1)
            await self._half()
            self.bench.drive("spi_clock", 0)
        return came

    async def frame(self, bits: Sequence[int]) -> list[int]:
        """A frame of any length at a random phase to the clock; returns what the line was at each rising edge
        of SCK."""
        await self.bench.jitter(CLOCK_NS)
        self.bench.drive("spi_select", 0)
        await self._half()
        came = await self.clocked(bits)
        await self._half()
        await self.idle()
        return came

    async def transfer(self, sent: bytes) -> bytes:
        """As Link.transfer of the driver."""
        return bytes_of(await self.frame(bits_of(sent)))

    async def read(self, offset: int) -> int:
        """A register by its byte offset."""
        return answer(await self.transfer(read_frame(offset)))

    async def write(self, offset: int, value: int) -> None:
        """Write a register by its byte offset."""
        await self.transfer(write_frame(offset, value))


async def same_registers(bench: Bench, master: SpiMaster, known: dict[str, Register]) -> None:
    """Each register of a map reads over SPI as over Wishbone, and settings keep what SPI writes."""
    for name, register in known.items():
        if register.readable and name not in TAKES:
            assert await master.read(register.offset) == await bench.read(name), name
        if "setting" in register.kinds and name not in ("ctrl", "irq_enable"):
            value = bench.random.getrandbits(32)
            await master.write(register.offset, value)
            assert await bench.read(name) == value & sum(bits.mask for bits in register.fields.values()), name
            assert await master.read(register.offset) == await bench.read(name), name


class SpiBench(Bench):
    """The controller over SPI: the bus of the management core is dead."""

    master: SpiMaster

    async def start(self, monitors: bool = True) -> None:
        """As Bench.start()."""
        await super().start(monitors)
        self.master = SpiMaster(self)
        await self.master.idle()

    async def write(self, register: str | int, value: int, sel: int = 0xF) -> None:
        """As Bench.write(); there are no byte selects."""
        assert sel == 0xF, "SPI writes whole words"
        await self.master.write(register if isinstance(register, int) else self.offsets[register], value)

    async def read(self, register: str | int) -> int:
        """As Bench.read()."""
        return await self.master.read(register if isinstance(register, int) else self.offsets[register])
