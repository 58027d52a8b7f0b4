"""The digits' two splits."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.workloads.digits import CLASSES, LAST, MOST, SPLITS, digits
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@pytest.mark.parametrize("split", SPLITS)
def test_digits_are_whole_and_apart(split):
    data = digits(split)
    assert data.train.shape[1] == 64 and len(data.train) + len(data.test) == 1797 and len(data.test) == LAST
    assert data.train.min() == 0 and data.train.max() == MOST and set(data.test_labels) == set(range(CLASSES))
    every = np.concatenate([data.train, data.test])
    assert len(np.unique(every, axis=0)) == 1797, "no image twice, so none in both parts"


def test_digits_are_those_of_scikit_learn():
    source = load_digits()
    kept, held = train_test_split(np.arange(1797), test_size=0.2, stratify=source.target, random_state=0)
    last, stratified = digits("last360"), digits("stratified")
    for data, train, test in ((last, slice(None, -LAST), slice(-LAST, None)), (stratified, kept, held)):
        assert (data.train == source.data[train]).all() and (data.test == source.data[test]).all()
        assert (data.train_labels == source.target[train]).all() and (
            data.test_labels == source.target[test]
        ).all()


def test_digits_stratified_has_each_class_alike():
    data = digits("stratified")
    share = np.bincount(data.test_labels) / np.bincount(np.concatenate([data.train_labels, data.test_labels]))
    assert np.abs(share - LAST / 1797).max() < 0.01


def test_digits_unknown_split_is_one_sentence():
    with pytest.raises(UserError, match="split 'random': digits are split as stratified or last360"):
        digits("random")
