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

SIMULATOR = "icarus"
TESTS = Path(__file__).with_name("driver_tests.py")
SEEN = "seen.json"


def run_driver(chip: Chip, folder: Path, sources: list[Path] | None = None) -> tuple[Outcome, dict[str, Any]]:
    """Run driver_tests.py.

    Args:
        chip: the variant.
        folder: of build and results; made anew.
        sources: other than the tracked RTL (a planted fault).

    Returns:
        Which tests passed, and what the script saw on the RTL: "seen", "trace"; empty if it did not come to its end.

    Raises:
        UserError: the simulator is missing or too old.
        RuntimeError: the build failed or the run left no results.
    """
    tool("iverilog")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build_controller(chip, SIMULATOR, folder, sources)
    seen = folder.resolve() / SEEN
    outcome = run_top(SIMULATOR, TOP, [f"neusoc.verification.software.{TESTS.stem}"], chip, folder, environment={"NEUSOC_SEEN": str(seen)})
    return outcome, json.loads(seen.read_text()) if seen.exists() else {}
