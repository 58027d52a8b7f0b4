"""What the benches of the line driver measure, as the parameters of line_driver.yaml (SI units).

The transients drive it through the schematic's strobe_driver: a, b, c are sl_program, sl_ground, sl_neuron; d, e are wl_dac, wl_full.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.characterise import Condition, Datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import charge, supply
from neusoc.analog.dac6.model import COARSE, FINE
from neusoc.pdk.spice.ngspice import deck, run, run_at_rest

FOLDER = Path(__file__).parent
STROBES = ("sl_program", "sl_ground", "sl_neuron", "wl_dac", "wl_full")
PINS = (*(f"{name}_vpp" for name in STROBES), "sl", "vsl_dac", "vsl", "vwl", "vwl_dac", "vpp", "vss")
NETS = {pin: pin for pin in PINS}
STATE, SETTLED = 160e-9, 120e-9     # s: length of a state, and from when on its currents are averaged
# swap: no gap between any two switches of a line
SWAPS = ("sl_ground wl_dac", "wl_dac", "sl_program wl_full", "sl_ground wl_dac", "sl_program wl_full", "sl_neuron", "sl_ground")
OPEN_TO_PROGRAM, GROUND_TO_PROGRAM = 2, 4


def static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Resistance of each switch at 100 uA, a copy each; leakage with all of them open."""
    vpp, setup = supply(condition), sheet.setup
    circuit = f"{dut}vss vss 0 0\nvpp vpp 0 {vpp:g}\n"
    levels = {
        "sl_program": (setup["vreset"], COARSE[0], 1.2, 1.8), "sl_ground": (0.0,), "sl_neuron": (setup["vsl"],),
        "wl_dac": (FINE[0], 1.7, 2.0, vpp - 0.2), "wl_full": (vpp,),
    }  # fmt: skip
    far = {
        "sl_program": ("vsl_dac", "sl"), "sl_ground": ("vss", "sl"), "sl_neuron": ("vsl", "sl"), "wl_dac": ("vwl_dac", "vwl"),
        "wl_full": ("vpp", "vwl"),
    }  # fmt: skip
    prints = []
    for name, values in levels.items():
        source, line = far[name]
        for i, level in enumerate(values):
            own = f"{name}{i}"
            nodes = {pin: f"{own}_{pin}" for pin in PINS[5:10]} | {"vpp": "vpp", "vss": "vss"}
            nodes |= {f"{strobe}_vpp": "vpp" if strobe == name else "vss" for strobe in STROBES}
            circuit += f"x{own} {' '.join(nodes[pin] for pin in PINS)} line_driver\n"
            circuit += "".join(f"r{own}{pin} {nodes[pin]} 0 1e12\n" for pin in PINS[5:10] if pin not in (source, line))
            if source not in ("vpp", "vss"):
                circuit += f"v{own} {nodes[source]} 0 {level:g}\n"
            circuit += f"i{own} {'0 ' + nodes[line] if name == 'sl_ground' else nodes[line] + ' 0'} 100u\n"
            prints.append(f"v({nodes[line].lower()})")
    circuit += f"vopen open 0 {setup['vsl']:g}\nvform form 0 3.1\nropen opened 0 1e12\n"
    circuit += "xopen vss vss vss vss vss open form vss opened vss vpp vss line_driver\n"
    found = run_at_rest(
        circuit, ["op", *(f"print {name}" for name in [*prints, "i(vopen)"])], timeout=300,
        corner=condition.corner, temperature=condition.temperature, title="line_driver static",
    ).measures  # fmt: skip
    drops = {
        name: [abs(level - found[f"v({name}{i}_{far[name][1]})"]) / 100e-6 for i, level in enumerate(values)]
        for name, values in levels.items()
    }
    return {
        "sl_program_resistance": drops["sl_program"][0],
        "sl_program_weakest": max(drops["sl_program"][1:]),
        "sl_ground_resistance": drops["sl_ground"][0],
        "sl_neuron_resistance": drops["sl_neuron"][0],
        "wl_dac_resistance": max(drops["wl_dac"]),
        "wl_full_resistance": drops["wl_full"][0],
        "leak_open": abs(found["i(vopen)"]),
    }


def transient(dut: str, sheet: Datasheet, condition: Condition, states: list[set[str]]) -> dict[str, np.ndarray]:
    """All node voltages and source currents while the controller's strobes go through states, each STATE long."""
    setup = sheet.setup
    circuit = f"{netlist_text('strobe_driver')}{dut}vss vss 0 0\nvdd vdd1v8 0 {condition.vdd1v8}\nvpp vpp 0 {supply(condition)}\n"
    circuit += f"vsd vsl_dac 0 {setup['vreset']}\nvpad vsl 0 {setup['vsl']}\nvwd vwl_dac 0 {setup['vwl_dac']}\n"
    circuit += f"csl sl 0 {setup['line_pf']}p\ncwl vwl 0 {setup['rail_pf']}p\n"
    circuit += f"xstrobes {' '.join(STROBES)} {' '.join(PINS[:5])} vdd1v8 vpp vss strobe_driver\nxdut {' '.join(PINS)} line_driver\n"
    for name in STROBES:
        circuit += f"c{name} {name}_vpp 0 {setup['strobe_ff']}f\n"
        circuit += f"v{name} {name} 0 {pulses([condition.vdd1v8 * (name in state) for state in states], STATE)}\n"
    options = "reltol=1e-4 method=gear"
    commands = [f"tran 1n {len(states) * STATE:g}", "write tran.raw"]
    text = deck(circuit, commands, corner=condition.corner, temperature=condition.temperature, options=options, title="line_driver")
    return run(text, timeout=600).arrays["tran"]


def states(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Every state of the strobes, one after the other."""
    every = [{name for i, name in enumerate(STROBES) if number >> i & 1} for number in range(2 ** len(STROBES))]
    waves = transient(dut, sheet, condition, every)
    starts, span = [i * STATE + SETTLED for i in range(len(every))], STATE - SETTLED
    means = {
        source: max(abs(charge(waves, f"i({source})", start, start + span)) / span for start in starts)
        for source in ("vsd", "vpad", "vwd", "vpp")
    }  # fmt: skip
    return {"state_vpp": means.pop("vpp"), "state_current": max(means.values())}


def _reaches(waves: dict[str, np.ndarray], net: str, level: float, start: float) -> float:
    """From a moment until a node has risen to a level, s.

    Raises:
        RuntimeError: it does not within one state.
    """
    time, wave = waves["time"], waves[f"v({net})"]
    found = np.flatnonzero((wave[1:] >= level) & (wave[:-1] < level) & (time[1:] > start) & (time[1:] < start + STATE))
    if not len(found):
        raise RuntimeError(f"line_driver: {net} does not rise to {level:g} V within {STATE * 1e9:g} ns")
    return float(time[found[0] + 1]) - start


def swap(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Strobes swapped without a gap."""
    waves = transient(dut, sheet, condition, [set(state.split()) for state in SWAPS])
    start = OPEN_TO_PROGRAM * STATE
    program = [charge(waves, "i(vsd)", i * STATE, (i + 1) * STATE) for i in range(len(SWAPS))]
    dac = [charge(waves, "i(vwd)", i * STATE, (i + 1) * STATE) for i in range(len(SWAPS))]
    seen = stress(waves, dut, "line_driver", "xdut", NETS)
    through = [
        program[GROUND_TO_PROGRAM] - program[OPEN_TO_PROGRAM],      # the line begins at 0 V in both
        program[OPEN_TO_PROGRAM + 1], program[GROUND_TO_PROGRAM + 1],   # program to ground, program to neuron
        -dac[OPEN_TO_PROGRAM], -dac[GROUND_TO_PROGRAM],             # dac to full: vpp into the DAC
    ]  # fmt: skip
    return {
        "through": max(through),
        "rise": _reaches(waves, "sl", 0.9 * sheet.setup["vreset"], start),
        "rail_rise": _reaches(waves, "vwl", 0.9 * supply(condition), start),
        "stress_thick": seen.thick,
        "stress_forward": seen.forward,
    }


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return BENCHES[name](dut, sheet, condition)


SETUP = ("line_pf", "rail_pf", "vsl", "vreset", "vwl_dac", "strobe_ff")
BENCHES = {"static": static, "states": states, "swap": swap}
