"""Runs a scenario of events: RTL in a simulator, core and references in ngspice; judges against the emulator;
writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from neusoc.base.chip import Chip
from neusoc.base.report import Figure, Report
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, prepare, run_test
from neusoc.verification.mixed.events.judge import EventOutcome, judge, most_events
from neusoc.verification.mixed.events.scenarios import EventScenario

REFRACTORY = {"prescale": 4, "count": 2}


def simulate(
    chip: Chip, scenario: EventScenario, simulator: str = "icarus", fault: Fault | None = None
) -> EventOutcome:
    """Run a scenario; the expectation is that of the core without the fault.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder, _, job = prepare(chip, scenario, fault, simulator=simulator)
    job |= {
        "refractory": REFRACTORY,
        "settings": {str(neuron): asdict(codes) for neuron, codes in scenario.settings.items()},
        "bursts": [
            {"row": b.row, "fires": sorted(b.fires), "most": most_events(chip, scenario, b)}
            for b in scenario.bursts
        ],
        "rest_cycles": (REFRACTORY["prescale"] + 1) * (REFRACTORY["count"] + 1) + 10 * chip.neurons,
    }
    run_test(chip, simulator, folder, "events.cocotb_tests", job)
    tick, count = REFRACTORY["prescale"] + 1, REFRACTORY["count"]
    refractory = count * tick, (count + 1) * tick
    return EventOutcome.load(
        scenario, folder, f"neusoc mixed events {scenario.name}", chip=chip, refractory=refractory
    )


def check_events(
    chip: Chip, scenarios: Sequence[EventScenario], simulator: str = "icarus", fault: Fault | None = None
) -> Report:
    """Run scenarios and write build/reports/mixed_events.<chip>.json; with a fault or another simulator: its
    name behind that."""

    def judged(scenario: EventScenario) -> list[Figure]:
        return judge(simulate(chip, scenario, simulator, fault))

    return check_scenarios(chip, "mixed_events", scenarios, judged, fault, simulator)
