"""Figures of jobs, from their results and the waveforms: target, neighbours, voltages, energy, time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.model import Dac6
from neusoc.analog.reram.osdi import conductance
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.analog.string_dac.model import StringDac
from neusoc.base.pins import CONVERTER_OUTPUTS
from neusoc.base.report import Figure
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.software.emulator.cells import read_table
from neusoc.verification.mixed.common.outcome import NEIGHBOUR_CHANGE, RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated
from neusoc.verification.mixed.common.started import started
from neusoc.verification.mixed.jobs.scenarios import NO_CELL, JobScenario, OneJob, settings

SENSE_SWITCH = 1e3  # ohm, of the column driver; source: analog/sense_adc/README.md
CODE_TOLERANCE = 0.10  # of the estimated code; a step more
LINE_LOW, LINE_HIGH = (
    0.4,
    0.1,
)  # V that a bit line may be off its code: down by what the cell's current costs, up a little
WORD_LOW, WORD_HIGH = 0.1, 0.1  # V that a word line may be off its code: it carries no current
# Before valid: where the wave of a decision is looked for. After it: what the controller is tested with
#   (converter_skew).
DECISION_S, MOST_ABOVE_AFTER_VALID = 10e-9, 15e-9
SETTLED_S = 0.2e-6  # before the end of a read
PROGRAMS = (Operation.FORM, Operation.SET, Operation.RESET)


class Span(NamedTuple):
    """A time from begin to end, s."""

    begin: float
    end: float


class JobOutcome(RunOutcome[JobScenario]):
    """What a run of jobs left."""

    def windows(self, within: Span, *pins: str) -> list[Span]:
        """Each time within a span in which all these pins are high."""
        time = self.waves["time"]
        chosen = (time >= within.begin) & (time <= within.end)
        on, at = (
            np.all([self.waves[pin][chosen] > self.scenario.bias.vdd1v8 / 2 for pin in pins], axis=0),
            time[chosen],
        )
        changes = np.flatnonzero(on[1:] != on[:-1]) + 1
        edges = [*([0] if on[0] else []), *changes, *([len(on) - 1] if on[-1] else [])]
        return [Span(float(at[a]), float(at[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def above_after_valid(self) -> float:
        """How long after valid the converter's other answer moved last, at the worst decision, s."""
        time, half = self.waves["time"], self.scenario.bias.vdd1v8 / 2
        valid, above = (self.waves[name] > half for name in CONVERTER_OUTPUTS)
        moved = time[1:][above[1:] != above[:-1]]
        rises = time[1:][valid[1:] & ~valid[:-1]]
        falls = [
            span.end for span in self.windows(Span(self.result["started"], float(time[-1])), "adc_strobe_1v8")
        ]
        # Nothing moves: it was there with valid.
        last = [
            max((t for t in moved if rise - DECISION_S < t < end), default=rise)
            for rise, end in zip(rises, falls, strict=True)
        ]
        return float(max(np.subtract(last, rises), default=0.0))

    def highest(self, name: str, spans: list[Span]) -> float:
        """Highest level of a wave in some spans, V."""
        return max(float(self.inside(name, *span).max()) for span in spans)

    def mean_energy(self, spans: list[Span]) -> float:
        """Mean energy of some spans, pJ."""
        return float(np.mean([self.energy(*span) for span in spans])) * 1e12


def expected_code(filament_nm: float) -> float:
    """Code of a cell: the numpy twin's reading (cell and access transistor at 0.2 V), behind the column
    switch, by the converter's twin."""
    seen = float(np.interp(filament_nm, *read_table()))
    return float(SenseAdc().held(seen / (1 + seen * SENSE_SWITCH)))


def judge(outcome: JobOutcome) -> list[Figure]:
    """All figures of a run."""
    figures = started(outcome)
    for one, told in zip(outcome.scenario.jobs, outcome.result["jobs"], strict=True):
        figures += _job(outcome, one, told)
    figures += [
        outcome.figure("error_counters", outcome.result["errors"], "", 0, 0),
        outcome.figure(
            "above_after_valid", outcome.above_after_valid() * 1e9, "ns", None, MOST_ABOVE_AFTER_VALID * 1e9
        ),
        outcome.figure("processor_time", outcome.result["cpu_s"], "s"),
    ]
    return [*figures, *rated(outcome), forward(outcome)] if outcome.scenario.rated else figures


def _job(outcome: JobOutcome, one: OneJob, told: dict) -> list[Figure]:
    """A job's result, its cell, the other cells, and what the lines showed."""
    span, (row, column) = Span(told["begin"], told["end"]), one.at
    results = [tuple(result) for result in told["results"]]
    *at, what, pulses, code = results[0] if results else (None,) * 5
    changes = outcome.changes(*span)
    del changes[one.at]
    filament = outcome.at(f"x[{row},{column}]", span.end)
    # OFFSET: the row stays off, so whatever the cell: what the converter tells of no cell
    wanted = 0.0 if one.operation == Operation.OFFSET else expected_code(filament)
    codes = (
        (0.0, NO_CELL)
        if one.operation == Operation.OFFSET
        else (wanted * (1 - CODE_TOLERANCE) - 1, wanted * (1 + CODE_TOLERANCE) + 1)
    )

    def figure(
        name: str, value: float | None, unit: str = "", low: float | None = None, high: float | None = None
    ) -> Figure:
        return outcome.figure(f"{one.name}.{name}", value, unit, low, high)

    return [
        figure("error", told["error"], "", 0, 0),
        figure("results", len(results), "", 1, 1),
        figure("result_of_another_cell", int(tuple(at) != one.at), "", 0, 0),
        figure("outcome", what, "(0: OK)", Outcome.OK, Outcome.OK),
        figure("pulses", pulses, "", *one.pulses),
        figure("code", code, f"(estimate {wanted:.1f})", *(one.code or codes)),
        figure("conductance", 1e6 * conductance(filament), "uS", *(1e6 * siemens for siemens in one.reaches)),
        figure(
            "largest_change_of_another_cell",
            100 * max(map(abs, changes.values())),
            "%",
            None,
            100 * NEIGHBOUR_CHANGE,
        ),
        figure("time", 1e6 * (span.end - span.begin), "us"),
        figure("energy", outcome.mean_energy([span]), "pJ"),
        *(
            outcome.figure(f"{one.name}.{f.name}", f.value, f.unit, f.min, f.max)
            for f in _lines(outcome, one, span, pulses)
        ),
    ]


def _lines(outcome: JobOutcome, one: OneJob, span: Span, pulses: int | None) -> list[Figure]:
    """Reads and pulses that the lines showed, and their levels; names without the job's."""
    row, column = one.at
    # the row stays off for OFFSET, and a row that is broken is not seen on its pin
    on = () if one.operation == Operation.OFFSET else (f"row_1v8[{row}]",)
    reads = outcome.windows(span, *on, "sel_sense_1v8")
    drives = [*outcome.windows(span, *on, "sel_program_1v8"), *outcome.windows(span, *on, "sl_program_1v8")]

    def figure(
        name: str, value: float | None, unit: str = "", low: float | None = None, high: float | None = None
    ) -> Figure:
        return Figure(name=name, value=value, unit=unit, min=low, max=high, source="simulation")

    verifies = None if pulses is None else pulses + 1
    figures = [
        figure("pulses_seen", len(drives), "", pulses, pulses),
        figure("verifies_seen", len(reads), "", verifies, verifies),
    ]
    if reads:
        figures += [
            figure("energy_of_a_read", outcome.mean_energy(reads), "pJ"),
            figure("time_of_a_read", 1e6 * float(np.mean([b - a for a, b in reads])), "us"),
            figure("sense_line", outcome.at("sense_line", reads[-1].end - SETTLED_S), "V"),
        ]
    if not drives or one.operation not in PROGRAMS:
        return figures
    figures.append(figure("energy_of_a_pulse", outcome.mean_energy(drives), "pJ"))
    stage = getattr(settings(), one.operation.name.lower())
    # true levels: the DACs of this simulation are transistors
    low, high = Dac6(fine=bool(stage.fine)).volts([stage.wl.start, stage.wl.stop])
    figures.append(
        figure(
            "highest_wl",
            outcome.highest(f"wl[{row}]", drives),
            "V",
            float(low) - WORD_LOW,
            float(high) + WORD_HIGH,
        )
    )
    if one.operation == Operation.RESET:
        vpp = outcome.scenario.bias.vpp
        return [
            *figures,
            figure("highest_sl", outcome.highest("sl", drives), "V", vpp - LINE_LOW, vpp + LINE_HIGH),
        ]
    low, high = BlBuffer().volts(StringDac().volts([stage.line.start, stage.line.stop]))
    return [
        *figures,
        figure(
            "highest_bl",
            outcome.highest(f"bl[{column}]", drives),
            "V",
            float(low) - LINE_LOW,
            float(high) + LINE_HIGH,
        ),
    ]
