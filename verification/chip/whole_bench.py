"""Bench of the chip from its pins alone: Wishbone, digital pads, supplies and analog pads of
user_analog_project_wrapper."""

from __future__ import annotations

from collections.abc import Mapping

from cocotb.triggers import Timer
from neusoc.analog.references.model import START
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.pins import OBSERVED
from neusoc.digital.model.ispp import Job, Operation, Outcome
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.chip.whole_cells import CODE, PULSES, TARGET, figure_name
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.jobs import run_job

Levels = Mapping[tuple[int, int], int]  # row, column -> level
READ_CELLS = 8  # rows and columns that are read back
POLLS = 500  # of 200 cycles: more than a job of as many pulses as it may give takes
SILENT_EVENTS = 8  # more than the weakest of LEVELS needs
ANSWER_CYCLES = 100  # of a window, and the spike's way out
BOUND = 4000  # cycles: more than an image at the settings of whole_cells.py takes
LOOKED_AT = ("vtest", OBSERVED)  # pads that the chip drives
HIGH_PADS = ("vpp",)


class Whole(Bench):
    """The bench of the controller at the pins of the whole chip: what drove the core's side of the controller
    is the core now."""

    supplied_ns = 1e9 * START + 1000  # from the supplies to the clock

    async def start(self, monitors: bool = False) -> None:
        """Supplies, time for the references, then clock and reset, as a board brings them up."""
        dut = self.dut
        assert not monitors, "the monitors look at pins of the controller"
        inputs = (
            dut.wbs_cyc_i,
            dut.wbs_stb_i,
            dut.wbs_we_i,
            dut.wbs_sel_i,
            dut.wbs_adr_i,
            dut.wbs_dat_i,
            dut.io_in,
        )
        for signal in inputs:
            signal.value = 0
        dut.wb_rst_i.value = 1
        for supply in ("vssa1", "vssa2", "vssd1", "vssd2"):
            getattr(dut, supply).value = 0
        for supply in ("vccd1", "vccd2", "vdda1", "vdda2"):
            getattr(dut, supply).value = 1
        self.pads(HIGH_PADS)
        await Timer(self.supplied_ns, unit="ns")
        await self.clocked()

    def pads(self, high: tuple[str, ...]) -> None:
        """Analog pads of these nets at logic 1, those of the others at 0."""
        for net, pin in self.chip.pads.items():
            if net not in LOOKED_AT:
                name, _, index = pin.rstrip("]").partition("[")
                getattr(self.dut, name)[int(index)].value = int(net in high)

    async def enable(self) -> None:
        """Neurons on, from a discharged membrane; nothing received so far."""
        await self.write_fields("ctrl", enable=0)
        await self.cycles(20)
        await self.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
        self.received.clear()

    async def events_until_spike(self, row: int, most: int) -> int:
        """Events to a row, each given time to be answered, until one is or most were sent; returns how
        many."""
        for count in range(1, most + 1):
            await self.send(row)
            await self.cycles(ANSWER_CYCLES)
            if self.received:
                return count
        return most

    async def silent(self, row: int, what: str) -> None:
        """Events to a row that answers none."""
        await self.events_until_spike(row, SILENT_EVENTS)
        assert not self.received, f"row {row} {what}: spikes of {self.received}"

    async def shown(self, pixels: list[int]) -> tuple[int | None, int]:
        """Load an image, start it, wait for its interrupt; returns who won, and the cycles from the start's
        write on."""
        await self.write_fields("irq_status", image_end=1)
        await self.load(pixels)
        await self.write_fields("image", start=1)
        cycles = await self.until(
            lambda: bool(int(self.dut.user_irq.value) & 1), BOUND, "the end of the image"
        )
        return await self.winner(), cycles


def one_cell(operation: Operation, row: int, column: int) -> Job:
    """A job on one cell."""
    return Job(operation, row, row, column, column)


async def programmed(bench: Whole, wanted: Levels) -> tuple[dict[str, int], int]:
    """Bring the chip up, form and program cells, keep their figures.

    Args:
        bench: bench, not started yet.
        wanted: cells with their levels.

    Returns:
        Codes `base` and `step` of the grid, and the tolerance of a code, as after reset.
    """
    await bench.start()
    assert await bench.read_field("id", "rows") == bench.rows - 1
    await bench.arm()
    # The converter's twin has no noise: the sum of two reads is as good as the eight reads of the reset
    # value, in a quarter of the time.
    await bench.write_fields("read", range=0, count=1, shift=0)
    await bench.write_fields("path_timing", gap=3, program_settle=10, read_settle=25, wake=2)
    known = registers()
    grid = {name: field_reset(known["grid"].get_child_by_name(name)) for name in ("base", "step")}
    tolerance = field_reset(known["tolerance"].get_child_by_name("tolerance"))
    for (row, column), level in wanted.items():
        for operation, levels in ((Operation.FORM, None), (Operation.PROGRAM, [[level]])):
            error, results = await run_job(bench, None, one_cell(operation, row, column), levels, bound=POLLS)
            assert error == 0 and [r[:3] for r in results] == [(row, column, Outcome.OK)], (
                f"cell {row} {column}: {error}, {results}"
            )
        pulses, code = results[0][3:]
        target = grid["base"] + level * grid["step"]
        bench.log.info(
            "cell %d %d: level %d, target %d, code %d after %d pulses",
            row,
            column,
            level,
            target,
            code,
            pulses,
        )
        for what, value in ((TARGET, target), (CODE, code), (PULSES, pulses)):
            figure(figure_name(row, column, what), value, "")
        assert abs(code - target) <= tolerance and pulses
    return grid, tolerance


async def read_back(
    bench: Whole, wanted: Levels, grid: Mapping[str, int], tolerance: int
) -> dict[tuple[int, int], float]:
    """Conductances (S) of programmed cells as the converter reads them once; those beside them have none.

    Args:
        bench: bench as programmed() left it.
        wanted: cells with their levels.
        grid, tolerance: results of programmed().
    """
    await bench.write_fields("read", range=0, count=0, shift=0)
    error, results = await run_job(
        bench, None, Job(Operation.READ, 0, READ_CELLS - 1, 0, READ_CELLS - 1), bound=POLLS
    )
    assert error == 0 and len(results) == READ_CELLS**2
    conductance = {}
    for row, column, outcome, pulses, code in results:
        assert outcome == Outcome.OK and pulses == 0
        target, most = 0.0, 1.0
        if (row, column) in wanted:  # half the code of the sum
            target, most = (grid["base"] + wanted[row, column] * grid["step"]) / 2, 1 + tolerance / 2
            conductance[row, column] = float(SenseAdc().conductance(code))
        assert abs(code - target) <= most, f"cell {row} {column}: code {code}, not {target}"
    return conductance
