"""SET abrupt by voltage, gradual by current; and that a cell that does otherwise would be seen."""

import numpy as np
import pytest
from neusoc.analog.reram.equations import Parameters, conductance
from neusoc.analog.reram.sets import load_set
from neusoc.verification.device import regimes
from neusoc.verification.device.regimes import Staircase, greatest_step, numpy_states, regime_figures, staircases


@pytest.mark.full
def test_regimes_are_as_the_review_tells() -> None:
    figures = regime_figures()
    assert len(figures) == 3 * 4 and all(f.passes for f in figures), [f for f in figures if not f.passes]
    steps = {f.name: f.value for f in figures if f.name.endswith("steps above 2 %")}
    assert [v for n, v in steps.items() if "SET by current" in n][0] >= 15 > [v for n, v in steps.items() if "SET by voltage" in n][0]


def test_regimes_greatest_step() -> None:
    assert greatest_step(np.array([1.0, 1.0, 9.0, 10.0])) == pytest.approx(100 * 8 / 9)
    assert greatest_step(np.linspace(5.0, 1.0, 11)) == pytest.approx(10.0)
    assert np.isnan(greatest_step(np.array([1.0, 1.0])))


def test_regimes_a_wrong_regime_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The staircase of currents with a limit that never holds is abrupt, and that fails its limit."""
    whole = staircases()[1]
    stiff = Staircase(whole.name, whole.start_us, whole.volts[:3], np.full(3, 10e-3), gradual=True)
    monkeypatch.setattr(regimes, "staircases", lambda: [stiff])
    step = regime_figures()[0]
    assert step.value > 90 and not step.passes


def test_regimes_current_sets_the_state() -> None:
    """Twice the limit leaves about twice the conductance: the filament stops where the source gives way."""
    chosen = load_set()
    p = Parameters.of(chosen.model)
    ends = []
    for limit in (20e-6, 40e-6):
        one = Staircase("one", 0.4, np.full(4, regimes.HELD_V), np.full(4, limit), gradual=True)
        ends.append(float(conductance(numpy_states(one, chosen)[-1], p)))
    assert 1.6 < ends[1] / ends[0] < 2.8
