"""Images as events: their number, their shares, how evenly they are spread, and what they still tell."""

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.network.encoding import MOST_EVENTS, Events, encoded, shares, spread
from neusoc.software.network.network import Network
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

X, Y = load_digits(return_X_y=True)
SEED = 7
WORST = 2.0  # events by which a row may be before or behind its share at any time


@pytest.mark.parametrize("events", [1, 80, 312])
def test_each_image_has_as_many_events_as_asked(events):
    found = encoded(X, events)
    counts = found.counts(64)
    assert len(found) == len(X) and (counts.sum(1) == events).all()
    exact = X / X.sum(1, keepdims=True) * events
    assert np.abs(counts - exact).max() < 1, "a share is rounded to one of its neighbours"
    assert (
        np.array_equal(np.bincount(found.image(5), minlength=64), counts[5]) and len(found.image(0)) == events
    )


def test_shares_keep_ratios_alone():
    assert np.array_equal(shares(X[:50], 80), shares(X[:50] * 0.25, 80))
    assert shares(np.array([[1.0, 1, 1], [0, 0, 0], [0, 5, 0]]), 4).tolist() == [
        [2, 1, 1],
        [0, 0, 0],
        [0, 4, 0],
    ]


def _lead(rows, count):
    """Most events by which any row is before or behind its share."""
    run = np.cumsum(rows[:, None] == np.arange(count), axis=0)
    return np.abs(run - run[-1] * (np.arange(1, len(rows) + 1)[:, None] / len(rows))).max()


def test_events_are_evenly_spread():
    found = encoded(X[:200], 312)
    leads = [_lead(found.image(k), 64) for k in range(200)]
    assert max(leads) < WORST
    blocks = Events(np.sort(found.image(0)), np.array([312]))
    shuffled = np.random.default_rng(SEED).permutation(found.image(0))
    assert _lead(blocks.rows, 64) > WORST and _lead(shuffled, 64) > WORST, (
        f"the measure sees no difference (seed {SEED})"
    )


def test_rows_of_one_count_do_not_follow_each_other_from_first_to_last():
    rows = spread(np.full((1, 64), 4)).rows
    assert (np.diff(rows) == 1).mean() < 0.1 and np.bincount(rows).tolist() == [4] * 64


def test_same_image_gives_the_same_events():
    one, all_of_them = encoded(X[3:4], 80), encoded(X[:8], 80)
    assert np.array_equal(one.rows, all_of_them.image(3))


@pytest.mark.filterwarnings("ignore")
def test_events_tell_what_the_image_told():
    model = LogisticRegression(max_iter=100).fit(X[:1200], Y[:1200])
    network = Network.from_sklearn(model)
    test, truth = X[1200:], Y[1200:]
    before = (model.predict(test) == truth).mean()
    after = {}
    for events in (20, 312):
        counts = network.encode(test, events).counts(65)
        after[events] = (network.decide(counts @ network.layers[0].matrix()) == truth).mean()
    assert before > 0.85 and after[312] > before - 0.01 and after[20] < after[312]


def test_bias_row_has_its_share():
    weights = np.ones((2, 3))
    events = Network.from_numpy(weights, [0.0, 1.0, 3.0]).encode([[1.0, 2.0]], 60)
    assert events.counts(3).tolist() == [[10, 20, 30]], "an input of 3 beside those of 1 and 2"


@pytest.mark.parametrize(
    ("images", "events", "said"),
    [
        ([[1, np.nan]], 8, "images: nan at 0, 1"),
        ([[1, np.inf]], 8, "images: inf at 0, 1"),
        ([[1, -2]], 8, "images: -2 at 0, 1: a rate"),
        ([[1, 2, 3]], 8, "images: 3 values each, the network takes 2; flatten them to (images, 2)"),
        (np.ones((1, 1, 2)), 8, "images: has the shape (1, 1, 2)"),
        ([], 8, "images: has the shape (0,)"),
        ("dark", 8, "images: no array"),
        ([[1, 2]], 0, "events: 0 an image; give a whole number from 1 to"),
        ([[1, 2]], 2.5, "events: 2.5 an image"),
        ([[1, 2]], True, "events: True an image"),
        ([[1, 2]], MOST_EVENTS + 1, "events: 65537 an image"),
        ([[1, 2]], "8", "events: 8 an"),
    ],
)
def test_bad_images_are_one_sentence(images, events, said):
    with pytest.raises(UserError) as told:
        Network.from_numpy(np.ones((2, 3))).encode(images, events)
    assert str(told.value).startswith(said) and "\n" not in str(told.value)
