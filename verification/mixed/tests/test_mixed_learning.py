"""Learning from spikes with the controller's RTL and the core's transistors; what must not pass as
learning."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.verification.mixed.common.faults import LEARN_FAULTS
from neusoc.verification.mixed.common.run import CHIP, core_netlist
from neusoc.verification.mixed.learning.judge import LearnOutcome, judge
from neusoc.verification.mixed.learning.run import check_learning
from neusoc.verification.mixed.learning.scenarios import LATE, LEARNING, PAVLOV, TWO_PATTERNS, WINDOW
from neusoc.verification.mixed.tests.played import levels, missed

# A fault is caught if this figure fails.
SEEN_BY = {
    "exchanged_phases": "least_first_step_of_a_pattern_row",
    "exchanged_fires": "least_first_step_of_a_pattern_row",
    "held_at_rest": "largest_move_of_vref_in_a_waveform",
    "full_rail": "highest_word_line_in_a_waveform",
}
RAIL_V = datasheet("fire_driver").setup["rail_vwl"]


@pytest.mark.full
@pytest.mark.parametrize("name", LEARNING)
def test_mixed_learning(name: str) -> None:
    assert missed(check_learning(load_chip(CHIP), (LEARNING[name],)).figures) == set()


@pytest.mark.full
@pytest.mark.parametrize(("fault", "figure"), SEEN_BY.items())
def test_mixed_learning_catches(fault: str, figure: str) -> None:
    assert figure in missed(check_learning(load_chip(CHIP), (PAVLOV,), LEARN_FAULTS[fault]).figures)


@pytest.mark.full
def test_mixed_learning_window_catches() -> None:
    """With the phases exchanged a row in the window is weakened."""
    figures = check_learning(load_chip(CHIP), (WINDOW,), LEARN_FAULTS["exchanged_phases"]).figures
    assert {"rows_with_the_wrong_sign", "least_first_step_of_a_pattern_row"} <= missed(figures)


def _outcome() -> LearnOutcome:
    """Two patterns, learned as they should be: each waveform SETs what it must by 5 uS."""
    times, cells = (
        [0.0],
        {(r, c): [TWO_PATTERNS.conductances.get((r, c), 0.4e-6)] for r in range(8) for c in range(8)},
    )
    told = []
    for index, presentation in enumerate(TWO_PATTERNS.presentations):
        neuron = 0 if presentation.name == "A" else 1
        begin = (index + 1) * 1e-6
        told.append({"sent": 6 if index < 8 else 3, "fired": [neuron], "begin": begin, "end": begin + 0.6e-6})
        for time, step in (
            (begin, 0.0),
            (begin + 0.4e-6, 0.0),
            (begin + 0.6e-6, 5e-6 if presentation.learn else 0.0),
        ):
            times.append(time)
            for (row, column), wave in cells.items():
                set_now = column == 2 * neuron + (row not in presentation.rows)
                wave.append(wave[-1] + step * set_now)
    waves = {f"x[{r},{c}]": np.array([filament(g) for g in wave]) for (r, c), wave in cells.items()}
    time = np.array(times)
    phase = np.isin(
        np.arange(len(times)), [3 * k + 3 for k, p in enumerate(TWO_PATTERNS.presentations) if p.learn]
    )
    waves |= levels(time) | {"time": time, "con_1v8": np.full(time.size, 1.8)}
    waves |= {name: np.where(phase, 1.8, 0.0) for name in ("phi_1_1v8", "phi_2_1v8")}
    waves |= {f"wl[{r}]": np.where(phase, RAIL_V, 0.0) for r in range(8)} | {
        f"bl[{c}]": waves["vread"] for c in range(8)
    }
    result = {"started": 0.0, "presented": told, "errors": 0, "simulated_s": times[-1], "cpu_s": 1.0}
    return LearnOutcome(TWO_PATTERNS, result, waves)


def test_learn_judge_passes_good_learning() -> None:
    assert missed(judge(_outcome())) == set()


def test_learn_judge_sees_what_is_wrong() -> None:
    shared = _outcome()
    shared.result["presented"][-1]["fired"] = [0]
    assert "patterns_without_a_neuron_of_their_own" in missed(judge(shared))
    silent = _outcome()
    silent.result["presented"][2]["fired"] = []
    assert {"presentations_with_wrong_spikes", "waveforms"} <= missed(judge(silent))
    stranger = _outcome()
    stranger.result["presented"][2]["fired"] = [3]
    assert "presentations_with_wrong_spikes" in missed(judge(stranger))
    slow = _outcome()
    slow.result["presented"][-1]["sent"] = 6
    assert missed(judge(slow)) == {"B.events_after"}
    moved = _outcome()
    moved.waves["x[0,4]"] = np.linspace(filament(20e-6), filament(30e-6), len(moved.waves["time"]))
    assert missed(judge(moved)) == {"largest_change_of_a_cell_that_stays"}


def test_learn_judge_sees_exchanged_phases() -> None:
    """phi_1 and phi_2 change places: the pattern's rows lose weight, and what must stay moves."""
    wrong = _outcome()
    exchanged = copy.copy(wrong.waves)
    for row in range(8):
        for pair in range(4):
            plus, minus = f"x[{row},{2 * pair}]", f"x[{row},{2 * pair + 1}]"
            wrong.waves[plus], wrong.waves[minus] = exchanged[minus], exchanged[plus]
    assert {"least_first_step_of_a_pattern_row", "largest_change_of_a_cell_that_stays"} <= missed(
        judge(wrong)
    )


def _windowed(up: tuple[int, ...] = (0, 1, 5, 6), first_late: float = 0.05) -> LearnOutcome:
    """Seven rows, an event each 0.6 us, row 1 last; the spike, a waveform that strengthens some, an event
    behind it, and one at rest."""
    time = np.arange(0.0, 20e-6, 20e-9)
    events = {row: 2.2e-6 + 0.6e-6 * k for k, row in enumerate((2, 3, 4, 5, 6, 0, 1))}
    spike, late = 6.2e-6, [9e-6, 14e-6]

    def pulses(begins: list[float], high: float, width: float = 0.1e-6) -> np.ndarray:
        return high * np.any([(time >= begin) & (time < begin + width) for begin in begins], axis=0)

    waves = {f"wl[{row}]": pulses([events[row]] if row in events else late, 3.6) for row in range(8)}
    phase = pulses([7e-6], 1.8, 1e-6)
    waves |= {name: np.maximum(wave, np.where(phase > 0, RAIL_V, 0)) for name, wave in waves.items()}
    for row in range(8):
        for side in (0, 1):
            learned = (time > 7.5e-6) * 10e-6 * ((row in up) == (side == 0))
            waves[f"x[{row},{side}]"] = np.array(
                [filament(g) for g in WINDOW.conductances[row, side] + learned]
            )
    steps = (0.08 * (1 - first_late), 0.08)
    waves["vm[0]"] = 0.9 - sum(
        np.where(time > begin + 0.05e-6, step, 0) for begin, step in zip(late, steps, strict=True)
    )
    waves |= levels(time)
    waves |= {f"bl[{c}]": waves["vread"] for c in range(2)} | {
        "integ_1v8": pulses([*events.values(), *late], 1.8)
    }
    waves |= {"con_1v8": np.full(len(time), 1.8), "phi_1_1v8": phase, "phi_2_1v8": phase}
    waves |= {"discharge_1v8[0]": pulses([spike], 1.8, 0.4e-6), "time": time}
    told = [
        {"sent": 7, "fired": [0], "begin": 0.5e-6, "end": 11e-6},
        {"sent": 1, "fired": [], "begin": 13e-6, "end": 15e-6},
    ]
    result = {
        "started": 0.0,
        "presented": told,
        "errors": 0,
        "simulated_s": 20e-6,
        "cpu_s": 1.0,
        "clock_s": 20e-9,
    }
    return LearnOutcome(WINDOW, result, waves)


def test_learn_judge_of_the_window() -> None:
    """Between one tick and two (1.3, 2.6 us) a row may be in or out; not below, not beyond, and no row that
    is heard later."""
    assert missed(judge(_windowed(first_late=0.0))) == set()
    assert missed(judge(_windowed((0, 1, 6), first_late=0.0))) == set()
    assert "rows_with_the_wrong_sign" in missed(judge(_windowed((0, 5, 6))))
    assert {"rows_with_the_wrong_sign", "longest_time_that_strengthens"} <= missed(
        judge(_windowed((0, 1, 2, 5, 6)))
    )
    assert "rows_with_the_wrong_sign" in missed(judge(_windowed((0, 1, 5, 6, LATE))))
    assert missed(judge(_windowed())) == {"the_same_behind_the_waveform_lacks"}
    dead = _windowed()
    dead.waves["integ_1v8"] = dead.waves["integ_1v8"] * 0
    assert {"events_behind_the_waveform", "events_at_rest"} <= missed(judge(dead))
    still = _windowed()
    still.waves["x[0,0]"] = np.full(len(still.waves["time"]), still.waves["x[0,0]"][0])
    assert "rows_with_the_wrong_sign" in missed(judge(still))
    nobody = _windowed(())
    assert {"rows_with_the_wrong_sign", "least_first_step_of_a_pattern_row"} <= missed(judge(nobody))


@pytest.mark.parametrize("fault", LEARN_FAULTS.values())
def test_learn_faults_edit_the_netlist(fault) -> None:
    netlist = core_netlist(load_chip(CHIP))
    assert fault(netlist) != netlist


def test_learn_faults_have_a_figure_each() -> None:
    assert SEEN_BY.keys() == LEARN_FAULTS.keys()


@pytest.mark.parametrize("scenario", [TWO_PATTERNS, PAVLOV], ids=lambda s: s.name)
def test_learn_scenarios_test_before_and_after(scenario) -> None:
    """What is learned was presented before the first waveform, and comes again after the last."""
    learns = [i for i, p in enumerate(scenario.presentations) if p.learn]
    before, after = (
        {p.name for p in part}
        for part in (scenario.presentations[: learns[0]], scenario.presentations[learns[-1] + 1 :])
    )
    assert after and after <= before
