"""The event sequencer in simulators, and faults that its tests must see. Proofs: digital/formal."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.digital.rtl.files import FOLDER
from neusoc.verification.cocotb.apart import failed_apart
from neusoc.verification.cocotb.event_sequencer_tests import ROWS

TOP, SIZES = "event_sequencer", {"Rows": ROWS}


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_event_sequencer_is_its_twin(simulator: str, tmp_path: Path) -> None:
    assert failed_apart(TOP, SIZES, simulator, tmp_path) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timer_d = window_cycles_i;", "timer_d = window_cycles_i + 8'd1;"),
        ("timer_d = close_cycles_i;", "timer_d = open_cycles_i;"),
        ("shown_d = gathered_q;", "shown_d = gathered_q | event_hot;"),
        ("(gather && (!any_gathered_q || apply))", "(gather && !any_gathered_q)"),
        ("(state_q == Idle) & grant_i & any_gathered_q", "(state_q == Idle) & any_gathered_q"),
        ("~|(event_hot & gathered_q)", "1'b1"),
        ("if (!enable_i) begin", "if (1'b0) begin"),
    ],
    ids=["window", "rows behind the window", "an event too many", "gathering", "without grant", "a row twice", "kept while disabled"],
)  # fmt: skip
def test_event_sequencer_faults_are_seen(old: str, new: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{TOP}.sv").read_text()
    assert text.count(old) == 1
    (faulty := tmp_path / f"{TOP}.sv").write_text(text.replace(old, new))
    assert failed_apart(TOP, SIZES, "icarus", tmp_path / "build", faulty)
