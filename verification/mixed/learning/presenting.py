"""Patterns as address events until a neuron fires, and its learning waveform: the same on both cores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from neusoc.verification.mixed.common.analog import seconds_now

# Bounds. A rest waits for the discharge behind a spike, and on the image core for the neurons' own state of the lines behind that.
SEND_CYCLES, PULSE_CYCLES, REST_CYCLES, WAVEFORM_CYCLES = 200, 600, 60, 2000


class Presenting(Protocol):
    """A bench that presents: that of either core."""

    job: dict
    received: list[int]
    dut: object
    busy: Callable[[], bool]
    cycles: Callable[[int], Awaitable[None]]
    until: Callable[[Callable[[], bool], int, str], Awaitable[int]]
    send: Callable[..., Awaitable[int]]
    write_fields: Callable[..., Awaitable[None]]
    control: Callable[[int, int], Awaitable[None]]


def discharged(bench: Presenting) -> bool:
    """Whether a neuron is held discharged."""
    return int(bench.dut.discharge_1v8_o.value) != 0


def fires(bench: Presenting) -> bool:
    """Whether a neuron's waveform runs."""
    return int(bench.dut.fire_1v8_o.value) != 0


def at_rest(bench: Presenting) -> bool:
    """No row on, no neuron firing or discharged."""
    return not (bench.busy() or discharged(bench) or fires(bench))


async def present(bench: Presenting, presentation: dict) -> dict:
    """Events until a neuron fires, then its waveform to the end; returns what happened."""
    factor, learns = presentation["factor"], presentation["learn"]
    await bench.write_fields("factor", value=factor & 7)
    await bench.control(1, int(learns))
    await bench.until(lambda: at_rest(bench), REST_CYCLES, "neurons released")
    rows, seen, sent, begin = presentation["rows"], len(bench.received), 0, seconds_now()
    spiked = False
    while sent < presentation["most"] and not spiked:
        await bench.send(rows[sent % len(rows)], bound=SEND_CYCLES)
        sent += 1
        await bench.until(lambda: not bench.busy(), PULSE_CYCLES, "end of the pulse")
        for _ in range(bench.job["spike_cycles"]):
            spiked = spiked or discharged(bench)
            await bench.cycles(1)
    fired = seconds_now()
    if spiked and learns and factor:            # on the image core lines and rail come first
        await bench.until(lambda: fires(bench), WAVEFORM_CYCLES, "begin of the waveform")
    await bench.until(lambda: at_rest(bench), WAVEFORM_CYCLES, "end of the waveform")
    end = seconds_now()
    lazy, bench.job["lazy"] = bench.job["lazy"], True           # nothing moves until the window is over
    await bench.cycles(bench.job["window_cycles"])
    bench.job["lazy"] = lazy
    if not spiked:                              # what was integrated goes
        await bench.control(0, 0)
        await bench.cycles(8)
    return {"sent": sent, "fired": bench.received[seen:], "begin": begin, "spike": fired, "end": end}


async def present_all(bench: Presenting) -> list[dict]:
    """All presentations of the job with its settings of learning."""
    await bench.write_fields("learn", **bench.job["learning"])
    await bench.write_fields("inhibit", cycles=bench.job["inhibit_cycles"])
    await bench.write_fields("refractory", count=0, prescale=0)
    presented = []
    for presentation in bench.job["presentations"]:
        presented.append(await present(bench, presentation))
        bench.dut._log.info("%s: %s", presentation["name"], presented[-1])
    return presented
