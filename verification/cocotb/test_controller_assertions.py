"""Every check of controller_assertions.sv fires on the fault that is there for it, in both simulators, and
fails the test that runs."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.verification.cocotb import assertion_faults
from neusoc.verification.cocotb.assertion_faults import FAULTS, Edit, Fault, checks, fault_sources
from neusoc.verification.cocotb.run import build_controller, simulate
from neusoc.verification.jobs import scripts
from neusoc.verification.jobs.run import build_bench, run_bench

CHIP = load_chip("mini")
FOLDER = BUILD / "cocotb" / "assertions"
LOOSE = {"icarus": [], "verilator": ["-Wno-fatal", "-Wno-lint", "-Wno-style"]}
# In every `make test`; all of them, in both simulators, in `make regress`.
FAST = ("codes_within_limits",)
CASES = [
    pytest.param(
        s,
        number,
        id=f"{s}-{f.assertion}",
        marks=[] if s == "icarus" and f.assertion in FAST else [pytest.mark.full],
    )
    for s in ("icarus", "verilator")
    for number, f in enumerate(FAULTS, 1)
]


@functools.cache
def built(simulator: str) -> Path:
    """The controller with all faults, compiled."""
    folder = FOLDER / simulator
    build_controller(
        CHIP, simulator, folder / "build", fault_sources(CHIP, folder / "sources"), LOOSE[simulator]
    )
    return folder / "build"


@pytest.mark.parametrize(("simulator", "number"), CASES)
def test_controller_assertion_fires(simulator: str, number: int) -> None:
    """The assertion that the fault is for ends the simulation first, and cocotb counts the test as failed."""
    fault, build = FAULTS[number - 1], built(simulator)
    folder = FOLDER / simulator / fault.assertion
    outcome = simulate(
        CHIP, simulator, folder, tests=[fault.test], build=build, arguments=[f"+mutant={number}"]
    )
    told = re.findall(r"^ASSERTION (\w+) at \d+", (folder / "run.log").read_text(), re.MULTILINE)
    assert fault.assertion in told, f"{fault.test}: {outcome}, {told}"
    assert outcome.failed == [fault.test]


def test_controller_assertions_control() -> None:
    """Without a fault the same sources pass."""
    outcome = simulate(
        CHIP, "icarus", FOLDER / "none", tests=["everything_at_the_pins"], build=built("icarus")
    )
    assert outcome.passed == ["everything_at_the_pins"] and not outcome.failed


@pytest.mark.parametrize("simulator", ["icarus", pytest.param("verilator", marks=pytest.mark.full)])
def test_controller_assertions_in_the_jobs_bench(simulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that fails is the verdict of the jobs bench too. Random jobs have wide limits: this one's is
    below the fault's code."""
    (planned,) = scripts.plan(CHIP, 0, 1)
    limits = planned.registers.limits.model_copy(update={"bl": 62})
    monkeypatch.setattr(
        scripts,
        "plan",
        lambda *_: [planned._replace(registers=planned.registers.model_copy(update={"limits": limits}))],
    )
    (number,) = [k for k, fault in enumerate(FAULTS, 1) if fault.assertion == "codes_within_limits"]
    folder = FOLDER / f"jobs_{simulator}"
    command = build_bench(CHIP, simulator, folder / "bench", fault_sources(CHIP, folder / "sources"))
    scripts.write_script(CHIP, 0, 1, folder)
    assert run_bench(command, folder, 60).passed
    verdict = run_bench(command, folder, 60, [f"+mutant={number}"])
    assert not verdict.passed and re.fullmatch(r"assertion codes_within_limits at \d+ ns", verdict.why), (
        verdict
    )


def test_controller_assertions_have_faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each check has its own name and one fault; the faults are in step with the RTL."""
    assert sorted(checks()) == sorted(fault.assertion for fault in FAULTS)
    fault_sources(CHIP, tmp_path)
    stale = Fault("none", "none", (Edit("controller.sv", "", "text that is not there", ""),))
    monkeypatch.setattr(assertion_faults, "FAULTS", (stale,))
    with pytest.raises(
        RuntimeError, match="fault of none: controller.sv has 'text that is not there' 0 times, expected once"
    ):
        fault_sources(CHIP, tmp_path)
