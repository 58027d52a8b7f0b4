"""Other sets on a tester: every set has statistics with sources, states follow the current limit, thin filaments spread more."""

import numpy as np
import pytest
from neusoc.analog.reram import statistics
from neusoc.analog.reram.current_limit import CurrentLimit
from neusoc.analog.reram.equations import Parameters, conductance
from neusoc.analog.reram.integrate import integrate_reference
from neusoc.analog.reram.sets import available
from neusoc.analog.reram.statistics import load_statistics, statistics_of
from neusoc.analog.reram.sweep import OHMS
from neusoc.base.errors import UserError
from neusoc.verification.device.tester import BENCHES, BenchArray, set_figures


def test_tester_every_set_has_statistics_with_sources() -> None:
    assert {*BENCHES, "sky130_oxram"} == set(available())
    fields = [row[:2] for row in load_statistics().table()]
    for name in available():
        rows = list(statistics_of(name).table())
        assert [row[:2] for row in rows] == fields
        assert all(len(source) >= 8 for *_, source in rows)
    with pytest.raises(UserError, match="statistics of nosuch: there are none; write statistics_of_sets/nosuch.yaml"):
        statistics_of("nosuch")


@pytest.mark.parametrize("name", BENCHES)
def test_set_figures_of_a_set(name: str) -> None:
    figures = {f.name: f for f in set_figures(name, cells=1000, cycles=6)}
    assert all(f.passes for f in figures.values()), [f for f in figures.values() if not f.passes]
    medians = [f.value for n, f in figures.items() if ": SET at" in n and n.endswith("median")]
    assert len(medians) == 3 and medians == sorted(medians) and medians[-1] > 5 * medians[0]
    high = [f.value for n, f in figures.items() if ": RESET at" in n and n.endswith("median")]
    assert max(high) < 0.3 * medians[0]
    shares = [f.value for n, f in figures.items() if n.endswith("succeed")]
    assert min(shares) > 90


def test_tester_without_statistics_is_the_integrator() -> None:
    """All effects off: the state behind a limit is that of the converged integrator."""
    for name, tester in BENCHES.items():
        array = BenchArray(3, 1, name, statistics_of(name).without())
        array.set(tester.limits_a[1])
        p = Parameters.of(name)
        times = np.cumsum([0.0, 1e-9, tester.set_s, 1e-9])
        wave = [0.0, tester.set_v, tester.set_v, 0.0]
        end = integrate_reference(p, float(p.xmin_nm), times, wave, CurrentLimit(tester.limits_a[1], OHMS), tolerance=1e-6).x_nm
        assert np.ptp(array.x_nm) == 0
        assert conductance(array.x_nm[0], p) == pytest.approx(float(conductance(end[0], p)), rel=0.02)


def test_tester_refuses_a_word_line() -> None:
    with pytest.raises(UserError, match="statistics of the array, .* a tester has no word line"):
        BenchArray(3, 1, "oxram_leti", load_statistics())
    assert statistics.STATISTICS.is_file()


def test_tester_hot_states_conduct_as_the_set_says() -> None:
    array = BenchArray(4, 1, "cbram_gese", statistics_of("cbram_gese").without("cells", "cycles", "stuck", "telegraph", "noise"))
    array.set(1e-6)
    room = array.conductance()
    array.celsius = 85.0
    p = Parameters.of("cbram_gese")
    hot = float(conductance(array.x_nm[0], p.with_(celsius=85.0)) / conductance(array.x_nm[0], p))
    assert array.conductance() / room == pytest.approx(hot, rel=0.01) and hot != pytest.approx(1.0, rel=0.01)
