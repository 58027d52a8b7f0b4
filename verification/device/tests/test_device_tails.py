"""Tails and wear in the level study: the first scenario is the study as it was, the others cost what they are there for."""

import pytest
from neusoc.analog.reram.statistics import load_statistics
from neusoc.verification.device import levels
from neusoc.verification.device.tails import SCENARIOS, WORN_CYCLES, tail_figures, with_values
from pydantic import ValidationError


def test_tails_default_is_the_study_as_it_was() -> None:
    """The scenario without a tail is the study of the statistics as they stand, cell by cell."""
    study = levels.study(16, 1, with_values(load_statistics(), SCENARIOS["as in statistics.yaml"].values))
    assert study == levels.study(16, 1) and 0.9 < study.inside[0] < 1


def test_tails_each_scenario_costs() -> None:
    found = {f.name: f.value for f in tail_figures(1)}
    inside = {name: found[f"{name}: within half a level"] for name in SCENARIOS}
    plain, *others = inside.values()
    assert plain > 99 and all(value <= plain + 0.05 for value in others)
    assert min(others) > 90
    stuck = {end: [found[f"{name}: {end}"] for name in SCENARIOS] for end in ("stuck low", "stuck high")}
    names = list(SCENARIOS)
    shorted, opened = names.index("1e5 RESETs, worn cells shorted"), names.index("1e5 RESETs, half of the worn cells open")
    assert stuck["stuck high"][shorted] > stuck["stuck high"][0] + 1
    assert stuck["stuck low"][opened] > stuck["stuck low"][shorted] + 0.5


def test_tails_worn_cells_count_as_faulty() -> None:
    path = levels.used_array(levels.plan(16)[0], 0, None, levels.SEED, cycles=10 * WORN_CYCLES)
    assert 0.4 < (path.cells.faulty == 2).mean() < 0.6 and not (path.cells.faulty[path.cells.stuck == 1] == 2).any()


def test_tails_values_are_checked() -> None:
    with pytest.raises(ValidationError):
        with_values(load_statistics(), {("cycles", "hrs_tail"): 1.5})
    with pytest.raises(KeyError):
        with_values(load_statistics(), {("cycles", "nosuch"): 0.5})
