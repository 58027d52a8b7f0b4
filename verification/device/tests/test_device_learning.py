"""Learning on the numpy twins: the rules by hand, one chip in the fast tier, twenty in the full tier; bad input."""

import numpy as np
import pytest
from neusoc.digital.model.ispp import Kind
from neusoc.software.learning import patterns as learning
from neusoc.software.learning.patterns import Learnt, Network, pavlov, tail, two_patterns
from neusoc.verification.device.learning import CHIPS, learn


def test_learning_tail_ends_where_it_must():
    assert tail(2.1, 1.65, 0.0) == 2.1 and tail(2.1, 1.65, 10e-6) == pytest.approx(1.65)
    assert tail(2.1, 1.65, 3e-6) == pytest.approx(1.65 + 0.45 * (np.exp(-1) - np.exp(-10 / 3)) / (1 - np.exp(-10 / 3)))


def test_learning_the_first_neuron_wins_and_the_other_is_void(monkeypatch):
    """Both above the threshold, the second further: it fires first; both are discharged, only its cells are programmed."""
    net = Network.fresh(2, 2, seed=1)
    programmed = []
    monkeypatch.setattr(net, "program", lambda kind, cells, *_: programmed.append((kind, list(cells))))
    net.pre[:] = 0.0
    for column, membrane in zip(net.columns, (0.30, 0.35), strict=True):
        column.neuron.membrane = membrane
    assert net.decide(0.5e-6) == 1
    assert programmed == [(Kind.SET, [1]), (Kind.SET, [3])]
    assert all(not c.neuron.spike and c.neuron.membrane < 0.01 for c in net.columns)


@pytest.mark.parametrize(
    ("winners", "learnt"),
    [([0, 1] * 6, True), ([1, 0] * 6, True), ([0, 0] * 6, False), ([0, -1] * 6, False), ([0, 1] * 4 + [1, 0] + [0, 1], False)],
)
def test_learning_verdict(winners, learnt):
    nothing = np.zeros((8, 2))
    assert Learnt(nothing, nothing, winners, [0, 1] * 6, 0, 0.0).learnt() == learnt


def test_learning_one_chip():
    """Each neuron keeps its pattern's cells and loses the other's; a bell is answered after pairing, and not without."""
    one = two_patterns(seed=1)
    assert one.learnt()
    own, other = ({tuple(rows): one.after[list(rows)].mean(axis=0) for rows in learning.PATTERNS}[p] for p in learning.PATTERNS)
    assert sorted([own.argmax(), other.argmax()]) == [0, 1] and min(own.max(), other.max()) > 2 * max(own.min(), other.min())
    paired, apart = pavlov(1), pavlov(1, paired=False)
    assert (paired.bell_before, paired.food_before, paired.bell_after, apart.bell_after) == (False, True, True, False)


@pytest.mark.full
def test_learning_twenty_chips(capsys):
    assert learn(CHIPS - 1).verdict == "pass", capsys.readouterr().out
