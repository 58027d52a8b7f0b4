"""What the benches of tb/ measure, as the parameters of front_end.yaml (SI units; degrees and percent as
such)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import mean, stdev

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.stress import stress
from neusoc.analog.front_end.circuit import bench, cells
from neusoc.analog.front_end.model import CODES, LEAD, ROW, SUMS, TAIL, UNITS
from neusoc.pdk.devices import NFET_5V, PFET_01V8
from neusoc.pdk.spice.ngspice import run, run_many

ROWS = (8, 64, 256)  # rows of the lines for which the loop is judged
PAIR_SUMS = (*SUMS, 50e-6)  # S: sums at which pairs with mismatch are measured, but for the first
OPEN, WINDOW = 40e-9, 40e-9  # s: window after the rows, its length
QUICK = 180e-9  # s: shortest time from event to event that lets wake fall between them
FIRST, EDGE = 300e-9, 2e-9  # s: the first event's rows, their edges
# lines that are at the level of programming, one state after the other, each for HELD, s; edges as of rows
PROGRAMMED = {"p": (0, 1, 0, 0, 0, 1, 0), "n": (0, 0, 0, 1, 0, 1, 0)}
HELD = 100e-9
# node of the benches of each pin whose node has another name
NODES = {"wake_1v8": "wake", "integ_1v8": "integ", "vss": "0"}
NODES |= {
    f"{name}_b_1v8[{k}]": f"{name[0]}b{k}" for name, bits in (("ratio", 3), ("trim", 5)) for k in range(bits)
}


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (degrees and percent as such)."""
    return BENCHES[name](dut, sheet, condition, wanted)


def _static(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Rest, line, resistance: the line's level with a current of 600 uS drawn from it."""
    draw = SUMS[-1] * float(sheet.setup["vread"])
    sweep = f"alter idraw = {draw:g}\nop\nlet loaded = v(bl_p)\nprint loaded"
    found = run(bench("static", dut, sheet, condition, sweep=sweep, cells="idraw bl_p 0 0")).measures
    return {
        "power": found["rest"] * condition.vdd1v8,
        "awake_power": found["awake"] * condition.vdd1v8,
        "line_rest": found["line_rest"] - float(sheet.setup["vread"]),
        "line_awake": found["line"] - float(sheet.setup["vread"]),
        "input_resistance": (found["line"] - found["loaded"]) / draw,
    }


def _cut(dut: str) -> tuple[str, str, str]:
    """The circuit with the loops of both lines cut for alternating current at their boosters' gates; for
    direct current they are closed.

    Returns:
        The netlist, and of the positive line the node of its sense and the driven one, as seen from the
        bench.

    Raises:
        KeyError: no booster with its gate on a line's sense.
    """
    parts = "lcut{0} {1} {1}_cut 1meg\nccut{0} {1}_cut s_drive{0} 1k\nvcut{0} s_drive{0} 0 0 ac 1"
    cut, count = re.subn(
        r"(?m)^xp_boost y s vs vs (.*)$", rf"xp_boost y s_cut vs vs \1\n{parts.format('', 's')}", dut
    )
    if count:
        return cut, "xdut.xp_line.s", "xdut.xp_line.s_cut"
    # extracted: the sense is what a switch of 1 um joins to the bit line, the boosters' fingers have their
    #   gates there
    senses = {}
    for line in "pn":
        switch = rf"(?m)^x\S+ (?:bl_{line} con_vpp (\S+)|(\S+) con_vpp bl_{line}) \S+ {NFET_5V} l=0\.5 w=1 "
        found = re.search(switch, cut)
        if not found:
            raise KeyError(f"no sense switch on bl_{line} in the netlist")
        sense = senses[line] = found[1] or found[2]
        gates = rf"(?m)^(x\S+ \S+) {re.escape(sense)} (\S+ \S+ {PFET_01V8} l=1\.3 .*)$"
        cut, count = re.subn(gates, rf"\1 {sense}_cut \2", cut)
        if not count:
            raise KeyError(f"no booster with its gate on {sense} in the netlist")
        cut = cut.replace(".ends", f"{parts.format(line, sense)}\n.ends", 1)
    return cut, f"xdut.{senses['p']}", f"xdut.{senses['p']}_cut"


def _loop(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Phase margin awake and without a cell, for lines of ROWS."""
    cut, sense, drive = _cut(dut)
    values: dict[str, float] = {}
    for rows in ROWS:
        load = float(sheet.setup["line_load"]) * rows / 64
        found = run(bench("loop", cut, sheet, condition, line_load=load, sense=sense, drive=drive)).measures
        values[f"margin_{rows}"] = 180 + found["angle"]
        if rows == 64:
            values |= {"loop_gain": found["loop"], "crossover": found["crossover"]}
    return values


def _programming(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Stress of all devices while jobs move the lines, and what a line draws at their level and at that of
    READ; con_vpp is low."""
    waves = {}
    for line, states in PROGRAMMED.items():
        levels = [state * float(sheet.setup["program"]) for state in states]
        points = [
            (k * HELD + late, levels[k - 1 + (late > 0)]) for k in range(1, len(levels)) for late in (0, EDGE)
        ]
        waves[f"wave_{line}"] = " ".join(f"{time:.6g} {level:g}" for time, level in [(0.0, 0.0), *points])
    found = run(
        bench(
            "programming",
            dut,
            sheet,
            condition,
            con_vpp=0,
            stop=f"{len(PROGRAMMED['p']) * HELD:.6g}",
            **waves,
        ),
        timeout=300,
    )
    nodes = {pin: NODES.get(pin, pin) for pin in sheet.pins}
    seen = stress(found.arrays["programming"], dut, "front_end", "xdut", nodes)
    leaks = found.measures
    return {
        "program_thin": seen.thin,
        "program_thick": seen.thick,
        "program_leak": max(leaks["program_p"], leaks["program_n"]),
        "sensed_leak": max(abs(leaks["sensed_p"]), abs(leaks["sensed_n"])),
    }


def wave(name: str, high: float, pulses: Sequence[tuple[float, float]], edge: float) -> str:
    """A source between 0 and high, V: pulses (begin, end) with edges, s."""
    points = " ".join(
        f"{begin:.6g} 0 {begin + edge:.6g} {high:g} {end:.6g} {high:g} {end + edge:.6g} 0"
        for begin, end in pulses
    )
    return f"v{name} {name} 0 pwl(0 0 {points})"


def event(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    positive: Sequence[float],
    negative: float = 0.0,
    *,
    period: float = 1e-6,
    opened: float = OPEN,
    pulse: float = ROW,
    ratio: int | None = None,
) -> dict[str, float]:
    """Events one after the other, all with the same sum on the negative line.

    Args:
        positive: sum of the cells on bl_p at each event, S; what the least of them lacks is on further word
            lines.
        negative: sum of the cells on bl_n, S.
        period: time from event to event, s; where wake would not fall between two it stays on throughout, as
            through an image.
        opened: window after the rows, s.
        pulse: duration of the rows, s.
        ratio: units of the mirrors' outputs; by default the setup's.

    Returns:
        q<k>: charge into vm of event k, C; of the first event: meant, charge of its cells between vread and
        ground over a window, C; least, most, of bl_p while rows are on, V; supplied, charge from vdd1v8, C;
        bias_rest, bias_opened, nbias before it and at the window, V.

    Raises:
        ValueError: events so near to each other that their rows overlap.
    """
    if period < pulse + 2 * EDGE:
        raise ValueError(
            f"events {period * 1e9:g} ns apart, rows of {pulse * 1e9:g} ns: rows overlap; take a longer"
            " period"
        )
    starts = [FIRST + k * period for k in range(len(positive))]
    high, base = float(sheet.setup["row"]), min(positive)
    rows = [(t, t + EDGE + pulse) for t in starts]
    wakes = [(t - LEAD, t + pulse + EDGE + TAIL) for t in starts]
    if period < pulse + EDGE + TAIL + LEAD + 2e-9:
        wakes = [(wakes[0][0], wakes[-1][1])]
    waves = [
        wave("wake", condition.vdd1v8, wakes, 1e-9),
        wave("integ", condition.vdd1v8, [(t + opened, t + opened + WINDOW) for t in starts], 0.3e-9),
    ]
    lines = [wave("wl", high, rows, EDGE)]
    text = [cells("cell_p", "bl_p", base), cells("cell_n", "bl_n", negative)]
    for k, more in enumerate(positive):
        if more > base:
            lines.append(wave(f"wl{k}", high, [rows[k]], EDGE))
            text.append(cells(f"more{k}", "bl_p", more - base, f"wl{k}"))
    measures = [
        f"meas tran q{k} integ i(vmem) from={t + opened - 1e-9:.6g} to={t + opened + WINDOW + 3e-9:.6g}"
        for k, t in enumerate(starts)
    ]
    t = starts[0]
    measures += [
        f"meas tran meant integ i(vmeant) from={t + opened:.6g} to={t + opened + WINDOW:.6g}",
        f"meas tran least min v(bl_p) from={t:.6g} to={t + pulse:.6g}",
        f"meas tran most max v(bl_p) from={t - LEAD:.6g} to={t + pulse + EDGE:.6g}",
        f"meas tran supplied integ i(vdd) from={t - LEAD - 1e-9:.6g} to={t + pulse + 100e-9:.6g}",
        f"meas tran bias_rest find v(nbias) at={t - LEAD - 1e-9:.6g}",
        f"meas tran bias_opened find v(nbias) at={t + opened:.6g}",
    ]
    text_deck = bench(
        "event",
        dut,
        sheet,
        condition,
        rows="\n".join(lines),
        cells="\n".join(filter(None, text)),
        waves="\n".join(waves),
        count=len(starts),
        meant=cells("cell_m", "meant", positive[0] or negative),
        stop=f"{starts[-1] + pulse + 150e-9:.6g}",
        measures="\n".join(measures),
        **({} if ratio is None else {"ratio": ratio}),
    )
    return run(text_deck, timeout=300).measures


def _gain(found: dict[str, float], zero: float, ratio: int) -> float:
    """Charge into the membrane over what the cells, the read voltage and the ratio say."""
    return abs(found["q0"] - zero) * UNITS / ratio / abs(found["meant"])


def _event(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Gain and linearity of both lines, one event; what an event without a cell gives."""
    ratio = int(sheet.setup["ratio"])
    empty = event(dut, sheet, condition, [0.0])
    zero = empty["q0"]
    up = [event(dut, sheet, condition, [g]) for g in SUMS]
    down = [event(dut, sheet, condition, [0.0], g) for g in SUMS]
    gains = {
        "p": [_gain(found, zero, ratio) for found in up],
        "n": [_gain(found, zero, ratio) for found in down],
    }
    middle = {line: (max(every) + min(every)) / 2 for line, every in gains.items()}
    both = event(dut, sheet, condition, [SUMS[2]], SUMS[2])
    unit = float(sheet.setup["vread"]) * WINDOW * ratio / UNITS  # C for a siemens
    return {
        "gain_p": 100 * (gains["p"][2] - 1),
        "gain_n": 100 * (gains["n"][2] - 1),
        "linearity": max(100 * (max(every) / middle[line] - 1) for line, every in gains.items()),
        "balance": 100 * abs(both["q0"] - zero) / abs(up[2]["q0"] - zero),
        "zero": abs(zero) / unit,
        "line_least": up[3]["least"],
        "line_most": up[3]["most"],
        "empty_energy": -empty["supplied"] * condition.vdd1v8,
        "image_energy": -both["supplied"] * condition.vdd1v8,
        "bias_kick": abs(empty["bias_opened"] - empty["bias_rest"]),
    }


def _timing(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """An early window, four events in a row, and an event after a saturating one, against one event alone at
    its time."""
    zero = event(dut, sheet, condition, [0.0])["q0"]
    alone = event(dut, sheet, condition, [SUMS[2]])["q0"] - zero
    early = event(dut, sheet, condition, [SUMS[2]], opened=20e-9, pulse=70e-9)["q0"] - zero
    quick = event(dut, sheet, condition, [SUMS[2]] * 4, period=QUICK)
    after = event(dut, sheet, condition, [2.56e-3, SUMS[1]], period=360e-9)["q1"] - zero
    small = event(dut, sheet, condition, [SUMS[1]])["q0"] - zero
    return {
        "early": 100 * (early / alone - 1),
        "repeat": 100 * max(abs((quick[f"q{k}"] - zero) / (quick["q0"] - zero) - 1) for k in range(1, 4)),
        "recovery": 100 * (after / small - 1),
    }


def _range(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Charge beyond the linear range: it must go on to grow."""
    charges = [event(dut, sheet, condition, [g])["q0"] for g in (0.6e-3, 0.9e-3, 1.2e-3, 1.8e-3, 2.56e-3)]
    return {"monotonic": 100 * min(abs(later) / abs(earlier) - 1 for earlier, later in pairwise(charges))}


def _ratio(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Each ratio against its nominal one, relative to that of the setup."""
    own = int(sheet.setup["ratio"])
    base = (event(dut, sheet, condition, [SUMS[1]])["q0"] - event(dut, sheet, condition, [0.0])["q0"]) / own
    errors = []
    for ratio in (1, 4, 8):
        step = (
            event(dut, sheet, condition, [SUMS[1]], ratio=ratio)["q0"]
            - event(dut, sheet, condition, [0.0], ratio=ratio)["q0"]
        )
        errors.append(100 * (step / ratio / base - 1))
    return {"ratio_error": max(errors, key=abs)}


EVERY_SUM = ("empty", *(f"{which}{k}" for k in range(1, len(PAIR_SUMS)) for which in ("p", "n", "both")))


def currents(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    asked: Mapping[int, Sequence[str]],
    *,
    seed: int | None = None,
) -> dict[int, dict[str, float]]:
    """The difference's current at rest while the window is open, A.

    Args:
        asked: code of the trim -> labels: empty without a cell, p<k>, n<k>, both<k> with PAIR_SUMS[k] on
            bl_p, on bl_n, on both.
        seed: seed of a mismatch sample.

    Returns:
        Code -> label -> current.
    """
    rows, lines = [], []
    for k in range(1, len(PAIR_SUMS)):
        for line in "pn":
            rows += [
                f"vw{line}{k} w{line}{k} 0 0",
                cells(f"c{line}{k}", f"bl_{line}", PAIR_SUMS[k], f"w{line}{k}"),
            ]
    high = f"{sheet.setup['row']:g}"
    for code, labels in asked.items():
        lines += [f"alter vtb{bit} = {0 if code >> bit & 1 else condition.vdd1v8:g}" for bit in range(5)]
        for label in labels:
            on = () if label == "empty" else tuple("pn" if label.startswith("both") else label[0])
            lines += [f"alter vw{line}{label[-1]} = {high}" for line in on]
            lines += ["op", f"let c{code}_{label} = i(vmem)", f"print c{code}_{label}"]
            lines += [f"alter vw{line}{label[-1]} = 0" for line in on]
    text = bench("static", dut, sheet, condition, sweep="\n".join(lines), cells="\n".join(rows), seed=seed)
    found = run(text, timeout=600).measures
    return {code: {label: found[f"c{code}_{label}"] for label in labels} for code, labels in asked.items()}


def difference(found: Mapping[str, float], gain: Mapping[str, float], k: int) -> float:
    """What equal sums PAIR_SUMS[k] on both lines leave, part of what one of them gives.

    Args:
        found: currents by label, with both<k> and empty, A.
        gain: currents by label, with p<k> and n<k>, A.
    """
    return (found[f"both{k}"] - found["empty"]) / ((gain[f"p{k}"] - gain[f"n{k}"]) / 2)


def trims(dut: str, sheet: Datasheet, condition: Condition, *, seed: int | None = None) -> list[float]:
    """What 300 uS on both lines leave at each code of the trim, %."""
    middle = int(sheet.setup["trim"])
    asked = {
        code: ("empty", "both2", "p2", "n2") if code == middle else ("empty", "both2")
        for code in range(CODES)
    }
    found = currents(dut, sheet, condition, asked, seed=seed)
    return [100 * difference(found[code], found[middle], 2) for code in range(CODES)]


def _trim(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Steps of the trim, in parts of the gain."""
    every = trims(dut, sheet, condition)
    steps = [later - earlier for earlier, later in pairwise(every)]
    sign = 1 if sum(steps) > 0 else -1
    return {
        "trim_step": sign * mean(steps),
        "trim_least": min(sign * step for step in steps),
        "trim_range": abs(sum(steps)),
    }


def sample(dut: str, sheet: Datasheet, condition: Condition, seed: int) -> dict[str, float]:
    """One pair with mismatch: untrimmed difference, and at its best code differences (%), gain (A at 300 uS)
    and offset (A)."""
    every = trims(dut, sheet, condition, seed=seed)
    best = min(range(CODES), key=lambda code: abs(every[code]))
    found = currents(dut, sheet, condition, {best: EVERY_SUM}, seed=seed)[best]
    left = {f"left{k}": 100 * difference(found, found, k) for k in range(1, len(PAIR_SUMS))}
    return {
        "untrimmed": every[int(sheet.setup["trim"])],
        "gain": found["p2"] - found["empty"],
        "zero": found["empty"],
        **left,
    }


def _mismatch(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Spread of a pair's difference before and after the trim, of the gain, and of an event without a
    cell."""
    runs = run_many(
        lambda seed: sample(dut, sheet, condition, seed), range(1, int(sheet.setup["mismatch_runs"]) + 1)
    )
    unit = float(sheet.setup["vread"]) * int(sheet.setup["ratio"]) / UNITS
    drawn = {key: [one[key] for one in runs] for key in runs[0]}
    return {
        "pair_sigma": stdev(drawn["untrimmed"]),
        "pair_trimmed": stdev(drawn["left2"]),
        "pair_left": max(map(abs, drawn["left2"])),
        "pair_trimmed_50": stdev(drawn["left4"]),
        "pair_trimmed_100": stdev(drawn["left1"]),
        "pair_trimmed_600": stdev(drawn["left3"]),
        "gain_sigma": 100 * stdev(drawn["gain"]) / abs(mean(drawn["gain"])),
        "zero_sigma": stdev(drawn["zero"]) / unit,
    }


SETUP = (
    "vref",
    "vread",
    "con_vpp",
    "row",
    "ibias",
    "bias_load",
    "line_load",
    "trim",
    "ratio",
    "mismatch_runs",
    "program",
    "sensed",
)
BENCHES = {
    "event": _event,
    "loop": _loop,
    "mismatch": _mismatch,
    "programming": _programming,
    "range": _range,
    "ratio": _ratio,
    "static": _static,
    "timing": _timing,
    "trim": _trim,
}
