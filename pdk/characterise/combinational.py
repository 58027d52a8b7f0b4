"""Delay, transition and switching energy of combinational arcs.

Every arc (pin, output, sense) has one table an edge, taken in the input state that is slowest at the middle
of the grid (worst edges), at the fast corner in the fastest (best edges).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import Arc, CellLogic
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.grid import MAX_TRANSITION, POINTS, SLEWS, loads_up_to
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.registry import Kind, Result, Results
from neusoc.pdk.characterise.simulate import HIGH, LOW, MIDDLE, Point, Wave, ramp, simulate

START = 0.01  # ns: the input ramp begins here
STEPS = 100  # least number of time steps in the slower of the input ramp and the output transition
LONGEST_STEP = 0.02  # ns
SETTLED = 0.05  # of the supply: the transient ends when the output is this close to its end
END = 80.0  # ns: an output that has not switched by then does not
TRIAL_LOAD = 0.05  # pF


def _step(slew: float, transition: float) -> float:
    return min(max(slew / (HIGH - LOW), transition) / STEPS, LONGEST_STEP)


def edge_point(
    arc: Arc, side: dict[str, int], rising: bool, slew: float, load: float, transition: float, corner: Corner
) -> Point:
    """The transient of one output edge.

    Args:
        arc: the arc.
        side: values of the other inputs.
        rising: direction of the output's edge: True if it rises.
        slew: transition time of the input, ns.
        load: capacitance at the output, pF.
        transition: expected transition time of the output, ns; sets the time step.
        corner: corner that gives the supply.
    """
    supply = corner.voltage
    pin_rises = rising == (arc.sense == "positive_unate")
    before, after = (0.0, supply) if pin_rises else (supply, 0.0)
    sources: dict[str, Sequence[tuple[float, float]]] = {
        name: [(0.0, bit * supply), (1.0, bit * supply)] for name, bit in side.items()
    }
    sources[arc.pin] = ramp(START, slew, before, after)
    end_out = (1 - SETTLED) * supply if rising else SETTLED * supply
    end_in = after + (-1e-3 if pin_rises else 1e-3) * supply
    stop = (
        f"v({arc.output}) {'>' if rising else '<'} {end_out:.6g} when v({arc.pin})"
        f" {'>' if pin_rises else '<'} {end_in:.6g}"
    )
    return Point(
        f"{'rise' if rising else 'fall'} state {state_text(side)} slew {slew:g} ns load {load:g} pF",
        sources,
        {arc.output: load},
        END,
        _step(slew, transition),
        stop,
    )


def state_text(side: dict[str, int]) -> str:
    """Liberty condition of a state: "A&!B"; "-" where there is none."""
    return "&".join(("" if bit else "!") + name for name, bit in sorted(side.items())) or "-"


def edge_times(
    wave: Wave, pin: str, pin_rises: bool, output: str, rising: bool, supply: float
) -> tuple[float, float]:
    """Delay and transition in ns of one edge.

    Raises:
        ValueError: the output did not switch.
    """
    start = wave.crossing(pin, MIDDLE * supply, pin_rises)
    delay = wave.crossing(output, MIDDLE * supply, rising, last=True) - start
    first, second = (LOW, HIGH) if rising else (HIGH, LOW)
    transition = wave.crossing(output, second * supply, rising, last=True) - wave.crossing(
        output, first * supply, rising, last=True
    )
    if math.isnan(delay) or math.isnan(transition):
        raise ValueError("the output did not switch")
    return delay, transition


def _measure(
    wave: Wave, arc: Arc, rising: bool, load: float, corner: Corner, where: str
) -> tuple[float, float, float, float]:
    """Delay (ns), transition (ns), internal energy (pJ) and what the input gave (pJ).

    Internal energy is what the supply gave, less half of load x supply squared, which a power tool adds for
    every edge of a net. What the input gave comes from its driver's supply and is counted there, as the
    energy of that net.
    """
    supply = corner.voltage
    try:
        delay, transition = edge_times(
            wave, arc.pin, rising == (arc.sense == "positive_unate"), arc.output, rising, supply
        )
    except ValueError as error:
        raise UserError(f"{where}: {error}; the library is not written") from None
    missing = (supply - wave[arc.output][-1]) * load if rising else 0.0  # pC that the load has still to get
    given = Wave(wave.time, {"power": wave[arc.pin] * wave[f"i({arc.pin})"]}, wave.stopped).integral("power")
    energy = supply * (wave.integral("supply") * 1e3 + missing) - load * supply**2 / 2
    return delay, transition, energy, given * 1e3


def _tries(
    netlist: CellNetlist,
    corner: Corner,
    arc: Arc,
    cases: Iterable[tuple[dict[str, int], bool]],
    slew: float,
    load: float,
    transition: float,
    logic: CellLogic,
) -> list[tuple[float, float, float, float]]:
    """Measures of (state, edge) cases at one slew and load."""
    cases = list(cases)
    points = [edge_point(arc, side, rising, slew, load, transition, corner) for side, rising in cases]
    waves = simulate(netlist, corner, arc.label, logic.inputs, logic.outputs, points, currents=(arc.pin,))
    return [
        _measure(
            wave,
            arc,
            rising,
            load,
            corner,
            f"{netlist.cell}, corner {corner.name}, arc {arc.label}, point {point.label}",
        )
        for wave, point, (_, rising) in zip(waves, points, cases, strict=True)
    ]


def measure_drive(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, output: str, _results: Results
) -> Result:
    """The load in pF at which the slowest edge of an output takes MAX_TRANSITION."""
    slowest: tuple[float, Arc, dict[str, int], bool] | None = None
    for arc in logic.arcs():
        if arc.output != output:
            continue
        cases = [(side, rising) for side in arc.states for rising in (True, False)]
        tried = _tries(netlist, corner, arc, cases, SLEWS[0], TRIAL_LOAD, 0.1, logic)
        for (side, rising), (_, transition, *_) in zip(cases, tried, strict=True):
            if transition > (slowest[0] if slowest else 0.0):
                slowest = (transition, arc, side, rising)
    if slowest is None:
        raise UserError(
            f"CELL={netlist.cell}, corner {corner.name}: no input switches output {output}; leave the cell"
            " out of the library"
        )
    first, arc, side, rising = slowest
    load = TRIAL_LOAD * MAX_TRANSITION / first
    second = _tries(netlist, corner, arc, [(side, rising)], SLEWS[0], load, MAX_TRANSITION, logic)[0][1]
    slope = (second - first) / (load - TRIAL_LOAD) if abs(load - TRIAL_LOAD) > 1e-3 else second / load
    edge = "rise" if rising else "fall"
    return {
        "load": load + (MAX_TRANSITION - second) / slope,
        "arc": arc.label,
        "state": state_text(side),
        "edge": edge,
    }


def measure_delay(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, results: Results
) -> Result:
    """Tables of one arc: for each edge its state and delay, transition and energy over slews and loads."""
    arc = next(a for a in logic.arcs() if a.label == item)
    largest = results["drive"][arc.output]["load"]
    loads = loads_up_to(largest)
    middle = POINTS // 2
    result: Result = {"slews": SLEWS, "loads": loads}
    cases = [(side, rising) for rising in (True, False) for side in arc.states]
    transition = MAX_TRANSITION * loads[middle] / largest
    tried = (
        _tries(netlist, corner, arc, cases, SLEWS[middle], loads[middle], transition, logic)
        if len(arc.states) > 1
        else []
    )
    for rising in (True, False):
        delays = [times[0] for times, (_, edge) in zip(tried, cases, strict=bool(tried)) if edge == rising]
        side = arc.states[delays.index(corner.pick(delays, float)) if delays else 0]
        grid = [(slew, load) for slew in SLEWS for load in loads]
        points = [
            edge_point(arc, side, rising, slew, load, MAX_TRANSITION * load / largest, corner)
            for slew, load in grid
        ]
        waves = simulate(netlist, corner, arc.label, logic.inputs, logic.outputs, points, currents=(arc.pin,))
        where = f"{netlist.cell}, corner {corner.name}, arc {arc.label}"
        measured = [
            _measure(wave, arc, rising, load, corner, f"{where}, point {point.label}")
            for wave, point, (_, load) in zip(waves, points, grid, strict=True)
        ]
        tables = [
            [[m[which] for m in measured[row * POINTS : (row + 1) * POINTS]] for row in range(POINTS)]
            for which in range(4)
        ]
        result["rise" if rising else "fall"] = {
            "state": side,
            "delay": tables[0],
            "transition": tables[1],
            "energy": tables[2],
            "input_energy": tables[3],
        }
    return result


def _state(logic: CellLogic, corner: Corner, item: str) -> str:
    """The corner's choice of state, where there is one and it is not the usual."""
    several = any(len(arc.states) > 1 for arc in logic.arcs() if arc.label == item)
    return corner.state if several and corner.state != "worst" else ""


KINDS = (
    Kind("drive", 2, lambda logic: logic.outputs if logic.combinational else (), measure_drive),
    Kind(
        "delay",
        3,
        lambda logic: [arc.label for arc in logic.arcs()] if logic.combinational else (),
        measure_delay,
        ("drive",),
        _state,
    ),
)
