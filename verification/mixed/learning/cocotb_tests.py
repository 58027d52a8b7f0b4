"""cocotb half of the learning test: patterns come in as address events; spikes, inhibition and the learning waveform do the rest.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it.
"""

from __future__ import annotations

import cocotb
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import MixedBench

SPIKE_CYCLES = 8                # from a comparator to the discharge of all neurons: synchroniser, collector
WAVEFORM_CYCLES = 2000


class LearningBench(MixedBench):
    """Presents patterns."""

    async def control(self, enable: int, learn: int) -> None:
        """Write CTRL; neurons inhibit each other in all states of it."""
        await self.write_fields("ctrl", enable=enable, aer_in=1, aer_out=1, winner=1, learn=learn, signed_phase=int(self.job["signed"]))

    def at_rest(self) -> bool:
        """No row on, no neuron firing or discharged."""
        return not (self.busy() or self.discharged() or int(self.dut.fire_1v8_o.value))

    async def present(self, presentation: dict) -> dict:
        """Events until a neuron fires, then its waveform to the end; returns what happened."""
        await self.write_fields("factor", value=presentation["factor"] & 7)
        await self.control(1, int(presentation["learn"]))
        await self.until(self.at_rest, 40, "neurons released")
        rows, seen, sent, begin = presentation["rows"], len(self.received), 0, seconds_now()
        spiked = False
        while sent < presentation["most"] and not spiked:
            await self.send(rows[sent % len(rows)], bound=200)
            sent += 1
            await self.until(lambda: not self.busy(), 600, "end of the pulse")
            for _ in range(SPIKE_CYCLES):
                spiked = spiked or bool(self.discharged())
                await self.cycles(1)
        fired = seconds_now()
        await self.until(self.at_rest, WAVEFORM_CYCLES, "end of the waveform")
        end = seconds_now()
        await self.cycles(self.job["window_cycles"])
        if not spiked:                              # what was integrated goes
            await self.control(0, 0)
            await self.cycles(8)
        return {"sent": sent, "fired": self.received[seen:], "begin": begin, "spike": fired, "end": end}


@cocotb.test(timeout_time=1000, timeout_unit="us")
async def neurons_learn(dut) -> None:
    """All presentations from reset on."""
    bench = await LearningBench.begin(dut)
    job = bench.job
    await bench.write_fields("learn", **job["learning"])
    await bench.write_fields("inhibit", cycles=job["inhibit_cycles"])
    await bench.write_fields("refractory", count=0, prescale=0)
    presented = []
    for presentation in job["presentations"]:
        presented.append(await bench.present(presentation))
        dut._log.info("%s: %s", presentation["name"], presented[-1])
    errors = await bench.read("errors")
    bench.core.leave(bench.core.end(), {"presented": presented, "errors": errors})
