"""Modules apart from the controller, in simulators, and faults that their tests must see. Proofs: digital/formal."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.digital.rtl.files import APART, apart_sources
from neusoc.verification.cocotb import event_sequencer_tests, image_sequencer_tests, pixel_buffer_tests, spike_queue_tests
from neusoc.verification.cocotb.apart import failed_apart
from neusoc.verification.cocotb.mutants import changed_sources

SIZES = {
    "image_sequencer": {"Rows": image_sequencer_tests.ROWS, "Neurons": image_sequencer_tests.NEURONS},
    "event_sequencer": {"Rows": event_sequencer_tests.ROWS},
    "pixel_buffer": {"Rows": pixel_buffer_tests.ROWS},
    "spike_queue": {"Neurons": spike_queue_tests.NEURONS},
}
HELD = {"exposure"}     # tested in what holds it
# module -> fault -> file, old and new text
FAULTS = {
    "image_sequencer": {
        "one plane again": ("image_sequencer", "plane_d = plane_q - 2'd1;", "plane_d = plane_q;"),
        "rows behind the window": ("exposure", "timer_d = close_cycles_i;", "timer_d = open_cycles_i;"),
        "no gap is left": ("exposure", "(state_q == Idle || last_o)", "(state_q == Idle)"),
        "steps of a cycle": ("image_sequencer", "timer_d = step_cycles_i;\n          code_d", "timer_d = 8'd1;\n          code_d"),
        "ends a code early": ("image_sequencer", "code_q == '0));", "code_q <= 6'd1));"),
        "without grant": ("image_sequencer", "if (start_i && grant_i)", "if (start_i)"),
        "does not stop": ("exposure", "if (stop_i) state_d = Idle;", ""),
        "no rest after a stop": ("image_sequencer", "if (stop_i && state_q != Idle &&", "if (stop_i && state_q == Fall &&"),
    },
    "event_sequencer": {
        "window": ("exposure", "timer_d = window_cycles_i;", "timer_d = window_cycles_i + 8'd1;"),
        "rows behind the window": ("exposure", "timer_d = close_cycles_i;", "timer_d = open_cycles_i;"),
        "an event too many": ("event_gather", "apply ? gathered_q : event_hot;", "apply ? gathered_q | event_hot : event_hot;"),
        "gathering": ("event_gather", "(gather && (!any_gathered_q || apply))", "(gather && !any_gathered_q)"),
        "without grant": ("event_sequencer", "(~wake_o & grant_i)", "(~wake_o)"),
        "a row twice": ("event_gather", "~|(event_hot & gathered_q)", "1'b1"),
        "kept while disabled": ("event_gather", "if (!enable_i) begin", "if (1'b0) begin"),
    },
    "pixel_buffer": {
        "an image too many": ("pixel_buffer", "assign push = write_i & ~full_q;", "assign push = write_i;"),
        "shown too early": ("pixel_buffer", "assign show = show_i & full_q;", "assign show = show_i;"),
        "loaded into what is shown": ("pixel_buffer", "(front_q != 1'(bank))", "(front_q == 1'(bank))"),
        "a half stays": ("pixel_buffer", "        at_q   <= '0;\n        full_q <= 1'b0;", "        full_q <= 1'b0;"),
        "bits turned round": ("pixel_buffer", "assign planes_o[b][r] = shown[r][b];", "assign planes_o[b][r] = shown[r][3-b];"),
    },
    "spike_queue": {
        "the last comes between": ("spike_queue", ".bits_i(batch_q)", ".bits_i(batch_q | behind_q)"),
        "late untold": ("spike_queue", "late_q  <= waits;", "late_q  <= 1'b0;"),
        "time of the push": ("spike_queue", "{late_q, stamp_q, number}", "{late_q, now_i, number}"),
        "one too many": ("spike_queue", "(|batch_q) & ~full;", "(|batch_q);"),
        "the next batch lost": ("spike_queue", "waits ? fires_i : '0;", "'0;"),
        "kept behind a clear": ("spike_queue", "read_at_q <= write_at_q;", "read_at_q <= read_at_q;"),
        "the highest first": ("lowest_bit", "(reached << step)", "(reached >> step)"),
    },
}  # fmt: skip


def test_apart_none_is_left_out() -> None:
    assert set(SIZES) | HELD == set(APART) and set(FAULTS) == set(SIZES)


@pytest.mark.parametrize("simulator", ["icarus", pytest.param("verilator", marks=pytest.mark.full)])
@pytest.mark.parametrize("module", SIZES)
def test_apart_does_as_its_twin(module: str, simulator: str, tmp_path: Path) -> None:
    assert failed_apart(module, SIZES[module], simulator, tmp_path) == set()


@pytest.mark.parametrize(("module", "fault"), [(module, fault) for module, faults in FAULTS.items() for fault in faults])
def test_apart_fault_is_seen(module: str, fault: str, tmp_path: Path) -> None:
    file, old, new = FAULTS[module][fault]
    sources = changed_sources(apart_sources(module), f"{file}.sv", old, new, tmp_path)
    assert failed_apart(module, SIZES[module], "icarus", tmp_path / "build", sources)
