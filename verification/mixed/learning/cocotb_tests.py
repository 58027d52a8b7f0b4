"""cocotb half of the learning test: patterns come in as address events; spikes, inhibition and the waveform
do the rest.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it.
"""

from __future__ import annotations

import cocotb
from neusoc.digital.regs.generate import field_reset
from neusoc.software.emulator.expected_images import EVENT
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import SEND_CYCLES, WINDOW_CYCLES, MixedBench

WAKE_CYCLES = 16  # a unit of PATH_TIMING.wake
# Bounds. A rest waits for the discharge behind a spike, and for the neurons' own state of the lines behind
# that.
REST_CYCLES, WAVEFORM_CYCLES = 60, 2000


class LearningBench(MixedBench):
    """Presents patterns until a neuron fires, and its learning waveform."""

    learns = 0

    async def control(self, enable: int, learn: int) -> None:
        """Write CTRL; neurons inhibit each other in all states of it, and the DAC of the rail wakes where
        learning begins."""
        await self.write_fields("ctrl", enable=enable, aer_in=1, aer_out=1, winner=1, learn=learn)
        if learn and not self.learns:
            wake = field_reset(self.map["path_timing"].get_child_by_name("wake"))
            assert wake, "PATH_TIMING.wake is 0 after reset: the DAC of the rail would get no time"
            await self.cycles(WAKE_CYCLES * wake)
        self.learns = learn

    def fires(self) -> bool:
        """Whether a neuron's waveform runs."""
        return int(self.dut.fire_1v8_o.value) != 0

    def at_rest(self) -> bool:
        """No row on, no neuron firing or discharged."""
        return not (self.busy() or self.core.discharged() or self.fires())

    async def present(self, presentation: dict) -> dict:
        """Events until a neuron fires, then its waveform to the end; returns what happened."""
        factor, learns = presentation["factor"], presentation["learn"]
        await self.write_fields("factor", value=factor & 7)
        await self.control(1, int(learns))
        await self.until(self.at_rest, REST_CYCLES, "neurons released")
        rows, seen, sent, begin = presentation["rows"], len(self.received), 0, seconds_now()
        spiked = False
        while sent < presentation["most"] and not spiked:
            await self.send(rows[sent % len(rows)], bound=SEND_CYCLES)
            sent += 1
            await self.until(lambda: not self.busy(), WINDOW_CYCLES, "end of the window")
            for _ in range(self.job["spike_cycles"]):
                spiked = spiked or bool(self.core.discharged())
                await self.cycles(1)
        late = None
        if spiked and learns and factor:  # lines and rail come first
            await self.until(self.fires, WAVEFORM_CYCLES, "begin of the waveform")
            late = cocotb.start_soon(self.send_late(presentation["late"]))
        await self.until(self.at_rest, WAVEFORM_CYCLES, "end of the waveform")
        if late:
            await late
            await self.until(self.at_rest, WAVEFORM_CYCLES, "end of the events behind the waveform")
        end = seconds_now()
        self.listen(False)  # nothing moves until the window is over
        await self.cycles(self.job["window_cycles"])
        self.listen()
        if not spiked or presentation["late"]:  # what was integrated goes
            await self.control(0, 0)
            await self.cycles(8)
        return {"sent": sent, "fired": self.received[seen:], "begin": begin, "end": end}

    async def send_late(self, rows: list[int]) -> None:
        """Events that ask while a waveform runs; each is shown behind it."""
        for row in rows:
            await self.send(row, bound=WAVEFORM_CYCLES)
            await self.cycles(self.job["spike_cycles"])
            await self.until(lambda: not self.busy(), WINDOW_CYCLES, "end of the window")

    async def present_all(self) -> list[dict]:
        """All presentations of the job with its settings of learning."""
        await self.write_fields("learn", **self.job["learning"])
        await self.write_fields("inhibit", cycles=self.job["inhibit_cycles"])
        await self.write_fields("refractory", count=0, prescale=0)
        presented = []
        for presentation in self.job["presentations"]:
            presented.append(await self.present(presentation))
            self.log.info("%s: %s", presentation["name"], presented[-1])
        return presented


@cocotb.test(timeout_time=2000, timeout_unit="us")
async def neurons_learn(dut) -> None:
    """Supplies, references, all presentations."""
    bench = LearningBench(dut)
    started = await bench.begin()
    bench.listen()
    await bench.write_fields("window", **EVENT)
    presented = await bench.present_all()
    errors = await bench.read("errors")
    bench.leave({"started": started, "presented": presented, "errors": errors, "clock_s": CLOCK_NS * 1e-9})
