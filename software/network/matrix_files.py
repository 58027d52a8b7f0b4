"""A network's matrices as a numpy file: what a script that trained one leaves for `neusoc map`."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.software.network.layers import Layer, chained, layer
from numpy.typing import NDArray

_DAMAGED = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(path: Path, way_out: str) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file, whatever a damaged one makes of the reader.

    Args:
        path: path of the file.
        way_out: advice for the sentence.

    Raises:
        UserError: no such file, damaged, or not of numbers and texts.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or 'is no .npz file'}; {way_out}") from None
    except _DAMAGED:
        raise UserError(f"{path}: is damaged or no .npz file of numbers; {way_out}") from None


def save_matrices(path: Path, layers: Sequence[Layer], labels: NDArray[Any]) -> Path:
    """Write weights, biases and labels: layer1, bias1, layer2, ..., labels.

    Args:
        path: path of the file, .npz.
        layers: layers of the network.
        labels: labels of the outputs.

    Returns:
        path.

    Raises:
        UserError: another suffix.
    """
    if path.suffix != ".npz":
        raise UserError(f"{path}: matrices are kept as .npz; give the file that suffix")
    arrays: dict[str, Any] = {f"layer{k}": one.weights for k, one in enumerate(layers, 1)}
    arrays |= {f"bias{k}": one.bias for k, one in enumerate(layers, 1) if one.bias is not None}
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, labels=labels, **arrays)
    return write_atomic(path, whole.getvalue())


def read_matrices(path: Path) -> tuple[tuple[Layer, ...], NDArray[Any] | None]:
    """Layers and labels of what save_matrices() wrote, or of any .npz with layer1, layer2, ...

    Args:
        path: path of the file.

    Raises:
        UserError: no such file, damaged, without layers, or as of layers.layer() and chained().
    """
    arrays = read_arrays(path, "save it with Network.save")
    found: list[Layer] = []
    while (name := f"layer{len(found) + 1}") in arrays:
        found.append(layer(f"{path.name}, {name}", arrays[name], arrays.get(f"bias{len(found) + 1}")))
    if not found:
        raise UserError(
            f"{path}: has no array layer1 (it has {', '.join(arrays) or 'none'}); save it with Network.save"
        )
    return chained(found), arrays.get("labels")
