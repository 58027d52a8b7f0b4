"""A net of a scene with what is around it, on a grid of lines.

The window is the box around the net and REACH beyond it. Every edge of a conductor in it lies on a line, or
on the line of another edge less than NEAR (close to the net) or FAR away: the net's own edges come first and
are exact. Lines stand `finest` apart beside an edge and farther with each step from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.tools.fields.scene import Body, Scene, reach
from neusoc.verification.tools.fields.solver import FREE
from neusoc.verification.tools.truth.patterns import SUBSTRATE

REACH = 6.0  # um, from the net to the sides of the window
CLOSE = 1.0  # um, from an edge of the net: there edges of others are kept to NEAR, beyond to FAR
NEAR, FAR = 0.02, 0.08  # um
ABOVE = 4.0  # um, from the highest conductor to the top
STI = 0.1  # um, beside a source or drain: the edge of its junction, which the model of the transistor has
FRINGE = 0.3  # um, beside a gate: its overlap and fringe to source and drain, which the model has too
NOTHING = 1e-6  # permittivity where no field is to pass
GROWTH = 1.6  # of an interval over its neighbour


@dataclass(frozen=True)
class Grid:
    """Arguments of solver.capacitances(); names of the conductors, the substrate first."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    epsilon: np.ndarray
    owner: np.ndarray
    names: list[str]


def thinned(own: Iterable[float], others: Iterable[float], low: float, high: float) -> np.ndarray:
    """Marks from which no two are too near: the ends, the net's own, then others that keep their distance.

    Args:
        own: edges of the net, um.
        others: edges of other conductors, um.
        low, high: ends, um.
    """
    kept = np.unique(np.round([low, high, *(m for m in own if low < m < high)], 4))
    first = kept
    for mark in np.unique(np.round([m for m in others if low < m < high], 4)):
        least = NEAR if np.min(np.abs(first[1:-1] - mark), initial=np.inf) < CLOSE else FAR
        at = np.searchsorted(kept, mark)
        if mark - kept[at - 1] >= least and kept[min(at, len(kept) - 1)] - mark >= least:
            kept = np.insert(kept, at, mark)
    return kept


def lines(marks: np.ndarray, finest: float) -> np.ndarray:
    """Lines through all marks: intervals of `finest` beside a mark, each next one longer by GROWTH."""
    found = [marks[:1]]
    for start, stop in zip(marks, marks[1:], strict=False):
        half = (stop - start) / 2
        count = max(1, int(np.ceil(np.log1p((GROWTH - 1) * half / finest) / np.log(GROWTH))))
        if half < 0.6 * finest:
            found.append(np.array([stop]))
            continue
        grown = np.cumsum(GROWTH ** np.arange(count))
        offsets = half * grown / grown[-1]
        found += [start + offsets, stop - offsets[-2::-1], np.array([stop])]
    return np.unique(np.round(np.concatenate(found), 7))


def _nearest(axis: np.ndarray, values: tuple[float, float]) -> tuple[int, int]:
    at = np.clip(np.searchsorted(axis, values), 1, len(axis) - 1)
    low, high = (int(a) - int(v - axis[a - 1] < axis[a] - v) for a, v in zip(at, values, strict=True))
    return low, high


def _share(axis: np.ndarray, low: float, high: float) -> tuple[slice, np.ndarray]:
    """Cells of an axis that an interval meets, and which part of each it fills."""
    first = max(int(np.searchsorted(axis, low, "right")) - 1, 0)
    last = min(int(np.searchsorted(axis, high, "left")), len(axis) - 1)
    cells = slice(first, max(last, first))
    left, right = axis[cells], axis[cells.start + 1 : cells.stop + 1]
    return cells, np.clip((np.minimum(right, high) - np.maximum(left, low)) / (right - left), 0.0, 1.0)


def _permittivity(
    scene: Scene, bodies: list[Body], x: np.ndarray, y: np.ndarray, z: np.ndarray
) -> np.ndarray:
    middle = (z[1:] + z[:-1]) / 2
    by_height = np.full(len(middle), scene.background)
    for low, high, constant in scene.bands:
        by_height[(middle > low) & (middle < high)] = constant
    by_height[middle < scene.ground] = scene.background
    for film in reversed(scene.films):  # the outer one first, what lies under it then replaces it
        low = scene.heights[film.layer][0]
        by_height[(middle > low) & (middle < low + film.on_field)] = film.permittivity
    epsilon = np.broadcast_to(by_height.astype(np.float32), (len(x) - 1, len(y) - 1, len(z) - 1)).copy()
    for film in reversed(scene.films):
        low, high = scene.heights[film.layer]
        deep, _ = _share(z, low, high + film.over)
        part = np.zeros((len(x) - 1, len(y) - 1, deep.stop - deep.start), np.float32)
        for body in bodies:
            if body.layer == film.layer:
                along, fill_x = _share(x, body.x[0] - film.beside, body.x[1] + film.beside)
                across, fill_y = _share(y, body.y[0] - film.beside, body.y[1] + film.beside)
                _, fill_z = _share(z, low, high + film.over)
                here = part[along, across]
                np.maximum(here, fill_x[:, None, None] * fill_y[None, :, None] * fill_z, out=here)
        old = epsilon[:, :, deep]
        epsilon[:, :, deep] = 1 / (
            part / film.permittivity + (1 - part) / old
        )  # in series: the field crosses a film
    # what the model of a device has: the field between the plates of a MIM, around a junction, and between a
    #   gate and its diffusion
    gates = [body for body in bodies if body.layer == scene.gate]
    for body in bodies:
        if body.layer in scene.plates:
            _paint(
                epsilon, (x, y, z), (body.x, body.y, (scene.heights[scene.plates[body.layer]][1], body.z[0]))
            )
        elif body.layer in scene.diffusion:
            _paint(
                epsilon,
                (x, y, z),
                (*((low - STI, high + STI) for low, high in (body.x, body.y)), (scene.ground, body.z[1])),
            )
            for gate in gates:
                x_near, y_near = (
                    (max(at[0], of[0] - FRINGE), min(at[1], of[1] + FRINGE))
                    for at, of in ((body.x, gate.x), (body.y, gate.y))
                )
                if x_near[0] < x_near[1] and y_near[0] < y_near[1]:
                    _paint(epsilon, (x, y, z), (x_near, y_near, (body.z[1], gate.z[0])))
    return epsilon


def _paint(epsilon: np.ndarray, axes: tuple[np.ndarray, ...], sides: tuple[tuple[float, float], ...]) -> None:
    """No dielectric in the cells whose middles lie within the sides."""
    cells = []
    for axis, (low, high) in zip(axes, sides, strict=True):
        middle = (axis[1:] + axis[:-1]) / 2
        cells.append(slice(int(np.searchsorted(middle, low)), int(np.searchsorted(middle, high))))
    epsilon[tuple(cells)] = NOTHING


def grid(scene: Scene, net: str, finest: float, margin: float = REACH, most: float = np.inf) -> Grid:
    """The window of a net.

    Args:
        scene: the layout.
        net: name of one of its nets.
        finest: um, interval beside an edge.
        margin: um, from the net to the sides of the window.
        most: nodes.

    Raises:
        UserError: no such net in the scene, or more nodes than that.
    """
    own = [body for body in scene.bodies if body.net == net]
    if not own:
        raise UserError(f"{net}: no net of the scene; name one of {', '.join(scene.nets())}")
    sides = {axis: (low - margin, high + margin) for axis, (low, high) in reach(own).items()}
    inside = [
        b
        for b in scene.bodies
        if all(getattr(b, a)[0] < high and getattr(b, a)[1] > low for a, (low, high) in sides.items())
    ]
    axes = []
    for axis, (low, high) in sides.items():
        marks = thinned(
            *({edge for body in bodies for edge in getattr(body, axis)} for bodies in (own, inside)),
            low,
            high,
        )
        axes.append(lines(marks, finest))
    x, y = axes
    top = max(body.z[1] for body in inside) + ABOVE
    levels = {
        scene.ground,
        top,
        *(h for body in inside for h in body.z),
        *(h for low, high, _ in scene.bands for h in (low, high)),
    }
    for film in scene.films:
        low, high = scene.heights[film.layer]
        levels |= {low + film.on_field, high + film.over}
    z = lines(np.unique(np.round([h for h in levels if scene.ground <= h <= top], 4)), 1.5 * finest)
    if (nodes := len(x) * len(y) * len(z)) > most:
        raise UserError(
            f"{net}: a grid of {nodes / 1e6:.1f} million nodes, more than {most / 1e6:.0f} million; the net"
            " is too long for it"
        )
    names = [SUBSTRATE, net, *sorted({body.net for body in inside} - {net})]
    number = {name: i for i, name in enumerate(names)}
    owner = np.full((len(x), len(y), len(z)), FREE, np.int16)
    owner[:, :, 0] = 0
    for body in sorted(inside, key=lambda body: (body.net == net, body.layer not in scene.diffusion)):
        ranges = (_nearest(line, getattr(body, axis)) for line, axis in ((x, "x"), (y, "y"), (z, "z")))
        owner[tuple(slice(low, high + 1) for low, high in ranges)] = number[body.net]
    return Grid(x, y, z, _permittivity(scene, inside, x, y, z), owner, names)
