"""The converged integrator: order of its method, step tolerance, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.equations import (
    BOLTZMANN_EV,
    Parameters,
    Resistor,
    conductance,
    current,
    divide,
    filament,
    speed,
)
from neusoc.analog.reram.integrate import ConvergenceError, integrate_reference
from neusoc.base.errors import UserError

P = Parameters.of()
TIMES = np.array([0, 10, 20, 220, 230, 290]) * 1e-9
SET, RESET = [0, 0, 2.4, 2.4, 0, 0], [0, 0, -2.4, -2.4, 0, 0]


@pytest.mark.parametrize(("volts", "start", "ohms"), [(SET, 3.3, 10e3), (RESET, 4.85, 1e3), (SET, 3.3, 0.0)])
def test_device_integrate_is_converged(volts: list[float], start: float, ohms: float) -> None:
    coarse, fine = (
        integrate_reference(P, start, TIMES, volts, Resistor(ohms), tolerance=t, record=True)
        for t in (1e-7, 1e-9)
    )
    assert abs(fine.x_nm[0] - start) > 0.3
    assert fine.steps > 1.5 * coarse.steps
    assert coarse.x_nm == pytest.approx(fine.x_nm, abs=1e-5)
    middle = 0.5 * (start + fine.x_nm)
    assert coarse.crossing_s(middle) == pytest.approx(fine.crossing_s(middle), abs=1e-12)


def test_device_integrate_cells_do_not_touch_each_other() -> None:
    ohms, start = np.array([0.0, 5e3, 20e3]), np.array([3.3, 3.5, 4.0])
    spread = P.with_(i1_a=P.i1_a * np.array([0.8, 1.0, 1.2]))
    together = integrate_reference(spread, start, TIMES, SET, Resistor(ohms)).x_nm
    for k in range(3):
        alone = integrate_reference(
            P.with_(i1_a=spread.i1_a[k]), start[k], TIMES, SET, Resistor(ohms[k])
        ).x_nm
        assert together[k] == pytest.approx(alone[0], abs=1e-9)


def test_device_equations_by_hand() -> None:
    """One point of each equation worked out from the README's formulas."""
    x, v, heat = 4.0, 1.2, 50.0
    kt = BOLTZMANN_EV * 350.0
    lowered = (16.5 - 1.25 * 1.0) * 0.25 / 5.0 * v
    wanted = 150.0 * (np.exp((lowered - 1.501) / kt) - np.exp((-lowered - 1.5) / kt))
    assert speed(x, v, heat, P) == pytest.approx(wanted, rel=1e-6)
    assert current(x, v, P) == pytest.approx(61.4e-6 * np.exp(-1.0 / 0.2751) * np.sinh(v / 0.43), rel=1e-12)
    assert filament(conductance(4.2, P), P) == pytest.approx(4.2)
    assert current(4.0, 5.0, P) < current(4.0, 4.0, P) * (1 + 1.01 / 0.43 * 1.0001)  # tangent above 4 V


def test_device_equations_at_another_ambient() -> None:
    """By hand as above; a filament and its conductance belong together at every temperature."""
    hot = P.with_(celsius=125.0)
    depth, kt, rest = (4.57 - 4.0) / (4.57 - 3.3), BOLTZMANN_EV * 448.0, 398.0
    warm = np.exp(depth * 0.06 / BOLTZMANN_EV * (1 / 300.0 - 1 / rest)) * (1 - (1 - depth) * 0.0005 * 98.0)
    assert current(4.0, 1.2, hot) / current(4.0, 1.2, P) == pytest.approx(warm, rel=1e-12)
    lowered = (16.5 - 1.25 * 1.0) * 0.25 / 5.0 * 1.2
    wanted = 150.0 * (np.exp((lowered - 1.501) / kt) - np.exp((-lowered - 1.5) / kt))
    assert speed(4.0, 1.2, 50.0, hot) == pytest.approx(wanted / (1 + wanted / P.vmax_mps), rel=1e-6)
    x = np.linspace(3.3, 4.9, 33)
    for celsius in (-40.0, 125.0):
        p = P.with_(celsius=celsius)
        assert (
            filament(conductance(x, p), p) == pytest.approx(x, abs=1e-9)
            and (np.diff(conductance(x, p)) > 0).all()
        )


def test_device_nothing_at_27_degrees_depends_on_what_the_ambient_does() -> None:
    """To the last bit: the chip's figures are taken there."""
    x, v = np.linspace(2.9, 4.9, 41)[:, None], np.linspace(-3.3, 3.3, 34)
    other = P.with_(ea_hrs_ev=0.2, tc_lrs_per_k=0.003, xlrs_nm=4.0)
    for values in ((current, x, v), (conductance, x)):
        function, *where = values
        assert np.array_equal(function(*where, P), function(*where, other))
    assert np.array_equal(speed(x, v, 10.0, P), speed(x, v, 10.0, other))
    assert P.rest_k == P.t0_k == 300.0


@pytest.mark.parametrize("ohms", [0.0, 1.0, 1e3, 20e3, 1e6])
def test_device_divider_balances(ohms: float) -> None:
    x, source = np.linspace(2.9, 4.9, 41)[:, None], np.linspace(-5, 5, 51)
    v = divide(x, np.broadcast_to(source[None, :, None], (41, 51, 1)), Resistor(ohms), P)
    assert np.abs(source - v - ohms * current(x, v, P)).max() < 1e-6


def test_device_integrate_pristine_cell_stays_until_formed() -> None:
    quiet = integrate_reference(P, 2.9, TIMES, [0, 0, 2.0, 2.0, 0, 0], Resistor(10e3)).x_nm[0]
    formed = integrate_reference(P, 2.9, TIMES, [0, 0, 3.1, 3.1, 0, 0], Resistor(10e3)).x_nm[0]
    assert quiet == pytest.approx(2.9, abs=0.01) and formed > 4.3


def test_device_integrate_bad_trains_are_refused() -> None:
    with pytest.raises(UserError, match="cell 0: time goes back from 2e-08 s to 1e-08 s"):
        integrate_reference(P, 3.3, [0, 2e-8, 1e-8], [0, 1, 0], Resistor(0.0))
    with pytest.raises(UserError, match="NaN"):
        integrate_reference(P, 3.3, [0, 1e-8], [0, float("nan")], Resistor(0.0))
    with pytest.raises(UserError, match="does not fit"):
        integrate_reference(P, 3.3, [0, 1e-8], [0, 1, 2], Resistor(0.0))


def test_device_integrate_that_fails_names_cell_time_and_bias() -> None:
    broken = P.with_(cth_jk=np.array([P.cth_jk, np.nan]))
    with pytest.raises(ConvergenceError, match=r"cell 1 does not converge at .* ns, bias 0 V"):
        integrate_reference(broken, 3.3, TIMES, SET, Resistor(1e3))
