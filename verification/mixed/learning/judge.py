"""Figures of learning, from spikes and the cells' conductances: who fires for what, what was strengthened,
what stayed, what it costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.references.model import UNIT
from neusoc.analog.reram.osdi import conductance
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.outcome import NEIGHBOUR_CHANGE, RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated
from neusoc.verification.mixed.common.started import started
from neusoc.verification.mixed.learning.scenarios import LearnScenario, Presentation

RAIL = 0.05  # of the rail's level, as the whole decks ask
AT_REST = 10e-3  # V, a bit line from the level that its neuron holds it at
LEAST_STEP = 1e-6  # S, by which a waveform changes the weight of a pattern's row at least
EDGE = 10  # cycles, from an event to its word line and from a spike to its discharge, at most
LOOK = 2  # cycles before and behind a window at which its neuron is looked at
HEARD = (-3.0, 3.0)  # %, of an event: what a neuron is asked to keep, as in images


class LearnOutcome(RunOutcome[LearnScenario]):
    """What a run with learning left."""

    @property
    def threshold(self) -> float:
        """Level at which a neuron fires, V: what the references give when the first pattern comes."""
        return self.at("vth", self.result["presented"][0]["begin"])

    @property
    def pairs(self) -> list[tuple[Presentation, dict]]:
        """Each presentation with what happened."""
        return list(zip(self.scenario.presentations, self.result["presented"], strict=True))

    @property
    def tests(self) -> dict[str, tuple[Presentation, dict]]:
        """The last presentation of each pattern from which nothing was learned."""
        return {p.name: (p, t) for p, t in self.pairs if not p.learn}

    def spike(self, told: dict) -> float:
        """Time at which a presentation's spike discharges the neurons, s; without one, its end."""
        time, half = self.waves["time"], self.scenario.bias.vdd1v8 / 2
        held = np.zeros(len(time), dtype=bool)
        for name, wave in self.waves.items():
            held |= (wave > half) & name.startswith("discharge_1v8[")
        rises = time[1:][held[1:] & ~held[:-1]]
        return float(next((rise for rise in rises if told["begin"] < rise <= told["end"]), told["end"]))

    def rises(self, wave: np.ndarray, level: float) -> np.ndarray:
        """Times at which a wave passes a level upwards, s."""
        return self.waves["time"][1:][(wave[1:] > level) & (wave[:-1] <= level)]

    def ages(self, told: dict) -> np.ndarray:
        """Time from each row's last event to a presentation's spike, s, (rows,): nan of a row without."""
        spike, found = self.spike(told), []
        for row in range(len(self.conductances(spike))):
            on = self.rises(self.waves[f"wl[{row}]"], self.scenario.bias.vdd1v8 / 2)
            found.append(max(on[(on > told["begin"]) & (on < spike)], default=np.nan))
        return spike - np.array(found)

    def conductances(self, time: float) -> np.ndarray:
        """(rows, columns), S."""
        at = {
            tuple(map(int, name[2:-1].split(","))): wave
            for name, wave in self.waves.items()
            if name.startswith("x[")
        }
        found = np.zeros(np.max(list(at), axis=0) + 1)
        for place, wave in at.items():
            found[place] = conductance(float(np.interp(time, self.waves["time"], wave)))
        return found

    def weights(self, time: float) -> np.ndarray:
        """(rows, neurons): G+ - G-, S."""
        cells = self.conductances(time)
        return cells[:, ::2] - cells[:, 1::2]

    def weight(self, pattern: Presentation, neuron: int, when: int) -> float:
        """Mean weight of a pattern's rows on a neuron when presentation `when` begins, -1: the last, uS."""
        return (
            float(self.weights(self.result["presented"][when]["begin"])[list(pattern.rows), neuron].mean())
            * 1e6
        )


class Rows(NamedTuple):
    """Rows of the window's run by the time from their last event to the spike, (rows,): what the controller
    promises of each.

    Attributes:
        inside: within a tick: strengthened.
        outside: beyond two ticks, or heard behind the spike alone: weakened.
        late: those of them that are heard behind the spike alone.
    """

    inside: np.ndarray
    outside: np.ndarray
    late: np.ndarray


def rows_by_age(outcome: LearnOutcome, told: dict) -> Rows:
    """Rows of a presentation; between one tick and two a row is in neither."""
    ages, cycle = outcome.ages(told), outcome.result["clock_s"]
    tick, late = outcome.scenario.tick_cycles * cycle, np.isnan(ages)
    return Rows(ages < tick - EDGE * cycle, (ages > 2 * tick + EDGE * cycle) | late, late)


def strengthened(outcome: LearnOutcome, told: dict, neuron: int) -> np.ndarray:
    """Rows whose weight on a neuron a presentation lifts, (rows,)."""
    return (outcome.weights(told["end"]) - outcome.weights(told["begin"]))[:, neuron] > 0


def heard(outcome: LearnOutcome, begin: float, end: float, neuron: int) -> list[tuple[float, float]]:
    """Windows between two times, s: each one's beginning, s, and what it moves a neuron's membrane by, V."""
    time, vm, integ = outcome.waves["time"], outcome.waves[f"vm[{neuron}]"], outcome.waves["integ_1v8"]
    half, around = outcome.scenario.bias.vdd1v8 / 2, LOOK * outcome.result["clock_s"]
    falls = time[1:][(integ[1:] <= half) & (integ[:-1] > half)]
    begins = [rise for rise in outcome.rises(integ, half) if begin < rise < end and np.any(falls > rise)]
    looks = [(rise - around, falls[falls > rise].min() + around) for rise in begins]
    return [
        (rise, float(np.diff(np.interp(look, time, vm))[0])) for rise, look in zip(begins, looks, strict=True)
    ]


def _waveform(outcome: LearnOutcome, presentation: Presentation, told: dict) -> tuple[list[float], float]:
    """One spike's waveform; its presentation's factor is not 0.

    Returns:
        Changes (S) of the weights of the pattern's rows on the winner; largest relative change of the cells
        that must stay.
    """
    before, after = outcome.conductances(told["begin"]), outcome.conductances(told["end"])
    winner, sign = told["fired"][0], np.sign(presentation.factor)
    change = after - before
    rows = np.isin(
        np.arange(len(before)), presentation.rows[: told["sent"]]
    )  # a neuron may fire before all have had their event
    others = ~rows
    if outcome.scenario.shows == "window":  # between one tick and two it is chance which cell of a row learns
        rows, others, _ = rows_by_age(outcome, told)
    steps = sign * (change[:, 2 * winner] - change[:, 2 * winner + 1])
    learns = np.zeros_like(before, dtype=bool)
    # which of the pair is SET: the positive cell of a row that is strengthened, the negative one of a row
    #   that is weakened
    up, down = (rows, others) if sign > 0 else (others, rows)
    learns[~down, 2 * winner], learns[~up, 2 * winner + 1] = True, True
    still = np.abs(change / before)[~learns]
    return list(steps[rows]), float(still.max())


def _of_factors(outcome: LearnOutcome) -> list[Figure]:
    """Change of the weights of a pattern's rows by one spike, for each third factor: its sign, and two change
    more than one."""
    others = sum(t["fired"] != [p.rows[0] // 2] for p, t in outcome.pairs)
    figures, steps = [outcome.figure("presentations_that_another_neuron_answers", others, "", 0, 0)], {}
    for p, t in outcome.pairs:
        before, after = outcome.weights(t["begin"]), outcome.weights(t["end"])
        rows, winner = list(p.rows), t["fired"][0] if t["fired"] else 0
        steps[p.factor] = float((after - before)[rows, winner].mean())
        still = NEIGHBOUR_CHANGE * float(np.abs(before[rows, winner]).mean())
        limits = {1: (LEAST_STEP, None), -1: (None, -LEAST_STEP), 0: (-still, still)}
        low, high = limits.get(p.factor, (steps[1] + LEAST_STEP, None))
        low, high = (limit if limit is None else limit * 1e6 for limit in (low, high))
        figures.append(outcome.figure(f"{p.name}.step", steps[p.factor] * 1e6, "uS", low, high))
    return figures


def _of_patterns(outcome: LearnOutcome) -> list[Figure]:
    """Which neuron is whose, how far its weights tell its pattern from the other, and after how many events
    it fires."""
    figure, tests = outcome.figure, outcome.tests
    first = {p.name: t for p, t in reversed(outcome.pairs)}
    owners = {name: t["fired"][0] for name, (_, t) in tests.items() if t["fired"]}
    figures = [
        figure("patterns_without_a_neuron_of_their_own", len(tests) - len(set(owners.values())), "", 0, 0)
    ]
    for name, (p, t) in tests.items():
        owner, other = owners.get(name, 0), next(q for q, _ in tests.values() if q.name != name)
        before, after = (
            outcome.weight(p, owner, when) - outcome.weight(other, owner, when) for when in (0, -1)
        )
        figures += [
            figure(f"{name}.neuron", owners.get(name)),
            figure(f"{name}.contrast_before", before, "uS"),
            figure(f"{name}.contrast_after", after, "uS", LEAST_STEP * 1e6),
            figure(f"{name}.events_before", first[name]["sent"]),
            figure(f"{name}.events_after", t["sent"], "", None, first[name]["sent"] - 1),
        ]
    return figures


def _of_association(outcome: LearnOutcome) -> list[Figure]:
    """Weights of what came together; that it fires or not is judged with the spikes."""
    figures = []
    for name, (p, t) in outcome.tests.items():
        for what, when in (("before", 0), ("after", -1)):
            figures.append(
                outcome.figure(
                    f"{name}.weight_{what}", outcome.weight(p, outcome.scenario.neurons[0], when), "uS"
                )
            )
        figures.append(outcome.figure(f"{name}.events", t["sent"]))
    return figures


def _of_window(outcome: LearnOutcome) -> list[Figure]:
    """Which rows a waveform strengthens, by the time since their last event; what events behind it still
    count."""
    (presentation, told), figure, cycle = outcome.pairs[0], outcome.figure, outcome.result["clock_s"]
    neuron, tick, edge = outcome.scenario.neurons[0], outcome.scenario.tick_cycles * cycle, EDGE * cycle
    ages, up = outcome.ages(told), strengthened(outcome, told, neuron)
    step = np.abs(outcome.weights(told["end"]) - outcome.weights(told["begin"]))[:, neuron]
    inside, outside, late = rows_by_age(outcome, told)
    spike, (_, quiet) = outcome.spike(told), outcome.pairs[1]
    behind, rest = (
        heard(outcome, spike, told["end"], neuron),
        heard(outcome, quiet["begin"], quiet["end"], neuron),
    )
    figures = [
        figure("rows_within_a_tick", int(inside.sum()), "", 2),
        figure("rows_beyond_two_ticks", int((outside & ~late).sum()), "", 2),
        figure("rows_heard_behind_the_spike_alone", int(late.sum()), "", len(set(presentation.late))),
        figure("rows_with_the_wrong_sign", int((inside & ~up).sum() + (outside & up).sum()), "", 0, 0),
        figure(
            "longest_time_that_strengthens",
            float(ages[up].max(initial=0)) * 1e6,
            "us",
            None,
            (2 * tick + edge) * 1e6,
        ),
        figure(
            "shortest_time_that_weakens",
            float(ages[~up & ~late].min(initial=np.inf)) * 1e6,
            "us",
            (tick - edge) * 1e6,
        ),
        figure("least_step_inside", float(step[inside].min(initial=np.inf)) * 1e6, "uS", LEAST_STEP * 1e6),
        figure("least_step_outside", float(step[outside].min(initial=np.inf)) * 1e6, "uS", LEAST_STEP * 1e6),
        figure("events_behind_the_waveform", len(behind), "", len(presentation.late)),
        figure("events_at_rest", len(rest), "", quiet["sent"], quiet["sent"]),
    ]
    if behind and rest:
        (begin, first), (_, full) = behind[0], rest[0]
        figures += [
            figure("window_behind_the_spike", (begin - spike) * 1e6, "us"),
            figure("an_event_at_rest", full * 1e3, "mV"),
            figure("the_same_behind_the_waveform_lacks", 100 * (1 - first / full), "%", *HEARD),
        ]
    return figures


def _of_chip(outcome: LearnOutcome, learned: list[tuple]) -> list[Figure]:
    """Levels in the waveforms: of word lines, which is the WL DAC's, and of the rest; how long bit lines stay
    away."""
    waves, rail, half = (
        outcome.waves,
        datasheet("fire_driver").setup["rail_vwl"],
        outcome.scenario.bias.vdd1v8 / 2,
    )
    time, begins = waves["time"], [*(t["begin"] for _, t in outcome.pairs), float(waves["time"][-1])]

    phase = (waves["phi_1_1v8"] > half) | (waves["phi_2_1v8"] > half)
    rows = max(float(wave[phase].max()) for name, wave in waves.items() if name.startswith("wl["))
    moved = float(np.abs(waves["vref"][phase] - np.interp(begins[0], time, waves["vref"])).max())
    away = np.any(
        [np.abs(wave - waves["vread"]) > AT_REST for name, wave in waves.items() if name.startswith("bl[")],
        axis=0,
    )
    # until events come again, or the controller is disabled and lines are at ground
    begins += list(time[1:][(waves["con_1v8"][1:] <= half) & (waves["con_1v8"][:-1] > half)])
    quiet = [(t["end"], min(begin for begin in begins if begin >= t["end"])) for _, t, *_ in learned]
    back = [time[away & (time > begin) & (time < end)].max(initial=begin) - begin for begin, end in quiet]
    return [
        outcome.figure("highest_word_line_in_a_waveform", rows, "V", (1 - RAIL) * rail, (1 + RAIL) * rail),
        outcome.figure("largest_move_of_vref_in_a_waveform", 1e3 * moved, "mV", None, 1e3 * UNIT),
        outcome.figure("bit_lines_at_rest_behind_a_waveform", 1e6 * max(back), "us"),
    ]


def judge(outcome: LearnOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, pairs, figure = outcome.scenario, outcome.pairs, outcome.figure
    wrong = [
        p.name
        for p, t in pairs
        if len(t["fired"]) != int(p.fires) or not set(t["fired"]) <= set(scenario.neurons)
    ]
    learned = [(p, t, *_waveform(outcome, p, t)) for p, t in pairs if p.learn and p.factor and t["fired"]]
    figures = [
        *started(outcome),
        figure("presentations_with_wrong_spikes", len(wrong), "", 0, 0),
        figure("waveforms", len(learned), "", sum(p.learn and p.factor != 0 for p in scenario.presentations)),
        figure("errors", outcome.result["errors"], "", 0, 0),
    ]
    if not learned:
        return figures
    firsts = {t["fired"][0]: steps for _, t, steps, _ in reversed(learned)}
    inside = [step for steps in firsts.values() for step in steps]
    figures += [
        figure("least_first_step_of_a_pattern_row", min(inside, default=0.0) * 1e6, "uS", LEAST_STEP * 1e6),
        figure("largest_first_step_of_a_pattern_row", max(inside, default=0.0) * 1e6, "uS"),
        figure(
            "largest_change_of_a_cell_that_stays",
            max(still for *_, still in learned) * 100,
            "%",
            None,
            NEIGHBOUR_CHANGE * 100,
        ),
    ]
    figures += _of_chip(outcome, learned)
    shown = {
        "factors": _of_factors,
        "patterns": _of_patterns,
        "association": _of_association,
        "window": _of_window,
    }
    figures += shown[scenario.shows](outcome)
    if not any(p.late for p, *_ in learned):  # an event behind a waveform would count as part of it
        waveform = [outcome.energy(outcome.spike(t), t["end"]) for _, t, *_ in learned]
        from_vpp = [outcome.energy(outcome.spike(t), t["end"], ("vpp",)) for _, t, *_ in learned]
        figures += [
            figure("energy_of_a_waveform", float(np.mean(waveform)) * 1e12, "pJ"),
            figure("energy_of_a_waveform_from_vpp", float(np.mean(from_vpp)) * 1e12, "pJ"),
            figure(
                "time_of_a_waveform",
                float(np.mean([t["end"] - outcome.spike(t) for _, t, *_ in learned])) * 1e6,
                "us",
            ),
        ]
    events = [outcome.energy(t["begin"], outcome.spike(t)) / t["sent"] for _, t in pairs]
    figures += [
        figure("energy_of_an_event", float(np.mean(events)) * 1e12, "pJ"),
        figure(
            "time_of_an_event",
            float(np.mean([(outcome.spike(t) - t["begin"]) / t["sent"] for _, t in pairs])) * 1e6,
            "us",
        ),
        figure("time", outcome.result["simulated_s"] * 1e6, "us"),
        figure("processor_time", outcome.result["cpu_s"], "s"),
    ]
    return [*figures, *rated(outcome), forward(outcome)] if scenario.rated else figures
