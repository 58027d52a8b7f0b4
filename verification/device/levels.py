"""How many levels a cell holds: ISPP on sampled arrays with all statistics, then relaxation, with and without
a second pass.

Through the chip's own DACs and ADC with their errors. What a code means is their common transfer, which a
user knows from the twins; what one converter has beyond it (its INL) counts as an error of the level.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np
from neusoc.analog.reram.random_numbers import Floats, RandomNumbers, Stream
from neusoc.analog.reram.statistics import Statistics
from neusoc.digital.model.ispp import CLOCK_S, Operation, Outcome, Registers, second_pass
from neusoc.digital.model.ispp_many import Ints, ManyCells, run_cells
from neusoc.digital.model.regmap import registers as register_map
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS
from neusoc.software.levels import lsb_us, plan, target_us

SEED = 20200
CELLS = 64 * 64
# Cycles of the path beside the settings, at most: docs/02-chip/controller.md, held to the RTL by
#   controller_timing_tests.py.
CONVERT, BITS, TO_PULSE, TO_VERIFY = 25, 7, 12, 8
DAY_S = 86400.0
type Shares = dict[tuple[str, int], list[float]]


@dataclass
class Study:
    """Programming random levels on arrays; shares over all cells, the faulty ones included.

    Attributes:
        levels, half_us: number of levels, half of their distance.
        inside: share within half a level right after programming, one number an array.
        pulses, most_pulses, limit: mean and greatest number of pulses a cell, and the limit register.
        verifies, reads: mean number a cell.
        outcomes: share of each.
        unnamed: cells stuck more than half a level and one code away from their target that were not reported
            as stuck.
        false_stuck: share of sound cells reported as stuck.
        second_pulses: pulses a cell of the second pass.
        relaxed: (time, passes) -> share within half a level.
        microseconds: programming time a cell, in the controller's cycles at its timing after reset.
        parts: share of each purpose in that time, microseconds a cell.
    """

    levels: int
    half_us: float
    limit: int
    inside: list[float] = field(default_factory=list)
    pulses: float = 0.0
    most_pulses: int = 0
    verifies: float = 0.0
    reads: float = 0.0
    outcomes: dict[str, float] = field(default_factory=dict)
    unnamed: int = 0
    false_stuck: float = 0.0
    second_pulses: float = 0.0
    relaxed: dict[tuple[str, int], float] = field(default_factory=dict)
    microseconds: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)


def random_levels(registers: Registers, cells: Ints, seed: int, job: int, first_cell: int = 0) -> Ints:
    """Even over 0..max_level."""
    return (
        RandomNumbers(seed).bits(Stream.LEVELS, cells + first_cell, job) % np.uint64(registers.max_level + 1)
    ).astype(np.int64)


def used_array(
    registers: Registers, number: int, statistics: Statistics | None, seed: int, celsius: float = ROOM_CELSIUS
) -> CodePath:
    """Array `number` of a lot: formed by the FORM job, then programmed once with random levels."""
    path = CodePath(CellArray(CELLS, seed, statistics, celsius=celsius, first_cell=number * CELLS))
    cells = np.arange(CELLS)
    run_cells(path, registers, Operation.FORM, cells)
    run_cells(
        path, registers, Operation.PROGRAM, cells, random_levels(registers, cells, seed, 0, number * CELLS)
    )
    return path


def study(
    levels: int,
    arrays: int,
    statistics: Statistics | None = None,
    seed: int = SEED,
    celsius: float = ROOM_CELSIUS,
    relax: bool = True,
    chosen: Registers | None = None,
) -> Study:
    """Program new random levels on arrays that hold others, and let them relax.

    Args:
        levels: number of levels, one of neusoc.software.levels.PLANS.
        arrays: number of 64 x 64 arrays.
        statistics: default statistics.yaml.
        seed: seed of everything.
        celsius: temperature.
        relax: the waits and the second pass too.
        chosen: settings in place of the plan's.
    """
    registers, second = plan(levels)
    registers = chosen or registers
    found = Study(levels, registers.step / 2 * lsb_us(registers), registers.pulse_limit)
    cells = np.arange(CELLS)
    counts = np.zeros(len(Outcome))
    sums = {"pulses": 0, "reset": 0, "verifies": 0, "reads": 0, "false": 0, "second": 0}
    shares: Shares = {}
    for number in range(arrays):
        path = used_array(registers, number, statistics, seed, celsius)
        array = path.cells
        wanted = random_levels(registers, cells, seed, 1, number * CELLS)
        resets = array.cycles.copy()
        fleet = run_cells(path, registers, Operation.PROGRAM, cells, wanted)
        goal = target_us(registers, fleet.target)
        found.inside.append(_inside(array, goal, found.half_us))
        counts += np.bincount(fleet.outcome, minlength=len(Outcome))
        sums["pulses"] += int(fleet.pulses.sum())
        sums["reset"] += int((array.cycles - resets).sum())
        sums["verifies"] += int(fleet.pulses.sum()) + CELLS
        sums["reads"] += fleet.reads
        found.most_pulses = max(found.most_pulses, int(fleet.pulses.max()))
        named = (fleet.outcome == Outcome.STUCK_LOW) | (fleet.outcome == Outcome.STUCK_HIGH)
        away = np.abs(1e6 * array.conductance() - goal) > found.half_us + lsb_us(registers)
        found.unnamed += int(np.sum((array.faulty != 0) & away & ~named))
        sums["false"] += int(np.sum((array.faulty == 0) & named))
        if relax:
            sums["second"] += _relax(path, registers, second, wanted, goal, found.half_us, shares)
    total = arrays * CELLS
    found.pulses, found.verifies, found.reads = (
        sums[name] / total for name in ("pulses", "verifies", "reads")
    )
    found.false_stuck, found.second_pulses = sums["false"] / total, sums["second"] / total
    found.outcomes = {outcome.name.lower(): float(counts[outcome] / total) for outcome in Outcome}
    found.relaxed = {key: float(np.mean(values)) for key, values in shares.items()}
    spent = _seconds(
        registers, sums["pulses"] - sums["reset"], sums["reset"], sums["verifies"], sums["reads"]
    )
    found.parts = {name: 1e6 * seconds / total for name, seconds in spent.items()}
    found.microseconds = sum(found.parts.values())
    return found


def _inside(array: CellArray, goal: Floats, half_us: float) -> float:
    return float(np.mean(np.abs(1e6 * array.conductance() - goal) <= half_us))


def _relax(
    path: CodePath,
    registers: Registers,
    second: int,
    wanted: Ints,
    goal: Floats,
    half_us: float,
    shares: Shares,
) -> int:
    """Waits of one array; returns the pulses of the second pass, which comes after a second."""
    array = path.cells
    array.wait(1.0)
    second_path = copy.deepcopy(path)
    shares.setdefault(("1 s", 1), []).append(_inside(array, goal, half_us))
    array.wait(DAY_S)
    shares.setdefault(("1 day", 1), []).append(_inside(array, goal, half_us))
    again = second_path.cells
    fleet: ManyCells = run_cells(
        second_path, second_pass(registers, second), Operation.PROGRAM, np.arange(CELLS), wanted
    )
    again.wait(1.0)
    shares.setdefault(("1 s", 2), []).append(_inside(again, goal, half_us))
    again.wait(DAY_S)
    shares.setdefault(("1 day", 2), []).append(_inside(again, goal, half_us))
    return int(fleet.pulses.sum())


def _seconds(registers: Registers, sets: int, resets: int, verifies: int, reads: int) -> dict[str, float]:
    """Pulses, conversions and what lies between them, with PATH_TIMING and ADC_TIMING as after reset."""
    path, adc = (
        {name: field.reset or 0 for name, field in register_map()[word].fields.items()}
        for word in ("path_timing", "adc_timing")
    )
    conversion = adc["sample"] + adc["hold"] + adc["trial"] + BITS * max(adc["trial"], 3) + CONVERT
    between = path["program_settle"] + path["gap"] + TO_PULSE + 3 * path["gap"] + TO_VERIFY
    cycles = {
        "SET pulses": sets * registers.set.width,
        "RESET pulses": resets * registers.reset.width,
        "between pulse and verify": (sets + resets) * between,
        "settling of reads": verifies * (path["read_settle"] + 1),
        "conversions": reads * conversion,
    }
    return {name: count * CLOCK_S for name, count in cycles.items()}
