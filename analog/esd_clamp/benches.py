"""What the benches of tb/ measure, as the parameters of esd_clamp.yaml (SI units)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.hbm import discharge, pulse
from neusoc.pdk.spice.ngspice import deck, run, run_at_rest
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
SLOWER = (1, 10, 100)  # ramps, times setup.ramp_us


def zap(sign: int, dut: str, sheet: Datasheet, condition: Condition) -> NDArray[np.float64]:
    """vpp - vss of a pulse into (1) or out of (-1) the pad of vpp, V."""
    network = pulse("pin", "vss", sign * sheet.setup["volts"])
    text = (FOLDER / "tb" / "zaps.spice").read_text().format(dut=dut, pulse=network, **sheet.setup)
    waves = discharge(
        text, corner=condition.corner, temperature=condition.temperature, title="esd_clamp zaps"
    )
    return waves["v(vpp)"] - waves["v(vss)"]


def ramp(seconds: float, dut: str, sheet: Datasheet, condition: Condition) -> dict[str, NDArray[np.float64]]:
    """Waves while the supply rises from 0 in so many seconds and stays: time (s), i(vpp) (A, negative into
    the clamp), v(vpp)."""
    values = {
        "dut": dut,
        "vpp": condition.vpp,
        "ramp": f"{seconds:g}",
        "step": f"{seconds / 400:g}",
        "end": f"{2 * seconds + 5e-6:g}",
    }
    circuit, commands = (
        (FOLDER / "tb" / "ramps.spice").read_text().format(**values, **sheet.setup).split("* commands\n")
    )
    text = deck(
        circuit,
        commands.splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        title="esd_clamp ramps",
    )
    return run(text, timeout=120).arrays["ramps"]


def _zaps(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    up, down = zap(1, dut, sheet, condition), zap(-1, dut, sheet, condition)
    return {"rail": float(up.max()), "left": float(up[-1]), "reverse": float(-down.min())}


def _rest(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    circuit, commands = (
        (FOLDER / "tb" / "rest.spice").read_text().format(dut=dut, vpp=condition.vpp).split("* commands\n")
    )
    found = run_at_rest(
        circuit,
        commands.splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        title="esd_clamp rest",
    )
    current = -found.measures["i(vpp)"]
    return {"rest": current, "rest_most": current}


def _ramps(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = [ramp(sheet.setup["ramp_us"] * 1e-6 * slower, dut, sheet, condition) for slower in SLOWER]
    return {"ramp": max(float((-wave["i(vpp)"]).max()) for wave in waves)}


_MEASURE = {"zaps": _zaps, "rest": _rest, "ramps": _ramps}
SETUP = ("volts", "wire_ohm", "rail_pf", "board_ohm", "ramp_us")
BENCHES = tuple(_MEASURE)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return _MEASURE[name](dut, sheet, condition)
