"""Runs the orders of scenarios.py on core and references in ngspice: no device beyond its rating, no cell
changed; writes the report."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence

import numpy as np
from neusoc.analog.reram.osdi import build_osdi
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, write_atomic
from neusoc.pdk.spice.ngspice import SpiceError, run
from neusoc.verification.mixed.common.circuit import SUPPLY_NETS
from neusoc.verification.mixed.common.outcome import NEIGHBOUR_CHANGE, RunOutcome
from neusoc.verification.mixed.common.ratings import forward, rated, seen
from neusoc.verification.mixed.common.reporting import Fault, SimulationError
from neusoc.verification.mixed.common.run import check_scenarios, prepare
from neusoc.verification.mixed.common.stopped import outputs_in_reset
from neusoc.verification.mixed.supplies.scenarios import WORD_LINE, SupplyScenario

TIME_LIMIT_S = 1800.0


class SupplyOutcome(RunOutcome[SupplyScenario]):
    """What a run of an order left."""


def command(scenario: SupplyScenario) -> str:
    """What runs a scenario."""
    return f"neusoc mixed supplies {scenario.name}"


def supplied_from_outside(deck: str, corners: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """The lock-step deck as one that runs by itself: sources play their corners, and a supply without any is
    at ground.

    Raises:
        UserError: the deck has no such source.
    """

    def put(pattern: str, line: str, what: str) -> None:
        nonlocal deck
        deck, count = re.subn(pattern, lambda _: line, deck, flags=re.M)
        if count != 1:
            raise UserError(f"core.cir: {count} {what}, not one; build the deck again")

    for source, points in corners.items():
        # twelve digits: half a millisecond in, an edge of 0.2 ns is in the seventh, and a level that jumps
        #   leaves nodes where none can be
        net, wave = source[1:], " ".join(f"{at:.12g} {volts:g}" for at, volts in points)
        put(rf"^{source} {net} 0 .*$", f"{source} {net} 0 pwl({wave})", f"sources of {net}")
    for net in (net for net in SUPPLY_NETS if f"v{net}" not in corners):
        put(rf"^v{net} {net} 0 .*$", f"v{net} {net} 0 0", f"sources of {net}")
    return deck


def ran_away(scenario: SupplyScenario, record: Mapping[str, np.ndarray]) -> tuple[str, float] | None:
    """The node that is farthest beyond what all supplies together could lift one to, and its voltage: a wrong
    solution, no circuit."""
    most = sum(abs(float(getattr(scenario.bias, net))) for net in SUPPLY_NETS)
    volts = {name: float(np.abs(wave).max()) for name, wave in record.items() if name.startswith("v(")}
    worst = max(volts, key=lambda name: volts[name], default=None)
    return (worst, volts[worst]) if worst and volts[worst] > most else None


def simulated(scenario: SupplyScenario, deck: str) -> dict[str, np.ndarray]:
    """Waves of an order.

    Raises:
        SimulationError: ngspice did not end, or a node is where no supply could have taken it.
    """
    try:
        record = run(deck, timeout=TIME_LIMIT_S).arrays["core"]
    except SpiceError as error:
        raise SimulationError(f"{scenario.name}: {error}") from None
    if found := ran_away(scenario, record):
        raise SimulationError(
            f"{scenario.name}: {found[0]} comes to {found[1]:.0f} V, which no supply gives; see its deck"
        )
    return record


def run_order(chip: Chip, scenario: SupplyScenario, fault: Fault | None = None) -> SupplyOutcome:
    """Run a scenario.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    begun = time.monotonic()
    folder, circuit, _ = prepare(chip, scenario, fault, stop_s=scenario.stop)
    deck = supplied_from_outside(
        circuit.netlist.read_text(), scenario.played(circuit.inputs, outputs_in_reset(chip))
    )
    control = [
        ".control",
        f"pre_osdi {build_osdi()}",
        *circuit.commands,
        "run",
        "write core.raw",
        "quit",
        ".endc",
        ".end",
    ]
    write_atomic(circuit.netlist, deck.removesuffix(".end\n") + "\n".join(control) + "\n")
    record = simulated(scenario, circuit.netlist.read_text())
    bare = {re.sub(r"^v\((.*)\)$", r"\1", name): wave for name, wave in record.items()}
    waves = {
        name: bare[re.sub("^(.*)#branch$", r"i(\1)", vector)] for name, vector in circuit.vectors.items()
    }
    np.savez_compressed(folder / "waves.npz", time=bare["time"], **waves)
    found = seen(bare, circuit.core, circuit.macros) | {
        "wall_s": time.monotonic() - begun,
        "points": len(bare["time"]),
    }
    write_atomic(folder / "result.json", json.dumps(found, indent=1) + "\n")
    return SupplyOutcome.load(scenario, folder, command(scenario))


def judge(outcome: SupplyOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, figure, waves = outcome.scenario, outcome.figure, outcome.waves
    changes = outcome.changes(0.0, scenario.stop)
    others = [abs(change) for place, change in changes.items() if place not in scenario.programmed]
    late = waves["time"] > scenario.stop - 0.5e-6
    pulse = WORD_LINE if scenario.pulsed else None
    left = {net: float(-waves[f"i({net})"][late].mean()) for net in ("vpp", "vdd1v8")}
    return [
        figure("cells", len(changes), "", 64, 64),
        figure("largest_change_of_a_cell", max(others) * 100, "%", None, NEIGHBOUR_CHANGE * 100),
        *rated(outcome),
        forward(outcome),
        figure(
            "highest_wl",
            max(float(w.max()) for name, w in waves.items() if name.startswith("wl[")),
            "V",
            pulse,
        ),
        figure("highest_bl", max(float(w.max()) for name, w in waves.items() if name.startswith("bl[")), "V"),
        figure("current_from_vpp_at_the_end", left["vpp"] * 1e6, "uA"),
        figure("current_from_vdd1v8_at_the_end", left["vdd1v8"] * 1e6, "uA"),
    ]


def check_orders(chip: Chip, scenarios: Sequence[SupplyScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_supplies.<chip>.json."""

    def judged(scenario: SupplyScenario) -> list[Figure]:
        return judge(run_order(chip, scenario, fault))

    return check_scenarios(chip, "mixed_supplies", scenarios, judged, fault, simulator=None)
