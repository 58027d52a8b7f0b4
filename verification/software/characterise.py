"""Fits the emulator's line model to the transistor neuron and measures what it misses, on sequences that the fit has not seen.

    neusoc characterise

Runs event_bench.py at each polarity and timing in use, fits one set of parameters to all of them (software/emulator/fit.py), writes
build/reports/emulator_fit.json. Runs are kept: an interrupted characterisation goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.neuron.model import READ_V
from neusoc.analog.synapse.bench import line_resistance
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.results import Results
from neusoc.base.store import Entry, content_hash, made_by
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.software.calibration import COUNTED, LEVELS, SEARCHED_V, calibration_levels
from neusoc.software.calibration import READ_V as LEVELS_V
from neusoc.software.emulator.fit import Sample, deviations, fit, full_scale, parameters, replay
from neusoc.software.emulator.lines import Line, Wiring
from neusoc.software.emulator.measured import COLUMN_LOAD, FLOOR, SOURCE_LINE, SOURCE_LINE_COLUMNS, STEP, known, line_load
from neusoc.software.emulator.neurons import ALIKE, Circuit
from neusoc.software.emulator.pulse import Board, Floats, Timing
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import SIGNED as SIGNED_EVENTS
from neusoc.software.mapping.plan import UNSIGNED
from neusoc.software.workloads.passes import HIDDEN
from neusoc.verification.mixed.events.scenarios import CONFIGURED, PATTERN, SIGNED
from neusoc.verification.software import event_bench
from neusoc.verification.software.digits import LEFT_MV
from neusoc.verification.software.event_bench import Sequence
from neusoc.verification.software.mixed_events import events_to_fire, kept_events, largest_difference

FITTED, HELD_OUT = (1, 2, 3), (11, 12, 31)          # seeds of the sequences
EVENTS = 20                                         # of a sequence
FLOOR_EVENTS = 18                                   # of the strongest negative cell: more than the membrane has room for
MOST_ERROR, MOST_APART = 1.0, 1                     # %, of full scale, rms; events to fire
SETTLING = 2                                        # events that calibration does not count, of those with which it begins
FOUND = "offset that calibration finds where there is none"
BENCH_LOAD = "bench"
KEPT = BUILD / "emulator" / "events.json"


@dataclass(frozen=True)
class Setting:
    """One way to run events.

    Attributes:
        timing: timing of an event.
        load: load of the bit lines: the bench's own, or "schematic" of the small array, "extracted" of the large one.
        bank: word of the capacitor bank.
        fitted: the fit sees it; a setting that it does not see says how far the model carries.
        sequences: number of sequences simulated for the fit, and for its judgement; one of long phases takes ngspice minutes.
        read_v: vref less vsl, V. Of one level alone the fit could not tell a gain from a voltage that adds to it: it sees both of those
            between which calibration compares.
    """

    timing: Timing
    load: str = BENCH_LOAD
    bank: int = 0
    fitted: bool = True
    sequences: int = 2
    read_v: float = READ_V

    @property
    def board(self) -> Board:
        """Levels."""
        return Board(read_v=self.read_v)

    @property
    def name(self) -> str:
        """Of its figures: without commas, which part their names on the main page."""
        read = self.read_v != READ_V and f"{1e3 * self.read_v:g} mV"
        load = self.load != BENCH_LOAD and f"{self.load} line"
        parts = [self.timing.name.replace(",", ""), load, self.bank and f"bank {self.bank}", read]
        return " ".join(part for part in parts if part)


MIXED, MIXED_SIGNED = Timing(2, 1, 2, 2), Timing(2, 3, 2, 2, signed=True)           # of the mixed simulation
RESET, RESET_SIGNED = Timing(), Timing(signed=True)                                 # as TIMING is after reset
SETTINGS = (
    Setting(MIXED_SIGNED, sequences=3),
    *(Setting(timing) for timing in (MIXED, COUNTED, SIGNED_EVENTS, RESET, RESET_SIGNED)),
    Setting(MIXED_SIGNED, "schematic"),
    Setting(SIGNED_EVENTS, "extracted"),
    *(Setting(timing) for timing in (UNSIGNED, HIDDEN)),
    Setting(COUNTED, read_v=LEVELS_V[0]),
    Setting(MIXED, bank=3),
    Setting(MIXED_SIGNED, bank=3, fitted=False),
    Setting(MIXED, "schematic", bank=1, fitted=False, sequences=1),
)
ROWS = {"schematic": 8, "extracted": 64}            # of the arrays whose line that is


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps, beside the figures of other blocks."""
    return circuit_inputs(Path(__file__))


def _kept(what: str, make: Callable[[], list[list[float]]], *facts: object) -> list[list[float]]:
    """Numbers of ngspice runs, found or made."""
    key = content_hash(report_inputs(), find_pdk().hash, versions("ngspice"), what, *facts)
    return json.loads(Entry(KEPT, key).made(lambda: json.dumps(make())).read_text())


def sample(
    setting: Setting, seed: int, load_f: float, sequence: Callable[[int, int], Sequence] = event_bench.sequence, kept: str = "events"
) -> Sample:
    """Events of one sequence on the transistor neuron.

    Args:
        setting: setting with which they run.
        seed: seed of the sequence.
        load_f: capacitance of the bit lines, F.
        sequence: makes it of seed and number of events.
        kept: name by which its runs are kept.
    """
    one, board = sequence(seed, EVENTS), setting.board

    def make() -> list[list[float]]:
        print(f"  {setting.name}: seed {seed}", flush=True)
        positive, whole = event_bench.steps(one, setting.timing, board, setting.bank, load_f)
        return [*event_bench.conductances(one.ohm, board).T.tolist(), positive.tolist(), whole.tolist()]

    *siemens, positive, whole = _kept(kept, make, seed, EVENTS, setting.timing, setting.bank, f"{load_f:.4g}", board)
    return Sample(
        setting.timing, board, np.array(siemens).T, one.rows, one.fresh, np.array(positive), np.array(whole), load_f, setting.bank
    )


def calibration_sequence(seed: int, events: int) -> Sequence:
    """Events on cells as those with which a chip is calibrated, lines that were grounded before the first."""
    positive, negative = calibration_levels(seed, event_bench.ROWS, 1)
    ohm = 1e6 / level_us(LEVELS)[np.hstack([positive, negative])] - event_bench.ACCESS_OHM
    rows = np.random.default_rng(seed).integers(0, event_bench.ROWS, events)
    return Sequence(ohm, rows, np.arange(events) == 0)


def offset_found(low: Sample, high: Sample, line: Line) -> float:
    """What calibration would find on the transistor neuron, which has no offset, V: by the ratio of its steps at both levels.

    Args:
        low, high: the same events at either level.
        line: the model, to which the cells are the same at both.
    """
    searched = np.linspace(-SEARCHED_V, SEARCHED_V, 31)

    def ratio(*steps: Floats) -> float:
        few, many = (step[SETTLING:].mean() for step in steps)
        return float(few / many)

    alike = replace(high, siemens=low.siemens)
    told = [ratio(replay(low, line, offset)[1], replay(alike, line, offset)[1]) for offset in searched]
    order = np.argsort(told)
    return float(np.interp(ratio(low.whole_v, high.whole_v), np.array(told)[order], searched[order], left=-np.inf, right=np.inf))


def calibration_figure(load_f: float, line: Line) -> Figure:
    """Largest offset that calibration would find on the transistor neuron."""
    settings = [Setting(COUNTED, read_v=read_v) for read_v in LEVELS_V]
    pairs = [[sample(setting, seed, load_f, calibration_sequence, "calibration") for setting in settings] for seed in HELD_OUT]
    found = [offset_found(low, high, line) for low, high in pairs]
    return Figure(name=FOUND, value=1e3 * float(np.abs(found).max()), unit="mV", max=LEFT_MV, source="schematic")


def column_load() -> float:
    """What a column driver with open switches adds to a bit line at the neurons' reference, F: its current at 1 MHz."""
    board = Board()
    pins = {"bl": "bl", "vdd1v8": "vdd", "vpp": "vpp", "sl": "sl"}
    nets = " ".join(pins.get(pin, "0") for pin, _ in schematic_pins("column_driver"))
    lines = [netlist_text("column_driver"), "vdd vdd 0 1.8", "vpp vpp 0 3.3", f"vsl sl 0 {board.vsl_v}", f"vbl bl 0 {board.vref_v} ac 1"]
    commands = ["ac lin 1 1meg 1meg", "let load = -imag(vbl#branch) / 6.283185e6", "print load"]
    return abs(run(deck("\n".join([*lines, f"xdut {nets} column_driver"]), commands)).measures["load"])


def floor(board: Board) -> float:
    """Where a membrane stays that the strongest cell drives down, V."""
    ohm = np.full((event_bench.ROWS, 2), 1 / event_bench.RESET_S[0])
    ohm[0, 1] = 1 / event_bench.STRONGEST_S
    one = event_bench.Sequence(ohm, np.zeros(FLOOR_EVENTS, np.int64), np.arange(FLOOR_EVENTS) == 0)
    load = datasheet("neuron").setup["line_load"]
    found = _kept(
        "floor", lambda: [event_bench.steps(one, SIGNED_EVENTS, board, 0, load, often=FLOOR_EVENTS)[1].tolist()], FLOOR_EVENTS, board
    )
    return float(np.cumsum(found[0]).min())


def _percent(errors: np.ndarray, scale: float) -> float:
    return 100 * float(np.sqrt(np.mean(errors**2))) / scale


def figures_of(setting: Setting, samples: list[Sample], line: Line) -> list[Figure]:
    """What the model misses of samples that the fit has not seen."""
    positive, whole = deviations(samples, line)
    scale = full_scale(samples)
    steady = np.concatenate([(replay(s, line)[1] - s.whole_v)[s.steady] for s in samples])
    first = np.concatenate([(replay(s, line)[1] - s.whole_v)[s.fresh] for s in samples])
    largest = max(np.abs(s.whole_v[s.fresh]).max() for s in samples)

    def figure(name: str, value: float, unit: str, most: float | None = None) -> Figure:
        return Figure(name=f"{setting.name}: {name}", value=value, unit=unit, max=most, source="schematic")

    return [
        figure("full scale", 1e3 * scale, "mV"),
        figure("step error", _percent(whole, scale), "%", MOST_ERROR),
        figure("step error with lines up", _percent(steady, scale), "%", MOST_ERROR),
        figure("positive phase's error", _percent(positive, scale), "%", MOST_ERROR),
        figure("worst step error", 1e3 * float(np.abs(whole).max()), "mV"),
        figure("largest first event", 1e3 * float(largest), "mV"),
        figure("first events' error", 1e3 * float(np.sqrt(np.mean(first**2))), "mV"),
    ]


def mixed_figures(line: Line, whole: Results, column_f: float) -> list[Figure]:
    """Emulated spikes of the mixed scenarios beside the transistors'."""
    mini, floor_v = load_chip("mini"), floor(Board())
    wiring = Wiring(line_load(whole, mini.rows, "schematic", column_f))
    circuit = Circuit(mini.neurons, line, wiring, ALIKE, floor_v, 0.0)
    figures = []
    for scenario in (PATTERN, SIGNED, CONFIGURED):
        apart = largest_difference(events_to_fire(scenario, mini, circuit), kept_events(scenario, whole))
        name = f"mixed {scenario.name}: largest difference of the events to fire"
        figures.append(Figure(name=name, value=apart, unit="events", max=MOST_APART, source="simulation"))
    return figures


def characterise(results: Results | None = None) -> Report:
    """Simulate, fit, judge; writes build/reports/emulator_fit.json.

    Raises:
        SpiceError: ngspice failed.
        UserError: a tool or a figure of another block is missing.
    """
    watch = Stopwatch()
    column_f = column_load()
    whole = results or known()
    loads = {BENCH_LOAD: datasheet("neuron").setup["line_load"]}
    loads |= {view: line_load(whole, rows, view, column_f) for view, rows in ROWS.items()}

    def samples(setting: Setting, seeds: tuple[int, ...]) -> list[Sample]:
        return [sample(setting, seed, loads[setting.load]) for seed in seeds[: setting.sequences]]

    line = fit([samples(setting, FITTED) for setting in SETTINGS if setting.fitted])
    pdk = find_pdk()
    report = Report(
        step=STEP,
        figures=[
            *(Figure(name=name, value=value, unit=unit, source="schematic") for name, (value, unit) in parameters(line).items()),
            Figure(name=COLUMN_LOAD, value=column_f * 1e15, unit="fF", source="schematic"),
            Figure(name=SOURCE_LINE, value=line_resistance(columns=SOURCE_LINE_COLUMNS).sl, unit="ohm", source="lef"),
            Figure(name=FLOOR, value=1e3 * floor(Board()), unit="mV", source="schematic"),
            *(figure for setting in SETTINGS for figure in figures_of(setting, samples(setting, HELD_OUT), line)),
            calibration_figure(loads["extracted"], line),
            *mixed_figures(line, whole, column_f),
        ],
        tools=versions("ngspice"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
    )
    report.write()
    return report
