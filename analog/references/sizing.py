"""What the sizes of the references decide: wells and pass devices against ripple, the guard against a second state, the slope's steps.

    neusoc size references

Prints three Markdown tables.
"""

from __future__ import annotations

import re

from neusoc.analog.bench.characterise import Condition, Datasheet, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.benches import COLD, HOT, ROOM, levels, simulate
from neusoc.analog.references.netlists import Codes
from neusoc.base.tables import table


def changed(netlist: str, pattern: str, by: str) -> str:
    """The netlist with each statement that a pattern finds written anew.

    Raises:
        KeyError: it finds none.
    """
    text, count = re.subn(rf"(?m){pattern}", by, netlist)
    if not count:
        raise KeyError(pattern)
    return text


def _ripple(drawn: str, sheet: Datasheet, at: Condition) -> str:
    variants = {
        "as drawn": drawn,
        "pairs of the amplifiers in the well of vdd3v3": changed(drawn, r"^(xp_(?:minus|plus) \S+ \S+ \S+) tail ", r"\1 vdd3v3 "),
        "no filter before the string": changed(drawn, r"^xc_filter\S* level .*\n", ""),
        "string's pass device 8 / 8": changed(drawn, r"^(xp_pass top .*) w=2 l=4 ", r"\1 w=8 l=8 "),
        "string's pass device 1 / 1": changed(drawn, r"^(xp_pass top .*) w=2 l=4 ", r"\1 w=1 l=1 "),
        "follower of vref 20 / 0.5": changed(drawn, r"^(xn_follow .*) w=40 l=1 nf=8", r"\1 w=20 l=0.5 nf=4"),
    }
    rows = []
    for name, dut in variants.items():
        found = simulate("ripple", dut, sheet, at, set())
        keys = ("rejection", "rejection_vth", "rejection_logic", "rejection_iadc")
        rows.append((name, *(f"{found[key]:.1f}" for key in keys)))
    return table(("variant", "vdd3v3 to vref, vread, vlk (dB)", "to vth (dB)", "vdd1v8 to vref (dB)", "vdd3v3 to iadc (dB)"), rows)


def _guard(drawn: str, sheet: Datasheet) -> str:
    narrow = changed(drawn, r"^(xn_(?:plus|minus)_(?:in|out)(?:_low)? .*) w=16 l=20 nf=2", r"\1 w=8 l=20 nf=1")
    bare = r"^xp_over_out .*\n"
    variants = {
        "as drawn": drawn, "core's mirrors 8 / 20, no guard": changed(narrow, bare, ""), "core's mirrors 8 / 20": narrow,
        "no guard": changed(drawn, bare, ""),
    }  # fmt: skip
    rows = []
    for name, dut in variants.items():
        found = [1e9 * simulate("states", dut, sheet, c, set())["pull"] for c in sheet.conditions["few"]]
        rows.append((name, *(f"{pull:.0f}" for pull in found)))
    return table(("core", *(f"{c.corner}, {c.temperature:g} C (nA)" for c in sheet.conditions["few"])), rows)


def _slope(drawn: str, sheet: Datasheet, at: Condition) -> str:
    rows = []
    for slope in (0, 2, 4, 6, 7):
        found = [levels(drawn, sheet, at.model_copy(update={"temperature": t}), Codes(slope=slope))["level"] for t in (COLD, ROOM, HOT)]
        rows.append((str(slope), f"{1e3 * found[1]:.1f}", *(f"{100 * (found[k] / found[1] - 1):+.2f}" for k in (0, 2))))
    return table(("slope", "level, untrimmed, 27 C (mV)", "at -40 C (%)", "at 125 C (%)"), rows)


def tables() -> str:
    """All sweeps as Markdown."""
    sheet, drawn = datasheet("references"), netlist_text("references")
    at = sheet.conditions["nominal"][0]
    return "\n".join((_ripple(drawn, sheet, at), _guard(drawn, sheet), _slope(drawn, sheet, at)))
