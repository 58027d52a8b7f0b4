"""Learning from spikes alone, on the numpy twins (event-driven neuron, ReRAM with its statistics): not in transistors.

Two neurons that inhibit each other learn two patterns of rows by winner-take-all STDP, and one neuron learns to answer a bell that came
before food (the review's reference 148). The spikes are those of analog/synapse/waveform.py, taken apart into the flat pulses that a
pair of them is: a post spike after a pre spike is a SET whose compliance is the word line's tail at that moment, one before it a RESET
at the source line's tail. Each goes through the device twin with its spread between cells and cycles, missed pulses and stuck cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from neusoc.analog.neuron.model import READ_V, Neuron, input_current
from neusoc.analog.synapse import waveform as stdp
from neusoc.digital.model.ispp import CLOCK_S, Kind
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.forming import formed_array

ROWS, NEURONS = 8, 2                                # the chip `mini` has as many rows
PATTERNS = ((0, 1, 2, 3), (4, 5, 6, 7))             # rows that spike together
PRESENTATIONS, VOLLEYS = 40, 3                       # of both patterns; attempts of one to make a neuron fire
JITTER = 0.1e-6                                     # s, of the rows' spikes in a pattern
GAP = 0.5e-6                                        # s, from the winner's spike to the next pattern
PRE_WINDOW = 0.7e-6                                 # s, where the controller ends a word line's tail: one pattern, not that before
THRESHOLD, LEAK = 0.25, 15e-6                       # V, s (vlk = 1.6 V)
PHI, LATE = 40e-9, 100e-9                           # s: phi_p within a pre spike (two clocks), and the time to decide after the last row
START_WL = 1.55                                     # V, compliance of the SET before learning
REST = 100e-6                                       # s, between trials: longer than the leak and both tails
PAIRINGS, PAIRING_WINDOW, FOOD_WL = 5, 2e-6, 1.9    # , s, V


def tail(high: float, low: float, since: float) -> float:
    """Level (V) of an exponential tail, since s after its beginning."""
    fallen = (1 - np.exp(-since / stdp.DECAY)) / (1 - np.exp(-stdp.WINDOW / stdp.DECAY))
    return high - (high - low) * float(fallen)


@dataclass
class Column:
    """One neuron and its cells.

    Attributes:
        neuron: its twin.
        cells: index of each row's cell in the array.
        post: time of its last spike, s.
    """

    neuron: Neuron
    cells: np.ndarray
    post: float = -np.inf


@dataclass
class Network:
    """Columns on one array; rows spike one after the other.

    Attributes:
        path: cells and DACs.
        columns: column of each neuron.
        pre: time of each row's last spike, s.
        wins: (time, neuron) of each spike.
        changes: programming pulses so far.
        window: after which the controller ends a word line's tail, s.
    """

    path: CodePath
    columns: list[Column]
    pre: np.ndarray
    wins: list[tuple[float, int]] = field(default_factory=list)
    changes: int = 0
    window: float = PRE_WINDOW

    @classmethod
    def fresh(cls, rows: int, neurons: int, seed: int, leak: float = LEAK) -> Network:
        """All cells formed and reset."""
        path = CodePath(formed_array(rows * neurons, seed))
        columns = [Column(Neuron(threshold=THRESHOLD, leak=leak), np.arange(rows) * neurons + k) for k in range(neurons)]
        return cls(path, columns, np.full(rows, -np.inf))

    def program(self, kind: Kind, cells: np.ndarray, wl: float, line: float, seconds: float) -> None:
        """The same pulse on some cells, by the codes (coarse range) whose levels are nearest to the wanted ones, V."""
        wl_code, line_code = (np.full(len(cells), self.path.nearest(volts)) for volts in (wl, line))
        self.path.pulse(kind, cells, wl_code, 0, line_code, round(seconds / CLOCK_S))
        self.changes += len(cells)

    def spike(self, row: int, now: float) -> int | None:
        """A pre spike; returns the neuron that fired by the end of its pulse, if any."""
        for column in self.columns:
            since = now - column.post
            if 0 < since < stdp.WINDOW:                                             # post before pre: RESET
                level = tail(stdp.SL_TAIL, stdp.SL_TAIL_END, since)
                self.program(Kind.RESET, column.cells[[row]], stdp.WL_PULSE, level, stdp.PULSE)
        self.pre[row] = now
        for column in self.columns:
            siemens = float(self.path.cells.conductance(column.cells[[row]])[0])
            column.neuron.advance(now - column.neuron.now)
            column.neuron.advance(PHI, input_current(siemens, READ_V))
        return self.decide(now + stdp.PULSE)

    def decide(self, now: float) -> int | None:
        """Let time pass without input. Of the neurons that fired the first wins; the others are discharged and their spikes void."""
        for column in self.columns:
            column.neuron.advance(now - column.neuron.now)
        fired = [(column.neuron.spikes[-1], k) for k, column in enumerate(self.columns) if column.neuron.spike]
        if not fired:
            return None
        for column in self.columns:
            column.neuron.advance(stdp.PHASE, discharge=True)
        self._post(min(fired)[1], now)
        return min(fired)[1]

    def _post(self, winner: int, now: float) -> None:
        column = self.columns[winner]
        column.post = now
        self.wins.append((now, winner))
        for row in np.flatnonzero(now - self.pre < self.window):                     # pre before post: SET
            level = tail(stdp.WL_TAIL, stdp.WL_TAIL_END, now - self.pre[row])
            self.program(Kind.SET, column.cells[[row]], level, stdp.BL_SET, stdp.PHASE)

    def states(self) -> np.ndarray:
        """Conductances, uS, (rows, neurons)."""
        return 1e6 * self.path.cells.conductance().reshape(len(self.pre), len(self.columns))


@dataclass(frozen=True)
class Learnt:
    """Outcome of one chip.

    Attributes:
        before, after: conductances, uS, (rows, neurons).
        winners: neuron of each presentation, -1 where none fired.
        shown: pattern of each presentation.
        changes: programming pulses.
        seconds: simulated time.
    """

    before: np.ndarray
    after: np.ndarray
    winners: list[int]
    shown: list[int]
    changes: int
    seconds: float

    def learnt(self, last: int = 10) -> bool:
        """Over the last presentations each pattern had its own neuron, always the same."""
        pairs = {(s, w) for s, w in zip(self.shown[-last:], self.winners[-last:], strict=True)}
        return len(pairs) == len(PATTERNS) and {w for _, w in pairs} == set(range(NEURONS))


def volley(net: Network, rows: Sequence[int], now: float, draw: np.random.Generator) -> tuple[int, float]:
    """Spikes of some rows in random order until a neuron fires; (neuron or -1, time after it)."""
    for row in draw.permutation(rows):
        fired = net.spike(int(row), now)
        now += stdp.PULSE + float(draw.uniform(0, JITTER / len(rows)))
        if fired is not None:
            return fired, now + stdp.PHASE
    late = net.decide(now + LATE)                                                   # the comparator is slow where it is hardly reached
    return (-1, now + LATE) if late is None else (late, now + LATE + stdp.PHASE)


def two_patterns(seed: int) -> Learnt:
    """Show the patterns in turn, PRESENTATIONS in all; each row of a pattern spikes until a neuron has fired."""
    draw = np.random.default_rng(seed)
    net = Network.fresh(ROWS, NEURONS, seed)
    net.program(Kind.SET, np.arange(ROWS * NEURONS), START_WL, stdp.BL_SET, 1e-6)
    before, winners, shown, now = net.states(), [], [], 1e-6
    for index in range(PRESENTATIONS):
        pattern = index % len(PATTERNS)
        winner = -1
        for _ in range(VOLLEYS):
            winner, now = volley(net, PATTERNS[pattern], now, draw)
            if winner >= 0:
                break
        winners.append(winner)
        shown.append(pattern)
        now += GAP
    return Learnt(before, net.states(), winners, shown, net.changes, now)


@dataclass(frozen=True)
class Association:
    """Whether the neuron fired, on the bell or the food alone, and the conductances (uS, rows) then.

    Attributes:
        bell_before, food_before: before any pairing.
        bell_after: after it.
        states_before, states_after: uS.
    """

    bell_before: bool
    food_before: bool
    bell_after: bool
    states_before: np.ndarray
    states_after: np.ndarray


def pavlov(seed: int, paired: bool = True) -> Association:
    """One neuron: four rows of food that make it fire, four of a bell that do not; then bell and food together, PAIRINGS times.

    Args:
        seed: seed of chip and spikes.
        paired: False shows both as often, but REST apart: the control.
    """
    bell, food = PATTERNS
    draw = np.random.default_rng(seed)
    net = Network.fresh(ROWS, 1, seed)
    net.window = PAIRING_WINDOW
    net.program(Kind.SET, np.array(food), FOOD_WL, stdp.BL_SET, 1e-6)
    now, states = REST, net.states()[:, 0]

    def alone(rows: Sequence[int]) -> bool:
        nonlocal now
        fired, now = volley(net, rows, now, draw)
        now += REST
        return fired >= 0

    bell_before, food_before = alone(bell), alone(food)
    for _ in range(PAIRINGS):
        _, now = volley(net, bell, now, draw)
        if not paired:
            now += REST
        _, now = volley(net, food, now, draw)
        now += REST
    return Association(bell_before, food_before, alone(bell), states, net.states()[:, 0])
