"""The whole block through its pins, its words written as a controller writes them: what runs on the netlist
extracted from the layout.

The other benches take trees and words out of the schematic's netlist by their names, and a netlist from the
layout has no names but those of pins. Here nothing is taken out and nothing within is looked at: one deck for
both netlists, so what differs between them is wires and the areas of sources and drains. The codes are those
to which the schematic is trimmed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import devices
from neusoc.analog.references.decks import (
    ORDERS,
    RISE,
    Values,
    filled,
    named_deck,
    settled,
    wave,
    with_diodes,
)
from neusoc.analog.references.model import CURRENT, LEVEL, REST, UNIT
from neusoc.analog.references.netlists import Codes, flat_names, sloped, subcircuits
from neusoc.base.chip import load_chip
from neusoc.pdk.spice.ngspice import run
from numpy.typing import NDArray

WORDS = {
    "scale": 6,
    "current": 6,
    "code": 6,
    "leak": 6,
    "option": 4,
    "pick": 5,
}  # in the order of write lines: bits of each
GATES = 2  # of a latch on its write line
THRESHOLD, PICK = 2, 5  # write lines
REST_AGAIN = 40e-6  # s: what the string takes to rest after a code far away: it rings at 0.1 MHz
EDGE = 10e-9  # s: of data and write lines
RESET, SLOT = (
    10e-6,
    2e-6,
)  # s: write lines high from the begin; a word's data, its write line high in their middle
READ, END = 2.4e-3, 3e-3  # s: the 1.2 V tap at the pad, then all else with the pad off
RAMP = 1e-6  # s: of vdd3v3, with vdd1v8 there
CYCLE = load_chip().clock_ns / 1e9  # s
FALL = range(60, -1, -1)  # codes of an image's readout
LEVELS = ("vref", "vread", "vsense", "vdac", "vth", "vlk")
CURRENTS = ("nbias", "cbias", "iadc")
CONNECTED = {"vss": "0", "job_1v8": "vdd1v8"}  # nodes of pins: a job is on
Bench = Callable[[str, Datasheet, Condition, Codes], Values]


def whole(netlist: str, pins: Sequence[str]) -> str:
    """The netlist for a deck, whatever it was made of.

    Args:
        netlist: SPICE text with the subcircuit references.
        pins: pins in the datasheet's order.

    Raises:
        KeyError: it has other pins, or one of its write lines does not end on the latches of its word.
    """
    found = subcircuits(netlist)["references"][0]
    if odd := sorted(set(found) ^ set(pins)):
        raise KeyError(
            f"references: pin {odd[0]} is only in the {'netlist' if odd[0] in found else 'datasheet'}"
        )
    gates = Counter(
        ends[1] for _, ends in devices(netlist, "references", "xdut", {pin: pin for pin in found})
    )
    for line, (word, bits) in enumerate(WORDS.items()):
        if (seen := gates[f"write_1v8[{line}]"]) != GATES * bits:
            raise KeyError(
                f"references: write_1v8[{line}] has {seen} gates; the {bits} latches of the word {word} have"
                f" {GATES * bits}"
            )
    return flat_names(sloped(netlist))


def written(codes: Codes, high: float) -> str:
    """Sources of data and write lines: all words at their middle through reset, then one after the other, the
    pad's off again at READ."""
    words = codes.words()
    data: list[list[tuple[float, float]]] = [[(0.0, 0.0)] for _ in range(6)]
    lines = [[(0.0, high), (RESET, high), (RESET + EDGE, 0.0)] for _ in WORDS]
    slots = [(k, words[name], RESET + SLOT * (k + 1)) for k, name in enumerate(WORDS)] + [(PICK, 0, READ)]
    for line, word, at in slots:
        for bit in range(6):
            if word >> bit & 1:
                data[bit] += [(at, 0.0), (at + EDGE, high), (at + SLOT - EDGE, high), (at + SLOT, 0.0)]
        lines[line] += [
            (at + SLOT / 4, 0.0),
            (at + SLOT / 4 + EDGE, high),
            (at + 3 * SLOT / 4, high),
            (at + 3 * SLOT / 4 + EDGE, 0.0),
        ]
    named = [(f"d_1v8_{k}", points) for k, points in enumerate(data)] + [
        (f"write_1v8_{k}", points) for k, points in enumerate(lines)
    ]
    return "\n".join(f"v{pin} {pin} 0 {wave(points)}" for pin, points in named)


def _standing(moved: Mapping[str, str] | None = None) -> str:
    """Sources of data and write lines that stand at ground, but for those with a level or wave of their
    own."""
    pins = {f"{bus}_1v8_{k}": "0" for bus in ("d", "write") for k in range(6)} | dict(moved or {})
    return "\n".join(f"v{pin} {pin} 0 {level}" for pin, level in pins.items())


@cache
def _risen(
    dut: str, pins: tuple[str, ...], setup: tuple[tuple[str, float], ...], condition: Condition, codes: Codes
) -> tuple[Values, str]:
    """Levels at rest, the time of the start, and nodesets for what begins there."""
    text = whole(dut, pins)
    sheet = Datasheet.model_construct(setup=dict(setup))
    probes = {name: f"v({name})" for name in LEVELS} | {name: f"i(v{name})" for name in CURRENTS}
    circuit, commands = filled(
        "whole",
        dut,
        sheet,
        condition,
        text,
        connected=CONNECTED,
        sources=written(codes.but(pick=0), condition.vdd1v8),
        vdd3v3=wave([(0, 0), (RAMP, float(condition.vdd3v3 or 0))]),
        stop=f"{END:g}",
    )
    commands += [f"meas tran at_{name} find {probe} at={END - 1e-5:g}" for name, probe in probes.items()]
    commands += ["wrnodev state.txt", "shell cat state.txt"]
    done = run(named_deck("whole", circuit, commands, condition, "reltol=1e-4 method=gear"), timeout=900)
    waves = done.arrays["whole"]
    looked = waves["time"] < READ
    time, pad = waves["time"][looked], waves["v(pad)"][looked]
    found = {name: done.measures[f"at_{name}"] for name in probes} | {
        "level": float(pad[-1]),
        "start": settled(time, pad, RAMP, 0.01),
    }
    nodes = re.findall(r"^\.ic (v\(xdut\.\S+) = (\S+)$", done.log, re.M)
    if not nodes:
        raise ValueError("ngspice wrote no node voltages")
    return found, "\n".join(f".nodeset {node}={value}" for node, value in nodes)


def risen(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> tuple[Values, str]:
    """Levels (V, A, s) of the block with these codes after its supplies have come, and nodesets of where it
    stands then."""
    found: tuple[Values, str] = _risen(dut, tuple(sheet.pins), tuple(sheet.setup.items()), condition, codes)
    return found


def _levels(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    found, _ = risen(dut, sheet, condition, codes)
    base = REST[codes.rest] * UNIT
    given = {
        "level": 100 * (found["level"] / LEVEL - 1),
        "rest": found["vref"] - base,
        "vread": found["vread"],
        "vsense": found["vsense"],
        "vdac": found["vdac"],
        "threshold": found["vth"] - base - codes.threshold * UNIT,
        "leak": found["vlk"] - 154 * UNIT,
        "nbias": 100 * (found["nbias"] / CURRENT - 1),
        "cbias": 100 * (found["cbias"] / CURRENT - 1),
        "iadc": found["iadc"],
        "start": found["start"],
    }
    return {f"whole_{name}": value for name, value in given.items()}


def rejections(waves: Mapping[str, Mapping[str, NDArray[Any]]]) -> Values:
    """Least rejection from 100 Hz to 1 MHz in the waves of tb/ripple.spice, dB; of the current: its part of
    itself a volt."""
    least = {
        (supply, key): float(-20 * np.log10(np.max(np.abs(found[f"v({key})"]))))
        for supply, found in waves.items()
        for key in ("vref", "vth", "vlk", "vread")
    }
    part = float(-20 * np.log10(np.max(np.abs(waves["analog"]["i(viadc)"])) / 2.25e-6))
    return {
        "rejection": min(least["analog", key] for key in ("vref", "vlk", "vread")),
        "rejection_vth": least["analog", "vth"],
        "rejection_logic": least["logic", "vref"],
        "rejection_logic_vth": least["logic", "vth"],
        "rejection_iadc": part,
    }


def _ripple(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    """Rejection of the supplies, open switches included: their gates stand at vdd3v3 and hang on the taps."""
    text, (_, state) = whole(dut, tuple(sheet.pins)), risen(dut, sheet, condition, codes)
    circuit, commands = filled(
        "ripple", dut, sheet, condition, text, state=state, connected=CONNECTED, sources=_standing()
    )
    found = rejections(run(named_deck("ripple", circuit, commands, condition), timeout=900).arrays)
    return {f"whole_{name}": value for name, value in found.items()}


def threshold_waves(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    codes: Codes,
    downward: Sequence[int],
    hold: float,
    later: float = 0.0,
) -> dict[str, NDArray[np.float64]]:
    """Time and vth, while codes of the threshold follow each other on d, its write line high; as
    benches.threshold_waves."""
    text, (_, state) = whole(dut, tuple(sheet.pins)), risen(dut, sheet, condition, codes)
    high = condition.vdd1v8
    moved = {f"write_1v8_{THRESHOLD}": wave([(0, 0), (REST_AGAIN / 4, 0), (REST_AGAIN / 4 + EDGE, high)])}
    for bit in range(6):
        # the latches open on the first code, as of no other state there is an operating point close by
        on = [0, *((code ^ 32) >> bit & 1 for code in downward)]
        times = [0.0, REST_AGAIN / 8, *(REST_AGAIN + k * hold for k in range(1, len(downward)))]
        points = [(0.0, 0.0)]
        for k in range(1, len(on)):
            if on[k] != on[k - 1]:
                points += [(times[k], high * on[k - 1]), (times[k] + 2e-9, high * on[k])]
        moved[f"d_1v8_{bit}"] = wave(points)
    circuit, commands = filled(
        "fall",
        dut,
        sheet,
        condition,
        text,
        state=state,
        connected=CONNECTED,
        sources=_standing(moved),
        stop=f"{REST_AGAIN + hold * len(downward) + later:g}",
    )
    found = run(named_deck("fall", circuit, commands, condition), timeout=1500).arrays["fall"]
    begun = found["time"] >= REST_AGAIN
    return {"time": found["time"][begun] - REST_AGAIN, "v(vth)": found["v(vth)"][begun]}


def lag(time: NDArray[np.float64], vth: NDArray[np.float64]) -> float:
    """Most that a falling threshold stands above its code at the end of that code's cycle, in codes, once it
    falls as fast as they do."""
    first, last = float(vth[0]), float(vth[-1])
    unit = (first - last) / FALL[0]
    ends = [(k, code) for k, code in enumerate(FALL) if code <= FALL[0] // 2]
    return max((float(np.interp((k + 1) * CYCLE, time, vth)) - last) / unit - code for k, code in ends)


def _fall(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    """An image's readout: a code each clock cycle."""
    waves = threshold_waves(dut, sheet, condition, codes, FALL, CYCLE, later=REST_AGAIN)
    return {"fall_lag": lag(waves["time"], waves["v(vth)"])}


def _step(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    """One step down from the middle code, at which all bits turn: until half of it is done, s."""
    downward, hold = (codes.threshold, codes.threshold - 1), REST_AGAIN
    waves = threshold_waves(dut, sheet, condition, codes, downward, hold)
    time, vth = waves["time"], waves["v(vth)"]
    before, after = float(np.interp(hold, time, vth)), float(vth[-1])
    late = np.flatnonzero((time > hold) & (np.abs(vth - after) > abs(before - after) / 2))
    return {"whole_step": float(time[late[-1] + 1]) - hold if len(late) else 0.0}


def _orders(dut: str, sheet: Datasheet, condition: Condition, codes: Codes) -> Values:
    """ORDERS with the write lines high as soon as vdd1v8 is there, as the pins ask: the highest of all
    outputs, what flows into vdd1v8."""
    text, gates, wells, stop = whole(dut, tuple(sheet.pins)), [], [], 2.4e-3
    high = {f"write_1v8_{k}": "vdd1v8" for k in range(6)} | {f"d_1v8_{k}": "0" for k in range(6)}
    for analog, logic in ORDERS:
        rise = {"vdd3v3": (analog, float(condition.vdd3v3 or 0)), "vdd1v8": (logic, condition.vdd1v8)}
        supplies = {
            key: wave([(0, 0)] if at is None else [(0, 0), (at, 0), (at + RISE, level)])
            for key, (at, level) in rise.items()
        }
        circuit, commands = filled(
            "reset", dut, sheet, condition, text, connected=CONNECTED | high, stop=f"{stop:g}", **supplies
        )
        done = run(
            named_deck("reset", with_diodes(circuit), commands, condition, "reltol=1e-3 method=gear"),
            timeout=900,
        )
        waves = done.arrays["reset"]
        gates.append(max(float(waves[f"v({name})"].max()) for name in (*LEVELS, *CURRENTS)))
        absent = waves["time"] < (stop if logic is None else logic)
        if analog is not None and absent.any():
            wells.append(float(np.max(waves["i(vdd1v8)"][absent])))
    return {"reset_gates": max(gates), "reset_wells": max(0.0, *wells)}


BENCHES = {
    "whole": _levels,
    "hum": _ripple,
    "step": _step,
    "fall": _fall,
    "reset": _orders,
}  # benches of both netlists
