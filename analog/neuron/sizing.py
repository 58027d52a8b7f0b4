"""Why the neuron has the sizes it has: sweeps of the schematic.

    neusoc size neuron

Prints seven Markdown tables: gm/Id of the input pair, compensation against phase margin and linearity, bias current against power,
phase margin, delay and linearity, the discharge switch against the level of the virtual ground, the leak's time constant against vlk,
the shortest discharge, and the bank against the virtual ground's error.
"""

from __future__ import annotations

from math import inf

from neusoc.analog.bench.characterise import Condition, Datasheet, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.sizing import operating, resized
from neusoc.analog.neuron.benches import STANDARD, THRESHOLDS, bench, fire, reference, simulate, with_setup
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_01V8, PFET_01V8
from neusoc.pdk.spice.ngspice import deck, run, run_many

LEAK_STOPS = (3e-6, 30e-6, 500e-6, 10e-3)        # s, lengths of the run, the shortest that holds the decay
WEAKEST = Condition(corner="ss", temperature=-40, vdd1v8=1.62)


def switch_resistance(level: float, condition: Condition) -> float:
    """Of the discharge switch (4 um n, 4 um p, 0.15 um long) with 20 mV across it, ohm."""
    vdd = condition.vdd1v8
    circuit = (
        f"vv vv 0 {vdd}\nvs s 0 {level:g}\nvd d 0 {level + 0.02:g}\n"
        f"xn d vv s 0 {NFET_01V8} w=4 l=0.15 nf=2 m=1\nxp d 0 s vv {PFET_01V8} w=4 l=0.15 nf=2 m=1"
    )
    found = run(deck(circuit, ["op", "print i(vd)"], corner=condition.corner, temperature=condition.temperature)).measures
    return 0.02 / abs(found["i(vd)"])


def leak_time(netlist: str, sheet: Datasheet, condition: Condition, vlk: float) -> float:
    """From 0.3 V to 1/e of it through the leak transistor, s; inf beyond LEAK_STOPS[-1]."""
    for stop in LEAK_STOPS:
        text = bench("leak", netlist, sheet, condition, vlk=vlk, stop=stop, step=stop / 2000)
        last = "meas tran t_part when membrane=part fall=LAST\n"
        found = run(text.replace(last, f"meas tran end find membrane at={0.999 * stop:g}\nprint part\n")).measures
        if found["end"] < found["part"]:
            return run(text).measures["t_part"] - 391e-9
    return inf


def _us(seconds: float) -> str:
    if seconds == inf:
        return f"over {1e6 * LEAK_STOPS[-1]:g}"
    return f"{1e6 * seconds:.0f}" if seconds >= 100e-6 else f"{1e6 * seconds:.3g}"


def shortest_discharge(netlist: str, sheet: Datasheet, condition: Condition) -> float:
    """From the rise of discharge_1v8 until the membrane, at 0.4 V, stays within 10 mV of zero, s."""
    text = bench("reset", netlist, sheet, condition).replace("quit\n", "meas tran within when membrane=10m fall=1 td=700n\nquit\n")
    return run(text).measures["within"] - 801e-9


def tables() -> str:
    """All sweeps as Markdown."""
    sheet = datasheet("neuron")
    nominal, corners = sheet.conditions["nominal"][0], sheet.conditions["corners"]
    netlist = netlist_text("neuron")
    pairs = []
    for width in (2, 4, 8, 16):
        at = operating(NFET_01V8, width, 1, 0.45e-6, drain=0.7, source=0.2, fingers=4)
        pairs.append((f"{width}", f"{at.efficiency:.1f}", f"{0.45 * at.efficiency:.1f}", f"{at.gate:.3f}"))
    plates = []
    for plate in (10.0, 7.5, 5.0):
        changed = resized(netlist, xc_c=plate)
        margins = run_many(lambda c, n=changed: simulate("loop", n, sheet, c, set())["phase_margin"], corners)
        linearity = simulate("pulse", changed, sheet, nominal, set())["pulse_linearity"]
        plates.append((f"{plate:g}", f"{min(margins):.0f}", f"{linearity:.1f}"))
    currents = []
    for current in (0.3e-6, 0.45e-6, 0.9e-6):
        other = sheet.model_copy(update={"setup": {**sheet.setup, "ibias": current}})
        margins = run_many(lambda c, s=other: simulate("loop", netlist, s, c, set())["phase_margin"], corners)
        found = {k: v for name in ("static", "fire", "pulse") for k, v in simulate(name, netlist, other, nominal, set()).items()}
        error = f"{1e3 * found['threshold_error']:.0f}"
        cells = f"{found['pulse_linearity']:.1f}"
        currents.append((f"{1e6 * current:g}", f"{1e6 * found['power']:.2f}", f"{min(margins):.0f}", error, cells))
    switches = [
        (f"{level:.2f}", f"{switch_resistance(level, nominal) / 1e3:.1f}", f"{switch_resistance(level, WEAKEST) / 1e3:.0f}")
        for level in (0.78, 0.80, 0.85, 0.90)
    ]
    quick = sheet.conditions["quick"]
    leaks = []
    for vlk in (1.4, 1.5, 1.55, 1.6, 1.65, 1.7, 1.8):
        times = run_many(lambda c, v=vlk: leak_time(netlist, sheet, c, v), quick)
        leaks.append((f"{vlk:.2f}", *map(_us, times)))
    shortest = run_many(lambda c: shortest_discharge(netlist, sheet, c), quick)
    discharge = ("shortest discharge, from 0.4 V to 10 mV (ns)", *(f"{1e9 * t:.0f}" for t in shortest))
    banks = []
    for bank in range(4):
        found = fire(netlist, with_setup(sheet, bank=bank), nominal, STANDARD, THRESHOLDS[1]).measures
        drop = reference(sheet, nominal) - found["line"]
        banks.append((f"{bank}", f"{1e3 * drop:.1f}", f"{1e6 * found['current'] * 0.010 / drop:.2f}"))
    return "\n".join((
        table(("pair W / 1 um at 0.45 uA", "gm/Id (1/V)", "gm (uS)", "Vgs (V)"), pairs),
        table(("xc_c W x 8 um", "least phase margin over the corners (deg)", f"two cells against twice one ({nominal}) (%)"), plates),
        table((f"ibias ({nominal}) (uA)", "at rest (uW)", "least phase margin (deg)", "threshold_error (mV)", "two cells (%)"), currents),
        table(("vref (V)", "discharge switch, nominal (kohm)", f"at {WEAKEST} (kohm)"), switches),
        table(("vlk (V)", *(f"time constant of the leak, {c} (us)" for c in quick)), leaks),
        table(("", *map(str, quick)), [discharge]),
        table((f"bank ({nominal})", "bl_p below vref at 0.25 uA (mV)", "current at which it is 10 mV (uA)"), banks),
    ))  # fmt: skip
