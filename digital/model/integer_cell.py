"""An integer cell model for co-simulation: no floats, no tables, random numbers from a 32-bit generator of
its own.

It is not the ReRAM (software/emulator is): it only sends the ISPP algorithm through all of its branches, the
same way in every language.
"""

from __future__ import annotations

import random

from neusoc.analog.dac6.model import ideal
from neusoc.digital.model.ispp import Job, Kind, Operation, Registers, load_registers

MASK = 0xFFFFFFFF
WL_MV = tuple(
    tuple(int(1e3 * volts + 1e-6) for volts in ideal(fine)) for fine in (False, True)
)  # of the coarse, the fine range


def xorshift(state: int) -> int:
    """Marsaglia's xorshift32; state is never 0."""
    state ^= (state << 13) & MASK
    state ^= state >> 17
    state ^= (state << 5) & MASK
    return state


class IntegerCell:
    """rows x columns cells, each a code 0..255 at the high range.

    SET raises a cell to 3 codes for each 20 mV of WL above the cell's threshold, RESET lowers it by an amount
    that grows with SL, FORM turns a pristine cell into a low one when BL is high enough. One cell in 32 never
    moves up, one in 32 never moves down.

    Args:
        rows, columns: size.
        seed: any integer.
        pristine: flag of cells that need FORM first.
        silent_after: number of reads after which the converter stops answering; None: never.
    """

    def __init__(
        self, rows: int, columns: int, seed: int, pristine: bool = False, silent_after: int | None = None
    ) -> None:
        self._random = (seed * 2654435761 + 1) & MASK or 1
        self._reads_left = silent_after
        self.columns = columns
        count = rows * columns
        self.code = [0 if pristine else self._next(200) for _ in range(count)]
        self.formed = [not pristine] * count
        self.threshold_mv = [900 + self._next(200) for _ in range(count)]
        self.fault = [self._next(32) for _ in range(count)]  # 0: never up, 1: never down

    def _next(self, below: int) -> int:
        self._random = xorshift(self._random)
        return (self._random >> 8) % below

    def pulse(
        self,
        kind: Kind,
        row: int,
        col: int,
        wl_code: int,
        wl_fine: int,
        bl_code: int,
        sl_code: int,
        width_cycles: int,
    ) -> None:
        at = row * self.columns + col
        noise = self._next(9)
        if kind == Kind.FORM:
            self.formed[at] = self.formed[at] or (
                bl_code > 46 + self._next(12) and width_cycles > 10 + self._next(20)
            )
        if kind != Kind.RESET and self.formed[at] and self.fault[at] != 0:
            reach = (WL_MV[wl_fine][wl_code] - self.threshold_mv[at]) * 3 // 20 + noise
            self.code[at] = max(self.code[at], min(reach, 255))
        if kind == Kind.RESET and self.formed[at] and self.fault[at] != 1:
            self.code[at] = max(noise // 3, self.code[at] - max(0, sl_code - 30) * (10 + noise))

    def read(self, row: int, col: int, range: int) -> int | None:
        return self._converted(self.code[row * self.columns + col], range)

    def offset(self, col: int, range: int) -> int | None:
        return self._converted(2, range)

    def _converted(self, code: int, range: int) -> int | None:
        if self._reads_left is not None:
            if self._reads_left == 0:
                return None
            self._reads_left -= 1
        seen = code * 8 + self._next(8) if range else code + self._next(3)
        return min(seen, 255)


class WordLineCell(IntegerCell):
    """Cells that RESET lowers them by the word line's code, not by the source line's."""

    def pulse(
        self,
        kind: Kind,
        row: int,
        col: int,
        wl_code: int,
        wl_fine: int,
        bl_code: int,
        sl_code: int,
        width_cycles: int,
    ) -> None:
        assert kind != Kind.RESET or not sl_code, "a code of a DAC that is not there"
        super().pulse(
            kind,
            row,
            col,
            wl_code,
            wl_fine,
            bl_code,
            wl_code if kind == Kind.RESET else sl_code,
            width_cycles,
        )


def random_registers(rng: random.Random) -> Registers:
    """Settings that fit their bits and mostly make a job that may run."""
    values = load_registers().model_dump()

    def line(step_bits: int) -> dict[str, int]:
        start = rng.randrange(64)
        return {
            "start": start,
            "step": rng.randrange(2**step_bits),
            "stop": min(63, start + rng.randrange(40)),
        }

    for name in ("form", "set", "reset"):
        if rng.random() < 0.5:
            values[name] = {
                "wl": line(5),
                "fine": rng.randrange(2),
                "line": line(4),
                "width": 1 + rng.randrange(100),
            }
    values["limits"] = {"wl": 63, "wl_fine": 63, "bl": 63, "sl": 63, "width": 1023, "pulses": 63}
    bits_of = {"read_range": 1, "read_count": 2, "read_shift": 2, "reset_first": 1, "retry_back": 5}
    for name, bits in {**bits_of, "step_min": 5, "step_max": 5, "step_gain": 6, "read_margin": 8}.items():
        if rng.random() < 0.5:
            values[name] = rng.randrange(2**bits)
    bits_of = {"slope_low": 6, "slope_high": 6, "back_gain": 6, "knee": 8, "form_code": 8, "set_code": 8}
    for name, bits in {**bits_of, "tolerance": 6, "keep": 6}.items():
        if rng.random() < 0.3:
            values[name] = rng.randrange(2**bits)
    if rng.random() < 0.3:
        values["reset_code"] = rng.randrange(40)
    if rng.random() < 0.5:
        values["max_level"] = rng.randrange(32)
        values["base"] = rng.randrange(20)
        values["step"] = rng.randrange(1 + 235 // max(1, values["max_level"])) % 256
    if rng.random() < 0.5:
        values["offset"] = rng.randrange(-128, 128)
    values["pulse_limit"] = 1 + rng.randrange(63)
    values["stop_tries"] = 1 + rng.randrange(7)
    if rng.random() < 0.1:  # limits that may refuse the job
        values["limits"] |= {"wl_fine": rng.randrange(64), "bl": rng.randrange(64), "sl": rng.randrange(64)}
    # RESET is by the word line: source lines have no DAC
    values["reset"]["line"] = {"start": 0, "step": 0, "stop": 0}
    values["limits"]["sl"] = 0
    return Registers.model_validate(values)


def short(registers: Registers, rng: random.Random) -> Registers:
    """The same settings with short pulses: simulation time."""
    stages = {
        name: getattr(registers, name).model_copy(update={"width": 1 + rng.randrange(40)})
        for name in ("form", "set", "reset")
    }
    return registers.model_copy(update=stages)


def random_job(
    rng: random.Random, registers: Registers, rows: int, columns: int
) -> tuple[Job, list[list[int]] | None]:
    """A job inside the array, with the levels of its cells if it is a PROGRAM."""
    operation = rng.choice(list(Operation))
    row_first, col_first = rng.randrange(rows), rng.randrange(columns)
    row_last, col_last = (
        min(rows - 1, row_first + rng.randrange(3)),
        min(columns - 1, col_first + rng.randrange(6)),
    )
    job = Job(operation, row_first, row_last, col_first, col_last)
    if operation != Operation.PROGRAM:
        return job, None
    cells = [
        [rng.randrange(registers.max_level + 1) for _ in range(col_last - col_first + 1)]
        for _ in range(row_last - row_first + 1)
    ]
    return job, cells
