"""A trained network, brought to what the chip has: layers of weights, neurons that integrate, rows of events.

network = Network.read("digits.nir")                         # or from_numpy(weights), from_sklearn(model)
network.require(rows=64, neurons=32)
events = network.encode(images, events=80)
labels = network.decide(counts)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.encoding import Events, encoded
from neusoc.software.network.layers import Floats, Layer, chained, finite, layer, passes_of
from neusoc.software.network.matrix_files import read_matrices, save_matrices
from numpy.typing import NDArray


@dataclass(frozen=True)
class Network:
    """Layers with labels.

    Attributes:
        layers: layers from input to output.
        labels: labels of the outputs; several may have the same.
        notes: sentences on what was understood of its file or model, and on what it cannot tell.
        source: name of the file or model that it was made of.
    """

    layers: tuple[Layer, ...]
    labels: NDArray[Any]
    notes: list[str] = field(default_factory=list)
    source: str = "numpy"

    @classmethod
    def from_numpy(cls, weights: Any, bias: Any = None, labels: Any = None) -> Network:
        """A network of matrices.

        Args:
            weights: (inputs, neurons), or a list of such, from the input on.
            bias: (neurons,), or a list of such or None; None: none.
            labels: labels of the outputs; by default 0, 1, 2, ...

        Raises:
            UserError: shapes do not fit, or a number is NaN or infinite.
        """
        matrices = (
            list(weights)
            if isinstance(weights, list | tuple) and np.ndim(weights[0] if weights else 0) == 2
            else [weights]
        )
        several = (
            isinstance(bias, list | tuple) and len(bias) > 0 and (bias[0] is None or np.ndim(bias[0]) == 1)
        )
        added = list(bias) if several else [bias] if len(matrices) == 1 else [None] * len(matrices)
        if len(added) != len(matrices) or (bias is not None and len(matrices) > 1 and not several):
            raise UserError(
                f"bias: not one for each of {len(matrices)} layers; give a list of vectors, None where there"
                " is none"
            )
        layers = chained(
            [layer(f"layer {k}", *pair) for k, pair in enumerate(zip(matrices, added, strict=True), 1)]
        )
        return cls(layers, _labels(labels, layers[-1].outputs), [])

    @classmethod
    def from_sklearn(cls, model: Any) -> Network:
        """A fitted linear model or MLPClassifier of scikit-learn.

        Raises:
            UserError: it is another model, not fitted, or has an activation that spike counts cannot be.
        """
        from neusoc.software.network.sklearn_models import model_layers

        layers, labels, notes = model_layers(model)
        return cls(layers, _labels(labels, layers[-1].outputs), notes, type(model).__name__)

    @classmethod
    def read(cls, path: Path | str, *, labels: Any = None) -> Network:
        """A .nir file, or matrices that save() wrote.

        Args:
            path: the file, .nir or .npz; of the latter the labels are known, and nothing else is asked.
            labels: labels as of from_numpy().

        Raises:
            UserError: as of nir_files.read_layers().
        """
        from neusoc.software.network.nir_files import read_layers

        if Path(path).suffix == ".npz":
            layers, kept = read_matrices(Path(path))
            return cls(
                layers, _labels(kept if labels is None else labels, layers[-1].outputs), [], Path(path).name
            )
        layers, notes = read_layers(Path(path))
        return cls(layers, _labels(labels, layers[-1].outputs), notes, Path(path).name)

    def save(self, path: Path) -> Path:
        """Write weights, biases and labels as .npz; returns path.

        Raises:
            UserError: another suffix.
        """
        return save_matrices(path, self.layers, self.labels)

    def require(self, rows: int, neurons: int, passes: int = 1, full: bool = False) -> int:
        """That it fits an array.

        Args:
            rows: number of rows of the array.
            neurons: number of neurons of the array.
            passes: number of passes that may be made, each with other weights in the same cells.
            full: choice for its last layer, as of tiles.tiles().

        Returns:
            Passes that it takes.

        Raises:
            UserError: a layer that is not the last has more inputs than rows, or it takes more passes.
        """
        needed = passes_of(self.layers, rows, neurons, full)
        if needed > passes:
            sizes = " and ".join(f"{one.rows} x {one.outputs}" for one in self.layers)
            array = f"{rows} rows and {neurons} neurons"
            way_out = f"shrink it, or show it in passes (neusoc evaluate --passes {needed})"
            raise UserError(f"{self.source}: {sizes} take {needed} passes on {array}; {way_out}")
        return needed

    def encode(self, images: Any, events: int) -> Events:
        """Events of images for the first layer's rows; arguments as of encoding.encoded(), the bias row is
        added.

        Raises:
            UserError: as of encoding.encoded().
        """
        first = self.layers[0]
        return encoded(first.widened(_images(images, first.inputs)), events)

    def scores(self, images: Any) -> Floats:
        """What its outputs would count without a chip, (images, outputs): weights alone, nothing below 0
        between the layers.

        Raises:
            UserError: images of another shape, NaN or infinite.
        """
        values = _images(images, self.layers[0].inputs)
        for k, one in enumerate(self.layers):
            values = one.widened(np.maximum(values, 0) if k else values) @ one.matrix()
        return values

    def decide(self, counts: Any) -> NDArray[Any]:
        """The label of the strongest output of each image, the first among equals; counts: (images, outputs).

        Raises:
            UserError: counts of another shape, NaN or infinite.
        """
        found, outputs = finite("counts", counts, 2), len(self.labels)
        if found.shape[1] != outputs:
            raise UserError(
                f"counts: {found.shape[1]} an image, the network has {outputs} outputs; give (images,"
                f" {outputs})"
            )
        return np.asarray(self.labels[found.argmax(1)])

    def require_labels(self, labels: Any) -> None:
        """That images can be told right.

        Raises:
            UserError: the network has none of their labels.
        """
        mine, theirs = (
            {str(label) for label in self.labels.tolist()},
            {str(label) for label in np.asarray(labels).tolist()},
        )
        if not mine & theirs:
            few = ", ".join(sorted(theirs)[:3])
            raise UserError(
                f"labels {few}, ...: {self.source} has none of them, but {', '.join(sorted(mine)[:3])}, ...;"
                " give its own"
            )

    def text(self) -> str:
        """Sizes, and what was understood, a line each."""
        lines = [f"{self.source}: {len(self.layers)} layers, {len(set(self.labels.tolist()))} labels"]
        for k, one in enumerate(self.layers, 1):
            bias = (
                f", and a bias row of the constant value {one.bias_input:.4g}" if one.bias is not None else ""
            )
            lines.append(f"layer {k}: {one.inputs} inputs, {one.outputs} neurons{bias}")
        return "\n".join([*lines, *self.notes])


def right(told: Any, labels: Any) -> NDArray[np.bool_]:
    """Which answers are the labels, whatever their types: 3 is "3"; told, labels: (images,)."""
    return np.array(
        [
            str(a) == str(b)
            for a, b in zip(np.asarray(told).tolist(), np.asarray(labels).tolist(), strict=True)
        ],
        bool,
    )


def _images(values: Any, inputs: int) -> Floats:
    found = finite("images", values, 2)
    if found.shape[1] != inputs:
        raise UserError(
            f"images: {found.shape[1]} values each, the network takes {inputs}; flatten them to (images,"
            f" {inputs})"
        )
    return found


def _labels(given: Any, outputs: int) -> NDArray[Any]:
    labels = np.arange(outputs) if given is None else np.asarray(given)
    if labels.shape != (outputs,):
        raise UserError(f"labels: have the shape {labels.shape} for {outputs} outputs; give one an output")
    return labels
