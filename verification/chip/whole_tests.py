"""The chip from its pins alone: cells are programmed, images shown and told, events answered. Run by
whole.py."""

from __future__ import annotations

import cocotb
import numpy as np
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.chip import Chip
from neusoc.digital.model import regmap
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.words import Refusal
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.software.emulator.expected_images import (
    CODES_OFF,
    EVENT,
    MOST_OVERHEAD,
    NOBODY,
    events_to_spike,
    expected,
    twin,
)
from neusoc.software.emulator.membranes import Membranes
from neusoc.verification.chip.whole_bench import BOUND, POLLS, READ_CELLS, Whole, programmed, read_back
from neusoc.verification.chip.whole_cells import (
    CYCLES,
    EVENTS,
    EXPECTED,
    FEWEST,
    IMAGES,
    LEVELS,
    MOST,
    SETTINGS,
    WANTED,
    WINNER,
    figure_name,
    image_name,
)
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.jobs import start_job, take_result
from neusoc.verification.cocotb.spi_bench import SpiMaster


def image_of(chip: Chip, bright: dict[int, int]) -> list[int]:
    """Pixels of all rows."""
    return [bright.get(row, 0) for row in range(chip.rows)]


async def images(bench: Whole, membranes: Membranes) -> None:
    """Each image is answered as the twin says, after as long as it says; at the settings after reset too."""
    await bench.write_image_settings(SETTINGS)
    await bench.write_fields("irq_enable", image_end=1)
    await bench.enable()
    for name, bright in IMAGES.items():
        pixels = image_of(bench.chip, bright)
        (winner, cycles), (wanted, most) = await bench.shown(pixels), expected(membranes, pixels, SETTINGS)
        bench.log.info(
            "image %s: %s after %d cycles, expected %s after %d", name, winner, cycles, wanted, most
        )
        for what, value in ((WINNER, winner), (WANTED, wanted)):
            figure(image_name(name, what), NOBODY if value is None else value, "")
        for what, value in ((CYCLES, cycles), (EXPECTED, most)):
            figure(image_name(name, what), value, "cycles")
        assert winner == wanted, f"image {name}: neuron {winner} wins, not {wanted}"
        off = cycles - most
        if wanted is None:
            assert 0 <= off <= MOST_OVERHEAD, f"image {name}: nobody wins after {cycles} cycles, not {most}"
        assert abs(off) <= CODES_OFF * SETTINGS.step, f"image {name}: {cycles} cycles, not {most}"
    fast = ImageSettings(ratios=SETTINGS.ratios)
    await bench.write_image_settings(fast)
    for name in ("one row", "the brighter row", "negative column"):
        pixels = image_of(bench.chip, IMAGES[name])
        winner, wanted = (await bench.shown(pixels))[0], expected(membranes, pixels, fast)[0]
        assert winner == wanted, f"image {name}, a code each cycle: neuron {winner} wins, not {wanted}"


async def events(bench: Whole, cells: np.ndarray) -> None:
    """Address events on the row of each cell in a positive column, alone on its row: its neuron's address
    comes out when it should."""
    await bench.write_image_settings(SETTINGS)
    await bench.write_fields("window", **EVENT)
    code = field_reset(registers()["threshold"].get_child_by_name("rest"))
    # A code of the converter says the conductance within a step; the comparator waits for about as much as a
    # code of the threshold.
    for row, column in LEVELS:
        if column % 2:
            continue
        both = [
            twin(bench.chip, np.maximum(cells + sign * SenseAdc().step * (cells > 0), 0)) for sign in (1, -1)
        ]
        await bench.enable()
        if (row, column + 1) in LEVELS:
            await bench.silent(row, "adds less than the negative column of its pair takes")
            fewest = most = count = 0
        else:
            (fewest, neurons), (most, _) = (
                events_to_spike(one, row, at) for one, at in zip(both, (code, code + 1), strict=True)
            )
            count = await bench.events_until_spike(row, most + 1)
            bench.log.info(
                "row %d: %d events, spikes of %s, expected %d after %d to %d",
                row,
                count,
                bench.received,
                neurons,
                fewest,
                most,
            )
            assert bench.received == neurons == [column // 2], (
                f"row {row}: spikes of {bench.received}, not {neurons}"
            )
            assert fewest <= count <= most, f"row {row}: a spike after {count} events, not {fewest} to {most}"
        for what, value in ((EVENTS, count), (FEWEST, fewest), (MOST, most)):
            figure(figure_name(row, column, what), value, "")
    await bench.enable()
    await bench.silent(0, "has no cell")


async def nothing_while_a_job_runs(bench: Whole, membranes: Membranes) -> None:
    """While a job runs an image is not started and an event waits: nothing is heard. Behind it the event
    spikes, then the image is told."""
    await bench.write_image_settings(SETTINGS, rest=1)
    await bench.enable()
    (row, column), *_ = LEVELS
    pixels = image_of(bench.chip, {row: 15})
    await bench.load(pixels)
    before = await bench.image_field("count")
    await start_job(bench, Job(Operation.READ, 0, READ_CELLS - 1, 0, READ_CELLS - 1))
    event = cocotb.start_soon(bench.send(row, bound=POLLS * 200))
    await bench.write_fields("image", start=1)
    assert await bench.read_field("error", "bus") == Refusal.BUSY, "an image is started while a job runs"
    taken = 0
    while taken < READ_CELLS**2:
        status = await bench.read("job_status")
        waiting, heard_of = event.done(), list(bench.received)
        state = (await bench.read("image")) >> 8 & 7
        assert state == 0b100, f"busy, waits and full are {state:03b} while a job runs"
        if (await bench.read("job_status")) & 1:
            assert not waiting and not heard_of, f"spikes of {heard_of} while a job runs"
        for _ in range(status >> 16 & 0x1F):
            await take_result(bench)
            taken += 1
    assert await bench.read_field("irq_status", "event_in_job"), "the event that waits is not told"
    await bench.until(lambda: bool(bench.received), BOUND, "the spike of the event that waited")
    assert event.done() and bench.received == [column // 2], f"behind the job: spikes of {bench.received}"
    wanted, _ = expected(membranes, pixels, SETTINGS)
    await bench.write_fields("irq_status", image_end=1)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(int(bench.dut.user_irq.value) & 1), BOUND, "the end of the image")
    assert await bench.image_field("count") == (before + 1) % 256 and await bench.winner() == wanted


@cocotb.test()
async def whole_chip(dut) -> None:
    """Cells are formed, programmed, read back; images are told as the cells say; events spike; nothing is
    heard while a job runs."""
    bench = Whole(dut, seed=1)
    after_reset = await programmed(bench, LEVELS)
    cells = np.zeros((bench.rows, bench.chip.columns))
    for place, siemens in (await read_back(bench, LEVELS, *after_reset)).items():
        cells[place] = siemens
    membranes = twin(bench.chip, cells)
    cocotb.start_soon(bench.receive_forever())
    await images(bench, membranes)
    await events(bench, cells)
    await nothing_while_a_job_runs(bench, membranes)


@cocotb.test()
async def whole_chip_over_spi(dut) -> None:
    """The SPI port from the chip's pads: registers before Wishbone was ever used, and the same through both
    then."""
    bench = Whole(dut, seed=2)
    await bench.start()
    master, known = SpiMaster(bench), regmap.registers()
    await master.idle()
    number = await master.read(known["id"].offset)
    assert number >> known["id"].fields["magic"].lsb == known["id"].fields["magic"].reset, (
        f"ID over SPI is {number:08x}"
    )
    for value in (0x5A, 0xA5):
        await master.write(known["grid"].offset, value)
        assert await master.read(known["grid"].offset) == value
    assert (await bench.read("id"), await bench.read("grid")) == (
        number,
        value,
    ) and not await bench.read_field("spi", "bad")
    assert master.turned == 3 * 40, "the chip drives the data pad in the last 40 bits of a read alone"
