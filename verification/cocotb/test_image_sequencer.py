"""The image sequencer in simulators, and faults that its tests must see. Proofs: digital/formal."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.digital.rtl.files import FOLDER
from neusoc.verification.cocotb.apart import failed_apart
from neusoc.verification.cocotb.image_sequencer_tests import NEURONS, ROWS

TOP, SIZES = "image_sequencer", {"Rows": ROWS, "Neurons": NEURONS}


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_image_sequencer_is_its_twin(simulator: str, tmp_path: Path) -> None:
    assert failed_apart(TOP, SIZES, simulator, tmp_path) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("plane_d = plane_q - 2'd1;", "plane_d = plane_q;"),
        ("timer_d = close_cycles_i;", "timer_d = open_cycles_i;"),
        ("timer_d = step_cycles_i;\n          code_d", "timer_d = 8'd1;\n          code_d"),
        ("code_q == '0));", "code_q <= 6'd1));"),
        ("if (start_i && grant_i)", "if (start_i)"),
        ("if (stop_i && state_q != Idle && state_q != Rest)", "if (stop_i && state_q == Fall)"),
    ],
    ids=["one plane again", "rows behind the window", "steps of a cycle", "ends a code early", "without grant", "does not stop"],
)  # fmt: skip
def test_image_sequencer_faults_are_seen(old: str, new: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{TOP}.sv").read_text()
    assert text.count(old) == 1
    (faulty := tmp_path / f"{TOP}.sv").write_text(text.replace(old, new))
    assert failed_apart(TOP, SIZES, "icarus", tmp_path / "build", faulty)
