"""Two layers on one chip, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.learning.training import CellSpread, Settings, train_hidden
from neusoc.software.mapping.plan import SIGNED, place
from neusoc.software.mapping.steps import charge
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.passes import HIDDEN, layers, spikes_in_order, threshold_events, two_passes
from neusoc.software.workloads.study import Trial, sampled

CHIP = load_chip("tapeout")
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(90e-15, 0.75, 48.0), Spread(1e-3, 2e-3), -0.7, 0.01)


@pytest.fixture(scope="module")
def trial():
    data, spread = digits("stratified"), CellSpread.of(charge(CIRCUIT, SIGNED))
    weights = train_hidden(data.train, data.train_labels, spread, 32, threshold_events(CIRCUIT), Settings(rounds=600))
    return Trial(CHIP, CIRCUIT, Network.from_numpy(list(weights)), data.test[:200], data.test_labels[:200], calibrated=False)


def test_passes_tell_digits(trial):
    found = two_passes(trial, 1)
    assert found.accuracy[0] > 0.85 and found.spikes > 20 and two_passes(trial, 1) == found
    blind = replace(trial, network=Network.from_numpy([trial.network.layers[0].matrix() * 0.0 + 0.01, trial.network.layers[1].matrix()]))
    assert two_passes(blind, 1).accuracy[0] < 0.5, "hidden neurons that are all alike tell little"


def test_passes_spikes_in_order_are_those_that_are_counted(trial):
    quiet = replace(trial, circuit=replace(CIRCUIT, noise=0.0))
    first, _ = layers(trial.network)
    events = first.encode(trial.images[:50], 312)
    chips = [sampled(quiet, 2) for _ in range(2)]
    for chip in chips:
        plan = place(first, CHIP, chip.neurons.circuit, timing=HIDDEN)
        chip.program(*plan.columns())
    some = [3, 0, 17, 29, 8]
    hidden = spikes_in_order(chips[0], events, HIDDEN, some)
    counts, _ = chips[1].counts(events.rows, events.ends, HIDDEN)
    assert np.array_equal(hidden.counts(5), counts[:, some]) and counts[:, some].sum() > 150


def test_passes_threshold_is_what_an_ideal_neuron_needs():
    short, long = threshold_events(CIRCUIT), threshold_events(CIRCUIT, SIGNED)
    assert short > long > 1


def test_passes_refuse_ages_and_other_depths(trial):
    with pytest.raises(UserError, match="an array holds one layer at a time"):
        two_passes(replace(trial, ages=(0.0, 1.0)), 1)
    with pytest.raises(UserError, match="1 layers; two passes take two"):
        two_passes(replace(trial, network=layers(trial.network)[1]), 1)
