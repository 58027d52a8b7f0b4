"""What the benches of tb/ measure, as the parameters of dac6.yaml (SI units; INL and DNL in LSB)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from neusoc.analog.bench.characterise import Condition, Datasheet
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import supply
from neusoc.analog.dac6.model import COARSE, CODES, FINE, ideal
from neusoc.pdk.spice.ngspice import deck, run, run_many
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
HEADROOM = 0.2                      # V: codes whose level lies nearer to vpp are not judged
DRIVE_CODE = 42                     # 2.4 V, the foundry's SET
ENABLE_AT = 0.2e-6
# code, code ... of the bench settle: whole scale, its reverse, one code without and with a carry through all bits
SEQUENCE = (0, 63, 0, 30, 31, 32)
STEP = 300e-9
# code and range (1: fine) of the bench stress: ten steps to wake, then large changes in both ranges and of the range
STRESS = (*((0, 0),) * 10, (0, 0), (63, 0), (0, 0), (30, 0), (31, 1), (32, 1), (0, 1), (63, 0))
REST = 1e-6                         # each code's time in the benches transfer and settle_lines
SEED = 1                            # of the mismatch runs: SEED + number of the sample
Voltages = NDArray[np.float64]


def code_bits(codes: Sequence[int], vdd1v8: float, step: float = STEP) -> str:
    """Sources of the six bits for a sequence of codes, one every `step` seconds; edges of 0.2 ns."""
    lines = []
    for b in range(6):
        points = ["0", f"{vdd1v8 * (codes[0] >> b & 1):g}"]
        for k, (old, new) in enumerate(zip(codes, codes[1:], strict=False), 1):
            points += [f"{k * step:.9g}", f"{vdd1v8 * (old >> b & 1):g}", f"{k * step + 0.2e-9:.10g}", f"{vdd1v8 * (new >> b & 1):g}"]
        lines.append(f"vbit{b} code_1v8[{b}] 0 " + (f"pwl({' '.join(points)})" if len(codes) > 1 else points[1]))
    return "\n".join(lines)


def bench(
    name: str, dut: str, sheet: Datasheet, condition: Condition, *, fine: bool = False, load: str = "load_pf", step: float = STEP
) -> str:
    """Deck of tb/<name>.spice with the device under test and the condition put in; load: its name in the setup; step: of a code, s."""
    text = (FOLDER / "tb" / f"{name}.spice").read_text()
    circuit, _, commands = text.partition("* commands\n")
    codes = {"transfer": range(CODES), "settle": SEQUENCE, "drive": (DRIVE_CODE,), "enable": (31,), "stress": [c for c, _ in STRESS]}[name]
    step = REST if name == "transfer" else step
    values = {
        "dut": dut,
        "bits": code_bits(codes, condition.vdd1v8, step),
        "code_pins": " ".join(f"code_1v8[{b}]" for b in range(6)),
        "vpp": supply(condition),
        "vdd1v8": condition.vdd1v8,
        "vref": sheet.setup["vref"],
        "ibias": f"{sheet.setup['ibias_ua']:g}u",
        "load": f"{sheet.setup[load]:g}p",
        "fine": condition.vdd1v8 if fine else 0,
        "ranges": pulses([condition.vdd1v8 * fine for _, fine in STRESS], STEP),
        "stop": f"{step * len(codes):g}",
    }
    filled = commands.format(**values).splitlines()
    return deck(circuit.format(**values), filled, corner=condition.corner, temperature=condition.temperature, title=f"dac6 {name}")


def linearity(levels: Voltages, step: float) -> tuple[Voltages, Voltages]:
    """INL against the line through both ends, and DNL against its slope, LSB of the nominal step.

    Args:
        levels: level of each code, V, (codes,) or (samples, codes).
        step: nominal step, V.

    Returns:
        (..., codes) and (..., codes - 1).
    """
    count = levels.shape[-1]
    slope = (levels[..., -1:] - levels[..., :1]) / (count - 1)
    return (levels - levels[..., :1] - slope * np.arange(count)) / step, (np.diff(levels) - slope) / step


def _usable(fine: bool, vpp: float) -> NDArray[np.bool_]:
    """Codes at least HEADROOM below vpp, (64,)."""
    return ideal(fine) <= vpp - HEADROOM + 1e-9


def transfer(dut: str, sheet: Datasheet, condition: Condition, *, fine: bool) -> dict[str, Voltages]:
    """Levels (V) and supply current (A, both supplies, without ibias) of the usable codes, each at the end of REST."""
    found = run(bench("transfer", dut, sheet, condition, fine=fine), timeout=900).arrays["transfer"]
    ends = (np.arange(CODES) + 1) * REST - 5e-9
    if found["time"][-1] < ends[-1]:
        raise ValueError("dac6 transfer: the simulation ended early")
    # the mean of the last 100 ns: the integration leaves a ripple on the currents
    inside = [(found["time"] > end - 0.1e-6) & (found["time"] <= end) for end in ends]
    levels = np.array([found["v(vout)"][m].mean() for m in inside])
    current = np.array([-(found["i(vpp)"] + found["i(vdd)"])[m].mean() for m in inside]) - sheet.setup["ibias_ua"] * 1e-6
    usable = _usable(fine, supply(condition))
    return {"levels": levels[usable], "current": current[usable]}


def sample(dut: str, condition: Condition, seed: int) -> Voltages:
    """Taps of the string with device mismatch on, in steps between the first and the last, (64,).

    The string alone: no current flows in the tree at rest, and the mismatch of the buffer moves all codes alike. Takes the names of the
    schematic's netlist.
    """
    string = re.sub(r"\btap\[(\d+)\]", r"tap\1", "\n".join(re.findall(r"^xr_unit\[.*$", dut, re.M)))
    if len(string.splitlines()) != CODES - 1:
        raise ValueError(f"dac6: {len(string.splitlines())} resistors xr_unit in the netlist; the schematic has {CODES - 1}")
    circuit = f".option seed={seed}\nvss vss 0 0\nvtop tap{CODES - 1} 0 1.2\nvfoot tap0 0 0\n{string}"
    commands = ["op", *(f"print v(tap{i})" for i in range(CODES))]
    found = run(deck(circuit, commands, corner=f"{condition.corner}_mm", temperature=condition.temperature)).measures
    return np.array([found[f"v(tap{i})"] for i in range(CODES)]) / 1.2 * (CODES - 1)


def settling(time: Voltages, out: Voltages, at: float, tolerance: float, step: float = STEP) -> float:
    """Time from a code's change until the output stays within tolerance of where it is `step` later, s."""
    inside = (time >= at) & (time < at + step - 1e-9)
    t, v = time[inside] - at, out[inside]
    late = np.flatnonzero(np.abs(v - v[-1]) > tolerance)
    return float(t[late[-1] + 1]) if len(late) else 0.0


def excursion(time: Voltages, out: Voltages, at: float, step: float = STEP) -> float:
    """How far the output leaves the interval between the levels before and after a code's change, V."""
    inside = (time >= at - 1e-9) & (time < at + step - 1e-9)
    v = out[inside]
    low, high = sorted((v[0], v[-1]))
    return float(max(v.max() - high, low - v.min(), 0.0))


def _times(found: dict[str, Voltages], half: float, step: float) -> dict[str, float]:
    """Settling times (s) of the codes' changes in SEQUENCE, to half a step (V) of the DAC."""
    changes = enumerate(("up", "down", "half", "step", "carry"), 1)
    return {name: settling(found["time"], found["v(vout)"], i * step, half, step) for i, name in changes}


def _settle_lines(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    text = bench("settle", dut, sheet, condition, load="source_line_pf", step=REST)
    times = _times(run(text, timeout=600).arrays["settle"], COARSE[1] / 2, REST)
    return {f"settle_{name}_{sheet.setup['source_line_pf']:g}pf": value for name, value in times.items()}


def _settle(dut: str, sheet: Datasheet, condition: Condition, *, fine: bool) -> dict[str, float]:
    found = run(bench("settle", dut, sheet, condition, fine=fine), timeout=600).arrays["settle"]
    time, out = found["time"], found["v(vout)"]
    times = _times(found, (FINE if fine else COARSE)[1] / 2, STEP)
    suffix = "_fine" if fine else ""
    return {f"settle_{name}{suffix}": value for name, value in times.items()} | {
        f"kick_step{suffix}": excursion(time, out, 4 * STEP),
        f"kick_carry{suffix}": excursion(time, out, 5 * STEP),
    }


def _transfer(dut: str, sheet: Datasheet, condition: Condition, *, fine: bool) -> dict[str, float]:
    found = transfer(dut, sheet, condition, fine=fine)
    levels, wanted = found["levels"], ideal(fine)[: len(found["levels"])]
    inl, dnl = linearity(levels, (FINE if fine else COARSE)[1])
    suffix = "_fine" if fine else ""
    return {
        f"inl{suffix}": float(np.abs(inl).max()),
        f"dnl{suffix}": float(np.abs(dnl).max()),
        f"error_first{suffix}": float(levels[0] - wanted[0]),
        f"error_last{suffix}": float(levels[-1] - wanted[-1]),
        f"static{suffix}": float(found["current"][min(31, len(levels) - 1)]),
        f"static_most{suffix}": float(found["current"].max()),
    }


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """The string's spread on top of what the whole DAC has systematically (the largest of all codes: an upper bound)."""
    steps = np.array(run_many(lambda i: sample(dut, condition, SEED + i), range(int(sheet.setup["samples"]))))
    inl, dnl = (x.std(axis=0, ddof=1).max() for x in linearity(steps, 1.0))
    found = {"inl_sigma": float(inl), "dnl_sigma": float(dnl)}
    for suffix in ("", "_fine"):
        fixed = simulate(f"transfer{suffix}", dut, sheet, condition, set())
        found |= {
            f"inl_3_sigma{suffix}": float(fixed[f"inl{suffix}"] + 3 * inl),
            f"dnl_3_sigma{suffix}": float(fixed[f"dnl{suffix}"] + 3 * dnl),
            f"least_step_4_sigma{suffix}": float(1 - fixed[f"dnl{suffix}"] - 4 * dnl),
        }
    return found


def _enable(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    result = run(bench("enable", dut, sheet, condition), timeout=600)
    found = result.arrays["enable"]
    late = np.flatnonzero(np.abs(found["v(vout)"] - found["v(vout)"][-1]) > COARSE[1] / 2)
    return {
        "off_current": result.measures["off_current"],
        "off_level": result.measures["off_level"],
        "wake": float(found["time"][late[-1] + 1] - ENABLE_AT),
    }


def _stress(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = run(bench("stress", dut, sheet, condition), timeout=900).arrays["stress"]
    seen = stress(waves, dut, "dac6", "xdut", {pin: pin for pin in sheet.pins})
    return {"stress_thin_over": seen.thin_over(condition.vdd1v8), "stress_thick": seen.thick}


SETUP = ("vref", "ibias_ua", "load_pf", "source_line_pf", "samples")
BENCHES = ("transfer", "transfer_fine", "mismatch", "settle", "settle_fine", "settle_lines", "enable", "stress", "drive")


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (INL, DNL: LSB)."""
    fine = name.endswith("_fine")
    kind = re.sub("_fine$", "", name)
    if kind == "transfer":
        return _transfer(dut, sheet, condition, fine=fine)
    if kind == "mismatch":
        return _mismatch(dut, sheet, condition)
    if kind == "settle_lines":
        return _settle_lines(dut, sheet, condition)
    if kind == "settle":
        return _settle(dut, sheet, condition, fine=fine)
    if kind == "enable":
        return _enable(dut, sheet, condition)
    if kind == "stress":
        return _stress(dut, sheet, condition)
    measures = run(bench("drive", dut, sheet, condition), timeout=600).measures
    opened = measures["open"]
    sags = {"sag": opened - measures["full"], "sag_most": opened - measures["most"]}
    return {**sags, "output_resistance": (opened - measures["ten"]) / 10e-6}
