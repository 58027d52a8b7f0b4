"""Runs a scenario: RTL in Icarus, the first core's neurons or the whole image core in ngspice; judges what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from neusoc.base.chip import IMAGE, Chip, load_chip
from neusoc.base.report import Report, write_atomic
from neusoc.verification.mixed.common.estimate import estimate
from neusoc.verification.mixed.common.reporting import Fault
from neusoc.verification.mixed.common.run import check_scenarios, core_netlist, neurons_job, prepare, run_folder, run_test
from neusoc.verification.mixed.common.supplied import supplied_job
from neusoc.verification.mixed.learning.judge import LearnOutcome, judge
from neusoc.verification.mixed.learning.plot import picture
from neusoc.verification.mixed.learning.scenarios import IMAGE_LEARNING, LEARNING, ImageLearnScenario, LearnScenario

WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S = 3600.0, 300.0
IMAGE_LIMIT_S, IMAGE_ANSWER_S = 3 * 3600.0, 900.0      # it starts its references first, in one stride
IMAGE_CHIP = "image"


def run_learning(chip: Chip, scenario: LearnScenario | ImageLearnScenario, fault: Fault | None = None) -> LearnOutcome:
    """Run a scenario, of the chip's own core.

    Raises:
        UserError: a tool is missing or the fault cannot be planted.
        SimulationError: the simulation failed, with the reason.
    """
    good, folder = core_netlist(chip), run_folder(chip, scenario, fault=fault)
    parts = (chip, folder, scenario.bias, scenario.conductances, good, fault)
    if isinstance(scenario, ImageLearnScenario):
        circuit, job = prepare(*parts, stop_s=2e-3)
        job |= supplied_job(chip, circuit, scenario.bias, scenario.started_s)
        module, most, answer = "learning.image_tests", IMAGE_LIMIT_S, IMAGE_ANSWER_S
    else:
        cycles = estimate(scenario, good, chip.rows, chip.neurons, chip.clock_ns).phase_cycles
        _, job = prepare(*parts, stop_s=2e-3, learning=True)
        job |= neurons_job(chip, scenario, cycles)
        module, most, answer = "learning.cocotb_tests", WALL_CLOCK_LIMIT_S, ANSWER_LIMIT_S
    job |= {
        "learning": scenario.learning,
        "inhibit_cycles": scenario.inhibit_cycles,
        "spike_cycles": scenario.spike_cycles,
        "window_cycles": scenario.window_cycles,
        "presentations": [asdict(p) for p in scenario.presentations],
        "wall_clock_limit_s": most,
        "answer_limit_s": answer,
    }
    run_test(chip, "icarus", folder, module, job)
    return load_outcome(chip, scenario, fault)


def load_outcome(chip: Chip, scenario: LearnScenario | ImageLearnScenario, fault: Fault | None = None) -> LearnOutcome:
    """What the last run of a scenario left."""
    return LearnOutcome.load(scenario, run_folder(chip, scenario, fault=fault), f"neusoc mixed learn {scenario.name} --chip {chip.name}")


def scenarios_of(chip: Chip) -> dict[str, LearnScenario] | dict[str, ImageLearnScenario]:
    """Scenarios of a chip's core by name."""
    return IMAGE_LEARNING if chip.core == IMAGE else LEARNING


def pictures() -> list[Path]:
    """Draw the pictures of README.md from the last runs of both cores; returns their paths."""
    mini, image = load_chip("mini"), load_chip(IMAGE_CHIP)
    shown = [picture(load_outcome(mini, scenario)) for scenario in LEARNING.values()]
    shown += [replace(picture(load_outcome(image, scenario)), name=f"learning_image_{name}") for name, scenario in IMAGE_LEARNING.items()]
    return [write_atomic(Path(__file__).with_name(f"{p.name}.png"), p.png()) for p in shown]


def check_learning(chip: Chip, scenarios: Sequence[LearnScenario | ImageLearnScenario], fault: Fault | None = None) -> Report:
    """Run scenarios and write build/reports/mixed_learning.<chip>.json."""
    return check_scenarios(chip, "mixed_learning", scenarios, lambda scenario: judge(run_learning(chip, scenario, fault)), fault)
