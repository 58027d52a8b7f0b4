"""The digits' two splits."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.workloads.digits import CLASSES, LAST, MOST, SPLITS, digits


@pytest.mark.parametrize("split", SPLITS)
def test_digits_are_whole_and_apart(split):
    data = digits(split)
    assert data.train.shape[1] == 64 and len(data.train) + len(data.test) == 1797 and len(data.test) == LAST
    assert data.train.min() == 0 and data.train.max() == MOST and set(data.test_labels) == set(range(CLASSES))
    every = np.concatenate([data.train, data.test])
    assert len(np.unique(every, axis=0)) == 1797, "no image twice, so none in both parts"


def test_digits_stratified_has_each_class_alike():
    data = digits("stratified")
    share = np.bincount(data.test_labels) / np.bincount(np.concatenate([data.train_labels, data.test_labels]))
    assert np.abs(share - LAST / 1797).max() < 0.01


def test_digits_unknown_split_is_one_sentence():
    with pytest.raises(UserError, match="split 'random': digits are split as stratified or last360"):
        digits("random")
