"""UCI digits, 8 x 8 pixels of 0 to 16, as the chip's 64 rows take them; its two splits and folds of the
training part.

Source: E. Alpaydin, C. Kaynak, 1998, doi:10.24432/C50P49, CC BY 4.0; 1,797 images of the test part, as
scikit-learn ships them. digits.npz holds them, with their stratified split, which scikit-learn's
train_test_split has drawn with random_state=0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp_many import Ints

FILE = Path(__file__).with_name("digits.npz")
CLASSES, MOST = 10, 16
LAST = 360  # images at the end, by other writers than those before
SPLITS = ("stratified", "last360")


@dataclass(frozen=True)
class Split:
    """Images (count, 64) of 0 to 16, and their classes (count,): to train with, to test with."""

    train: Floats
    train_labels: Ints
    test: Floats
    test_labels: Ints


def digits(split: str) -> Split:
    """The images in one of SPLITS: a fifth drawn from every class alike, or the last 360, whose writers are
    not in the training part.

    Raises:
        UserError: no such split.
    """
    if split not in SPLITS:
        raise UserError(f"split {split!r}: digits are split as {' or '.join(SPLITS)}; choose one of these")
    with np.load(FILE, allow_pickle=False) as data:
        images, labels = data["images"].astype(np.float64), data["labels"].astype(np.int64)
        kept, held = data["stratified_train"], data["stratified_test"]
    if split == "last360":
        kept, held = np.split(np.arange(len(labels)), [len(labels) - LAST])
    return Split(images[kept], labels[kept], images[held], labels[held])
