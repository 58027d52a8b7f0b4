"""Tests of modules apart from the controller (digital.rtl.files.APART): each has <module>_tests.py here, or is tested in what holds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.digital.rtl.files import apart_sources
from neusoc.verification.cocotb.run import all_tests, build_top, run_top

_OPTIONS = {"icarus": ("-g2012",), "verilator": ("-Wno-fatal", "-Wno-lint")}


def failed_apart(module: str, sizes: Mapping[str, int], simulator: str, folder: Path, sources: list[Path] | None = None) -> set[str]:
    """Build a module, run all its tests; names of those that fail.

    Args:
        module: its name.
        sizes: its parameters.
        simulator: icarus or verilator.
        folder: folder of build and results.
        sources: other than the tracked RTL (a fault).

    Raises:
        RuntimeError: the build failed, or not every test has run.
    """
    tests = Path(__file__).with_name(f"{module}_tests.py")
    build_top(simulator, module, sources or apart_sources(module), folder, sizes=sizes, options=_OPTIONS[simulator])
    outcome = run_top(simulator, module, [f"neusoc.verification.cocotb.{tests.stem}"], load_chip("mini"), folder)
    if sorted(outcome.passed + outcome.failed) != sorted(all_tests([tests])):
        raise RuntimeError(f"{module}: {outcome.passed} and {outcome.failed} are not all tests of {tests.name}")
    return set(outcome.failed)
