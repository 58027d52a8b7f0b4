"""Layers as the chip has them: a matrix of weights, and a bias as one more row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.tiles import tiles
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TRAIN_AGAIN = "train again with a lower rate, or repair them"


def finite(what: str, values: Any, dimensions: int, way_out: str = "repair them") -> Floats:
    """Numbers as float64.

    Args:
        what: subject of the sentence.
        values: numbers that numpy makes an array of.
        dimensions: number of dimensions that it must have.
        way_out: advice if one is not finite.

    Raises:
        UserError: they are no numbers, have another shape, are none, or one is NaN or infinite; names the
            first.
    """
    try:
        given = np.asarray(values)
        if np.iscomplexobj(given):
            raise TypeError
        with np.errstate(invalid="ignore"):  # of a NaN that signals
            found = given.astype(np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{what}: no array of real numbers; give one of {dimensions} dimensions") from None
    if found.ndim != dimensions or not found.size:
        raise UserError(
            f"{what}: has the shape {found.shape}; give {dimensions} dimensions, none of them empty"
        )
    if not np.isfinite(found).all():
        at = tuple(int(k) for k in np.argwhere(~np.isfinite(found))[0])
        raise UserError(f"{what}: {found[at]} at {', '.join(map(str, at))}; {way_out}")
    return found


@dataclass(frozen=True)
class Layer:
    """One layer of full connections.

    Attributes:
        weights: (inputs, outputs).
        bias: (outputs,), what is added at an input's unit; None: nothing.
    """

    weights: Floats
    bias: Floats | None = None

    @property
    def inputs(self) -> int:
        return int(self.weights.shape[0])

    @property
    def outputs(self) -> int:
        return int(self.weights.shape[1])

    @property
    def rows(self) -> int:
        """Rows that it takes on the chip: the bias is one more."""
        return self.inputs + (self.bias is not None)

    @property
    def bias_input(self) -> float:
        """The constant value of the bias row's input: least events at which its weights are not above the
        others."""
        if self.bias is None:
            return 0.0
        most = float(np.abs(self.weights).max())
        return float(np.abs(self.bias).max()) / most if most else 1.0

    def matrix(self) -> Floats:
        """Weights by row, (rows, outputs): the bias, over its input, in the last one."""
        if self.bias is None:
            return self.weights
        return np.vstack([self.weights, self.bias / self.bias_input])

    def widened(self, values: Floats) -> Floats:
        """Values of the inputs, (images, inputs), with that of the bias row behind them: (images, rows)."""
        if self.bias is None:
            return values
        return np.hstack([values, np.full((len(values), 1), self.bias_input)])


def layer(what: str, weights: Any, bias: Any = None) -> Layer:
    """A layer, checked.

    Args:
        what: subject of the sentence.
        weights: (inputs, outputs).
        bias: (outputs,) or None; zeros are none.

    Raises:
        UserError: as of finite(); the bias has not one value an output, or all weights are 0.
    """
    matrix = finite(f"{what}, weights", weights, 2, TRAIN_AGAIN)
    if not matrix.any():
        raise UserError(f"{what}, weights: all are 0; train the network first")
    if bias is None:
        return Layer(matrix)
    added = finite(f"{what}, bias", bias, 1, TRAIN_AGAIN)
    if len(added) != matrix.shape[1]:
        raise UserError(f"{what}, bias: {len(added)} values for {matrix.shape[1]} neurons; give one a neuron")
    return Layer(matrix, added if added.any() else None)


def chained(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Layers, each of which takes what the one before gives.

    Raises:
        UserError: there is none, or two do not fit.
    """
    if not layers:
        raise UserError("network: no layer; give at least one matrix of weights")
    for k, (before, after) in enumerate(zip(layers, layers[1:], strict=False), 1):
        if before.outputs != after.inputs:
            raise UserError(
                f"layer {k + 1}: takes {after.inputs} inputs, layer {k} has {before.outputs} neurons; give"
                " (inputs, neurons)"
            )
    return tuple(layers)


def passes_of(layers: Sequence[Layer], rows: int, neurons: int, full: bool = False) -> int:
    """Passes that layers take on one array of this size: one for each of their tiles; arguments as of
    tiles().

    Raises:
        UserError: an output of a layer that is not the last has more inputs than rows: its spikes are not
            known before all its blocks are.
    """
    found = 0
    for k, one in enumerate(layers, 1):
        cut = tiles(one.matrix(), rows, neurons, full and k == len(layers))
        if k < len(layers) and any(tile.blocks > 1 for tile in cut):
            more = (
                " and a bias row (train it without bias, or leave an input out)"
                if one.bias is not None
                else ""
            )
            text = (
                f"layer {k}: {one.inputs} inputs{more} do not fit {rows} rows, and of the last layer alone"
                " are counts of blocks added"
            )
            raise UserError(f"{text}; make the images smaller, or take a larger chip")
        found += len(cut)
    return found
