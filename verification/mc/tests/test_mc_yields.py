"""A yield falls with every sample that is outside of its limit or has no value, and its interval is that of
Clopper and Pearson."""

from __future__ import annotations

import math

import pytest
from neusoc.analog.bench.datasheet import Parameter
from neusoc.verification.mc.campaign import Value
from neusoc.verification.mc.yields import Yield, least_samples, within_limits, within_sigmas

LIMITS = Parameter(description="a current", unit="uA", bench="static", minimum=2.0, maximum=2.4)
SPREAD = Parameter(description="its spread", unit="%", bench="mismatch", maximum=2.0)


def _values(*micro: float | None) -> list[Value]:
    return [
        Value(k + 1, None if v is None else 1e-6 * v, "" if v is not None else "ngspice: no point", 0.1)
        for k, v in enumerate(micro)
    ]


def test_yield_counts_samples_within_the_limits():
    whole = within_limits(LIMITS, _values(2.0, 2.2, 2.4, 2.1))
    assert (whole.inside, whole.count, whole.percent, whole.first) == (4, 4, 100.0, "")


@pytest.mark.parametrize(
    ("bad", "told"),
    [(2.5, "seed 5: 2.5 uA"), (1.9, "seed 5: 1.9 uA"), (math.nan, "seed 5: nan"), (None, "no point")],
)
def test_yield_is_lowered_by_a_sample_outside(bad, told):
    found = within_limits(LIMITS, _values(2.1, 2.2, 2.3, 2.15, bad))
    assert (
        found.percent == 80.0
        and told in found.first
        and "1 of 5 outside" in found.text()
        and told in found.text()
    )


def test_yield_of_a_spread_is_about_the_mean():
    """Three times 2 % of the mean: what lies 5 % off is within, what lies 9 % off is not."""
    assert within_sigmas(SPREAD, "uA", _values(*[2.0] * 50, 2.1)).inside == 51
    far = within_sigmas(SPREAD, "uA", _values(*[2.0] * 50, 2.18, None))
    assert (far.inside, far.count) == (50, 52) and "times the limit of the spread" in far.first
    volts = Parameter(description="an offset", unit="mV", bench="mismatch", maximum=5)
    values = [Value(k, v, "", 0.1) for k, v in enumerate([*[0.0] * 99, 0.0155])]
    assert within_sigmas(volts, "V", values).inside == 99, "absolute where the units are of one kind"


def test_yield_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="no samples"):
        within_limits(LIMITS, [])
    with pytest.raises(ValueError, match="no samples"):
        within_sigmas(SPREAD, "uA", [])


def test_yield_of_a_spread_of_which_no_sample_has_a_value_is_none():
    """A report of thousands of samples is not lost for it."""
    one = within_sigmas(SPREAD, "uA", [Value(k, None, f"SpiceError: no end, seed {k}", 0.1) for k in (1, 2)])
    assert (one.inside, one.count, one.first) == (0, 2, "SpiceError: no end, seed 1")


def test_interval_is_that_of_clopper_and_pearson():
    """Ends from the binomial distribution itself: at each, what was found is as improbable as the tail
    allows."""
    from scipy.stats import binom

    low, high = Yield(17, 20).interval()
    assert binom.sf(16, 20, low / 100) == pytest.approx(0.025) and binom.cdf(
        17, 20, high / 100
    ) == pytest.approx(0.025)
    assert Yield(20, 20).interval()[1] == 100 and Yield(0, 20).interval()[0] == 0


def test_yield_shown_is_the_lower_end_that_is_passed_one_time_in_twenty():
    """With a lesser yield than that, so few outside are found with a probability of at most 5 %."""
    from scipy.stats import binom

    for outside in (1, 3):
        one = Yield(299 - outside, 299)
        assert binom.sf(298 - outside, 299, one.shown / 100) == pytest.approx(0.05)
        assert one.interval()[0] < one.shown < one.percent
    assert Yield(299, 299).shown == pytest.approx(100 * 0.05 ** (1 / 299)) and Yield(0, 20).shown == 0
    assert "3 of 299 outside, 99.00 % inside, 95 % interval 97.10 to 99.79 %" in Yield(296, 299).text()


@pytest.mark.parametrize("share", [0.99, 0.95, 0.5])
def test_least_samples_show_the_yield_when_none_is_outside(share):
    count = least_samples(share)
    assert (
        Yield(count, count).shown
        >= 100 * share
        > max(Yield(count - 1, count - 1).shown, Yield(count - 1, count).shown)
    )
