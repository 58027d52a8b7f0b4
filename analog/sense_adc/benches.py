"""What the benches of tb/ measure, as the parameters of sense_adc.yaml (SI units; LSB, bits and percent as
such)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import stress
from neusoc.analog.sense_adc import figures
from neusoc.analog.sense_adc.conversions import (
    BITS,
    NETS,
    START,
    STROBE,
    bench,
    convert,
    crossings,
    front_states,
    run_mismatch,
    strobe_times,
    subcircuit,
    transfer,
    units_circuit,
)
from neusoc.pdk.spice.ngspice import run

STEPS = (255, 1, 128, 27, 190, 100, 229, 64)  # cells of the convert bench, in steps of range 0
OVERLOAD, AROUND = 1e-3, 27  # S, and the steps of the cell before and after it
DECIDED, SPAN, COUNT = (
    (4, 100),
    3.0,
    13,
)  # the decide bench: trials, and cells around a trial's static threshold, LSB
NETS |= {f"adc_trial_1v8[{k}]": f"t{k}" for k in BITS} | {"vss": "0"}
SLOT = 0.2e-6  # of one of its comparisons: the sense line settles on the cell, then the strobe


def _fixed_bits(vdd: float, code: int) -> str:
    return "\n".join(f"vt{k} t{k} 0 {vdd if code >> k & 1 else 0}" for k in BITS)


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (LSB, bits and percent as such)."""
    return {key: float(value) for key, value in BENCHES[name](dut, sheet, condition).items()}


def _static(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    values: dict[str, float] = {}
    for fine, suffix in ((False, ""), (True, "_fine")):
        found, cells, line = transfer(dut, sheet, condition, fine)
        values |= {f"{key}{suffix}": value for key, value in found.figures().items()}
        if not fine:
            full = float(np.interp(255 * sheet.setup["step"], cells, line))
            values |= {
                "bl_error": full - sheet.setup["vread"],
                "bl_change": float(np.ptp(line[cells <= 255 * sheet.setup["step"]])),
            }
    return values


def _leakage(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    leak = run(bench("leakage", "", sheet, condition)).measures["leak"]
    return {"leakage": leak / (sheet.setup["step"] / 8 * sheet.setup["vread"])}


def _convert(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    step = sheet.setup["step"]
    cells = [*(n * step for n in STEPS), AROUND * step, OVERLOAD, AROUND * step]
    found = convert(dut, sheet, condition, cells)
    static, _, _ = transfer(dut, sheet, condition, False)
    difference = found.codes[: len(STEPS)] - static.codes(np.array(cells[: len(STEPS)]))
    before, over, after = found.codes[len(STEPS) :]
    return {
        "threshold_error": float(np.abs(difference - np.median(difference)).max()),
        "energy": found.energy,
        "overload_code": float(over),
        "recovery": float(abs(after - before)),
        "latency": sheet.setup["tracking"] + 0.2e-6 + 20e-9 + 8 * sheet.setup["slot"],
    }


def decide(
    dut: str, sheet: Datasheet, condition: Condition, trial: int, cells: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Compare cells (S) with one trial, always tracking: what the comparator adds to the static transfer.

    Returns:
        Decision (0 or 1) and time from strobe to valid (s; where none comes while the strobe is high, as long
        as that) of each cell; highest voltage across a 1.8 V device of all (V).
    """
    vdd, points = condition.vdd1v8, [0.0, cells[0] * 1e6]
    for index, (before, after) in enumerate(pairwise(cells), 1):
        time = START + index * SLOT
        points += [time, before * 1e6, time + 1e-9, after * 1e6]
    strobe = (
        f"vstrobe strobe 0 pulse(0 {vdd} {START + 0.6 * SLOT:g} 0.3n 0.3n {STROBE * sheet.setup['slot']:g}"
        f" {SLOT:g})"
    )
    text = bench(
        "convert",
        dut,
        sheet,
        condition,
        cells=" ".join(f"{p:.6g}" for p in points),
        range_level=0,
        max_step="1n",
        sequencer=f"{_fixed_bits(vdd, trial)}\n{strobe}\nvsample sample 0 {vdd}",
        saved="all",
        stop=f"{START + len(cells) * SLOT:g}",
    )
    wave = run(text, timeout=1800).arrays["convert"]
    strobes = strobe_times(wave, vdd, len(cells))
    answers = np.append(crossings(wave["time"], wave["v(valid)"], vdd / 2), np.inf)
    delays = np.minimum(answers[np.searchsorted(answers, strobes)] - strobes, STROBE * sheet.setup["slot"])
    taken = np.interp(strobes + 0.52 * sheet.setup["slot"], wave["time"], wave["v(above)"])
    return (taken > vdd / 2).astype(int), delays, stress(wave, dut, "sense_adc", "xdut", NETS).thin


def _decide(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Of both trials the larger error: between the static threshold and the cell from which on the comparator
    says above.

    The first comparison, after microseconds with the strobe low, is judged by itself: its cell is SPAN below
    the threshold.
    """
    static, step = transfer(dut, sheet, condition, False)[0], sheet.setup["step"]
    errors, delays, wrong, worst = [], [], 0, 0.0
    for trial in DECIDED:
        around = np.linspace(-SPAN, SPAN, COUNT)
        cells = static.thresholds()[trial - 1] + np.array([-SPAN, *around]) * step
        (early, *decided), delay, thin = decide(dut, sheet, condition, trial, list(cells))
        decided = np.array(decided)
        first = int(np.argmax(decided)) if decided.any() else COUNT
        if max(delay) >= STROBE * sheet.setup["slot"]:  # undecided: as far away as the bench can tell
            errors.append(SPAN)
            delays, worst, wrong = [*delays, *delay], max(worst, thin), wrong + 1
            continue
        wrong += int(early)
        if not decided[first:].all():
            raise RuntimeError(
                f"trial {trial}: decisions {decided} within {SPAN} LSB of the static threshold are no"
                " threshold"
            )
        # all alike: the threshold is further away than SPAN, which is told
        errors.append(
            -SPAN if first == 0 else SPAN if first == COUNT else (around[first - 1] + around[first]) / 2
        )
        delays += list(delay)
        worst = max(worst, thin)
    times = {"delay": max(delays), "integration": min(delays)}
    decisions = {"decision_error": max(errors, key=abs), "first_wrong": 100 * wrong / len(DECIDED)}
    return {**decisions, **times, "stress_thin_over": worst - max(condition.vdd1v8, 1.8)}


def _sine(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    count, periods = 20, 3
    phase = 2 * np.pi * periods * np.arange(count) / count + 0.1
    step = sheet.setup["step"]
    cells = step * (124 + 118 * np.sin(phase))
    codes = convert(dut, sheet, condition, list(cells)).codes
    try:
        return {"enob_sine": figures.enob_of_sine(codes, phase, amplitude=118)}
    except ValueError:  # they do not follow the sine: where nothing was decided in time
        return {"enob_sine": 0.0}


def _noise(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    bits = _fixed_bits(condition.vdd1v8, 250)
    found = run(bench("noise", dut, sheet, condition, bits=bits)).arrays["spectrum"]
    lsb = sheet.setup["step"] * sheet.setup["vread"]
    return {
        "noise": (
            figures.integrated_noise(np.real(found["frequency"]), np.real(found["onoise_spectrum"]), 20e-9)
            / lsb
        )
    }


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> dict[str, float]:
    """Samples of the DAC's units and of the sense amplifier, each all in one run of ngspice."""
    setup = sheet.setup
    seeds = range(1, int(setup["mismatch_runs"]) + 1)
    varied = condition.model_copy(update={"corner": f"{condition.corner}_mm"})
    commands: list[str] = []
    for seed in seeds:
        commands += [f"setseed {seed}", "reset", "op"]
        commands += [f"let d{seed}_{k} = -i(vc{k})\nprint d{seed}_{k}" for k in range(8)]
    found = run_mismatch("mismatch_dac", sheet, varied, commands, **units_circuit(dut, sheet))
    weights = np.array([[found[f"d{seed}_{k}"] for k in range(8)] for seed in seeds])
    states = dict(zip("abc", front_states(sheet, condition), strict=True))
    commands = []
    for seed in seeds:
        commands += [f"setseed {seed}", "reset"]
        for key, (cell, level) in states.items():
            commands += [f"alter vcell dc={cell:g}", f"alter vrange dc={level:g}", "op"]
            commands += [
                f"let {key}{seed} = i(vsum)",
                f"let s{key}{seed} = v(sense)",
                f"print {key}{seed} s{key}{seed}",
            ]
    text = "\n".join(subcircuit(dut, "sense_amp"))
    found = run_mismatch("mismatch_front", sheet, varied, commands, dut=text, isense=setup["ibias"] / 2)
    front = np.array([[found[f"{key}{seed}"] for key in states] for seed in seeds])
    line = np.array([found[f"sb{seed}"] for seed in seeds])
    fixed = transfer(dut, sheet, condition, False)[0].nonlinearity()[0]
    return figures.spread(weights, front, line, fixed, _noise(dut, sheet, condition)["noise"])


SETUP = (
    "vread",
    "vref",
    "ibias",
    "step",
    "line_load",
    "off_rows",
    "output_load",
    "tracking",
    "slot",
    "mismatch_runs",
)
BENCHES = {
    "convert": _convert,
    "decide": _decide,
    "leakage": _leakage,
    "mismatch": _mismatch,
    "noise": _noise,
    "sine": _sine,
    "static": _static,
}
