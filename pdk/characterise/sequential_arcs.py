"""Delay, transition and internal energy of a storing cell's outputs, over input slew and load.

Delay from 50 % of the input to 50 % of the output, transition between 20 % and 80 %. Energy of an output
edge: charge from the supply times its voltage, less half of C V^2 of the load (the share that a power
calculator adds itself), less what the same input edge draws when the output does not change (reported at the
input pin), less leakage; shared among the outputs that switch at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.grid import MAX_TRANSITION, SLEWS, SMALLEST_LOAD, loads_up_to
from neusoc.pdk.characterise.registry import Result
from neusoc.pdk.characterise.sequential_bench import SETTLED, Bench, Edge
from neusoc.pdk.characterise.sequential_cell import Sequential, Situation
from neusoc.pdk.characterise.simulate import HIGH, LOW, Wave

STEP = 0.005  # ns: largest step while edges are fast
SLOW_STEP = 0.02  # ns: never more
_MIDDLE_SLEW = SLEWS[3]


@dataclass(frozen=True)
class Launch:
    """One input edge that switches one output.

    Attributes:
        before: situation at rest before it.
        after: situation at rest after it.
        pin: input pin.
        output: output pin.
    """

    before: Situation
    after: Situation
    pin: str
    output: str

    def edge(self, slew: float) -> Edge:
        """The input edge, at 0 ns."""
        return Edge(self.pin, self.after.levels[self.pin], slew, 0.0)

    def rises(self, cell: Sequential) -> bool:
        """Whether the output rises."""
        return bool(cell.outputs(self.after)[self.output])


@dataclass(frozen=True)
class Timing:
    """A timing group to measure.

    Attributes:
        pin, output: its ends.
        timing_type: rising_edge, falling_edge, clear, preset or combinational.
        sense: timing_sense.
        launches: candidates by output edge (0 falls, 1 rises); tabulated is the slowest at a middle point
            (fast corner: the fastest).
    """

    pin: str
    output: str
    timing_type: str
    sense: str
    launches: dict[int, tuple[Launch, ...]]

    @property
    def label(self) -> str:
        return f"{self.pin}->{self.output}"


def _switching(
    cell: Sequential, output: str, pairs: Sequence[tuple[Situation, Situation]], pin: str
) -> dict[int, tuple[Launch, ...]]:
    found: dict[int, list[Launch]] = {}
    for before, after in pairs:
        levels = cell.outputs(before)[output], cell.outputs(after)[output]
        if levels[0] != levels[1] and cell.consistent(before) and cell.consistent(after):
            found.setdefault(levels[1], []).append(Launch(before, after, pin, output))
    return {level: tuple(launches) for level, launches in sorted(found.items())}


def _sense(pin_level: dict[int, set[int]]) -> str:
    """timing_sense from (output level -> input levels that cause it)."""
    pairs = {(output, pin) for output, pins in pin_level.items() for pin in pins}
    if pairs <= {(0, 0), (1, 1)}:
        return "positive_unate"
    return "negative_unate" if pairs <= {(0, 1), (1, 0)} else "non_unate"


def _clocked(cell: Sequential) -> list[tuple[Situation, Situation]]:
    """The clock edge that samples, with the other value stored before."""
    on, off = cell.active, 1 - cell.active
    return [(cell.resting(off, 1 - value, value), cell.resting(on, value, value)) for value in (0, 1)]


def timings(cell: Sequential) -> list[Timing]:
    """All timing groups of a storing cell's outputs."""
    found = []
    edge = "rising_edge" if cell.active else "falling_edge"
    for output in cell.logic.outputs:
        groups: list[tuple[str, str, list[tuple[Situation, Situation]]]] = []
        if cell.kind == "clock_gate":
            opaque, transparent = 1 - cell.active, cell.active
            passing = cell.resting(transparent, 1, 1), cell.resting(opaque, 1, 1)
            if cell.outputs(passing[0])[output] == cell.outputs(passing[1])[output]:
                passing = cell.resting(transparent, 0, 0), cell.resting(opaque, 0, 0)
            groups.append((cell.clock, "combinational", [passing, passing[::-1]]))
        else:
            groups.append((cell.clock, edge, _clocked(cell)))
        if cell.kind == "latch":
            for pin in cell.data:
                pairs = []
                for value in (0, 1):
                    others, offering = cell.sensitised(pin, 1 - value)
                    level = offering if value else 1 - offering
                    pairs.append(
                        (
                            cell.resting(cell.active, 1 - value, 1 - value, **others, **{pin: 1 - level}),
                            cell.resting(cell.active, value, value, **others, **{pin: level}),
                        )
                    )
                groups.append((pin, "combinational", pairs))
        for pin, (asserted, forced) in cell.asynchronous.items():
            pairs = [(place, cell.following(place, pin, 1 - place.levels[pin])) for place in cell.situations]
            resting = cell.resting(1 - cell.active, forced, forced, **{pin: asserted})
            kind = "preset" if cell.outputs(resting)[output] else "clear"
            groups.append((pin, kind, pairs))
        for pin, timing_type, pairs in groups:
            launches = _switching(cell, output, pairs, pin)
            if launches:
                causes = {
                    level: {launch.after.levels[pin] for launch in group} for level, group in launches.items()
                }
                sense = "non_unate" if timing_type.endswith("_edge") else _sense(causes)
                found.append(Timing(pin, output, timing_type, sense, launches))
    return found


def _measured(
    bench: Bench, launch: Launch, slew: float, load: float, guess: float, step: float
) -> tuple[Wave, float, float]:
    """A wave with the output settled, delay and transition (ns)."""
    level = int(launch.rises(bench.cell))
    label = f"{launch.pin}->{launch.output} {'rise' if level else 'fall'}, slew {slew} ns, load {load} pF"
    wave = bench.settle(
        launch.before, [launch.edge(slew)], launch.after, guess, step, label, {launch.output: load}
    )
    delay = bench.crossing(wave, launch.output, level)
    start, stop = (
        bench.crossing(wave, launch.output, level, LOW),
        bench.crossing(wave, launch.output, level, HIGH),
    )
    if np.isnan(delay + start + stop):
        raise UserError(f"{bench.where}, arc {label}: the output does not switch; the library is not written")
    return wave, delay, stop - start


def largest_load(bench: Bench, launches: Sequence[Launch]) -> float:
    """Load in pF at which the slower output edge takes MAX_TRANSITION (linear in the load, refined twice)."""
    worst = float("inf")
    for launch in launches:
        low, high = 0.02, 0.15
        transitions = [
            _measured(bench, launch, _MIDDLE_SLEW, load, 0.5 + 20 * load, SLOW_STEP)[2]
            for load in (low, high)
        ]
        for _ in range(2):
            slope = (transitions[1] - transitions[0]) / (high - low)
            goal = high + (MAX_TRANSITION - transitions[1]) / slope
            low, high = high, goal
            transitions = [
                transitions[1],
                _measured(bench, launch, _MIDDLE_SLEW, goal, 0.5 + 3 * MAX_TRANSITION, SLOW_STEP)[2],
            ]
            if abs(transitions[1] / MAX_TRANSITION - 1) < 0.005:
                break
        worst = min(worst, high)
    return float(f"{worst:.6g}")


def decisive(bench: Bench, launches: Sequence[Launch]) -> Launch:
    """The launch with the largest (at the fast corner: smallest) delay at a middle slew and the smallest
    load."""
    if len(launches) == 1:
        return launches[0]
    return bench.corner.pick(
        launches, lambda launch: _measured(bench, launch, _MIDDLE_SLEW, SMALLEST_LOAD, 0.6, STEP)[1]
    )


def supply_energy(bench: Bench, wave: Wave) -> float:
    """Energy in pJ drawn from the supply in a wave, less leakage."""
    charge = wave.integral("supply", float(wave.time[0])) - wave["supply"][0] * (wave.time[-1] - wave.time[0])
    return float(charge * bench.corner.voltage * 1e3)


def _internal(bench: Bench, wave: Wave, launch: Launch, load: float) -> float:
    """Internal energy in pJ of one output's edge: half of C V^2 of each load taken off, shared among the
    outputs that switch."""
    volts = bench.corner.voltage
    start = bench.cell.outputs(launch.before)
    switched = {pin: level for pin, level in bench.cell.outputs(launch.after).items() if start[pin] != level}
    energy = supply_energy(bench, wave)
    for pin, level in switched.items():
        size = load if pin == launch.output else SMALLEST_LOAD
        tail = size * volts * (volts - wave[pin][-1]) if level else 0.0  # charge that the load still takes
        energy += tail - 0.5 * size * volts**2
    return energy / len(switched)


def tabulate(bench: Bench, timing: Timing, largest: float, quiet_energy: dict[int, list[float]]) -> Result:
    """Tables of one timing group.

    Args:
        bench: bench of the cell.
        timing: timing group to measure.
        largest: the largest load, pF.
        quiet_energy: energy in pJ of the input's edge (0 falls, 1 rises) over SLEWS when no output changes.

    Returns:
        Liberty attributes and, under `tables`, cell_rise, rise_transition, rise_power and their fall
        counterparts (slew x load).
    """
    loads = loads_up_to(largest)
    tables: dict[str, list[list[float]]] = {}
    for level, launches in timing.launches.items():
        launch = decisive(bench, launches)
        size = len(SLEWS), len(loads)
        delays, transitions, energies = np.empty(size), np.empty(size), np.empty(size)
        arrivals = np.empty(size)  # from the input's middle to a settled output
        for column, load in enumerate(loads):
            for row, slew in enumerate(SLEWS):
                if row:
                    arrival = arrivals[row - 1, column] * 1.05 + 0.6 * (slew - SLEWS[row - 1])
                else:
                    arrival = arrivals[0, column - 1] + 3.2 * transitions[0, column - 1] if column else 0.4
                window = max(arrival + 0.03 - launch.edge(slew).half, 0.05)
                slow = (
                    transitions[row - 1, column]
                    if row
                    else (transitions[0, column - 1] * 2 if column else 0.03)
                )
                step = float(np.clip(min(max(slew, slow), slow * 2) / 12, STEP, SLOW_STEP))
                wave, delay, transition = _measured(bench, launch, slew, load, window, step)
                delays[row, column], transitions[row, column] = delay, transition
                shared = quiet_energy[launch.after.levels[launch.pin]][row] / len(bench.cell.logic.outputs)
                energies[row, column] = _internal(bench, wave, launch, load) - shared
                arrivals[row, column] = np.nanmin(
                    [bench.crossing(wave, launch.output, level, SETTLED), wave.time[-1]]
                )
        name = "rise" if level else "fall"
        for key, values in (
            (f"cell_{name}", delays),
            (f"{name}_transition", transitions),
            (f"{name}_power", energies),
        ):
            tables[key] = np.round(values, 7).tolist()
    return {
        "pin": timing.output,
        "related_pin": timing.pin,
        "timing_type": timing.timing_type,
        "timing_sense": timing.sense,
        "slews": list(SLEWS),
        "loads": list(loads),
        "tables": tables,
    }
