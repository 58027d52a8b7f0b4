"""Jobs of the mixed test on the path that programs and reads: which cell, in which state, with which settings, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from neusoc.digital.model.ispp import Operation, Registers, load_registers
from neusoc.verification.mixed.common.circuit import Bias
from neusoc.verification.mixed.common.faults import dead_row, open_cell, open_column, shorted_cell, stuck_row

LRS, HRS = 40e-6, 1e-6              # S, a cell that is set, one that is reset
# A verify is one read: in this test codes are the converter's own.
ONE_READ = {"read_range": 0, "read_count": 0, "read_shift": 0, "form_code": 28, "set_code": 28, "reset_code": 4}
NO_CELL = 2                         # code of no cell, at most; source: `offset` of analog/sense_adc, 0.7
VPP = 3.6                           # V, for pulses: RESET needs 3.4 V on the word line
AWAKE = Bias(ibias=1e-6)            # for each neuron, A, while bias serves DACs and converter; source: analog/bias, analog/neuron
PULSED = replace(AWAKE, vpp=VPP)
AT = (2, 3)
# In the row, in the column and on the diagonal of the job's cell: set ones and reset ones.
NEIGHBOURS = {(2, 2): LRS, (2, 4): HRS, (1, 3): LRS, (3, 3): HRS, (6, 5): LRS}


def settings(**changes: dict[str, object]) -> Registers:
    """The chip's default registers with one read a verify; a stage's changes as a mapping of its fields."""
    data = load_registers().model_dump() | ONE_READ
    return Registers.model_validate(data | {stage: data[stage] | change for stage, change in changes.items()})


@dataclass(frozen=True)
class JobScenario:
    """One job on one cell.

    Attributes:
        name: name of its files and figures.
        operation: FORM, SET, RESET or READ.
        states: (row, column) -> S before the job; the other cells are fully reset.
        reaches: S, least and largest conductance of the cell after the job.
        at: (row, column) of the cell.
        fault: edit of the netlist that is simulated, which the result must tell.
        code: least and largest code in the result; as the cell's conductance says if not given.
        pulses: least and largest number of pulses.
        registers: registers of the algorithm.
        path_timing: fields of the register; cycles, wake in 16 cycles.
        bias: supplies and references.
    """

    name: str
    operation: Operation
    states: dict[tuple[int, int], float]
    reaches: tuple[float, float]
    at: tuple[int, int] = AT
    fault: Callable[[str], str] | None = None
    code: tuple[int, int] | None = None
    pulses: tuple[int, int] = (0, 0)
    registers: Registers = field(default_factory=settings)
    # wake: 5 us until the converter's bias lines have settled (analog/sense_adc); gap, settle times: as reset leaves them
    path_timing: dict[str, int] = field(default_factory=lambda: {"wake": 16, "read_settle": 25, "program_settle": 10, "gap": 3})
    bias: Bias = AWAKE


READ_SET = JobScenario("read_set", Operation.READ, {AT: LRS, **NEIGHBOURS}, (0.99 * LRS, 1.01 * LRS))
READ_RESET = JobScenario("read_reset", Operation.READ, {AT: HRS, **NEIGHBOURS}, (0.99 * HRS, 1.01 * HRS))
# A cell or a line that is broken: what software sees in the result.
READ_SHORTED = replace(READ_SET, name="read_shorted", fault=shorted_cell, code=(255, 255))
READ_OPEN = replace(READ_SET, name="read_open", fault=open_cell, code=(0, NO_CELL))
READ_OPEN_COLUMN = replace(READ_SET, name="read_open_column", fault=open_column, code=(0, NO_CELL))
READ_DEAD_ROW = replace(READ_SET, name="read_dead_row", fault=dead_row, code=(0, NO_CELL))
# A second set cell of the column conducts too: 2 x 38 uS (cell and transistor) behind the column switch are 71 uS, code 200, within 10 %.
READ_STUCK_ROW = replace(READ_SET, name="read_stuck_row", fault=stuck_row, code=(180, 220))
# Stages: the first pulse is the one that the numpy twin (verification/device) forms, sets or resets with; two more may follow.
FORM = JobScenario(
    "form", Operation.FORM, dict(NEIGHBOURS), (10e-6, 60e-6), pulses=(1, 3), bias=PULSED,
    registers=settings(form={"wl": {"start": 55, "step": 3, "stop": 63}, "line": {"start": 50, "step": 2, "stop": 56}, "width": 50}),
)  # fmt: skip
SET = JobScenario(
    "set", Operation.SET, {AT: HRS, **NEIGHBOURS}, (10e-6, 60e-6), pulses=(1, 3), bias=PULSED,
    registers=settings(set={"wl": {"start": 55, "step": 4, "stop": 63}, "line": {"start": 54, "step": 0, "stop": 54}, "width": 50}),
)  # fmt: skip
RESET = JobScenario(
    "reset", Operation.RESET, {AT: LRS, **NEIGHBOURS}, (0.2e-6, 1.5e-6), pulses=(1, 3), bias=PULSED,
    registers=settings(reset={"line": {"start": 54, "step": 2, "stop": 58}, "width": 100}),
)  # fmt: skip

READS = (READ_SET, READ_RESET, READ_SHORTED, READ_OPEN, READ_OPEN_COLUMN, READ_DEAD_ROW, READ_STUCK_ROW)
JOBS = {s.name: s for s in (*READS, FORM, SET, RESET)}
