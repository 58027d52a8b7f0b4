"""Runs the orders of supply_scenarios.py on the whole core in ngspice: no device beyond its rating, no cell changed; writes the report."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from neusoc.analog.reram.osdi import conductance
from neusoc.analog.stress import LIMIT_THICK, LIMIT_THIN
from neusoc.flow.config import Chip
from neusoc.flow.errors import UserError
from neusoc.flow.report import Figure, Report, into_marked, write_atomic
from neusoc.verification.mixed.circuit import DIGITAL_SLEW, SMALL_CHARGE
from neusoc.verification.mixed.job_judge import NEIGHBOUR_CHANGE
from neusoc.verification.mixed.outcome import SUPPLIES, RunOutcome
from neusoc.verification.mixed.reporting import Fault, tell_scenarios
from neusoc.verification.mixed.run import check_scenarios, core_netlist, environment, prepare, run_bounded, run_folder
from neusoc.verification.mixed.supply_core import STAIRS
from neusoc.verification.mixed.supply_scenarios import ORDERS, RAMP, SupplyScenario

MODULE = "neusoc.verification.mixed.supply_run"
BEGIN, END = f"<!-- supplies: written by python -m {MODULE} --readme -->", "<!-- supplies: end -->"
WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 3600.0, 900.0


class SupplyOutcome(RunOutcome[SupplyScenario]):
    """What a run of an order left."""


def command(scenario: SupplyScenario) -> str:
    """What runs a scenario."""
    return f"python -m {MODULE} {scenario.name}"


def supplied_from_outside(deck: str, scenario: SupplyScenario) -> str:
    """The deck with supplies and references as sources that the run moves, and the reference current in proportion to vdd1v8.

    Steps do not count small charges: with SMALL_CHARGE ngspice finds none amid a ramp ("timestep too small").

    Raises:
        UserError: the deck has no such source.
    """
    for net in SUPPLIES:
        deck, count = re.subn(rf"^v{net} {net} 0 \S+$", f"v{net} {net} 0 external", deck, flags=re.M)
        if count != 1:
            raise UserError(f"core.cir: {count} sources of {net}, not one; build the deck again")
    follows = rf"biibias vdd1v8 ibias i=\1*v(vdd1v8)/{scenario.bias.vdd1v8:g}"
    deck, count = re.subn(r"^iibias vdd1v8 ibias (\S+)$", follows, deck, flags=re.M)
    if count != 1:
        raise UserError("core.cir: no source iibias; build the deck again")
    return deck.replace(f" chgtol={SMALL_CHARGE:g}", "")


def run_order(chip: Chip, scenario: SupplyScenario, fault: Fault | None = None) -> SupplyOutcome:
    """Run a scenario.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    folder = run_folder(chip, scenario, fault=fault)
    circuit, job = prepare(
        chip, folder, scenario.bias, scenario.states, core_netlist(chip), fault, stop_s=scenario.stop + 1e-6, whole=True
    )  # fmt: skip
    write_atomic(circuit.netlist, supplied_from_outside(circuit.netlist.read_text(), scenario))
    write_atomic(folder / "core.spice", circuit.core)
    job |= {
        "pins": circuit.nets,
        "sources": {name: (0.0, DIGITAL_SLEW) for name in circuit.inputs.values()} | {f"v{n}": (0.0, RAMP / STAIRS) for n in SUPPLIES},
        "supplies": {net: getattr(scenario.bias, net) for net in SUPPLIES},
        "steps": [asdict(step) for step in scenario.steps],
        "ramp": RAMP,
        "stop": scenario.stop,
        "answer_limit_s": ANSWER_LIMIT_S,
    }
    write_atomic(folder / "job.json", json.dumps(job, indent=1) + "\n")
    inside = [sys.executable, "-m", "neusoc.verification.mixed.supply_core", str(folder)]
    run_bounded(inside, folder / "run.log", environment(), WALL_CLOCK_LIMIT_S)
    return SupplyOutcome.load(scenario, folder, command(scenario))


def judge(outcome: SupplyOutcome) -> list[Figure]:
    """All figures of a run."""
    scenario, result, figure, waves = outcome.scenario, outcome.result, outcome.figure, outcome.waves
    kept = [f"x[{row},{column}]" for row, column in scenario.programmed]
    ends = [(w[0], w[-1]) for name, w in waves.items() if name.startswith("x[") and name not in kept]
    changes = [abs(conductance(float(last)) / conductance(float(first)) - 1) for first, last in ends]
    late = waves["time"] > scenario.stop - 0.5e-6
    left = {net: float(-waves[f"i({net})"][late].mean()) for net in ("vpp", "vdd1v8")}
    return [
        figure("cells", len(changes), "", 64 - len(kept), 64 - len(kept)),
        figure("largest_change_of_a_cell", max(changes) * 100, "%", None, NEIGHBOUR_CHANGE * 100),
        figure("worst_1v8_device", result["stress"]["thin"], "V", None, LIMIT_THIN),
        figure("worst_5v_device", result["stress"]["thick"], "V", None, LIMIT_THICK),
        figure("devices_beyond_limits", result["devices_beyond_limits"]),
        figure("longest_time_beyond_limits", result["longest_beyond_limits"] * 1e9, "ns"),
        figure("highest_wl", max(float(w.max()) for name, w in waves.items() if name.startswith("wl[")), "V"),
        figure("highest_bl", max(float(w.max()) for name, w in waves.items() if name.startswith("bl[")), "V"),
        figure("current_from_vpp_at_the_end", left["vpp"] * 1e6, "uA"),
        figure("current_from_vdd1v8_at_the_end", left["vdd1v8"] * 1e6, "uA"),
        figure("processor_time", result["cpu_s"], "s"),
    ]


def check_orders(chip: Chip, scenarios: Sequence[SupplyScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_supplies.<chip>.json."""
    return check_scenarios(chip, "mixed_supplies", scenarios, lambda scenario: judge(run_order(chip, scenario, fault)), fault)


def _last(chip: Chip, scenario: SupplyScenario) -> dict[str, Figure]:
    """Figures of an order's last run by their names without the order's; none if it did not come to its end."""
    try:
        outcome = SupplyOutcome.load(scenario, run_folder(chip, scenario), command(scenario))
    except UserError:
        return {}
    return {f.name.removeprefix(f"{scenario.name}."): f for f in judge(outcome)}


def table(chip: Chip) -> str:
    """Figures of the last run of every order as Markdown: a line a figure, a column an order."""
    last = {name: _last(chip, scenario) for name, scenario in ORDERS.items()}
    shown = {f: figure for of_order in last.values() for f, figure in of_order.items() if f not in ("cells", "processor_time")}

    def cell(of_order: dict[str, Figure], name: str) -> str:
        if not of_order:
            return "not run"
        return f"{of_order[name].value:.3g}" if of_order[name].passes else f"**{of_order[name].value:.3g}** (missed)"

    lines = [f"| figure | unit | limit | {' | '.join(last)} |", "| --- | --- | --- |" + " --- |" * len(last)]
    for name, first in shown.items():
        limit = "-" if first.max is None else f"<= {first.max:g}"
        lines.append(f"| {name} | {first.unit} | {limit} | {' | '.join(cell(of_order, name) for of_order in last.values())} |")
    return "\n".join(lines) + "\n"


def readme(chip: Chip) -> Path:
    """The table into README.md."""
    return into_marked(Path(__file__).with_name("README.md"), {(BEGIN, END): table(chip)})


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"orders: {', '.join(ORDERS)}; all by default")] = None,
    to_readme: Annotated[bool, typer.Option("--readme", help="run nothing: figures of the last runs into README.md")] = False,
) -> None:
    """Run orders of the supplies and print their figures."""
    tell_scenarios(names, to_readme, ORDERS, check_orders, readme)


if __name__ == "__main__":
    typer.run(main)
