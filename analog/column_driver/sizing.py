"""Why the column driver's switches have the widths they have: their resistance against width.

    neusoc size column_driver

Prints a Markdown table: the program switch over the DAC's range, the sense and the ground switch, at the nominal condition and where
vpp is lowest and the channel slowest.
"""

from __future__ import annotations

from neusoc.analog.bench.characterise import Condition, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import resized
from neusoc.base.tables import table

SLOWEST = Condition(corner="ss", temperature=125, vdd1v8=1.62, vpp=2.97)
# factors on the schematic's widths (um): program n and p, sense, ground
WIDTHS = {"xn_program": 4.0, "xp_program": 16.0, "xn_sense": 8.0, "xn_ground": 6.0}
FACTORS = (0.5, 1.0, 2.0)
NAMES = ("program_high", "program_resistance", "sense_resistance", "ground_resistance")


def tables() -> str:
    """The sweep as Markdown."""
    sheet = datasheet("column_driver")
    nominal = sheet.conditions["nominal"][0]
    sheet = sheet.model_copy(update={"conditions": {name: [nominal, SLOWEST] for name in sheet.conditions}})
    netlist = netlist_text("column_driver")
    heads = ("W of program n, p; sense; ground (um)", f"{nominal}: program at 2.4 V, worst level; sense; ground (ohm)", f"{SLOWEST} (ohm)")
    rows = []
    for factor in FACTORS:
        widths = {name: width * factor for name, width in WIDTHS.items()}
        found = measure("column_driver", resized(netlist, **widths), sheet, "schematic", NAMES)
        cells = ["{:.0f}, {:.0f}; {:.0f}; {:.0f}".format(*(found[name][where] for name in NAMES)) for where in (nominal, SLOWEST)]
        rows.append(("{:g}, {:g}; {:g}; {:g}".format(*widths.values()), *cells))
    return table(heads, rows)
