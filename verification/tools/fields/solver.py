"""Potential between conductors in space by finite volumes on a grid of lines: one net at 1 V, all others and
the substrate at 0 V.

A node stands at every crossing of three lines. The flux between two neighbours passes the permittivities of
the four cells around their connection. The sides and the top of the grid are mirrors; its lowest plane is the
substrate. The charge of a net at 1 V is its whole capacitance, and what ends on another conductor is the
coupling of the two: one solution gives a whole row of the capacitance matrix.

The equations are solved by conjugate gradients. Preconditioner: every vertical line solved exactly, because
the thinnest films of the process lie flat and make the connections across them the strongest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.tools.truth.plane import EPSILON_0
from scipy.linalg.lapack import dpttrf, dpttrs
from scipy.sparse import diags_array

TOLERANCE = 1e-3  # of the error's energy at the start, as its square root: charges are then within some 0.1 %
MOST_STEPS = 3000  # of conjugate gradients
FREE = -1  # owner of a node that is in no conductor


def _connections(epsilon: np.ndarray, axes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Between a node and the next along each axis, (x, y, z) each; of the last node 0."""
    steps = [np.diff(axis).reshape([-1 if n == k else 1 for n in range(3)]) for k, axis in enumerate(axes)]
    volume = epsilon * steps[0] * steps[1] * steps[2] / 4
    links = []
    for along, step in enumerate(steps):
        link = np.pad(volume / step**2, [(0, int(n == along)) for n in range(3)])
        for across in {0, 1, 2} - {along}:
            before, after = ([pair if n == across else (0, 0) for n in range(3)] for pair in ((1, 0), (0, 1)))
            link = np.pad(link, before) + np.pad(link, after)
        links.append(link)
    return links


def _sides(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All nodes but the last along an axis, and all but the first."""
    whole = [slice(None)] * 3
    return tuple([*whole[:axis], slice(None, -1), *whole[axis + 1 :]]), tuple(
        [*whole[:axis], slice(1, None), *whole[axis + 1 :]]
    )


def _outflow(links: Sequence[np.ndarray], v: np.ndarray) -> np.ndarray:
    """Flux that leaves each node, (x, y, z)."""
    flux = np.zeros_like(v)
    for axis, link in enumerate(links):
        low, high = _sides(axis)
        passed = link[low] * (v[low] - v[high])
        flux[low] += passed
        flux[high] -= passed
    return flux


def _relaxed(links: Sequence[np.ndarray], free: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, int]:
    """v with its free nodes in balance, held ones as they are, and the steps that took; -1 without an end."""
    diagonal = np.zeros_like(v)
    strides = [v.shape[1] * v.shape[2], v.shape[2], 1]
    between = []
    for axis, (link, stride) in enumerate(zip(links, strides, strict=True)):
        low, high = _sides(axis)
        diagonal += link
        diagonal[high] += link[low]
        inner = np.zeros_like(v)
        inner[low] = -link[low] * (free[low] & free[high])
        between.append(inner.ravel()[: v.size - stride])
    diagonal[~free] = 1.0
    matrix = diags_array(
        [diagonal.ravel(), *between, *between], offsets=[0, *strides, *(-stride for stride in strides)]
    )
    pivots, passed, _ = dpttrf(diagonal.ravel(), between[2])
    v = v.copy()
    change, residual = v.ravel(), np.where(free, -_outflow(links, v), 0.0).ravel()
    direction = dpttrs(pivots, passed, residual)[0]
    gamma = first = np.sum(
        residual * direction
    )  # not by BLAS: its threads wait for each other on a busy machine
    steps = 0
    while gamma > TOLERANCE**2 * first:
        if steps == MOST_STEPS:
            return v, -1
        steps += 1
        flux = matrix @ direction
        alpha = gamma / np.sum(direction * flux)
        change += alpha * direction
        residual -= alpha * flux
        solved = dpttrs(pivots, passed, residual)[0]
        before, gamma = gamma, np.sum(residual * solved)
        direction = solved + gamma / before * direction
    return v, steps


def capacitances(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    epsilon: np.ndarray,
    owner: np.ndarray,
    net: int,
    conductors: int,
) -> tuple[np.ndarray, int]:
    """One row of the capacitance matrix.

    Args:
        x, y, z: lines of the grid, um.
        epsilon: (lines - 1 along each axis), relative permittivity of the cells.
        owner: (x, y, z), number of the conductor that a node is in, or FREE; the lowest plane must be held by
            the substrate.
        net: conductor at 1 V.
        conductors: number of conductors.

    Returns:
        (conductors,) fF: of the net its whole capacitance, of the others their coupling to it; and the steps
        of the solution.

    Raises:
        UserError: the solution did not converge.
    """
    links = _connections(epsilon, (x, y, z))
    v, steps = _relaxed(links, owner == FREE, (owner == net).astype(float))
    if steps < 0:
        raise UserError(
            f"field solver: not converged after {MOST_STEPS} steps on {v.size} nodes; take a smaller window"
            " or a coarser grid"
        )
    held = owner != FREE
    charges = np.bincount(owner[held], _outflow(links, v)[held], conductors) * -1e-3 * EPSILON_0
    charges[net] *= -1
    return charges, steps
