"""Networks as numpy files."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.network.matrix_files import read_arrays
from neusoc.software.network.network import Network, right

WEIGHTS = np.random.default_rng(1).uniform(-1, 1, (8, 6))


def test_network_comes_back_from_its_file(tmp_path):
    whole = Network.from_numpy([WEIGHTS, WEIGHTS.T[:, :4]], bias=[np.ones(6), None], labels=list("abcd"))
    found = Network.read(whole.save(tmp_path / "net.npz"))
    assert found.labels.tolist() == list("abcd") and found.source == "net.npz"
    for one, other in zip(found.layers, whole.layers, strict=True):
        assert np.array_equal(one.weights, other.weights) and (one.bias is None) == (other.bias is None)


def test_network_file_that_is_damaged_is_a_sentence(tmp_path):
    """Any bit of it; where none is told, zip's own check holds."""
    path = Network.from_numpy(WEIGHTS).save(tmp_path / "net.npz")
    data, refused = path.read_bytes(), 0
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
        try:
            read_arrays(path, "make it anew")
        except UserError as error:
            refused += "\n" not in str(error) and "make it anew" in str(error)
    assert refused > 50


@pytest.mark.parametrize("labels", [[0, 1], ["0", "1"], [0.0, 1.0]])
def test_network_answers_are_labels_of_any_type(labels):
    network = Network.from_numpy(WEIGHTS, labels=[0, 1, 0, 1, 0, 1])
    if isinstance(labels[0], float):
        with pytest.raises(UserError, match="has none of them"):
            network.require_labels(labels)
    else:
        network.require_labels(labels)
        assert right([0, 0], labels).tolist() == [True, False]


def test_network_with_thresholds_is_not_kept_as_matrices(tmp_path):
    with pytest.raises(UserError, match="give the file that suffix"):
        Network.from_numpy(WEIGHTS).save(tmp_path / "net.json")
