"""Figures of a run of events, from its waveforms and events, with the limits that the emulator and the
register map give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.report import Figure
from neusoc.software.emulator.expected_images import EVENT
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.pulse import Floats
from neusoc.verification.mixed.common.outcome import RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated
from neusoc.verification.mixed.common.scenario import Latches
from neusoc.verification.mixed.common.started import rest_code, started
from neusoc.verification.mixed.common.twins import GAIN, INJECTION, conductances, membranes_of, signs_apart
from neusoc.verification.mixed.events.scenarios import Burst, EventScenario

QUIET_EVENTS = 3  # on a row on which no neuron must fire: more than a set cell needs
FURTHER = 1.5  # times what the emulator says: events sent at most
RESET_ERROR = 0.020  # V, of a membrane at the end of a discharge against its rest level
LATENCY_CYCLES = 8  # spike to request: two synchroniser stages, collector, sender
HANDSHAKE_CYCLES = 10  # of the event of another neuron that fired at the same time and goes first
WORD_LINE, WORD_LINE_OFF = 0.95, 0.1  # of vpp, of a row that is on; V, of one that is off
BEHIND = 3  # cycles from the end of a window to where a membrane is looked at
NEVER = 100  # events: more than any neuron needs that fires at all


@dataclass(frozen=True)
class EventOutcome(RunOutcome[EventScenario]):
    """What a run of events left.

    Attributes:
        chip: variant.
        refractory: cycles, (more than, at most).
    """

    chip: Chip
    refractory: tuple[int, int]

    @property
    def clock_s(self) -> float:
        """Clock period, s."""
        return self.chip.clock_ns * 1e-9


def _configured(chip: Chip, scenario: EventScenario, cells: Floats) -> Membranes:
    """Membranes of cells with the neurons' settings."""
    membranes = membranes_of(chip, cells)
    for neuron, codes in scenario.settings.items():
        membranes.configure(neuron, codes.pair, codes.trim)
    return membranes


def _events(membranes: Membranes, row: int, neuron: int, code: int) -> int:
    """Events on a row until a neuron's membrane is at a code of the threshold; NEVER if it does not come
    there."""
    membranes.discharge()
    for count in range(1, NEVER):
        membranes.window([row], EVENT["window"], EVENT["ratio"])
        if membranes.above(code) >> neuron & 1:
            return count
    return NEVER


def event_range(chip: Chip, scenario: EventScenario, row: int, neuron: int) -> tuple[int, int]:
    """Fewest and most events on a row until a neuron fires: gain and threshold a code off, either way."""
    cells, code = conductances(chip, scenario), rest_code()
    fewest, most = (
        _events(_configured(chip, scenario, cells * (1 + sign * GAIN)), row, neuron, code - sign)
        for sign in (1, -1)
    )
    return fewest, most


def most_events(chip: Chip, scenario: EventScenario, burst: Burst) -> int:
    """Events of a burst, at most."""
    return max(
        (math.ceil(FURTHER * event_range(chip, scenario, burst.row, k)[1]) for k in burst.fires),
        default=QUIET_EVENTS,
    )


def _spikes(outcome: EventOutcome) -> tuple[list[list[float]], int]:
    """Times at which each neuron fired, and the number of comparator pulses that are no spikes.

    A spike is a rise of the comparator, once software has released the neurons, while its own is not
    discharged, that lasts for two
    clock cycles or until the discharge: the controller's flip-flops cannot miss it. Shorter pulses they may
        see or not.
    """
    half, released = outcome.scenario.bias.vdd1v8 / 2, outcome.result["idle"][0]
    found, glitches = [], 0
    for k in range(outcome.chip.neurons):
        times = []
        falls = outcome.edges(f"spike_1v8[{k}]", rising=False)
        for rise in outcome.edges(f"spike_1v8[{k}]"):
            fall = min(falls[falls > rise], default=np.inf)
            if rise < released or outcome.at(f"discharge_1v8[{k}]", rise) > half:
                continue
            if fall - rise >= 2 * outcome.clock_s or outcome.at(f"discharge_1v8[{k}]", fall) > half:
                times.append(float(rise))
            else:
                glitches += 1
        found.append(times)
    return found, glitches


def _first_steps(outcome: EventOutcome, burst: dict) -> Floats:
    """What the first window of a burst moves the membranes by, V, (neurons,): not a number where one is
    discharged by then."""
    rises, falls = outcome.edges("integ_1v8"), outcome.edges("integ_1v8", rising=False)
    begin = rises[rises > burst["begin"]].min(initial=np.inf)
    end = falls[falls > begin].min(initial=np.inf)
    if not end < burst["end"]:
        return np.full(outcome.chip.neurons, np.nan)
    before, look, half = (
        begin - outcome.clock_s,
        end + BEHIND * outcome.clock_s,
        outcome.scenario.bias.vdd1v8 / 2,
    )
    steps = [
        outcome.at(f"vm[{k}]", look) - outcome.at(f"vm[{k}]", before) for k in range(outcome.chip.neurons)
    ]
    return np.array(
        [math.nan if outcome.at(f"discharge_1v8[{k}]", look) > half else step for k, step in enumerate(steps)]
    )


def _step_error(outcome: EventOutcome, burst: dict) -> Figure:
    """The neuron whose first step is farthest off what the emulator says, as a part of what it may be; those
    on the pad are left out."""
    scenario, chip, cells = outcome.scenario, outcome.chip, conductances(outcome.chip, outcome.scenario)

    def volts(of: Floats) -> Floats:
        membranes = _configured(chip, scenario, of)
        membranes.window([burst["row"]], EVENT["window"], EVENT["ratio"])
        return membranes.volts.copy()

    # what does not come from cells goes through the same mirrors, so it grows with the units of current as
    # well
    room = INJECTION * (EVENT["ratio"] + 1)
    wanted, most = volts(cells), GAIN * sum(np.abs(volts(sign)) for sign in signs_apart(cells)) + room
    off = np.abs(_first_steps(outcome, burst) - wanted)
    off[[k for k, codes in scenario.settings.items() if codes.test]] = np.nan
    if np.isnan(off).all():
        return outcome.figure(f"row{burst['row']}.step_error", None, "mV", 0, 0)
    worst = int(np.nanargmax(off / most))
    unit = f"mV (neuron {worst}: {1e3 * wanted[worst]:.0f})"
    return outcome.figure(
        f"row{burst['row']}.step_error", 1e3 * float(off[worst]), unit, 0, 1e3 * float(most[worst])
    )


def _discharges(outcome: EventOutcome, spikes: list[list[float]]) -> tuple[list[float], list[float]]:
    """Of each discharge that a spike caused: its length in s, and the error of the integrator's output at its
    end in V."""
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


def _range(values: list[float], scale: float) -> tuple[float | None, float | None]:
    """Smallest and largest, scaled; None without any."""
    return (min(values) * scale, max(values) * scale) if values else (None, None)


def _fires(outcome: EventOutcome) -> list[Figure]:
    """Events until each neuron fires that must, and the first step of each row, against the emulator."""
    figures: list[Figure] = []
    for plan, burst in zip(outcome.scenario.bursts, outcome.result["bursts"], strict=True):
        for k in sorted(plan.fires):
            at = [fired["event"] for fired in burst["fired"] if fired["neuron"] == k]
            least, most = event_range(outcome.chip, outcome.scenario, plan.row, k)
            name = f"row{plan.row}.neuron{k}.events_to_fire"
            figures.append(outcome.figure(name, at[0] if at else None, "events", least, most))
        figures.append(_step_error(outcome, burst))
    return figures


def _settings(outcome: EventOutcome, spikes: list[list[float]]) -> list[Figure]:
    """Latches that hold what was written, or what reset gave, from the release of the neurons to the end;
    what the settings do."""
    half, given = outcome.scenario.bias.vdd1v8 / 2, outcome.scenario.settings
    used = outcome.waves["time"] >= outcome.result["idle"][0]
    wrong = 0
    for neuron in range(outcome.chip.neurons):
        for latch, bit in given.get(neuron, Latches()).bits().items():
            wrong += bool(((outcome.waves[f"{latch}[{neuron}]"][used] > half) != bool(bit)).any())
    figures = [outcome.figure("wrong_latches", wrong, "latches", high=0)]
    if given:
        low, high = (min((n for n in given if given[n].trim == code), default=None) for code in (0, 7))
        both = low is not None and high is not None and bool(spikes[low] and spikes[high])
        lead = (spikes[low][0] - spikes[high][0]) * 1e9 if both else None  # type: ignore[index]
        figures.append(outcome.figure("trim_7_fires_before_trim_0", lead, "ns", low=1.0))
        figures.append(
            outcome.figure("test_pad_moves", float(np.ptp(outcome.waves["vtest"][used])) * 1e3, "mV", low=1.0)
        )
    return figures


def _times(outcome: EventOutcome, spikes: list[list[float]]) -> list[Figure]:
    """From spikes to requests, refractory times, and what discharges leave."""
    figure, cycle_ns = outcome.figure, outcome.clock_s * 1e9
    requests = [
        [t for t, k in outcome.result["requests"] if k == neuron] for neuron in range(outcome.chip.neurons)
    ]
    latencies = [
        r - s
        for spike, request in zip(spikes, requests, strict=True)
        for s, r in zip(spike, request, strict=False)
    ]
    lengths, errors = _discharges(outcome, spikes)
    latency, length, error = _range(latencies, 1e9), _range(lengths, 1e9), _range(errors, 1e3)
    lost = sum(abs(len(s) - len(r)) for s, r in zip(spikes, requests, strict=True))
    return [
        figure("lost_events", lost, "events", high=0),
        figure("shortest_spike_to_request", latency[0], "ns", high=LATENCY_CYCLES * cycle_ns),
        figure(
            "longest_spike_to_request", latency[1], "ns", high=(LATENCY_CYCLES + HANDSHAKE_CYCLES) * cycle_ns
        ),
        figure("shortest_refractory", length[0], "ns", low=outcome.refractory[0] * cycle_ns),
        figure(
            "longest_refractory", length[1], "ns", high=(outcome.refractory[1] + HANDSHAKE_CYCLES) * cycle_ns
        ),
        figure("reset_error", error[1], "mV", high=RESET_ERROR * 1e3),
    ]


def _lines(outcome: EventOutcome) -> list[Figure]:
    """Word lines of rows that have events and of the others; power and energy."""
    scenario, result, figure, bursts = (
        outcome.scenario,
        outcome.result,
        outcome.figure,
        outcome.result["bursts"],
    )
    on = [outcome.inside(f"wl[{b['row']}]", b["begin"], b["end"]).max() for b in bursts]
    off = [
        outcome.inside(f"wl[{row}]", b["begin"], b["end"]).max()
        for b in bursts
        for row in range(outcome.chip.rows)
        if row != b["row"]
    ]
    idle = outcome.energy(*result["idle"]) / (result["idle"][1] - result["idle"][0])
    active = sum(outcome.energy(b["begin"], b["end"]) - idle * (b["end"] - b["begin"]) for b in bursts)
    sent = sum(b["sent"] for b in bursts)
    return [
        figure("word_line_on", float(min(on)), "V", low=WORD_LINE * scenario.bias.vpp),
        figure("word_line_off", float(max(off)), "V", high=WORD_LINE_OFF),
        figure("energy_per_event", active / sent * 1e12 if sent else None, "pJ"),
        figure("idle_power", idle * 1e6, "uW"),
        figure("simulated_per_second", result["simulated_s"] * 1e6 / result["wall_clock_s"], "us/s"),
    ]


def judge(outcome: EventOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, result, figure, bursts = (
        outcome.scenario,
        outcome.result,
        outcome.figure,
        outcome.result["bursts"],
    )
    spikes, glitches = _spikes(outcome)
    fired = [(burst["row"], f["neuron"]) for burst in bursts for f in burst["fired"]]
    planned = [(plan.row, k) for plan in scenario.bursts for k in plan.fires]
    sent = sum(b["sent"] for b in bursts)
    figures = [
        *started(outcome),
        *_fires(outcome),
        figure("wrong_spikes", sum(f not in planned for f in fired), "events", high=0),
        figure("missing_spikes", sum(p not in fired for p in planned), "events", high=0),
        figure("neurons_that_stay_discharged", sum(not b["rests"] for b in bursts), "bursts", high=0),
        figure("events_in_sent_minus_counted", sent - result["counters"]["in"], "events", 0, 0),
        figure(
            "events_out_received_minus_counted",
            len(result["requests"]) - result["counters"]["out"],
            "events",
            0,
            0,
        ),
        figure("error_counters", result["counters"]["errors"], "", 0, 0),
        *_settings(outcome, spikes),
        *_times(outcome, spikes),
        figure("comparator_glitches", glitches, "pulses"),
        *_lines(outcome),
    ]
    return [*figures, *rated(outcome), forward(outcome)] if scenario.rated else figures
