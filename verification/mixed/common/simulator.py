"""Child process of run.py: builds the RTL, or runs the cocotb test, in Icarus or Verilator."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

TIMESCALE = ("1ns", "1ps")


def build(simulator: str, folder: Path) -> None:
    """Build from <folder>/build.json."""
    job = json.loads((folder / "build.json").read_text())
    get_runner(simulator).build(
        sources=[Path(s) for s in job["sources"]],
        hdl_toplevel=job["top"],
        defines=dict.fromkeys(job["defines"], 1),
        parameters=job["parameters"],
        build_args=job["args"],
        build_dir=folder,
        always=True,
        timescale=TIMESCALE,
    )


def test(simulator: str, top: str, built: Path, folder: Path, module: str) -> int:
    """Run the test of a module below verification.mixed on a built controller; returns the number of failures, 1 if no test ran."""
    results = get_runner(simulator).test(
        hdl_toplevel=top,
        hdl_toplevel_lang="verilog",
        test_module=f"neusoc.verification.mixed.{module}",
        build_dir=built,
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        seed=1,
        timescale=TIMESCALE,
    )
    tests, failures = get_results(results)
    return failures or int(tests != 1)


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(test(sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]), sys.argv[6]))
