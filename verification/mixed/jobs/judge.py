"""Figures of a job, from its result and the waveforms: target, neighbours, voltages, energy, time."""

from __future__ import annotations

import numpy as np
from neusoc.analog.dac6.model import Dac6
from neusoc.analog.reram.osdi import conductance
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.pins import CONVERTER_OUTPUTS
from neusoc.base.report import Figure
from neusoc.digital.model.ispp import Outcome
from neusoc.software.emulator.cells import read_table
from neusoc.verification.mixed.common.outcome import RunOutcome
from neusoc.verification.mixed.common.ratings import rated
from neusoc.verification.mixed.jobs.scenarios import JobScenario

SENSE_SWITCH = 1e3              # ohm, of the column driver; source: analog/sense_adc/README.md
CODE_TOLERANCE = 0.10           # of the estimated code; a step more
LINE_LOW, LINE_HIGH = 0.4, 0.1  # V that the line may be off its code: down by what the cell's current costs (`sag`: 8 steps), up a little
# Before valid: where the wave of a decision is looked for. After it: what the controller is tested with (converter_skew).
DECISION_S, MOST_ABOVE_AFTER_VALID = 10e-9, 15e-9
NEIGHBOUR_CHANGE = 0.01         # of a cell's conductance; issue: below 1 %


class JobOutcome(RunOutcome[JobScenario]):
    """What a run of a job left."""

    def windows(self, *pins: str) -> list[tuple[float, float]]:
        """Begin and end of each time in which all these pins are high, s."""
        time = self.waves["time"]
        on = np.all([self.waves[pin] > self.scenario.bias.vdd1v8 / 2 for pin in pins], axis=0)
        changes = np.flatnonzero(on[1:] != on[:-1]) + 1
        edges = [*([0] if on[0] else []), *changes, *([len(on) - 1] if on[-1] else [])]
        return [(float(time[a]), float(time[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def above_after_valid(self) -> float:
        """How long after valid the converter's other answer moved last, at the worst decision, s."""
        time, half = self.waves["time"], self.scenario.bias.vdd1v8 / 2
        valid, above = (self.waves[name] > half for name in CONVERTER_OUTPUTS)
        moved = time[1:][above[1:] != above[:-1]]
        rises = time[1:][valid[1:] & ~valid[:-1]]
        falls = [end for _, end in self.windows("adc_strobe_1v8")]
        # Nothing moves: it was there with valid.
        last = [max((t for t in moved if rise - DECISION_S < t < end), default=rise) for rise, end in zip(rises, falls, strict=True)]
        return float(max(np.subtract(last, rises), default=0.0))

    def largest(self, name: str, begin: float, end: float) -> float:
        """Highest level of a wave between two times, V."""
        inside = (self.waves["time"] >= begin) & (self.waves["time"] <= end)
        return float(self.waves[name][inside].max())


def _changes(outcome: JobOutcome) -> list[float]:
    """Relative change of conductance of every cell but the job's."""
    row, column = outcome.scenario.at
    ends = [(w[0], w[-1]) for name, w in outcome.waves.items() if name.startswith("x[") and name != f"x[{row},{column}]"]
    return [conductance(float(last)) / conductance(float(first)) - 1 for first, last in ends]


def expected_code(filament_nm: float) -> float:
    """Code of a cell: the numpy twin's reading (cell and access transistor at 0.2 V), behind the column switch, by the converter's twin."""
    seen = float(np.interp(filament_nm, *read_table()))
    return float(SenseAdc().held(seen / (1 + seen * SENSE_SWITCH)))


def judge(outcome: JobOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, result, figure = outcome.scenario, outcome.result, outcome.figure
    row, column = scenario.at
    told = [tuple(r) for r in result["results"]]
    at, code, pulses, what = (told[0][:2], told[0][4], told[0][3], told[0][2]) if told else (None, None, None, None)
    filament = float(outcome.waves[f"x[{row},{column}]"][-1])
    reached = conductance(filament)
    wanted = expected_code(filament)
    codes = scenario.code or (wanted * (1 - CODE_TOLERANCE) - 1, wanted * (1 + CODE_TOLERANCE) + 1)
    changes = _changes(outcome)
    reads = outcome.windows(f"row_1v8[{row}]", "sel_sense_1v8")
    drives = [*outcome.windows(f"row_1v8[{row}]", "sel_program_1v8"), *outcome.windows(f"row_1v8[{row}]", "sl_program_1v8")]

    figures = [
        figure("job_error", result["error"], "", 0, 0),
        figure("results", len(told), "", 1, 1),
        figure("results_of_another_cell", int(at != scenario.at), "", 0, 0),
        figure("outcome", what, "(0: OK)", Outcome.OK, Outcome.OK),
        figure("pulses", pulses, "", *scenario.pulses),
        figure("pulses_seen", len(drives), "", pulses, pulses),
        figure("verifies_seen", len(reads), "", None if pulses is None else pulses + 1, None if pulses is None else pulses + 1),
        figure("code", code, f"(estimate {wanted:.1f})", *codes),
        figure("conductance", reached * 1e6, "uS", scenario.reaches[0] * 1e6, scenario.reaches[1] * 1e6),
        figure("largest_change_of_another_cell", max(map(abs, changes)) * 100, "%", None, NEIGHBOUR_CHANGE * 100),
        figure("other_cells", len(changes), "", 63, 63),
        figure("above_after_valid", outcome.above_after_valid() * 1e9, "ns", None, MOST_ABOVE_AFTER_VALID * 1e9),
        *rated(outcome),
        figure("time_of_the_job", (result["end"] - result["begin"]) * 1e6, "us"),
        figure("energy_of_the_job", outcome.energy(result["begin"], result["end"]) * 1e12, "pJ"),
        figure("processor_time", result["cpu_s"], "s"),
    ]
    if reads:
        figures.append(figure("energy_of_a_read", float(np.mean([outcome.energy(*r) for r in reads])) * 1e12, "pJ"))
        figures.append(figure("time_of_a_read", float(np.mean([b - a for a, b in reads])) * 1e6, "us"))
        settled = np.interp(reads[-1][1] - 0.2e-6, outcome.waves["time"], outcome.waves["sense_line"])
        figures.append(figure("sense_line", float(settled), "V"))
    if drives:
        figures.append(figure("energy_of_a_pulse", float(np.mean([outcome.energy(*d) for d in drives])) * 1e12, "pJ"))
    stage = getattr(scenario.registers, scenario.operation.name.lower(), None)
    if drives and stage:                    # a READ has none: what it drives, pulses_seen tells
        line = f"bl[{column}]" if scenario.operation.name in ("FORM", "SET") else "sl"
        # True levels: the DACs of this simulation are transistors.
        low, high = Dac6().volts([stage.line.start, stage.line.stop])
        seen = max(outcome.largest(line, *d) for d in drives)
        figures.append(figure(f"highest_{line.partition('[')[0]}", seen, "V", float(low) - LINE_LOW, float(high) + LINE_HIGH))
        figures.append(figure("highest_wl", max(outcome.largest(f"wl[{row}]", *d) for d in drives), "V"))
    return figures
