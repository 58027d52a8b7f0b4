"""Why the buffer has the sizes it has: gm/Id of its pair, sinks and output, and its capacitors against margins and settling.

    neusoc size bl_buffer

Prints four Markdown tables.
"""

from __future__ import annotations

from math import pi

from neusoc.analog.bench.characterise import Condition, Datasheet, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import operating, resized
from neusoc.analog.bl_buffer.benches import loop_margins, simulate
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_5V, PFET_5V

SIDE, SINK, REST, FULL = 3.5e-6, 7.7e-6, 13e-6, 350e-6    # A: a side of the pair, a sink, the output at rest and at its most
FOLDED = 4.2e-6                                           # A: through a cascode and a side of the load
MOST = 1.36                                               # V: highest vin


def _pairs() -> str:
    tail, rows = operating(PFET_5V, 28, 1, 2 * SIDE, fingers=7), []
    for width, length in ((33, 0.5), (33, 2), (16.5, 2), (8, 4)):
        at = operating(PFET_5V, width, length, SIDE, fingers=6)
        room = 3.24 - 2 / tail.efficiency - at.gate - MOST
        said = f"{width:g} / {length:g}", f"{at.efficiency:.1f}", f"{1e6 * SIDE * at.efficiency:.0f}", f"{at.gate:.2f}", f"{room:.2f}"
        rows.append(said)
    return table(("pair W / L (um), 3.5 uA a side", "gm/Id (1/V)", "gm (uS)", "Vgs (V)", "room at vin 1.36 V, vpp 3.24 V (V)"), rows)


def _loads() -> str:
    rows = []
    for name, model, width, length, current in (
        ("sink", NFET_5V, 9.2, 0.5, SINK), ("sink", NFET_5V, 9.2, 2, SINK), ("sink", NFET_5V, 9.2, 6, SINK),
        ("load", PFET_5V, 10, 1, FOLDED), ("load", PFET_5V, 10, 4.8, FOLDED),
    ):  # fmt: skip
        at = operating(model, width, length, current, drain=0.4 if name == "sink" else 0.9, fingers=2)
        across = 1e3 * 2 / at.efficiency
        rows.append((name, f"{width:g} / {length:g}", f"{at.efficiency:.1f}", f"{1e6 * current * at.efficiency:.0f}", f"{across:.0f}"))
    return table(("device", "W / L (um)", "gm/Id (1/V)", "gm (uS)", "2 Id/gm (mV)"), rows)


def _outputs() -> str:
    rows = []
    for name, model, length, widths in (("p", PFET_5V, 0.5, (20, 37.6, 120)), ("n", NFET_5V, 0.7, (6, 11.4, 24))):
        for width in widths:
            rest = operating(model, width, length, REST, drain=1.5, fingers=4)
            full = operating(model, width, length, FULL, drain=1.5, fingers=4)
            gate = 2 / 3 * 3.1 * width * length                    # 11 nm of oxide: 3.1 fF/um2, two thirds of it in saturation
            speed = 1e-6 * REST * rest.efficiency / (2 * pi * gate * 1e-15)
            said = f"{1e6 * REST * rest.efficiency:.0f}", f"{gate:.0f}", f"{speed:.0f}", f"{full.gate:.2f}"
            rows.append((f"{name} {width:g} / {length:g}", *said))
    head = ("output W / L (um)", "gm at 13 uA (uS)", "gate (fF)", "gm / 2 pi gate (MHz)", "Vgs at 0.35 mA (V)")
    return table(head, rows)


def _capacitors(sheet: Datasheet, at: Condition) -> str:
    drawn, rows = netlist_text("bl_buffer"), []
    for comp, damp in ((12, 2.9), (26, 2.9), (26, 1.0), (26, 6.0), (30, 2.9)):
        dut = resized(drawn, xc_comp=comp, xc_damp=damp)
        found = loop_margins(dut, sheet, at)
        half = len(found) // 2
        margins = (f"{min(part):.1f}" for i in (0, 1) for part in ([f[i] for f in found[:half]], [f[i] for f in found[half:]]))
        settled = 1e9 * simulate("settle", dut, sheet, at, set())["settle_up"]
        rows.append((f"{comp:g}", f"{damp:g}", *margins, f"{settled:.0f}"))
    head = (
        "comp (um)", "damp (um)", "phase margin 2 pF (deg)", "20 pF (deg)", "gain margin 2 pF (dB)", "20 pF (dB)", "settle_up (ns)",
    )  # fmt: skip
    return table(head, rows)


def tables() -> str:
    """All sweeps as Markdown."""
    sheet = datasheet("bl_buffer")
    return "\n".join((_pairs(), _loads(), _outputs(), _capacitors(sheet, sheet.conditions["nominal"][0])))
