"""Capacitances of a net of a scene from the field: two grids, extrapolated."""

from __future__ import annotations

from neusoc.base.errors import UserError
from neusoc.verification.tools.fields.grid import REACH, grid
from neusoc.verification.tools.fields.scene import Scene
from neusoc.verification.tools.fields.solver import capacitances
from neusoc.verification.tools.truth.table import limit

FINEST = 0.1  # um, beside an edge; the other grid is twice as coarse
MOST_NODES = 16e6  # of a grid: about 3 GB
MEMORY = 6 << 30  # bytes, of the process that solves
Row = dict[str, float]  # name of a net -> fF; the net's own name: its whole capacitance


def solved(scene: Scene, net: str, margin: float = REACH) -> Row:
    """The same from the field, on two grids and extrapolated; margin: um, from the net to the sides of the
    window.

    Raises:
        UserError: the window is too large, memory is short, or the solution did not converge.
    """
    found: list[Row] = []
    for finest in (2 * FINEST, FINEST):
        try:
            lines = grid(scene, net, finest, margin, MOST_NODES)
            values, _ = capacitances(
                lines.x, lines.y, lines.z, lines.epsilon, lines.owner, 1, len(lines.names)
            )
        except MemoryError:
            raise UserError(
                f"{net}: the field solver needs more than {MEMORY >> 30} GB; leave the net out or lower"
                " MOST_NODES"
            ) from None
        found.append(dict(zip(lines.names, map(float, values), strict=True)))
    coarse, fine = found
    return {name: limit(value, coarse[name]) for name, value in fine.items()}
