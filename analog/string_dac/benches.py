"""What the benches of tb/ measure, as the parameters of string_dac.yaml (SI units; INL and DNL in LSB)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.dac6 import bench_parts
from neusoc.analog.dac6.model import CODES
from neusoc.analog.string_dac.model import STEP as LSB
from neusoc.analog.string_dac.model import ideal
from neusoc.pdk.spice.ngspice import run

FOLDER = Path(__file__).parent
# each code's time: what the buffer's gate takes out of the string, and the loop's answer to it, have passed
STEP = 2e-6
STRESS = (
    *(0,) * 10,
    63,
    0,
    30,
    31,
    32,
    0,
    63,
    0,
)  # codes of the bench stress: ten steps to wake, then large changes
WAKE = f"pwl(0 0 {1e6 * bench_parts.ENABLE_AT:g}u 0 {1e6 * bench_parts.ENABLE_AT + 2e-4:g}u {{level}})"


def bench(name: str, dut: str, sheet: Datasheet, condition: Condition) -> str:
    """Deck of tb/<name>.spice with the device under test and the condition put in."""
    codes = {"transfer": range(CODES), "settle": bench_parts.SEQUENCE, "enable": (31,), "stress": STRESS}[
        name
    ]
    enable = WAKE.format(level=condition.vdd1v8) if name in ("enable", "stress") else condition.vdd1v8
    step, load = bench_parts.REST if name == "transfer" else STEP, f"{sheet.setup['load_pf']:g}p"
    return bench_parts.code_deck(FOLDER, name, dut, sheet, condition, codes, step, load=load, enable=enable)


def _transfer(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    levels, current = bench_parts.rest_levels(bench("transfer", dut, sheet, condition), sheet)
    inl, dnl = bench_parts.linearity(levels, LSB)
    return {
        "inl": float(np.abs(inl).max()),
        "dnl": float(np.abs(dnl).max()),
        "error_most": float(np.abs(levels - ideal()).max()),
        "static": float(current[31]),
        "static_most": float(current.max()),
    }


SETUP = ("vref", "ibias_ua", "load_pf", "samples")
BENCHES = ("transfer", "mismatch", "settle", "enable", "stress")


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (INL, DNL: LSB)."""
    if name == "transfer":
        return _transfer(dut, sheet, condition)
    if name == "mismatch":
        return bench_parts.spread_figures(dut, sheet, condition, _transfer(dut, sheet, condition), ("",))
    text = bench(name, dut, sheet, condition)
    if name == "settle":
        found = run(text, timeout=600).arrays["settle"]
        return bench_parts.settle_times(found, LSB / 2, STEP) | bench_parts.kicks(found, STEP)
    return (
        bench_parts.enable_figures(text, LSB / 2)
        if name == "enable"
        else bench_parts.stress_figures(text, dut, sheet, condition)
    )
