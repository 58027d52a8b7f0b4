"""A plan on a chip through its driver: settings that an earlier script left, and a calibration beside the truth."""

from __future__ import annotations

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
    tall.disable()
    tall.registers.set("neuron_config", all=1, trim=7, bank=3)
    tall.registers.change("ctrl", winner=1)
    on_chip.ready(tall, Timing(settle=4, gap=3, phi_p=5, phi_n=5), used=3)
    neurons = tall._transport._spikes
    neurons._configure()
    assert tall.registers.fields("timing") == {"settle": 4, "gap": 3, "phi_p": 5, "phi_n": 5}
    assert tall.registers.field("mask0", "off") == 0b1000 and not tall.registers.field("ctrl", "winner")
    assert not neurons._settings or neurons._settings[-1][1:] == (TRIM_STANDARD, 0)
    assert neurons._neurons is None or (set(neurons._neurons.trim) == {TRIM_STANDARD} and set(neurons._neurons.bank) == {0})


def test_plan_of_another_variant_is_refused(tall):
    network = Network.from_numpy(np.random.default_rng(1).uniform(-1, 1, (64, 32)))
    tapeout = load_chip("tapeout")
    plan = place(network, tapeout, Circuit.of(tapeout))
    with pytest.raises(UserError, match="plan for tapeout: the chip is"):
        on_chip.program(tall, plan)
