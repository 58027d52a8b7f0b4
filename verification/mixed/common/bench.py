"""The controller's cocotb bench with core and references in ngspice, from the supplies on."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.triggers import FallingEdge, Timer
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.mixed.common.analog import AnalogCore, job_file, seconds_now
from neusoc.verification.mixed.common.ratings import seen

SPIKES_OUT = 40  # cycles, for the address events of neurons that fire together
SEND_CYCLES, WINDOW_CYCLES = 400, 400


class MixedBench(Bench):
    """The controller's bench with core and references in place of an array in integers; the job file says
    what to do."""

    def __init__(self, dut) -> None:
        super().__init__(dut, seed=1)
        self.job = job_file()
        self.core = AnalogCore(dut, self.job)
        self.requests: list[tuple[float, int]] = []

    async def supplied(self) -> None:
        """Supplies one after the other; behind a ramp of the logic's, what the controller drives in reset
        without a clock."""
        ngspice, levels = self.core.ngspice, self.job["levels"]
        for step in self.job["supplies"]:
            await Timer(self.job["ramp_ns"], unit="ns")
            ngspice.advance(seconds_now())
            ngspice.set(**{f"v{net}": levels[net] for net in step["up"]})
            if step["in_reset"]:
                await Timer(self.job["ramp_ns"], unit="ns")
                ngspice.advance(seconds_now())
                ngspice.set(**{source: levels["vdd1v8"] for source in step["in_reset"]})
        await Timer(self.job["ramp_ns"], unit="ns")

    async def begin(self) -> float:
        """Supplies, clock, reset, and the wait for the references; returns the time at which they have
        started, s."""
        await self.supplied()
        cocotb.start_soon(self.core.follow())
        await self.start(monitors=False)
        cocotb.start_soon(self.receive_forever())
        left = self.job["started_s"] - seconds_now()
        await Timer(max(1, round(left * 1e9)), unit="ns")
        await self.cycles(1)
        return seconds_now()

    def listen(self, on: bool = True) -> None:
        """Whether neurons are heard when they fire; ngspice is stopped at each edge of the clock for it."""
        self.job["lazy"] = not on

    async def enable(self) -> None:
        """Neurons on, from a discharged membrane; nothing received so far."""
        await self.write_fields("ctrl", enable=0)
        await self.cycles(20)
        await self.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
        await self.cycles(20)
        self.received.clear()

    async def event(self, row: int) -> None:
        """An event on a row, and the time that a spike of it takes to the pins."""
        await self.send(row, bound=SEND_CYCLES)
        await self.until(lambda: not self.busy(), WINDOW_CYCLES, f"the end of the window on row {row}")
        await self.cycles(SPIKES_OUT)

    async def watch_requests(self) -> None:
        """For ever: time and address of each address event that the controller asks to send."""
        last = 0
        while True:
            await FallingEdge(self.dut.wb_clk_i)
            request = self.pin("aer_out_req")
            if request and not last:
                self.requests.append((seconds_now(), self.pins("aer_out_address")))
            last = request

    def leave(self, found: dict) -> None:
        """End ngspice; write waves and result, with the devices' voltages where every node was kept."""
        record = self.core.end()
        if rated := self.job.get("rated"):
            found |= seen(record, Path(rated["core"]).read_text(), rated["macros"])
        self.core.leave(record, found)
