"""Setup, hold, recovery, removal and pulse width: how close two edges may come.

Each is the smallest margin x (ns, between the 50 % points of two edges) that passes. It passes if every
watched output
  * switches, no later than 1 + PUSH_OUT times its delay at a large margin, and is at its final level at the
    end; or
  * where it must not switch, leaves its level by no more than PUSH_OUT of the supply.
The logarithm of (excess / allowed excess) is nearly linear in x, so a search with it needs four or five
probes a point to TOLERANCE.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.grid import CONSTRAINT_SLEWS
from neusoc.pdk.characterise.sequential_bench import Bench, Edge
from neusoc.pdk.characterise.sequential_cell import Sequential, Situation
from neusoc.pdk.characterise.simulate import HIGH, LOW

PUSH_OUT = 0.10
TOLERANCE = 0.001  # ns
_CLOSE = 0.06  # a passing probe whose excess is within this part of the allowed one ends the search
_STEP = 0.008  # ns: largest time step
_LATEST = 0.7  # part of the second half of an edge after which it decides nothing more
_PROBES = 40
_REACH = 6.0  # ns: a margin beyond it is an error

Probe = Callable[[float], tuple[bool, float | None]]  # x -> (passes, log of excess over allowed excess)


@dataclass(frozen=True)
class Margin:
    """Two edges that may not come too close.

    Attributes:
        label: name for messages.
        before: situation at rest before both edges.
        fixed: (pin, level after) of the edge at 0 ns: the related one.
        moved: (pin, level after) of the edge at -x (setup, recovery) or +x (hold, removal, second edge of a
            pulse).
        sign: sign of that x, -1 or +1.
        switching: outputs that must switch, with their final levels; empty if all must stay quiet.
        base: situation at rest from which the `launch` edge alone gives the undisturbed delay.
        launch: "fixed" or "moved": the edge that starts the watched delay.
    """

    label: str
    before: Situation
    fixed: tuple[str, int]
    moved: tuple[str, int]
    sign: int
    switching: tuple[tuple[str, int], ...]
    base: Situation
    launch: str = "fixed"


def smallest(probe: Probe, guess: float, width: float, lowest: float = -_REACH) -> float:
    """Smallest passing x, for a probe that passes above some x.

    Args:
        probe: the experiment.
        guess: x that is tried first.
        width: first distance of the bracket; doubled until it holds the answer.
        lowest: lower limit of x; if it passes there, it is the answer.

    Raises:
        ArithmeticError: nothing passes up to _REACH, everything down to `lowest` = -_REACH does, or the
            probes run out.
    """
    low: tuple[float, float | None] | None = None  # fails
    high: tuple[float, float | None] | None = None  # passes
    x = max(guess, lowest)
    for _ in range(_PROBES):
        passes, excess = probe(x)
        if passes:
            high = x, excess
            if x <= lowest:
                if lowest <= -_REACH:
                    break
                return x
            if excess is not None and excess > -_CLOSE:
                return x
        else:
            low = x, excess
        if low is None:  # so this probe passed
            x = max(x - width, lowest)
            width *= 2
        elif high is None:
            x = low[0] + width
            width *= 2
            if x > _REACH:
                break
        else:
            gap = high[0] - low[0]
            if gap <= TOLERANCE:
                return high[0]
            middle = 0.5 * (low[0] + high[0])
            if low[1] is not None and high[1] is not None:
                goal = low[0] + gap * (low[1] + 0.5 * _CLOSE) / (low[1] - high[1])
                x = min(max(goal, low[0] + 0.05 * gap), high[0] - 0.02 * gap)
            else:
                x = middle
    raise ArithmeticError("no margin found")


class Search:
    """The probes of one margin on one bench."""

    def __init__(self, bench: Bench, margin: Margin) -> None:
        self.bench = bench
        self.margin = margin
        self._base: dict[float, dict[str, float]] = {}

    def _edges(self, fixed_slew: float, moved_slew: float, x: float) -> list[Edge]:
        margin = self.margin
        return [Edge(*margin.fixed, fixed_slew, 0.0), Edge(*margin.moved, moved_slew, margin.sign * x)]

    def undisturbed(self, fixed_slew: float, moved_slew: float) -> dict[str, float]:
        """Delay of each switching output in ns, from the launching edge, with no other edge."""
        margin, bench = self.margin, self.bench
        launch, slew = (margin.fixed, fixed_slew) if margin.launch == "fixed" else (margin.moved, moved_slew)
        if slew not in self._base:
            label = f"{margin.label}, slew {slew} ns alone"
            self._base[slew] = bench.delays(
                margin.base, Edge(*launch, slew, 0.0), margin.switching, _STEP, label
            )
        return self._base[slew]

    def point(
        self, fixed_slew: float, moved_slew: float, guess: float, width: float, lowest: float = -_REACH
    ) -> float:
        """The smallest margin in ns at one pair of slews."""
        margin, bench = self.margin, self.bench
        label = f"{margin.label}, slews {fixed_slew} and {moved_slew} ns"
        delays = self.undisturbed(fixed_slew, moved_slew) if margin.switching else {}
        pace = bench.pace
        volts = bench.corner.voltage
        quiet = (
            {pin: level for pin, level in bench.cell.outputs(margin.before).items()}
            if not margin.switching
            else {}
        )

        def probe(x: float) -> tuple[bool, float | None]:
            edges = self._edges(fixed_slew, moved_slew, x)
            start = edges[0].middle if margin.launch == "fixed" else edges[1].middle
            end = max(
                max(e.middle + _LATEST * e.half for e in edges) + pace,
                start + 1.3 * max(delays.values(), default=0.0) + 0.3 * pace,
            )
            wave = bench.run(margin.before, edges, end, _STEP, label)
            if quiet:
                excursion = (
                    max(float(np.max(np.abs(wave[pin] - level * volts))) for pin, level in quiet.items())
                    / volts
                )
                return excursion <= PUSH_OUT, math.log(excursion / PUSH_OUT) if excursion > 0.005 else None
            excess, passes = -math.inf, True
            for pin, level in margin.switching:
                arrival = bench.crossing(wave, pin, level, after=start - edges[0].half)
                settled = abs(wave[pin][-1] - level * volts) < 0.5 * volts
                if math.isnan(arrival) or not settled:
                    return False, None
                late = (arrival - start) / delays[pin] - 1
                passes &= late <= PUSH_OUT
                if late > 0.002:
                    excess = max(excess, math.log(late / PUSH_OUT))
            return passes, excess if excess > -math.inf else None

        try:
            return smallest(probe, guess, width, lowest)
        except ArithmeticError:
            raise UserError(
                f"{bench.where}, arc {label}: no margin within {_REACH} ns passes; the library is not written"
            ) from None


def grid(bench: Bench, margins: Sequence[Margin]) -> list[list[float]]:
    """Table over (related slew, constrained slew), ns: the largest over the given margins at each point."""
    size = len(CONSTRAINT_SLEWS)
    worst = np.full((size, size), -np.inf)
    for margin in margins:
        search = Search(bench, margin)
        found = np.full((size, size), np.nan)
        for row, fixed in enumerate(CONSTRAINT_SLEWS):
            for column, moved in enumerate(CONSTRAINT_SLEWS):
                guess, width = _guess(found, row, column, bench.pace)
                found[row, column] = search.point(fixed, moved, guess, width)
        worst = np.maximum(worst, found)
    rounded: list[list[float]] = np.round(worst, 5).tolist()
    return rounded


def _guess(found: np.ndarray, row: int, column: int, pace: float) -> tuple[float, float]:
    """First x and first bracket from the points already known."""
    if row and column:
        return found[row - 1, column] + found[row, column - 1] - found[row - 1, column - 1], 0.05 * pace
    if row or column:
        return (found[row - 1, column] if row else found[row, column - 1]), 0.3 * pace
    return 0.2 * pace, 0.3 * pace


def widths(bench: Bench, margins: Sequence[Margin]) -> list[float]:
    """Smallest pulse over the slews, ns: the largest over the given margins; never less than one whole
    ramp."""
    worst: list[float] = []
    for slew in CONSTRAINT_SLEWS:
        ramp = slew / (HIGH - LOW)
        found = [
            Search(bench, margin).point(
                slew, slew, max(ramp, 0.6 * bench.pace if not worst else ramp), 0.3 * bench.pace, ramp
            )
            for margin in margins
        ]
        worst.append(round(max(found), 5))
    return worst


def _outputs(cell: Sequential, before: Situation, after: Situation) -> tuple[tuple[str, int], ...]:
    start, end = cell.outputs(before), cell.outputs(after)
    return tuple((pin, level) for pin, level in end.items() if start[pin] != level)


def data_margin(cell: Sequential, pin: str, level: int, hold: bool) -> list[Margin]:
    """Setup (or hold) of a data pin's edge to a level, against the clock edge that ends sampling."""
    label = f"{'hold' if hold else 'setup'} {pin} {'rise' if level else 'fall'}"
    sampling = (
        cell.active if cell.kind == "flip_flop" else 1 - cell.active
    )  # clock level after the edge that counts
    clock = (cell.clock, sampling)
    found: list[Margin] = []
    unseen: list[Margin] = []
    for stored in (0, 1):
        others, offering = cell.sensitised(pin, stored)
        value = 1 if level == offering else 0  # offered after the edge of the pin
        kept = 1 - value if hold else value  # what must be stored in the end
        before = cell.resting(1 - sampling, stored, value, **others, **{pin: 1 - level})
        if not cell.consistent(before):
            continue
        after = cell.resting(sampling, kept, value, **others, **{pin: level})
        switching = _outputs(cell, before, after)
        early = before if hold else before.with_pin(pin, level)  # the data edge long ago, or never
        launch = "fixed"
        if cell.kind == "latch" and not hold:
            early, launch = before, "moved"  # D to output while transparent
        elif cell.kind == "clock_gate" and not hold:
            early = cell.resting(1 - sampling, value, value, **others, **{pin: level})
        margin = Margin(label, before, clock, (pin, level), 1 if hold else -1, switching, early, launch)
        (unseen if cell.kind == "flip_flop" and not switching else found).append(margin)
    return found or unseen  # a flip-flop shows a violation best where its output switches


def release_margin(cell: Sequential, pin: str, removal: bool) -> list[Margin]:
    """Recovery (or removal) of a reset or set pin's release, against the clock edge that samples (flip-flop)
    or closes (latch)."""
    asserted, forced = cell.asynchronous[pin]
    sampling = cell.active if cell.kind == "flip_flop" else 1 - cell.active
    before = cell.resting(1 - sampling, forced, 1 - forced, **{pin: asserted})
    clock, release = (cell.clock, sampling), (pin, 1 - asserted)
    label = f"{'removal' if removal else 'recovery'} {pin}"
    if removal:
        return [Margin(label, before, clock, release, 1, (), before)]
    after = cell.resting(sampling, 1 - forced, 1 - forced)
    switching = _outputs(cell, before, after)
    if cell.kind == "latch":
        return [Margin(label, before, clock, release, -1, switching, before, "moved")]
    return [Margin(label, before, clock, release, -1, switching, before.with_pin(pin, 1 - asserted))]


def priority_margin(cell: Sequential, pin: str, hold: bool) -> list[Margin]:
    """Release of reset and set, both asserted, in turn: this pin's before (or after) the other's, so that the
    later one decides.

    Empty unless the cell has both.
    """
    if len(cell.asynchronous) != 2:
        return []
    (other,) = (name for name in cell.asynchronous if name != pin)
    both = {name: asserted for name, (asserted, _) in cell.asynchronous.items()}
    winner = cell.forced(both)
    assert winner is not None  # both are asserted
    last = pin if hold else other
    before = cell.resting(1 - cell.active, winner, winner, **both)
    after = cell.resting(1 - cell.active, cell.asynchronous[last][1], winner)
    moved, fixed = ((name, 1 - both[name]) for name in (pin, other))
    label = f"non_seq_{'hold' if hold else 'setup'} {pin}"
    return [
        Margin(
            label,
            before,
            fixed,
            moved,
            1 if hold else -1,
            _outputs(cell, before, after),
            before,
            "fixed" if hold else "moved",
        )
    ]


def pulse_margins(cell: Sequential, pin: str, level: int) -> list[Margin]:
    """Pulse to a level at the clock, reset or set pin. Empty where nothing can be seen at the outputs."""
    label = f"pulse width {pin} {'high' if level else 'low'}"
    first, second = (pin, level), (pin, 1 - level)
    found = []
    if pin in cell.asynchronous:
        asserted, forced = cell.asynchronous[pin]
        if level != asserted:
            return []
        for clock in (0, 1):
            offered = forced if cell.storage.is_latch else 1 - forced
            if cell.storage.is_latch and clock == cell.active:
                continue  # after the pulse it would follow its data again
            before = cell.resting(clock, 1 - forced, offered)
            after = cell.resting(clock, forced, offered)
            found.append(Margin(label, before, first, second, 1, _outputs(cell, before, after), before))
        return found
    on = cell.active
    for value in (0, 1):
        if level == on and cell.kind != "clock_gate":  # the pulse that samples, or that opens a latch
            before, after = cell.resting(1 - on, 1 - value, value), cell.resting(1 - on, value, value)
            found.append(Margin(label, before, first, second, 1, _outputs(cell, before, after), before))
        elif cell.kind == "flip_flop":  # the pause before the edge that samples
            before, base = cell.resting(on, 1 - value, value), cell.resting(1 - on, 1 - value, value)
            after = cell.resting(on, value, value)
            found.append(Margin(label, before, first, second, 1, _outputs(cell, base, after), base, "moved"))
        elif cell.kind == "clock_gate" and level == on and value:  # the pause in which the gate opens
            before, base = cell.resting(1 - on, 0, value), cell.resting(on, value, value)
            after = cell.resting(1 - on, value, value)
            switching = _outputs(cell, base, after)
            if switching:
                found.append(Margin(label, before, first, second, 1, switching, base, "moved"))
    return found
