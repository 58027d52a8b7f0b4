"""A plan on a chip through its driver: what it answers by images, by events and in two passes; settings that
an earlier script left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.calibration import Calibration, Trim
from neusoc.software.driver.backends.array import TwinArray, twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.events import EventMode
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons
from neusoc.software.mapping import on_chip
from neusoc.software.mapping.plan import EVENTS, place, place_layers
from neusoc.software.mapping.tests.test_trims import CIRCUIT, SEED, BrokenCells
from neusoc.software.network.network import Network

TALL = load_chip("mini").model_copy(update={"rows": 32})
TRIMS = tuple(on_chip.best_trims(ImageNeurons(CIRCUIT, SEED).best_codes()))
KNOWN = Calibration("mini", "tall", map_hash(), TRIMS)
DRAW = np.random.default_rng(1)
WEIGHTS = DRAW.uniform(-1, 1, (30, 3))
NETWORK = Network.from_numpy(
    WEIGHTS - WEIGHTS.mean(axis=0), labels=["a", "b", "c"]
)  # no output of itself wins
IMAGES = DRAW.integers(0, 17, (60, 30)).astype(float)


@pytest.fixture(autouse=True)
def tall_variant(monkeypatch):
    """The chip of 32 rows is what mini is called here."""
    monkeypatch.setattr(Identity, "variant", "mini")


@pytest.fixture(scope="module")
def tall():
    """A formed chip of 32 rows and four neurons, through its driver."""
    chip = Chip(Emulator(TALL, twin_array(TALL, SEED), seed=SEED, circuit=CIRCUIT))
    on_chip.form(chip)
    return chip


def _right(told, network, images):
    """Share of the answers that the weights alone give, of the images that these decide clearly."""
    scores = np.sort(network.scores(images), axis=1)
    clear = scores[:, -1] - scores[:, -2] > 0.05 * np.abs(scores).max()
    clear &= scores[:, -1] > 0.05 * np.abs(scores).max()
    assert clear.sum() > 25
    labels = network.decide(network.scores(images))
    return float(np.mean([str(a) == str(b) for a, b, sure in zip(told, labels, clear, strict=True) if sure]))


def test_images_are_answered_as_the_weights_alone_do(tall):
    held = on_chip.write(tall, place(NETWORK, TALL, calibration=KNOWN))
    assert held.positive.shape == (30, 4) and len(held.neurons) == 3
    told = on_chip.answers(tall, held, IMAGES)
    assert set(told) >= {"a", "b", "c"} and _right(told, NETWORK, IMAGES) > 0.9
    assert tall.registers.read("mask0") == 0b1111 & ~sum(1 << neuron for neuron in held.neurons)
    wrong = replace(held, trims=(Trim(31, 3), *held.trims[1:]))
    assert on_chip.answers(tall, wrong, IMAGES) != told, "a trim does nothing"


def test_events_are_answered_as_the_weights_alone_do(tall):
    held = on_chip.write(tall, place(NETWORK, TALL, calibration=KNOWN, settings=EVENTS))
    told = on_chip.answers(tall, held, IMAGES, events=100)
    assert _right(told, NETWORK, IMAGES) > 0.85
    with pytest.raises(UserError, match="a rate cannot be negative"):
        on_chip.answers(tall, held, -IMAGES)


def test_bias_is_a_row_that_is_always_on(tall):
    """Alike weights: the bias alone decides, of images and of events."""
    bias = np.array([-4.0, 3.0, 8.0])
    alike = np.tile(np.where(np.arange(30) % 2, 0.2, -0.2)[:, None], 3)
    network = Network.from_numpy(alike, bias, labels=["a", "b", "c"])
    for settings in (None, EVENTS):
        placed = place(network, TALL, calibration=KNOWN, settings=settings)
        assert placed.positive.shape == (31, 4) and placed.bias_input > 0
        told = on_chip.answers(tall, on_chip.write(tall, placed), IMAGES[:6], events=120)
        assert told == ["c"] * 6, settings


def test_two_layers_in_passes(tall):
    """Spikes of the first layer are what the second is shown: pixels, or events."""
    draw = np.random.default_rng(8)
    first = draw.uniform(-0.3, 1, (30, 4))
    first[8:16, 0] = first[:8, 1] = first[24:, 2] = first[16:24, 3] = -1
    second = np.array([[1.0, -1, -0.5], [-1, 1, -0.5], [-0.6, -0.5, 1], [0.5, 0.4, -1]])
    network = Network.from_numpy([first, second], labels=["a", "b", "c"])
    images = IMAGES[:25]
    for settings in (None, EVENTS):
        plans = place_layers(network, TALL, calibration=KNOWN, settings=settings)
        assert [part.coding for part in plans] == ["events", "events" if settings else "images"]
        told = on_chip.in_passes(tall, plans, images, events=160)
        assert (
            np.mean([a == b for a, b in zip(told, network.decide(network.scores(images)), strict=True)]) > 0.7
        ), settings


def test_plan_goes_around_cells_that_are_stuck_only_when_programmed():
    """A shorted cell and a dead column: PROGRAM and READ tell them, the plan leaves that neuron out."""
    for column, rows, us in ((2, (5,), 900.0), (3, tuple(range(32)), 1e-6)):
        broken = np.full((TALL.rows, TALL.columns), np.nan)
        broken[list(rows), column] = us
        chip = Chip(
            Emulator(TALL, TwinArray(CodePath(BrokenCells(broken)), TALL.columns), seed=SEED, circuit=CIRCUIT)
        )
        on_chip.form(chip)
        placed = place(NETWORK, TALL, calibration=KNOWN)
        held = on_chip.write(chip, placed)
        assert sorted(held.neurons) == [0, 2, 3] and placed.neurons == (0, 1, 2)
        assert _right(on_chip.answers(chip, held, IMAGES), NETWORK, IMAGES) > 0.85


def test_events_find_the_settings_of_the_plan(tall):
    """Trims, masks and modes of an earlier script are gone."""
    tall.disable()
    tall.images.trim(pair=1, threshold=7)
    tall.registers.change("ctrl", winner=1)
    mode = EventMode(window=9, units=3, rest=20, refractory=7)
    on_chip.ready(tall, replace(place(NETWORK, TALL, calibration=KNOWN, settings=mode), neurons=(0, 1, 3)))
    assert tall.registers.fields("window") | {"cycles": 0} == {"cycles": 0, "window": 9, "ratio": 2}
    assert tall.registers.field("threshold", "rest") == 20 and tall.registers.fields("refractory") == {
        "count": 0,
        "prescale": 6,
    }
    assert tall.registers.field("mask0", "off") == 0b0100 and not tall.registers.field("ctrl", "winner")
    latches = tall.registers.transport._spikes._latches
    assert [next(trim for k, *trim in reversed(latches) if k in (None, neuron)) for neuron in range(4)] == [
        list(trim) for trim in TRIMS
    ]


def test_calibration_finds_what_events_add_to_each_neuron(monkeypatch):
    """By spikes through the driver; with it events are answered as the weights alone do, without it by the
    neuron that gets most."""
    circuit = replace(CIRCUIT, zero_s=-2e-6, spread=replace(CIRCUIT.spread, zero_s=4e-6))
    monkeypatch.setattr(ImageCircuit, "of", lambda chip: circuit)
    chip = Chip(Emulator(TALL, twin_array(TALL, SEED), seed=SEED, circuit=circuit))
    on_chip.form(chip)
    known = on_chip.calibrate(chip, "tall", events=1500)
    truth = 1e6 * ImageNeurons(circuit, SEED)._zero
    assert np.ptp(truth) > 5 and np.abs(np.array(known.zero_us) - truth).max() < 1.2, (known.zero_us, truth)
    assert chip.registers.read("mask0") == 0 and not chip.registers.field("ctrl", "enable")
    right = []
    for file in (known, replace(known, zero_us=())):
        held = on_chip.write(chip, place(NETWORK, TALL, calibration=file, settings=EVENTS))
        right.append(_right(on_chip.answers(chip, held, IMAGES, events=150), NETWORK, IMAGES))
    assert right[0] > 0.85 and right[0] > right[1] + 0.1, right


def test_refresh_brings_cells_back(tall):
    placed = place(NETWORK, TALL, calibration=KNOWN)
    on_chip.program(tall, placed)
    tall.wait(30 * 86400.0)
    again = on_chip.program(tall, placed)
    assert 0 < sum(cell.pulses > 0 for cell in again.results) < len(again.results)
    assert sum(cell.pulses > 0 for cell in on_chip.program(tall, placed).results) < sum(
        cell.pulses > 0 for cell in again.results
    )


def test_neuron_without_trims_is_masked(tall):
    known = replace(KNOWN, trims=(None, *TRIMS[1:]))
    few, all_of = (
        place(NETWORK, TALL, calibration=known),
        place(Network.from_numpy(np.eye(30)[:, :4]), TALL, calibration=known),
    )
    assert sorted(few.neurons) == [1, 2, 3] and 0 in all_of.neurons and sorted(all_of.used) == [1, 2, 3]
    on_chip.ready(tall, all_of)
    assert tall.registers.read("mask0") == 0b0001


def test_what_does_not_fit_is_told(tall):
    placed = place(NETWORK, TALL)
    with pytest.raises(UserError, match="images: 32 values each, the plan takes 30"):
        on_chip.answers(tall, placed, np.zeros((2, 32)))
    with pytest.raises(UserError, match="a pixel is not from 0 to 16"):
        on_chip.answers(tall, placed, np.full((2, 30), 17.0))
    with pytest.raises(UserError, match="plan for tapeout: the chip is mini"):
        on_chip.program(tall, replace(placed, chip="tapeout"))


def test_cells_of_a_plan_are_not_shared(tall):
    """Another chip of other cells answers by the same plan: nothing of the first is in it."""
    other = Chip(
        Emulator(
            TALL,
            TwinArray(CodePath(CellArray(TALL.rows * TALL.columns, 9)), TALL.columns),
            seed=SEED,
            circuit=CIRCUIT,
        )
    )
    on_chip.form(other)
    held = on_chip.write(other, place(NETWORK, TALL, calibration=KNOWN))
    assert _right(on_chip.answers(other, held, IMAGES), NETWORK, IMAGES) > 0.85
