"""What the benches of tb/ measure, as the parameters of neuron.yaml (SI units; degrees and percent as
such)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import e
from statistics import mean, stdev

from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.front_end.benches import EDGE, OPEN, wave
from neusoc.analog.front_end.circuit import cells, reference
from neusoc.analog.front_end.model import LEAD, TAIL, UNITS
from neusoc.analog.neuron.circuit import (
    CLOSE,
    DISCHARGED,
    FIRST,
    FOLDER,
    STANDARD,
    STEP,
    SUM,
    TOP,
    TRIM_BITS,
    Plane,
    bench,
    image,
)
from neusoc.analog.neuron.model import TRIM_CODES
from neusoc.base.chip import load_chip
from neusoc.pdk.devices import NFET_01V8
from neusoc.pdk.spice.ngspice import deck, run, run_many

CLOCK = load_chip().clock_ns / 1e9  # s
WINDOWS = tuple(cycles * CLOCK for cycles in (8, 4, 2, 1))  # s, of four planes
PLANES = (
    (300e-6, 150e-6),
    (200e-6, 250e-6),
    (350e-6, 100e-6),
    (100e-6, 300e-6),
)  # S: sums on either line, a plane
MEAN = ((200e-6, 200e-6),) * 4  # S: of an image whose energy is judged
LEVELS = (0.1, 0.5)  # V above rest, of membranes that are read
LEAKS = {"leak_fast": (1.8, 5e-6), "leak_mid": (1.6, 150e-6)}  # V on vlk, s: length of the run
HELD = 2e-6  # s, for which a membrane keeps an image
# a spike each PERIOD: one event of SUM on bl_p with so many units of the mirrors, above a threshold over
#   rest, and a discharge behind it
PERIOD, SPIKES, SPIKE_UNITS, SPIKE_AT = 1e-6, 4, 4, 0.1  # s, spikes, units, V
# s: from the rows to that discharge, half as long. The comparator has to fall meanwhile: 150 ns are too few,
#   extracted, at ss, -40 C.
ANSWERED = 400e-9


def simulate(
    name: str, dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]
) -> dict[str, float]:
    """Parameters of one bench at one condition, SI units (degrees and percent as such)."""
    return BENCHES[name](dut, sheet, condition, wanted)


def step(found: Mapping[str, float]) -> float:
    """Of the membrane by a single plane, V."""
    return found["after0"] - found["rested"]


def _steps(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Single events: step, what one without a cell gives and takes."""
    empty, one = (image(dut, sheet, condition, [Plane(total, 0.0, STANDARD)]) for total in (0.0, SUM))
    high, low = (
        image(dut, sheet, condition, [Plane(0.0, 0.0, STANDARD)], start=level) for level in (0.4, -0.4)
    )
    moved = step(one) - step(empty)
    charge = float(sheet.setup["vread"]) * SUM * STANDARD * int(sheet.setup["ratio"]) / UNITS
    return {
        "step": moved,
        "capacitance": charge / moved,
        "empty_step": step(empty),
        "loss": max(100 * abs((step(found) - step(empty)) / 0.4) for found in (high, low)),
    }


def _image(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Four planes against each alone, at 1:32; energy of a mean image."""
    planes = [Plane(*sums, window) for sums, window in zip(PLANES, WINDOWS, strict=True)]
    whole = image(dut, sheet, condition, planes, ratio=1)
    alone = [step(image(dut, sheet, condition, [plane], ratio=1)) for plane in planes]
    last = whole[f"after{len(planes) - 1}"] - whole["rested"]
    spent = image(
        dut,
        sheet,
        condition,
        [Plane(*sums, window) for sums, window in zip(MEAN, WINDOWS, strict=True)],
        ratio=1,
    )
    return {
        "image_sum": last,
        "superposition": 100 * (last - sum(alone)) / sum(map(abs, alone)),
        "image_energy": -spent["supplied"] * condition.vdd1v8,
    }


def _hold(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """How a membrane keeps its level; a spike that is held back and let go."""
    begin = FIRST - 50e-9
    span = [
        f"meas tran before find membrane at={begin:.6g}",
        f"meas tran behind find membrane at={begin + HELD:.6g}",
    ]
    drooped = [
        image(dut, sheet, condition, [], start=level, later=HELD + 200e-9, measures=span)
        for level in (0.4, -0.4)
    ]
    let = FIRST + 300e-9
    vref, half = reference(sheet, condition), condition.vdd1v8 / 2
    above = image(
        dut,
        sheet,
        condition,
        [],
        start=0.2,
        later=800e-9,
        released=let,
        threshold=f"vth vth 0 {vref + 0.1:g}",
        measures=[
            f"meas tran held max v(spike) from={DISCHARGED:.6g} to={let:.6g}",
            f"meas tran fired when v(spike)={half} rise=1",
        ],
    )
    return {
        "droop": max((found["behind"] - found["before"] for found in drooped), key=abs),
        "held_spike": above["held"],
        "let_go": above["fired"] - let,
    }


def falling(sheet: Datasheet, condition: Condition, begin: float) -> str:
    """The source of a threshold that falls from TOP above rest to rest in steps, a clock cycle each."""
    vref, points = reference(sheet, condition), []
    for k in range(round(TOP / STEP)):
        t = begin + k * CLOCK
        points += [
            f"{t:.6g} {vref + TOP - k * STEP:.6g}",
            f"{t + 5e-9:.6g} {vref + TOP - (k + 1) * STEP:.6g}",
        ]
    return f"vth vth 0 pwl(0 {vref + TOP:g} {' '.join(points)})"


def _readout(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """A falling threshold on two membranes: by how much it is past them when they fire, and what it does to
    them."""
    begin, half, lags, kicks = FIRST + 50e-9, condition.vdd1v8 / 2, [], []
    for level in LEVELS:
        found = image(
            dut,
            sheet,
            condition,
            [],
            start=level,
            later=TOP / STEP * CLOCK + 200e-9,
            released=begin,
            threshold=falling(sheet, condition, begin),
            measures=[
                f"meas tran before find membrane at={begin - 5e-9:.6g}",
                f"meas tran fired when v(spike)={half} rise=1",
                f"meas tran lag find over when v(spike)={half} rise=1",
                f"meas tran reached find membrane when v(spike)={half} rise=1",
            ],
        )
        lags.append(found["lag"])
        kicks.append(found["reached"] - found["before"])
    return {"lag": max(lags), "lag_difference": lags[0] - lags[1], "kick": max(kicks, key=abs)}


def _discharge(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """A discharge of 200 ns from 0.4 V: what it leaves, and what its end leaves."""
    end = FIRST + 200e-9
    text = [
        f"meas tran late find membrane at={end - 1e-9:.6g}",
        f"meas tran behind find membrane at={end + 30e-9:.6g}",
    ]
    found = image(
        dut, sheet, condition, [], start=0.4, later=500e-9, discharged=[(FIRST, end)], measures=text
    )
    return {"discharge_residue": found["late"], "discharge_step": found["behind"] - found["late"]}


def _rest(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Power at rest."""
    power = run(bench("rest", dut, sheet, condition)).measures["supply"] * condition.vdd1v8
    return {name: power for name in ("power", "power_corners") if name in wanted}


def _rate(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Power while an event, its spike and a discharge come each PERIOD; the first of them is left out.

    Raises:
        ValueError: a period without a spike.
    """
    vdd, starts, pulse = (
        condition.vdd1v8,
        [FIRST + k * PERIOD for k in range(SPIKES)],
        OPEN + STANDARD + CLOSE,
    )
    waves = [
        wave("wake", vdd, [(t - LEAD, t + pulse + EDGE + TAIL) for t in starts], 1e-9),
        wave("integ", vdd, [(t + OPEN, t + OPEN + STANDARD) for t in starts], 0.3e-9),
        wave(
            "discharge",
            vdd,
            [(0.0, DISCHARGED), *((t + ANSWERED, t + 1.5 * ANSWERED) for t in starts)],
            0.5e-9,
        ),
        f"vth vth 0 {reference(sheet, condition) + SPIKE_AT:g}",
        "vhold hold 0 0",
    ]
    begin, stop = starts[1] - LEAD - 10e-9, starts[-1] + PERIOD - LEAD - 10e-9
    measures = [f"meas tran spent integ i(vdd) from={begin:.6g} to={stop:.6g}"]
    for k, t in enumerate(starts):
        measures += [f"meas tran spike{k} max v(spike) from={t:.6g} to={t + ANSWERED:.6g}"]
        measures += [f"meas tran fell{k} min v(spike) from={t + ANSWERED:.6g} to={t + 2 * ANSWERED:.6g}"]
    rows = wave("wl", float(sheet.setup["row"]), [(t, t + EDGE + pulse) for t in starts], EDGE)
    found = run(
        bench(
            "image",
            dut,
            sheet,
            condition,
            ratio=SPIKE_UNITS,
            rows=rows,
            cells=cells("cell", "bl_p", SUM, "wl"),
            waves="\n".join(waves),
            stop=f"{stop + 5e-9:.6g}",
            measures="\n".join(measures),
        ),
        timeout=600,
    ).measures
    if not all(found[f"spike{k}"] > 0.9 * vdd and found[f"fell{k}"] < 0.1 * vdd for k in range(SPIKES)):
        raise ValueError(f"not each of {SPIKES} events made a spike that its discharge reset: {found}")
    power = -found["spent"] / (stop - begin) * vdd
    return {name: power for name in ("spiking_power", "spiking_power_corners") if name in wanted}


def _leak(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Time constants of the membrane by vlk, from 0.3 V to 1/e of it."""
    begin, values = FIRST - 50e-9, {}
    for name, (vlk, length) in LEAKS.items():
        if name in wanted:
            part = f"meas tran part when membrane={0.3 / e:.6g} fall=LAST"
            found = image(dut, sheet, condition, [], start=0.3, later=length, measures=[part], vlk=vlk)
            values[name] = found["part"] - begin
    return values


def thresholds(dut: str, sheet: Datasheet, condition: Condition, *, seed: int | None = None) -> list[float]:
    """Where the comparator decides at each code of its trim, less vth, V.

    Args:
        seed: seed of a mismatch sample; by default without mismatch.
    """
    vdd, codes = condition.vdd1v8, []
    for code in range(TRIM_CODES):
        codes += [f"alter vtb{k} = {0 if code >> k & 1 else vdd:g}" for k in range(TRIM_BITS)]
        codes += ["op", f"let trip{code} = v(vm) - v(vth)", f"print trip{code}"]
    circuit, _, commands = (FOLDER / "tb" / "trip.spice").read_text().partition("* commands\n")
    filled = {
        "dut": dut,
        "vdd1v8": vdd,
        "vth": reference(sheet, condition) + 0.3,
        "ibias": sheet.setup["ibias"],
        "half": vdd / 2,
        "nfet": NFET_01V8,
        "bits": "\n".join(f"vtb{k} tb{k} 0 {vdd:g}" for k in range(TRIM_BITS)),
        "codes": "\n".join(codes),
    }
    text = deck(
        circuit.format(**filled),
        commands.format(**filled).splitlines(),
        corner=condition.corner + ("" if seed is None else "_mm"),
        temperature=condition.temperature,
        options="reltol=1e-4" + ("" if seed is None else f" seed={seed}"),
        title="neuron trip",
    )
    found = run(text).measures
    return [found[f"trip{code}"] for code in range(TRIM_CODES)]


def _trim(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Steps of the threshold's trim: a code more lowers it."""
    steps = [earlier - later for earlier, later in pairwise(thresholds(dut, sheet, condition))]
    return {"trim_step": mean(steps), "trim_least": min(steps), "trim_range": sum(steps)}


def _mismatch(dut: str, sheet: Datasheet, condition: Condition, wanted: set[str]) -> dict[str, float]:
    """Spread of the threshold, without and with its trim."""
    drawn = run_many(
        lambda seed: thresholds(dut, sheet, condition, seed=seed),
        range(1, int(sheet.setup["mismatch_runs"]) + 1),
    )
    standard = int(sheet.setup["trim"])
    aim = mean(one[standard] for one in drawn)
    left = [min((trip - aim for trip in one), key=abs) for one in drawn]
    sigma = stdev(one[standard] for one in drawn)
    return {"threshold_sigma": sigma, "threshold_trimmed": stdev(left), "threshold_left": max(map(abs, left))}


SETUP = (
    "vref",
    "vread",
    "con_vpp",
    "row",
    "ibias",
    "bias_load",
    "line_load",
    "spike_load",
    "pair",
    "trim",
    "ratio",
    "mismatch_runs",
)
BENCHES = {
    "discharge": _discharge,
    "hold": _hold,
    "image": _image,
    "leak": _leak,
    "mismatch": _mismatch,
    "rate": _rate,
    "readout": _readout,
    "rest": _rest,
    "steps": _steps,
    "trim": _trim,
}
