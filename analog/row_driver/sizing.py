"""Why the row driver has the sizes it has: on-resistance and sweeps of the schematic's widths.

    neusoc size row_driver

Prints two Markdown tables: the line buffer against the rise and fall of a 64-column line, and the shifter's pull-down against
its delay where it is weakest (ss, -40 C, 1.62 V, 3.63 V).
"""

from __future__ import annotations

from neusoc.analog.bench.characterise import Condition, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import resized
from neusoc.analog.row_driver.benches import amplitude
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_5V, PFET_5V
from neusoc.pdk.spice.ngspice import deck, run

WEAKEST = Condition(corner="ss", temperature=-40, vdd1v8=1.62, vpp=3.63)
SLOWEST = Condition(corner="ss", temperature=125, vdd1v8=1.62, vpp=2.97, vwl=2.0)


def on_resistance(model: str, width: float, vwl: float) -> float:
    """Large-signal resistance of one device, fully on, at half the amplitude across it, ohm (nominal corner)."""
    sign = 1 if model == NFET_5V else -1
    circuit = f"vg g 0 {sign * vwl:g}\nvd d 0 {sign * vwl / 2:g}\nxm d g 0 0 {model} w={width:g} l=0.5 nf=1 m=1"
    current = run(deck(circuit, ["op", "print i(vd)"])).measures["i(vd)"]
    return vwl / 2 / abs(current)


def tables() -> str:
    """Both sweeps as Markdown."""
    sheet = datasheet("row_driver")
    nominal = sheet.conditions["nominal"][0]
    netlist = netlist_text("row_driver")
    buffers = []
    only = sheet.model_copy(update={"conditions": {name: [nominal, SLOWEST] for name in sheet.conditions}})
    for wide_p, wide_n in ((1.7, 2.0), (3.4, 4.0), (6.8, 8.0)):
        wider = resized(netlist, xp_up=wide_p, xn_up=wide_n, xn_down=wide_n)
        found = measure("row_driver", wider, only, "schematic", ("rise", "fall"))
        ron = [on_resistance(model, width, amplitude(nominal)) for model, width in ((PFET_5V, wide_p), (NFET_5V, wide_n))]
        edges = f"{found['rise'][nominal]:.2f}, {found['fall'][nominal]:.2f}"
        slow = f"{found['rise'][SLOWEST]:.2f}"
        buffers.append((f"{wide_n:g}, {wide_p:g}, {wide_n:g}", f"{ron[0]:.0f}, {ron[1]:.0f}", edges, slow))
    pulls = []
    only = sheet.model_copy(update={"conditions": {name: [WEAKEST] for name in sheet.conditions}})
    for wide in (0.5, 1.0, 2.0, 4.0):
        found = measure("row_driver", resized(netlist, xn_pull_off=wide, xn_pull_on=wide), only, "schematic", ("delay_on", "delay_off"))
        pulls.append((f"{wide:g}", f"{found['delay_on'][WEAKEST]:.2f}, {found['delay_off'][WEAKEST]:.2f}"))
    heads = ("xn_up, xp_up, xn_down W (um)", "Ron p, n at vpp/2 (ohm)", f"rise, fall ({nominal}) (ns)", f"rise ({SLOWEST}) (ns)")
    return table(heads, buffers) + "\n" + table(("xn_pull W (um)", f"delay on, off ({WEAKEST}) (ns)"), pulls)
