"""Offsets and thresholds of a chip's neurons from spikes alone: no analog access, two levels of vsl.

The same random events, unsigned, at two read voltages: a neuron's charge is proportional to read voltage plus offset, so the ratio of its
two spike counts tells the offset, whatever its threshold and cells are; with that the counts themselves tell the threshold. Cells and
neuron are not quite linear: the emulator, with the cells as READ told them, says which offset gives which ratio.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from neusoc.analog.neuron.model import TRIM_CODES, TRIM_STANDARD, TRIM_STEP
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.model.ispp import Outcome
from neusoc.software.emulator.cells import neuron_share
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing

FORMAT = 2
READ_V = (0.025, 0.05)          # vref less vsl, V: half of that at rest, and all of it
EVENTS, LEAST_EVENTS = 24000, 100           # at each level
SEARCHED_V = 15e-3              # offsets beyond five standard deviations are not looked for
MOST_SHIFT_V = 0.2              # of a threshold, far beyond what its trim reaches
STEPS = 17
ROUNDS, SECANTS = 2, 4          # a spike comes at the end of an event, so thresholds are not quite without effect on a ratio
BEFORE = 50                     # events before the counted ones
READS = 8                       # of each cell
LEVELS = 16                     # of a cell; the random ones are of the upper three quarters
COUNTED = Timing(settle=4, gap=3, phi_p=2, phi_n=2)          # of the events: short, so that many make a spike


class Counting(Protocol):
    """Spikes that a chip gives on events at a level of vsl: a chip, or its emulator."""

    def __call__(self, rows: Ints, board: Board) -> Ints:
        """Event, neuron and cycle of each spike, (spikes, 3)."""
        ...


@dataclass(frozen=True)
class Calibration:
    """What is known of one chip.

    Attributes:
        chip: its variant.
        name: name of the chip.
        offset_v: offset of each neuron's virtual ground, V; None: it was not found.
        registers: hash of the register map.
        faults: row, column and conductance in uS of each cell that is stuck.
        shift_v: shift of each neuron's threshold at the standard code of its trim, V; None: it was not found. Empty: none was looked for.
        read_us: conductance that READ told of each cell then, uS, (rows, columns).
    """

    chip: str
    name: str
    offset_v: tuple[float | None, ...]
    registers: str
    faults: tuple[tuple[int, int, float], ...] = ()
    shift_v: tuple[float | None, ...] = ()
    read_us: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def found(cls, chip: str, name: str, registers: str, offset_v: Floats, shift_v: Floats, outcome: Ints, told_us: Floats) -> Self:
        """Of what was measured.

        Args:
            chip, name, registers: facts of the chip, as of the class.
            offset_v, shift_v: offsets and shifts, as of neuron_spreads().
            outcome, told_us: outcomes and conductances, as of stuck_cells().
        """
        offset, shift = (tuple(float(v) if np.isfinite(v) else None for v in values) for values in (offset_v, shift_v))
        read_us = tuple(tuple(row) for row in np.round(told_us, 2).tolist())
        return cls(chip, name, offset, registers, stuck_cells(outcome, told_us), shift, read_us)

    @property
    def trims(self) -> Ints:
        """Codes of the trim that bring all thresholds nearest to a mean neuron's; the standard one where nothing is known."""
        shift_v = np.array([value or 0.0 for value in self.shift_v or [0.0] * len(self.offset_v)])
        return np.clip(TRIM_STANDARD + np.round(shift_v / TRIM_STEP).astype(np.int64), 0, TRIM_CODES - 1)

    @property
    def known_v(self) -> Floats:
        """Offsets, 0 where nothing is known, V."""
        return np.array([value or 0.0 for value in self.offset_v])

    def _sound(self) -> bool:
        """Whether its cells are in the array of its variant, its numbers are those of cells, and each neuron has all of its own."""
        array = load_chip(self.chip)
        at = all(0 <= row < array.rows and 0 <= column < array.columns and 0 <= us < np.inf for row, column, us in self.faults)
        told = np.array(self.read_us, np.float64)       # of another length in each row: refused by numpy
        at = at and told.shape in ((0,), (array.rows, array.columns)) and bool(np.isfinite(told).all())
        return at and len(self.offset_v) == array.neurons and len(self.shift_v) in (0, array.neurons)

    def save(self, path: Path) -> None:
        """Write the file of the chip."""
        write_atomic(path, json.dumps({"format": FORMAT} | asdict(self)) + "\n")

    @classmethod
    def load(cls, path: Path, chip: str, registers: str, name: str | None = None) -> Self:
        """Read the file of a chip.

        Args:
            path: path of the file.
            chip: variant that it must be of.
            registers: hash of the register map that it must be of.
            name: chip that it must be of; None: any.

        Raises:
            UserError: no such file, not a calibration, cut short, or of another chip or other registers.
        """
        again = "calibrate again: neusoc calibrate ADDRESS -o FILE"
        try:
            data = json.loads(path.read_text())
            faults = tuple((int(row), int(column), float(us)) for row, column, us in data["faults"])
            read_us = tuple(tuple(float(us) for us in row) for row in data["read_us"])
            found = cls(data["chip"], data["name"], tuple(data["offset_v"]), data["registers"], faults, tuple(data["shift_v"]), read_us)
            bounds = ((found.offset_v, SEARCHED_V), (found.shift_v, MOST_SHIFT_V))
            right = data["format"] == FORMAT
            right = right and all(v is None or (isinstance(v, float) and abs(v) <= most) for values, most in bounds for v in values)
            right = right and all(isinstance(text, str) for text in (found.chip, found.name, found.registers))
            right = right and (found.chip != chip or found._sound())
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; {again}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            right = False
        if not right:
            raise UserError(f"{path}: is cut short or no calibration of format {FORMAT}; {again}")
        for what, have, want in (("chip", found.chip, chip), ("registers", found.registers, registers), ("name", found.name, name)):
            if want is not None and have != want:
                raise UserError(f"{path}: {what} {have}, not {want}; {again}")
        return found


def stuck_cells(outcome: Ints, told_us: Floats) -> tuple[tuple[int, int, float], ...]:
    """Cells that are stuck, as of Calibration.

    Args:
        outcome: outcome of each cell's last job, (rows, columns).
        told_us: conductance that READ tells of each cell, uS, (rows, columns).
    """
    stuck = np.isin(outcome, [Outcome.STUCK_LOW, Outcome.STUCK_HIGH])
    return tuple((int(row), int(column), round(float(told_us[row, column]), 2)) for row, column in np.argwhere(stuck))


def seen_siemens(told_us: Floats) -> Floats:
    """What neurons see of cells that the converter sees, S.

    Args:
        told_us: conductances, uS.
    """
    us = np.maximum(told_us, 0.0)
    return us * np.interp(us, *neuron_share()) * 1e-6


def counted(neurons: Neurons, board: Board, siemens: Floats, timing: Timing, rows: Ints) -> Ints:
    """Spikes of neurons on events at a level of vsl, with their bit lines as in the midst of events.

    Args:
        neurons: neurons of a chip; keep the level.
        board: the level.
        siemens: conductances that they see of the cells, S, (rows, columns).
        timing: timing of the events.
        rows: rows of the events.

    Returns:
        Event, neuron and cycle of each spike, (spikes, 3).
    """
    neurons.board = board
    neurons.connect(siemens[:, 0::2], siemens[:, 1::2], timing)
    neurons.run(rows[:BEFORE])
    neurons.hold(np.zeros(neurons.circuit.count, bool))
    return neurons.run(rows)


def calibration_levels(seed: int, rows: int, neurons: int, levels: int = LEVELS) -> tuple[Ints, Ints]:
    """Random levels on the positive and on the negative columns, (rows, neurons).

    Args:
        seed: seed of the levels.
        rows, neurons: size of the array.
        levels: number of levels of a cell.
    """
    random = np.random.default_rng([seed, 5])
    positive, negative = (random.integers(levels // 4, levels, (rows, neurons)) for _ in range(2))
    return positive, negative


def rates(spikes: Ints, neurons: int) -> Floats:
    """Spikes an event of each neuron, up to its last: what is left on a membrane at the end does not count. NaN: fewer than two spikes."""
    found = np.full(neurons, np.nan)
    for neuron in range(neurons):
        events = spikes[spikes[:, 1] == neuron, 0]
        if events.size > 1:
            found[neuron] = (events.size - 1) / (events[-1] - events[0])
    return found


def require_events(timing: Timing, events: int) -> None:
    """That events at a level of vsl are enough, asked before a chip's cells are changed.

    Raises:
        UserError: the timing is signed, or there are hardly any events.
    """
    if timing.signed or events < LEAST_EVENTS:
        raise UserError(f"calibration: {events} events, signed {timing.signed}; use at least {LEAST_EVENTS} unsigned events")


def neuron_spreads(
    measure: Counting, siemens: Floats, circuit: Circuit, timing: Timing, events: int = EVENTS, seed: int = 1
) -> tuple[Floats, Floats]:
    """Offset of each neuron's virtual ground, and the shift of its threshold.

    Args:
        measure: the chip.
        siemens: conductances that the neurons see of the cells, as READ tells them, S, (rows, columns).
        circuit: circuit of the neurons, as characterised.
        timing: timing of the events, unsigned.
        events: number of events at each level.
        seed: seed of the events' rows.

    Returns:
        V, (neurons,) each; NaN where a neuron did not fire twice at each level, or as no offset that was looked for would make it.

    Raises:
        UserError: as of require_events().
    """
    require_events(timing, events)
    rows = np.random.default_rng([seed, 3]).integers(0, len(siemens), events)
    boards = [Board(read_v=read_v) for read_v in READ_V]
    seen = [rates(measure(rows, board), circuit.count) for board in boards]
    twin = Neurons(replace(circuit, noise=0.0), 0)

    def told(offset_v: Floats, shift_v: Floats) -> Floats:
        """Rates at each level that the emulator has for these neurons, (levels, neurons)."""
        twin.offset_v[:], twin.shift_v[:] = offset_v, shift_v
        return np.array([rates(counted(twin, board, siemens, timing, rows), circuit.count) for board in boards])

    searched, ratio = np.linspace(-SEARCHED_V, SEARCHED_V, STEPS), seen[0] / seen[1]
    offset_v, shift_v = np.zeros(circuit.count), np.zeros(circuit.count)
    for _ in range(ROUNDS):
        pairs = [told(np.full(circuit.count, offset), shift_v) for offset in searched]
        offset_v = _where(ratio, searched, np.array([low / high for low, high in pairs]))
        shift_v = np.zeros(circuit.count)
        for _ in range(SECANTS):                # a threshold is the more events away, the higher it is
            limit, _ = twin.limits()
            shift_v = shift_v + np.nan_to_num((told(np.nan_to_num(offset_v), shift_v)[1] / seen[1] - 1) * limit)
    return offset_v, np.where(np.isfinite(offset_v), shift_v, np.nan)


def _where(ratio: Floats, searched: Floats, told: Floats) -> Floats:
    """Offsets at which neurons would have these ratios; told: (searched, neurons). NaN where there is none."""
    found = np.full(ratio.size, np.nan)
    for neuron in range(ratio.size):
        column = told[:, neuron]
        if np.isfinite(ratio[neuron]) and np.isfinite(column).all():
            smooth = np.asarray(np.polyval(np.polyfit(searched, column, 3), searched), np.float64)      # whole spikes make it rise in steps
            first, last = _one_way(smooth)
            order = np.argsort(smooth[first:last]) + first
            found[neuron] = np.interp(ratio[neuron], smooth[order], searched[order], left=np.nan, right=np.nan)
    return found


def _one_way(values: Floats) -> tuple[int, int]:
    """Begin and end of the part around the middle in which values rise, or fall, all the way: a cubic may turn near its ends."""
    middle = values.size // 2
    way = np.sign(values[middle + 1] - values[middle - 1])
    turns = np.flatnonzero(np.diff(values) * way <= 0)
    before, behind = turns[turns < middle], turns[turns >= middle]
    return int(before[-1]) + 1 if before.size else 0, int(behind[0]) + 1 if behind.size else values.size
