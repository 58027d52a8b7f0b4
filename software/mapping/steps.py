"""What a pair of levels does to a neuron, and which pair stands for a weight.

The charge of an event is not in proportion to conductance: the neuron's input is a resistance, it sinks less than it sources, and every
neuron has an offset of its own. All three are known, so the mapper inverts them: it takes the pair whose step is nearest to the weight's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.cells import neuron_share
from neusoc.software.emulator.lines import event
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from neusoc.software.levels import level_us
from scipy.optimize import linear_sum_assignment

MICRO = 1e-6
SETTLES = 3                     # rounds in which levels and the bit lines that they leave agree


@dataclass(frozen=True)
class PairSteps:
    """Steps of a membrane by an event, for pairs of levels of which at least one is the lowest.

    Attributes:
        positive, negative: level of the cell on either column, (pairs,).
        volts: (pairs, neurons).
    """

    positive: Ints
    negative: Ints
    volts: Floats

    @property
    def change(self) -> Floats:
        """Steps beyond what the pair of lowest levels does to a mean neuron: what a weight of 0 is, V."""
        return self.volts - float(self.volts[0].mean())

    @property
    def reach(self) -> float:
        """Change that every neuron can be given, in the directions that there are, V."""
        return self._most(self.change)

    @property
    def whole_reach(self) -> float:
        """Step that every neuron can be given, in the directions that there are, V."""
        return self._most(self.volts)

    def _most(self, volts: Floats) -> float:
        down = -volts.min(axis=0).min() if self.negative.any() else np.inf
        return float(min(volts.max(axis=0).min(), down))


def pair_steps(
    circuit: Circuit, timing: Timing, board: Board, offset_v: Floats, levels: int = 16, bank: int = 0, usage: Floats | None = None
) -> PairSteps:
    """Mean steps, with the bit lines where random events leave them on average.

    Args:
        circuit: neurons and wiring.
        timing: timing of an event; without a negative phase only the positive column counts.
        board: levels.
        offset_v: offset of each neuron's virtual ground, as far as it is known, V.
        levels: number of levels of a cell.
        bank: word of the capacitor banks.
        usage: share of a neuron's events that are of each pair, (pairs, neurons); by default all alike.
    """
    us = level_us(levels)
    siemens = us * np.interp(us, *neuron_share()) * MICRO
    up = np.arange(levels)
    positive = np.concatenate([up, np.zeros(levels - 1, np.int64)]) if timing.signed else up
    negative = np.concatenate([np.zeros(levels, np.int64), up[1:]]) if timing.signed else np.zeros(levels, np.int64)
    shape = (positive.size, len(offset_v))
    up_s, down_s = (np.broadcast_to(siemens[side][:, None], shape) for side in (positive, negative))
    banks = np.full(len(offset_v), bank)

    def after(line_p: Floats, line_n: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        lines = np.broadcast_to(line_p, shape), np.broadcast_to(line_n, shape)
        return event(lines, (up_s, down_s), circuit.line, circuit.wiring.load_f, timing, board.read_v, offset_v, banks)

    zero = np.zeros(len(offset_v))
    (_, _, p0, n0), (_, _, p1, n1) = after(zero, zero), after(zero + 1, zero + 1)

    def mean(a: Floats) -> Floats:
        return np.asarray(a.mean(axis=0) if usage is None else (usage * a).sum(axis=0))

    rest = [mean(a) / (1 - mean(b - a)) for a, b in ((p0, p1), (n0, n1))]
    up_v, down_v, _, _ = after(*rest)
    return PairSteps(positive, negative, up_v + down_v)


def beside_stuck(made: Floats, levels: int, below: int, stuck_us: float) -> Floats:
    """What a pair of which one cell is stuck makes, with the other at each level, V, (levels,); without a negative phase at none, (1,).

    Args:
        made: steps of the pairs of one neuron, V, in the order of pair_steps().
        levels: number of levels of a cell.
        below: 1: the negative cell is stuck.
        stuck_us: its conductance, uS.
    """
    us, signed = level_us(levels), made.size > levels
    sides = made[:levels], np.concatenate([made[:1], made[levels:]])                   # of either column, the other at the lowest level
    own = sides[below] - made[0]
    slope = (own[-1] - own[-2]) / (us[-1] - us[-2])                                    # a stuck cell may conduct more than any level
    given = np.interp(stuck_us, us, own) + slope * max(0.0, stuck_us - us[-1])
    alone: Floats = given + (sides[1 - below] if signed else made[:1])
    return alone


def go_around(
    faults: Sequence[tuple[int, int, float]], positive: Ints, negative: Ints, wanted_v: Floats, volts: Floats, levels: int
) -> None:
    """Where one cell of a pair is stuck, the other gets the level with which both together come nearest to what is wanted.

    Args:
        faults: row, column and conductance in uS of each stuck cell, in the columns of these weights.
        positive, negative: levels, (rows, outputs); changed.
        wanted_v: step that each weight is to make, V, (rows, outputs).
        volts: steps that the pairs of a signed timing make, counted alike, V, in the order of pair_steps(), (pairs, outputs).
        levels: number of levels of a cell.
    """
    us, rows = level_us(levels), len(wanted_v)
    for row, column, stuck_us in faults:
        output, below = divmod(column, 2)
        if row >= rows or output >= wanted_v.shape[1]:
            continue
        made = beside_stuck(volts[:, output], levels, below, stuck_us)
        (negative, positive)[below][row, output] = int(np.abs(made - wanted_v[row, output]).argmin())
        (positive, negative)[below][row, output] = int(np.abs(us - stuck_us).argmin())


def take_neurons(
    faults: Sequence[tuple[int, int, float]], lost: Floats, wanted_v: Floats, volts: Floats, levels: int, common_v: float = 0.0
) -> Ints:
    """The neuron of each output with which, over all outputs, least of what is wanted is missed.

    A stuck cell that conducts costs little where a weight is to be large, and much where it is to be negative; where there are more neurons
    than outputs, the worst take none. Nothing is known of the images: inputs are taken for alike, with a spread as large as their mean, so
    several errors of one neuron count by their sum too.

    Args:
        faults: row, column and conductance in uS of each stuck cell.
        lost: share by which all steps of a neuron are uncertain together, (neurons,).
        wanted_v: step that each weight is to make, V, (rows, outputs).
        volts: steps that the pairs of each neuron make, counted alike, V, in the order of pair_steps(), (pairs, neurons).
        levels: number of levels of a cell.
        common_v: voltage that every step has beyond what is wanted, V.

    Returns:
        (outputs,), all different.
    """
    rows, outputs = wanted_v.shape
    whole_v = wanted_v + common_v
    missed = np.outer((whole_v**2).sum(axis=0) + whole_v.sum(axis=0) ** 2, lost**2)    # V^2, (outputs, neurons)
    together = np.zeros_like(missed)                                                   # V
    for row, column, stuck_us in faults:
        neuron, below = divmod(column, 2)
        if row >= rows or neuron >= lost.size or (below and volts.shape[0] == levels):
            continue                                                                   # of no input, or of a column that does not count
        made = beside_stuck(volts[:, neuron], levels, below, stuck_us)
        errors = made[:, None] - wanted_v[row]
        least = errors[np.abs(errors).argmin(axis=0), np.arange(outputs)]
        missed[:, neuron] += least**2
        together[:, neuron] += least
    _, neurons = linear_sum_assignment(missed + together**2)
    return np.asarray(neurons[:outputs], np.int64)


def choose(weights: Floats, pairs: PairSteps, full_v: float | None = None, whole: bool = False) -> tuple[Ints, Ints, float]:
    """Levels of both cells of each weight.

    Args:
        weights: (rows, neurons), -1 to 1; of pairs that know no negative phase 0 to 1.
        pairs: pairs of these neurons.
        full_v: step of a weight of 1; by default all that every neuron can be given.
        whole: a weight stands for the step itself, and 0 for none: for neurons whose number of spikes counts. Without, for the change
            against the pair of lowest levels, whose step all neurons have alike: for neurons of which the strongest counts.

    Returns:
        Levels on the positive and on the negative columns, (rows, neurons), and the step of a weight of 1, V.

    Raises:
        UserError: weights of other neurons, beyond 1, or negative where nothing subtracts.
    """
    if weights.ndim != 2 or weights.shape[1] != pairs.volts.shape[1]:
        raise UserError(f"weights: shape {weights.shape} is not rows by {pairs.volts.shape[1]} neurons; give a column a neuron")
    if not np.isfinite(weights).all() or np.abs(weights).max() > 1 + 1e-9:
        raise UserError("weights: one is beyond -1 to 1, or no number; divide them by their largest")
    if weights.min() < 0 and not pairs.negative.any():
        raise UserError("weights: one is negative, and this timing has no negative phase; add a constant to each row, or map signed")
    volts, most = (pairs.volts, pairs.whole_reach) if whole else (pairs.change, pairs.reach)
    full = most if full_v is None else full_v
    nearest = np.abs(weights[..., None] * full - volts.T[None]).argmin(axis=-1)
    return pairs.positive[nearest], pairs.negative[nearest], full


def settled(weights: Floats, steps: Callable[[Floats | None], PairSteps]) -> PairSteps:
    """Pairs with the bit lines where the events of these very weights leave them, for choose() with `whole`.

    What a neuron gets in every event adds up over all of them, so a millivolt matters; and the lines of a neuron of small weights rest
    elsewhere than those of one of large ones.

    Args:
        weights: (rows, neurons), -1 to 1.
        steps: pairs of these neurons for a usage, as of pair_steps().
    """
    pairs = steps(None)
    for _ in range(SETTLES):
        positive, negative, _ = choose(weights, pairs, whole=True)
        used = (positive[..., None] == pairs.positive) & (negative[..., None] == pairs.negative)
        pairs = steps(used.mean(axis=0).T)
    return pairs


def charge(circuit: Circuit, timing: Timing) -> Callable[[Floats], Floats]:
    """What a cell of a conductance in uS gives a mean neuron in an event, V."""
    pairs = pair_steps(circuit, timing, Board(), np.zeros(1))
    us, volts = level_us(16), pairs.change[:16, 0]
    return lambda asked: np.interp(asked, us, volts)
