"""A transistor neuron in ngspice under a random sequence of one-hot row events: the steps that the emulator's line model is fitted to.

Eight rows with a cell on each of the two columns, lumped bit lines that float between the phases, source lines that an off-chip source
lifts for the negative phase. The membrane is discharged often enough to stay away from the op-amp's rails; some events come first after
the bit lines were grounded, as after CTRL.enable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron.benches import configuration
from neusoc.analog.neuron.model import MEMBRANE, TRIM_STANDARD, input_current
from neusoc.analog.synapse.access import LENGTH_UM, WIDTH_UM
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.software.emulator.pulse import LIFT_S, Board, Floats, Ints, Timing

ROWS = 8
STRONGEST_S, RESET_S, RESET_SHARE = 40e-6, (0.3e-6, 1.5e-6), 0.4       # S; of the cells, so many are reset
ACCESS_OHM = 2.2e3              # about what the cell's transistor adds to a drawn resistor; what flows is measured
EDGE_S, ROW_EDGE_S, LIFT_EDGE_S = 1e-9, 5e-9, 10e-9          # of phases and discharge, of word lines, of the off-chip source
BEGIN_S, DISCHARGE_S, GUARD_S = 400e-9, 120e-9, 40e-9        # before the first event; a discharge and what is left free around it
ROOM_V = 0.45                   # most that the membrane may move between two discharges, by the strongest cell
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Sequence:
    """Random events.

    Attributes:
        ohm: drawn resistor of each cell, (ROWS, 2): positive and negative column.
        rows: row of each event.
        fresh: the bit lines were grounded before an event, a value an event; the first is True.
    """

    ohm: Floats
    rows: Ints
    fresh: np.ndarray


def sequence(seed: int, events: int, fresh_every: int = 8) -> Sequence:
    """The same for the same seed: every fresh_every-th event finds grounded lines."""
    draw = np.random.default_rng(seed)
    siemens = draw.uniform(RESET_S[1], STRONGEST_S, (ROWS, 2))
    siemens = np.where(draw.random((ROWS, 2)) < RESET_SHARE, draw.uniform(*RESET_S, (ROWS, 2)), siemens)
    rows = np.concatenate([draw.permutation(ROWS) for _ in range(-(-events // ROWS))])[:events]
    return Sequence(1 / siemens - ACCESS_OHM, rows, np.arange(events) % fresh_every == 0)


def conductances(ohm: Floats, board: Board) -> Floats:
    """What flows through each cell with the virtual ground on its bit line, over the read voltage, S; ohm as of Sequence."""
    lines = [f"vwl wl 0 {datasheet('neuron').setup['phi']}", f"vsl vsl 0 {board.vsl_v}"]
    commands = ["op"]
    for index, value in enumerate(ohm.ravel()):
        lines += [f"v{index} bl{index} 0 {board.vref_v}", _cell(f"{index}", f"bl{index}", "wl", value)]
        commands.append(f"print i(v{index})")
    found = run(deck("\n".join(lines), commands)).measures
    return np.array([-found[f"i(v{index})"] for index in range(ohm.size)]).reshape(ohm.shape) / board.read_v


def _cell(name: str, line: str, wl: str, ohm: float) -> str:
    """A resistor at the bit line and the access transistor behind it."""
    return f"r{name} {line} t{name} {ohm:.7g}\nx{name} t{name} {wl} vsl 0 {NFET_5V} w={WIDTH_UM:g} l={LENGTH_UM:g} nf=1 m=1"


def _train(name: str, pulses: list[tuple[float, float]], low: float, high: float, edge: float) -> str:
    """A source that is high between the times of each pulse, s."""
    points = [(0.0, low)]
    for on, off in pulses:
        points += [(on, low), (on + edge, high), (off, high), (off + edge, low)]
    return f"v{name} {name} 0 pwl({' '.join(f'{time:.8g} {level:g}' for time, level in points)})"


def between_discharges(timing: Timing, board: Board) -> int:
    """Events after which the bench discharges: what the strongest cell's steps leave room for."""
    step = input_current(STRONGEST_S, board.read_v) * timing.phi_p * CLOCK_S / MEMBRANE
    return max(1, int(ROOM_V / step))


def steps(
    one: Sequence, timing: Timing, board: Board, bank: int, load_f: float, *, often: int | None = None
) -> tuple[Floats, Floats]:
    """Change of the membrane by each event's positive phase and by its whole, V.

    Args:
        one: events that come.
        timing: timing of an event.
        board: levels.
        bank: word of the capacitor bank.
        load_f: capacitance of each bit line, F.
        often: events from discharge to discharge; by default as many as the membrane has room for.

    Raises:
        SpiceError: ngspice failed.
    """
    setup = datasheet("neuron").setup
    vdd, phi = 1.8, setup["phi"]
    held, often = DISCHARGE_S + 2 * GUARD_S, often or between_discharges(timing, board)
    rows: dict[int, list[tuple[float, float]]] = {row: [] for row in range(ROWS)}
    positive, negative, lifted, discharged, grounded, marks = [], [], [], [], [], []
    now = BEGIN_S
    for k, row in enumerate(one.rows):
        if k and (k % often == 0 or one.fresh[k]):
            discharged.append((now + GUARD_S, now + GUARD_S + DISCHARGE_S))
            if one.fresh[k]:
                grounded.append((now + GUARD_S, now + GUARD_S + DISCHARGE_S))
            now += held
        on, start = now, now + timing.settle * CLOCK_S
        end = start + timing.phi_p * CLOCK_S
        positive.append((start, end))
        marks.append([now - EDGE_S, end + LIFT_S - LIFT_EDGE_S / 2 - EDGE_S])
        if timing.signed:
            lifted.append((end + LIFT_S - LIFT_EDGE_S / 2,))
            start = end + timing.gap * CLOCK_S
            end = start + timing.phi_n * CLOCK_S
            negative.append((start, end))
            lifted[-1] += (end + LIFT_S - LIFT_EDGE_S / 2,)
        rows[int(row)].append((on, end + timing.gap * CLOCK_S))
        now += timing.cycles * CLOCK_S
        marks[-1].append(now - EDGE_S)
    lines = [
        netlist_text("neuron"), f"vdd vdd1v8 0 {vdd}", f"vref vref 0 {board.vref_v}", f"vth vth 0 {vdd}", "vlk vlk 0 0",
        configuration(vdd, TRIM_STANDARD, bank, 0), _train("phi_p", positive, 0, phi, EDGE_S), _train("phi_n", negative, 0, phi, EDGE_S),
        _train("discharge", [(0.0, BEGIN_S - GUARD_S), *discharged], 0, vdd, EDGE_S),
        f"ibias 0 ibias {setup['ibias']:g}",
        "xdut bl_p bl_n phi_p phi_n discharge spike vref vth vlk ibias trim0 trim1 trim2 bank0 bank1 test config vtest vdd1v8 0 neuron",
        *(f"c{line} {line} 0 {load_f:g}\ns{line} {line} 0 ground 0 switch" for line in ("bl_p", "bl_n")),
        ".model switch sw vt=0.5 vh=0 ron=400 roff=1e14",
        _train("ground", [(0.0, BEGIN_S - GUARD_S), *grounded], 0, 1, EDGE_S),
        _train("vsl", lifted, board.vsl_v, board.vsl_lifted_v, LIFT_EDGE_S), f"cspike spike 0 {setup['spike_load']:g}",
        *(_train(f"wl{row}", pulses, 0, phi, ROW_EDGE_S) for row, pulses in rows.items()),
        *(_cell(f"{side}{row}", f"bl_{side}", f"wl{row}", one.ohm[row, k]) for row in range(ROWS) for k, side in enumerate("pn")),
    ]  # fmt: skip
    commands = [f"tran 1n {now + GUARD_S:g} 0 1n", "let membrane = v(xdut.vm) - v(xdut.vg)"]
    commands += [f"meas tran m{k}_{i} find membrane at={time:.8g}" for k, times in enumerate(marks) for i, time in enumerate(times)]
    found = run(deck("\n".join(lines), commands), timeout=TIMEOUT_S).measures
    level = np.array([[found[f"m{k}_{i}"] for i in range(3)] for k in range(len(marks))])
    return level[:, 1] - level[:, 0], level[:, 2] - level[:, 0]
