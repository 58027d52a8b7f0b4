"""Names that modules not yet moved import; delete with the last of them."""

from __future__ import annotations

from neusoc.verification.cocotb.run import MOST_LOAD_NS, TESTS, check_controller, report_inputs, simulate

check_image_controller, simulate_image = check_controller, simulate
__all__ = ["MOST_LOAD_NS", "TESTS", "check_image_controller", "report_inputs", "simulate_image"]
