"""What the bench of tb/ measures, as the parameters of bias.yaml (SI units; spread and change in percent)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.characterise import Condition, Datasheet
from neusoc.pdk.spice.ngspice import deck, run, run_many

FOLDER = Path(__file__).parent
SEED = 1                            # of the mismatch runs: SEED + number of the sample
NEURON_W, NEURON_NF = 2.0, 1        # bias diode of a neuron (analog/neuron: xn_bias)
STOP = 40e-6
# start: (vdd1v8 rises at, current rises at) in s with no initial state, or the nodes' initial voltages as parts of vdd1v8
RAMPS = ((1e-6, 3e-6), (3e-6, 1e-6), (1e-6, 1e-6))
STATES = (
    {"ibias": 0.0, "xdut.pa": 0.0, "xdut.pd": 0.0},
    {"ibias": 0.0, "xdut.pa": 1.0, "xdut.pd": 1.0},
    {"ibias": 1.0, "xdut.pa": 1.0, "xdut.pd": 0.0},
)
SUPPLY = (1.62, 1.98)


def circuit(dut: str, sheet: Datasheet, condition: Condition, *, vdd: str = "", ipad: str = "") -> str:
    """tb/bias.spice with the device under test; vdd and ipad replace the constant sources."""
    setup = sheet.setup
    neurons = int(setup["neurons"])
    values = {
        "dut": dut, "vdd": vdd or f"{condition.vdd1v8:g}", "vref": condition.vref, "ipad": ipad or f"{current(sheet):g}",
        "neuron_w": NEURON_W * neurons, "neuron_nf": NEURON_NF * neurons, "pad_ohm": setup["pad_ohm"], "pad_pf": setup["pad_pf"],
    }  # fmt: skip
    if condition.vref is None:
        raise ValueError(f"bias.yaml: condition {condition} has no vref; give it one")
    return (FOLDER / "tb" / "bias.spice").read_text().format(**values)


def current(sheet: Datasheet) -> float:
    """Into the pin ibias, A."""
    return sheet.setup["neurons"] * sheet.setup["ibias_ua"] * 1e-6


def _deck(text: str, commands: list[str], condition: Condition, corner: str = "") -> str:
    return deck(text, commands, corner=corner or condition.corner, temperature=condition.temperature, title="bias")


def _static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    commands = ["op", *(f"print {name}" for name in ("i(vadc)", "i(v0)", "i(v1)", "i(v2)", "v(vdac)", "v(vread)", "i(vdd)", "i(vref)"))]
    found = run(_deck(circuit(dut, sheet, condition), commands, condition), timeout=120).measures
    dacs = [found[f"i(v{i})"] for i in range(3)]
    return {
        "iadc": found["i(vadc)"], "idac": min(dacs), "idac_most": max(dacs), "vdac": found["v(vdac)"], "vread": found["v(vread)"],
        "supply_current": -found["i(vdd)"], "vref_current": -found["i(vref)"],
    }  # fmt: skip


def _settled(time: np.ndarray, wave: np.ndarray, begin: float) -> float:
    """From begin until the wave stays within 2 % of where it ends, s."""
    late = np.flatnonzero(np.abs(wave - wave[-1]) > 0.02 * abs(wave[-1]))
    return max(0.0, float(time[late[-1] + 1]) - begin) if len(late) else 0.0


# Trapezoids would let the current of a first step that is not at rest ring from point to point for microseconds, at levels that stand
# still.
GEAR = ".options method=gear\n"


def _start(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    vdd, full = condition.vdd1v8, current(sheet)
    times, ends = [], []
    for at_vdd, at_current in RAMPS:
        sources = {
            "vdd": f"pwl(0 0 {at_vdd:g} 0 {at_vdd + 1e-6:g} {vdd:g})",
            "ipad": f"pwl(0 0 {at_current:g} 0 {at_current + 1e-6:g} {full:g})",
        }
        commands = [f"tran 10n {STOP:g} uic", "write start.raw time i(vadc)"]
        waves = run(_deck(GEAR + circuit(dut, sheet, condition, **sources), commands, condition), timeout=300).arrays["start"]
        times.append(_settled(waves["time"], waves["i(vadc)"], max(at_vdd, at_current) + 1e-6))
        ends.append(waves["i(vadc)"][-1])
    for state in STATES:
        initial = ".ic " + " ".join(f"v({node})={part * vdd:g}" for node, part in state.items())
        commands = [f"tran 10n {STOP:g} uic", "write start.raw time i(vadc)"]
        waves = run(_deck(GEAR + circuit(dut, sheet, condition) + initial, commands, condition), timeout=300).arrays["start"]
        times.append(_settled(waves["time"], waves["i(vadc)"], 0.0))
        ends.append(waves["i(vadc)"][-1])
    return {"start": max(times), "start_states": float((max(ends) - min(ends)) / max(np.abs(ends))) * 100}


def _supply(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    commands = [
        "ac lin 1 1e6 1e6", "let gain = mag(i(vadc))", "print gain",
        f"dc vdd {SUPPLY[0]} {SUPPLY[1]} {SUPPLY[1] - SUPPLY[0]:g}", f"meas dc low find i(vadc) at={SUPPLY[0]}",
        f"meas dc high find i(vadc) at={SUPPLY[1]}",
    ]  # fmt: skip
    found = run(_deck(circuit(dut, sheet, condition, vdd=f"{condition.vdd1v8:g} ac 1"), commands, condition), timeout=120).measures
    mean = (found["high"] + found["low"]) / 2
    return {"supply_change": abs(found["high"] - found["low"]) / mean * 100, "supply_gain": found["gain"] * condition.vdd1v8 / mean * 100}


def sample(dut: str, sheet: Datasheet, condition: Condition, seed: int) -> tuple[float, float, float]:
    """iadc (A), idac[0] (A) and vread (V) with device mismatch on; the neurons' diodes and the loads spread as well."""
    text = f".option seed={seed}\n" + circuit(dut, sheet, condition)
    commands = ["op", "print i(vadc)", "print i(v0)", "print v(vread)"]
    found = run(_deck(text, commands, condition, f"{condition.corner}_mm"), timeout=120).measures
    return found["i(vadc)"], found["i(v0)"], found["v(vread)"]


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    drawn = np.array(run_many(lambda i: sample(dut, sheet, condition, SEED + i), range(int(sheet.setup["samples"]))))
    sigma, mean = drawn.std(axis=0, ddof=1), drawn.mean(axis=0)
    return {"iadc_sigma": sigma[0] / mean[0] * 100, "idac_sigma": sigma[1] / mean[1] * 100, "vread_sigma": float(sigma[2])}


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return BENCHES[name](dut, sheet, condition)


SETUP = ("neurons", "ibias_ua", "pad_ohm", "pad_pf", "samples")
BENCHES = {"static": _static, "start": _start, "supply": _supply, "mismatch": _mismatch}
