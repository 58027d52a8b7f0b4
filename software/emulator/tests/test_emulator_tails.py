"""Misses that stay with a cell, tails of the reset state, and the ways in which a cell wears out; each with its switch elsewhere."""

import numpy as np
import pytest
from neusoc.analog.reram.statistics import Statistics, load_statistics
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.forming import formed_array, pulse_all

COUNT = 4000
RESET, SET = (Kind.RESET, 3.4, 3.16, 10e-6), (Kind.SET, 1.7, 2.95, 10e-6)
SINGLE = (Kind.SET, 1.7, 2.4, 1e-6)             # of the foundry's yield


def only(part: str, **values: float) -> Statistics:
    """One part, some of its values changed, all others off."""
    data = load_statistics().model_dump()
    for name, value in values.items():
        data[part][name]["value"] = value
    whole = Statistics.model_validate(data)
    return whole.without(*(name for name in type(whole).model_fields if name != part))


def missed(stays: float) -> np.ndarray:
    """Which of the cells missed each of eight SETs from full RESET, (8, cells)."""
    array, found = formed_array(COUNT, 1, only("cycles", miss_stays=stays, set_miss=0.1, reset_miss=0.0)), []
    for _ in range(8):
        pulse_all(array, *SINGLE)
        found.append(array.conductance() < 5e-6)
        pulse_all(array, *RESET)
    return np.array(found)


def test_tails_misses_stay_with_a_cell() -> None:
    """The yield of one shot is the same; who missed once misses again far oftener."""
    free, bound = missed(0.0), missed(0.7)
    for found in (free, bound):
        assert found.mean() == pytest.approx(0.1, abs=0.012)
    again = [found[1:][:, found[0]].mean() for found in (free, bound)]
    assert again[0] == pytest.approx(0.1, abs=0.02) and again[1] > 0.4
    assert bound.all(axis=0).mean() > 20 * 0.1**8 and bound.any(axis=0).mean() < free.any(axis=0).mean() - 0.2


def test_tails_of_the_reset_state() -> None:
    states = []
    for share in (0.0, 0.05):
        array = formed_array(COUNT, 1, only("cycles", hrs_tail=share, reset_miss=0.0))
        pulse_all(array, *SET)
        pulse_all(array, *RESET)
        states.append(1e6 * array.conductance())
    plain, tailed = states
    assert np.median(tailed) == pytest.approx(np.median(plain), rel=0.03)
    assert (plain > 1.4).mean() < 1e-3 and 0.005 < (tailed > 1.4).mean() < 0.03


def cycled(count: int, **values: float) -> CellArray:
    """Cells after so many SETs and RESETs, the last pulse a RESET."""
    array = formed_array(COUNT, 1, only("endurance", median_cycles=40.0, sigma_decades=0.2, **values))
    for _ in range(count):
        pulse_all(array, *SET)
        pulse_all(array, *RESET)
    return array


def test_tails_worn_cells_fail_either_way() -> None:
    array = cycled(40, low_share=0.4)
    faulty = array.faulty
    low, high = array.faulty == 1, array.faulty == 2
    assert 0.3 < low.sum() / (low.sum() + high.sum()) < 0.5 and not array.stuck.any()
    pulse_all(array, *SET)
    after_set = array.conductance()
    pulse_all(array, *RESET)
    after_reset = array.conductance()
    assert (after_reset[high] > 10e-6).all() and (after_set[low] < 1e-6).all()
    sound = faulty == 0
    assert sound.any() and (after_reset[sound] < 1e-6).all() and (after_set[sound] > 10e-6).all()


def test_tails_window_closes() -> None:
    """Both states come nearer to each other in proportion to the pulses, and by as many decades as stated at the end of life."""
    new, old = (cycled(count, hrs_rise_decades=0.5, lrs_fall_decades=0.2) for count in (2, 20))
    states = []
    for array in (new, old):
        wear = array.cycles / array._life
        sound = wear < 1
        high = array.conductance()[sound]
        pulse_all(array, *SET)
        states.append((wear[sound], high, array.conductance()[sound]))
    fresh = formed_array(8, 1, only("forming"))
    low_end = fresh.conductance()[0]
    pulse_all(fresh, *SET)
    high_end = fresh.conductance()[0]
    for wear, high, low in states:
        assert np.log10(high / low_end) == pytest.approx(0.5 * wear, abs=0.06)
        assert np.log10(low / high_end) == pytest.approx(-0.2 * wear, abs=0.05)
    assert np.median(states[1][1]) > 1.2 * np.median(states[0][1]) and np.median(states[1][2]) < 0.95 * np.median(states[0][2])


def test_tails_thin_filaments_spread_more() -> None:
    relative = []
    for wl_v in (1.25, 1.7):
        array = formed_array(COUNT, 1, only("cycles", set_sigma=0.1, barrier_sigma_ev=0.0, wl_sigma_v=0.0, set_miss=0.0))
        pulse_all(array, Kind.SET, wl_v, 2.95, 10e-6)
        relative.append((np.median(array.conductance()), np.std(np.log(array.conductance()))))
    (thin, wide), (thick, narrow) = relative
    assert wide / narrow == pytest.approx((thick / thin) ** 0.5, rel=0.1) and narrow == pytest.approx(0.1, rel=0.1)
