"""Designs smaller than the controller beside their twins, a clock that stops, and planted faults that tests
must see."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.digital.rtl.files import APART
from neusoc.verification.cocotb.designs import HELD, Fault, designs, faults, faulty_sources

DESIGNS, FAULTS = designs(), faults()
SLOW = pytest.mark.full
# The controller itself runs in test_controller.py.
RUNS = [pytest.param(name, "icarus", id=name) for name in DESIGNS if name != "controller"]
RUNS += [
    pytest.param(name, "verilator", id=f"{name}-verilator", marks=SLOW) for name in sorted(set(APART) - HELD)
]
CASES = [
    pytest.param(design, name, id=f"{design}-{name}", marks=[] if fault.fast or not fault.test else [SLOW])
    for design, named in FAULTS.items()
    for name, fault in named.items()
]


@pytest.mark.parametrize(("name", "simulator"), RUNS)
def test_design_does_as_it_should(name: str, simulator: str, tmp_path: Path) -> None:
    outcome = DESIGNS[name].run(simulator, tmp_path, None, None)
    assert not outcome.failed and sorted(outcome.passed) == sorted(DESIGNS[name].tests), (
        f"see {tmp_path}/run.log"
    )


@pytest.mark.parametrize(("design", "name"), CASES)
def test_design_fault_is_seen(design: str, name: str, tmp_path: Path) -> None:
    fault = FAULTS[design][name]
    sources = faulty_sources(DESIGNS[design].sources(), fault, tmp_path)
    tests = [fault.test] if fault.test else None
    outcome = DESIGNS[design].run("icarus", tmp_path / "build", sources, tests)
    assert outcome.failed and (not tests or outcome.failed == tests), f"{tests} do not see {name}"


def test_design_faults_are_in_step_with_the_rtl(tmp_path: Path) -> None:
    assert set(FAULTS) == set(DESIGNS)
    for design, named in FAULTS.items():
        for name, fault in named.items():
            faulty_sources(DESIGNS[design].sources(), fault, tmp_path)
            assert fault.test is None or fault.test in DESIGNS[design].tests, name
    with pytest.raises(RuntimeError, match="expected once"):
        faulty_sources(DESIGNS["controller"].sources(), Fault("controller.sv", "no such text", ""), tmp_path)
