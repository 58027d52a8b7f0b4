"""The word line's level behind three sources: this DAC, and string_dac with bl_buffer in its place, without and with a fine range.

Each drives the rail of the row drivers through source_driver's switch, as on the chip. Before each pulse the rail comes from vpp,
where a verify needs it, and row on follows PATH_TIMING.program_settle later; in learning 20 rows are joined to the rail at once, and a
phase follows TIMING.settle later.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from neusoc.analog.bench.characterise import Condition
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.stress import stress
from neusoc.analog.bench.switching import supply
from neusoc.analog.dac6.bench_parts import code_bits, settling
from neusoc.analog.dac6.model import COARSE, FINE
from neusoc.pdk.spice.ngspice import deck, run

SOURCES = ("dac6", "string_dac", "string_dac_fine")
ROWS, ROW_FF = 20, 200                        # rows that learn at once; a word line with its cells
JOINED, BACK, STEPPED = 3e-6, 5e-6, 5.2e-6    # s: rail from vpp to the level, back, code up by one
AGAIN, ROWS_ON, END = 7e-6, 8e-6, 9e-6        # s: rail to the level again, rows on, end
GAP = 4e-9                                    # s: break before make of the rail's switches
WORST = (
    Condition(corner="tt", temperature=27, vdd1v8=1.80, vpp=3.55),
    Condition(corner="ss_hh", temperature=-40, vdd1v8=1.62, vpp=3.24),
    Condition(corner="ss_hh", temperature=125, vdd1v8=1.62, vpp=3.24),
    Condition(corner="ff_ll", temperature=125, vdd1v8=1.98, vpp=3.60),
    Condition(corner="sf", temperature=-40, vdd1v8=1.62, vpp=3.24),
    Condition(corner="fs", temperature=125, vdd1v8=1.98, vpp=3.60),
)


class Level(NamedTuple):
    """A level of the word line: what a source without a fine range gives is the nearest coarse one.

    Attributes:
        name: use that the controller makes of it.
        fine: range, 1 is fine.
        code: code of that range.
    """

    name: str
    fine: int
    code: int

    def of(self, source: str) -> Level:
        """The level as a source gives it."""
        if not self.fine or source != "string_dac":
            return self
        return Level(self.name, 0, round((FINE[0] + FINE[1] * self.code - COARSE[0]) / COARSE[1]))

    def volts(self) -> float:
        """Ideal level, V."""
        first, step = FINE if self.fine else COARSE
        return first + step * self.code

    def tolerance(self) -> float:
        """Half a step of its range, V."""
        return (FINE if self.fine else COARSE)[1] / 2


# SET.start and a middle target; learning (TIMING.rail); RESET_WL.start
LEVELS = (Level("SET, lowest", 1, 4), Level("SET, middle", 1, 34), Level("learning", 1, 59), Level("RESET, lowest", 0, 47))


def fine_string() -> str:
    """Netlist of string_dac with the fine range of this DAC, its switches of 5 V at vpp behind a shifter of their own."""
    text, feet = re.subn(r"^(xr_low\[0\] low\[1\]) vss ", r"\1 low[0] ", netlist_text("string_dac"), flags=re.M)
    text, pins = re.subn(r"^(\.subckt string_dac )(.*)$", r"\1fine_1v8 \2", text, flags=re.M)
    text, senses = re.subn(r"^(xp_ref_b ref_b) tap\[21\] ", r"\1 tap_ref ", text, flags=re.M)
    own = netlist_text("dac6")
    added = [line for line in own.splitlines() if re.match(r"xr_fine", line) or line.startswith(("xp_hold_34", "xn_tap_", "xn_coarse"))]
    thick = [
        re.sub(r"nfet_01v8 (w=\S+) l=0.15", r"nfet_g5v0d10v5 \1 l=0.5", line).replace("fine_1v8", "fine_vpp").replace("fine_n", "fine_b")
        for line in added
    ]
    thick.append("xshift_fine fine_1v8 fine_vpp fine_b vpp vdd1v8 vss bit_shifter")
    text, ends = re.subn(r"^(xp_enable )", "\n".join(thick) + r"\n\1", text, flags=re.M)
    if (feet, pins, senses, ends) != (1, 1, 1, 1) or len(thick) != 33:
        raise ValueError(f"string_dac or dac6 has another netlist than this bench knows: {(feet, pins, senses, ends, len(thick))}")
    return text


def circuit(source: str, level: Level, rail_pf: float, at: Condition) -> tuple[str, str]:
    """Deck's circuit, and the netlists of the source alone; rail_pf: the row rail, 3 pF with 64 rows."""
    vpp, code, bits = supply(at), level.code, " ".join(f"code_1v8[{b}]" for b in range(6))
    if source == "dac6":
        own, calls = netlist_text("dac6"), f"xdac {bits} fine_1v8 enable_1v8 vwl_dac vref ione vdd1v8 vpp vss dac6\n"
    else:
        fine = "fine_1v8 " if source == "string_dac_fine" else ""
        own = (fine_string() if fine else netlist_text("string_dac")) + netlist_text("bl_buffer")
        calls = f"xdac {fine}{bits} enable_1v8 vref ione vin vdd1v8 vpp vss string_dac\n"
        calls += "xbuffer vin enable_1v8 vwl_dac vwl_dac itwo vpp vss bl_buffer\n"
    dac = [(0, 0), (JOINED, vpp), (BACK - GAP, 0), (AGAIN, vpp)]
    full = [(0, vpp), (JOINED - GAP, 0), (BACK, vpp), (AGAIN - GAP, 0)]
    steps = code_bits((code, code + 1), at.vdd1v8, STEPPED)
    rows = "".join(f"xrow{i} row wl{i} vdd1v8 vpp vwl vss row_driver\ncrow{i} wl{i} 0 {ROW_FF}f\n" for i in range(ROWS))
    text = (
        f"{own}{netlist_text('source_driver')}{netlist_text('row_driver')}"
        f"vpp vpp 0 {vpp}\nvdd vdd1v8 0 {at.vdd1v8}\nvss vss 0 0\nvref vref 0 0.56\nvenable enable_1v8 0 {at.vdd1v8}\n"
        f"vfine fine_1v8 0 {at.vdd1v8 * level.fine:g}\nione vpp ione 1u\nitwo vpp itwo 1u\nritwo itwo 0 1e9\n{steps}\n"
        f"vd wl_dac_vpp 0 {_steps(dac)}\nvf wl_full_vpp 0 {_steps(full)}\nvrow row 0 {_steps([(0, 0), (ROWS_ON, at.vdd1v8)])}\n"
        f"xsource vss vpp wl_dac_vpp wl_full_vpp sl vwl vwl_dac vpp vss source_driver\n"
        f"crail vwl 0 {rail_pf}p\nclevel vwl_dac 0 0.5p\n{calls}{rows}"
    )
    return text, own


def _steps(points: list[tuple[float, float]]) -> str:
    """A source that stands at each level from its time on, with edges of 0.5 ns."""
    said = [f"0 {points[0][1]:g}"]
    for (_, old), (time, new) in zip(points, points[1:], strict=False):
        said += [f"{time:.9g} {old:g}", f"{time + 5e-10:.10g} {new:g}"]
    return f"pwl({' '.join(said)})"


class Seen(NamedTuple):
    """One run.

    Attributes:
        level: rail at rest, V.
        joined: time from the switch to the level until the rail is there to half a step, s.
        stepped: the same after the code has gone up by one while the rail was at vpp, s.
        rows: time from ROWS rows on until the last of their lines is there to 1 % (learning alone asks it), s.
        thin, thick: highest voltages across devices of the source, V.
    """

    level: float
    joined: float
    stepped: float
    rows: float
    thin: float
    thick: float


def measure(source: str, level: Level, rail_pf: float, at: Condition) -> Seen:
    """One level behind one source at one condition.

    Raises:
        SpiceError: the simulation failed.
    """
    level = level.of(source)
    text, own = circuit(source, level, rail_pf, at)
    commands = [f"tran 1n {END:g}", "write line.raw"]
    waves = run(
        deck(text, commands, corner=at.corner, temperature=at.temperature, options="reltol=1e-4 method=gear"), timeout=900
    ).arrays["line"]
    time, rail = waves["time"], waves["v(vwl)"]
    parts = {"dac6": (("dac6", "xdac"),)}.get(source, (("string_dac", "xdac"), ("bl_buffer", "xbuffer")))
    seen = [stress(waves, own, cell, name, _nets(own, cell, text, name)) for cell, name in parts]
    on = np.max([np.abs(waves[f"v(wl{i})"] - waves[f"v(wl{i})"][-1]) for i in range(ROWS)], axis=0)
    late = np.flatnonzero((time > ROWS_ON) & (on > 0.01 * rail[-1]))
    return Seen(
        level=float(np.interp(BACK - 10e-9, time, rail)),
        joined=settling(time, rail, JOINED, level.tolerance(), BACK - GAP - JOINED),
        stepped=settling(time, rail, AGAIN, level.tolerance(), ROWS_ON - AGAIN),
        rows=float(time[late[-1]] - ROWS_ON) if len(late) else 0.0,
        thin=max(one.thin for one in seen), thick=max(one.thick for one in seen),
    )  # fmt: skip


def _nets(own: str, cell: str, text: str, name: str) -> dict[str, str]:
    """Pin -> node of an instance in the deck."""
    pins = re.search(rf"^\.subckt {cell} (.*)$", own, re.M)
    nodes = re.search(rf"^{name} (.*) {cell}$", text, re.M)
    assert pins and nodes
    return dict(zip(pins[1].split(), nodes[1].split(), strict=True))
