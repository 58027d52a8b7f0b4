"""Why the strobe driver's delay has the gate length it has: delay of one channel against the length of its four inverters.

    python -m neusoc.analog.strobe_driver.sizing [--readme]

The delay must outlast what a strobe takes to fall and its switches to open (delay_off of the row driver and of the column's gates).
"""

from __future__ import annotations

import re
import sys

from neusoc.analog.schematic import netlist_text
from neusoc.analog.sizing import main
from neusoc.analog.spice import deck, run

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


def tables() -> str:
    """The sweep as Markdown."""
    heads = [f"{corner}, {temperature} C, {vdd} V (ns)" for corner, temperature, vdd in CORNERS]
    lines = ["| L of the delay (um) | rise, fall: " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(CORNERS)]
    for length in LENGTHS:
        cells = ["{:.2f}, {:.2f}".format(*(1e9 * delay for delay in delays(length, *place))) for place in CORNERS]
        lines.append(f"| {length:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main("strobe_driver", tables))
