"""RESET through the whole path in transistors: source driver, row driver, column drivers, lines and 1T1R cell
with its model.

    vpp - source driver - sl (20 pF) - lines - transistor, cell - bit line - column driver (ground)
    vpp - source driver - vwl - row driver - word line (64 gates)  a second column: not selected, its bit line
                                                                   joined to sl (inhibit)

The source lines stand at vpp before the row comes on and after it has gone, as the controller drives them. A
state is told by what a read of its filament at tt, 27 C finds (0.2 V across cell and transistor, word line at
3.3 V), whatever the condition of the pulse. Voltages in V, times in s, conductances in S, filaments in nm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import sqrt

import numpy as np
from neusoc.analog.bench.datasheet import Condition, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.stress import stress
from neusoc.analog.dac6.model import FINE
from neusoc.analog.reram.equations import BOLTZMANN_EV, Floats, Parameters, current, divide
from neusoc.analog.reram.osdi import build_osdi, subcircuits
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.row_driver.benches import word_line
from neusoc.analog.sense_adc.model import READ, STEP
from neusoc.analog.synapse.access import CellTransistor, access_table
from neusoc.analog.synapse.bench import cell_text, line_resistance, model_text
from neusoc.pdk.spice.ngspice import deck, run

READ_WL = 3.3  # V on the word line, while READ is across cell and transistor
ERASED_CODE = 4  # level 0 of the grid of levels after reset (controller.rdl, grid)
ERASED = round(ERASED_CODE * STEP, 8)  # S
START, EDGE, AFTER = 50e-9, 1e-9, 60e-9  # s: before the row, a change of its input, after it
LEAST, MOST = 2e-6, 80e-6  # S: states among which the window is looked for
BISECTIONS = 7  # of the filament between them: to 0.5 uS at 40 uS
STEPS = 100  # a pulse
PERCENTILE = 2.326  # standard deviations, one-sided: 99 % of cells
CELL = "n.xcell.xreram.ncell"
FILAMENTS = tuple(f"v(n.x{cell}.xreram.ncell#x)" for cell in ("cell", "half", "off"))


@cache
def _reads() -> tuple[Floats, Floats]:
    """Filament (nm) and what a read at tt, 27 C sees of it (S), both rising."""
    p = Parameters.of()
    x = np.linspace(p.xmin_nm, p.xmax_nm, 801)
    bias = np.broadcast_to(np.array([READ, READ_WL, 0.0]), (x.size, 3))
    return x, current(x, divide(x, bias, CellTransistor(access_table()), p), p) / READ


def filament_of(siemens: float) -> float:
    """Filament (nm) of a state."""
    x, seen = _reads()
    return float(np.interp(siemens, seen, x))


def state_of(filament_nm: float) -> float:
    """State (S) of a filament."""
    x, seen = _reads()
    return float(np.interp(filament_nm, x, seen))


def slow_cell(sigmas: float = PERCENTILE) -> float:
    """How many times slower (as a logarithm) the filament of that slow a cell moves, cell to cell and cycle
    to cycle together.

    The spread of the barrier alone; share.py has that of the gate's voltage too, 12.6 mV.
    """
    s = load_statistics()
    both = sqrt(s.cells.barrier_sigma_ev.value**2 + s.cycles.barrier_sigma_ev.value**2)
    return sigmas * both / (BOLTZMANN_EV * s.cells.switching_k.value)


@dataclass(frozen=True)
class Job:
    """What is done to a cell.

    Attributes:
        vpp, vdd: supplies, V.
        width: width of a pulse, s.
        gates: word line of each pulse; None: the rail at vpp, else at the WL DAC's level.
        set_line: bit line of SET; None: RESET.
        slow: natural logarithm of how much slower the filaments move.
        corner, temperature: corner of transistors, and temperature of all, degrees Celsius.
    """

    vpp: float
    vdd: float
    width: float
    gates: tuple[float | None, ...] = (None,)
    set_line: float | None = None
    slow: float = 0.0
    corner: str = "tt"
    temperature: float = 27.0

    @property
    def period(self) -> float:
        """From pulse to pulse, s."""
        return START + self.width + AFTER

    @classmethod
    def at(cls, condition: Condition, width: float, **others: object) -> Job:
        """A job at a condition of the datasheet."""
        assert condition.vpp is not None
        return cls(
            condition.vpp,
            condition.vdd1v8,
            width,
            corner=condition.corner,
            temperature=condition.temperature,
            **others,
        )  # type: ignore[arg-type]


@dataclass(frozen=True)
class After:
    """What the pulses left: one value a pulse.

    Attributes:
        x_nm, half_nm, off_nm: filaments of the cell, of one of the same row in the other column and of one of
            an off row.
        cell_v, half_v, off_v: largest voltage across each.
        cell_a, heat_k: largest current of the cell, and temperature above that at rest.
        sl_off, bl_off: largest distance of source and bit line, at their drivers, from what these join them
            to.
    """

    x_nm: np.ndarray
    half_nm: np.ndarray
    off_nm: np.ndarray
    cell_v: np.ndarray
    half_v: np.ndarray
    off_v: np.ndarray
    cell_a: np.ndarray
    heat_k: np.ndarray
    sl_off: np.ndarray
    bl_off: np.ndarray


@cache
def _row_load() -> dict[str, float]:
    """Straps, metal and gates of a word line of 64 columns: the row driver's own load."""
    return datasheet("row_driver").setup


def _blocks(dut: str) -> str:
    """All subcircuits of the path."""
    drivers = f"{netlist_text('row_driver')}{netlist_text('column_driver')}"
    return f"{dut}{drivers}{cell_text()}{word_line(_row_load())}\n"


def _circuit(dut: str, setup: dict[str, float], job: Job, others_nm: float) -> str:
    """The path with its cells; the rail's and the row's sources as the pulses want them."""
    rail = "vpp" if job.gates[0] is None else "vss"
    row, dac = [(0.0, 0.0)], []
    for index, gate in enumerate(job.gates):
        begin = index * job.period
        row += [(begin + START, 0.0), (begin + START + EDGE, job.vdd), (begin + START + job.width, job.vdd)]
        row += [(begin + START + job.width + EDGE, 0.0)]
        level = job.vpp if gate is None else gate
        dac += [(begin + EDGE, level), (begin + job.period, level)]

    def pwl(points: list[tuple[float, float]]) -> str:
        return "pwl(" + " ".join(f"{t:.9g} {v:g}" for t, v in points) + ")"

    erase = job.set_line is None
    sl = "vpp vss" if erase else "vss vpp"
    asked = (
        "vss vss vpp vss vpp" if erase else "vpp vss vss vpp vss"
    )  # selected: program, sense, ground; others: ground, inhibit
    lines = line_resistance()
    text = f"{model_text(others_nm, job.slow)}{_blocks(dut)}"
    text += (
        f"vss vss 0 0\nvpp vpp 0 {job.vpp:g}\nvdd vdd1v8 0 {job.vdd:g}\nvbl vbl 0 {job.set_line or 0:g}\nvdac"
        f" dac 0 {pwl(dac)}\n"
    )
    text += f"xsource {sl} {'vss' if rail == 'vpp' else 'vpp'} {rail} sl vwl dac vpp vss source_driver\n"
    text += f"csl sl 0 {setup['line_pf']}p\ncwl vwl 0 {setup['rail_pf']}p\nvrow in 0 {pwl(row)}\n"
    text += "xrow in wl_in vdd1v8 vpp vwl vss row_driver\n"
    for name, column in (("bl", "vdd1v8"), ("bo", "vss")):
        text += f"x{name} {column} {asked} {name}_in vbl vss sl vdd1v8 vpp vss column_driver\n"
        text += f"c{name} {name}_in 0 {setup['bit_line_ff']}f\nr{name} {name}_in {name} {setup['bl_ohm']:g}\n"
    text += f"xline wl_in wl vss word_line\nrsl sl source {lines.sl:g}\n"
    return text + "xcell wl bl source 0 synapse\nxhalf wl bo source 0 synapse\nxoff vss bl source 0 synapse\n"


def _waves(
    dut: str, setup: dict[str, float], job: Job, start_nm: float, others_nm: float, everything: bool = False
) -> dict[str, np.ndarray]:
    """Voltages and filaments while the pulses go over the cell; everything: of every node of the drivers
    too."""
    names = [
        *FILAMENTS,
        f"v({CELL}#heat)",
        "v(bl)",
        "v(bo)",
        "v(bl_in)",
        "v(xcell.drain)",
        "v(xhalf.drain)",
        "v(xoff.drain)",
        "v(sl)",
    ]
    commands = [
        f"pre_osdi {build_osdi()}",
        f"save {'all' if everything else ' '.join(names)}",
        f"alter @{CELL}[x0_nm]={start_nm:.6g}",
    ]
    step = job.width / STEPS
    commands += [f"tran {step / 10:.4g} {len(job.gates) * job.period:.9g} 0 {step:.4g}", "write tran.raw all"]
    text = deck(
        _circuit(dut, setup, job, others_nm),
        commands,
        corner=job.corner,
        temperature=job.temperature,
        options="reltol=1e-4 method=gear",
        title="source_driver window",
    )
    return run(text, timeout=600).arrays["tran"]


def pulse(
    dut: str, setup: dict[str, float], job: Job, start_nm: float, others_nm: float | None = None
) -> After:
    """Put pulses on a cell.

    Args:
        dut: SPICE text with .subckt source_driver.
        setup: setup of the datasheet.
        job: the pulses.
        start_nm: the cell's filament.
        others_nm: filament of the two half-selected cells; the same if not given.

    Raises:
        SpiceError: ngspice did not end the run.
    """
    waves = _waves(dut, setup, job, start_nm, start_nm if others_nm is None else others_nm)
    time, count = waves["time"], len(job.gates)

    def ends(name: str, offset: float) -> np.ndarray:
        return np.interp([i * job.period + offset for i in range(count)], time, waves[name])

    def most(wave: np.ndarray) -> np.ndarray:
        spans = [(time >= i * job.period + START) & (time <= (i + 1) * job.period) for i in range(count)]
        return np.array([np.abs(wave[span]).max() for span in spans])

    return After(
        *(ends(name, job.period - EDGE) for name in FILAMENTS),
        most(waves["v(bl)"] - waves["v(xcell.drain)"]),
        most(waves["v(bo)"] - waves["v(xhalf.drain)"]),
        most(waves["v(bl)"] - waves["v(xoff.drain)"]),
        most((waves["v(bl)"] - waves["v(bl_in)"]) / setup["bl_ohm"]),
        most(waves[f"v({CELL}#heat)"]),
        most(waves["v(sl)"] - (job.vpp if job.set_line is None else 0.0)),
        most(waves["v(bl_in)"] - (job.set_line or 0.0)),
    )


def worst_device(dut: str, setup: dict[str, float], job: Job, start_nm: float) -> float:
    """Highest voltage across a 5 V device of source, row and column drivers and of the three cells, V."""
    waves = _waves(dut, setup, job, start_nm, start_nm, everything=True)
    blocks = _blocks(dut)
    pins = {name: found for name, (found, _) in subcircuits(blocks).items()}
    calls = [
        line.split()
        for line in _circuit(dut, setup, job, start_nm).rpartition(".ends")[2].splitlines()
        if line.startswith("x")
    ]
    seen = [
        stress(waves, blocks, call[-1], call[0], dict(zip(pins[call[-1]], call[1:-1], strict=True)))
        for call in calls
    ]
    return max(one.thick for one in seen)


def erase_time(dut: str, setup: dict[str, float], job: Job, start: float) -> float:
    """How long a RESET must last until a state (S) is below ERASED, s; the job's width if that is not
    enough."""
    waves = _waves(dut, setup, job, filament_of(start), filament_of(start))
    below = np.flatnonzero(waves[FILAMENTS[0]] < filament_of(ERASED))
    return float(waves["time"][below[0]]) - START if len(below) else job.width


def erasable(dut: str, setup: dict[str, float], job: Job) -> float:
    """Highest state (S) that the job brings below ERASED, to 1 % and within LEAST and MOST; 0 if not even
    LEAST is."""
    erased, low, high = filament_of(ERASED), filament_of(LEAST), filament_of(MOST)

    def clears(start_nm: float) -> bool:
        return bool(pulse(dut, setup, job, start_nm).x_nm[-1] < erased)

    if not clears(low):
        return 0.0
    if clears(high):
        return MOST
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if clears(middle) else (low, middle)
    return state_of(low)


def writing_gate(dut: str, setup: dict[str, float], job: Job, state: float) -> float:
    """Word line (V) at which one SET pulse brings an erased cell to a state (S), to 5 mV; the highest that
    there is if that is not enough.

    Args:
        job: pulse with set_line; its gates are not used.
    """
    wanted, low, high = filament_of(state), FINE[0], job.vpp
    while high - low > 5e-3:
        middle = (low + high) / 2
        reached = pulse(dut, setup, replace(job, gates=(middle,)), filament_of(0.0)).x_nm[0] >= wanted
        low, high = (low, middle) if reached else (middle, high)
    return high
