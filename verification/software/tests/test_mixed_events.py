"""Spikes of the emulated chip, through the driver, beside those of the transistors in the last mixed run."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.digital.model.ispp import Operation, load_registers
from neusoc.software.emulator.measured import floor_of, known, line_of, wiring_of
from neusoc.software.emulator.neurons import ALIKE, Circuit
from neusoc.verification.mixed.common.stimuli import LRS
from neusoc.verification.mixed.events.scenarios import CONFIGURED, PATTERN, SIGNED
from neusoc.verification.software.mixed_events import FixedCells, events_to_fire, kept_events, largest_difference, phase_cycles, siemens_of

MINI = load_chip("mini")


def circuit():
    results = known()
    return Circuit(MINI.neurons, line_of(results), wiring_of(results, MINI, "schematic"), ALIKE, floor_of(results), 0.0)


@pytest.mark.parametrize("scenario", [PATTERN, SIGNED, CONFIGURED], ids=lambda s: s.name)
def test_emulated_neurons_fire_with_the_transistors(scenario):
    kept = kept_events(scenario, known())
    assert len(kept) == sum(len(burst.fires) for burst in scenario.bursts)
    apart = largest_difference(events_to_fire(scenario, MINI, circuit()), kept)
    assert apart is not None and apart <= 1
    wrong = largest_difference(events_to_fire(scenario, MINI, circuit(), phi_p=phase_cycles(scenario) + 1), kept)
    assert wrong is None or wrong > 1, "a phase that is longer by a cycle must show"


def test_a_model_without_its_pushed_charge_is_seen():
    line = replace(circuit().line, push_p_c=0.0, push_n_c=0.0, start_p_c=0.0, start_n_c=0.0)
    apart = largest_difference(events_to_fire(SIGNED, MINI, replace(circuit(), line=line)), kept_events(SIGNED, known()))
    assert apart is None or apart > 1


def test_difference_of_other_neurons_is_none():
    assert largest_difference({(0, 1): 4}, {(0, 2): 4}) is None and largest_difference({(0, 1): 4}, {(0, 1): 6}) == 2


def test_neuron_sees_less_of_a_cell_than_its_conductance_at_zero():
    seen = siemens_of(np.array([0.0, LRS / 2, LRS]))
    assert 0 < seen[0] < 1e-6 and (np.diff(seen) > 0).all() and 0.8 * LRS < seen[2] < LRS
    assert LRS / seen[2] > (LRS / 2) / seen[1], "the transistor takes more of a strong cell"


def test_fixed_cells_refuse_jobs():
    with pytest.raises(ValueError, match="^READ: these cells are fixed"):
        FixedCells(np.zeros((8, 8))).visit(load_registers(), Operation.READ, [(0, 0)], [])
