"""Why the line driver's switches have the widths they have: their resistance against width.

    neusoc size line_driver

Prints a Markdown table, at the nominal condition and where vpp is lowest and the channel slowest.
"""

from __future__ import annotations

from neusoc.analog.bench.characterise import Condition, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import resized
from neusoc.base.tables import table

SLOWEST = Condition(corner="ss", temperature=125, vdd1v8=1.62, vpp=2.97)
WIDTHS = {"xn_sl_program": 20.0, "xp_sl_program": 40.0, "xn_sl_ground": 35.0, "xn_sl_neuron": 200.0, "xp_wl_full": 40.0}     # um, as drawn
NAMES = ("sl_program_resistance", "sl_ground_resistance", "sl_neuron_resistance", "wl_full_resistance")


def tables() -> str:
    """The sweep as Markdown."""
    sheet = datasheet("line_driver")
    nominal = sheet.conditions["nominal"][0]
    sheet = sheet.model_copy(update={"conditions": {name: [nominal, SLOWEST] for name in sheet.conditions}})
    heads = ("W of program n, p; ground; neuron; full (um)", f"{nominal}: program; ground; neuron; full (ohm)", f"{SLOWEST} (ohm)")
    rows = []
    for factor in (0.5, 1.0, 2.0):
        widths = {name: width * factor for name, width in WIDTHS.items()}
        found = measure("line_driver", resized(netlist_text("line_driver"), **widths), sheet, "schematic", NAMES)
        cells = ["{:.0f}; {:.0f}; {:.1f}; {:.0f}".format(*(found[name][where] for name in NAMES)) for where in (nominal, SLOWEST)]
        rows.append(("{:g}, {:g}; {:g}; {:g}; {:g}".format(*widths.values()), *cells))
    return table(heads, rows)
