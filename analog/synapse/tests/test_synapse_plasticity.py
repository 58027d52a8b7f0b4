"""Spike pairs: what the lines see, what a pair does, a planted fault."""

import numpy as np
import pytest
from neusoc.analog.synapse import plasticity as p


@pytest.fixture(scope="module")
def start():
    return p.start_state()


def test_synapse_pair_lines():
    """Rest before and after; the pre spike on the word line alone, the post spike on bit and source line
    alone."""
    corners, (before, after) = p.waves(2e-6, "exponential")
    for wave in corners.values():
        times = [t for t, _ in wave]
        assert times == sorted(times) and wave[0][1] == wave[-1][1] == 0
    value = {net: np.interp(t := 1.5e-6 + 0.27e-6, *zip(*wave, strict=True)) for net, wave in corners.items()}
    assert t < 3e-6 and value["wl"] > 1.6 and value["bl"] == value["sl"] == 0
    assert before < 0.3e-6 and after > p.WINDOW


def test_synapse_pair_changes_sign_with_the_order(start):
    causal, anti, far = p.changes([0.5e-6, -0.5e-6, 2.5 * p.WINDOW], start)
    assert causal > 5e-6 and anti < -3e-6 and abs(far) < 1e-8


def test_synapse_fit_of_an_exponential():
    delays = np.array([0.5, 1, 2, 4, 8]) * 1e-6
    amplitude, tau, residual = p.fit(delays, 10e-6 * np.exp(-delays / 2e-6))
    assert (
        amplitude == pytest.approx(10e-6, rel=1e-3)
        and tau == pytest.approx(2e-6, rel=1e-3)
        and residual < 1e-3
    )


def test_synapse_pair_without_a_tail_is_seen(start, monkeypatch):
    """A word line that falls at once to the level of the starting state no longer potentiates."""
    monkeypatch.setattr(p, "WL_TAIL", p.WL_TAIL_END)
    assert abs(p.changes([0.5e-6], start)[0]) < 0.5e-6
