"""The trace of a job: one event a line, as the tests compare them."""

from __future__ import annotations

from collections.abc import Sequence

from neusoc.digital.model.ispp import Device, Job, JobError, Kind, run_job
from neusoc.digital.model.ispp_registers import Register as Register
from neusoc.digital.model.ispp_registers import Registers as Registers
from neusoc.digital.model.ispp_registers import Stage as Stage
from neusoc.digital.model.ispp_registers import load_registers as load_registers
from neusoc.digital.model.ispp_registers import register_table as register_table


class TraceDevice:
    """Writes down what an algorithm does to the device behind it."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.lines: list[str] = []

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
        self.lines.append(f"P {int(kind)} {row} {col} {wl_code} {wl_fine} {bl_code} {sl_code} {width_cycles}")
        self._device.pulse(kind, row, col, wl_code, wl_fine, bl_code, sl_code, width_cycles)

    def read(self, row: int, col: int, range: int) -> int | None:
        code = self._device.read(row, col, range)
        self.lines.append(f"R {row} {col} {range} {-1 if code is None else code}")
        return code

    def offset(self, col: int, range: int) -> int | None:
        code = self._device.offset(col, range)
        self.lines.append(f"O {col} {range} {-1 if code is None else code}")
        return code


def trace(
    device: Device,
    registers: Registers,
    job: Job,
    rows: int,
    columns: int,
    levels: Sequence[Sequence[int]] | None = None,
) -> list[str]:
    """Run one job and return its trace; results stand behind their cell's last read."""
    recorder = TraceDevice(device)
    error, results = run_job(recorder, registers, job, rows, columns, levels)
    lines = ["J " + " ".join(str(int(part)) for part in job)]
    if error != JobError.NONE:
        return [*lines, f"E {int(error)}"]
    done = ["D " + " ".join(str(int(part)) for part in r) for r in results]
    cells = [
        index >> registers.read_count if line[0] == "O" else _cell_of(line)
        for index, line in enumerate(recorder.lines)
    ]
    for line, cell, after in zip(recorder.lines, cells, [*cells[1:], None], strict=True):
        lines.append(line)
        if after != cell:
            lines.append(done.pop(0))
    return lines


def _cell_of(line: str) -> tuple[int, int]:
    words = line.split()
    at = 2 if words[0] == "P" else 1
    return int(words[at]), int(words[at + 1])
