"""Potential between conductors in space by finite volumes on a grid of lines: one net at 1 V, all others and the substrate at 0 V.

A node stands at every crossing of three lines. The flux between two neighbours passes the permittivities of the four cells around their
connection. The sides and the top of the grid are mirrors; its lowest plane is the substrate. The charge of a net at 1 V is its whole
capacitance, and what ends on another conductor is the coupling of the two: one solution gives a whole row of the capacitance matrix.

The equations are solved by conjugate gradients. Preconditioner: every vertical line solved exactly, because the thinnest films of the
process lie flat and make the connections across them the strongest.
"""

from __future__ import annotations

import numba
import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.tools.truth.plane import EPSILON_0

TOLERANCE = 1e-3                    # of the error's energy at the start, as its square root: charges are then within some 0.1 %
MOST_STEPS = 3000                   # of conjugate gradients
FREE = -1                           # owner of a node that is in no conductor


@numba.njit(cache=True)  # type: ignore[misc]
def _connections(epsilon: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Between a node and the next along each axis: (x, z, y), that of the last node 0."""
    nx, ny, nz = len(x), len(y), len(z)
    to_x = np.zeros((nx, nz, ny), np.float32)
    to_y = np.zeros((nx, nz, ny), np.float32)
    to_z = np.zeros((nx, nz, ny), np.float32)
    for i in range(nx - 1):
        dx = x[i + 1] - x[i]
        for j in range(ny - 1):
            dy = y[j + 1] - y[j]
            for k in range(nz - 1):
                dz = z[k + 1] - z[k]
                e = epsilon[i, j, k] / 4
                for a in range(2):
                    for b in range(2):
                        to_x[i, k + b, j + a] += e * dy * dz / dx
                        to_y[i + a, k + b, j] += e * dx * dz / dy
                        to_z[i + a, k, j + b] += e * dx * dy / dz
    return to_x, to_y, to_z


@numba.njit(cache=True)  # type: ignore[misc]
def _factors(
    to_x: np.ndarray, to_y: np.ndarray, to_z: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum of the connections of each node, and of the elimination along its vertical line 1 / pivot (0 where held), what is passed on."""
    nx, nz, ny = free.shape
    total = np.zeros((nx, nz, ny), np.float32)
    inverse = np.zeros((nx, nz, ny), np.float32)
    passed = np.zeros((nx, nz, ny), np.float32)
    for i in range(nx):
        for k in range(nz):
            for j in range(ny):
                d = to_x[i, k, j] + to_y[i, k, j] + to_z[i, k, j]
                if i:
                    d += to_x[i - 1, k, j]
                if j:
                    d += to_y[i, k, j - 1]
                if k:
                    d += to_z[i, k - 1, j]
                total[i, k, j] = d
                if free[i, k, j]:
                    if k:
                        d -= to_z[i, k - 1, j] * passed[i, k - 1, j]
                    inverse[i, k, j] = 1 / d
                    passed[i, k, j] = to_z[i, k, j] / d
    return total, inverse, passed


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")  # type: ignore[misc]
def _flux(
    to_x: np.ndarray, to_y: np.ndarray, to_z: np.ndarray, total: np.ndarray, inverse: np.ndarray, v: np.ndarray, out: np.ndarray
) -> float:
    """out = A v at free nodes, 0 at others; returns v . out."""
    nx, nz, ny = v.shape
    product = 0.0
    for i in range(nx):
        before, after = max(i - 1, 0), min(i + 1, nx - 1)
        before_factor = np.float32(i > 0)
        for k in range(nz):
            under, over = max(k - 1, 0), min(k + 1, nz - 1)
            under_factor = np.float32(k > 0)
            w, own = out[i, k], v[i, k]
            x0, x1, z0, z1, y1 = to_x[before, k], to_x[i, k], to_z[i, under], to_z[i, k], to_y[i, k]
            vx0, vx1, vz0, vz1 = v[before, k], v[after, k], v[i, under], v[i, over]
            d = total[i, k]
            for j in range(ny):
                w[j] = d[j] * own[j] - before_factor * x0[j] * vx0[j] - x1[j] * vx1[j] - under_factor * z0[j] * vz0[j] - z1[j] * vz1[j]
            for j in range(ny - 1):
                w[j] -= y1[j] * own[j + 1]
            for j in range(1, ny):
                w[j] -= y1[j - 1] * own[j - 1]
            part = np.float32(0.0)
            mask = inverse[i, k]
            for j in range(ny):
                w[j] = w[j] if mask[j] > 0 else np.float32(0.0)
                part += w[j] * own[j]
            product += part
    return product


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")  # type: ignore[misc]
def _step(
    to_z: np.ndarray, inverse: np.ndarray, passed: np.ndarray, alpha: float, p: np.ndarray, w: np.ndarray, v: np.ndarray, r: np.ndarray
) -> float:
    """v += alpha p, r -= alpha w, w = vertical lines solved for r; returns r . w."""
    nx, nz, ny = v.shape
    a = np.float32(alpha)
    product = 0.0
    for i in range(nx):
        for k in range(nz):
            v_, r_, p_, w_ = v[i, k], r[i, k], p[i, k], w[i, k]
            for j in range(ny):
                v_[j] += a * p_[j]
                r_[j] -= a * w_[j]
            factor = inverse[i, k]
            if k:
                below, link = w[i, k - 1], to_z[i, k - 1]
                for j in range(ny):
                    w_[j] = (r_[j] + link[j] * below[j]) * factor[j]
            else:
                for j in range(ny):
                    w_[j] = r_[j] * factor[j]
        for k in range(nz - 1, -1, -1):
            w_, r_ = w[i, k], r[i, k]
            if k < nz - 1:
                above, share = w[i, k + 1], passed[i, k]
                for j in range(ny):
                    w_[j] += share[j] * above[j]
            part = np.float32(0.0)
            for j in range(ny):
                part += r_[j] * w_[j]
            product += part
    return product


@numba.njit(cache=True)  # type: ignore[misc]
def _direction(beta: float, w: np.ndarray, p: np.ndarray) -> None:
    b = np.float32(beta)
    for n in range(p.size):
        p[n] = w[n] + b * p[n]


def _solve(to_x: np.ndarray, to_y: np.ndarray, to_z: np.ndarray, free: np.ndarray, v: np.ndarray) -> int:
    """Relax v, whose held nodes have their values already; returns the steps it took, or -1."""
    total, inverse, passed = _factors(to_x, to_y, to_z, free)
    p, w, r = np.zeros_like(v), np.empty_like(v), np.zeros_like(v)
    _flux(to_x, to_y, to_z, total, inverse, v, w)
    gamma = first = _step(to_z, inverse, passed, 1.0, p, w, v, r)
    if gamma == 0.0:
        return 0
    p += w
    for step in range(1, MOST_STEPS + 1):
        alpha = gamma / _flux(to_x, to_y, to_z, total, inverse, p, w)
        new = _step(to_z, inverse, passed, alpha, p, w, v, r)
        if new <= TOLERANCE**2 * first:
            return step
        _direction(new / gamma, w.ravel(), p.ravel())
        gamma = new
    return -1


@numba.njit(cache=True)  # type: ignore[misc]
def _charges(to_x: np.ndarray, to_y: np.ndarray, to_z: np.ndarray, owner: np.ndarray, v: np.ndarray, found: np.ndarray) -> None:
    """Adds to found[owner] what flows out of its nodes."""
    nx, nz, ny = v.shape
    for i in range(nx):
        for k in range(nz):
            for j in range(ny):
                for axis in range(3):
                    a, b, c = i + (axis == 0), k + (axis == 1), j + (axis == 2)
                    if a == nx or b == nz or c == ny:
                        continue
                    one, other = owner[i, k, j], owner[a, b, c]
                    if one == other:
                        continue
                    value = to_x[i, k, j] if axis == 0 else to_z[i, k, j] if axis == 1 else to_y[i, k, j]
                    flux = float(value) * (float(v[i, k, j]) - float(v[a, b, c]))
                    if one >= 0:
                        found[one] += flux
                    if other >= 0:
                        found[other] -= flux


def capacitances(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, epsilon: np.ndarray, owner: np.ndarray, net: int, conductors: int
) -> tuple[np.ndarray, int]:
    """One row of the capacitance matrix.

    Args:
        x, y, z: lines of the grid, um.
        epsilon: (lines - 1 along each axis), relative permittivity of the cells.
        owner: (x, y, z), number of the conductor that a node is in, or FREE; the lowest plane must be held by the substrate.
        net: conductor at 1 V.
        conductors: number of conductors.

    Returns:
        (conductors,) fF: of the net its whole capacitance, of the others their coupling to it; and the steps of the solution.

    Raises:
        UserError: the solution did not converge.
    """
    to_x, to_y, to_z = _connections(epsilon, x, y, z)
    owner = np.ascontiguousarray(owner.transpose(0, 2, 1))
    v = (owner == net).astype(np.float32)
    if (steps := _solve(to_x, to_y, to_z, owner == FREE, v)) < 0:
        raise UserError(f"field solver: not converged after {MOST_STEPS} steps on {v.size} nodes; take a smaller window or a coarser grid")
    found = np.zeros(conductors)
    _charges(to_x, to_y, to_z, owner, v, found)
    found *= -1e-3 * EPSILON_0
    found[net] *= -1
    return found, steps
