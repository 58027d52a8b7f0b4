"""Why the fire driver is built and sized as it is: what moves a cell, the level of the waveform, the width of the drives.

    neusoc size fire_driver
"""

from __future__ import annotations

from neusoc.analog.bench.characterise import Datasheet, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import resized
from neusoc.analog.fire_driver.benches import cells, change, learn
from neusoc.analog.synapse.bench import Pulse, train
from neusoc.base.tables import table
from neusoc.pdk.spice.ngspice import run_many

SOURCES = (0.85, 1.2, 1.5, 1.8, 2.1)            # V of the source lines
LEVELS = (2.4, 2.6, 2.8, 3.0)                   # V of vfire
PHASES = (200e-9, 1e-6)                         # s
RESET_NM = 3.3                                  # filament of a fully reset cell
WIDTHS = (84.0, 168.0, 336.0)                   # um of a drive


def _moves(sheet: Datasheet) -> str:
    """Change of a cell by a bit line at 3.0 V and at 0 V, against the level of the source lines."""
    pulses = [Pulse(sheet.setup["vwl"], bl, sl, width) for sl in SOURCES for bl in (3.0, 0.0) for width in PHASES]
    start = sheet.setup["start_nm"]
    found = dict(zip(pulses, run_many(lambda pulse: train([pulse], x0_nm=start).conductance, pulses), strict=True))
    rows = []
    for sl in SOURCES:
        changes = [found[Pulse(sheet.setup["vwl"], bl, sl, width)] for bl in (3.0, 0.0) for width in PHASES]
        rows.append((f"{sl:g}", *(f"{(after - before) * 1e6:+.1f}" for before, after in changes)))
    return table(("source lines (V)", "bit line 3.0 V, 200 ns (uS)", "1 us (uS)", "bit line 0 V, 200 ns (uS)", "1 us (uS)"), rows)


def _levels(sheet: Datasheet, dut: str) -> str:
    """Change of the ReRAM against the level and the length of the phases."""
    heads = ("vfire (V)", "phase", "one cell (uS)", "one fully reset cell (uS)", "each of 20 cells (uS)", "from vfire (mA)")
    jobs = [(level, phase) for level in LEVELS for phase in PHASES]
    nominal = sheet.conditions["nominal"][0]

    def simulate(job: tuple[float, float]) -> tuple[float, float, float, float]:
        setup = sheet.setup | {"vfire": job[0], "phi": job[1]}
        found = learn(dut, sheet.model_copy(update={"setup": setup}), nominal)
        reset = sheet.model_copy(update={"setup": setup | {"start_nm": RESET_NM}})
        alone = change(cells(dut, reset, nominal, {"set_p": ("far_p", "wl_1", 1)}), "set_p")
        return found["learn_alone"], alone, found["learn_together"], found["learn_current"]

    rows = [
        (f"{level:g}", f"{phase * 1e9:g} ns", *(f"{c * 1e6:+.1f}" for c in changes), f"{current * 1e3:.2f}")
        for (level, phase), (*changes, current) in zip(jobs, run_many(simulate, jobs), strict=True)
    ]
    return table(heads, rows)


def _widths(sheet: Datasheet, dut: str) -> str:
    """The drives against their width, at the nominal condition."""
    names = ("drive_resistance", "drive_error", "learn_together", "line_load", "energy")
    heads = (
        "W of a drive (um)", "drive (ohm)", "error at 20 cells (mV)", "each of 20 cells (uS)", "load of a bit line (fF)", "a waveform (pJ)",
    )  # fmt: skip
    rows = []
    for width in WIDTHS:
        found = measure("fire_driver", resized(dut, xp_fire_p=width, xp_fire_n=width), sheet, "schematic", names, "nominal")
        values = [next(iter(found[name].values())) for name in names]
        rows.append([f"{value:{form}}" for value, form in zip((width, *values), ("g", ".0f", ".0f", "+.1f", ".0f", ".1f"), strict=True)])
    return table(heads, rows)


def tables() -> str:
    """The sweeps as Markdown."""
    sheet, dut = datasheet("fire_driver"), netlist_text("fire_driver")
    return "\n".join((_moves(sheet), _levels(sheet, dut), _widths(sheet, dut)))
