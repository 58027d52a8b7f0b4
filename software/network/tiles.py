"""A layer cut into pieces that an array takes, in the order of what they cost.

1. Outputs whose inputs fit into the rows stand together as long as all their inputs do: a locally connected
    layer is mapped exactly.
2. More outputs than neurons stand side by side, exactly too.
3. A layer with an output of more inputs than rows is cut into blocks of rows, whose counts the host adds:
    each block rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tile:
    """Some inputs and outputs of a layer.

    Attributes:
        rows: rows of the layer's matrix, in their order.
        outputs: outputs of the layer, in their order.
        blocks: tiles whose counts are added for these outputs; 1: this one has all of their inputs.
    """

    rows: Ints
    outputs: Ints
    blocks: int = 1


def tiles(matrix: Floats, rows: int, neurons: int, full: bool = False) -> tuple[Tile, ...]:
    """Cut a layer.

    Args:
        matrix: matrix of weights, (inputs, outputs); an input of weight 0 is none.
        rows: number of rows of an array.
        neurons: number of neurons of an array.
        full: an input of weight 0 is one too: where a constant is added to all weights of a row.
    """
    used = np.ones(matrix.shape, bool) if full else matrix != 0
    if used.sum(axis=0).max() > rows:
        of_any, outputs = np.flatnonzero(used.any(axis=1)), np.arange(matrix.shape[1])
        parts = np.array_split(of_any, -(-len(of_any) // rows))
        groups = np.split(outputs, range(neurons, len(outputs), neurons))
        return tuple(Tile(part, group, len(parts)) for group in groups for part in parts)
    begun: list[tuple[NDArray[np.bool_], list[int]]] = []
    for output, mine in enumerate(used.T):
        for inputs, together in begun:
            if len(together) < neurons and (inputs | mine).sum() <= rows:
                inputs |= mine
                together.append(output)
                break
        else:
            begun.append((mine.copy(), [output]))
    return tuple(Tile(np.flatnonzero(inputs), np.array(together)) for inputs, together in begun)
