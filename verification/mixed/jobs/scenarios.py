"""Jobs of the mixed test on the path that programs and reads: which cell, with which settings, and what must
come of it."""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.digital.model.ispp import Operation, Registers, load_registers
from neusoc.verification.mixed.common.faults import broken
from neusoc.verification.mixed.common.scenario import HALF, HRS, LRS, Scenario

NO_CELL = 2  # code of no cell, at most; source: `offset` of analog/sense_adc, 0.7
# wake: 5 us until the converter's bias lines have settled (analog/sense_adc); gap, settle times: as reset
#   leaves them
PATH_TIMING = {"wake": 16, "read_settle": 25, "program_settle": 10, "gap": 3}


@dataclass(frozen=True)
class OneJob:
    """A job on one cell.

    Attributes:
        operation: READ, OFFSET, RESET, SET or FORM.
        at: (row, column) of the cell.
        reaches: S, least and largest conductance of the cell after it.
        pulses: least and largest number of pulses.
        code: least and largest code in the result; as the cell's conductance says if not given.
    """

    operation: Operation
    at: tuple[int, int]
    reaches: tuple[float, float]
    pulses: tuple[int, int] = (0, 0)
    code: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Name of its figures."""
        return f"{self.operation.name.lower()}_{self.at[0]}_{self.at[1]}"


@dataclass(frozen=True, kw_only=True)
class JobScenario(Scenario):
    """Jobs of one run.

    Attributes:
        jobs: jobs in their order.
    """

    jobs: tuple[OneJob, ...]
    rated: bool = True


def settings() -> Registers:
    """Registers after reset but for one read a verify, so that codes are the converter's own, and for few and
    short pulses.

    The first pulse is the one that the twin of the cell (verification/device) forms, sets or resets with; two
    more may follow.
    """
    one_read = {
        "read_range": 0,
        "read_count": 0,
        "read_shift": 0,
        "form_code": 28,
        "set_code": 28,
        "reset_code": 4,
    }
    data = load_registers().model_dump() | one_read
    data["reset"] |= {"wl": {"start": 57, "step": 3, "stop": 63}, "width": 100}
    data["set"] |= {"wl": {"start": 55, "step": 4, "stop": 63}, "width": 50}
    data["form"] |= {"wl": {"start": 55, "step": 4, "stop": 63}, "line": {"start": 52, "step": 2, "stop": 56}}
    return Registers.model_validate(data)


def read(at: tuple[int, int], siemens: float, code: tuple[int, int] | None = None) -> OneJob:
    """A READ, which leaves its cell within 1 %."""
    return OneJob(Operation.READ, at, (0.99 * siemens, 1.01 * siemens), code=code)


# A set cell, with set, half set and reset ones in its row, its column and on its diagonal, and a pristine
# one.
AT, FAINT, PRISTINE = (2, 3), (4, 6), (7, 3)
NEIGHBOURS = {(2, 2): LRS, (2, 4): HRS, (1, 3): LRS, (3, 3): HRS, (0, 3): HALF, (6, 5): LRS, (7, 2): LRS}
PROGRAM = JobScenario(
    name="program",
    conductances={AT: LRS, FAINT: 5e-6, **NEIGHBOURS},
    jobs=(
        read(AT, LRS),
        read((3, 3), HRS),
        read(FAINT, 5e-6),
        OneJob(Operation.OFFSET, AT, (0.99 * LRS, 1.01 * LRS)),
        OneJob(Operation.RESET, AT, (0.2e-6, 1.5e-6), pulses=(1, 4)),
        OneJob(Operation.SET, AT, (10e-6, 60e-6), pulses=(1, 3)),
        OneJob(Operation.FORM, PRISTINE, (10e-6, 60e-6), pulses=(1, 3)),
    ),
)
# What software sees of cells, a column and rows that are broken (faults.broken), all of them set; the good
# cell is read as it is. With the row that is always driven a second set cell of the column conducts too: 2 x
# 38 uS (cell and transistor) behind the column switch are 71 uS, code 200, within 10 %.
BROKEN = JobScenario(
    name="broken",
    conductances=dict.fromkeys(((2, 3), (4, 1), (0, 5), (6, 0), (3, 6), (7, 6), (0, 0)), LRS),
    fault=broken,
    jobs=(
        read((2, 3), LRS, (255, 255)),
        *(read(at, LRS, (0, NO_CELL)) for at in ((4, 1), (0, 5), (6, 0))),
        read((3, 6), LRS, (180, 220)),
        read((0, 0), LRS),
    ),
)
# For planted faults of the path.
SET = JobScenario(
    name="set",
    conductances={AT: HRS, **NEIGHBOURS},
    jobs=(read((2, 2), LRS), OneJob(Operation.SET, AT, (10e-6, 60e-6), pulses=(1, 3))),
    rated=False,
)

JOBS = {s.name: s for s in (PROGRAM, BROKEN)}
