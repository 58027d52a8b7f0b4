"""Changes of the fire driver: what its benches stand on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import charge, least_gap, supply
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent


NETS = {
    "fire_1v8": "fire",
    "phi_1_vpp": "phi_1",
    "phi_2_vpp": "phi_2",
    "bl_p": "bl_p",
    "bl_n": "bl_n",
    "vfire": "vfire",
    "vref": "vref",
    "vdd1v8": "vdd1v8",
    "vpp": "vpp",
    "vss": "vss",
}


STATE, EDGE = 60e-9, 0.5e-9  # s: length of a state in swap and states, and of a change of the inputs


# swap: fire, phi_1, phi_2 in each state; every change of the switches of a bit line, without a gap of the
#   inputs
SWAPS = (
    "000",
    "100",
    "110",
    "100",
    "101",
    "100",
    "110",
    "101",
    "110",
    "111",
    "100",
    "110",
    "000",
    "110",
    "010",
    "000",
)


OVERDRIVE = 0.4  # V of gate drive at which a switch counts as on


REST = 200e-9  # s before a waveform and after it


def template(
    name: str, dut: str, sheet: Datasheet, condition: Condition, **further: object
) -> tuple[str, list[str]]:
    """Circuit and commands of tb/<name>.spice."""
    values = sheet.setup | {"dut": dut, "vdd1v8": condition.vdd1v8, "vpp": supply(condition)} | further
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    return circuit.format(**values), commands.format(**values).splitlines()


def transient(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    states: list[str],
    step: float,
    extra: str = "",
    write: str = "",
    before: str = "",
    resolution: float = 0.2e-9,
    edges: dict[str, list[tuple[float, float]]] | None = None,
    stop: float | None = None,
) -> dict[str, np.ndarray]:
    """One run of the driver and its bit lines.

    Args:
        states: fire, phi_1, phi_2 in each step, as "110"; empty with edges.
        step: length of a state, s.
        extra: further circuit.
        write: vectors to keep; all by default.
        before: command ahead of the analysis.
        resolution: longest step of the simulation, s.
        edges: corners (s, V) of further sources by node.
        stop: end, s.
    """
    circuit = template("lines", dut, sheet, condition)[0] + extra
    for index, (net, high) in enumerate(
        (("fire", condition.vdd1v8), ("phi_1", supply(condition)), ("phi_2", supply(condition)))
    ):
        if states:
            circuit += (
                f"\nvin_{net} {net} 0 {pulses([int(state[index]) * high for state in states], step, EDGE)}"
            )
    for net, corners in (edges or {}).items():
        circuit += f"\nvin_{net} {net} 0 pwl({' '.join(f'{t:.9g} {v:g}' for t, v in corners)})"
    stop = len(states) * step if stop is None else stop
    commands = [before, f"tran {resolution:g} {stop:.9g} 0 {resolution:g}", f"write tran.raw {write}".strip()]
    text = deck(
        circuit,
        [c for c in commands if c],
        corner=condition.corner,
        temperature=condition.temperature,
        options="reltol=1e-4 method=gear",
        title="fire_driver",  # trapezoids ring in the sources' currents
    )
    return run(text, timeout=600).arrays["tran"]


def gap(waves: dict[str, np.ndarray], setup: dict[str, float]) -> float:
    """Least time from a switch of a bit line off to the other one on; negative: they overlap. s."""
    hold = waves["v(xdut.hold)"] > setup["vref"] + OVERDRIVE
    return least_gap(
        waves["time"], [(hold, waves[f"v(xdut.fire_{side}_b)"] < setup["vfire"] - OVERDRIVE) for side in "pn"]
    )


def swap(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Phases changed without a gap."""
    setup = sheet.setup
    names = "v(xdut.hold) v(xdut.fire_p_b) v(xdut.fire_n_b)" if "gap" in wanted else ""
    write = f"v(bl_p) v(bl_n) i(vfire) i(vref) {names}"
    waves = transient(dut, sheet, condition, list(SWAPS), STATE, write=write)
    time = waves["time"]
    # into a drive: what vref takes beside the charge of the line; out of it: what vfire still delivers once
    #   the phase is off
    through = [-charge(waves, "i(vref)", i * STATE, (i + 1) * STATE) for i in (2, 4)]
    through += [charge(waves, "i(vfire)", i * STATE, (i + 1) * STATE) for i in (3, 5)]
    start = 2 * STATE
    level = setup["vref"] + 0.9 * (setup["vfire"] - setup["vref"])
    rising = np.flatnonzero((waves["v(bl_p)"][1:] >= level) & (time[1:] > start))
    away = np.flatnonzero(
        (np.abs(waves["v(bl_p)"] - setup["vref"]) > 10e-3) & (time > 3 * STATE) & (time < 4 * STATE)
    )
    if waves["v(bl_p)"][np.searchsorted(time, 3 * STATE) - 1] < level:
        raise RuntimeError("fire_driver swap: bl_p does not reach vfire; the bench shows nothing")
    found = {
        "through": max(through),
        "drive_time": float(time[rising[0] + 1]) - start,
        "hold_time": float(time[away[-1] + 1]) - 3 * STATE,
    }
    return found | ({"gap": gap(waves, setup)} if "gap" in wanted else {})


def every_change() -> list[str]:
    """The eight states of fire, phi_1 and phi_2, each followed by each other one once."""
    left = {a: [b for b in range(8) if b != a] for a in range(8)}
    path, stack = [], [0]
    while stack:  # Hierholzer: every state has as many ways in as out
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            path.append(stack.pop())
    return [f"{state:03b}" for state in reversed(path)]


def states(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Voltages across the devices in every state and change."""
    waves = transient(dut, sheet, condition, every_change(), STATE, resolution=0.5e-9)
    seen = stress(waves, dut, "fire_driver", "xdut", NETS)
    return {"stress_thick": seen.thick, "stress_thin": seen.thin, "stress_forward": seen.forward}


def waveform(
    sheet: Datasheet, vdd: float, vpp: float, begin: float = REST
) -> tuple[dict[str, list[tuple[float, float]]], float]:
    """Corners of the controller's waveform (docs/02-chip/controller.md, Winner-take-all and learning), and
    its end, s."""
    setup, edge = sheet.setup, 0.2e-9
    settle, phi, quiet = setup["settle"], setup["phi"], setup["gap"]
    second = begin + settle + phi + 2 * quiet
    end = second + settle + phi + 2 * quiet

    def high(start: float, stop: float, level: float, slew: float = edge) -> list[tuple[float, float]]:
        return [(0.0, 0.0), (start, 0.0), (start + slew, level), (stop, level), (stop + slew, 0.0)]

    return {
        "fire": high(begin, end, vdd),
        "phi_1": high(begin + settle, begin + settle + phi, vpp),
        "phi_2": high(second + settle, second + settle + phi, vpp),
        "wl_1": high(begin, begin + settle + phi + quiet, setup["vwl"], 5e-9),
        "wl_2": high(second, second + settle + phi + quiet, setup["vwl"], 5e-9),
    }, end


def on_chip(sheet: Datasheet, condition: Condition, **others: float) -> Datasheet:
    """The datasheet with the levels of the chip: vfire is vpp, source lines at ground, the row rail on the WL
    DAC."""
    setup = sheet.setup
    levels = {
        "vfire": supply(condition),
        "vsl": 0.0,
        "vwl": setup["rail_vwl"],
        "vref": setup["rail_vref"],
        "sl_ohm": setup["rail_sl_ohm"],
    }
    return sheet.model_copy(update={"setup": setup | levels | others})
