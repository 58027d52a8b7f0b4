"""What the benches of tb/ measure, as the parameters of esd_pad.yaml (SI units)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.hbm import discharge, pulse, series_resistance
from neusoc.analog.bench.schematic import netlist_text
from neusoc.pdk.spice.ngspice import run_at_rest

FOLDER = Path(__file__).parent
ZAPS = {
    "pad+ vss": ("vground", 1),
    "pad- vss": ("vground", -1),
    "pad+ vpp": ("vring", 1),
    "pad- vpp": ("vring", -1),
}


def zap(name: str, dut: str, sheet: Datasheet, condition: Condition) -> dict[str, np.ndarray]:
    """Waves of one of ZAPS: nodes pad, vpp and vss beside the diodes, vring and vground at the clamp; clamp:
    SPICE text of esd_clamp."""
    grounded, sign = ZAPS[name]
    network = pulse("pin", grounded, sign * sheet.setup["volts"])
    devices = series_resistance(dut)
    text = (
        (FOLDER / "tb" / "zaps.spice")
        .read_text()
        .format(dut=devices, clamp=netlist_text("esd_clamp"), pulse=network, **sheet.setup)
    )
    return discharge(
        text, corner=condition.corner, temperature=condition.temperature, title=f"esd_pad {name}"
    )


def _zaps(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = {name: zap(name, dut, sheet, condition) for name in ZAPS}
    pad = {name: wave["v(pad)"] - wave["v(vss)"] for name, wave in waves.items()}
    rail = {name: wave["v(vpp)"] - wave["v(vss)"] for name, wave in waves.items()}
    return {
        "pad_vss": max(float(pad[name].max()) for name, (_, sign) in ZAPS.items() if sign > 0),
        "pad_below": max(float(-pad[name].min()) for name, (_, sign) in ZAPS.items() if sign < 0),
        "pad_vpp": max(float(np.abs(pad[name] - rail[name]).max()) for name in ZAPS),
        "rail": max(float(np.abs(wave).max()) for wave in rail.values()),
    }


def _rest(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    text = (FOLDER / "tb" / "rest.spice").read_text().format(dut=dut, vpp=condition.vpp, **sheet.setup)
    circuit, commands = text.split("* commands\n")
    found = run_at_rest(
        circuit,
        commands.splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        title="esd_pad rest",
    )
    return {"capacitance": abs(found.measures["imag(i(vpad))"]) / (2 * math.pi * 1e6)}


_MEASURE = {"zaps": _zaps, "rest": _rest}
SETUP = ("volts", "wire_ohm", "rail_ohm", "rail_pf", "rest_v")
BENCHES = tuple(_MEASURE)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return _MEASURE[name](dut, sheet, condition)
