"""Why the strobe driver's delay has the gate length it has, and what keeps its nodes between the rails: two tables.

    neusoc size strobe_driver

The delay must outlast what a strobe takes to fall and its switches to open (delay_off of the row driver and of the column's gates).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from neusoc.analog.bench.characterise import datasheet, measure, worst
from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_01V8, PFET_01V8
from neusoc.pdk.spice.ngspice import deck, run

LENGTHS = (1.0, 2.0, 3.0)
CORNERS = (("tt", 27, 1.80), ("ff", -40, 1.98), ("ss", -40, 1.62))


def channel(length: float) -> str:
    """The channel's subcircuit with another gate length of the delay's limiters, um."""
    found = re.search(r"^\.subckt strobe_channel .*?^\.ends", netlist_text("strobe_driver"), re.M | re.S)
    if not found:
        raise ValueError("strobe_driver: its netlist has no strobe_channel")
    text, count = re.subn(r"^(x[np]_limit\d .*\bl=)[\d.]+", rf"\g<1>{length:g}", found[0], flags=re.M)
    if count != 4:
        raise ValueError(f"strobe_channel: {count} limiters of its delay found, not 4")
    return text + "\n"


def delays(length: float, corner: str, temperature: float, vdd1v8: float) -> tuple[float, float]:
    """Rising and falling delay of a channel into 5 fF, s."""
    circuit = channel(length) + f"vdd vdd1v8 0 {vdd1v8}\nvss vss 0 0\nvown own 0 pulse(0 {vdd1v8} 5n 0.2n 0.2n 40n 1u)\n"
    circuit += "xdut own vss vss out vdd1v8 vss strobe_channel\ncout out 0 5f\n"
    half = vdd1v8 / 2
    commands = ["tran 50p 80n", *(
        f"meas tran {edge} trig v(own) val={half} {edge}=1 targ v(out) val={half} {edge}=1" for edge in ("rise", "fall")
    )]  # fmt: skip
    found = run(deck(circuit, commands, corner=corner, temperature=temperature)).measures
    return found["rise"], found["fall"]


def long_inverters() -> list[str]:
    """The delay as four inverters of long channels, the first circuit: their gates couple an output past its rail."""
    nets, lines = ("alone", "late0", "late2", "late3", "late1"), []
    for i, (inward, outward) in enumerate(pairwise(nets)):
        for kind, rail, model, width in (("p", "vdd1v8", PFET_01V8, 0.84), ("n", "vss", NFET_01V8, 0.42)):
            lines.append(f"x{kind}_long{i} {outward} {inward} {rail} {rail} {model} w={width} l=1.5 nf=1 m=1")
    return lines


def variant(without: str, more: Sequence[str] = ()) -> str:
    """The driver's netlist without the channel's transistors that match a pattern, and with others.

    Raises:
        ValueError: no transistor matches.
    """
    lines = netlist_text("strobe_driver").splitlines()
    kept = [line for line in lines if not (without and re.match(without, line))]
    if without and len(kept) == len(lines):
        raise ValueError(f"strobe_channel: no transistor matches {without!r}")
    at = next(i for i, line in enumerate(kept) if line.startswith("xp_both_a "))
    return "\n".join([*kept[:at], *more, *kept[at:]]) + "\n"


def nodes_between_the_rails() -> str:
    """Worst figures over all corners of the channel as drawn and of others, as Markdown."""
    sheet, names = datasheet("strobe_driver"), ("stress_thin_over", "gap", "delay_on", "delay_off")
    rows = []
    for title, dut in (
        ("as drawn", variant("")),
        ("without gates on the NOR's stack", variant(r"xp_held_\w ")),
        ("without loads of the delay", variant(r"xn_load\d ")),
        ("four long inverters as delay, no gates on the stack", variant(r"x[np]_(late|limit|load|held)", long_inverters())),
    ):
        found = measure("strobe_driver", dut, sheet, "schematic", names)
        rows.append((title, *(f"{worst(sheet.parameters[n], found[n])[1]:.3g}" for n in names)))
    return table(("channel", *(f"{n} ({sheet.parameters[n].unit})" for n in names)), rows)


def tables() -> str:
    """Both sweeps as Markdown."""
    first, *others = (f"{corner}, {temperature} C, {vdd} V (ns)" for corner, temperature, vdd in CORNERS)
    rows = []
    for length in LENGTHS:
        cells = ["{:.2f}, {:.2f}".format(*(1e9 * delay for delay in delays(length, *place))) for place in CORNERS]
        rows.append((f"{length:g}", *cells))
    return table(("L of the limiters (um)", f"rise, fall: {first}", *others), rows) + "\n" + nodes_between_the_rails()
