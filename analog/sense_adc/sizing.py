"""Why the ADC has the sizes it has: operating points of its devices.

    neusoc size sense_adc

Prints three Markdown tables: the unit of the DAC, the bleed current against the slowest pole of the sense line, and the gate on the
comparator's other input against what its latch's kick costs.
"""

from __future__ import annotations

import re

from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.sense_adc.benches import simulate
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_01V8
from neusoc.pdk.spice.ngspice import deck, run

MATCHING = 7.5e-9               # V m: deviation of a threshold times the root of the gate area, from mismatch samples of the unit


def unit(width: float, length: float, current: float) -> tuple[float, float]:
    """(Vgs, V; gm/Id, 1/V) of a diode of the DAC at a current, nominal corner."""
    circuit = f"i1 0 g {current:g}\nxm g g 0 0 {NFET_01V8} w={width:g} l={length:g} nf=1 m=1"
    shifted = f"i2 0 h {1.02 * current:g}\nxn h h 0 0 {NFET_01V8} w={width:g} l={length:g} nf=1 m=1"
    found = run(deck(f"{circuit}\n{shifted}", ["op", "print v(g) v(h)"], options="reltol=1e-6")).measures
    return found["v(g)"], 0.02 / (found["v(h)"] - found["v(g)"])


def follower(current: float) -> float:
    """gm of the follower at a current, S."""
    circuit = f"i1 s 0 {{0}}\nvd d 0 0.9\nvg g 0 0.85\nxf d g s 0 {NFET_01V8} w=8 l=0.15 nf=4 m=1"
    low, high = (
        run(deck(circuit.format(f"{i:g}"), ["op", "print v(s)"], options="reltol=1e-6")).measures["v(s)"] for i in (current, 1.02 * current)
    )
    return 0.02 * current / (low - high)


def decision_error(old: str, new: str) -> float:
    """Of a comparator with an edited line, LSB, nominal corner."""
    netlist, sheet = netlist_text("sense_adc"), datasheet("sense_adc")
    edited, count = re.subn(old, new, netlist, flags=re.M)
    if count != 1:
        raise ValueError(f"current_comparator.sch: {count} lines like {old}, not one")
    return simulate("decide", edited, sheet, sheet.conditions["nominal"][0], set())["decision_error"]


def tables() -> str:
    """All sweeps as Markdown."""
    setup = datasheet("sense_adc").setup
    lsb = setup["ibias"] / 32
    heads = (
        "unit W / L (um), LSB a unit", "Vgs (V)", "gm/Id (1/V)", "spread of a unit (%)", "INL at mid-scale, 1 sigma (LSB)", "gates (um2)",
    )  # fmt: skip
    units = []
    for width, length, count in ((1.0, 10.0, 16), (0.5, 20.0, 4), (0.42, 16.0, 4), (1.0, 20.0, 4)):
        gate, efficiency = unit(width, length, count * lsb)
        sigma = efficiency * MATCHING / (width * length * 1e-12) ** 0.5
        inl = 0.5 * (256 / count) ** 0.5 * sigma * count
        area = (256 / count) * width * length
        size = f"{width:g} / {length:g}, {count}"
        units.append((size, f"{gate:.3f}", f"{efficiency:.1f}", f"{100 * sigma:.2f}", f"{inl:.2f}", f"{area:.0f}"))
    poles = []
    for current in (0.06e-6, 0.3e-6, 1.1e-6, 3e-6):
        gm = follower(current)
        poles.append((f"{current * 1e6:g}", f"{gm * 1e6:.1f}", f"{gm / setup['line_load'] / 6.2832e6:.2f}"))
    gates = [("none: vref itself", f"{decision_error(r'^(xn_in_b \S+) hold ', r'\1 vref '):.2f}")]
    for width, length in ((1.0, 1.3), (2.0, 1.3), (4.0, 1.3), (4.0, 2.1)):
        error = decision_error(r"^(xn_chold .*) w=\S+ l=\S+", rf"\1 w={width:g} l={length:g}")
        gates.append((f"{width:g} / {length:g}", f"{error:.2f}"))
    return "\n".join((
        table(heads, units),
        table(("bleed current (uA)", "gm of the follower (uS)", "pole of the sense line without a cell (MHz)"), poles),
        table(("gate on hold, W / L (um)", "decision_error (LSB, in steps of half a one)"), gates),
    ))  # fmt: skip
