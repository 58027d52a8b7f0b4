"""Cells of a chip through its driver: levels in, conductances out, and which are stuck."""

from __future__ import annotations

import numpy as np
from neusoc.digital.model.ispp import Operation, load_registers
from neusoc.software.calibration import READS, stuck_cells
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.job_runs import Watch
from neusoc.software.driver.jobs import Progress
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.levels import array_levels, target_us
from neusoc.software.levels import plan as level_plan
from neusoc.software.mapping.steps import Faults

READ_EXPONENT = 1  # two conversions of a READ; the mean of several tells a part of a step


def write_levels(
    chip: Chip, positive: Ints, negative: Ints, levels: int, watch: Watch | None = None
) -> Progress:
    """Levels, (rows, neurons), on the columns of the neurons; errors as of Chip.run()."""
    chip.configure(level_plan(levels)[0])
    cells = array_levels(positive, negative, chip.identity.rows, chip.identity.columns)
    return chip.run(chip.plan(Operation.PROGRAM, levels=cells), watch=watch)


def read_us(chip: Chip) -> Floats:
    """What READ tells of all cells in the coarse range, which ends above every cell: mean of READS
    conversions, uS, (rows, columns)."""
    settings = load_registers().model_copy(
        update={"read_range": 0, "read_count": READ_EXPONENT, "read_shift": READ_EXPONENT}
    )
    chip.configure(settings)
    return target_us(
        settings, np.mean([chip.read_map() for _ in range(max(1, READS >> READ_EXPONENT))], axis=0)
    )


def stuck(chip: Chip, done: Progress) -> Faults:
    """Cells of the whole array that a job found stuck, as of stuck_cells(); reads them, if there are."""
    outcome = np.array([cell.outcome for cell in done.results]).reshape(
        chip.identity.rows, chip.identity.columns
    )
    none = np.zeros(outcome.shape)
    return stuck_cells(outcome, read_us(chip)) if stuck_cells(outcome, none) else ()
