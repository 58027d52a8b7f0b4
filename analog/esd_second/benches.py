"""What the benches of tb/ measure, as the parameters of esd_second.yaml (SI units)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.hbm import discharge, pulse, series_resistance
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.esd_pad.benches import ZAPS
from neusoc.pdk.spice.ngspice import run_at_rest

FOLDER = Path(__file__).parent


def zap(name: str, dut: str, sheet: Datasheet, condition: Condition) -> dict[str, np.ndarray]:
    """Waves of one of the zaps of a pad: nodes pad, gate, vdd1v8, vground and those of esd_pad's bench."""
    grounded, sign = ZAPS[name]
    network = pulse("pin", grounded, sign * sheet.setup["volts"])
    others = netlist_text("esd_pad") + netlist_text("esd_clamp")
    texts = {"dut": series_resistance(dut + others), "pulse": network}
    text = (FOLDER / "tb" / "zaps.spice").read_text().format(**texts, **sheet.setup)
    return discharge(
        text, corner=condition.corner, temperature=condition.temperature, title=f"esd_second {name}"
    )


def _zaps(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = {name: zap(name, dut, sheet, condition) for name in ZAPS}
    ohm = _rest(dut, sheet, condition)["resistance"]
    gate = {name: wave["v(gate)"] - wave["v(vground)"] for name, wave in waves.items()}
    over = {name: wave["v(gate)"] - wave["v(vdd1v8)"] for name, wave in waves.items()}
    heat = [
        np.trapezoid((wave["v(pad)"] - wave["v(gate)"]) ** 2, wave["time"]) / ohm for wave in waves.values()
    ]
    return {
        "gate": max(float(wave.max()) for wave in gate.values()),
        "gate_below": max(float(-wave.min()) for wave in gate.values()),
        "gate_supply": max(float(np.abs(wave).max()) for wave in over.values()),
        "heat": max(map(float, heat)),
    }


def _rest(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    text = (FOLDER / "tb" / "rest.spice").read_text().format(dut=dut, vdd1v8=condition.vdd1v8)
    circuit, commands = text.split("* commands\n")
    found = run_at_rest(
        circuit,
        commands.splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        title="esd_second rest",
    )
    ohm = found.measures["real(v(gate_loaded))"]  # of 1 A of small signal
    load = abs(found.measures["imag(i(vpad))"]) / (2 * math.pi * 1e6)
    return {"resistance": ohm, "resistance_most": ohm, "load": load}


_MEASURE = {"zaps": _zaps, "rest": _rest}
SETUP = ("volts", "wire_ohm", "rail_ohm", "rail_pf", "supply_nf", "gate_pf")
BENCHES = tuple(_MEASURE)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return _MEASURE[name](dut, sheet, condition)
