"""The vectorised ISPP runner and the normative scalar one give the same results, pulse for pulse."""

import random

import numpy as np
from neusoc.analog.reram.random_numbers import RandomNumbers, Stream
from neusoc.digital.model import ispp
from neusoc.digital.model.integer_cell import random_job, random_registers
from neusoc.digital.model.ispp import Job, JobError, Kind, Operation, load_registers
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CellPort, CodePath

ROWS, COLUMNS = 8, 8


class HashedCells:
    """Integer cells whose noise depends on the cell and the event only; both runners can drive them. Notes a
    cell's own events."""

    def __init__(self, seed):
        self.draws, count = RandomNumbers(seed), ROWS * COLUMNS
        cell = np.arange(count)
        self.code = self.noise(Stream.LEVELS, cell, 0, 220)
        self.threshold = self.noise(Stream.CELL_WL, cell, 0, 30)
        self.fault = self.noise(Stream.CELL_STUCK, cell, 0, 24)
        self.events = np.zeros(count, np.int64)
        self.offsets = 0
        self.log = [[] for _ in range(count)]

    def noise(self, stream, cell, event, below):
        return (self.draws.bits(stream, cell, event) % np.uint64(below)).astype(np.int64)

    def pulse(self, kind, cells, wl, fine, line, width):
        self.events[cells] += 1
        noise = self.noise(Stream.CYCLE_WL, cells, self.events[cells], 12)
        up = np.minimum(np.maximum(self.code[cells], (wl - self.threshold[cells]) * 5 + noise), 255)
        down = np.maximum(noise // 4, self.code[cells] - np.maximum(line - 30, 0) * (4 + noise))
        moved = down if kind == Kind.RESET else up
        self.code[cells] = np.where(self.fault[cells] == int(kind == Kind.RESET), self.code[cells], moved)
        for cell, w, v in zip(cells, wl, line, strict=True):
            self.log[cell].append((int(kind), int(w), fine, int(v), width))

    def read(self, cells, low_range, times=1):
        total = np.zeros(len(cells), np.int64)
        for _ in range(times):
            self.events[cells] += 1
            total += np.minimum(
                self.code[cells] + self.noise(Stream.READ_WHITE, cells, self.events[cells], 4), 255
            )
        return total

    def offset(self, count, low_range, times=1):
        noise = self.noise(
            Stream.OFFSET_CONVERTER, np.zeros(1, np.int64), self.offsets + np.arange(count * times), 3
        )
        self.offsets += count * times
        return noise.reshape(count, times).sum(axis=1)


def scalar(device, registers, job, levels):
    error, results = ispp.run_job(CellPort(device, COLUMNS), registers, job, ROWS, COLUMNS, levels)
    return error, np.array([result[2:] for result in results])


def vector(device, registers, job, levels):
    cells = np.array(
        [
            r * COLUMNS + c
            for r in range(job.row_first, job.row_last + 1)
            for c in range(job.col_first, job.col_last + 1)
        ]
    )
    fleet = run_cells(device, registers, job.operation, cells, np.array(levels).ravel() if levels else None)
    return np.stack([fleet.outcome, fleet.pulses, fleet.code, fleet.wl, fleet.target], axis=1)


def test_ispp_fleet_equals_scalar_on_random_jobs():
    rng, ran = random.Random(11), 0
    for seed in range(250):
        registers = random_registers(rng)
        job, levels = random_job(rng, registers, ROWS, COLUMNS)
        one, many = HashedCells(seed), HashedCells(seed)
        error, expected = scalar(one, registers, job, levels)
        if error == JobError.NONE:
            assert np.array_equal(expected, vector(many, registers, job, levels))
            assert (
                one.log == many.log
                and np.array_equal(one.events, many.events)
                and one.offsets == many.offsets
            )
            ran += 1
    assert ran > 150


def test_ispp_fleet_equals_scalar_on_the_twin():
    registers = load_registers()
    one, many = (CodePath(CellArray(ROWS * COLUMNS, seed=3)) for _ in range(2))
    rng = random.Random(5)
    levels = [[rng.randrange(16) for _ in range(COLUMNS)] for _ in range(ROWS)]
    for operation, settings in (
        (Operation.FORM, registers),
        (Operation.PROGRAM, registers),
        (Operation.PROGRAM, ispp.second_pass(registers, 5)),
        (Operation.REFRESH, registers),
        (Operation.OFFSET, registers),
        (Operation.RESET, registers),
    ):
        job = Job(operation, 0, ROWS - 1, 0, COLUMNS - 1)
        targets = levels if operation == Operation.PROGRAM else None
        _, expected = scalar(one, settings, job, targets)
        assert np.array_equal(expected, vector(many, settings, job, targets))
        assert np.allclose(one.cells.x_nm, many.cells.x_nm, rtol=0, atol=1e-9)
        one.cells.wait(1.0)
        many.cells.wait(1.0)
