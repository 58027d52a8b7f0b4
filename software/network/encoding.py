"""Images as events: one row at a time, as many of each as its pixel is bright, evenly spread over the image's
time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.network.layers import Floats, finite
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GOLDEN = (5**0.5 - 1) / 2
EVENTS = 312  # of an image, where nothing else is said
MOST_EVENTS = 1 << 16  # of an image


@dataclass(frozen=True)
class Events:
    """Events of some images, in the order of time.

    Attributes:
        rows: row of each event.
        ends: index behind the last event of each image.
    """

    rows: Ints
    ends: Ints

    def __len__(self) -> int:
        return len(self.ends)

    def image(self, k: int) -> Ints:
        """Rows of image k's events."""
        return self.rows[self.ends[k - 1] if k else 0 : self.ends[k]]

    def of_rows(self, rows: Ints) -> tuple[Events, Ints]:
        """Those of some rows, which are numbered by their place among them, and each one's index here.

        Args:
            rows: all different.
        """
        place = np.full(max(int(self.rows.max(initial=0)), int(rows.max(initial=0))) + 1, -1)
        place[rows] = np.arange(len(rows))
        found = place[self.rows]
        kept = np.flatnonzero(found >= 0)
        return Events(found[kept], np.searchsorted(kept, self.ends)), kept

    def counts(self, rows: int) -> Ints:
        """Events by image and row: (images, rows)."""
        image = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))
        return (
            np.bincount(image * rows + self.rows, minlength=len(self.ends) * rows)
            .reshape(-1, rows)
            .astype(np.int64)
        )


def shares(values: Floats, events: int) -> Ints:
    """Whole numbers in proportion to values, of a given sum: the largest remainders are rounded up, among
    equals the first rows.

    Args:
        values: (images, rows), none negative.
        events: the sum of each image; one of zeros gets none.
    """
    total = values.sum(1, keepdims=True)
    exact = np.divide(values * events, total, out=np.zeros_like(values), where=total > 0)
    counts = np.floor(exact).astype(np.int64)
    missing = np.where(total[:, 0] > 0, events - counts.sum(1), 0)
    place = np.argsort(np.argsort(counts - exact, axis=1, kind="stable"), axis=1, kind="stable")
    return counts + (place < missing[:, None])


def spread(counts: Ints) -> Events:
    """Events whose rows are evenly spread: the k-th of n stands at (k + u) / n of the image, u from 0 to 1 by
    the row.

    Without u all rows of one count would follow each other from first to last.

    Args:
        counts: (images, rows).
    """
    images, rows = counts.shape
    flat = counts.ravel()
    each = np.repeat(np.arange(flat.size), flat)
    number = np.arange(each.size) - np.repeat(np.cumsum(flat) - flat, flat)
    time = (number + (each % rows * GOLDEN) % 1) / flat[each]
    order = np.lexsort((time, each // rows))
    return Events((each % rows)[order], np.cumsum(counts.sum(1)))


def encoded(values: Any, events: int) -> Events:
    """Rate coding.

    Args:
        values: (images, rows), none negative; their ratios within an image count.
        events: number of events of each image; an image without any light has none.

    Raises:
        UserError: values are NaN, infinite, negative or of another shape, or the number of events is none.
    """
    if isinstance(events, bool) or not isinstance(events, int | np.integer) or not 1 <= events <= MOST_EVENTS:
        raise UserError(f"events: {events} an image; give a whole number from 1 to {MOST_EVENTS}")
    bright = finite("images", values, 2)
    if (bright < 0).any():
        at = tuple(int(k) for k in np.argwhere(bright < 0)[0])
        raise UserError(
            f"images: {bright[at]:g} at {at[0]}, {at[1]}: a rate cannot be negative; scale the values to 0"
            " and above"
        )
    return spread(shares(bright, int(events)))
