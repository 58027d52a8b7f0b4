"""What the benches of tb/ measure, as the parameters of column_driver.yaml (SI units).

The transients drive the column through the schematic's strobe_driver, whose inputs are the controller's
strobes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import charge, supply
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import Result, deck, run, run_at_rest

FOLDER = Path(__file__).parent
STROBES = ("sel_program", "sel_sense", "sel_ground", "unsel_ground", "unsel_inhibit")
NETS = {
    "col_1v8": "col",
    "sel_program_vpp": "hp",
    "sel_sense_vpp": "hs",
    "sel_ground_vpp": "hg",
    "unsel_ground_vpp": "hug",
    "unsel_inhibit_vpp": "hui",
    "bl": "bl",
    "vbl": "vbl",
    "sense_line": "sense_line",
    "sl": "sl",
    "vdd1v8": "vdd1v8",
    "vpp": "vpp",
    "vss": "vss",
}
STATE, SETTLED = 40e-9, 25e-9  # s: length of a state, and from when on its currents are averaged
# swap: strobes of each state of 40 ns; changes without a gap between any two switches of a column
SWAPS = (
    "",
    "sel_ground",
    "",
    "sel_program",
    "sel_ground",
    "sel_program",
    "sel_sense",
    "sel_program",
    "",
    "unsel_ground",
    "unsel_inhibit",
    "unsel_ground",
    "unsel_inhibit unsel_ground",
    "unsel_inhibit",
    "",
)
SWAP_SELECTED = 9  # states before the column is deselected
THRESHOLD = 0.4  # V of gate drive at which a switch counts as on


def levels(condition: Condition) -> tuple[float, ...]:
    """vbl at which program is measured, V."""
    return (0.4, 1.4, 2.4, supply(condition) - 0.2)


def static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Resistances, supply currents, leakage."""
    text = (FOLDER / "tb" / "static.spice").read_text()
    circuit, _, commands = text.partition("* commands\n")
    programs = [
        f"vp{i} vbl{i} 0 {level:g}\nxp{i} vdd1v8 vpp vss vss vss vss bl{i} vbl{i} vss vss vdd1v8 vpp vss"
        f" column_driver\nip{i} bl{i} 0 10u"
        for i, level in enumerate(levels(condition))
    ]
    values = sheet.setup | {
        "dut": dut,
        "vdd1v8": condition.vdd1v8,
        "vpp": supply(condition),
        "programs": "\n".join(programs),
        "others": int(sheet.setup["columns"]) - 1,
        "prints": "print " + " ".join(f"v(bl{i})" for i in range(len(programs))),
    }
    found = run_at_rest(
        circuit.format(**values),
        commands.format(**values).splitlines(),
        timeout=300,
        corner=condition.corner,
        temperature=condition.temperature,
        title="column_driver static",
    ).measures
    through = [(level - found[f"v(bl{i})"]) / 10e-6 for i, level in enumerate(levels(condition))]
    return {
        "program_resistance": max(through),
        "program_high": through[2],
        "sense_resistance": (sheet.setup["vsense"] - found["v(bl_sense)"]) / 10e-6,
        "ground_resistance": max(found["v(bl_ground)"], found["v(bl_rest)"]) / 10e-6,
        "inhibit_resistance": (sheet.setup["vreset"] - found["v(bl_inhibit)"]) / 10e-6,
        "on_current": -found["i(vpp_on)"],
        "off_current": -found["i(vpp_off)"],
        "leak_neuron": abs(found["i(vneuron)"]),
        "leak_neuron_hot": abs(found["i(vneuron)"]),
        "leak_read": abs(found["i(vread)"]),
        "leak_read_hot": abs(found["i(vread)"]),
        "absent_leak": abs(found["i(vabsent)"]),
    }


def transient(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    extra: str,
    signals: dict[str, list[int]],
    step: float,
    write: str = "",
    strobes: str = "",
    resolution: float = 1e-9,
) -> Result:
    """One run of the column behind the strobe driver.

    Args:
        extra: further circuit: the source lines and what hangs on them.
        signals: col and the strobes: their state in each step, 0 or 1.
        step: length of a state, s.
        write: vectors to keep; all node voltages and source currents by default.
        strobes: another strobe driver than the schematic's.
        resolution: longest step of the simulation, s.
    """
    form = sheet.setup | {"vform": min(sheet.setup["vform"], supply(condition) - 0.1)}
    values = form | {
        "dut": dut,
        "strobe_driver": strobes or netlist_text("strobe_driver"),
        "vdd1v8": condition.vdd1v8,
        "vpp": supply(condition),
    }
    circuit = (FOLDER / "tb" / "strobes.spice").read_text().format(**values) + extra
    for net, bits in signals.items():
        circuit += f"\nv{net} {net} 0 {pulses([bit * condition.vdd1v8 for bit in bits], step)}"
    length = len(next(iter(signals.values()))) * step
    commands = [f"tran {resolution:g} {length:.6g}", f"write tran.raw {write}".strip()]
    options = "reltol=1e-4 method=gear"  # trapezoids ring in the sources' currents
    text = deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        options=options,
        title="column_driver",
    )
    return run(text, timeout=600)


def states(dut: str, sheet: Datasheet, condition: Condition, strobes: str = "") -> dict[str, float]:
    """Every state of col and strobes, one after the other."""
    names = ("col", *STROBES)
    signals = {net: [number >> i & 1 for number in range(2 ** len(names))] for i, net in enumerate(names)}
    waves = transient(
        dut, sheet, condition, f"vsl sl 0 {sheet.setup['vreset']:g}\n", signals, STATE, strobes=strobes
    ).arrays["tran"]
    starts = [number * STATE + SETTLED for number in range(2 ** len(names))]
    span = STATE - SETTLED
    currents = {
        source: max(abs(charge(waves, f"i({source})", start, start + span)) / span for start in starts)
        for source in ("vbl", "vse", "vsl", "vdd", "vpp")
    }
    seen = stress(waves, dut, "column_driver", "xdut", NETS)
    return {
        "state_vpp": currents.pop("vpp"),
        "state_current": max(currents.values()),
        "stress_thick": seen.thick,
        "stress_thin": seen.thin,
        "stress_forward": seen.forward,
    }


def _drives(waves: dict[str, np.ndarray], vpp: float) -> dict[str, np.ndarray]:
    """Whether each switch of the schematic conducts, (samples,)."""
    on = {name: waves[f"v(xdut.{name})"] > THRESHOLD for name in ("program", "sense", "ground", "inhibit")}
    for name in ("program", "inhibit"):
        on[name] = on[name] | (waves[f"v(xdut.{name}_b)"] < vpp - THRESHOLD)
    return on


def gap(waves: dict[str, np.ndarray], vpp: float) -> float:
    """Least time from one switch off to another on; negative: they overlap. s."""
    on, time = _drives(waves, vpp), waves["time"]
    edges = []
    for name, state in on.items():
        change = np.flatnonzero(state[1:] != state[:-1]) + 1
        edges += [(float(time[i]), name, bool(state[i])) for i in change]
    edges.sort()
    least, open_since, last, closed = np.inf, -np.inf, "", set()
    for moment, name, state in edges:
        if state:
            if closed - {name}:
                off = min(when for when, who, now in edges if not now and who in closed and when > moment)
                return moment - off
            if last and last != name:
                least = min(least, moment - open_since)
            closed.add(name)
        else:
            closed.discard(name)
            open_since, last = moment, name
    return float(least)


def swap(
    dut: str, sheet: Datasheet, condition: Condition, wanted: set[str], strobes: str = ""
) -> dict[str, float]:
    """Strobes swapped without a gap."""
    signals = {net: [int(net in state.split()) for state in SWAPS] for net in STROBES}
    signals["col"] = [int(i < SWAP_SELECTED) for i in range(len(SWAPS))]
    names = " ".join(
        f"v(xdut.{net})" for net in ("program", "program_b", "sense", "ground", "inhibit", "inhibit_b")
    )
    write = f"v(bl) i(vbl) i(vse) i(vsl) {names if 'gap' in wanted else ''}"
    extra = f"vsl sl 0 {sheet.setup['vreset']:g}\n"
    waves = transient(dut, sheet, condition, extra, signals, STATE, write, strobes, 0.2e-9).arrays["tran"]
    delivered = {
        (source, index): charge(waves, f"i({source})", index * STATE, (index + 1) * STATE)
        for source in ("vbl", "vsl")
        for index in range(len(SWAPS))
    }
    first_program = SWAPS.index("sel_program")
    through = [
        delivered["vbl", 5]
        - delivered["vbl", first_program],  # ground to program, against open (at 0 V) to program
        delivered["vbl", 4],
        delivered["vbl", 6],  # program to ground, program to sense
        delivered["vsl", 11],
        delivered["vsl", 12],  # inhibit to ground, and both asked for
    ]
    line = waves["v(bl)"] - 0.9 * min(sheet.setup["vform"], supply(condition) - 0.1)
    rising = np.flatnonzero((line[1:] >= 0) & (line[:-1] < 0) & (waves["time"][1:] > first_program * STATE))
    found = {
        "through": max(through),
        "program_time": float(waves["time"][rising[0] + 1]) - first_program * STATE,
    }
    return found | ({"gap": gap(waves, supply(condition))} if "gap" in wanted else {})


# half: FORM, then RESET, in steps of 20 ns; the row is on in the middle of each
_HALF = {
    "unsel_ground": "1 1 0 1 1 1 1 1 1 1 1 0 0 0 0 0 0 0 0 0 0 0 1 1",
    "sel_program": "0 0 0 1 1 1 1 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
    "sel_ground": "0 0 0 0 0 0 0 0 0 0 1 0 1 1 1 1 1 1 1 1 1 0 0 0",
    "unsel_inhibit": "0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 0 0 0",
    "source_lines": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 0 0 0 0 0",
    "row": "0 0 0 0 0 1 1 1 0 0 0 0 0 0 0 0 1 1 0 0 0 0 0 0",
}
HALF_STEP = 20e-9


def half(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """A cell of the selected row in another column, and one of an off row on the selected bit line."""
    bits = {net: [int(bit) for bit in text.split()] for net, text in _HALF.items()}
    rows, lines = bits.pop("row"), bits.pop("source_lines")
    setup = sheet.setup
    extra = f"vwl wl 0 {pulses([3.3 * bit for bit in rows], HALF_STEP, 2e-9)}\n"
    extra += (
        f"vsl drive 0 {pulses([setup['vreset'] * bit for bit in lines], HALF_STEP, 5e-9)}\nrsl drive sl"
        " 300\ncsl sl 0 4p\n"
    )
    extra += (
        "xother vss hp hs hg hug hui bl1 vbl sense_line sl vdd1v8 vpp vss column_driver\ncbl1 bl1 0"
        f" {setup['line_ff']:g}f\n"
    )
    extra += f"cnext bl bl1 {setup['neighbour_ff']:g}f\n"
    for name, line, gate in (("sel", "bl", "wl"), ("half", "bl1", "wl"), ("off", "bl", "vss")):
        extra += (
            f"r{name} {line} mid_{name} {setup['cell_ohm']:g}\nxm{name} mid_{name} {gate} sl vss {NFET_5V}"
            " w=1 l=0.5 nf=1 m=1\n"
        )
    signals = bits | {"col": [1] * len(rows), "sel_sense": [0] * len(rows)}
    write = "v(bl) v(bl1) v(sl) v(wl) v(mid_half) v(mid_off) v(mid_sel)"
    waves = transient(dut, sheet, condition, extra, signals, HALF_STEP, write).arrays["tran"]
    other = np.abs(waves["v(bl1)"] - waves["v(sl)"])
    on = waves["v(wl)"] > 3.2
    if np.max(np.abs(waves["v(bl)"] - waves["v(mid_sel)"])[on]) < 1.0:
        raise RuntimeError("column_driver half: the selected cell is not pulsed; the bench shows nothing")
    return {
        "half_select": float(np.max(other)),
        "half_select_pulse": float(np.max(other[on])),
        "off_row": float(np.max(np.abs(waves["v(bl)"] - waves["v(mid_off)"]))),
    }


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return swap(dut, sheet, condition, wanted) if name == "swap" else BENCHES[name](dut, sheet, condition)


SETUP = ("columns", "strobe_ff", "line_ff", "neighbour_ff", "vform", "vreset", "vsense", "cell_ohm")
BENCHES = {"static": static, "states": states, "swap": swap, "half": half}
