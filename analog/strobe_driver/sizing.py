"""Why the strobe driver's delay has the gate length it has, and what would keep its nodes between the rails: two tables.

    python -m neusoc.analog.strobe_driver.sizing [--readme]

The delay must outlast what a strobe takes to fall and its switches to open (delay_off of the row driver and of the column's gates).
"""

from __future__ import annotations

import re
import sys

from neusoc.analog.characterise import datasheet, measure, worst
from neusoc.analog.schematic import netlist_text
from neusoc.analog.sizing import main
from neusoc.analog.spice import deck, run
from neusoc.pdk.devices import NFET_01V8, PFET_01V8

LENGTHS = (1.0, 1.5, 2.0)
CORNERS = (("tt", 27, 1.80), ("ff", -40, 1.98), ("ss", -40, 1.62))


def channel(length: float) -> str:
    """The channel's subcircuit with another gate length of its delay, um."""
    found = re.search(r"^\.subckt strobe_channel .*?^\.ends", netlist_text("strobe_driver"), re.M | re.S)
    if not found:
        raise ValueError("strobe_driver: its netlist has no strobe_channel")
    text, count = re.subn(r"^(x[np]_late\d .*\bl=)[\d.]+", rf"\g<1>{length:g}", found[0], flags=re.M)
    if count != 8:
        raise ValueError(f"strobe_channel: {count} transistors of its delay found, not 8")
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


def starved(cap: float) -> list[str]:
    """The delay as two inverters of short channels, which hardly couple, on long ones that limit their current; a gate loads each."""
    lines = []
    for i, (inward, outward) in enumerate((("alone", "late0"), ("late0", "late3"))):
        for kind, rail, on, model, width in (("p", "vdd1v8", "vss", PFET_01V8, 0.84), ("n", "vss", "vdd1v8", NFET_01V8, 0.42)):
            lines.append(f"x{kind}_limit{i} {kind}_{i} {on} {rail} {rail} {model} w={width} l=1.5 nf=1 m=1")
            lines.append(f"x{kind}_late{i} {outward} {inward} {kind}_{i} {rail} {model} w={width} l=0.15 nf=1 m=1")
        lines.append(f"xn_load{i} vss {outward} vss vss {NFET_01V8} w={cap} l=1.3 nf=1 m=1")
    return lines


def variant(two_starved: bool, held: float) -> str:
    """The driver's netlist with another delay, and with gates of `held` um on the nodes within the NOR's stack."""
    kept = [line for line in netlist_text("strobe_driver").splitlines() if not (two_starved and re.match(r"x[np]_late\d ", line))]
    more = starved(4.0) if two_starved else []
    more += [f"xn_held_{k} vss up_{k} vss vss {NFET_01V8} w={held} l=1.3 nf=1 m=1" for k in "ab"] if held else []
    at = next(i for i, line in enumerate(kept) if line.startswith("xp_both_a "))
    return "\n".join([*kept[:at], *more, *kept[at:]]) + "\n"


def nodes_between_the_rails() -> list[str]:
    """Worst figures over all corners of the channel as drawn and of two others, as Markdown."""
    sheet, names = datasheet("strobe_driver"), ("stress_thin_over", "gap", "delay_on", "delay_off")
    lines = ["| channel | " + " | ".join(f"{n} ({sheet.parameters[n].unit})" for n in names) + " |", "| --- |" + " --- |" * len(names)]
    for title, dut in (
        ("as drawn", variant(False, 0.0)),
        ("two starved inverters", variant(True, 0.0)),
        ("the same, 2 um x 1.3 um of gate on both nodes of the NOR's stack", variant(True, 2.0)),
    ):
        found = measure("strobe_driver", dut, sheet, "schematic", names)
        cells = (f"{worst(sheet.parameters[n], found[n])[1]:.3g}" for n in names)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def tables() -> str:
    """Both sweeps as Markdown."""
    heads = [f"{corner}, {temperature} C, {vdd} V (ns)" for corner, temperature, vdd in CORNERS]
    lines = ["| L of the delay (um) | rise, fall: " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(CORNERS)]
    for length in LENGTHS:
        cells = ["{:.2f}, {:.2f}".format(*(1e9 * delay for delay in delays(length, *place))) for place in CORNERS]
        lines.append(f"| {length:g} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *nodes_between_the_rails()]) + "\n"


if __name__ == "__main__":
    sys.exit(main("strobe_driver", tables))
