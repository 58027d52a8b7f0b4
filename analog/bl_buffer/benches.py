"""What the benches of tb/ measure, as the parameters of bl_buffer.yaml (SI units)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import pulses, stress
from neusoc.analog.bench.switching import supply
from neusoc.pdk.spice.ngspice import deck, run, run_at_rest, run_many
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
JUDGED, REST_LEVEL = 3.0, 2.4  # V: highest level whose error is judged; level at which the current at rest is
DRIVEN = (1.0, 2.4, 3.0)  # V: levels of the output's resistance
# level (V) and share of the current drawn, of the loop's operating points
POINTS = ((0.4, 0.0), (0.4, 0.3), (2.4, 0.0), (2.4, 0.05), (2.4, 0.3), (2.4, 1.0), (3.0, 0.0), (3.0, 1.0))
UP, DOWN = 0.5e-6, 2e-6  # s: changes of the level in tb/settle.spice
DRAWN, RELEASED = 0.2e-6, 1.2e-6  # s: changes of the load in tb/load.spice
WAKES, JOINED = 0.2e-6, 0.2e-6  # s: the enable's edge in tb/wake.spice, the switch's in tb/line.spice
# enable, level (V) and share of the current, one after the other, of the bench stress
STRESS = (
    (0, 2.4, 0),
    (1, 0.4, 0),
    (1, 0.4, 0),
    (1, 3.0, 0),
    (1, 3.0, 1),
    (1, 3.0, 0),
    (1, 0.4, 0),
    (1, 3.4, 0),
    (0, 3.4, 0),
    (1, 3.4, 0),
)
STEP = 2e-6  # s: each of them
SEED = 1  # of the mismatch runs: SEED + number of the sample
Waves = Mapping[str, NDArray[np.float64]]


def bench(
    name: str, dut: str, sheet: Datasheet, condition: Condition, *, load: str = "load_pf", seed: int = 0
) -> tuple[str, list[str]]:
    """Circuit and commands of tb/<name>.spice with the device under test and the condition put in; load: its
    name in the setup."""
    current, gain = sheet.setup["current_ua"] * 1e-6, sheet.setup["gain"]
    points = []
    for i, (level, share) in enumerate(POINTS):
        points += [f"alter vin dc={level / gain:g}", f"alter icell dc={share * current:g}", "ac dec 40 1k 1g"]
        points += [f"write loop_{i}.raw v(vout) v(vsense)"]
    values = {
        "dut": dut,
        "vpp": supply(condition),
        "vdd1v8": condition.vdd1v8,
        "ibias": f"{sheet.setup['ibias_ua']:g}u",
        "load": f"{sheet.setup[load]:g}p",
        "current": f"{current:g}",
        "half": f"{current / 2:g}",
        "switch": sheet.setup["switch_ohm"],
        "points": "\n".join(points),
        "enables": pulses([condition.vdd1v8 * on for on, _, _ in STRESS], STEP),
        "levels": pulses([level / gain for _, level, _ in STRESS], STEP, 5e-9),
        "loads": pulses([current * share for _, _, share in STRESS], STEP, 5e-9),
        "stop": f"{STEP * len(STRESS):g}",
        "seed": seed,
    }
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    return circuit.format(**values), commands.format(**values).splitlines()


def _deck(name: str, dut: str, sheet: Datasheet, condition: Condition, *, load: str = "load_pf") -> str:
    circuit, commands = bench(name, dut, sheet, condition, load=load)
    return deck(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        title=f"bl_buffer {name}",
    )


def settling(
    time: NDArray[np.float64], out: NDArray[np.float64], start: float, stop: float, tolerance: float
) -> float:
    """Time from start until the output stays within tolerance (V) of where it is just before stop, s."""
    inside = (time >= start) & (time < stop - 1e-9)
    t, v = time[inside] - start, out[inside]
    late = np.flatnonzero(np.abs(v - v[-1]) > tolerance)
    return float(t[late[-1] + 1]) if len(late) else 0.0


def beyond(time: NDArray[np.float64], out: NDArray[np.float64], start: float, stop: float) -> float:
    """How far the output leaves the interval between its levels at start and just before stop, V."""
    v = out[(time >= start - 1e-9) & (time < stop - 1e-9)]
    low, high = sorted((v[0], v[-1]))
    return float(max(v.max() - high, low - v.min(), 0.0))


def margins(frequency: NDArray[np.float64], gain: NDArray[np.complex128]) -> tuple[float, float]:
    """Phase margin (degrees) and gain margin (dB) of a loop.

    Args:
        frequency: frequencies, ascending, Hz, (points,).
        gain: gain of the open loop, positive where the feedback is negative, (points,).

    Raises:
        ValueError: the gain never falls to 1, or does so more than once: one margin would not tell then.
    """
    size, phase = np.log10(np.abs(gain)), np.degrees(np.unwrap(np.angle(gain)))
    falls = np.flatnonzero((size[:-1] > 0) & (size[1:] <= 0))
    if len(falls) != 1:
        raise ValueError(
            f"the loop's gain crosses 1 {len(falls)} times between {frequency[0]:g} and {frequency[-1]:g} Hz;"
            " look at it"
        )
    at = falls[0]
    share = size[at] / (size[at] - size[at + 1])
    phase_margin = 180 + phase[at] + share * (phase[at + 1] - phase[at])
    turned = at + np.flatnonzero((phase[at:-1] > -180) & (phase[at + 1 :] <= -180))
    if not len(turned):
        return float(phase_margin), float(
            -20 * size[-1]
        )  # never turned: what is left of the gain at the sweep's end
    last = turned[0]
    share = (phase[last] + 180) / (phase[last] - phase[last + 1])
    return float(phase_margin), float(-20 * (size[last] + share * (size[last + 1] - size[last])))


def loop_margins(dut: str, sheet: Datasheet, condition: Condition) -> list[tuple[float, float]]:
    """margins() at all POINTS, for each of the two loads: first those at load_pf, then those at line_pf."""
    found = []
    for load in ("load_pf", "line_pf"):
        arrays = run(_deck("loop", dut, sheet, condition, load=load), timeout=600).arrays
        for i in range(len(POINTS)):
            wave = arrays[f"loop_{i}"]
            found.append(margins(np.abs(wave["frequency"]), -wave["v(vout)"] / wave["v(vsense)"]))
    return found


def _loop(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = loop_margins(dut, sheet, condition)
    return {"phase_margin": min(phase for phase, _ in found), "gain_margin": min(gain for _, gain in found)}


def _transfer(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(_deck("transfer", dut, sheet, condition), timeout=300).arrays["transfer"]
    wanted = sheet.setup["gain"] * found["v(vin)"]
    error, current = found["v(vout)"] - wanted, -found["i(vpp)"] - sheet.setup["ibias_ua"] * 1e-6
    return {
        "error_foot": float(error[0]),
        "error_most": float(np.abs(error[wanted < JUDGED + 1e-6]).max()),
        "quiescent": float(np.interp(REST_LEVEL, wanted, current)),
        "quiescent_most": float(current.max()),
        "bias_level": float(found["v(ibias)"].max()),
    }


def sample(dut: str, sheet: Datasheet, condition: Condition, seed: int) -> float:
    """Error of the foot with device mismatch on, V."""
    circuit, commands = bench("mismatch", dut, sheet, condition, seed=seed)
    text = deck(circuit, commands, corner=f"{condition.corner}_mm", temperature=condition.temperature)
    return run(text).measures["v(vout)"] - 0.16 * sheet.setup["gain"]


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    errors = run_many(
        lambda i: sample(dut, sheet, condition, SEED + i), range(int(sheet.setup["samples"])), workers=1
    )
    return {"error_sigma": float(np.std(errors, ddof=1))}


def _drive(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(_deck("drive", dut, sheet, condition), timeout=300).arrays["drive"]
    level, out = sheet.setup["gain"] * found["v(vin)"], found["v(vout)"]
    sags = []
    for wanted in DRIVEN:
        at = out[np.abs(level - wanted) < 1e-3]
        if len(at) != 3:
            raise ValueError(f"bl_buffer drive: {len(at)} points at {wanted} V; the bench makes three")
        sags.append(at[0] - at[-1])
    return {"output_resistance": float(max(sags)) / (sheet.setup["current_ua"] * 1e-6)}


def _settle(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    half, figures, over = sheet.setup["half_step_mv"] * 1e-3, {}, []
    for load in ("load_pf", "line_pf"):
        found = run(_deck("settle", dut, sheet, condition, load=load), timeout=600).arrays["settle"]
        time, out = found["time"], found["v(vout)"]
        suffix = "" if load == "load_pf" else f"_{sheet.setup[load]:g}pf"
        for name, start, stop in (("up", UP, DOWN), ("down", DOWN, time[-1] + 1e-9)):
            figures[f"settle_{name}{suffix}"] = settling(time, out, start, stop, half)
            over.append(beyond(time, out, start, stop))
    return figures | {"overshoot": max(over)}


def _load(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(_deck("load", dut, sheet, condition), timeout=300).arrays["load"]
    time, out = found["time"], found["v(vout)"]
    return {
        "load_step": max(beyond(time, out, DRAWN, RELEASED), beyond(time, out, RELEASED, time[-1] + 1e-9))
    }


def _line(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(_deck("line", dut, sheet, condition), timeout=300).arrays["line"]
    return {
        "line_on": settling(
            found["time"],
            found["v(line)"],
            JOINED,
            found["time"][-1] + 1e-9,
            sheet.setup["half_step_mv"] * 1e-3,
        )
    }


def _powerdown(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    circuit, commands = bench("powerdown", dut, sheet, condition)
    found = run_at_rest(
        circuit,
        commands,
        corner=condition.corner,
        temperature=condition.temperature,
        title="bl_buffer powerdown",
    ).measures
    return {"off_current": -found["i(vpp)"] - sheet.setup["ibias_ua"] * 1e-6, "off_level": found["v(vout)"]}


def _wake(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    found = run(_deck("wake", dut, sheet, condition, load="line_pf"), timeout=300).arrays["wake"]
    return {
        "wake": settling(
            found["time"],
            found["v(vout)"],
            WAKES,
            found["time"][-1] + 1e-9,
            sheet.setup["half_step_mv"] * 1e-3,
        )
    }


def _stress(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    waves = run(_deck("stress", dut, sheet, condition), timeout=900).arrays["stress"]
    seen = stress(waves, dut, "bl_buffer", "xdut", {pin: pin for pin in sheet.pins})
    if seen.thin:
        raise ValueError("bl_buffer: a 1.8 V device in a block of 5 V devices; judge what it sees")
    return {"stress_thick": seen.thick}


_MEASURE = {
    "transfer": _transfer,
    "mismatch": _mismatch,
    "drive": _drive,
    "loop": _loop,
    "settle": _settle,
    "load": _load,
    "line": _line,
    "powerdown": _powerdown,
    "wake": _wake,
    "stress": _stress,
}
SETUP = ("ibias_ua", "gain", "load_pf", "line_pf", "switch_ohm", "current_ua", "half_step_mv", "samples")
BENCHES = tuple(_MEASURE)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units."""
    return _MEASURE[name](dut, sheet, condition)
