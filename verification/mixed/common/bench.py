"""The controller's cocotb bench with the analog core in ngspice, in lock-step at each edge of the clock."""

from __future__ import annotations

from typing import Self

import cocotb
from cocotb.triggers import FallingEdge
from neusoc.digital.pinmap import PINS
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.mixed.common.analog import AnalogCore, job_file, seconds_now

DIGITAL_TRACES = ("aer_in_req", "aer_in_ack", "aer_out_req", "aer_out_ack")


class MixedBench(Bench):
    """The controller's bench with the analog core in place of driven spikes."""

    def __init__(self, dut, job: dict) -> None:
        super().__init__(dut, seed=1)
        self.job = job
        self.core = AnalogCore(dut, job)
        self.traces: list[tuple[float, ...]] = []
        self.requests: list[tuple[float, int]] = []

    @classmethod
    async def begin(cls, dut) -> Self:
        """A bench for the job file, out of reset, with the pulses' times set."""
        bench = cls(dut, job_file())
        await bench.start()
        job = bench.job
        cycles = job["phase_cycles"]
        await bench.write_fields("timing", settle=job["settle_cycles"], gap=job["gap_cycles"], phi_p=cycles, phi_n=cycles)
        return bench

    async def start(self) -> None:
        cocotb.start_soon(self.core.follow())
        await super().start()
        cocotb.start_soon(self._trace())
        cocotb.start_soon(self.receive_forever())

    async def _trace(self) -> None:
        """Pins at each falling edge; address events out by the time of their request."""
        last = 0
        while True:
            await FallingEdge(self.dut.wb_clk_i)
            request = self.pin("aer_out_req")
            if request and not last:
                self.requests.append((seconds_now(), self.pins("aer_out_address")))
            last = request
            inputs = int(self.dut.io_in.value)
            row = (self._level("aer_in_req", inputs), self.pin("aer_in_ack"), request, self._level("aer_out_ack", inputs))
            self.traces.append((seconds_now(), *row))

    @staticmethod
    def _level(name: str, inputs: int) -> int:
        return inputs >> PINS[name].first & 1

    async def rest(self) -> bool:
        """Wait until no neuron has been discharged for four cycles; False if that takes longer than refractory times can explain."""
        quiet = 0
        for _ in range(self.job["rest_cycles"]):
            quiet = 0 if self.core.discharged() else quiet + 1
            if quiet > 4:
                return True
            await self.cycles(1)
        return False

    async def burst(self, row: int, fires: list[int], most: int) -> dict:
        """Send events for a row until all of `fires` have fired, or `most` events; returns what fired at which event."""
        begin, seen = seconds_now(), len(self.received)
        fired: list[dict] = []
        sent, rests = 0, True
        while sent < most and not (fires and set(fires) <= {f["neuron"] for f in fired}):
            await self.send(row, bound=200)
            sent += 1
            await self.until(lambda: not self.busy(), 600, f"end of the pulse on row {row}")
            await self.cycles(4)                    # a spike's way to the discharge
            rests = await self.rest()
            fired += [{"neuron": neuron, "event": sent} for neuron in self.received[seen:]]
            seen = len(self.received)
            if not rests:
                break
        return {"row": row, "sent": sent, "fired": fired, "begin": begin, "end": seconds_now(), "rests": rests}
