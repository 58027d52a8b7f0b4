"""Voltages and currents of a net's network: Kirchhoff's laws, solved directly (scipy.sparse, SuperLU)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from neusoc.verification.power.grid import Grid
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu


@dataclass(frozen=True)
class Solved:
    """One answer.

    Attributes:
        volts: (nodes,), above the reference; nan where nothing reaches it.
        amperes: (resistors,), from the first to the second end.
    """

    volts: np.ndarray
    amperes: np.ndarray


class Network:
    """A grid whose reference nodes are held at 0 V; factored once, for any number of currents.

    Attributes:
        piece: (nodes,), number of the connected metal that a node is of.
        reached: (nodes,), whether metal joins it to a reference.
    """

    def __init__(self, grid: Grid, reference: np.ndarray) -> None:
        """reference: nodes. A single one is no drain if the currents add up to nothing."""
        self.grid = grid
        count = len(grid.boxes)
        a, b = grid.ends[:, 0], grid.ends[:, 1]
        joined = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
        self.piece = np.asarray(csgraph.connected_components(joined, directed=False)[1])
        diagonal = np.bincount(a, grid.siemens, count) + np.bincount(b, grid.siemens, count)
        rows, columns = np.concatenate([a, b, np.arange(count)]), np.concatenate([b, a, np.arange(count)])
        self._laplacian = sparse.coo_matrix(
            (np.concatenate([-grid.siemens, -grid.siemens, diagonal]), (rows, columns))
        ).tocsr()
        self._reference = np.asarray(reference, dtype=np.int64)
        self.reached = np.isin(self.piece, self.piece[self._reference])
        held = np.zeros(count, dtype=bool)
        held[self._reference] = True
        self._free = np.flatnonzero(self.reached & ~held)
        self._factor: Any = None

    def solve(self, amperes: np.ndarray) -> Solved:
        """Voltages and currents.

        Args:
            amperes: (nodes,), into each node; into nodes that no reference reaches nothing may flow.

        Raises:
            ValueError: a current that has no way out.
        """
        if np.any(amperes[~self.reached]):
            raise ValueError("a current flows into metal that nothing joins to the reference")
        if self._factor is None:
            own = self._laplacian[self._free][:, self._free].tocsc()
            self._factor = splu(own, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        volts = np.full(len(amperes), np.nan)
        volts[self._reference] = 0.0
        volts[self._free] = self._factor.solve(amperes[self._free])
        a, b = self.grid.ends[:, 0], self.grid.ends[:, 1]
        flow = np.nan_to_num((volts[a] - volts[b]) * self.grid.siemens)
        return Solved(volts, flow)

    def used(self, solved: Solved, duty: float = 1.0) -> np.ndarray:
        """(resistors, 2): shares of the mean and of the root mean square that may flow for ever, if currents
        flow for a part of the time.

        Args:
            duty: part of the time in which currents flow; they are 0 in between.
        """
        carried = np.abs(solved.amperes)
        carried[self.grid.sections.order] = self.grid.sections.density(solved.amperes)
        return np.asarray(carried[:, None] * np.array([duty, duty**0.5]) / self.grid.limit)
