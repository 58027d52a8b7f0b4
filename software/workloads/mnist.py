"""MNIST, shrunk to 8 x 8 pixels of 0 to 16, as the chip's 64 rows take them, or to 14 x 14.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998, doi:10.1109/5.726791; four IDX files, plain or
    packed (.gz).
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.workloads.digits import CLASSES, MOST, Split
from numpy.typing import NDArray

# file -> dimensions of what is in it, SHA-256
FILES = {
    "train-images-idx3-ubyte": (3, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (1, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (3, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (1, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
SIDE, WHITE = 28, 255  # pixels of an image; a bright one
EDGES = {8: 2, 14: 0}  # side of a shrunk image -> pixels around it that are left out, dark ones
_BYTES = 0x08  # code of unsigned bytes in an IDX file
Bytes = NDArray[np.uint8]


def parsed(name: str, data: bytes, dimensions: int) -> Bytes:
    """What an IDX file of unsigned bytes holds.

    Args:
        name: name of the file, for the message.
        data: content of the file.
        dimensions: number of dimensions that it must have.

    Raises:
        UserError: it is no such file, or cut short, or longer than it says.
    """
    head = 4 + 4 * dimensions
    if len(data) < head or data[:4] != bytes((0, 0, _BYTES, dimensions)):
        raise UserError(f"{name}: no IDX file of bytes in {dimensions} dimensions; give the files of MNIST")
    shape = [int.from_bytes(data[k : k + 4], "big") for k in range(4, head, 4)]
    size = int(np.prod(shape, dtype=object))
    if len(data) != head + size:
        way = "is cut short" if len(data) < head + size else "is too long"
        raise UserError(
            f"{name}: {way}: {len(data) - head} bytes behind its head, which says {size}; fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)


def read(folder: Path) -> dict[str, Bytes]:
    """The four files, by their names.

    Raises:
        UserError: a file is missing, cannot be read, is damaged, or not that of MNIST.
    """
    found = {}
    for name, (dimensions, digest) in FILES.items():
        places = [folder / f"{name}{suffix}" for suffix in ("", ".gz")]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise UserError(
                f"{folder}: holds no {name} or {name}.gz; name a folder with the four files of MNIST"
            )
        try:
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise UserError(f"{path}: is cut short or damaged; fetch it again") from None
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; give a folder that can be read") from None
        found[name] = parsed(str(path), data, dimensions)
        _certain(path, data, digest)
    return found


def _certain(path: Path, data: bytes, digest: str) -> None:
    """That a file is MNIST's.

    Raises:
        UserError: it is not.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise UserError(
            f"{path}: is not MNIST's: its SHA-256 does not begin with {digest[:8]}; fetch it again"
        )


def shrunk(images: Bytes, side: int = 8) -> Floats:
    """Images (count, 28, 28) of 0 to 255 as (count, side * side) of 0 to 16: means of square blocks of
    pixels.

    Args:
        images: images of MNIST.
        side: side of an image, pixels, key of EDGES.
    """
    edge = EDGES[side]
    inner = images[:, edge : SIDE - edge, edge : SIDE - edge].astype(np.float64)
    block = inner.shape[1] // side
    means: Floats = inner.reshape(-1, side, block, side, block).mean(axis=(2, 4)) / WHITE * MOST
    return means.reshape(len(images), -1)


def split_of(files: dict[str, Bytes], side: int = 8) -> Split:
    """What read() gave, to train and to test with; side: as of shrunk().

    Raises:
        UserError: images of another size, as many labels as images are not there, or one beyond 9.
    """
    parts: list[tuple[Floats, Ints]] = []
    for part in ("train", "t10k"):
        images, labels = files[f"{part}-images-idx3-ubyte"], files[f"{part}-labels-idx1-ubyte"]
        if images.shape[1:] != (SIDE, SIDE) or len(images) != len(labels) or labels.max(initial=0) >= CLASSES:
            raise UserError(
                f"{part}: images {images.shape}, labels {labels.shape} up to {labels.max(initial=0)}; give"
                " the files of MNIST"
            )
        parts.append((shrunk(images, side), labels.astype(np.int64)))
    return Split(*parts[0], *parts[1])
