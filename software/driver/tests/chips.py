"""Chips for the tests of their driver: cells that a test can add up, neurons alike."""

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.digital.model.regmap import registers
from neusoc.software.driver.backends.array import integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.emulator.whole_image import ImageCircuit, ImageSpread, ImageWiring

CHIP = load_chip("mini")
LARGE = load_chip("tapeout")
ALIKE = ImageSpread(0.0, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 0.0)
LOW, HIGH = 1e-6, 30e-6
POLLS = {"poll_s": 1e-3, "stall_s": 10e-3}
DARK, BRIGHT = [0] * 8, [15] * 8


def circuit_of(chip):
    return ImageCircuit(chip.neurons, 500e-15, 0.0, ALIKE, ImageWiring(), 0.0)


class Cells:
    """Cells of which the positive ones of a neuron conduct in rows of its own, and which jobs leave so; told
    what is on the rail."""

    def __init__(self, chip):
        self.siemens, self.full_at = np.full((chip.rows, chip.columns), LOW), "not told"
        for row in range(chip.rows):
            self.siemens[row, 2 * (row % chip.neurons)] = HIGH

    def visit(self, settings, operation, cells, levels, coming=()):
        return integer_array(CHIP, 1).visit(settings, operation, cells, levels)

    def wait(self, seconds):
        pass

    def rail(self, full_at):
        self.full_at = full_at

    def neuron_conductances(self):
        return self.siemens


class Counting(Emulator):
    """Counts accesses."""

    accesses = 0

    def read(self, offset):
        self.accesses += 1
        return super().read(offset)

    def write(self, offset, value):
        self.accesses += 1
        super().write(offset, value)


def image_chip(chip=CHIP, made=Emulator, **options):
    found = Chip(made(chip, Cells(chip), **{"circuit": circuit_of(chip)} | options), **POLLS)
    found.enable()
    return found


def of_neuron(neuron, pixel=15, chip=CHIP):
    """The image that drives one neuron alone."""
    return [pixel if row % chip.neurons == neuron else 0 for row in range(chip.rows)]


class RailBeyondLimit(Emulator):
    """A chip whose spikes have met a rail beyond its limit: ERROR.rail stands until ERROR is written."""

    told = True

    def read(self, offset: int) -> int:
        at = registers()["error"]
        return super().read(offset) | (at.fields["rail"].mask if offset == at.offset and self.told else 0)

    def write(self, offset: int, value: int) -> None:
        self.told = self.told and offset != registers()["error"].offset
        super().write(offset, value)
