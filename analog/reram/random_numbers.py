"""Random numbers that depend on nothing but (seed, stream, cell, event): the order in which cells are visited
cannot change a result.

A counter goes through the finaliser of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014,
doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Stream(IntEnum):
    """What a number is for; each has numbers of its own."""

    CELL_WL = 1
    CELL_BARRIER = 2
    CELL_FORMING = 3
    CELL_STUCK = 4
    CELL_ENDURANCE = 5
    CELL_TELEGRAPH = 6
    CELL_TELEGRAPH_SIZE = 7
    CYCLE_BARRIER = 8
    CYCLE_MISS = 9
    CYCLE_HRS = 10
    FORM_OVERSHOOT = 11
    READ_WHITE = 12
    READ_TELEGRAPH = 13
    READ_CONVERTER = 14
    RELAX_SHORT = 15
    RELAX_LONG = 16
    LEVELS = 17
    CYCLE_WL = 18
    CELL_BARRIER_RESET = 19
    CONVERTER_BITS = 20
    OFFSET_CONVERTER = 26


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser, in place: no array is made but one for the shifts."""
    shifted = z >> np.uint64(30)
    z ^= shifted
    z *= _MIX1
    np.right_shift(z, np.uint64(27), out=shifted)
    z ^= shifted
    z *= _MIX2
    np.right_shift(z, np.uint64(31), out=shifted)
    z ^= shifted
    return z


@cache
def _key(seed: int, stream: int) -> NDArray[np.uint64]:
    """Where the numbers of a stream begin, (1,)."""
    return _mixed(np.array([(stream * int(_GOLDEN) + seed) % 2**64], np.uint64))


class RandomNumbers:
    """Numbers of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed % 2**64

    def bits(self, stream: Stream, cell: ArrayLike, event: ArrayLike = 0) -> NDArray[np.uint64]:
        """64 bits for each cell and event (non-negative integers that broadcast)."""
        where = _mixed(np.atleast_1d(cell).astype(np.uint64) * _GOLDEN + _key(self._seed, int(stream)))
        return _mixed(where + np.atleast_1d(event).astype(np.uint64) * _GOLDEN)

    def uniform(self, stream: Stream, cell: ArrayLike, event: ArrayLike = 0) -> Floats:
        """Within (0, 1)."""
        return ((self.bits(stream, cell, event) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, stream: Stream, cell: ArrayLike, event: ArrayLike = 0) -> Floats:
        """Mean 0, standard deviation 1."""
        drawn: Floats = ndtri(self.uniform(stream, cell, event))
        return drawn
