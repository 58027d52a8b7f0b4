"""Address events in, neurons fire, address events out: scenarios against the emulator; whole runs and planted
faults in the full tier."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.verification.mixed.common.faults import EVENT_FAULTS
from neusoc.verification.mixed.common.run import CHIP, SIMULATORS, core_netlist
from neusoc.verification.mixed.events.judge import NEVER, event_range, most_events
from neusoc.verification.mixed.events.run import check_events
from neusoc.verification.mixed.events.scenarios import CONFIGURED, PATTERN, SCENARIOS, SHORT, EventScenario
from neusoc.verification.mixed.tests.played import missed

MINI = load_chip(CHIP)
# A fault is caught if this figure fails.
SEEN_BY = {
    "open_bit_line": "missing_spikes",
    "neighbour_word_lines": "wrong_spikes",
    "swapped_spikes": "wrong_spikes",
    "exchanged_trims": "wrong_latches",
}


@pytest.mark.full
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_mixed_events_make_neurons_fire(scenario: EventScenario) -> None:
    figures = check_events(MINI, (scenario,)).figures
    assert missed(figures) == set() and len(figures) > 25


@pytest.mark.full
def test_mixed_events_make_neurons_fire_in_verilator() -> None:
    other = next(s for s in SIMULATORS if s != "icarus")
    assert missed(check_events(MINI, (PATTERN,), simulator=other).figures) == set()


@pytest.mark.full
@pytest.mark.parametrize("fault", EVENT_FAULTS)
def test_mixed_events_catch(fault: str) -> None:
    scenario = CONFIGURED if "trims" in fault else SHORT
    assert SEEN_BY[fault] in missed(check_events(MINI, (scenario,), fault=EVENT_FAULTS[fault]).figures)


@pytest.mark.parametrize("fault", EVENT_FAULTS)
def test_mixed_event_faults_edit_the_netlist(fault: str) -> None:
    netlist = core_netlist(MINI)
    assert EVENT_FAULTS[fault](netlist) != netlist


@pytest.mark.parametrize("scenario", (PATTERN, CONFIGURED), ids=lambda scenario: scenario.name)
def test_mixed_event_scenarios_are_what_the_emulator_says(scenario: EventScenario) -> None:
    """Neurons that must fire do within a few events, and no other one by the last event of its burst."""
    for burst in scenario.bursts:
        for neuron in range(MINI.neurons):
            fewest, most = event_range(MINI, scenario, burst.row, neuron)
            on_the_pad = neuron in scenario.settings and scenario.settings[neuron].test
            if neuron in burst.fires:
                assert 1 < fewest <= most <= 6
            elif not on_the_pad:
                assert fewest == NEVER > most_events(MINI, scenario, burst)
