"""What the emulator says of the core that is simulated: cells as they are read, membranes, how far the
circuit's may be off."""

from __future__ import annotations

from neusoc.analog.reram.osdi import filament
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import Chip
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.expected_images import twin
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import ImageCircuit, ImageWiring
from neusoc.verification.mixed.common.scenario import Scenario

GAIN, INJECTION = (
    0.03,
    2e-3,
)  # of a line's part of a membrane, and V a window at one unit of current: what a neuron is asked to keep


def conductances(chip: Chip, scenario: Scenario) -> Floats:
    """What flows through the cells at the read voltage over that voltage, S, (rows, columns), by the
    emulator's table of cells."""
    array = CellArray(chip.rows * chip.columns, 1, load_statistics().without())
    for (row, column), siemens in scenario.conductances.items():
        array.x_nm[row * chip.columns + column] = filament(siemens)
    return array.conductance().reshape(chip.rows, chip.columns)


def membranes_of(chip: Chip, cells: Floats) -> Membranes:
    """Membranes of cells by the emulator: the source lines' switch is the one resistance that the netlist
    has."""
    return twin(chip, cells, ImageWiring(source=ImageCircuit.of(chip).wiring.source))


def signs_apart(cells: Floats) -> tuple[Floats, Floats]:
    """The cells of the positive and of the negative columns alone, each (rows, columns)."""
    positive, negative = cells.copy(), cells.copy()
    positive[:, 1::2] = negative[:, 0::2] = 0
    return positive, negative
