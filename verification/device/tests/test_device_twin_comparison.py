"""ngspice with the compiled model against the numpy twin; and that a difference would be seen."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.integrate import ConvergenceError
from neusoc.analog.reram.sets import available, load_set
from neusoc.verification.device import twin_comparison
from neusoc.verification.device.twin_comparison import (
    compare,
    dc_percent,
    random_trains,
    spice_train,
    twin_figures,
)

SET = load_set()


def test_device_agreement_of_eight_trains() -> None:
    figures = {f.name: f for f in twin_figures(8, tolerance=1e-8)}
    assert all(f.passes for f in figures.values()), [f for f in figures.values() if not f.passes]


@pytest.mark.parametrize("celsius", [-40.0, 125.0])
@pytest.mark.parametrize("name", [n for n in available() if n != "sky130_oxram"])
def test_device_agreement_of_the_other_sets_currents(name: str, celsius: float) -> None:
    assert dc_percent(load_set(name), celsius=celsius) < 0.1


@pytest.mark.parametrize("change", [{"ea_hrs_ev": 0.0}, {"celsius": 27.0}])
def test_device_agreement_sees_a_twin_that_stays_cold(
    change: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    hot = twin_comparison.Parameters.with_
    monkeypatch.setattr(
        twin_comparison.Parameters, "with_", lambda self, **fields: hot(self, **(fields | change))
    )
    assert dc_percent(SET, celsius=125.0) > 10
    assert (
        np.max(compare([random_trains(20)[k] for k in (0, 6)], SET, 1e-7, 125.0).edge_ns) > 2
        or "celsius" not in change
    )


@pytest.mark.full
def test_device_agreement_of_all_trains() -> None:
    figures = twin_figures()
    assert figures[0].value >= 200
    assert all(f.passes for f in figures), [f for f in figures if not f.passes]


def test_device_agreement_trains_cover_the_range() -> None:
    trains = random_trains()
    volts = np.concatenate([t.volts for t in trains])
    widths = np.concatenate([np.diff(t.times_s)[2::4] for t in trains]) * 1e9
    assert volts.min() < -3.2 and volts.max() > 3.2
    assert widths.min() < 6 and widths.max() > 1900
    assert min(t.ohms for t in trains) == 0 and max(t.ohms for t in trains) > 19e3


@pytest.mark.parametrize(
    ("change", "seen"), [({"eg_ev": 1.503}, "edge_ns"), ({"i1_a": 60e-6}, "end_percent")]
)
def test_device_agreement_sees_a_wrong_parameter(
    change: dict[str, float], seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin whose barrier is 2 meV off, or whose current is 2 % off, does not pass as the same."""
    right = twin_comparison.Parameters.of(SET.model)
    monkeypatch.setattr(
        twin_comparison.Parameters, "of", classmethod(lambda cls, _model: right.with_(**change))
    )
    found = compare([random_trains(20)[k] for k in (0, 6, 14)], SET, 1e-7)  # with edges that take their time
    alike = {"edge_ns": twin_comparison.EDGE_LIMIT_NS, "end_percent": 0.02}[seen]
    assert getattr(found, seen).max() > alike
    assert dc_percent(SET) > 0.1 or "i1_a" not in change


def test_device_agreement_ngspice_that_gives_up_is_told() -> None:
    broken = SET.model_copy(update={"model": SET.model.model_copy(update={"v0_mps": 1e40, "vmax_mps": 1e40})})
    with pytest.raises(
        ConvergenceError, match=r"cell of .* nm behind .* ohm does not converge at .* s, bias .* V"
    ):
        spice_train(random_trains(1)[0], broken)
