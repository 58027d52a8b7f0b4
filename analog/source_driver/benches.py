"""What the benches of the source driver measure, as the parameters of source_driver.yaml (SI units).

The transients drive it through the schematic's strobe_driver: a, b are sl_program, sl_ground; d, e are
wl_dac, wl_full; c is not used.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.figures_table import layout_gds
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import charge, least_gap, supply
from neusoc.analog.dac6.model import FINE
from neusoc.analog.source_driver.share import Cells
from neusoc.analog.source_driver.window import (
    Job,
    erasable,
    erase_time,
    filament_of,
    pulse,
    slow_cell,
    state_of,
    worst_device,
    writing_gate,
)
from neusoc.pdk.spice.ngspice import Conditions, deck, run, run_at_rest

STROBES = ("sl_program", "sl_ground", "wl_dac", "wl_full")
PINS = (*(f"{name}_vpp" for name in STROBES), "sl", "vwl", "vwl_dac", "vpp", "vss")
NETS = {pin: pin for pin in PINS}
WIRED = "source_driver_wired"  # subcircuit of an extracted netlist with the wires' resistance
RAIL = 100e-6  # A in the rail's switches at rest
STATE, SETTLED, EDGE = (
    160e-9,
    120e-9,
    0.5e-9,
)  # s: length of a state, from when on its currents are averaged; an edge
# swap: no gap between any two switches of a line
SWAPS = (
    "sl_ground wl_dac",
    "wl_dac",
    "sl_program wl_full",
    "sl_ground wl_dac",
    "sl_program wl_full",
    "sl_ground wl_dac",
    "",
)
OPEN_TO_PROGRAM, PROGRAM_TO_GROUND, GROUND_TO_PROGRAM = 2, 3, 4
TOP = 40e-6  # S: upper end of the window
LONG, SHORT, ENOUGH = 10e-6, 1e-6, 1e-3  # s: pulses, and what erase_time_99 looks at
OVERDRIVE = 0.4  # V of gate drive at which a switch counts as on


def extracted() -> str:
    """The layout with its wires' capacitance, and as source_driver_wired with their resistance too: 30,000
    elements, for what rests."""
    from neusoc.verification.signoff.pex import extracted_text

    pins, gds = [net for net, _ in schematic_pins("source_driver")], layout_gds("source_driver")
    plain = extracted_text("source_driver", gds, pins, mode="CC")
    return plain + extracted_text("source_driver", gds, pins, mode="RC").replace(
        ".subckt source_driver ", f".subckt {WIRED} "
    )


def moving(dut: str) -> str:
    """The part of a netlist that transients take: without source_driver_wired."""
    return dut.partition(".subckt " + WIRED)[0]


def static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Resistance of each switch under its current, with that of the wires where the netlist has it; leakage
    with all of them open."""
    vpp, setup = supply(condition), sheet.setup
    at: Conditions = {
        "corner": condition.corner,
        "temperature": condition.temperature,
        "title": "source_driver static",
    }
    ground, program = setup["ground_ma"] * 1e-3, setup["program_ua"] * 1e-6
    circuit = f"{dut}vss vss 0 0\nvpp vpp 0 {vpp:g}\n" + "".join(
        f"v{name} {name}_vpp vss 0\n" for name in STROBES
    )
    circuit += (
        f"xdut {' '.join(PINS)} {WIRED if f'.subckt {WIRED} ' in dut else 'source_driver'}\nvdac vwl_dac 0"
        " 1.9\n"
    )
    circuit += "il 0 sl 0\niw vwl 0 0\nrl sl 0 1e9\nrw vwl 0 1e9\n"
    cases = [
        ("sl_ground", "il", ground, "sl", 0.0),
        ("sl_program", "il", -program, "sl", vpp),
        ("wl_full", "iw", RAIL, "vwl", vpp),
    ]
    cases += [("wl_dac", "iw", RAIL, "vwl", level) for level in (FINE[0], 1.2, 1.9, 2.2, vpp - 0.2)]
    commands = []
    for index, (name, source, amperes, net, level) in enumerate(cases):
        commands += [f"alter v{strobe} {vpp if strobe == name else 0:g}" for strobe in STROBES]
        commands += ["alter il 0", "alter iw 0", f"alter {source} {amperes:g}"]
        commands += [
            f"alter vdac {level if name == 'wl_dac' else 1.9:g}",
            "op",
            f"let d{index} = v({net})",
            f"print d{index}",
        ]
    found = run(deck(circuit, commands, **at), timeout=600).measures
    ohms: dict[str, float] = {}
    for index, (name, _, amperes, _, level) in enumerate(cases):
        ohms[f"{name}_resistance"] = max(
            ohms.get(f"{name}_resistance", 0.0), abs(level - found[f"d{index}"]) / abs(amperes)
        )
    return ohms | {"leak_open": _leak(dut, vpp, at)}


def _leak(dut: str, vpp: float, at: Conditions) -> float:
    """Largest current into sl at ground and at vpp with all switches open, A."""
    circuit = f"{moving(dut)}vss vss 0 0\nvpp vpp 0 {vpp:g}\nvheld held 0 0\nrr rail 0 1e12\n"
    circuit += "xopen vss vss vss vss held rail vss vpp vss source_driver\n"
    commands = [
        "op",
        "let low = i(vheld)",
        "print low",
        f"alter vheld {vpp:g}",
        "op",
        "let high = i(vheld)",
        "print high",
    ]
    found = run_at_rest(circuit, commands, **at).measures
    return max(abs(found["low"]), abs(found["high"]))


def _around(dut: str, sheet: Datasheet, condition: Condition) -> str:
    """Supplies, lines and the block itself as xdut."""
    setup = sheet.setup
    circuit = f"{moving(dut)}vss vss 0 0\nvpp vpp 0 {supply(condition):g}\nvwd vwl_dac 0 {setup['vwl_dac']}\n"
    return (
        circuit + f"csl sl 0 {setup['line_pf']}p\ncwl vwl 0 {setup['rail_pf']}p\nxdut {' '.join(PINS)}"
        " source_driver\n"
    )


def transient(
    dut: str, sheet: Datasheet, condition: Condition, states: list[set[str]]
) -> dict[str, np.ndarray]:
    """All node voltages and source currents while the strobe driver is asked for states, each STATE long."""
    a, b, d, e = STROBES
    circuit = (
        f"{_around(dut, sheet, condition)}{netlist_text('strobe_driver')}vdd vdd1v8 0 {condition.vdd1v8}\n"
    )
    circuit += (
        f"xstrobes {a} {b} vss {d} {e} {a}_vpp {b}_vpp spare {d}_vpp {e}_vpp vdd1v8 vpp vss strobe_driver\n"
    )
    for name in STROBES:
        circuit += f"c{name} {name}_vpp 0 {sheet.setup['strobe_ff']}f\n"
        circuit += (
            f"v{name} {name} 0"
            f" {pulses([condition.vdd1v8 * (name in state) for state in states], STATE, EDGE)}\n"
        )
    commands = [f"tran 1n {len(states) * STATE:g}", "write tran.raw"]
    text = deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        options="reltol=1e-4 method=gear",
        title="source_driver",
    )
    return run(text, timeout=600).arrays["tran"]


def at_rest(dut: str, sheet: Datasheet, condition: Condition) -> list[dict[str, np.ndarray]]:
    """Node voltages of every state of the block's own strobes, legal or not, at rest: what a strobe driver
    that failed would ask for."""
    circuit = (
        _around(dut, sheet, condition)
        + "rl sl 0 1e9\nrw vwl 0 1e9\n"
        + "".join(f"v{name} {name}_vpp 0 0\n" for name in STROBES)
    )
    commands = []
    for index, state in enumerate(every_state()):
        commands += [f"alter v{name} {supply(condition) if name in state else 0:g}" for name in STROBES] + [
            "op",
            f"write state{index}.raw",
        ]
    at = {"corner": condition.corner, "temperature": condition.temperature, "title": "source_driver at rest"}
    return list(run_at_rest(circuit, commands, timeout=300, **at).arrays.values())


def every_state() -> list[set[str]]:
    """The 16 states of the strobes, legal or not; one strobe changes at a time."""
    return [
        {name for i, name in enumerate(STROBES) if (number ^ number >> 1) >> i & 1}
        for number in range(2 ** len(STROBES))
    ]


def states(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Currents at rest in every state that is asked of the strobe driver, one after the other."""
    every = every_state()
    waves = transient(dut, sheet, condition, every)
    span = STATE - SETTLED
    means = {
        source: max(
            abs(charge(waves, f"i({source})", i * STATE + SETTLED, (i + 1) * STATE)) / span
            for i in range(len(every))
        )
        for source in ("vwd", "vpp")
    }
    return {"state_vpp": means["vpp"], "state_current": means["vwd"]}


def _reaches(waves: dict[str, np.ndarray], net: str, start: float, level: float, rising: bool) -> float:
    """From a moment until a node has come to a level and stays beyond it to the end of the state, s.

    Raises:
        RuntimeError: it does not within one state.
    """
    time = waves["time"]
    inside = (time > start) & (time < start + STATE - 1e-9)
    short = (waves[f"v({net})"][inside] < level) if rising else (waves[f"v({net})"][inside] > level)
    if short[-1] or not short[0]:
        raise RuntimeError(f"source_driver: {net} does not come to {level:g} V within {STATE * 1e9:g} ns")
    return float(time[inside][np.flatnonzero(short)[-1] + 1]) - start


def gap(waves: dict[str, np.ndarray], vpp: float) -> float:
    """Least time from a switch of a line off to the other one on; negative: they overlap. s."""
    high = {name: waves[f"v({name}_vpp)"] > OVERDRIVE for name in ("sl_ground", "wl_dac")}
    low = {name: waves[f"v(xdut.{name}_b)"] < vpp - OVERDRIVE for name in ("sl_program", "wl_dac", "wl_full")}
    return least_gap(
        waves["time"],
        [(high["sl_ground"], low["sl_program"]), (high["wl_dac"] | low["wl_dac"], low["wl_full"])],
    )


def swap(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Strobes swapped without a gap; stress also of every state at the block's own strobes."""
    vpp, setup = supply(condition), sheet.setup
    waves = transient(dut, sheet, condition, [set(state.split()) for state in SWAPS])
    program = [charge(waves, "i(vpp)", i * STATE, (i + 1) * STATE) for i in range(len(SWAPS))]
    dac = [charge(waves, "i(vwd)", i * STATE, (i + 1) * STATE) for i in range(len(SWAPS))]
    seen = [
        stress(one, moving(dut), "source_driver", "xdut", NETS)
        for one in (waves, *at_rest(dut, sheet, condition))
    ]
    through = [
        program[GROUND_TO_PROGRAM] - program[OPEN_TO_PROGRAM],  # the line begins at 0 V in both
        -dac[OPEN_TO_PROGRAM],
        -dac[GROUND_TO_PROGRAM],  # dac to full: vpp into the DAC
    ]
    found = {
        "through": max(through),
        "rise": _reaches(waves, "sl", OPEN_TO_PROGRAM * STATE, 0.9 * vpp, True),
        "fall": _reaches(waves, "sl", PROGRAM_TO_GROUND * STATE, 50e-3, False),
        "rail_rise": _reaches(waves, "vwl", OPEN_TO_PROGRAM * STATE, 0.9 * vpp, True),
        "rail_fall": _reaches(waves, "vwl", PROGRAM_TO_GROUND * STATE, setup["vwl_dac"] + 20e-3, False),
        "stress_thick": max(one.thick for one in seen),
        "stress_forward": max(one.forward for one in seen),
    }
    return found | ({"gap": gap(waves, vpp)} if "gap" in wanted else {})


def window(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """RESET by one pulse of 10 us with word line and source line at vpp; half-selected cells that are as fast
    as one in 100 is."""
    path, top = moving(dut), filament_of(TOP)
    job = Job.at(condition, LONG)
    one = pulse(path, sheet.setup, job, top)
    others = [
        pulse(path, sheet.setup, replace(job, slow=-slow_cell()), top, filament_of(state))
        for state in (1e-6, TOP)
    ]
    moved = [
        abs(state_of(x[0]) - state)
        for after, state in zip(others, (1e-6, TOP), strict=True)
        for x in (after.half_nm, after.off_nm)
    ]
    return {
        "window": erasable(path, sheet.setup, job),
        "left": state_of(one.x_nm[0]),
        "sl_drop": one.sl_off[0],
        "cell_current": one.cell_a[0],
        "half_voltage": max(max(after.half_v[0], after.off_v[0]) for after in others),
        "half_change": max(moved),
    }


def window_1us(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """The same by one pulse of 1 us."""
    return {"window_1us": erasable(moving(dut), sheet.setup, Job.at(condition, SHORT))}


def slow(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """RESET of the slowest of 100 cells."""
    job = Job.at(condition, LONG, slow=slow_cell())
    return {
        "window_99": erasable(moving(dut), sheet.setup, job),
        "erase_time_99": erase_time(moving(dut), sheet.setup, replace(job, width=ENOUGH), TOP),
    }


def write(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """SET of an erased cell to the upper end of the window."""
    job = Job.at(condition, LONG, set_line=sheet.setup["vset"])
    gate = writing_gate(moving(dut), sheet.setup, job, TOP)
    one = pulse(moving(dut), sheet.setup, replace(job, gates=(gate,), slow=-slow_cell()), filament_of(0.0))
    return {"set_gate": gate, "half_voltage_set": max(one.half_v[0], one.off_v[0])}


def ratings(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """What the devices of the path see in a RESET and in a SET of 1 us."""
    jobs = (
        Job.at(condition, SHORT),
        Job.at(condition, SHORT, set_line=sheet.setup["vset"], gates=(sheet.setup["vwl_dac"],)),
    )
    starts = filament_of(TOP), filament_of(0.0)
    return {
        "stress_path": max(
            worst_device(moving(dut), sheet.setup, *both) for both in zip(jobs, starts, strict=True)
        )
    }


def share(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Cells of 40 uS that RESET erases, by the twin, whose bit and source line have the resistance that the
    transistors show."""
    top = filament_of(TOP)
    job = Job.at(condition, LONG)
    seen = pulse(moving(dut), sheet.setup, job, top)
    cells = Cells.under(
        job,
        bl_ohms=sheet.setup["bl_ohm"] + seen.bl_off[0] / seen.cell_a[0],
        sl_ohms=seen.sl_off[0] / seen.cell_a[0],
    )
    erased = cells.erased(top, int(sheet.setup["cells"]), int(sheet.setup["pulses"]))
    return {
        "share_once": 100 * float(erased[0]),
        "share": 100 * float(erased[-1]),
        "twin_window": 100 * abs(cells.window() / erasable(moving(dut), sheet.setup, job) - 1),
    }


SETUP = (
    "ground_ma",
    "program_ua",
    "line_pf",
    "rail_pf",
    "vwl_dac",
    "bit_line_ff",
    "bl_ohm",
    "vset",
    "cells",
    "pulses",
    "strobe_ff",
)
BENCHES = {
    "static": static,
    "states": states,
    "swap": swap,
    "window": window,
    "window_1us": window_1us,
    "slow": slow,
    "write": write,
    "share": share,
    "ratings": ratings,
}


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return swap(dut, sheet, condition, wanted) if name == "swap" else BENCHES[name](dut, sheet, condition)
