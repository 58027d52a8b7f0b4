"""What the benches of tb/ measure, as the parameters of string_dac.yaml (SI units; INL and DNL in LSB)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.characterise import Condition, Datasheet
from neusoc.analog.bench.stress import stress
from neusoc.analog.bench.switching import supply
from neusoc.analog.dac6.benches import ENABLE_AT, REST, SEED, SEQUENCE, Voltages, code_bits, excursion, linearity, sample, settling
from neusoc.analog.dac6.model import CODES
from neusoc.analog.string_dac.model import STEP as LSB
from neusoc.analog.string_dac.model import ideal
from neusoc.pdk.spice.ngspice import deck, run, run_many

FOLDER = Path(__file__).parent
# each code's time: what the buffer's gate takes out of the string, and the loop's answer to it, have passed
STEP = 2e-6
STRESS = (*(0,) * 10, 63, 0, 30, 31, 32, 0, 63, 0)        # codes of the bench stress: ten steps to wake, then large changes
WAKE = f"pwl(0 0 {1e6 * ENABLE_AT:g}u 0 {1e6 * ENABLE_AT + 2e-4:g}u {{level}})"


def bench(name: str, dut: str, sheet: Datasheet, condition: Condition) -> str:
    """Deck of tb/<name>.spice with the device under test and the condition put in."""
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    codes = {"transfer": range(CODES), "settle": SEQUENCE, "enable": (31,), "stress": STRESS}[name]
    step = REST if name == "transfer" else STEP
    values = {
        "dut": dut,
        "bits": code_bits(codes, condition.vdd1v8, step),
        "code_pins": " ".join(f"code_1v8[{bit}]" for bit in range(6)),
        "vpp": supply(condition),
        "vdd1v8": condition.vdd1v8,
        "vref": sheet.setup["vref"],
        "ibias": f"{sheet.setup['ibias_ua']:g}u",
        "load": f"{sheet.setup['load_pf']:g}p",
        "enable": WAKE.format(level=condition.vdd1v8) if name in ("enable", "stress") else condition.vdd1v8,
        "stop": f"{step * len(codes):g}",
    }
    filled = commands.format(**values).splitlines()
    return deck(circuit.format(**values), filled, corner=condition.corner, temperature=condition.temperature, title=f"string_dac {name}")


def transfer(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, Voltages]:
    """Levels (V) and supply current (A, both supplies, without ibias) of all codes, each at the end of REST, (64,)."""
    found = run(bench("transfer", dut, sheet, condition), timeout=900).arrays["transfer"]
    ends = (np.arange(CODES) + 1) * REST - 5e-9
    if found["time"][-1] < ends[-1]:
        raise ValueError("string_dac transfer: the simulation ended early")
    inside = [(found["time"] > end - 0.1e-6) & (found["time"] <= end) for end in ends]
    levels = np.array([found["v(vout)"][m].mean() for m in inside])
    current = np.array([-(found["i(vpp)"] + found["i(vdd)"])[m].mean() for m in inside]) - sheet.setup["ibias_ua"] * 1e-6
    return {"levels": levels, "current": current}


def _transfer(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = transfer(dut, sheet, condition)
    inl, dnl = linearity(found["levels"], LSB)
    return {
        "inl": float(np.abs(inl).max()),
        "dnl": float(np.abs(dnl).max()),
        "error_most": float(np.abs(found["levels"] - ideal()).max()),
        "static": float(found["current"][31]),
        "static_most": float(found["current"].max()),
    }


def _settle(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(bench("settle", dut, sheet, condition), timeout=600).arrays["settle"]
    time, out = found["time"], found["v(vout)"]
    changes = dict(enumerate(("up", "down", "half", "step", "carry"), 1))
    times = {f"settle_{name}": settling(time, out, i * STEP, LSB / 2, STEP) for i, name in changes.items()}
    return times | {"kick_step": excursion(time, out, 4 * STEP, STEP), "kick_carry": excursion(time, out, 5 * STEP, STEP)}


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """The string's spread on top of what the whole DAC has systematically (the largest of all codes: an upper bound)."""
    steps = np.array(run_many(lambda i: sample(dut, condition, SEED + i), range(int(sheet.setup["samples"]))))
    inl, dnl = (float(x.std(axis=0, ddof=1).max()) for x in linearity(steps, 1.0))
    fixed = _transfer(dut, sheet, condition)
    return {
        "inl_sigma": inl,
        "dnl_sigma": dnl,
        "inl_3_sigma": fixed["inl"] + 3 * inl,
        "dnl_3_sigma": fixed["dnl"] + 3 * dnl,
        "least_step_4_sigma": 1 - fixed["dnl"] - 4 * dnl,
    }


def _enable(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    result = run(bench("enable", dut, sheet, condition), timeout=600)
    found = result.arrays["enable"]
    late = np.flatnonzero(np.abs(found["v(vout)"] - found["v(vout)"][-1]) > LSB / 2)
    off = {name: result.measures[name] for name in ("off_current", "off_level")}
    return {**off, "wake": float(found["time"][late[-1] + 1] - ENABLE_AT)}


def _stress(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = run(bench("stress", dut, sheet, condition), timeout=900).arrays["stress"]
    seen = stress(waves, dut, "string_dac", "xdut", {pin: pin for pin in sheet.pins})
    return {"stress_thin_over": seen.thin_over(condition.vdd1v8), "stress_thick": seen.thick}


SETUP = ("vref", "ibias_ua", "load_pf", "samples")
_BENCHES = {"transfer": _transfer, "mismatch": _mismatch, "settle": _settle, "enable": _enable, "stress": _stress}
BENCHES = tuple(_BENCHES)


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (INL, DNL: LSB)."""
    return _BENCHES[name](dut, sheet, condition)
