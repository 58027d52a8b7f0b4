"""Faults planted in the controller's RTL. Each must fail at least one test; if none sees it, the tests are too weak."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from neusoc.digital.rtl.files import rtl_sources
from neusoc.flow.config import Chip
from neusoc.flow.report import write_atomic


class Mutant(NamedTuple):
    """One replacement in one source file, and the test that must see it."""

    name: str
    killer: str
    file: str
    old: str
    new: str


_ROW, _IN, _SPIKE, _SENDER, _TOP = "row_sequencer.sv", "event_input.sv", "spike_collector.sv", "aer_sender.sv", "controller.sv"

MUTANTS = (
    Mutant("phases_overlap", "one_hot_random", _ROW, "<= state_d == PhaseN;", "<= (state_d == PhaseN) || (state_d == PhaseP);"),
    Mutant("no_gap_between_phases", "one_hot_random", _ROW, "state_d = Between;", "state_d = PhaseN;"),
    Mutant("row_off_with_phase", "one_hot_random", _ROW, "PhaseN: if (timer_done) begin", "PhaseN: if (timer_done) begin\n row_d = '0;"),
    Mutant("pulse_one_cycle_long", "one_hot_random", _ROW, "timer_q <= 8'd1;", "timer_q == 8'd0;"),
    Mutant("gathered_row_overwritten", "multi_hot_window", _ROW, "multi_hot_i ? ~|(event_hot & gathered_q)", "multi_hot_i ? 1'b1"),
    Mutant("event_lost_at_apply", "event_at_window_end", _ROW, "(any_gathered_q & ~apply) | gather;", "(any_gathered_q|gather) & ~apply;"),
    Mutant("window_ignored", "window_length", _ROW, "&& (window_q <= 10'd1);", ";"),
    Mutant("acknowledge_early", "back_pressure", _IN, "if (taken && !write_valid_q) begin", "if (aer_waits) begin"),
    Mutant("acknowledge_stays", "one_hot_random", _IN, "end else if (!aer_req_i) begin", "end else if (!aer_req_i && write_valid_q) begin"),
    Mutant("bad_row_driven", "bad_address", _IN, "event_valid_o = waits & row_exists;", "event_valid_o = waits;"),
    Mutant("pending_spike_lost", "spikes_to_pins", _SPIKE, "event_take_i & (event_neuron_o", "event_take_i | (event_neuron_o"),
    Mutant("spike_sent_twice", "spikes_to_pins", _SPIKE, "<= pending_d;", "<= pending_d | (refractory_q & ~refractory_d);"),
    Mutant("released_before_taken", "all_spikes_at_once", _SPIKE, "refractory_d | pending_d | mask_i[n]", "refractory_d | mask_i[n]"),
    Mutant("comparator_not_awaited", "slow_comparator", _SPIKE, "mask_i[n] | spike_i[n]", "mask_i[n]"),
    Mutant("refractory_short", "refractory_length", _SPIKE, "tick & (count_q == '0)", "tick & (count_q <= 4'd1)"),
    Mutant("mask_ignored", "masked_neurons", _SPIKE, "pending_d | mask_i[n] |", "pending_d |"),
    Mutant("lowest_first", "all_spikes_at_once", _SPIKE, "if (|above) begin", "if (1'b0) begin"),
    Mutant("discharge_off_in_reset", "reset_values", _SPIKE, "discharge_q  <= 1'b1;", "discharge_q  <= 1'b0;"),
    Mutant("no_time_out", "time_out", _SENDER, "assign timed_out = timer_q <= 16'd1;", "assign timed_out = 1'b0;"),
    Mutant("request_over_acknowledge", "time_out", _SENDER, "Setup: if (!aer_ack_i) begin", "Setup: begin"),
    Mutant("interrupt_stuck", "bad_address", _TOP, "(status_bad_address & irq_bad_address)", "irq_bad_address"),
    Mutant("out_of_map_hangs", "register_access", _TOP, "(ack | ~in_map)", "ack"),
    Mutant("byte_select_ignored", "register_access", _TOP, ".wb_sel (wbs_sel_i)", ".wb_sel (4'hF)"),
    Mutant(
        "interrupt_lost",
        "interrupt_not_lost",
        "controller_regs.sv",
        "if(hwif_in_irq_status_bad_address_hwset)",
        "if(hwif_in_irq_status_bad_address_hwset && !decoded_reg_strb_irq_status)",
    ),
)
# The ones that run in every `make test`; all of them in `make regress`.
FAST = ("phases_overlap", "event_lost_at_apply", "acknowledge_early", "pending_spike_lost", "released_before_taken", "refractory_short")


def mutant_sources(chip: Chip, mutant: Mutant, folder: Path) -> list[Path]:
    """The controller's sources with one fault, the changed file in folder.

    Raises:
        RuntimeError: the text to replace is not there exactly once: the mutant is out of date.
    """
    sources = rtl_sources(chip)
    (original,) = [path for path in sources if path.name == mutant.file]
    text = original.read_text()
    if text.count(mutant.old) != 1:
        raise RuntimeError(f"mutant {mutant.name}: {mutant.file} has {mutant.old!r} {text.count(mutant.old)} times, expected once")
    changed = write_atomic(folder / mutant.file, text.replace(mutant.old, mutant.new))
    return [changed if path == original else path for path in sources]
