"""The study's conditions and figures; chips that take no time stand for sampled ones."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import WITHOUT, Outcome, Trial
from neusoc.verification.software import study
from neusoc.verification.software.digits import AGES

CHIP = load_chip("tapeout")


@pytest.fixture
def trial():
    network = Network.from_numpy(np.eye(64, 30))
    return Trial(
        CHIP, ImageCircuit.of(CHIP), network, np.ones((3, 64)), np.zeros(3, int), ages=tuple(AGES.values())
    )


def test_study_conditions_change_one_thing(trial):
    parts = study.conditions(trial)
    assert set(parts) == set(study.PARTS[:4])
    off = {changed.without for changed in parts["imperfections"].values()}
    assert off == {*((name,) for name in WITHOUT), WITHOUT}
    assert [(days.ages, days.refresh) for days in parts["refresh"].values()] == [
        ((4 * DAY_S,), refresh) for refresh in (None, Operation.PROGRAM, Operation.REFRESH)
    ]
    assert [changed.celsius for changed in parts["celsius"].values()] == [-40, 85]
    assert [changed.stuck for changed in parts["stuck"].values()] == [0.01, 0.05]


@pytest.fixture
def fast(monkeypatch):
    """Chips that say what was specified for them, networks that were not trained."""
    specified = []

    def share(trial):
        specified.append(trial)
        return 0.9 - 0.05 * len(trial.without) / len(WITHOUT) - 0.1 * (getattr(trial, "events", 312) < 100)

    def chip(trial, seed):
        spikes = 9.0 if hasattr(trial, "events") else 0.0
        return Outcome(
            seed, tuple((share(trial) - 0.01 * np.arange(len(trial.ages))).tolist()), 0.0, 0.0, spikes
        )

    def run_chips(trials, seeds, workers, one):
        return {name: [chip(trial, seed) for seed in seeds] for name, trial in trials.items()}

    monkeypatch.setattr(study, "run_chips", run_chips)
    monkeypatch.setattr(study, "trained", lambda data, each: Network.from_numpy(np.eye(64, 10 * each)))
    monkeypatch.setattr(
        study, "trained_hidden", lambda *_: Network.from_numpy([np.eye(64, 32), np.eye(32, 10)])
    )
    return specified


def test_study_report_has_a_figure_for_each_condition(fast):
    report = study.study_report(chips=2)
    values = {figure.name: figure.value for figure in report.figures}
    assert (
        values["64-30 everything on stratified programmed: mean"] == 90
        and values["64-30 everything on last360 1 day: mean"] == 88
    )
    assert values["64-30 by 40 events stratified programmed: mean"] == 80
    assert (
        values["64-30 by 312 events last360: spikes an image"] == 9
        and "64-30 everything on stratified: spikes an image" not in values
    )
    assert values["64-30 without any of these stratified programmed: mean"] == 85
    assert {
        "64-30 REFRESH after each day last360 4 days: mean",
        "64-30 at -40 C stratified 1 s: mean",
    } <= set(values)
    limits = {figure.name: figure.min for figure in report.figures if figure.min is not None}
    assert limits == {
        "64-32-10 in two passes stratified programmed: mean": 96,
        "64-32-10 in two passes last360 programmed: mean": 91.5,
        "64-30 by 312 events stratified programmed: mean": 96,
        "64-30 by 312 events last360 programmed: mean": 91,
    }
    assert "64-60 in two tiles last360 programmed: mean" in values
    assert report.verdict == "fail"
    assert len({figure.name for figure in report.figures}) == len(report.figures)


def test_study_report_of_a_part_runs_no_more(fast):
    report = study.study_report(chips=1, parts=["celsius"])
    assert {trial.celsius for trial in fast} == {27.0, -40.0, 85.0} and len(fast) == 6
    assert len(report.figures) == 18


@pytest.mark.parametrize(
    ("given", "said"), [({"chips": 0}, "chips is 0"), ({"parts": ["rain"]}, "no part 'rain'; choose of imp")]
)
def test_study_refuses(given, said):
    with pytest.raises(UserError, match=said):
        study.study_report(**given)


def test_study_ages_have_names():
    assert [study.age_name(age) for age in (*AGES.values(), 4 * DAY_S)] == [
        "programmed",
        "1 s",
        "1 day",
        "4 days",
    ]
