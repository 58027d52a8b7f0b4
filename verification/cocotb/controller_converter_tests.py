"""The converter's two answers at times of their own: no code is wrong while they are within a period of each
other."""

from __future__ import annotations

import os
import random

import cocotb
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.words import RESULT_ROOM
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.checks import figure, started
from neusoc.verification.cocotb.jobs import (
    SHORT_ADC,
    SHORT_PATH,
    idle,
    settings,
    start_job,
    take_result,
    write_settings,
)

# How many conversions: test_controller.py asks for ten thousand.
CONVERSIONS = int(os.environ.get("NEUSOC_CONVERSIONS", "160"))
BATCH = RESULT_ROOM  # conversions a job


class RandomCodes:
    """Cells that read as another code each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pulse(self, *_: object) -> None:
        raise AssertionError("a pulse in a test that only reads")

    def read(self, row: int, col: int, range: int) -> int:
        return self._random.randrange(256)

    def offset(self, col: int, range: int) -> int:
        raise AssertionError("a conversion with the row off in a test that reads cells")


async def wrong_codes(bench, model: ArrayModel, count: int) -> tuple[list[int], int]:
    """By how much each wrong one is wrong of so many conversions or the next multiple of BATCH, and how many
    there were."""
    wrong, done = [], 0
    for _ in range(-(-count // BATCH)):
        model.trace.clear()
        await start_job(bench, Job(Operation.READ, 0, 0, 0, RESULT_ROOM - 1))
        await idle(bench)
        for line in model.trace:
            found, held = (await take_result(bench))[4], int(line.split()[-1])
            done += 1
            if found != held:
                wrong.append(abs(found - held))
    return wrong, done


@cocotb.test()
async def converter_skew(dut):
    """above up to 15 ns before or after valid, whenever valid comes: no code is wrong. Far later it must be,
    or this test sees nothing."""
    bench = await started(dut, 95, monitors=False)
    model = ArrayModel(dut, device=RandomCodes(95), rng=random.Random(95), most_delay_ps=60_000)
    model.start()
    await bench.write_fields("path_timing", **SHORT_PATH)
    await bench.write_fields("adc_timing", **SHORT_ADC)
    await write_settings(bench, model, settings())
    wrong, done = await wrong_codes(bench, model, CONVERSIONS)
    figure("conversions_with_skew", done, "")
    figure("wrong_codes_with_skew", len(wrong), "")
    assert done >= CONVERSIONS and not wrong, (
        f"{len(wrong)} of {done} codes wrong, up to {max(wrong, default=0)}"
    )
    model.most_skew_ps = 19_900
    assert not (await wrong_codes(bench, model, 2 * BATCH))[0]
    model.most_skew_ps = 60_000
    assert (await wrong_codes(bench, model, 2 * BATCH))[0], "above three periods late makes no difference"
