"""Figures of learning, from spikes and the cells' conductances: who fires for what, what was strengthened, what stayed, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.osdi import conductance
from neusoc.flow.report import Figure
from neusoc.verification.mixed.judge import SUPPLIES, energy
from neusoc.verification.mixed.learn_scenarios import LearnScenario, Presentation

STAYS = 0.01                    # of the conductance of a cell that must not learn; issue: neighbours below 1 %
LEAST_STEP = 1e-6               # S, by which a waveform changes the weight of a pattern's row at least


@dataclass(frozen=True)
class LearnOutcome:
    """What a run left.

    Attributes:
        scenario: what was run.
        result: result.json of the run.
        waves: name -> samples; `time` in s.
    """

    scenario: LearnScenario
    result: dict
    waves: dict[str, np.ndarray]

    def conductances(self, time: float) -> np.ndarray:
        """(rows, columns), S."""
        at = {tuple(map(int, name[2:-1].split(","))): wave for name, wave in self.waves.items() if name.startswith("x[")}
        found = np.zeros(np.max(list(at), axis=0) + 1)
        for place, wave in at.items():
            found[place] = conductance(float(np.interp(time, self.waves["time"], wave)))
        return found

    def weights(self, time: float) -> np.ndarray:
        """(rows, neurons): G+ - G-, S."""
        cells = self.conductances(time)
        return cells[:, ::2] - cells[:, 1::2]

    def energy(self, begin: float, end: float, supplies: Sequence[str] = SUPPLIES) -> float:
        """Taken from supplies and references between two times, J."""
        return energy(self.waves, self.scenario.bias, begin, end, supplies)


def _waveform(outcome: LearnOutcome, presentation: Presentation, told: dict) -> tuple[list[float], list[float], float]:
    """One spike's waveform.

    Returns:
        Changes (S) of the weights of the winner's rows in the pattern and of its other rows; largest relative change of all other cells.
    """
    before, after = outcome.conductances(told["begin"]), outcome.conductances(told["end"])
    winner, sign = told["fired"][0], np.sign(outcome.scenario.factor)
    change = after - before
    rows = np.isin(np.arange(len(before)), presentation.rows[: told["sent"]])       # a neuron may fire before all have had their event
    steps = sign * (change[:, 2 * winner] - change[:, 2 * winner + 1])
    learns = np.zeros_like(before, dtype=bool)
    # which of the pair is SET: the positive cell of a row that is strengthened, the negative one of a row that is weakened
    up = rows if sign > 0 else ~rows
    learns[up, 2 * winner], learns[~up, 2 * winner + 1] = True, True
    still = np.abs(change / before)[~learns]
    return list(steps[rows]), list(steps[~rows]), float(still.max())


def judge(outcome: LearnOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, told = outcome.scenario, outcome.result["presented"]
    pairs = list(zip(scenario.presentations, told, strict=True))
    begin, end = told[0]["begin"], told[-1]["end"]

    def figure(name: str, value: float | None, unit: str = "", low: float | None = None, high: float | None = None) -> Figure:
        return Figure(name=f"{scenario.name}.{name}", value=value, unit=unit, min=low, max=high, source="simulation")

    def weight(presentation: Presentation, neuron: int, time: float) -> float:
        return float(outcome.weights(time)[list(presentation.rows), neuron].mean())

    wrong = [p.name for p, t in pairs if len(t["fired"]) != int(p.fires) or not set(t["fired"]) <= set(scenario.neurons)]
    tests = {p.name: (p, t) for p, t in pairs if not p.learn}           # the last of each name
    first = {}
    for p, t in pairs:
        first.setdefault(p.name, t)
    owners = [t["fired"][0] for p, t in tests.values() if t["fired"]]
    learned = [(p, t, *_waveform(outcome, p, t)) for p, t in pairs if p.learn and t["fired"]]
    figures = [
        figure("presentations_with_wrong_spikes", len(wrong), "", 0, 0),
        figure("waveforms", len(learned), "", sum(p.learn for p in scenario.presentations), None),
        figure("errors", outcome.result["errors"], "", 0, 0),
    ]
    if not learned:
        return figures
    inside = [step for _, _, rows, _, _ in learned[: len(set(scenario.neurons))] for step in rows]
    figures += [
        figure("least_first_step_of_a_pattern_row", min(inside) * 1e6, "uS", LEAST_STEP * 1e6),
        figure("largest_first_step_of_a_pattern_row", max(inside) * 1e6, "uS"),
        figure("largest_change_of_a_cell_that_stays", max(still for *_, still in learned) * 100, "%", None, STAYS * 100),
    ]
    if len(scenario.neurons) > 1:
        shared = len(owners) - len(set(owners))
        figures.append(figure("patterns_without_a_neuron_of_their_own", shared, "", 0, 0))
        for (name, (p, t)), owner in zip(tests.items(), owners, strict=False):
            other = next(q for q, _ in tests.values() if q.name != name)
            for when, time in (("before", begin), ("after", end)):
                contrast = weight(p, owner, time) - weight(other, owner, time)
                figures.append(figure(f"{name}.contrast_{when}", contrast * 1e6, "uS", *((LEAST_STEP * 1e6,) if when == "after" else ())))
            figures.append(figure(f"{name}.neuron", owner))
            figures.append(figure(f"{name}.events_before", first[name]["sent"]))
            figures.append(figure(f"{name}.events_after", t["sent"], "", None, first[name]["sent"] - 1))
    else:
        for name, (p, t) in tests.items():
            figures.append(figure(f"{name}.weight_before", weight(p, scenario.neurons[0], begin) * 1e6, "uS"))
            figures.append(figure(f"{name}.weight_after", weight(p, scenario.neurons[0], end) * 1e6, "uS"))
            figures.append(figure(f"{name}.events_after", t["sent"]))
    waveform = [outcome.energy(t["spike"], t["end"]) for _, t, *_ in learned]
    from_vfire = [outcome.energy(t["spike"], t["end"], ("vfire",)) for _, t, *_ in learned]
    events = [outcome.energy(t["begin"], t["spike"]) / t["sent"] for t in told]
    figures += [
        figure("energy_of_a_waveform", float(np.mean(waveform)) * 1e12, "pJ"),
        figure("energy_of_a_waveform_from_vfire", float(np.mean(from_vfire)) * 1e12, "pJ"),
        figure("time_of_a_waveform", float(np.mean([t["end"] - t["spike"] for _, t, *_ in learned])) * 1e6, "us"),
        figure("energy_of_an_event", float(np.mean(events)) * 1e12, "pJ"),
        figure("time_of_an_event", float(np.mean([(t["spike"] - t["begin"]) / t["sent"] for t in told])) * 1e6, "us"),
        figure("time", outcome.result["simulated_s"] * 1e6, "us"),
        figure("processor_time", outcome.result["cpu_s"], "s"),
    ]
    return figures
