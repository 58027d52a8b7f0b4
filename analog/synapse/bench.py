"""Benches of one synapse: trains of programming pulses with a read after each, sweeps, operating points.

Voltages in V, times in s, conductances in S unless a name says otherwise. The sources stand at the array's
edge: between them and the cell are the lines to the farthest corner of the tapeout array (`line_resistance`)
unless a bench says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.reram.osdi import build_osdi, wrapper
from neusoc.analog.reram.sets import load_set
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.pdk.technology import POLY_OHM, sheet_resistance

Source = Literal["schematic", "extracted"]
Wave = Sequence[tuple[float, float]]
CELL = "n.xdut.xreram.ncell"
FILAMENT = f"v({CELL}#x)"
READ_WL, READ_BL = 3.3, 0.2  # V
EDGE, GAP, READ = 10e-9, 20e-9, 40e-9  # s: edges, between pulse and read, length of a read
STRAP_OHM = 165.0  # poly contact, via1, via2 of a word line strap (row_driver.yaml)


@dataclass(frozen=True)
class Lines:
    """Resistance of the lines between the array's edge and the cell, ohm."""

    wl: float = 0.0
    bl: float = 0.0
    sl: float = 0.0

    def text(self) -> str:
        """SPICE: from wl_in, bl_in, sl_in to the cell's pins; 0 ohm becomes 1 mohm."""
        return "".join(
            f"r{net} {net}_in {net} {max(getattr(self, net), 1e-3):.4g}\n" for net in ("wl", "bl", "sl")
        )


@cache
def line_resistance(rows: int = 64, columns: int = 64) -> Lines:
    """Lines to the farthest cell of an array: top of its bit line, left end of its source line, end of its
    word line's last arm.

    Metal: squares of dimensions.py times the tech LEF's sheet resistance; on the word line also the vias of
        one strap.
    """
    sheet = sheet_resistance()
    straps = max(1, columns // dim.STRAP_COLUMNS)
    width = columns * dim.PITCH_X + straps * dim.STRAP_WIDTH
    arm = dim.STRAP_COLUMNS / 2 * dim.PITCH_X
    return Lines(
        wl=sheet["met3"] * width / dim.WL_LINE + STRAP_OHM + POLY_OHM * arm / dim.LENGTH,
        bl=sheet["met2"] * rows * dim.HALF_PAIR / dim.LINE,
        sl=sheet["met1"] * width / dim.SL_LINE,
    )


@dataclass(frozen=True)
class Setup:
    """What is simulated, and where.

    Attributes:
        source: the cell of the schematic, or the one extracted from the array's layout.
        lines: resistances between the sources and the cell; None: those of line_resistance().
        corner: corner of the transistor.
        temperature: degrees Celsius, of transistor and filament.
        seed: seed of the device mismatch; None: none.
        slow: natural logarithm of how much slower the filament moves than the model's (spread of its barrier,
            analog/reram/statistics.yaml).
    """

    source: Source = "schematic"
    lines: Lines | None = None
    corner: str = "tt"
    temperature: float = 27.0
    seed: int | None = None
    slow: float = 0.0


@cache
def cell_text(source: Source = "schematic") -> str:
    """`.subckt synapse wl bl sl vss` as drawn in the schematic or as extracted from the array's layout."""
    if source == "schematic":
        return netlist_text("synapse")
    from neusoc.analog.synapse.sample import extracted_synapse

    return extracted_synapse()


def model_text(x0_nm: float = 3.3, slow: float = 0.0) -> str:
    """The ReRAM model of the decks, which takes the deck's temperature; slow as in Setup."""
    foundry = load_set()
    changes = {"v0_mps": foundry.model.v0_mps * math.exp(-slow)}
    return wrapper(x0_nm, foundry.model_copy(update={"model": foundry.model.model_copy(update=changes)}))


def full_deck(
    setup: Setup, sources: str, commands: Sequence[str], x0_nm: float = 3.3, options: str = "method=gear"
) -> str:
    """Model, cell and lines with sources at wl_in, bl_in, sl_in, and the commands."""
    lines = line_resistance() if setup.lines is None else setup.lines
    circuit = (
        f"{model_text(x0_nm, setup.slow)}{cell_text(setup.source)}{lines.text()}xdut wl bl sl 0"
        f" synapse\n{sources}"
    )
    random = "" if setup.seed is None else f" seed={setup.seed}"
    return deck(
        circuit,
        [f"pre_osdi {build_osdi()}", *commands],
        corner=setup.corner + ("" if setup.seed is None else "_mm"),
        temperature=setup.temperature,
        options=f"reltol=1e-4 {options}{random}",
        title="synapse",
    )


def transient(
    waves: Mapping[str, Wave], step: float, *, x0_nm: float = 3.3, setup: Setup = Setup()
) -> dict[str, np.ndarray]:  # noqa: B008
    """Simulate piecewise linear sources on one cell.

    Args:
        waves: corners (s, V) of wl, bl and sl; the last corner of any of them ends the run.
        step: largest time step, s.
        x0_nm: filament at the start.

    Returns:
        time, wl, bl, sl (V at the array's edge), i_bl, i_sl (A into the cell), x (nm), v (V across the
        ReRAM).
    """
    sources = "".join(
        f"v{net} {net}_in 0 pwl({' '.join(f'{t:.9g} {v:g}' for t, v in corners)})\n"
        for net, corners in waves.items()
    )
    stop = max(corners[-1][0] for corners in waves.values())
    drain = "drain" if setup.source == "schematic" else "be[1]"
    save = f"save {FILAMENT} i(vbl) i(vsl) v(wl_in) v(bl_in) v(sl_in) v(bl) v(xdut.{drain})"
    commands = [save, f"tran {step / 10:.4g} {stop:.9g} 0 {step:.4g}", "write tran.raw all"]
    data = run(full_deck(setup, sources, commands, x0_nm)).arrays["tran"]
    return {
        "time": data["time"],
        "wl": data["v(wl_in)"],
        "bl": data["v(bl_in)"],
        "sl": data["v(sl_in)"],
        "i_bl": -data["i(vbl)"],
        "i_sl": -data["i(vsl)"],
        "x": data[FILAMENT],
        "v": data["v(bl)"] - data[f"v(xdut.{drain})"],
    }


@dataclass(frozen=True)
class Pulse:
    """One programming pulse: levels in V at the array's edge, flat top in s. SET has bl > sl, RESET sl >
    bl."""

    wl: float
    bl: float
    sl: float = 0.0
    width: float = 1e-6


RESET_FULL = Pulse(
    wl=3.6, bl=0.0, sl=3.0
)  # what vpp allows, with half a volt left for the source line's switch


def pulse_waves(
    pulses: Sequence[Pulse],
) -> tuple[dict[str, list[tuple[float, float]]], list[float], list[tuple[float, float]]]:
    """Corners of the three sources, times of the reads, and (begin, end) of each pulse.

    A read stands before the first pulse and after each: word line and bit line up for READ, sampled 2 ns
        before its end.
    """
    corners: dict[str, list[tuple[float, float]]] = {net: [(0.0, 0.0)] for net in ("wl", "bl", "sl")}
    reads, spans = [], []
    now = 5e-9

    def level(levels: dict[str, float], width: float) -> None:
        nonlocal now
        for net, points in corners.items():
            if value := levels.get(net, 0.0):
                points += [
                    (now, 0.0),
                    (now + EDGE, value),
                    (now + EDGE + width, value),
                    (now + 2 * EDGE + width, 0.0),
                ]
        now += 2 * EDGE + width + GAP

    def read() -> None:
        level({"wl": READ_WL, "bl": READ_BL}, READ)
        reads.append(now - GAP - EDGE - 2e-9)

    read()
    for pulse in pulses:
        spans.append((now, now + 2 * EDGE + pulse.width))
        level({"wl": pulse.wl, "bl": pulse.bl, "sl": pulse.sl}, pulse.width)
        read()
    return corners, reads, spans


@dataclass(frozen=True)
class Train:
    """What a train of pulses left behind.

    Attributes:
        conductance: 1T1R at the array's edge, before the first pulse and after each, S, (pulses + 1,).
        filament: length of the filament, likewise, nm.
        peak: largest current of the bit line during each pulse, A, (pulses,).
        voltage: voltage across the ReRAM during each pulse, the value of largest size, V, (pulses,).
        energy: energy from bit and source line during each pulse, J, (pulses,).
    """

    conductance: np.ndarray
    filament: np.ndarray
    peak: np.ndarray
    voltage: np.ndarray
    energy: np.ndarray


def train(pulses: Sequence[Pulse], *, x0_nm: float = 3.3, setup: Setup = Setup()) -> Train:  # noqa: B008
    """Simulate pulses on one cell, with a read (READ_BL across cell and lines) before the first and after
    each."""
    corners, reads, spans = pulse_waves(pulses)
    data = transient(corners, max(min(p.width for p in pulses) / 40, 2e-9), x0_nm=x0_nm, setup=setup)
    time, power = data["time"], data["i_bl"] * data["bl"] + data["i_sl"] * data["sl"]
    inside = [(time >= begin) & (time <= end) for begin, end in spans]
    return Train(
        conductance=np.interp(reads, time, data["i_bl"]) / READ_BL,
        filament=np.interp(reads, time, data["x"]),
        peak=np.array([np.abs(data["i_bl"][where]).max() for where in inside]),
        voltage=np.array([data["v"][where][np.abs(data["v"][where]).argmax()] for where in inside]),
        energy=np.array([np.trapezoid(power[where], time[where]) for where in inside]),
    )


def set_series(
    levels: Sequence[float], *, bl: float = 2.4, width: float = 1e-6, setup: Setup = Setup()
) -> Train:  # noqa: B008
    """One SET pulse from full RESET for each word line level; RESET_FULL between them. Fields hold the SET
    pulses only."""
    found = train([p for wl in levels for p in (Pulse(wl, bl, width=width), RESET_FULL)], setup=setup)
    return Train(
        found.conductance[1::2], found.filament[1::2], found.peak[::2], found.voltage[::2], found.energy[::2]
    )


def current_sweeps(
    states_nm: Sequence[float],
    volts: np.ndarray,
    *,
    wl: float,
    common: float,
    swept: str = "bl",
    setup: Setup = Setup(),  # noqa: B008
) -> np.ndarray:
    """Bit-line current (A) of cells whose filament does not move, (states, volts).

    Args:
        states_nm: filaments.
        volts: voltages of the bit line less the source line, evenly spaced.
        wl: voltage of the word line, V.
        common: voltage of the line that is not swept, V.
        swept: line, "bl" or "sl".
    """
    sources = f"vwl wl_in 0 {wl:g}\nvsl sl_in 0 {common:g}\nvbl bl_in 0 {common:g}\n"
    sign = 1 if swept == "bl" else -1
    first, last, step = (sign * v for v in (volts[0], volts[-1], (volts[-1] - volts[0]) / (len(volts) - 1)))
    ends = f"{common + first:.9g} {common + last + step / 2:.9g} {step:.9g}"
    commands = ["save i(vbl)"]
    for i, state in enumerate(states_nm):
        commands += [f"alter @{CELL}[x0_nm]={state:.7g}", f"dc v{swept} {ends}", f"write state{i}.raw i(vbl)"]
    arrays = run(full_deck(setup, sources, commands)).arrays
    return np.array([-arrays[f"state{i}"]["i(vbl)"] for i in range(len(states_nm))])
