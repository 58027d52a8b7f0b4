"""Figures of a run, from its waveforms and events, with the limits that the hand estimate and the register map give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.estimate import Estimate
from neusoc.verification.mixed.common.outcome import RunOutcome
from neusoc.verification.mixed.common.stimuli import Settings
from neusoc.verification.mixed.events.scenarios import Scenario

EVENTS_TOLERANCE = 0.30         # of the estimate of the events to fire, then rounded outwards
STEP_ERROR = 0.020              # V, of one event's step against its estimate, which leaves out the charge that the phases' switches inject
INJECTION = 0.020               # V a phase: step of a neuron that no set cell feeds, all of it injected
RESET_ERROR = 0.020             # V, of the integrator's output at the end of a discharge against its rest level
LATENCY_CYCLES = 8              # spike to request: two synchroniser stages, collector, sender
HANDSHAKE_CYCLES = 10           # of the event of another neuron that fired at the same time and goes first
WORD_LINE_LOW = 0.1             # V, of a row that is off


@dataclass(frozen=True)
class Outcome(RunOutcome[Scenario]):
    """What a run of events left; `clock_time` in the waves is that of the pins.

    Attributes:
        expected: estimate that arithmetic makes of the scenario.
        clock_s: clock period.
        refractory: cycles, (more than, at most).
    """

    expected: Estimate
    clock_s: float
    refractory: tuple[int, int]

    @property
    def neurons(self) -> int:
        return sum(name.startswith("vm[") for name in self.waves)

    @property
    def rows(self) -> int:
        return sum(name.startswith("wl[") for name in self.waves)

    def at(self, name: str, time: float) -> float:
        """A wave's value at a time."""
        return float(np.interp(time, self.waves["time"], self.waves[name]))

    def edges(self, name: str, rising: bool = True) -> np.ndarray:
        """Times at which a wave crosses half its supply."""
        level = (self.scenario.bias.vpp if name.startswith("wl") else self.scenario.bias.vdd1v8) / 2
        high = self.waves[name] > level
        return self.waves["time"][1:][(high[1:] & ~high[:-1]) if rising else (~high[1:] & high[:-1])]


def _spikes(outcome: Outcome) -> tuple[list[list[float]], int]:
    """Times at which each neuron fired, and the number of comparator pulses that are no spikes.

    A spike is a rise of the comparator while the neuron is not discharged that lasts for two clock cycles or until the discharge: the
    controller's flip-flops cannot miss it. Shorter pulses (charge injected by the phases' switches) they may see or not.
    """
    half = outcome.scenario.bias.vdd1v8 / 2
    found, glitches = [], 0
    for k in range(outcome.neurons):
        times = []
        falls = outcome.edges(f"spike_1v8[{k}]", rising=False)
        for rise in outcome.edges(f"spike_1v8[{k}]"):
            fall = min(falls[falls > rise], default=np.inf)
            if outcome.at(f"discharge_1v8[{k}]", rise) > half:
                continue
            if fall - rise >= 2 * outcome.clock_s or outcome.at(f"discharge_1v8[{k}]", fall) > half:
                times.append(float(rise))
            else:
                glitches += 1
        found.append(times)
    return found, glitches


def _steps(outcome: Outcome, burst: dict, neuron: int) -> list[float]:
    """Change of the integrator's output by each event of a burst before the neuron fires, V."""
    half = outcome.scenario.bias.vdd1v8 / 2
    name = f"row_1v8[{burst['row']}]"
    ups = [t for t in outcome.edges(name) if burst["begin"] <= t <= burst["end"]]
    downs = [t for t in outcome.edges(name, rising=False) if burst["begin"] <= t <= burst["end"] + outcome.clock_s]
    steps = []
    for up, down in zip(ups, downs, strict=True):
        if outcome.at(f"discharge_1v8[{neuron}]", down + outcome.clock_s) > half:
            break
        steps.append(outcome.at(f"vm[{neuron}]", down + outcome.clock_s / 2) - outcome.at(f"vm[{neuron}]", up - outcome.clock_s / 2))
    return steps


def _discharges(outcome: Outcome, spikes: list[list[float]]) -> tuple[list[float], list[float]]:
    """Of each discharge that a spike caused: its length in s, and the error of the integrator's output at its end in V."""
    lengths, errors = [], []
    rest_time = outcome.result["idle"][0]
    for k, times in enumerate(spikes):
        ups, downs = outcome.edges(f"discharge_1v8[{k}]"), outcome.edges(f"discharge_1v8[{k}]", rising=False)
        rest = outcome.at(f"vm[{k}]", rest_time)
        for spike in times:
            begin = ups[ups > spike]
            end = downs[downs > begin[0]] if len(begin) else []
            if len(end):
                lengths.append(float(end[0] - begin[0]))
                errors.append(abs(outcome.at(f"vm[{k}]", end[0] - 1e-9) - rest))
    return lengths, errors


def _fires(outcome: Outcome) -> list[Figure]:
    """Events to fire and step of the output, of each neuron that must fire, against the estimate; largest steps where none is due.

    Of these the first event of a burst stands apart, as CTRL.enable was 0 before it: it brings the bit lines up from ground, which the
    driver's priming hides from the neurons. `largest_injected_step` is the mean of a burst with it, `largest_later_step` a single event.
    """
    figures: list[Figure] = []
    injected: list[float] = []
    first: list[float] = []
    later: list[float] = []
    phases = 2 if outcome.scenario.signed else 1

    for burst, plan in zip(outcome.result["bursts"], outcome.scenario.bursts, strict=True):
        steps = {k: _steps(outcome, burst, k) for k in range(outcome.neurons)}
        unfed = [steps[k] for k in steps if outcome.expected.steps[plan.row, k] < STEP_ERROR / 10 and steps[k]]
        injected += [float(np.mean(found)) for found in unfed]
        first += [found[0] for found in unfed]
        later += [step for found in unfed for step in found[1:]]
        for k in sorted(plan.fires):
            where = f"row{plan.row}.neuron{k}"
            wanted, step = outcome.expected.events(plan.row, k), outcome.expected.steps[plan.row, k]
            at = [f["event"] for f in burst["fired"] if f["neuron"] == k]
            least, most = max(1, math.floor(wanted / (1 + EVENTS_TOLERANCE))), math.ceil(wanted / (1 - EVENTS_TOLERANCE))
            unit = f"events (estimate {wanted:.2f})"
            figures.append(outcome.figure(f"{where}.events_to_fire", at[0] if at else None, unit, least, most))
            error, unit = (float(np.mean(steps[k])) - step) * 1e3 if steps[k] else None, f"mV (estimate {step * 1e3:.1f})"
            figures.append(outcome.figure(f"{where}.step_error", error, unit, -STEP_ERROR * 1e3, STEP_ERROR * 1e3))

    def largest(found: list[float]) -> float | None:
        return max(map(abs, found)) * 1e3 if found else None

    limit = INJECTION * 1e3 * phases
    return [
        *figures,
        outcome.figure("largest_injected_step", largest(injected), "mV", high=limit),
        outcome.figure("first_injected_step", largest(first), "mV"),
        outcome.figure("largest_later_step", largest(later), "mV", high=limit),
    ]


def _range(values: list[float], scale: float) -> tuple[float | None, float | None]:
    """Smallest and largest, scaled; None without any."""
    return (min(values) * scale, max(values) * scale) if values else (None, None)


def _settings(outcome: Outcome, spikes: list[list[float]]) -> list[Figure]:
    """Latches that hold what was written, or what reset gave, from the release of the neurons to the end; what the settings do."""
    half, given = outcome.scenario.bias.vdd1v8 / 2, outcome.scenario.settings
    used = outcome.waves["time"] >= outcome.result["idle"][0]
    wrong = 0
    for neuron in range(outcome.neurons):
        for latch, bit in given.get(neuron, Settings()).bits().items():
            wrong += bool(((outcome.waves[f"{latch}[{neuron}]"][used] > half) != bool(bit)).any())
    figures = [outcome.figure("wrong_latches", wrong, "latches", high=0)]
    if given:
        low, high = (min((n for n in given if given[n].trim == code), default=None) for code in (0, 7))
        both = low is not None and high is not None and bool(spikes[low] and spikes[high])
        lead = (spikes[low][0] - spikes[high][0]) * 1e9 if both else None        # type: ignore[index]
        figures.append(outcome.figure("trim_7_fires_before_trim_0", lead, "ns", low=1.0))
        pad = outcome.waves["vtest"][used]
        figures.append(outcome.figure("test_pad_moves", float(np.ptp(pad)) * 1e3, "mV", low=1.0))
    return figures


def judge(outcome: Outcome) -> list[Figure]:
    """All figures of a run."""
    scenario, result, figure = outcome.scenario, outcome.result, outcome.figure
    bursts, cycle_ns = result["bursts"], outcome.clock_s * 1e9
    spikes, glitches = _spikes(outcome)
    fired = [(burst["row"], f["neuron"]) for burst in bursts for f in burst["fired"]]
    planned = [(plan.row, k) for plan in scenario.bursts for k in plan.fires]
    requests = [[t for t, k in result["requests"] if k == neuron] for neuron in range(outcome.neurons)]
    latencies = [r - s for spike, request in zip(spikes, requests, strict=True) for s, r in zip(spike, request, strict=False)]
    lengths, errors = _discharges(outcome, spikes)
    latency, length, error = _range(latencies, 1e9), _range(lengths, 1e9), _range(errors, 1e3)
    sent = sum(b["sent"] for b in bursts)
    idle = outcome.energy(*result["idle"]) / (result["idle"][1] - result["idle"][0])
    active = sum(outcome.energy(b["begin"], b["end"]) - idle * (b["end"] - b["begin"]) for b in bursts)
    on = [outcome.at(f"wl[{b['row']}]", t - 1e-9) for b in bursts for t in outcome.edges(f"wl[{b['row']}]", rising=False)]
    used = {b["row"] for b in bursts}
    off = [float(outcome.waves[f"wl[{r}]"].max()) for r in range(outcome.rows) if r not in used]

    return [
        *_fires(outcome),
        figure("wrong_spikes", sum(f not in planned for f in fired), "events", high=0),
        figure("missing_spikes", sum(p not in fired for p in planned), "events", high=0),
        figure("lost_events", sum(abs(len(s) - len(r)) for s, r in zip(spikes, requests, strict=True)), "events", high=0),
        figure("neurons_that_stay_discharged", sum(not b["rests"] for b in bursts), "bursts", high=0),
        figure("events_in_sent_minus_counted", sent - result["counters"]["in"], "events", 0, 0),
        figure("events_out_received_minus_counted", len(result["requests"]) - result["counters"]["out"], "events", 0, 0),
        figure("error_counters", result["counters"]["errors"], "", 0, 0),
        *_settings(outcome, spikes),
        figure("path_inputs_moved", len(result["path_inputs_moved"]), "", 0, 0),
        figure("shortest_spike_to_request", latency[0], "ns", high=LATENCY_CYCLES * cycle_ns),
        figure("longest_spike_to_request", latency[1], "ns", high=(LATENCY_CYCLES + HANDSHAKE_CYCLES) * cycle_ns),
        figure("shortest_refractory", length[0], "ns", low=outcome.refractory[0] * cycle_ns),
        figure("longest_refractory", length[1], "ns", high=(outcome.refractory[1] + HANDSHAKE_CYCLES) * cycle_ns),
        figure("reset_error", error[1], "mV", high=RESET_ERROR * 1e3),
        figure("word_line_on", min(on, default=None), "V", low=0.95 * scenario.bias.vpp),
        figure("word_line_off", max(off, default=0.0), "V", high=WORD_LINE_LOW),
        figure("comparator_glitches", glitches, "pulses"),
        # while the test pad charges through its neuron, rest is no rest
        *([] if scenario.settings else [
            figure("energy_per_event", active / sent * 1e12 if sent else None, "pJ"), figure("idle_power", idle * 1e6, "uW"),
        ]),
        figure("simulated_per_second", result["simulated_s"] * 1e6 / result["wall_clock_s"], "us/s"),
    ]
