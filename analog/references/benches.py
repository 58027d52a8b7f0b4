"""What the benches of tb/ measure, as the parameters of references.yaml (SI units; degrees, percent and dB as
such)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from statistics import mean, stdev

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.decks import (
    FOLDER,
    HELD,
    ORDERS,
    RISE,
    Values,
    filled,
    named_deck,
    settled,
    wave,
    wires,
    with_diodes,
)
from neusoc.analog.references.levels import COLD, HOT, ROOM, UNTRIMMED, at, levels, operated, state, trimmed
from neusoc.analog.references.model import CURRENT, LEVEL, REST, UNIT
from neusoc.analog.references.netlists import Codes, prepared, subcircuits
from neusoc.analog.references.override import override
from neusoc.analog.references.whole import BENCHES as OF_THE_WHOLE
from neusoc.analog.references.whole import Bench, rejections
from neusoc.pdk.spice.ngspice import Result, run, run_many
from numpy.typing import NDArray

GATES = ("vth", "vlk", "vread", "xdut.vref_in")  # thin gates, or the way to one, seen by the bench start
THIN = (
    "vref",
    "vth",
    "vlk",
    "vread",
    "vsense",
    "vdac",
    "nbias",
    "cbias",
    "iadc",
    "xdut.vref_in",
    "xdut.bbias",
)  # by the bench orders
# name, wave of vdd3v3 (time s, V), and since when it stands, s
RAMPS = tuple((f"ramp {t:g}", ((0, 0), (t, v)), t) for t, v in ((1e-6, 3.3), (1e-4, 3.0), (1e-2, 3.6)))
DIPS = tuple(
    (
        f"dip to {v:g}",
        ((0, 0), (1e-5, 3.3), (2e-3, 3.3), (2.001e-3, v), (2.001e-3 + w, v), (2.002e-3 + w, 3.3)),
        2.002e-3 + w,
    )
    for v, w in ((0, 1e-5), (0, 1e-3), (1, 1e-4), (2, 1e-3))
)
AFTER = 3e-3  # s: watched after the supply stands
HOLD = 5e-6  # s: of each code in the bench threshold
BITS_OFF = ("scale_b_5", "current_b_5", "code_b_5")  # low where a word reads its middle


def simulate(name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> Values:
    """Parameters of one bench at one condition, SI units (degrees, percent and dB as such)."""
    return BENCHES[name](dut, sheet, condition)


def _static(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """Levels and currents of a trimmed chip."""
    codes = operated(dut, sheet, condition)
    found, busy = (levels(dut, sheet, condition, codes.but(job=job)) for job in (False, True))
    base, dacs = REST[codes.rest] * UNIT, [busy[f"idac{k}"] for k in range(3)]
    supplied = found["analog"] * float(condition.vdd3v3 or 0) + found["logic"] * condition.vdd1v8
    return {
        "level": 100 * (found["level"] / LEVEL - 1),
        "rest": found["vref"] - base,
        "vread": found["vread"],
        "vsense": found["vsense"],
        "vdac": found["vdac"],
        "threshold": found["vth"] - base - codes.threshold * UNIT,
        "leak": found["vlk"] - 154 * UNIT,
        "nbias": 100 * (found["nbias"] / CURRENT - 1),
        "cbias": 100 * (found["cbias"] / CURRENT - 1),
        "iadc": busy["iadc"],
        "idac": min(dacs),
        "idac_most": max(dacs),
        "power": supplied,
        "power_worst": supplied,
        "scale_room": min(codes.scale, 63 - codes.scale),
        "current_room": min(codes.current, 63 - codes.current),
    }


def _supply(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """The same codes over both supplies' ranges."""
    codes = operated(dut, sheet, condition).but(job=True)
    low, high = (
        levels(dut, sheet, at(condition, condition.temperature, both), codes)
        for both in ((3.0, 1.62), (3.6, 1.98))
    )
    return {
        "level_change": abs(high["level"] - low["level"]),
        "rest_change": abs(high["vref"] - low["vref"]),
        "iadc_change": 100 * abs(high["iadc"] / low["iadc"] - 1),
    }


def _ripple(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """Rejection of the supplies, of the paths that the codes close."""
    codes = operated(dut, sheet, condition).but(job=True)
    text, commands = filled(
        "ripple", dut, sheet, condition, prepared(dut, codes), state=state(dut, sheet, condition)
    )
    return rejections(run(named_deck("ripple", text, commands, condition), timeout=300).arrays)


def _cut(text: str) -> str:
    """The vref buffer with its output cut off from its amplifier for alternating current; for direct current
    it is closed."""
    loop = "lcut out cut 1meg\nccut cut cut_drive 1k\nvcut cut_drive vss 0 ac 1"
    cut, count = re.subn(r"(?m)^xota in out (.* rest_ota)$", rf"xota in cut \1\n{loop}", text)
    if count != 1:
        raise KeyError("vref_buffer with xota, its second input on out, is not in the netlist")
    return cut


def _loop(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """The vref buffer: phase margin, crossover, what currents out of it and into it move."""
    whole, at, found = prepared(dut, operated(dut, sheet, condition)), state(dut, sheet, condition), {}
    # over time the cut loop does not follow: what is pushed meets the whole one
    for name, block in (("loop", _cut(whole)), ("push", whole)):
        text, commands = filled(name, dut, sheet, condition, block, state=at)
        found |= run(named_deck(name, text, commands, condition), timeout=300).measures
    return {
        "margin": 180 + found["angle"],
        "crossover": found["crossover"],
        "load_change": max(abs(found[key] - found["none"]) for key in ("drawn", "pushed")),
        "sink_change": abs(found["half"] - found["none"]),
    }


def _start(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """Ramps and dips of vdd3v3: time to 1 %, the highest on thin gates, and where it ends against the first
    ramp."""
    codes = operated(dut, sheet, condition).but(leak=31)
    times, peaks, ends = [], [], []
    for _, points, stands in RAMPS + DIPS:
        stop = stands + AFTER
        text, commands = filled(
            "start",
            dut,
            sheet,
            condition,
            prepared(dut, codes),
            vdd3v3=wave(points),
            step=f"{stop / 1000:g}",
            stop=f"{stop:g}",
            most=f"{stop / 200:g}",
        )
        waves = run(
            named_deck("start", text, commands, condition, "reltol=1e-3 method=gear"), timeout=600
        ).arrays["start"]
        times.append(settled(waves["time"], waves["v(xdut.t_120)"], stands, 0.01))
        peaks.append(max(float(waves[f"v({key})"].max()) for key in GATES))
        ends.append(float(waves["v(xdut.t_120)"][-1]))
    return {
        "start": max(times),
        "start_gates": max(peaks),
        "start_states": 100 * max(abs(end / LEVEL - 1) for end in ends),
    }


def _states(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """Least current towards the state in which the core is to rest; below zero where there is another one."""
    text = prepared(dut, Codes())
    blocks = subcircuits(text)
    named = {"vss": "0", "out": "bg"} | {f"slope_{k}": "vdd3v3" if k == 2 else "0" for k in range(3)}
    named |= {f"slope_b_{k}": "0" if k == 2 else "vdd3v3" for k in range(3)}
    core, start = (
        " ".join(named.get(pin, pin) for pin in blocks[name][0]) for name in ("bandgap_core", "starter")
    )
    circuit, _, commands = (FOLDER / "tb" / "states.spice").read_text().partition("* commands\n")
    supply = float(condition.vdd3v3 or 0)
    circuit = circuit.format(dut=text, vdd3v3=supply, low=0.3, core=core, start=start)
    waves = run(
        named_deck("states", circuit, commands.splitlines(), condition, "reltol=1e-5 gmin=1e-15 method=gear")
    ).arrays["states"]
    late = waves["time"] > 0.1
    gate, current = waves["v(pg)"][late], waves["i(vforce)"][late]
    falls = np.flatnonzero(current[:-1] * current[1:] < 0)
    if not len(falls):
        return {"pull": -float(np.max(np.abs(current)))}
    there = gate[falls[-1]]
    away = np.abs(gate - there) > 0.1
    return {"pull": float(np.min(np.where(gate > there, -current, current)[away]))}


def threshold_waves(
    dut: str, sheet: Datasheet, condition: Condition, codes: Sequence[int], hold: float, later: float = 0.0
) -> dict[str, NDArray[np.float64]]:
    """Time and vth, while codes of the threshold follow each other.

    Args:
        codes: codes in their order; the first stands before the begin.
        hold: time of each, s.
        later: time behind the last, s.
    """
    trimmed = operated(dut, sheet, condition)
    high = float(condition.vdd3v3 or 0)
    sources = []
    for bit in range(6):
        for pin, inverse in (("code", 0), ("code_b", 1)):
            # the highest bit of the word is turned round
            on = [((code ^ 32) >> bit & 1) ^ inverse for code in codes]
            points = [(0.0, high * on[0])]
            for k in range(1, len(codes)):
                if on[k] != on[k - 1]:
                    points += [(k * hold, high * on[k - 1]), (k * hold + 2e-9, high * on[k])]
            sources.append(f"v{pin}{bit} {pin}_{bit} 0 {wave(points)}")
    text, commands = filled(
        "steps",
        dut,
        sheet,
        condition,
        prepared(dut, trimmed, keep=("threshold",)),
        state=state(dut, sheet, condition),
        sources="\n".join(sources),
        stop=f"{hold * len(codes) + later:g}",
        most=f"{min(1e-6, hold):g}",
    )
    return run(named_deck("steps", text, commands, condition), timeout=600).arrays["steps"]


def _threshold(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """All codes of the threshold downward, as the readout takes them: steps, linearity, settling."""
    every = list(range(63, -1, -1))
    waves = threshold_waves(dut, sheet, condition, every, HOLD)
    time, vth = waves["time"], waves["v(vth)"]
    stood = np.array([np.interp((k + 1) * HOLD - 20e-9, time, vth) for k in range(len(every))])[::-1]
    steps = np.diff(stood)
    unit = (stood[-1] - stood[0]) / (len(stood) - 1)
    line = stood[0] + unit * np.arange(len(stood))
    slow = 0.0
    for k in range(1, len(every)):
        inside = (time >= k * HOLD) & (time < (k + 1) * HOLD - 20e-9)
        late = np.flatnonzero(np.abs(vth[inside] - stood[::-1][k]) > 5e-3)
        slow = max(
            slow,
            (
                float(time[inside][late[-1] + 1] - k * HOLD)
                if len(late) and late[-1] + 1 < inside.sum()
                else 0.0
            ),
        )
    return {
        "step_least": float(steps.min()),
        "step_most": float(steps.max()),
        "dnl": float(np.max(np.abs(steps / unit - 1))),
        "inl": float(np.max(np.abs(stood - line)) / unit),
        "threshold_range": float(stood[-1] - stood[0]),
        "step_settling": slow,
    }


def _orders(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """ORDERS with latches and shifters: what thin gates see, what flows into vdd1v8 while it stands at 0 V,
    what the words read."""
    codes = Codes(leak=31, job=True)
    gates, wells, words = [], [], []
    for analog, logic in ORDERS:
        stop = 2.4e-3
        rise = {"vdd3v3": (analog, float(condition.vdd3v3 or 0)), "vdd1v8": (logic, condition.vdd1v8)}
        sources = {
            key: wave([(0, 0)] if at is None else [(0, 0), (at, 0), (at + RISE, level)])
            for key, (at, level) in rise.items()
        }
        text, commands = filled(
            "orders",
            dut,
            sheet,
            condition,
            prepared(dut, codes, latches=True),
            **sources,
            step="2u",
            stop=f"{stop:g}",
            most="20u",
            bits=" ".join(f"v(xdut.{bit})" for bit in BITS_OFF),
        )
        text = with_diodes(text)
        waves = run(
            named_deck("orders", text, commands, condition, "reltol=1e-3 method=gear"), timeout=900
        ).arrays["orders"]
        gates.append(max(float(waves[f"v({key})"].max()) for key in THIN))
        absent = waves["time"] < (stop if logic is None else logic)
        if analog is not None and absent.any():
            wells.append(float(np.max(waves["i(vdd1v8)"][absent])))
            stands = absent & (waves["time"] > analog + RISE + 3e-4)
            if stands.any():
                words += [float(np.min(waves[f"v(xdut.{bit})"][stands])) for bit in BITS_OFF]
    return {"order_gates": max(gates), "well_current": max(0.0, *wells), "default_words": min(words)}


def _override(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """A source at the pad in place of vref, vth or vread."""

    def driven(text: str, pad: str, stop: float) -> Result:
        at = state(dut, sheet, condition)
        circuit, commands = filled(
            "override", dut, sheet, condition, text, state=at, pad=pad, stop=f"{stop:g}"
        )
        return run(
            named_deck("override", circuit, commands, condition, "reltol=1e-4 method=gear"), timeout=300
        )

    return override(dut, condition, operated(dut, sheet, condition), driven, wave, wires())


def _with_codes(bench: Bench) -> Callable[[str, Datasheet, Condition], Values]:
    """A bench of the whole block, whichever its netlist, with the codes to which the schematic is trimmed."""
    return lambda dut, sheet, condition: bench(
        dut, sheet, condition, operated(netlist_text("references"), sheet, condition)
    )


def sample(dut: str, sheet: Datasheet, condition: Condition, seed: int) -> dict[float, Values]:
    """A chip with mismatch, trimmed at its two temperatures, measured at three; key 0: untrimmed at 27 C."""
    chip = condition.model_copy(update={"seed": seed})
    codes = trimmed(dut, sheet, chip)
    found = {t: levels(dut, sheet, at(chip, t), codes.but(job=True)) for t in (COLD, ROOM, HOT)}
    return found | {0.0: {"level": UNTRIMMED[dut, chip.corner, seed]}}


def _mismatch(dut: str, sheet: Datasheet, condition: Condition) -> Values:
    """Spread before and after the trim; 3 sigma about the mean, at the worst of three temperatures."""
    drawn = run_many(
        lambda seed: sample(dut, sheet, condition, seed), range(1, int(sheet.setup["mismatch_runs"]) + 1)
    )

    def three(of: Collection[float]) -> float:
        return abs(mean(of)) + 3 * stdev(of)

    error = {t: [100 * (one[t]["level"] / LEVEL - 1) for one in drawn] for t in (COLD, ROOM, HOT)}
    current = {t: [100 * (one[t]["nbias"] / CURRENT - 1) for one in drawn] for t in (COLD, ROOM, HOT)}
    ratio = [100 * one[ROOM]["iadc"] / one[ROOM]["nbias"] / 5 for one in drawn]
    return {
        "level_sigma": 100 * stdev([one[0.0]["level"] / LEVEL for one in drawn]),
        "level_3_sigma": max(map(three, error.values())),
        "level_left": max(abs(x) for every in error.values() for x in every),
        "nbias_3_sigma": max(map(three, current.values())),
        "ratio_sigma": stdev(ratio),
        "rest_sigma": stdev([one[ROOM]["vref"] - 0.75 * one[ROOM]["level"] for one in drawn]),
        "vread_sigma": stdev([one[ROOM]["vread"] for one in drawn]),
        "threshold_sigma": stdev([one[ROOM]["vth"] for one in drawn]),
    }


SETUP = (*HELD, "tap_load", "mismatch_runs")
BENCHES = {
    "static": _static,
    "supply": _supply,
    "ripple": _ripple,
    "loop": _loop,
    "start": _start,
    "states": _states,
    "threshold": _threshold,
    "orders": _orders,
    "override": _override,
    "mismatch": _mismatch,
    **{name: _with_codes(bench) for name, bench in OF_THE_WHOLE.items()},
}
