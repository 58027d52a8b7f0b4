"""Circuits that convert: what the benches of the converter stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.analog.bench.datasheet import Condition, Datasheet
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.sense_adc import figures
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run

FOLDER = Path(__file__).parent


BITS = range(7, -1, -1)


PERIOD = 1e-6  # of a conversion, s


START = 5e-6  # first one: enabled at 0, the bias lines have settled


SWITCH = 0.2e-6  # in its period, the cell changes for the next conversion: adc_sample_1v8 is low


# pin -> node of tb/circuit.spice
NETS = {pin: pin.removeprefix("adc_").removesuffix("_1v8") for pin, _ in schematic_pins("sense_adc")}


STROBE = 0.57  # of a slot, for which a strobe is high: a comparison that takes longer is not decided


@dataclass(frozen=True)
class Conversions:
    """What a run of conversions gave.

    Attributes:
        codes: code of each conversion.
        energy: energy from vdd1v8 a conversion, J.
        line: voltage of the sense line when each sample ends, V.
    """

    codes: np.ndarray
    energy: float
    line: np.ndarray


def bench(
    name: str, dut: str, sheet: Datasheet, condition: Condition, *, seed: int | None = None, **values: object
) -> str:
    """Deck of tb/<name>.spice on tb/circuit.spice, with the device under test and the condition put in.

    Args:
        seed: seed of a mismatch sample; none without mismatch.
        values: further or other values of the template, SI units.
    """
    filled: dict[str, object] = {
        **sheet.setup,
        "dut": dut,
        "vdd1v8": condition.vdd1v8,
        "access": NFET_5V,
        **values,
    }
    filled["full_scale"] = 255e6 * sheet.setup["step"]
    if condition.vref is not None:
        filled["vref"] = condition.vref
    circuit, _, commands = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    if name != "leakage":
        circuit = (FOLDER / "tb" / "circuit.spice").read_text() + circuit
    options = "reltol=1e-4" if seed is None else f"reltol=1e-4 seed={seed}"
    if name in ("convert", "noise", "static"):
        # ngspice's other solver knows no noise, does not find the extracted netlist's rest, and its
        # conversions take five times as long
        options += " sparse"
    return deck(
        circuit.format(**filled),
        commands.format(**filled).splitlines(),
        corner=condition.corner + ("" if seed is None else "_mm"),
        temperature=condition.temperature,
        options=options,
        title=f"sense_adc {name}",
    )


def _index_bits(vdd: float) -> str:
    """Bit k where v(index) is k + 1."""
    return "\n".join(f"bt{k} t{k} 0 v={vdd}*(u(v(index)-{k + 0.5})-u(v(index)-{k + 1.5}))" for k in BITS)


def transfer(
    dut: str, sheet: Datasheet, condition: Condition, fine: bool
) -> tuple[figures.Transfer, np.ndarray, np.ndarray]:
    """Static transfer of one range.

    Returns:
        The transfer; cells (S) and the level of the sense line at each (V).
    """
    top = 100.0 / (8 if fine else 1)
    text = bench(
        "static",
        dut,
        sheet,
        condition,
        bits=_index_bits(condition.vdd1v8),
        range_level=condition.vdd1v8 if fine else 0,
        cell_top=top,
        cell_step=top / 40,
        bit_sweep="dc vindex 0 8 1\nwrite bit.raw i(vref)",
    )
    found = run(text, timeout=900).arrays
    cells = np.linspace(0, top, 41) * 1e-6
    front, bit = found["cell"]["i(vref)"], found["bit"]["i(vref)"]
    # sum stands at vref whatever the code: the bits' currents add
    dac = figures.sums(bit[:1] - bit[1:])
    return (
        figures.Transfer(cells, front, dac, sheet.setup["step"] / (8 if fine else 1)),
        cells,
        found["cell"]["v(sense)"],
    )


def sequencer(sheet: Datasheet, vdd: float) -> str:
    """SPICE text of an ideal SAR controller: one conversion each PERIOD from START.

    A register is a capacitor that a controlled conductance sets to 1 at the start of its slot and to the
    decision at its end.
    """
    lines, slot = [], sheet.setup["slot"]

    def pulse(name: str, delay: float, width: float) -> None:
        lines.append(f"v{name} {name} 0 pulse(0 1 {START + delay:g} 0.5n 0.5n {width:g} {PERIOD:g})")

    pulse("p_sample", 0, sheet.setup["tracking"])
    first = sheet.setup["tracking"] + 20e-9
    for index, k in enumerate(BITS):
        begin = first + index * slot
        pulse(f"p_set{k}", begin, 4e-9)
        pulse(f"p_strobe{k}", begin + 0.40 * slot, STROBE * slot)
        pulse(f"p_take{k}", begin + 0.92 * slot, 4e-9)
        rate = f"v(p_sample)*(0-v(r{k}))+v(p_set{k})*(1-v(r{k}))+v(p_take{k})*(v(above)/{vdd}-v(r{k}))"
        lines += [
            f"cr{k} r{k} 0 1p",
            f"rr{k} r{k} 0 1e11",
            f"br{k} 0 r{k} i=1m*({rate})",
            f"bt{k} trial{k} 0 v={vdd}*(0.5+0.5*tanh(20*(v(r{k})-0.5)))",
            f"rt{k} trial{k} t{k} 500",
            f"ct{k} t{k} 0 5f",
        ]
    lines.append(f"bstrobe strobe 0 v={vdd}*({'+'.join(f'v(p_strobe{k})' for k in BITS)})")
    lines.append(f"bsample sample 0 v={vdd}*v(p_sample)")
    return "\n".join(lines)


def convert(
    dut: str,
    sheet: Datasheet,
    condition: Condition,
    cells: Sequence[float],
    *,
    fine: bool = False,
    timeout: float = 1800,
) -> Conversions:
    """Convert cells (S), one a microsecond; each is connected while the conversion before it runs."""
    vdd = condition.vdd1v8
    points = [0.0, cells[0] * 1e6]
    for index, (before, after) in enumerate(zip(cells, cells[1:], strict=False)):
        time = START + index * PERIOD + SWITCH
        points += [time, before * 1e6, time + 1e-9, after * 1e6]
    saved = " ".join([*(f"v(r{k})" for k in BITS), "v(strobe)", "v(valid)", "v(sense)", "i(vdd)"])
    stop = START + len(cells) * PERIOD
    text = bench(
        "convert",
        dut,
        sheet,
        condition,
        cells=" ".join(f"{p:.6g}" for p in points),
        sequencer=sequencer(sheet, vdd),
        saved=saved,
        range_level=vdd if fine else 0,
        max_step="2n",
        stop=f"{stop:g}",
    )
    wave = run(text, timeout=timeout).arrays["convert"]
    return _read(wave, sheet, vdd, len(cells))


def _read(wave: dict[str, np.ndarray], sheet: Datasheet, vdd: float, count: int) -> Conversions:
    time = wave["time"]
    ends = START + (np.arange(count) + 0.995) * PERIOD
    codes = np.zeros(count, int)
    for k in BITS:
        codes += (np.interp(ends, time, wave[f"v(r{k})"]) > 0.5).astype(int) << k
    strobe_times(wave, vdd, 8 * count)
    inside = time >= START
    power = -wave["i(vdd)"] * vdd
    sampled = START + np.arange(count) * PERIOD + sheet.setup["tracking"]
    return Conversions(
        codes,
        float(np.trapezoid(power[inside], time[inside]) / count),
        np.interp(sampled, time, wave["v(sense)"]),
    )


def strobe_times(wave: dict[str, np.ndarray], vdd: float, count: int) -> np.ndarray:
    """Times of the strobes, s.

    Raises:
        RuntimeError: the bench gave another number of them than `count`.
    """
    found = crossings(wave["time"], wave["v(strobe)"], vdd / 2)
    if len(found) != count:
        raise RuntimeError(f"{len(found)} strobes in place of {count}: the bench is wrong")
    return found


def crossings(time: np.ndarray, wave: np.ndarray, level: float) -> np.ndarray:
    """Times of the rising crossings, interpolated."""
    at = np.flatnonzero((wave[:-1] < level) & (wave[1:] >= level))
    return time[at] + (level - wave[at]) / (wave[at + 1] - wave[at]) * (time[at + 1] - time[at])


def subcircuit(netlist: str, name: str) -> list[str]:
    """Lines of one subcircuit of a hierarchical netlist, .subckt to .ends.

    Raises:
        KeyError: it has none of that name.
    """
    lines = netlist.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.split()[:2] == [".subckt", name]), None)
    if begin is None:
        raise KeyError(name)
    return lines[begin : lines.index(".ends", begin) + 1]


def units_circuit(dut: str, sheet: Datasheet) -> dict[str, str]:
    """What tb/mismatch_dac.spice is filled with: the units of the current DAC, and a source at each of its
    drains."""
    units = "\n".join(line for line in subcircuit(dut, "current_dac") if " l=20 " in line).replace(
        " vss", " 0"
    )
    nets = (*(f"c{k}" for k in range(8)), "isense", "icompare")
    return {"units": units, "drains": "\n".join(f"v{net} {net} 0 {sheet.setup['vref']}" for net in nets)}


def front_states(sheet: Datasheet, condition: Condition) -> tuple[tuple[float, float], ...]:
    """Current of the cell (A) and level of the range (V): no cell, full scale, no cell in the fine range."""
    return (0.0, 0.0), (255e6 * sheet.setup["step"], 0.0), (0.0, condition.vdd1v8)


def run_mismatch(
    name: str, sheet: Datasheet, condition: Condition, commands: Sequence[str], **values: object
) -> dict[str, float]:
    """Measures of tb/<name>.spice, filled with values, at a condition with mismatch in its corner."""
    circuit, _, body = (FOLDER / "tb" / f"{name}.spice").read_text().partition("* commands\n")
    filled = {**sheet.setup, "vdd1v8": condition.vdd1v8, "commands": "\n".join(commands), **values}
    text = deck(
        circuit.format(**filled),
        body.format(**filled).splitlines(),
        corner=condition.corner,
        temperature=condition.temperature,
        options="reltol=1e-5",
        title=f"sense_adc {name}",
    )
    return run(text, timeout=1800).measures
