"""Each assertion at the controller's pins is tripped by the fault that is planted for it; without a fault none is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neusoc.flow.config import load_chip
from neusoc.flow.paths import BUILD
from neusoc.verification.cocotb.assertion_faults import FAULTS, checks, fault_sources
from neusoc.verification.cocotb.run import Outcome, build_controller, simulate

FOLDER = BUILD / "cocotb" / "assertions"
# One of each section in every `make test`; all of them in `make regress`.
FAST = ("row_in_a_known_state", "strobe_until_answer", "ack_one_cycle", "event_out_address_stands")
NUMBERS = [
    pytest.param(number, id=fault.assertion, marks=[] if fault.assertion in FAST else [pytest.mark.full])
    for number, fault in enumerate(FAULTS, 1)
]


def test_controller_assertions_have_faults(tmp_path: Path) -> None:
    """No assertion is without a fault, and the faults fit the RTL."""
    assert [fault.assertion for fault in FAULTS] == checks()
    assert set(FAST) <= set(checks())
    assert len(fault_sources(load_chip("mini"), tmp_path)) > len(FAULTS) // 2


def run(simulator: str, build: Path, number: int, tests: list[str]) -> tuple[Outcome, list[str]]:
    """Run tests with one fault (0: none); also the assertions that failed."""
    chip = load_chip("mini")
    folder = FOLDER / simulator / f"fault_{number}"
    outcome = simulate(chip, simulator, folder, tests=tests, build=build, arguments=[f"+mutant={number}"])
    return outcome, re.findall(r"^ASSERTION (\w+) at", (folder / "run.log").read_text(), re.MULTILINE)


def build(simulator: str) -> Path:
    """One build with all faults."""
    chip, folder = load_chip("mini"), FOLDER / simulator / "build"
    build_controller(chip, simulator, folder, fault_sources(chip, FOLDER / simulator / "sources"))
    return folder


@pytest.fixture(scope="module")
def icarus() -> Path:
    return build("icarus")


@pytest.mark.parametrize("number", NUMBERS)
def test_controller_assertion_sees_its_fault(number: int, icarus: Path) -> None:
    fault = FAULTS[number - 1]
    outcome, tripped = run("icarus", icarus, number, [fault.test])
    assert outcome.failed == [fault.test] and tripped[:1] == [fault.assertion], tripped


def test_controller_assertions_control(icarus: Path) -> None:
    """Without a fault the same build passes the same tests, and no assertion speaks."""
    tests = sorted({fault.test for fault in FAULTS if fault.assertion in FAST})
    outcome, tripped = run("icarus", icarus, 0, tests)
    assert not outcome.failed and sorted(outcome.passed) == tests and not tripped


@pytest.mark.full
def test_controller_assertions_in_verilator() -> None:
    """Verilator compiles them in and ends at them too."""
    folder = build("verilator")
    for name in FAST:
        (number,) = (k for k, fault in enumerate(FAULTS, 1) if fault.assertion == name)
        outcome, tripped = run("verilator", folder, number, [FAULTS[number - 1].test])
        assert outcome.failed and tripped[:1] == [name], (name, tripped)
