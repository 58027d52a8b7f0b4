"""The figures: right waves pass, and waves that are wrong in one thing miss the figure that is for it. No
simulation."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from neusoc.analog.reram.osdi import conductance, filament
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.source_driver.window import filament_of
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.verification.whole_decks import decks, report, run
from neusoc.verification.whole_decks.circuit import core_netlist, whole_deck
from neusoc.verification.whole_decks.judge import BEHIND, expected_membranes, judge, offset_volts
from neusoc.verification.whole_decks.run import Ran

CHIP = load_chip("mini")


class Waves(dict):
    """Every vector that was not set is at ground."""

    def __missing__(self, name):
        return np.zeros(self["time"].size)


@cache
def netlist():
    return core_netlist(CHIP)


@cache
def deck_of(name):
    plan = next(plan for make in decks.DECKS.values() for plan in make(CHIP) if plan.name == name)
    return whole_deck(
        CHIP, plan.steps, plan.states_nm, plan.vectors(), watched=plan.watched, netlist=netlist()
    )


def ran(plan, **waves):
    deck = deck_of(plan.name)
    time = np.linspace(0, plan.steps.stop, 2001)
    return Ran(plan, deck, Waves({"time": time, **{name: value(time) for name, value in waves.items()}}), 1.0)


def missed(name, *runs):
    return {figure.name for figure in judge(CHIP, name, list(runs)) if not figure.passes}


def falls(begin, end, at):
    return lambda time: np.where(time < at, begin, end)


def level(volts):
    return lambda time: np.full(time.size, volts)


def reset_waves(left=0.3e-6, amperes=150e-6, half=0.1, neighbour=1e-6, below=0.01):
    plan = decks.reset(CHIP)[0]
    x, i = decks.state(7, 0), f"i({decks.current(7, 0)})"
    waves = {
        x: falls(filament_of(40e-6), filament_of(left), 1e-6),
        i: lambda t: np.where((t > 5e-8) & (t < 1e-6), amperes, 0.0),
    }
    waves |= {decks.state(r, c): level(plan.states_nm[r, c]) for r, c in plan.cells if (r, c) != (7, 0)}
    waves |= {decks.state(3, 3): falls(filament_of(1e-6), filament_of(neighbour), 2e-6)}
    waves |= {"v(sl)": level(VPP - below), "v(b_3_7)": level(half)}
    return ran(plan, **waves)


def test_whole_decks_judge_reset():
    assert missed("reset", reset_waves()) == set()
    assert missed("reset", reset_waves(left=1e-6)) == {"reset.left"}
    assert missed("reset", reset_waves(amperes=170e-6)) == {"reset.cell_current"}
    assert missed("reset", reset_waves(half=0.6)) >= {"reset.same_row_voltage"}
    assert missed("reset", reset_waves(neighbour=1.2e-6)) == {"reset.others_change"}
    assert missed("reset", reset_waves(below=0.03)) == {"reset.sl_drop"}


def test_whole_decks_judge_tells_a_line_that_was_written_wrong():
    right = reset_waves()
    text = right.deck.text.replace("rs_3_4 s_3_3 s_3_4 0.78125", "rs_3_4 s_3_3 s_3_4 7.8125")
    assert text != right.deck.text
    wrong = replace(right, deck=replace(right.deck, text=text))
    assert missed("reset", wrong) == {"reset.source_line"}


def read_waves(amperes=7.8e-6, second=0.0, sense=0.199):
    plan = decks.read(CHIP)[0]
    above = falls(1.8, second, (plan.marks["first"] + plan.marks["second"]) / 2)
    return ran(
        plan,
        **{
            decks.state(7, 0): level(filament_of(40e-6)),
            f"i({decks.current(7, 0)})": level(amperes),
            "v(sense_line)": level(sense),
            "v(adc_above_1v8)": above,
            "v(adc_valid_1v8)": level(1.8),
        },
    )


def test_whole_decks_judge_read():
    assert missed("read", read_waves()) == set()
    assert missed("read", read_waves(amperes=7.0e-6)) == {"read.current_error"}
    assert missed("read", read_waves(sense=0.19)) == {"read.sense_line"}
    (code,) = missed("read", read_waves(second=1.8))
    assert code == f"read.above_code_{decks.code_limits(CHIP)[1]}"


def image_waves(gain=1.0, offset=0.0, ohm=10.0, one=0.0, amperes=1e-3):
    plan = decks.image(CHIP)[0]
    meant, _ = expected_membranes(CHIP)
    ends = [plan.marks[f"window{k}"] + BEHIND for k in range(4)]
    waves = {"v(sl_rail)": level(ohm * 1e-3), "i(vmeter)": level(1e-3), "i(vdd1v8)": level(-amperes)}
    waves |= {"v(vdd_core)": level(1.8), "v(s_0_0)": level(1e-3)}
    for k in range(CHIP.neurons):
        points = 0.9 + np.array([0.0, *(gain * meant[:, k] + offset + one * (k == 1))])
        waves[f"v(xneuron{k}.vm)"] = lambda t, p=points: np.interp(t, [plan.marks["begin"], *ends], p)
    return ran(plan, **waves)


def test_whole_decks_judge_image():
    room = float(offset_volts(CHIP)[-1])
    assert missed("image", image_waves()) == set()
    assert missed("image", image_waves(gain=1.05)) >= {"image.common_gain_error"}
    assert missed("image", image_waves(gain=1.3)) >= {
        "image.farthest_membrane_error",
        "image.nearest_membrane_error",
    }
    assert missed("image", image_waves(one=3 * room)) >= {"image.worst_error_over_its_limit"}
    assert missed("image", image_waves(ohm=16.0)) == {"image.source_lines_to_ground"}
    assert missed("image", image_waves(amperes=4e-3)) == {"image.energy"}


def test_whole_decks_emulator_sees_the_source_lines_and_both_signs():
    volts, parts = expected_membranes(CHIP)
    softer, _ = expected_membranes(CHIP, source_ohm=500.0)
    assert np.all(np.abs(softer[-1]) < np.abs(volts[-1])) and np.all(parts[-1] >= np.abs(volts[-1]))
    assert volts[-1, 0] == pytest.approx(volts[-1, -1], rel=0.02)  # the same cells, far and near


def learn_waves(alone=15e-6, together=12e-6, below=0.1, word=1.9):
    found = []
    for plan, step in zip(decks.learn(CHIP), (alone, together), strict=True):
        start = decks.datasheet("fire_driver").setup["start_nm"]
        waves = {
            decks.state(r, c): level(plan.states_nm[r, c]) for r in plan.rows for c in range(CHIP.columns)
        }
        waves |= {
            decks.state(row, 0): falls(start, filament(conductance(start) + step), plan.marks["middle"])
            for row in plan.rows
        }
        waves |= {
            "v(n_0)": level(VPP - below),
            "v(vpp_fire)": level(VPP - 0.001),
            f"v(wl_{plan.rows[-1]})": level(word),
        }
        found.append(ran(plan, **waves))
    return found


def test_whole_decks_judge_learning():
    assert missed("learn", *learn_waves()) == set()
    assert missed("learn", *learn_waves(together=9e-6)) == {"learn.ratio"}
    assert missed("learn", *learn_waves(alone=4e-6, together=4e-6)) == {
        "learn.step_alone",
        "learn.least_step_together",
    }
    assert missed("learn", *learn_waves(below=0.2)) == {
        "learn.alone.driver_below_vpp",
        "learn.together.driver_below_vpp",
    }
    assert missed("learn", *learn_waves(word=1.7)) == {"learn.alone.word_line", "learn.together.word_line"}


def test_whole_decks_run_keeps_its_waves_until_the_deck_changes(monkeypatch, tmp_path):
    calls = []

    class Done:
        log, arrays = "", {"tran": {"time": np.array([0.0, 1e-9]), "v(sl)": np.array([1.0, 2.0])}}

    monkeypatch.setattr(run, "run", lambda text, timeout: calls.append(text) or Done)
    monkeypatch.setattr(run, "BUILD", tmp_path)
    plan = decks.read(CHIP)[0]
    first, again = run.ran(CHIP, plan, netlist()), run.ran(CHIP, plan, netlist())
    assert len(calls) == 1 and again.waves["v(sl)"].tolist() == first.waves["v(sl)"].tolist() == [1.0, 2.0]
    assert again.at("v(sl)", 0.5e-9) == pytest.approx(1.5)
    run.ran(CHIP, replace(plan, states_nm={}), netlist())
    assert len(calls) == 2
    Done.log = f"Note: {run.LAST_RESORT}"
    with pytest.raises(run.SpiceError, match="no operating point"):
        run.ran(CHIP, replace(plan, states_nm={(0, 0): 4.0}), netlist())


def test_whole_decks_report_without_a_simulation(monkeypatch, tmp_path):
    """A deck that does not end fails with a figure without value; an unknown deck is one sentence."""

    def broken(chip, plan):
        raise report.SpiceError("ngspice: Timestep too small")

    monkeypatch.setattr(report, "ran", broken)
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    found = report.check_decks(CHIP, ["read"])
    assert found.step == "decks.mini" and found.verdict == "fail"
    assert [(f.name, f.value) for f in found.figures] == [("read.completed", None)]
    with pytest.raises(UserError, match="deck 'form': unknown"):
        report.check_decks(CHIP, ["form"])
