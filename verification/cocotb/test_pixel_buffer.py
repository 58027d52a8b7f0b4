"""The pixel buffer in simulators, and faults that its tests must see. Proofs: digital/formal."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.digital.rtl.files import FOLDER
from neusoc.verification.cocotb.apart import failed_apart
from neusoc.verification.cocotb.pixel_buffer_tests import ROWS

TOP, SIZES = "pixel_buffer", {"Rows": ROWS}


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_pixel_buffer_keeps_images(simulator: str, tmp_path: Path) -> None:
    assert failed_apart(TOP, SIZES, simulator, tmp_path) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("assign push = write_i & ~full_q;", "assign push = write_i;"),
        ("assign show = show_i & full_q;", "assign show = show_i;"),
        ("(front_q != 1'(bank))", "(front_q == 1'(bank))"),
        ("        at_q   <= '0;\n        full_q <= 1'b0;", "        full_q <= 1'b0;"),
        ("assign planes_o[b][r] = shown[r][b];", "assign planes_o[b][r] = shown[r][3-b];"),
    ],
    ids=["an image too many", "shown too early", "loaded into what is shown", "a half stays", "bits turned round"],
)  # fmt: skip
def test_pixel_buffer_faults_are_seen(old: str, new: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{TOP}.sv").read_text()
    assert text.count(old) == 1
    (faulty := tmp_path / f"{TOP}.sv").write_text(text.replace(old, new))
    assert failed_apart(TOP, SIZES, "icarus", tmp_path / "build", faulty)
