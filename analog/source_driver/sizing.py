"""Why the source driver has the widths it has, and what vpp and a staircase do to RESET.

    neusoc size source_driver

Prints three Markdown tables: resistance against width; the window against vpp, corner and temperature; RESET by a staircase of the word
line against one pulse at vpp. All of the schematic.
"""

from __future__ import annotations

from neusoc.analog.bench.characterise import Condition, Datasheet, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import resized
from neusoc.analog.source_driver.benches import LONG, SHORT
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.source_driver.window import ERASED, MOST, Job, erasable, filament_of, pulse, state_of
from neusoc.base.tables import table

SLOWEST = Condition(corner="ss", temperature=125, vdd1v8=1.62, vpp=3.24)
WIDTHS = {"xn_sl_ground": 257.6, "xp_sl_program": 120.0, "xp_wl_full": 100.0, "xn_wl_dac": 10.0, "xp_wl_dac": 20.0}     # um, as drawn
NAMES = ("sl_ground_resistance", "sl_program_resistance", "wl_full_resistance", "wl_dac_resistance")
SUPPLIES = (3.3, 3.5, 3.55, 3.63)
PLACES = (("tt", 27.0), ("ss", -40.0), ("ss", 27.0), ("ss", 125.0), ("fs", -40.0))
STATES = (6e-6, 20e-6, 30e-6, 40e-6)
FIRST, STEP = 2.2, 0.1              # V, word line of the staircase
STAIRS = (("tt", 27.0, LONG), ("fs", -40.0, LONG))


def _widths(sheet: Datasheet) -> str:
    nominal = sheet.conditions["nominal"][0]
    sheet = sheet.model_copy(update={"conditions": {name: [nominal, SLOWEST] for name in sheet.conditions}})
    rows = []
    for factor in (0.5, 1.0, 2.0):
        widths = {name: width * factor for name, width in WIDTHS.items()}
        found = measure("source_driver", resized(netlist_text("source_driver"), **widths), sheet, "schematic", NAMES)
        cells = ["{:.1f}; {:.0f}; {:.0f}; {:.0f}".format(*(found[name][where] for name in NAMES)) for where in (nominal, SLOWEST)]
        rows.append(("{:g}; {:g}; {:g}; {:g}, {:g}".format(*widths.values()), *cells))
    head = ("W of ground; program; full; dac n, p (um)", f"{nominal}: ground; program; full; dac (ohm)", f"{SLOWEST} (ohm)")
    return table(head, rows)


def _windows(sheet: Datasheet) -> str:
    dut, rows = netlist_text("source_driver"), []
    for vpp in SUPPLIES:
        cells = []
        for corner, temperature in PLACES:
            both = [erasable(dut, sheet.setup, Job(vpp, 1.8, width, corner=corner, temperature=temperature)) for width in (LONG, SHORT)]
            cells.append("; ".join("all" if state >= MOST else f"{1e6 * state:.0f}" for state in both))
        rows.append((f"{vpp:g}", *cells))
    return table(("vpp (V)", *(f"{corner}, {celsius:g} C: 10 us; 1 us (uS)" for corner, celsius in PLACES)), rows)


def _stairs(sheet: Datasheet) -> str:
    dut, rows = netlist_text("source_driver"), []
    gates = tuple(round(FIRST + STEP * i, 3) for i in range(round((VPP - FIRST) / STEP) + 1) if FIRST + STEP * i < VPP) + (VPP,)
    for corner, temperature, width in STAIRS:
        job = Job(VPP, 1.8, width, corner=corner, temperature=temperature)
        stairs = Job(VPP, 1.8, width, gates=gates, corner=corner, temperature=temperature)
        for state in STATES:
            seen, once = (pulse(dut, sheet.setup, one, filament_of(state)) for one in (stairs, job))
            done = [i for i, x in enumerate(seen.x_nm) if x < filament_of(ERASED)]
            last = done[0] if done else len(gates) - 1
            said, straight = (
                f"{one.cell_v[:count].max():.2f} V, {1e6 * one.cell_a[:count].max():.0f} uA, {one.heat_k[:count].max():.0f} K"
                for one, count in ((seen, last + 1), (once, 1))
            )
            gate = f"{gates[last]:g} V" if done else "not erased"
            where = f"{corner}, {temperature:g} C, {1e6 * width:g} us, {1e6 * state:g} uS"
            rows.append((where, gate, f"{1e6 * state_of(float(seen.x_nm[last])):.2f}", said, straight))
    head = ("condition, pulse, state", "erased at WL", "left (uS)", "until then on the cell", f"one pulse at {VPP} V on the cell")
    return table(head, rows)


def tables() -> str:
    """All sweeps as Markdown."""
    sheet = datasheet("source_driver")
    return "\n".join((_widths(sheet), _windows(sheet), _stairs(sheet)))
