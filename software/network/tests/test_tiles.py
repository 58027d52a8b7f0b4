"""Layers cut for an array."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.software.network.encoding import Events
from neusoc.software.network.tiles import tiles


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_tiles_hold_each_weight_once(seed, full):
    random = np.random.default_rng(seed)
    inputs, outputs, rows, neurons = (int(k) for k in random.integers(1, (40, 30, 20, 10)))
    matrix = random.standard_normal((inputs, outputs)) * (random.random((inputs, outputs)) < random.random())
    found = tiles(matrix, rows, neurons, full)
    held = np.zeros(matrix.shape, int)
    for tile in found:
        assert len(tile.rows) <= rows and 0 < len(tile.outputs) <= neurons
        assert (np.diff(tile.rows) > 0).all() and (np.diff(tile.outputs) > 0).all()
        held[np.ix_(tile.rows, tile.outputs)] += 1
        if full or tile.blocks > 1:
            assert sum(np.array_equal(tile.outputs, other.outputs) for other in found) == tile.blocks
    assert held.max(initial=0) <= 1 and (held[matrix != 0] == 1).all()
    blocks = {tile.blocks for tile in found}
    wide = (inputs if full else (matrix != 0).sum(axis=0).max()) > rows
    assert len(blocks) == 1 and (min(blocks) > 1) == wide


def test_tiles_of_a_locally_connected_layer_are_its_patches():
    matrix = np.zeros((12, 6))
    for patch in range(3):
        matrix[4 * patch : 4 * patch + 4, patch::3] = 1.0
    found = tiles(matrix, 4, 8)
    assert [tile.rows.tolist() for tile in found] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert [tile.outputs.tolist() for tile in found] == [[0, 3], [1, 4], [2, 5]] and {
        tile.blocks for tile in found
    } == {1}


def test_tiles_side_by_side_and_in_blocks():
    assert [tile.outputs.size for tile in tiles(np.ones((64, 70)), 64, 32)] == [32, 32, 6]
    blocks = tiles(np.ones((196, 40)), 64, 32)
    assert [(tile.rows.size, tile.outputs.size, tile.blocks) for tile in blocks] == [(49, 32, 4)] * 4 + [
        (49, 8, 4)
    ] * 4


def test_events_of_some_rows():
    events = Events(np.array([3, 0, 5, 3, 1, 0]), np.array([2, 2, 5, 6]))
    found, kept = events.of_rows(np.array([0, 3, 7]))
    assert (
        found.rows.tolist() == [1, 0, 1, 0]
        and found.ends.tolist() == [2, 2, 3, 4]
        and kept.tolist() == [0, 1, 3, 5]
    )
    nothing, _ = events.of_rows(np.array([7]))
    assert nothing.rows.size == 0 and nothing.ends.tolist() == [0, 0, 0, 0]
