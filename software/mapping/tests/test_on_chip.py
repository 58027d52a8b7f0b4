"""A plan on a chip through its driver: settings that an earlier script left, and a calibration beside the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.driver.backends.array import twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Timing
from neusoc.software.mapping import on_chip
from neusoc.software.mapping.plan import place
from neusoc.software.network.network import Network

TALL = load_chip("mini").model_copy(update={"rows": 64})         # enough rows that counts do not lock to a pattern
SEED, EVENTS, LEFT_V = 3, 8000, 1e-3


@pytest.fixture(scope="module")
def tall():
    """A formed chip of 64 rows and four neurons, through its driver."""
    chip = Chip(Emulator(TALL, twin_array(TALL, SEED), seed=SEED))
    on_chip.form(chip)
    return chip


def test_calibration_through_the_driver_finds_the_offsets(tall, monkeypatch):
    monkeypatch.setattr(Identity, "variant", "mini")             # whose neurons it has
    circuit, boards = Circuit.of(TALL), []
    found = on_chip.calibrate(tall, circuit, "tall", events=EVENTS, setting=lambda board: boards.append(board) or tall.supply(board))
    truth = Neurons(circuit, SEED).offset_v
    assert np.abs(truth).max() > 2 * LEFT_V and None not in found.offset_v
    assert np.abs(found.known_v - truth).max() < LEFT_V
    assert np.abs(np.array(found.shift_v) - Neurons(circuit, SEED).shift_v).max() < 4e-3
    assert np.shape(found.read_us) == (64, 8) and set(found.trims.tolist()) != {TRIM_STANDARD}
    assert boards[-1] == Board() and not tall.registers.field("ctrl", "enable")


def test_calibration_that_is_interrupted_leaves_the_board_as_it_was(tall, monkeypatch):
    monkeypatch.setattr(Identity, "variant", "mini")
    boards = []

    def supply(board):
        boards.append(board)
        tall.supply(board)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        on_chip.calibrate(tall, Circuit.of(TALL), "tall", events=1000, setting=supply, told=stop)
    assert boards[-1] == Board() and not tall.registers.field("ctrl", "enable")


def test_events_find_the_settings_of_the_plan(tall):
    """Trim and bank, masks and modes of an earlier script are gone."""
    tall.enable()                                       # its first event: the neurons are there
    tall.disable()
    tall.registers.set("neuron_config", all=1, trim=7, bank=3)
    tall.registers.change("ctrl", winner=1)
    on_chip.ready(tall, Timing(settle=4, gap=3, phi_p=5, phi_n=5), {0: 3, 1: 5, 2: 3})
    neurons = tall._transport._spikes
    neurons._configure()
    assert tall.registers.fields("timing") == {"settle": 4, "gap": 3, "phi_p": 5, "phi_n": 5}
    assert tall.registers.field("mask0", "off") == 0b1000 and not tall.registers.field("ctrl", "winner")
    assert neurons._neurons is not None and not neurons._settings
    assert neurons._neurons.trim.tolist() == [3, 5, 3, TRIM_STANDARD] and set(neurons._neurons.bank.tolist()) == {0}


def test_plan_of_another_variant_is_refused(tall):
    network = Network.from_numpy(np.random.default_rng(1).uniform(-1, 1, (64, 32)))
    tapeout = load_chip("tapeout")
    plan = place(network, tapeout, Circuit.of(tapeout))
    with pytest.raises(UserError, match="plan for tapeout: the chip is"):
        on_chip.program(tall, plan)


def test_spikes_are_those_of_the_outputs_whatever_neurons_they_have(tall, monkeypatch):
    """Programmed and counted on the chip: outputs on other neurons tell the same, and the neuron that is left out does not fire."""
    monkeypatch.setattr(Identity, "variant", "mini")
    network = Network.from_numpy(np.random.default_rng(6).uniform(-1, 1, (64, 3)), labels=["a", "b", "c"])
    straight = replace(place(network, TALL, Circuit.of(TALL)), chip="mini")
    images = np.random.default_rng(7).integers(0, 17, (4, 64)).astype(float)
    events, found = network.encode(images, 200), []
    for neurons in ((0, 1, 2), (3, 0, 1)):
        plan = replace(straight, neurons=neurons)
        on_chip.program(tall, plan)
        found.append(on_chip.count_images(tall, plan, events))
        assert tall.registers.field("mask0", "off") == 0b1111 & ~sum(1 << neuron for neuron in neurons)
    (counts, last), (moved, _) = found
    assert counts.shape == last.shape == (4, 3) and counts.sum() > 20
    alike, rolled = (np.corrcoef(counts.ravel(), other.ravel())[0, 1] for other in (moved, np.roll(moved, 1, axis=1)))
    assert alike > 0.95 and rolled < 0.5, "neurons differ by their offsets, outputs by much more"
