"""Levels of a cell: the settings with which ISPP programs a number of them, and what each is in
conductance."""

from __future__ import annotations

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Registers, load_registers
from neusoc.digital.model.ispp_many import Ints

# levels -> what differs from the resets of controller.rdl; `second` is keep of the second pass
PLANS: dict[int, dict[str, int]] = {
    4: {"step": 70, "max_level": 3, "tolerance": 8, "second": 28},
    8: {"step": 32, "max_level": 7, "tolerance": 4, "second": 14},
    16: {"step": 14, "max_level": 15, "tolerance": 3, "second": 5},
    32: {"step": 7, "max_level": 31, "tolerance": 2, "second": 2},
}


def plan(levels: int) -> tuple[Registers, int]:
    """Registers for a number of levels, and keep of the second pass.

    Raises:
        UserError: no plan for so many.
    """
    if levels not in PLANS:
        raise UserError(
            f"levels {levels}: cells are programmed to {', '.join(map(str, PLANS))} levels; choose one of"
            " these"
        )
    changes = dict(PLANS[levels])
    second = changes.pop("second")
    return load_registers().model_copy(update={**changes, "keep": changes["tolerance"]}), second


def array_levels(positive: Ints, negative: Ints, rows: int, columns: int) -> Ints:
    """Levels of all cells, (rows, columns): neurons have a positive and a negative column each; cells beyond
    them get the lowest level.

    Args:
        positive, negative: (rows, neurons), of as many of either as the array has at most.
        rows, columns: size of the array.
    """
    found = np.zeros((rows, columns), np.int64)
    used_rows, used = positive.shape
    found[:used_rows, 0 : 2 * used : 2], found[:used_rows, 1 : 2 * used : 2] = positive, negative
    return found


def lsb_us(registers: Registers) -> float:
    """Conductance of one step of a verify's code, uS."""
    return 1e6 * SenseAdc(fine=bool(registers.read_range)).step * _reads_a_step(registers)


def _reads_a_step(registers: Registers) -> float:
    """Steps of one read in a step of a verify's code."""
    return 2.0 ** (registers.read_shift - registers.read_count)


def target_us(registers: Registers, target: Ints | Floats) -> Floats:
    """Conductance that a target code, or a mean of codes, means: the shift drops half a step on average."""
    code = (target + 0.5 * (1.0 - 2.0**-registers.read_shift)) * _reads_a_step(registers)
    return 1e6 * SenseAdc(fine=bool(registers.read_range)).conductance(code)


def level_us(levels: int) -> Floats:
    """Conductances of the levels, from the lowest up, uS."""
    registers, _ = plan(levels)
    return target_us(registers, registers.base + np.arange(levels) * registers.step)
