"""A storing cell in the simulator: brought into a state once, then probed many times from there.

The state is reached by an initialising run; its final node voltages seed the operating point of every probe
(.nodeset), which therefore
starts at rest, 20 ps before the first edge. Units: ns, V, pF.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.grid import SMALLEST_LOAD
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.sequential_cell import Sequential, Situation
from neusoc.pdk.characterise.session import SimulationError, session
from neusoc.pdk.characterise.simulate import HIGH, LOW, OPTIONS, Wave, deck, edges

LEAD = 0.02  # ns before the first edge of a probe
SETTLED = 0.99  # of the supply: an output that is there has arrived
_HOLD, _EDGE, _STEP = 4.0, 0.1, 0.1  # ns: initialising run: level time, edge time, largest step
_RETRIES = 7  # doublings of a window that was too short
_GMIN = 1e-15  # S: the usual 1e-12 at every junction would be most of the leakage


@dataclass(frozen=True)
class Edge:
    """One edge at an input pin.

    Attributes:
        pin: name of the pin.
        level: level after the edge.
        slew: 20 to 80 % time in ns.
        middle: time of its 50 % point in ns, on the probe's own axis.
    """

    pin: str
    level: int
    slew: float
    middle: float

    @property
    def half(self) -> float:
        """Half of the whole ramp, ns."""
        return self.slew / (HIGH - LOW) / 2


class Bench:
    """One cell at one corner."""

    def __init__(self, netlist: CellNetlist, logic: CellLogic, corner: Corner) -> None:
        self.cell = Sequential(logic)
        self.corner = corner
        self.netlist = netlist
        self.runs = 0
        self._seeds: dict[Situation, dict[str, float]] = {}
        self._loaded: tuple[Situation, tuple[tuple[str, float], ...]] | None = None
        self._deck = deck(netlist, corner, logic.inputs, logic.outputs, f"{OPTIONS} gmin={_GMIN}")
        self._pins = (*logic.inputs, *logic.outputs)

    @property
    def where(self) -> str:
        return f"{self.netlist.cell}, corner {self.corner.name}"

    def _volts(self, level: int) -> float:
        return level * self.corner.voltage

    def _seed(self, goal: Situation) -> dict[str, float]:
        """Node voltages of a cell at rest in the goal."""
        if goal not in self._seeds:
            steps = self.cell.approach(goal)
            sources = {
                pin: edges(
                    self._volts(steps[0][pin]),
                    [(n * _HOLD, _EDGE, self._volts(s[pin])) for n, s in enumerate(steps) if n],
                )
                for pin in self.cell.logic.inputs
            }
            simulator = session()
            self._loaded = None
            try:
                simulator.load(f"{self._deck}.end\n")
                for pin, corners in sources.items():
                    simulator.piecewise(f"V{pin}", [(t * 1e-9, v) for t, v in corners])
                waves = simulator.transient(_STEP * 1e-9, len(steps) * _HOLD * 1e-9)
            except SimulationError as error:
                reason = f"ngspice did not bring it into {self.cell.when(goal)} ({error})"
                raise UserError(f"{self.where}: {reason}; the library is not written") from None
            found = {
                name: float(wave[-1])
                for name, wave in waves.items()
                if name != "time" and "#branch" not in name
            }
            self._check(goal, {pin: found[pin.lower()] for pin in self.cell.logic.outputs})
            self._seeds[goal] = found
        return self._seeds[goal]

    def _check(self, goal: Situation, volts: Mapping[str, float]) -> None:
        for pin, level in self.cell.outputs(goal).items():
            if abs(volts[pin] - self._volts(level)) > 0.1 * self.corner.voltage:
                found = f"output {pin} is at {volts[pin]:.3f} V in {self.cell.when(goal)}"
                raise UserError(f"{self.where}: {found}; leave the cell out of the library")

    def start(self, goal: Situation, loads: Mapping[str, float]) -> None:
        """Load the circuit at rest in a situation, with loads in pF (the smallest where none is given)."""
        full = tuple((pin, loads.get(pin, SMALLEST_LOAD)) for pin in self.cell.logic.outputs)
        if self._loaded == (goal, full):
            return
        seeds = self._seed(goal)
        simulator = session()
        nodes = " ".join(f"v({name})={volts:.7g}" for name, volts in seeds.items())
        saved = " ".join(
            [
                *(f"v({pin})" for pin in self._pins),
                "i(Vsupply)",
                *(f"i(V{pin})" for pin in self.cell.logic.inputs),
            ]
        )
        simulator.load(f"{self._deck}.nodeset {nodes}\n.save {saved}\n.end\n")
        for pin, load in full:
            simulator.command(f"alter c{pin.lower()}_load = {load * 1e-12:.9g}")
        self._loaded = (goal, full)

    def run(
        self,
        goal: Situation,
        events: Sequence[Edge],
        end: float,
        step: float,
        label: str,
        loads: Mapping[str, float] | None = None,
    ) -> Wave:
        """One probe: from rest in the goal, the given edges, until `end` (ns) on the probe's axis.

        The wave's time axis is the probe's: an edge's `middle` is its 50 % time.

        Raises:
            UserError: it did not converge, or did not start in the goal; names cell, corner and label.
        """
        first = min((e.middle - e.half for e in events), default=0.0) - LEAD
        levels = goal.levels
        self.runs += 1
        try:
            self.start(goal, loads or {})
            simulator = session()
            for pin in self.cell.logic.inputs:
                mine = sorted((e for e in events if e.pin == pin), key=lambda e: e.middle)
                corners = _corners(
                    self._volts(levels[pin]), [(e.middle - first, e.half, self._volts(e.level)) for e in mine]
                )
                simulator.piecewise(f"V{pin}", [(t * 1e-9, v) for t, v in corners])
            names = [
                *(f"v({pin.lower()})" for pin in self._pins),
                "i(vsupply)",
                *(f"i(v{pin.lower()})" for pin in self.cell.logic.inputs),
            ]
            found = simulator.transient(step * 1e-9, (end - first) * 1e-9, names)
        except SimulationError as error:
            raise UserError(
                f"{self.where}, arc {label}: ngspice did not converge ({error}); the library is not written"
            ) from None
        values = {pin: found[f"v({pin.lower()})"] for pin in self._pins}
        values["supply"] = -found["i(vsupply)"]
        values |= {f"i({pin})": -found[f"i(v{pin.lower()})"] for pin in self.cell.logic.inputs}
        self._check(goal, {pin: float(values[pin][0]) for pin in self.cell.logic.outputs})
        return Wave(found["time"] * 1e9 + first, values, False)

    def leakage(self, goal: Situation) -> float:
        """Power in nW of the cell at rest."""
        wave = self.run(goal, [], 0.05, 0.05, f"leakage {self.cell.when(goal)}")
        power = wave["supply"][0] * self.corner.voltage
        return (
            float(
                power + sum(wave[f"i({pin})"][0] * self._volts(level) for pin, level in goal.levels.items())
            )
            * 1e9
        )

    def settle(
        self,
        goal: Situation,
        events: Sequence[Edge],
        after: Situation,
        window: float,
        step: float,
        label: str,
        loads: Mapping[str, float] | None = None,
    ) -> Wave:
        """A probe until the outputs rest at their levels of `after`: `window` ns after the last edge, doubled
        as needed."""
        last = max(e.middle + e.half for e in events)
        for _ in range(_RETRIES):
            wave = self.run(goal, events, last + window, step, label, loads)
            if self.arrived(wave, after):
                return wave
            window *= 2
        raise UserError(
            f"{self.where}, arc {label}: its output does not settle within {window / 2:.1f} ns; the library"
            " is not written"
        )

    def delays(
        self, goal: Situation, edge: Edge, outputs: Sequence[tuple[str, int]], step: float, label: str
    ) -> dict[str, float]:
        """Delay in ns of each output to its new level after one edge at 0 ns."""
        window = 1.0
        for _ in range(_RETRIES):
            wave = self.run(goal, [edge], edge.half + window, step, label)
            found = {pin: self.crossing(wave, pin, level) for pin, level in outputs}
            if not any(math.isnan(delay) for delay in found.values()):
                return found
            window *= 2
        raise UserError(
            f"{self.where}, arc {label}: its output does not switch within {window / 2:.0f} ns; the library"
            " is not written"
        )

    @cached_property
    def pace(self) -> float:
        """A time in ns that the cell's inside needs to follow an edge: the delay from the clock, for a clock
        gate (whose clock does not
        go through its latch) four times that."""
        cell = self.cell
        if cell.kind == "clock_gate":
            pairs = [
                (cell.resting(cell.active, value, value), cell.resting(1 - cell.active, value, value))
                for value in (0, 1)
            ]
        else:
            pairs = [
                (cell.resting(1 - cell.active, 1 - value, value), cell.resting(cell.active, value, value))
                for value in (0, 1)
            ]
        found: list[float] = []
        for before, after in pairs:
            start = cell.outputs(before)
            outputs = [(pin, level) for pin, level in cell.outputs(after).items() if start[pin] != level]
            if outputs:
                edge = Edge(cell.clock, after.levels[cell.clock], 0.05, 0.0)
                found += self.delays(before, edge, outputs, 0.01, "clock to output").values()
        return max(found) * (4 if cell.kind == "clock_gate" else 1)

    def arrived(self, wave: Wave, after: Situation) -> bool:
        """Whether the outputs are at their final levels at the end of a wave."""
        tolerance = (1 - SETTLED) * self.corner.voltage
        return all(
            abs(wave[pin][-1] - self._volts(level)) <= tolerance
            for pin, level in self.cell.outputs(after).items()
        )

    def crossing(self, wave: Wave, pin: str, level: int, part: float = 0.5, after: float = -1e9) -> float:
        """Time at which an output passes a part of its way to a level, nan if it does not."""
        share = part if level else 1 - part
        return wave.crossing(pin, share * self.corner.voltage, bool(level), after)


def _corners(initial: float, events: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    corners, level = [(0.0, initial)], initial
    for middle, half, after in events:
        start = max(middle - half, corners[-1][0] + 1e-6)
        corners += [(start, level), (middle + half, after)]
        level = after
    return corners


@lru_cache(maxsize=1)
def bench(netlist: CellNetlist, logic: CellLogic, corner: Corner) -> Bench:
    """The bench of a cell at a corner; the last one is kept with the states that it has reached."""
    return Bench(netlist, logic, corner)
