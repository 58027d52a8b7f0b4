"""The study's conditions, figures and picture; chips that take no time stand for sampled ones."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.training import Settings
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import WITHOUT, Outcome, Trial
from neusoc.verification.software import study
from neusoc.verification.software.digits import AGES

CHIP = load_chip("tapeout")


@pytest.fixture
def trial():
    return Trial(CHIP, Circuit.of(CHIP), Network.from_numpy(np.eye(64, 30)), np.ones((3, 64)), np.zeros(3, int), ages=tuple(AGES.values()))


def test_study_conditions_change_one_thing(trial):
    parts = study.conditions(trial)
    assert set(parts) == set(study.PARTS) - study.OTHERS
    off = {one.without for one in parts["imperfections"].values()}
    assert off == {(), *((name,) for name in WITHOUT), WITHOUT}
    assert parts["imperfections"][study.BASE] == trial
    assert [(one.ages, one.refresh) for one in parts["refresh"].values()] == [
        ((4 * DAY_S,), refresh) for refresh in (None, Operation.PROGRAM, Operation.REFRESH)
    ]
    assert [one.celsius for one in parts["celsius"].values()] == [-40, 85]
    assert [one.stuck for one in parts["stuck"].values()] == [0.01, 0.05]
    assert [one.events for one in parts["events"].values()] == [40, 80, 160]


@pytest.fixture
def fast(monkeypatch, tmp_path):
    """Chips that say what was asked of them, networks that were not trained."""
    asked = []

    def told(trial):
        asked.append(trial)
        return 0.9 - 0.05 * len(trial.without) / len(WITHOUT) - 0.1 * (trial.events < 100)

    def chip(trial, seed):
        return Outcome(seed, tuple((told(trial) - 0.01 * np.arange(len(trial.ages))).tolist()), 9.0, (), 0)

    def run_chips(trials, seeds, workers, one=None):
        return {name: [chip(trial, seed) for seed in seeds] for name, trial in trials.items()}

    monkeypatch.setattr(study, "run_chips", run_chips)
    monkeypatch.setattr(study, "trained", lambda *_: (Network.from_numpy(np.eye(64, 30)), Settings()))
    monkeypatch.setattr(study, "trained_hidden", lambda *_: (Network.from_numpy([np.eye(64, 32), np.eye(32, 10)]), Settings()))
    monkeypatch.setattr(study, "BUILD", tmp_path)
    monkeypatch.setattr(study, "PICTURE", tmp_path / "study.png")
    return asked


def test_study_report_has_a_figure_for_each_condition_and_a_picture(fast, tmp_path):
    report = study.study_report(chips=2)
    values = {figure.name: figure.value for figure in report.figures}
    assert values["64-30 everything on stratified programmed: mean"] == 90 and values["64-30 everything on last360 1 day: mean"] == 88
    assert values["64-30 by 40 events stratified programmed: mean"] == 80
    assert values["64-30 without any of these stratified programmed: mean"] == 85
    assert {"64-30 REFRESH after each day last360 4 days: mean", "64-30 at -40 C stratified 1 s: mean"} <= set(values)
    limits = {figure.name: figure.min for figure in report.figures if figure.min is not None}
    assert limits == {"64-32-10 in two passes stratified programmed: mean": 96, "64-32-10 in two passes last360 programmed: mean": 91.5}
    assert {"64-60 in two tiles last360 programmed: mean", "64-10 on three neurons each stratified programmed: mean"} <= set(values)
    assert report.verdict == "fail" and (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")
    assert len({figure.name for figure in report.figures}) == len(report.figures)


def test_study_report_of_a_part_asks_no_more(fast):
    report = study.study_report(chips=1, parts=["celsius"])
    assert {one.celsius for one in fast} == {27.0, -40.0, 85.0} and len(fast) == 6
    assert len(report.figures) == 18


def test_study_picture_shows_the_difference_on_the_same_chips():
    outcomes = {
        study.BASE: [Outcome(1, (0.9, 0.8), 1.0, (), 0), Outcome(2, (0.8, 0.7), 1.0, (), 0)],
        "without offset": [Outcome(1, (0.95, 0.8), 1.0, (), 0), Outcome(2, (0.85, 0.7), 1.0, (), 0)],
        "by 40 events": [Outcome(1, (0.8,), 1.0, (), 0), Outcome(2, (0.8,), 1.0, (), 0)],
    }
    shown = study._shown([outcomes, outcomes])["last360"]
    assert [round(mean, 6) for mean, _ in shown["without offset"]] == [5, 0] and shown["without offset"][0][1] == pytest.approx(0)
    assert shown["by 40 events"] == [(pytest.approx(-5), pytest.approx(5))] and shown[study.BASE][0][0] == pytest.approx(85)


@pytest.mark.parametrize(("given", "said"), [({"chips": 0}, "chips is 0"), ({"parts": ["rain"]}, "no part 'rain'; choose of imp")])
def test_study_refuses(given, said):
    with pytest.raises(UserError, match=said):
        study.study_report(**given)


def test_study_ages_have_names():
    assert [study.age_name(age) for age in (*AGES.values(), 4 * DAY_S)] == ["programmed", "1 s", "1 day", "4 days"]
