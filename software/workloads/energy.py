"""Time and energy of an image on the image core, from published figures of its blocks and the controller's own cycles.

Front ends and rows are counted here: a front end takes what its bench measured, in proportion to the times of a plane and to the sum of the
cells that it drives; a row takes one pulse a plane. References, comparators, DACs, pads and the host are not counted. Programming is not
part of an image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from neusoc.analog.front_end.model import LEAD, ROW, SUMS, TAIL
from neusoc.base.report import Source
from neusoc.base.results import Results, figure_value
from neusoc.digital.model.images import LAG, PLANES, ImageSettings, answered, planes_of
from neusoc.digital.model.images import shown as sequence
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.measured import known

NANO, MICRO, PICO, MILLI = 1e-9, 1e-6, 1e-12, 1e-3
SHOWN = replace(ImageSettings(), lag=LAG)                           # how the controller shows an image


@dataclass(frozen=True)
class Taken:
    """A published figure that is counted with.

    Attributes:
        step, name, source: key of the figure.
        scale: factor that makes its value SI.
        says: description of the figure.
    """

    step: str
    name: str
    source: Source
    scale: float
    says: str

    def of(self, results: Results) -> float:
        """Its value, SI.

        Raises:
            NoFigure: it was not obtained.
        """
        return figure_value(results, self.step, self.name, self.source) * self.scale


EMPTY = Taken("analog.front_end", "empty_energy nominal", "schematic", PICO, "a front end, awake without cells")
FULL = Taken("analog.front_end", "image_energy nominal", "schematic", PICO, "a front end with cells")
ROW_PULSE = Taken("analog.row_driver", "energy nominal", "extracted", PICO, "a pulse on a word line, wires included")


def image_time(settings: ImageSettings = SHOWN) -> float:
    """Longest time of an image, s: both discharges, all planes, and the threshold down to its end."""
    cycles = [*sequence(planes_of([0]), settings), *answered(PLANES, settings, lambda code: 0)[0]]
    return len(cycles) * CLOCK_S


def image_energy(outputs: int, column_s: float, rows: float, settings: ImageSettings = SHOWN, results: Results | None = None) -> float:
    """Energy of front ends and rows for an image, J.

    Args:
        outputs: neurons that wake.
        column_s: mean sum of the cells that a plane switches on, of a column, S.
        rows: number of rows that an image switches on, of all planes.
        settings: how the image is shown.
        results: results of the blocks; by default figures.json.

    Raises:
        NoFigure: one of them was not measured.
    """
    given = results or known()
    empty, full, energy = EMPTY.of(given), FULL.of(given), rows * ROW_PULSE.of(given)
    for window in settings.windows:
        on = (settings.opened + window + settings.close) * CLOCK_S
        awake = on + (settings.lead + settings.tail) * CLOCK_S
        energy += outputs * (empty * awake / (LEAD + ROW + TAIL) + (full - empty) * column_s / SUMS[2] * on / ROW)
    return energy
