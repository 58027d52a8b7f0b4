"""Builds the controller in Icarus and runs the driver's tests on it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from neusoc.base.chip import Chip
from neusoc.base.tools import tool
from neusoc.digital.rtl.files import TOP
from neusoc.verification.cocotb.run import Outcome, build_controller, run_top
from neusoc.verification.software.c_driver import library

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("driver_tests.py")
DRIVERS = ("Chip", "CChip")


def run_driver(chip: Chip, folder: Path, sources: list[Path] | None = None) -> tuple[Outcome, dict[str, Any]]:
    """Run driver_tests.py.

    Args:
        chip: the variant.
        folder: folder of build and results; made anew.
        sources: other than the tracked RTL (a planted fault).

    Returns:
        Which tests passed, and by driver (Chip, CChip) what the script saw on the RTL: "seen", "trace". One whose script did not come to
        its end is not there.

    Raises:
        UserError: the simulator or the C compiler is missing or too old.
        RuntimeError: the build failed or the run left no results.
    """
    tool("iverilog")
    library()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build_controller(chip, SIMULATOR, folder, sources)
    environment = {"NEUSOC_SEEN": str(folder.resolve())}
    outcome = run_top(SIMULATOR, TOP, [f"neusoc.verification.software.{TESTS.stem}"], chip, folder, environment=environment)
    paths = {name: folder / f"{name}.json" for name in DRIVERS}
    return outcome, {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}
