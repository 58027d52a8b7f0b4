"""The SPI port: every register, frames of all lengths, both ports at once, a chip without Wishbone; the logic
analyser's pins."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.task import bridge, resume
from cocotb.triggers import RisingEdge, Timer
from cocotb.utils import get_sim_time
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.regmap import registers
from neusoc.digital.model.words import KEY, Refusal
from neusoc.software.driver.backends.spi import Spi, check_sum, read_frame, write_frame
from neusoc.software.driver.identity import identify
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import Refused
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import CLOCK_NS, WISHBONE_BASE, WISHBONE_BOUND, Bench, WBOp
from neusoc.verification.cocotb.checks import figure, started
from neusoc.verification.cocotb.controller_converter_tests import RandomCodes
from neusoc.verification.cocotb.core_model import CoreModel
from neusoc.verification.cocotb.jobs import run_job
from neusoc.verification.cocotb.spi_bench import FASTEST_HALF_NS, SpiBench, SpiMaster, bits_of, same_registers

WRITE_BITS, READ_BITS = 56, 72
# What an SPI access takes of the bus before Wishbone's: switch, three cycles, switch back; with one that
# waits for a configuration.
BOTH_BOUND = WISHBONE_BOUND + 12


async def both(
    dut, seed: int, half_ns: float = FASTEST_HALF_NS, monitors: bool = False
) -> tuple[Bench, SpiMaster]:
    """A bench on Wishbone and a master on SPI, idle."""
    bench = await started(dut, seed, monitors)
    master = SpiMaster(bench, half_ns)
    await master.idle()
    return bench, master


async def bad_frames(bench: Bench) -> int:
    """Frames that were not whole, of SPI.bad."""
    return await bench.read_field("spi", "bad")


@cocotb.test()
async def spi_registers(dut):
    """Over SPI each register reads as over Wishbone, settings keep what is written, refusals are told."""
    bench, master = await both(dut, 701)
    await same_registers(bench, master, registers())
    free = max(register.offset for register in registers().values()) + 4
    for offset, code in (
        (free, Refusal.RESERVED),
        (0xFFC, Refusal.RESERVED),
        (2, Refusal.PARTIAL),
        (0, Refusal.READ_ONLY),
    ):
        await bench.write("error", 0)
        await master.write(offset, 1)
        assert await bench.read_field("error", "bus") == code, hex(offset)
    assert await master.read(0xFFC) == 0 and await bad_frames(bench) == 0


@cocotb.test()
async def spi_frames_of_all_lengths(dut):
    """Frames of 0 to 80 bits: whole ones are done, all others write nothing and are counted; so are frames
    with bits that must be 0."""
    bench, master = await both(dut, 702, monitors=True)
    offset = bench.offsets["exposure"]
    bad = 0
    for length in range(81):
        await bench.write("exposure", 0x01010101)
        word = bench.random.getrandbits(32)
        frame = (bits_of(write_frame(offset, word)) + [bench.random.randrange(2) for _ in range(24)])[:length]
        await master.frame(frame)
        bad += length != WRITE_BITS
        assert await bench.read("exposure") == (word if length == WRITE_BITS else 0x01010101), (
            f"{length} bits"
        )
        await master.frame((bits_of(read_frame(offset)) + [0] * 8)[:length])
        bad += length != READ_BITS
        assert await bad_frames(bench) == bad, f"{length} bits"
        if length % 8 == 0:
            assert await master.read(offset) == await bench.read("exposure"), f"behind {length} bits"
    for bit in (1, 2, 3):
        for frame, checked in ((write_frame(offset, 5), 6), (read_frame(offset), 2)):
            wrong = bytes([frame[0] | 0x80 >> bit]) + frame[1:checked]
            await master.frame(bits_of(wrong + bytes([check_sum(wrong)]) + frame[checked + 1 :]))
            bad += 1
    assert await bad_frames(bench) == bad and await bench.read("exposure") != 5
    await master.write(bench.offsets["spi"], 0)
    assert await bad_frames(bench) == 0
    for _ in range(300):
        bench.drive("spi_select", 0)
        await bench.cycles(5)
        await master.idle()
    assert await bad_frames(bench) == 255, "the counter does not stop"


@cocotb.test()
async def spi_disturbed_frames(dut):
    """Any one bit of a frame the other way round, or two in a row: nothing is written or read, and it is
    counted; the chip's answer has a check sum of its own."""
    bench, master = await both(dut, 711)
    offset, bad = bench.offsets["exposure"], 0
    await bench.write("exposure", 0x01020304)
    for frame, checked in ((write_frame(offset, 0x0A0B0C0D), WRITE_BITS), (read_frame(offset), 24)):
        for at in range(checked):
            for wide in (1, 2):
                wrong = bits_of(frame)
                for flipped in range(at, min(at + wide, checked)):
                    wrong[flipped] ^= 1
                turned = master.turned
                await master.frame(wrong)
                bad += 1
                assert await bad_frames(bench) == min(bad, 255), f"bit {at}, {wide} wide"
                assert master.turned == turned, f"bit {at}: the chip answers a frame that is none"
    assert await bench.read("exposure") == 0x01020304
    assert await master.read(offset) == 0x01020304


@cocotb.test()
async def spi_at_random_phases(dut):
    """SCK at an eighth of the clock and slower, select that falls and rises at any moment: what is read is
    what was written."""
    bench, master = await both(dut, 703)
    names = ("exposure", "set_wl", "window", "region", "aer_timeout")
    whole = {name: sum(bits.mask for bits in registers()[name].fields.values()) for name in names}
    kept = {name: await bench.read(name) for name in names}
    bad = 0
    for _ in range(60):
        master.half_ns = FASTEST_HALF_NS * bench.random.choice((1.0, 1.0, 1.01, 1.13, 1.5, 3.0))
        name, word = bench.random.choice(names), bench.random.getrandbits(32)
        if bench.random.random() < 0.3:
            bits = bits_of(
                bench.random.choice((write_frame(bench.offsets[name], word), read_frame(bench.offsets[name])))
            )
            await master.frame(bits[: bench.random.randrange(1, WRITE_BITS)])
            bad += 1
        else:
            await master.write(bench.offsets[name], word)
            kept[name] = word & whole[name]
        name = bench.random.choice(names)
        assert await master.read(bench.offsets[name]) == kept[name], name
    assert await bad_frames(bench) == bad
    assert {name: await bench.read(name) for name in names} == kept


@cocotb.test()
async def spi_and_wishbone_at_once(dut):
    """Both ports without a pause: each access of either is done once, none is lost, and Wishbone waits for
    one access of SPI at most."""
    bench, master = await both(dut, 704)
    waits: list[int] = []

    async def wishbone() -> None:
        """Its own registers, back to back, in bursts."""
        while not done:
            words = [bench.random.getrandbits(10) for _ in range(6)]
            burst = [
                WBOp(WISHBONE_BASE + bench.offsets["window"], word, acktimeout=BOTH_BOUND) for word in words
            ]
            reads = [WBOp(WISHBONE_BASE + bench.offsets["window"], acktimeout=BOTH_BOUND)]
            found = await bench.transfer([operation for word in burst for operation in (word, *reads)])
            assert found[1::2] == words, "Wishbone lost an access"

    async def watch() -> None:
        """How long Wishbone waits for its acknowledge."""
        waited = 0
        while True:
            await RisingEdge(dut.wb_clk_i)
            asks = int(dut.wbs_cyc_i.value) and int(dut.wbs_stb_i.value)
            waited = waited + 1 if asks and not int(dut.wbs_ack_o.value) else 0
            waits.append(waited)

    done = False
    watcher, other = cocotb.start_soon(watch()), cocotb.start_soon(wishbone())
    await bench.cycles(20)
    word = 0
    for number in range(40):
        if number % 2:
            assert await master.read(bench.offsets["exposure"]) == word
        else:
            word = bench.random.getrandbits(32)
            await master.write(bench.offsets["exposure"], word)
    done = True
    await other
    watcher.cancel()
    bench.log.info("Wishbone waits for %d cycles at most", max(waits))
    figure("wishbone_wait_beside_spi", max(waits), "cycles")
    assert 3 < max(waits) <= WISHBONE_BOUND, "the ports never met, or Wishbone waits for more than one access"
    assert await bench.read("exposure") == word and await bad_frames(bench) == 0


@cocotb.test()
async def spi_takes_once(dut):
    """A read that takes something takes it once; a frame that is cut behind its command has taken it, and is
    told."""
    bench, master = await both(dut, 705)
    await bench.write_fields("refractory", count=0, prescale=0)
    await master.write(bench.offsets["ctrl"], 1)
    for neuron in (1, 2, 3):
        cocotb.start_soon(bench.fire(neuron))
    await bench.cycles(20)
    event_out = registers()["event_out"]
    valid, neuron = event_out.fields["valid"].mask, event_out.fields["neuron"].mask
    found = [await master.read(event_out.offset)]
    await master.frame(bits_of(read_frame(event_out.offset))[:38])
    found += [await master.read(event_out.offset) for _ in range(2)]
    assert [word & neuron for word in found if word & valid] == [1, 3] and not found[-1] & valid
    assert await bad_frames(bench) == 1


@cocotb.test()
async def spi_alone_runs_a_chip(dut):
    """No Wishbone at all: event ports enabled, an event in and a spike out, a job."""
    bench = SpiBench(dut, 706)
    model = ArrayModel(dut, device=RandomCodes(7))
    model.start()
    await bench.start(monitors=False)
    cocotb.start_soon(bench.receive_forever())
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    await bench.send(1)
    await bench.fire(2)
    await bench.until(lambda: bench.received == [2], 200, "the spike")
    await bench.write_fields("ctrl")
    error, results = await run_job(bench, model, Job(Operation.READ, 0, 0, 0, 1))
    assert error == 0 and [result[:2] for result in results] == [(0, 0), (0, 1)]
    assert not int(dut.wbs_cyc_i.value) and await bench.read_field("spi", "bad") == 0


@cocotb.test()
async def image_over_spi_alone(dut):
    """References, latches, an image and its answer without Wishbone; how long the image takes to load."""
    bench = SpiBench(dut, 722)
    core = CoreModel(bench, np.ones((bench.rows, bench.neurons), dtype=int))
    core.start()
    await bench.start(monitors=False)
    await bench.write("reference", 5)
    assert core.words[0] == 5
    await bench.write("reference", 0)
    await bench.write_fields("ctrl", enable=1)
    await bench.write_image_settings(ImageSettings(windows=(8, 4, 2, 1), top=60, clear=2))
    begin = get_sim_time("ns")
    await bench.load([15] * bench.rows)
    took = get_sim_time("ns") - begin
    assert await bench.image_field("full")
    figure("image_load_spi", took / 1000, "us")
    bench.log.info("%d rows loaded over SPI in %.0f ns, %.0f cycles", bench.rows, took, took / CLOCK_NS)
    await bench.write_fields("image", start=1)
    for _ in range(100):
        if await bench.image_field("count"):
            break
    assert await bench.image_field("count") == 1 and await bench.winner() is not None
    assert await bench.read_field("spi", "bad") == 0 and not int(dut.wbs_cyc_i.value)


@cocotb.test()
async def spi_through_a_reset(dut):
    """A reset amid a frame: what is left of it is no frame, whatever its bits; the next one is. The data line
    is let go without a clock."""
    bench, master = await both(dut, 707)
    tail = bits_of(write_frame(bench.offsets["window"], 0x155))
    frames = [tail[:begun] for begun in range(0, 30, 3)]
    frames += [(bits_of(read_frame(bench.offsets["window"])))[:begun] for begun in range(15, READ_BITS, 3)]
    turned = 0
    for begun in frames:
        bench.drive("spi_select", 0)
        await bench.cycles(6)
        await master.clocked(begun)
        turned += not int(dut.io_oeb.value) >> 6 & 1
        dut.wb_rst_i.value = 1
        await Timer(1, unit="ns")
        assert int(dut.io_oeb.value) >> 6 & 1, "the data line is driven until the clock comes"
        await bench.cycles(3)
        assert int(dut.io_oeb.value) >> 6 & 1, "the data line is driven in reset"
        dut.wb_rst_i.value = 0
        await bench.cycles(4)
        await master.clocked(tail)
        await master.idle()
        assert await bench.read("window") != 0x155 and await bad_frames(bench) == 0
        await master.write(bench.offsets["window"], 0x2AA)
        assert await bench.read("window") == 0x2AA
    assert turned >= 10, "the chip never drove the line before a reset"


@cocotb.test()
async def spi_too_early(dut):
    """A frame whose first edge comes while the access of the one before waits for Wishbone: it is bad, that
    access is done."""
    bench, master = await both(dut, 710)
    refused = 0
    for lead in range(16):
        await bench.write("exposure", 0x01010101)
        await bench.write("spi", 0)
        bench.drive("spi_select", 0)
        await bench.cycles(6)
        await master.clocked(bits_of(write_frame(bench.offsets["exposure"], 0x02020202)))
        slow = [WBOp(WISHBONE_BASE + bench.offsets["neuron_config"], lead & 7, acktimeout=BOTH_BOUND)] * 4
        other = cocotb.start_soon(bench.transfer(slow))
        await bench.cycles(lead)
        bench.drive("spi_select", 1)
        await bench.cycles(2)
        bench.drive("spi_select", 0)
        await bench.cycles(2)
        await SpiMaster(bench, CLOCK_NS).clocked(bits_of(write_frame(bench.offsets["exposure"], 0x03030303)))
        await master.idle()
        await other
        found, bad = await bench.read("exposure"), await bad_frames(bench)
        assert (found, bad) in ((0x02020202, 1), (0x03030303, 0)), f"lead {lead}: {found:#x}, {bad} bad"
        refused += bad
    assert refused, "no frame came before the access of the last was done"


@cocotb.test()
async def spi_under_the_driver(dut):
    """The driver's transport: who the chip is, a setting changed, a refusal as an exception."""
    bench, master = await both(dut, 708)

    class Link:
        """The bench's master, called from the driver's thread."""

        def transfer(self, sent: bytes) -> bytes:
            return resume(master.transfer)(sent)

    def script() -> tuple[int, int, int]:
        chip = Registers(Spi(Link()))
        found = identify(chip, None)
        chip.change("timing", settle=7)
        try:
            chip.set("lock", lock=1)
            chip.set("key", code=KEY)
        except Refused as error:
            return found.rows, found.neurons, error.code
        return found.rows, found.neurons, 0

    rows, neurons, code = await bridge(script)()
    assert (rows, neurons, code) == (bench.rows, bench.neurons, Refusal.LOCKED) and await bench.read_field(
        "timing", "settle"
    ) == 7
