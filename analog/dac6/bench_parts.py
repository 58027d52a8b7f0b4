"""What the benches of both DACs share: codes in time, decks, and what is read off a run; times in s, levels
in V, INL and DNL in LSB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import stress
from neusoc.analog.bench.switching import supply
from neusoc.analog.dac6.model import CODES
from neusoc.pdk.spice.ngspice import deck, run, run_many
from numpy.typing import ArrayLike, NDArray

Voltages = NDArray[np.float64]

ENABLE_AT = 0.2e-6
# code, code ... of the bench settle: whole scale, its reverse, half of it, one code without and with a carry
#   through all bits
SEQUENCE = (0, 63, 0, 30, 31, 32)
CHANGES = ("up", "down", "half", "step", "carry")
REST = 1e-6  # each code's time in the bench transfer
SEED = 1  # of the mismatch runs: SEED + number of the sample


def code_bits(codes: Sequence[int], vdd1v8: float, step: float) -> str:
    """Sources of the six bits for a sequence of codes, one every `step` seconds; edges of 0.2 ns."""
    lines = []
    for b in range(6):
        points = ["0", f"{vdd1v8 * (codes[0] >> b & 1):g}"]
        for k, (old, new) in enumerate(zip(codes, codes[1:], strict=False), 1):
            points += [
                f"{k * step:.9g}",
                f"{vdd1v8 * (old >> b & 1):g}",
                f"{k * step + 0.2e-9:.10g}",
                f"{vdd1v8 * (new >> b & 1):g}",
            ]
        lines.append(
            f"vbit{b} code_1v8[{b}] 0 " + (f"pwl({' '.join(points)})" if len(codes) > 1 else points[1])
        )
    return "\n".join(lines)


def code_at(time: ArrayLike, step: float) -> NDArray[np.integer]:
    """Code of SEQUENCE at some times, each `step` long."""
    return np.array(SEQUENCE)[np.minimum((np.asarray(time) / step + 1e-9).astype(int), len(SEQUENCE) - 1)]


def code_deck(
    folder: Path,
    name: str,
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    codes: Sequence[int],
    step: float,
    **values: object,
) -> str:
    """Deck of tb/<name>.spice with the device under test, its codes and the condition put in.

    Args:
        folder: folder of the block, by whose name the deck calls it.
        name: name of the bench.
        dut: netlist.
        sheet, condition: datasheet and condition.
        codes: codes in order.
        step: time of each, s.
        values: fields of the deck that only this block has.
    """
    circuit, _, commands = (folder / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    values |= {
        "dut": dut,
        "bits": code_bits(codes, condition.vdd1v8, step),
        "code_pins": " ".join(f"code_1v8[{b}]" for b in range(6)),
        "vpp": supply(condition),
        "vdd1v8": condition.vdd1v8,
        "vref": sheet.setup["vref"],
        "ibias": f"{sheet.setup['ibias_ua']:g}u",
        "stop": f"{step * len(codes):g}",
    }
    filled = commands.format(**values).splitlines()
    title = f"{folder.name} {name}"
    return deck(
        circuit.format(**values),
        filled,
        corner=condition.corner,
        temperature=condition.temperature,
        title=title,
    )


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


def rest_levels(text: str, sheet: Datasheet) -> tuple[Voltages, Voltages]:
    """Levels (V) and supply current (A, both supplies, without ibias) of all codes, each at the end of REST,
    of a deck of transfer.

    Raises:
        ValueError: the simulation ended early.
    """
    found = run(text, timeout=900).arrays["transfer"]
    ends = (np.arange(CODES) + 1) * REST - 5e-9
    if found["time"][-1] < ends[-1]:
        raise ValueError(f"{sheet.name} transfer: the simulation ended early")
    # the mean of the last 100 ns: the integration leaves a ripple on the currents
    inside = [(found["time"] > end - 0.1e-6) & (found["time"] <= end) for end in ends]
    levels = np.array([found["v(vout)"][m].mean() for m in inside])
    current = (
        np.array([-(found["i(vpp)"] + found["i(vdd)"])[m].mean() for m in inside])
        - sheet.setup["ibias_ua"] * 1e-6
    )
    return levels, current


def sample(dut: str, condition: Condition, seed: int) -> Voltages:
    """Taps of the string with device mismatch on, in steps between the first and the last, (64,).

    The string alone: no current flows in the tree at rest, and the mismatch of what is behind it moves all
    codes alike. Takes the names of the schematic's netlist.
    """
    string = re.sub(r"\btap\[(\d+)\]", r"tap\1", "\n".join(re.findall(r"^xr_unit\[.*$", dut, re.M)))
    if len(string.splitlines()) != CODES - 1:
        raise ValueError(
            f"{len(string.splitlines())} resistors xr_unit in the netlist; the schematic of a DAC has"
            f" {CODES - 1}"
        )
    circuit = f".option seed={seed}\nvss vss 0 0\nvtop tap{CODES - 1} 0 1.2\nvfoot tap0 0 0\n{string}"
    commands = ["op", *(f"print v(tap{i})" for i in range(CODES))]
    found = run(
        deck(circuit, commands, corner=f"{condition.corner}_mm", temperature=condition.temperature)
    ).measures
    return np.array([found[f"v(tap{i})"] for i in range(CODES)]) / 1.2 * (CODES - 1)


def spread_figures(
    dut: str, sheet: Datasheet, condition: Condition, fixed: dict[str, float], suffixes: Iterable[str]
) -> dict[str, float]:
    """The string's spread on top of what the whole DAC has systematically (the largest of all codes: an upper
    bound).

    Args:
        dut, sheet, condition: netlist of the schematic, datasheet and condition.
        fixed: systematic INL and DNL, of each range.
        suffixes: ranges, as the names of `fixed` end.
    """
    steps = np.array(run_many(lambda i: sample(dut, condition, SEED + i), range(int(sheet.setup["samples"]))))
    inl, dnl = (float(x.std(axis=0, ddof=1).max()) for x in linearity(steps, 1.0))
    found = {"inl_sigma": inl, "dnl_sigma": dnl}
    for suffix in suffixes:
        found |= {
            f"inl_3_sigma{suffix}": fixed[f"inl{suffix}"] + 3 * inl,
            f"dnl_3_sigma{suffix}": fixed[f"dnl{suffix}"] + 3 * dnl,
            f"least_step_4_sigma{suffix}": 1 - fixed[f"dnl{suffix}"] - 4 * dnl,
        }
    return found


def settling(time: Voltages, out: Voltages, at: float, tolerance: float, step: float) -> float:
    """Time from a code's change until the output stays within tolerance of where it is `step` later, s."""
    inside = (time >= at) & (time < at + step - 1e-9)
    t, v = time[inside] - at, out[inside]
    late = np.flatnonzero(np.abs(v - v[-1]) > tolerance)
    return float(t[late[-1] + 1]) if len(late) else 0.0


def _excursion(time: Voltages, out: Voltages, at: float, step: float) -> float:
    """How far the output leaves the interval between the levels before and after a code's change, V."""
    inside = (time >= at - 1e-9) & (time < at + step - 1e-9)
    v = out[inside]
    low, high = sorted((v[0], v[-1]))
    return float(max(v.max() - high, low - v.min(), 0.0))


def settle_times(found: dict[str, Voltages], half: float, step: float) -> dict[str, float]:
    """Settling times of the codes' changes in SEQUENCE, each `step` long, to half a step (V) of the DAC, s:
    settle_up ..."""
    return {
        f"settle_{name}": settling(found["time"], found["v(vout)"], i * step, half, step)
        for i, name in enumerate(CHANGES, 1)
    }


def kicks(found: dict[str, Voltages], step: float) -> dict[str, float]:
    """Excursions of one code without and with a carry, V: kick_step, kick_carry."""
    return {
        f"kick_{name}": _excursion(found["time"], found["v(vout)"], i * step, step)
        for i, name in ((4, "step"), (5, "carry"))
    }


def enable_figures(text: str, half: float) -> dict[str, float]:
    """What a deck of enable says: current (A) and output (V) powered down, time to half a step (V), s."""
    result = run(text, timeout=600)
    found = result.arrays["enable"]
    late = np.flatnonzero(np.abs(found["v(vout)"] - found["v(vout)"][-1]) > half)
    off = {name: result.measures[name] for name in ("off_current", "off_level")}
    return {**off, "wake": float(found["time"][late[-1] + 1] - ENABLE_AT)}


def stress_figures(text: str, dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """What a deck of stress says of all devices, V."""
    waves = run(text, timeout=900).arrays["stress"]
    seen = stress(waves, dut, sheet.name, "xdut", {pin: pin for pin in sheet.pins})
    return {"stress_thin_over": seen.thin_over(condition.vdd1v8), "stress_thick": seen.thick}
