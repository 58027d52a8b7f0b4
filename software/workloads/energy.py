"""Time and energy of an image, from measured figures of the blocks and the controller's own cycles.

Front ends and rows are counted here: a front end takes what its bench measured, in proportion to the times of
a plane and to the sum of the cells that it drives; a row takes one pulse a plane. References, comparators,
DACs, pads and the host are not counted. Programming is not part of an image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from neusoc.analog.front_end.model import LEAD, ROW, SUMS, TAIL
from neusoc.digital.model.images import LAG, PLANES, ImageSettings, answered, planes_of
from neusoc.digital.model.images import shown as sequence
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.parameters import parameter

SHOWN = replace(ImageSettings(), lag=LAG)  # how the controller shows an image


@dataclass(frozen=True)
class Energies:
    """Energies that are counted, J.

    Attributes:
        empty: energy of a front end, awake without cells.
        full: energy of a front end with cells.
        row: energy of a pulse on a word line, wires included.
    """

    empty: float
    full: float
    row: float

    @classmethod
    def measured(cls) -> Self:
        """As measured."""
        empty, full = (parameter(f"front_end.{name}_energy.schematic") for name in ("empty", "image"))
        return cls(empty, full, parameter("row_driver.energy.extracted"))


def image_time(settings: ImageSettings = SHOWN) -> float:
    """Longest time of an image, s: both discharges, all planes, and the threshold down to its end."""
    cycles = [*sequence(planes_of([0]), settings), *answered(PLANES, settings, lambda code: 0)[0]]
    return len(cycles) * CLOCK_S


def image_energy(
    outputs: int,
    column_s: float,
    rows: float,
    settings: ImageSettings = SHOWN,
    energies: Energies | None = None,
) -> float:
    """Energy of front ends and rows for an image, J.

    Args:
        outputs: neurons that wake.
        column_s: mean sum of the cells that a plane switches on, of a column, S.
        rows: number of rows that an image switches on, of all planes.
        settings: settings that the image is shown with.
        energies: energies that are counted; by default those measured.
    """
    given = energies or Energies.measured()
    empty, full, energy = given.empty, given.full, rows * given.row
    for window in settings.windows:
        on = (settings.opened + window + settings.close) * CLOCK_S
        awake = on + (settings.lead + settings.tail) * CLOCK_S
        energy += outputs * (
            empty * awake / (LEAD + ROW + TAIL) + (full - empty) * column_s / SUMS[2] * on / ROW
        )
    return energy
