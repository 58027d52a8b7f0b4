"""A network on a chip of the image core through its driver: trims found by images alone, cells that are stuck, what is told."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.driver.backends.array import TwinArray
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, ImageSpread, ImageWiring
from neusoc.software.levels import level_us
from neusoc.software.mapping.image_plan import LEVELS, image_plan
from neusoc.software.mapping.images_on_chip import MIDDLE_LEVEL, Trim, best_trims, find_trims, tell, write
from neusoc.software.network.network import Network
from neusoc.software.workloads.image_faults import OPEN, SHORTED, BrokenCells, ImageFault

SEED = 3
CHIP = load_chip("image64").model_copy(update={"rows": 32, "columns": 8, "neurons": 4})
SPREAD = ImageSpread(0.042, (0.003, 0.003, 0.003), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 2e-3, 7.4e-3, 7e-3)
CIRCUIT = ImageCircuit(CHIP.neurons, 570e-15, 0.0, SPREAD, ImageWiring(), 0.01)


def at_level():
    """A chip whose cells are where trims want them, so that PROGRAM costs a verify each; and its cells."""
    us = level_us(LEVELS)[MIDDLE_LEVEL]
    cells = CellArray(CHIP.rows * CHIP.columns, SEED)
    nm, siemens = read_table()
    cells.x_nm[cells.stuck == 0], cells.formed[:] = np.interp(us * 1e-6, siemens, nm), True
    array = TwinArray(CodePath(cells), CHIP.columns)
    return Chip(Emulator(CHIP, array, seed=SEED, circuit=CIRCUIT)), cells


@pytest.fixture(scope="module")
def trimmed():
    chip, _ = at_level()
    return chip, find_trims(chip)


def test_trims_are_those_of_the_chip(trimmed):
    print(f"cells and neurons of seed {SEED}")
    best = best_trims(ImageNeurons(CIRCUIT, SEED).best_codes())
    assert len({trim.pair for trim in best}) > 2, "nothing is to be found"
    for found, wanted in zip(trimmed[1], best, strict=True):
        assert abs(found.pair - wanted.pair) <= 1 and 0 <= found.threshold - wanted.threshold <= 1, (found, wanted)
    assert not trimmed[0].registers.field("ctrl", "enable") and trimmed[0].registers.read("mask0") == 0


def test_trims_of_other_neurons_are_others(trimmed):
    chip, _ = at_level()
    chip.registers.transport._images._seed = SEED + 1
    assert find_trims(chip) != trimmed[1]


def test_cells_that_are_stuck_move_no_trim(trimmed):
    """Four cells of one column at three times the level: they would take 30 % from what a pair is worth."""
    chip, cells = at_level()
    strong = [row * CHIP.columns for row in (3, 11, 20, 30)]
    cells.stuck[strong], cells.x_nm[strong] = 2, np.interp(60e-6, read_table()[1], read_table()[0])
    assert abs(find_trims(chip)[0].pair - trimmed[1][0].pair) <= 1


def test_neuron_without_a_sound_pair_keeps_its_middle():
    chip, cells = at_level()
    column = np.arange(CHIP.rows) * CHIP.columns
    cells.stuck[column], cells.x_nm[column] = 2, np.interp(60e-6, read_table()[1], read_table()[0])
    assert find_trims(chip)[0].pair == 16


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_neuron_that_never_answers_or_always_has_no_trim(shift, monkeypatch):
    """A comparator that is off by a volt: told, and masked when images are told; masks and settings are as they were."""
    made = ImageNeurons.__init__

    def off(self, *given):
        made(self, *given)
        self._comparator[0] = shift / self.circuit.spread.comparator_v

    monkeypatch.setattr(ImageNeurons, "__init__", off)
    chip, _ = at_level()
    chip.registers.write("mask0", 0b10)
    before = chip.images.settings()
    found = find_trims(chip)
    assert found[0] is None and all(found[1:])
    assert chip.registers.read("mask0") == 0b10 and chip.images.settings() == before


def test_network_tells_what_it_would_in_numbers(trimmed):
    chip, trims = trimmed
    draw = np.random.default_rng(1)
    weights = draw.uniform(-1, 1, (30, 3))
    network = Network.from_numpy(weights - weights.mean(axis=0), labels=["a", "b", "c"])          # no output of itself wins
    images = draw.integers(0, 17, (60, 30)).astype(float)
    plan = write(chip, network)
    assert plan.positive.shape == (30, 4) and len(plan.neurons) == 3
    found = tell(chip, plan, trims, images)
    scores = network.scores(images)
    above = scores.max(axis=1) > 0.05 * np.abs(scores).max()
    assert above.sum() > 30 and set(found) >= {0, 1, 2} and np.mean(np.array(found)[above] == scores.argmax(axis=1)[above]) > 0.85
    assert chip.registers.read("mask0") == sum(1 << k for k in range(32) if k not in plan.neurons) & 0b1111
    wrong = [Trim(31, 3), *trims[1:]]
    assert tell(chip, plan, wrong, images) != found, "a trim does nothing"


@pytest.mark.parametrize(("kind", "row", "column"), [(SHORTED, 5, 2), (OPEN, 0, 3)])
def test_neuron_of_a_broken_line_is_found_and_masked(trimmed, kind, row, column):
    """A shorted cell, an open column: PROGRAM and READ tell them, the plan leaves that neuron out, the others keep their trims."""
    broken = ImageFault(kind, row, column).broken_us(CHIP.rows, CHIP.columns)
    cells = BrokenCells(broken.size, SEED, broken.ravel())
    cells.place(np.full(broken.size, level_us(LEVELS)[MIDDLE_LEVEL]))
    chip = Chip(Emulator(CHIP, TwinArray(CodePath(cells), CHIP.columns), seed=SEED, circuit=CIRCUIT))
    trims = find_trims(chip)
    for neuron in (0, 2, 3):
        assert abs(trims[neuron].pair - trimmed[1][neuron].pair) <= 1 and trims[neuron].threshold == trimmed[1][neuron].threshold
    plan = write(chip, Network.from_numpy(np.random.default_rng(2).uniform(-1, 1, (30, 3))))
    assert sorted(plan.neurons.tolist()) == [0, 2, 3]
    tell(chip, plan, trims, np.full((1, 30), 8.0))
    assert chip.registers.read("mask0") == 0b0010


def test_what_does_not_fit_is_told(trimmed):
    chip, trims = trimmed
    plan = image_plan(Network.from_numpy(np.ones((30, 2))), CHIP.neurons)
    with pytest.raises(UserError, match="images: shape .* is not images by the 30 inputs of the network; give those"):
        tell(chip, plan, trims, np.zeros((2, 32)))
    with pytest.raises(UserError, match="a pixel is not from 0 to 16"):
        tell(chip, plan, trims, np.full((2, 30), 17.0))
    with pytest.raises(UserError):
        write(chip, Network.from_numpy(np.ones((33, 2))))
    with pytest.raises(UserError, match="whole images take one layer of at most 4 outputs, without bias"):
        write(chip, Network.from_numpy(np.ones((30, 2)), np.ones(2)))
