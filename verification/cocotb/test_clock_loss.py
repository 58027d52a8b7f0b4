"""The controller when its clock stops, and faults of the clock watch that the tests must see. Icarus: Verilator has no delays here."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.verification.cocotb.mutants import Fault, faulty_sources
from neusoc.verification.cocotb.run import BUILD_ARGS, Outcome, all_tests, begin, build_top, run_top

FOLDER = BUILD / "cocotb" / "clock_loss"
TESTS = Path(__file__).with_name("clock_loss_tests.py")
FAULTS = {
    "the line ends nowhere": Fault("clock_watch", "assign lost_o     = line[Groups];", "assign lost_o     = 1'b0;",
                                   "clock_stops_at_any_moment"),
    "the line is too short": Fault("clock_watch", "Groups = 41", "Groups = 24", "slow_clock_is_no_lost_clock"),
    "an edge takes nothing back": Fault("clock_watch", "(clock ~^ late) & on_i", "on_i", "slow_clock_is_no_lost_clock"),
    "a rising edge alone takes it back": Fault("clock_watch", "(clock ~^ late) & on_i", "~(clock & ~late) & on_i",
                                               "slow_clock_is_no_lost_clock"),
    "the pulse does not empty a group": Fault("clock_watch", "PulseCells = 7", "PulseCells = 3", "slow_clock_is_no_lost_clock"),
    "resets nothing": Fault("clock_reset", "(pin_rst_i | lost_i)", "(pin_rst_i)", "clock_stops_at_any_moment"),
    "a row alone counts": Fault("interlock", "assign drives_o       = active;", "assign drives_o       = row_on_q;",
                                "clock_stops_at_any_moment"),
    "told by nothing": Fault("clock_flag", "lost_q <= 1'b1;", "lost_q <= 1'b0;", "clock_flag"),
    "the flag dies in the reset": Fault("clock_reset", ".async_rst_i(pin_rst_i),", ".async_rst_i(rst_o),", "clock_flag"),
    "every write takes the flag": Fault("register_block", "write_q & (word_q == controller_map::ErrorWord)", "write_q", "clock_flag"),
}  # fmt: skip
SOME = ("the line ends nowhere",)


def run(folder: Path, sources: list[Path] | None = None, tests: list[str] | None = None) -> Outcome:
    """The tests, or some of them."""
    chip = load_chip("mini")
    begin("icarus", folder)
    build_top("icarus", TOP, sources or rtl_sources(), folder, defines=DEFINES, sizes=parameters(chip), options=BUILD_ARGS["icarus"])
    return run_top("icarus", TOP, [f"neusoc.verification.cocotb.{TESTS.stem}"], chip, folder, tests=tests)


def test_clock_loss() -> None:
    outcome = run(FOLDER)
    assert not outcome.failed and sorted(outcome.passed) == sorted(all_tests([TESTS])), f"see {FOLDER}/run.log"


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SOME else [pytest.mark.full]) for n in FAULTS])
def test_clock_loss_fault_is_seen(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    outcome = run(tmp_path / "build", faulty_sources(rtl_sources(), fault, tmp_path), [fault.killer])
    assert outcome.failed == [fault.killer], f"{fault.killer} does not see {name}"


def test_clock_loss_faults_in_step_with_rtl(tmp_path: Path) -> None:
    tests = all_tests([TESTS])
    for fault in FAULTS.values():
        assert fault.killer in tests
        faulty_sources(rtl_sources(), fault, tmp_path)
