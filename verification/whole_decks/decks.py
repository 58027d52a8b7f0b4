"""The four decks: what the cells hold, what the controller's outputs do, what is kept.

The worst-placed cell is the one of the top row in the first column: the farthest on the source and on the bit
line, with the longest way to the blocks. Times in s, conductances in S.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import ceil

import numpy as np
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.reram.osdi import X_MIN_NM, filament
from neusoc.analog.sense_adc.conversions import STROBE
from neusoc.analog.source_driver.window import filament_of
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import learning_rows
from neusoc.digital.lines import STATES
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.verification.mixed.jobs.judge import CODE_TOLERANCE, expected_code
from neusoc.verification.whole_decks.circuit import Steps, cell_nodes, dac_pins, wl_code

ROW_ON = 50e-9  # s: from the start to the row
PULSE, AFTER = 10e-6, 30e-9  # s: a RESET, and what is looked at behind it
SET, FAINT = 40e-6, 1e-6  # S: cells by turns, and the cell that is erased or read (SET)
CONNECTED = 250e-9  # s: from row on to the converter's sample: 200 ns are asked (sense_adc.yaml)
SEED = 64  # of the image's cells and rows
LEVELS = (2e-6, 20e-6)  # S: least and most of a weight, which is on one column of a pair; the other is erased
# C, error of a step that counts. The default of ngspice is 10 fF at 1 V; nodes between the transistors of a
# gate have 2 fF, and one of them in the comparator was simulated 1.4 V too high for as long as it floated.
SMALL_CHARGE = 3e-15
IMAGE_BEGIN = 200e-9  # s: wake of the first plane
LEARN_BEGIN = 200e-9  # s: fire


@dataclass(frozen=True)
class Plan:
    """One run of ngspice.

    Attributes:
        name: name of the run.
        steps: course of the controller's outputs.
        states_nm: (row, column) -> filament.
        cell: (row, column) of the cell that is looked at.
        rows: rows that are on.
        cells: cells whose filament, bit line and drain are kept.
        saved: further vectors.
        watched: blocks whose devices' voltages are kept.
        further: lines of SPICE.
        marks: name -> time.
    """

    name: str
    steps: Steps
    states_nm: dict[tuple[int, int], float] = field(repr=False)
    cell: tuple[int, int]
    rows: tuple[int, ...]
    cells: tuple[tuple[int, int], ...] = field(repr=False)
    saved: tuple[str, ...] = field(default=(), repr=False)
    watched: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    marks: dict[str, float] = field(default_factory=dict)

    def vectors(self) -> list[str]:
        """All that is kept beside the watched blocks."""
        found = ["v(sl)", "v(sl_rail)", "v(vss_core)", "v(vdd_core)", "v(vpp_source)", *self.saved]
        for row, column in self.cells:
            bit, drain, gate, source = cell_nodes(row, column)
            found += [state(row, column), f"v({bit})", f"v({drain})", f"v({source})", f"v({gate})"]
        return list(dict.fromkeys([*found, current(*self.cell)]))


def state(row: int, column: int) -> str:
    """Vector of a cell's filament."""
    return f"v(n.xr_{row}_{column}.ncell#x)"


def current(row: int, column: int) -> str:
    """Vector of a cell's current, as its transistor carries it."""
    return f"@mxm_{row}_{column}[id]"


def _high(state_name: str) -> frozenset[str]:
    return frozenset(f"{pin}_1v8" for pin in STATES[state_name])


def worst(chip: Chip) -> tuple[int, int]:
    """The worst-placed cell."""
    return chip.rows - 1, 0


def _by_turns(chip: Chip, low: float, high: float) -> dict[tuple[int, int], float]:
    """Filaments of all cells, by turns as on a chess board, of states as a read sees them."""
    two = filament_of(high), filament_of(low)
    return {
        (row, column): two[(row + column) % 2] for row in range(chip.rows) for column in range(chip.columns)
    }


def _every(chip: Chip) -> tuple[tuple[int, int], ...]:
    return tuple((row, column) for row in range(chip.rows) for column in range(chip.columns))


def _blocks(chip: Chip, *further: str) -> tuple[str, ...]:
    """The farthest neuron with its fire driver and column driver, the row driver, and what all share."""
    return (f"xdriver{chip.rows - 1}", "xneuron0", "xfire0", "xcolumn0", "xcolumn1", "xsource", *further)


def reset(chip: Chip) -> list[Plan]:
    """One RESET of 10 us of the worst-placed cell, of 40 uS; all other cells of 40 and of 1 uS by turns."""
    row, column = worst(chip)
    states = _by_turns(chip, FAINT, SET) | {(row, column): filament_of(SET)}
    end = ROW_ON + PULSE
    steps = Steps(
        end + AFTER,
        {f"row_1v8[{row}]": (ROW_ON, end)},
        _high("Erase") | {f"col_1v8[{column}]", *_discharged(chip)},
        longest=PULSE / 50,
        reltol=1e-4,
        chgtol=1e-12,
    )
    saved = ("v(c_0)", "v(n_0)", f"v(wl_{row})")
    watched = _blocks(chip, "xstrobes_selected", "xstrobes_others")
    return [
        Plan(
            "reset",
            steps,
            states,
            (row, column),
            (row,),
            _every(chip),
            saved,
            watched,
            marks={"on": ROW_ON, "off": end},
        )
    ]


def _discharged(chip: Chip) -> set[str]:
    """Membranes that a controller holds at rest while a job runs: the pins are high once the latches are
    loaded, too."""
    return {f"discharge_1v8[{k}]" for k in range(chip.neurons)}


def code_limits(chip: Chip) -> tuple[int, int]:
    """Trial codes that a READ of the worst-placed cell must be above, and must not be: what the mixed runs
    allow around the twin's code."""
    wanted = expected_code(filament_of(SET))
    return int(wanted * (1 - CODE_TOLERANCE) - 1), ceil(wanted * (1 + CODE_TOLERANCE) + 1)


def read(chip: Chip) -> list[Plan]:
    """READ of that cell, not erased yet: row on, sample, and a comparison with each of code_limits()."""
    row, column = worst(chip)
    states = _by_turns(chip, FAINT, SET) | {(row, column): filament_of(SET)}
    setup = datasheet("sense_adc").setup
    high = _high("Sense") | {f"col_1v8[{column}]", "adc_enable_1v8", *_discharged(chip)}
    sample = ROW_ON + CONNECTED
    held = sample + setup["tracking"]
    strobes = [held + CLOCK_S + k * setup["slot"] + 0.4 * setup["slot"] for k in (0, 1)]
    ends = [strobe + STROBE * setup["slot"] for strobe in strobes]
    moves: dict[str, list[float]] = {
        f"row_1v8[{row}]": [ROW_ON],
        "adc_sample_1v8": [sample, held],
        "adc_strobe_1v8": [],
    }
    for strobe, end in zip(strobes, ends, strict=True):
        moves["adc_strobe_1v8"] += [strobe, end]
    low, top = code_limits(chip)
    turn = ends[0] + 1e-9
    for bit in range(8):
        first, second = low >> bit & 1, top >> bit & 1
        at = ([held] if first else []) + ([turn] if first != second else [])
        if at:
            moves[f"adc_trial_1v8[{bit}]"] = at
    steps = Steps(
        ends[1] + CLOCK_S, moves, high, currents=True, longest=5e-9, reltol=1e-4, chgtol=SMALL_CHARGE
    )
    saved = ("v(sense_line)", "v(c_0)", "v(n_0)", f"v(wl_{row})", "v(adc_above_1v8)", "v(adc_valid_1v8)")
    marks = {"sampled": held - 1e-9, "first": ends[0] - 1e-9, "second": ends[1] - 1e-9}
    return [
        Plan(
            "read",
            steps,
            states,
            (row, column),
            (row,),
            ((row, column),),
            saved,
            ("xadc", "xcolumn0"),
            marks=marks,
        )
    ]


@cache
def image_cells(rows: int, neurons: int) -> tuple[tuple[float, ...], ...]:
    """States of an image's cells, S, (rows, 2 x neurons): weights of both signs, those of the first and the
    last neuron alike."""
    draw = np.random.default_rng(SEED)
    weights = draw.uniform(*LEVELS, (rows, neurons)) * draw.choice((-1, 1), (rows, neurons), p=(0.4, 0.6))
    weights[:, -1] = weights[:, 0]
    cells = np.zeros((rows, 2 * neurons))
    cells[:, 0::2], cells[:, 1::2] = np.maximum(weights, 0), np.maximum(-weights, 0)
    return tuple(tuple(float(v) for v in row) for row in cells)


def image_rows(rows: int) -> tuple[int, ...]:
    """Half of the rows, drawn."""
    return tuple(
        sorted(int(r) for r in np.random.default_rng(SEED + 1).choice(rows, rows // 2, replace=False))
    )


def image_windows() -> tuple[dict[str, list[float]], list[float], float]:
    """Changes of wake, integ and the rows (under `rows`) while the planes are shown; when each window ends;
    the end, s."""
    settings, time, ends = ImageSettings(), IMAGE_BEGIN, list[float]()
    changes: dict[str, list[float]] = {"wake_1v8": [], "integ_1v8": [], "rows": []}
    for window in settings.windows:
        rows = time + settings.lead * CLOCK_S
        opened = rows + settings.opened * CLOCK_S
        closed = opened + window * CLOCK_S
        off = closed + settings.close * CLOCK_S
        tail = off + settings.tail * CLOCK_S
        changes["rows"] += [rows, off]
        changes["integ_1v8"] += [opened, closed]
        changes["wake_1v8"] += [time, tail]
        ends.append(off)
        time = tail
    return changes, ends, time


def image(chip: Chip) -> list[Plan]:
    """An image of pixels of 15 on half of the rows, 0 on the others: four planes with the windows and ratios
    after reset."""
    cells, rows = image_cells(chip.rows, chip.neurons), image_rows(chip.rows)
    states = {
        (r, c): max(X_MIN_NM, filament(g)) for r, every in enumerate(cells) for c, g in enumerate(every) if g
    }
    changes, ends, end = image_windows()
    moves = {f"row_1v8[{row}]": tuple(changes["rows"]) for row in rows}
    moves |= {pin: tuple(_merged(changes[pin])) for pin in ("wake_1v8", "integ_1v8")}
    steps = Steps(end + 3 * CLOCK_S, moves, _high("Neuron") | {"hold_1v8"}, longest=5e-9)
    saved = [*(f"v(xneuron{k}.vm)" for k in range(chip.neurons)), *(f"v(n_{c})" for c in range(chip.columns))]
    far = chip.columns - 1
    saved += [f"v({cell_nodes(row, column)[3]})" for row in range(0, chip.rows, 2) for column in (0, far)]
    marks = {"begin": IMAGE_BEGIN, "end": end} | {f"window{k}": t for k, t in enumerate(ends)}
    last = f"xneuron{chip.neurons - 1}"
    return [
        Plan(
            "image",
            steps,
            states,
            (rows[-1], 0),
            rows,
            ((rows[-1], 0),),
            tuple(saved),
            ("xneuron0", last, "xsource"),
            marks=marks,
        )
    ]


def _merged(times: Iterable[float]) -> list[float]:
    """Changes without those that fall together: low and high again at one time is no change."""
    found: list[float] = []
    for time in times:
        if found and abs(time - found[-1]) < 1e-12:
            found.pop()
        else:
            found.append(time)
    return found


def learn(chip: Chip) -> list[Plan]:
    """The first phase of a waveform on the first neuron: with one row, and with those of its group."""
    return [
        _learn(chip, name, rows)
        for name, rows in (("learn_alone", (chip.rows - 1,)), ("learn_together", learning_rows(chip.rows)))
    ]


def _learn(chip: Chip, name: str, rows: Sequence[int]) -> Plan:
    setup = datasheet("fire_driver").setup
    start = setup["start_nm"]
    states = dict.fromkeys(_every(chip), X_MIN_NM) | {
        (row, column): start for row in rows for column in range(0, chip.columns, 2)
    }
    begin = LEARN_BEGIN
    on, off = begin + setup["settle"], begin + setup["settle"] + setup["phi"]
    closed = off + setup["gap"]
    code, fine = wl_code(setup["rail_vwl"])
    high = _high("Learn") | dac_pins("wl", code, fine) | {"dac_enable_1v8", *_discharged(chip)}
    moves = {f"row_1v8[{row}]": (begin, closed) for row in rows}
    moves |= {"fire_1v8[0]": (begin, closed + setup["gap"]), "phi_1_1v8": (on, off)}
    steps = Steps(closed + 2 * setup["gap"], moves, high, currents=True, longest=5e-9)
    saved = ["v(n_0)", "v(n_1)", "v(vpp_fire)", "v(vwl)", f"v(wl_{rows[-1]})"]
    saved += [state(row, column) for row in rows for column in range(chip.columns)]
    looked = tuple((row, 0) for row in rows)
    marks = {"on": on, "middle": (on + off) / 2, "off": off}
    return Plan(
        name, steps, states, (rows[-1], 0), tuple(rows), looked, tuple(saved), _blocks(chip), marks=marks
    )


SMALL_CHARGE = 3e-15  # C, error of a step that counts: nodes between the transistors of a gate have 2 fF
DECKS: dict[str, Callable[[Chip], list[Plan]]] = {
    "reset": reset,
    "read": read,
    "image": image,
    "learn": learn,
}


def chosen(names: Sequence[str]) -> list[str]:
    """Decks by name, all without one.

    Raises:
        UserError: no such deck.
    """
    if unknown := [name for name in names if name not in DECKS]:
        raise UserError(f"deck {unknown[0]!r}: unknown; choose one of {', '.join(DECKS)}")
    return list(names or DECKS)
