"""Patterns as address events until a neuron fires, and its learning waveform: the same on both cores."""

from __future__ import annotations

import cocotb
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.mixed.common.analog import AnalogCore, seconds_now

# Bounds. A rest waits for the discharge behind a spike, and on the image core for the neurons' own state of the lines behind that.
SEND_CYCLES, PULSE_CYCLES, REST_CYCLES, WAVEFORM_CYCLES = 200, 600, 60, 2000


class Presenting(Bench):
    """What a bench with a core behind it does to teach; each core's own says what CTRL is."""

    job: dict
    core: AnalogCore

    async def control(self, enable: int, learn: int) -> None:
        """Write CTRL; neurons inhibit each other in all states of it."""
        raise NotImplementedError

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
            await self.until(lambda: not self.busy(), PULSE_CYCLES, "end of the pulse")
            for _ in range(self.job["spike_cycles"]):
                spiked = spiked or bool(self.core.discharged())
                await self.cycles(1)
        late = None
        if spiked and learns and factor:            # on the image core lines and rail come first
            await self.until(self.fires, WAVEFORM_CYCLES, "begin of the waveform")
            late = cocotb.start_soon(self.send_late(presentation["late"]))
        await self.until(self.at_rest, WAVEFORM_CYCLES, "end of the waveform")
        if late:
            await late
            await self.until(self.at_rest, WAVEFORM_CYCLES, "end of the events behind the waveform")
        end = seconds_now()
        lazy, self.job["lazy"] = self.job["lazy"], True             # nothing moves until the window is over
        await self.cycles(self.job["window_cycles"])
        self.job["lazy"] = lazy
        if not spiked or presentation["late"]:      # what was integrated goes
            await self.control(0, 0)
            await self.cycles(8)
        return {"sent": sent, "fired": self.received[seen:], "begin": begin, "end": end}

    async def send_late(self, rows: list[int]) -> None:
        """Events that ask while a waveform runs; each is a pulse of its own behind it."""
        for row in rows:
            await self.send(row, bound=WAVEFORM_CYCLES)
            await self.cycles(self.job["spike_cycles"])
            await self.until(lambda: not self.busy(), PULSE_CYCLES, "end of the pulse")

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
