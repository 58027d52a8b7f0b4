"""What the benches of tb/ measure, as the parameters of neuron.yaml (SI units)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

from neusoc.analog.bench.characterise import Condition, Datasheet
from neusoc.analog.neuron.model import TRIM_CODES, latches
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import Result, deck, run, run_many

FOLDER = Path(__file__).parent
THRESHOLDS = (0.2, 0.3)                          # V over vref, the two between which the membrane's charge is measured
SLOW, STANDARD, BUSY = 1.25e-6, 5e-6, 7.5e-6     # S: 62.5 nA, 0.25 uA and 0.38 uA at 50 mV
COLUMNS = (8, 256)                               # rows of the shortest and the longest column
CELL, PULSE = 40e-6, 40e-9                       # S, s: one synapse, two clocks
LEAK = {"leak_fast": 1.8, "leak_mid": 1.6, "leak_slow": 1.5}       # V on vlk
BANKS = {"membrane_half": 1, "membrane_double": 2, "membrane_full": 3}         # words of the bank
_LEAK_TIME = {"leak_fast": 5e-6, "leak_mid": 100e-6, "leak_slow": 2e-3}


def bench(name: str, dut: str, sheet: Datasheet, condition: Condition, **values: float) -> str:
    """Deck of tb/<name>.spice with the device under test and the condition put in.

    Args:
        values: further or other values of the template, SI units.
    """
    setup = dict(sheet.setup)
    vdd, vref = condition.vdd1v8, reference(sheet, condition)
    filled: dict[str, object] = {
        **setup, "configuration": configuration(vdd, *(int(values.get(name, setup[name])) for name in ("trim", "bank", "test"))),
        "dut": dut, "vdd1v8": vdd, "half": vdd / 2, "tenth": 0.1 * vdd, "nine_tenths": 0.9 * vdd, "cell": NFET_5V,
        "vref": vref, "vth": vref + values.get("threshold", setup["threshold"]), "vsl": vref - setup["read_voltage"],
        "held": vdd, "sink_to": -4.8 * setup["ibias"], "sink_step": -0.2 * setup["ibias"],
        "above": vref + 0.05, "below": vref - 0.05, "codes": _codes(vdd), **values,
    }  # fmt: skip
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    options = f"reltol=1e-4 seed={int(values['seed'])}" if "seed" in values else "reltol=1e-4"
    corner = condition.corner + ("_mm" if "seed" in values else "")
    return deck(
        circuit.format(**filled), commands.format(**filled).splitlines(), corner=corner, temperature=condition.temperature,
        options=options, title=f"neuron {name}",
    )  # fmt: skip


def configuration(vdd: float, trim: int, bank: int, test: int) -> str:
    """Lines that load the latches: config_1v8 stays high, so they load with every discharge.

    Args:
        trim: code, 0 to 7.
        bank: word, 0 to 3.
        test: bit of the test access, 0 or 1.
    """
    bits = latches(trim, bank, test)
    lines = [f"v{latch} {latch} 0 {vdd * bit:g}" for latch, bit in bits.items()]
    # a latch that is not loaded has two states: where no discharge comes first, the operating point starts from the right one
    held = [f"v(xdut.{latch}_q)={vdd * bit:g} v(xdut.{latch}_qb)={vdd * (1 - bit):g}" for latch, bit in bits.items()]
    return "\n".join([*lines, f"vconfig config 0 {vdd:g}", "cvtest vtest 0 10p", "rvtest vtest 0 1g", f".nodeset {' '.join(held)}"])


def _codes(vdd: float) -> str:
    """Commands of tb/trip.spice: the threshold at each code of the trim."""
    lines = []
    for code in range(TRIM_CODES):
        lines += [f"alter v{latch} = {vdd * bit:g}" for latch, bit in latches(code).items() if latch.startswith("trim")]
        lines += ["op", f"let trip{code} = v(vth) - v(xdut.vm)", f"print trip{code}"]
    return "\n".join(lines)


def reference(sheet: Datasheet, condition: Condition) -> float:
    """vref at a condition, V."""
    return float(sheet.setup["vref"] if condition.vref is None else condition.vref)


def fire(dut: str, sheet: Datasheet, condition: Condition, conductance: float, threshold: float, *, timeout: float = 600) -> Result:
    """Run of tb/fire.spice over at least three spikes.

    Args:
        conductance: conductance of the synapse, siemens.
        threshold: vth less vref, V.
    """
    current = conductance * float(sheet.setup["read_voltage"])
    interval = 0.5e-12 * (1 + sheet.setup["bank"] / 2) * (threshold + 0.1) / current + 0.45e-6
    stop = 0.3e-6 + 3.6 * interval
    times = {"stop": stop, "step": min(2e-9, stop / 800)}
    text = bench("fire", dut, sheet, condition, conductance=conductance, resistance=1 / conductance, threshold=threshold, **times)
    return run(text, timeout=timeout)


def interval(measures: Mapping[str, float]) -> float:
    """From the end of a discharge to the next spike, seconds."""
    return measures["third"] - (measures["release"] if measures["release"] < measures["third"] else float("nan"))


def _rise(high: Mapping[str, float], low: Mapping[str, float]) -> float:
    """Of the membrane, V/s, from runs with the two THRESHOLDS."""
    return (THRESHOLDS[1] - THRESHOLDS[0]) / (interval(high) - interval(low))


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (dB, degrees and percent as such)."""
    return BENCHES[name](dut, sheet, condition, wanted)


def _static(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    found = run(bench("static", dut, sheet, condition)).measures
    return {
        "power": found["supply"] * condition.vdd1v8,
        "offset": found["offset"],
        "source_limit": found["source"],
        "sink_limit": -found["sink"],
        "input_resistance": (found["v_zero"] - found["v_full"]) / 8e-6,
    }


def _cut(dut: str) -> str:
    """The circuit with the amplifier's loop cut for alternating current at its input; for direct current it is closed in each mode."""
    cut, count = re.subn(r"(?m)^(xn_a_in_p \S+) vg (.*)$", r"\1 vg_cut \2", dut)
    if count != 1:
        raise KeyError("xn_a_in_p with its gate on vg is not in the netlist")
    return cut.replace(".ends", "lcut vg vg_cut 1meg\nccut vg_cut vg_drive 1k\nvcut vg_drive 0 0 ac 1\nrhold vm vg 1g\n.ends", 1)


def _loop(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    found = run(bench("loop", _cut(dut), sheet, condition)).measures
    return {"loop_gain": found["gain"], "crossover": found["crossover"], "phase_margin": 180 + found["angle"]}


def _column(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Phase margin with bit lines of 8 and 256 rows, integrating and as a follower (discharge on)."""
    cut, values = _cut(dut), {}
    for rows in COLUMNS:
        for mode, held in (("integrating", 0.0), ("following", condition.vdd1v8)):
            load = float(sheet.setup["line_load"]) * rows / 64
            values[f"margin_{mode}_{rows}"] = 180 + run(bench("loop", cut, sheet, condition, held=held, line_load=load)).measures["angle"]
    return values


def _fire(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    low, high = THRESHOLDS
    standard = fire(dut, sheet, condition, STANDARD, high).measures
    integrating = interval(standard)
    current = standard["current"]
    capacitance = current / _rise(standard, fire(dut, sheet, condition, STANDARD, low).measures)
    values = {
        "membrane": capacitance,
        "threshold_error": current * integrating / capacitance - high,
        "virtual_ground": reference(sheet, condition) - standard["line"],
        "rate": 1 / (standard["third"] - standard["second"]),
        "energy": -standard["charge"] * condition.vdd1v8,
        "rise": standard["t_high"] - standard["t_low"],
        "high_error": abs(condition.vdd1v8 - standard["high"]),
        "low_error": abs(standard["low"]),
    }
    if "rate_error" in wanted:
        slow = fire(dut, sheet, condition, SLOW, high).measures
        values["rate_error"] = 100 * (slow["current"] * interval(slow) / (current * integrating) - 1)
    return values


def _rate(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Power between the spikes with the input of a million a second, and with the spikes: rest, and what a spike takes beyond it."""
    rest = run(bench("static", dut, sheet, condition)).measures["supply"]
    busy = fire(dut, sheet, condition, BUSY, THRESHOLDS[1]).measures
    spike = -busy["charge"] - rest * (busy["third"] - busy["second"])
    total = (rest + spike * 1e6) * condition.vdd1v8
    return {
        "integrating_power": (float(sheet.setup["ibias"]) - busy["integrating"]) * condition.vdd1v8,
        "spiking_power": total,
        "spiking_power_corners": total,
    }


def _pulse(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    steps, gains = [], []
    for cells in (1, 2):
        found = run(bench("pulse", dut, sheet, condition, cells=cells, resistance=1 / CELL / cells)).measures
        steps.append(found["after"] - found["before"])
        gains.append(steps[-1] / (found["current"] * PULSE))
    return {"pulse_step": steps[0], "pulse_capacitance": 1 / gains[0], "pulse_linearity": 100 * (gains[1] / gains[0] - 1)}


def _leak(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    values = {}
    for name in sorted(wanted & LEAK.keys()):
        stop = _LEAK_TIME[name]
        text = bench("leak", dut, sheet, condition, vlk=LEAK[name], stop=stop, step=stop / 2000)
        found = run(text).measures
        values[name] = found["t_part"] - 391e-9                 # from the end of the charging pulse
    return values


def _reset(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    text = bench("reset", dut, sheet, condition)
    if "discharge_residue" not in wanted:
        text = re.sub(r"(?m)^(let membrane.*|meas tran (held|residue).*)\n", "", text)
    found = run(text).measures
    values = {"line_peak": found["peak"] - found["final"]}
    return values | ({"discharge_residue": found["residue"]} if "residue" in found else {})


def _edges(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    found = run(bench("edges", dut, sheet, condition)).measures
    step = found["opened"] - found["released"]
    return {"discharge_step": found["released"] - found["before"], "phi_off_step": step, "phi_step": found["closed"] - found["released"]}


def with_setup(sheet: Datasheet, **values: float) -> Datasheet:
    """The datasheet with other values of its setup."""
    return sheet.model_copy(update={"setup": {**sheet.setup, **values}})


def _trim(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Step from code to code of the threshold, all codes."""
    found = run(bench("trip", dut, sheet, condition)).measures
    steps = [found[f"trip{code + 1}"] - found[f"trip{code}"] for code in range(TRIM_CODES - 1)]
    return {"trim_step": mean(steps), "trim_least": min(steps), "trim_range": sum(steps)}


def _ramp(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """What a code of the trim is worth to a ramp of 0.5 V/us, between the first and the last; needs no inner node."""
    low, high = THRESHOLDS
    first, last = (with_setup(sheet, trim=code) for code in (0, TRIM_CODES - 1))
    found = fire(dut, first, condition, STANDARD, high).measures
    per_second = _rise(found, fire(dut, first, condition, STANDARD, low).measures)
    earlier = interval(found) - interval(fire(dut, last, condition, STANDARD, high).measures)
    return {"trim_effect": per_second * earlier / (TRIM_CODES - 1)}


def _bank(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """The membrane's capacitance with the bank's capacitors, as in _fire."""
    values = {}
    for name in sorted(wanted & BANKS.keys()):
        banked = with_setup(sheet, bank=BANKS[name])
        low, high = (fire(dut, banked, condition, STANDARD, level).measures for level in THRESHOLDS)
        values[name] = high["current"] / _rise(high, low)
    return values


def _test(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """What vtest says of the membrane, how long it needs, and the follower's phase margin with the pad on it."""
    begin, length = 100e-6, 400e-6
    times = {"begin": begin, "lift": begin + 1e-6, "stop": begin + length, "end": begin + 0.999 * length, "step": 50e-9}
    on = with_setup(sheet, test=1)
    found = run(bench("test", dut, on, condition, **times)).measures
    return {
        "test_error": found["final"] - found["level"],
        "test_settle": found["settled"] - times["lift"],
        "test_margin": 180 + run(bench("loop", _cut(dut), on, condition)).measures["angle"],
    }


def _config(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """From config_1v8, or discharge_1v8 if that comes later, to the latch's new state, the slowest of both directions."""
    found = run(bench("config", dut, sheet, condition)).measures
    return {"write_time": max(found["rise"], found["fall"], *(found[n] - 200e-9 for n in ("fall_again", "rise_again"))) - 400.1e-9}


def _mismatch(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    seeds = range(1, int(sheet.setup["mismatch_runs"]) + 1)
    runs = run_many(lambda seed: run(bench("trip", dut, sheet, condition, seed=seed), timeout=600).measures, seeds)
    codes = [[found[f"trip{code}"] for code in range(TRIM_CODES)] for found in runs]
    left, _ = trimmed(codes, int(sheet.setup["trim"]))
    return {
        "offset_sigma": stdev(found["offset"] for found in runs),
        "threshold_sigma": stdev(found[int(sheet.setup["trim"])] for found in codes),
        "threshold_trimmed": stdev(left),
        "threshold_left": max(map(abs, left)),
    }


def trimmed(thresholds: Sequence[Sequence[float]], standard: int) -> tuple[list[float], list[int]]:
    """Each neuron's distance from the mean of all at the standard code, with the code that brings it nearest.

    Args:
        thresholds: threshold of each neuron, at each code, V.
        standard: the code that all have before the trim.

    Returns:
        Distances (V) and codes.
    """
    target = mean(codes[standard] for codes in thresholds)
    chosen = [min(range(len(codes)), key=lambda code, c=codes: abs(c[code] - target)) for codes in thresholds]
    return [codes[code] - target for codes, code in zip(thresholds, chosen, strict=True)], chosen


SETUP = ("vref", "threshold", "phi", "ibias", "read_voltage", "line_load", "spike_load", "mismatch_runs", "trim", "bank", "test")
BENCHES = {
    "bank": _bank, "column": _column, "config": _config, "edges": _edges, "fire": _fire, "leak": _leak, "loop": _loop,
    "mismatch": _mismatch, "pulse": _pulse, "ramp": _ramp, "rate": _rate, "reset": _reset, "static": _static, "test": _test,
    "trim": _trim,
}  # fmt: skip
