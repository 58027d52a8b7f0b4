"""Runs a scenario of events: RTL in a simulator, analog core in ngspice; judges the outcome against the estimate; writes the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.verification.mixed.common.circuit import device_count, without_sleepers
from neusoc.verification.mixed.common.estimate import Estimate, estimate
from neusoc.verification.mixed.common.reporting import Fault, figures_of, write_report
from neusoc.verification.mixed.common.run import SIMULATORS, core_netlist, neurons_job, prepare, run_folder, run_test
from neusoc.verification.mixed.events.judge import Outcome, judge
from neusoc.verification.mixed.events.scenarios import CONFIGURED, PATTERN, SIGNED, Scenario

REFRACTORY = {"prescale": 4, "count": 2}
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 1800.0, 240.0


def simulate(
    chip: Chip, scenario: Scenario, simulator: str = "icarus", fault: Fault | None = None, netlist: str | None = None
) -> Outcome:
    """Run a scenario.

    Args:
        chip: the variant; `mini` takes a minute.
        scenario: see scenarios.py.
        simulator: icarus or verilator.
        fault: edit of the netlist that is simulated (the expectation is the unedited one's).
        netlist: netlist of the core, instead of the project's own.

    Raises:
        UserError: a tool is missing or the netlist cannot be used.
        SimulationError: the simulation failed, with the reason.
    """
    good = netlist or core_netlist(chip)
    expected = estimate(scenario, good, chip.rows, chip.neurons, chip.clock_ns, scenario.settings)
    folder = run_folder(chip, scenario, simulator, fault)
    _, job = prepare(chip, folder, scenario.bias, scenario.conductances, good, fault, stop_s=500e-6)
    set_cell_events = expected.range / max(expected.steps.values())
    job |= neurons_job(chip, scenario, expected.phase_cycles) | {
        "refractory": REFRACTORY,
        "settings": {str(k): asdict(setting) for k, setting in scenario.settings.items()},
        "bursts": [
            {
                "row": b.row,
                "fires": sorted(b.fires),
                "most": math.ceil(max((1.5 * expected.events(b.row, k) for k in b.fires), default=b.quiet_events * set_cell_events)),
            }
            for b in scenario.bursts
        ],
        "rest_cycles": (REFRACTORY["prescale"] + 1) * (REFRACTORY["count"] + 1) + 10 * chip.neurons,
        "wall_clock_limit_s": WALL_CLOCK_LIMIT_S,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    run_test(chip, simulator, folder, "events.cocotb_tests", job)
    return load_outcome(chip, scenario, expected, folder)


def load_outcome(chip: Chip, scenario: Scenario, expected: Estimate, folder: Path) -> Outcome:
    """Read what a run left in its folder."""
    tick, count = REFRACTORY["prescale"] + 1, REFRACTORY["count"]
    return Outcome.load(
        scenario, folder, "neusoc mixed events", expected=expected, clock_s=chip.clock_ns * 1e-9,
        refractory=(count * tick, (count + 1) * tick),
    )  # fmt: skip


def check_mixed(
    chip: Chip,
    scenarios: Sequence[Scenario] = (PATTERN, SIGNED, CONFIGURED),
    simulator: str = "icarus",
    fault: Fault | None = None,
) -> Report:
    """Run scenarios and write build/reports/mixed.<chip>.json; of some, with a fault or another simulator: their names behind it."""
    watch = Stopwatch()
    core = core_netlist(chip)
    figures = [
        Figure(name="core.devices", value=device_count(core), source="netlist"),
        Figure(name="core.devices_simulated", value=device_count(without_sleepers(core, scenarios[0].bias)), source="netlist"),
        *figures_of(scenarios, lambda scenario: judge(simulate(chip, scenario, simulator, fault))),
    ]
    whole = tuple(scenarios) == (PATTERN, SIGNED, CONFIGURED)
    parts = (not whole and "_".join(s.name for s in scenarios), fault and fault.__name__, simulator != "icarus" and simulator)
    tag = "".join(f".{part}" for part in parts if part)
    folders = {s.name: run_folder(chip, s, simulator, fault) for s in scenarios}
    return write_report(chip, f"mixed.{chip.name}{tag}", figures, SIMULATORS[simulator], folders, watch, fault)
