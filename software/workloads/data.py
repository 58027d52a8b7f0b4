"""Images for a network, by the name that a command line has for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats
from neusoc.software.network.layers import finite
from neusoc.software.network.matrix_files import read_arrays
from neusoc.software.network.network import right
from neusoc.software.workloads.digits import SPLITS, digits
from numpy.typing import NDArray

DIGITS, TRAIN = "digits", "train"


@dataclass(frozen=True)
class Images:
    """Images to be told.

    Attributes:
        name: name of the data.
        values: (count, inputs), none negative.
        labels: (count,); None: not known.
    """

    name: str
    values: Floats
    labels: NDArray[np.generic] | None

    def first(self, count: int | None) -> Images:
        """The first of them; None: all.

        Raises:
            UserError: there are not so many.
        """
        if count is None:
            return self
        if not 1 <= count <= len(self.values):
            raise UserError(
                f"{self.name}: has {len(self.values)} images, {count} were asked for; choose 1 to"
                f" {len(self.values)}"
            )
        return Images(self.name, self.values[:count], None if self.labels is None else self.labels[:count])

    def known(self) -> NDArray[np.generic]:
        """The labels.

        Raises:
            UserError: they are not known.
        """
        if self.labels is None:
            raise UserError(f"{self.name}: has no labels, so no accuracy; add an array `labels`")
        return self.labels

    def share(self, told: list[int | str]) -> float:
        """Share of labels that are right; errors as of known()."""
        return float(np.mean(right(told, self.known())))


def images(name: str) -> Images:
    """Images by name.

    Args:
        name: digits:<split>, the test part of UCI digits; digits:<split>:train, the part to train and to
            choose with; or an .npz file with `images` (count, inputs) and perhaps `labels` (count,).

    Raises:
        UserError: no such data, a damaged file, or arrays that do not fit.
    """
    kind, _, rest = name.partition(":")
    if kind == DIGITS and not name.endswith(".npz"):
        split, _, part = rest.partition(":")
        if split not in SPLITS or part not in ("", TRAIN):
            raise UserError(
                f"{name}: digits are split as {' or '.join(SPLITS)}; write {DIGITS}:{SPLITS[0]}, perhaps with"
                f" :{TRAIN} behind"
            )
        data = digits(split)
        return (
            Images(name, data.train, data.train_labels) if part else Images(name, data.test, data.test_labels)
        )
    path, way_out = Path(name), f"give an .npz file with `images` and `labels`, or {DIGITS}:{SPLITS[0]}"
    found = read_arrays(path, way_out)
    if "images" not in found:
        raise UserError(f"{name}: has no array `images`; {way_out}")
    values = finite(f"{name}, images", found["images"], 2)
    labels = found.get("labels")
    if labels is not None and labels.dtype.kind == "f" and (labels == np.floor(labels)).all():
        labels = labels.astype(np.int64)
    if labels is not None and labels.dtype.kind not in "iuUS":
        raise UserError(f"{name}: labels are neither whole numbers nor names; repair them")
    if labels is not None and labels.shape != (len(values),):
        raise UserError(
            f"{name}: labels have the shape {labels.shape} for {len(values)} images; give one an image"
        )
    return Images(name, values, labels)
