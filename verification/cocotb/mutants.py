"""Faults planted in RTL: how, and those of the controller. Each must fail at least one test; if none sees it, the tests are too weak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import rtl_sources


class Fault(NamedTuple):
    """A change of one module and the test that must fail of it."""

    module: str
    old: str
    new: str
    killer: str


class Mutant(NamedTuple):
    """One replacement in one source file, and the test that must see it."""

    name: str
    killer: str
    file: str
    old: str
    new: str


_SHOW, _GATHER, _IN = "exposure.sv", "event_gather.sv", "event_input.sv"
_SPIKE, _SENDER = "spike_collector.sv", "aer_sender.sv"
_QUEUE, _STAMP = "spike_queue.sv", "time_stamp.sv"
_SPI, _FRONT = "spi_slave.sv", "bus_front.sv"
_CONFIG, _GUARD, _LEVELS = "neuron_config.sv", "bus_guard.sv", "level_buffer.sv"
_PATH = "path_sequencer.sv"
_BUS, _JOB, _CELL, _ADC, _LOCK = "register_block.sv", "job_engine.sv", "ispp_cell.sv", "adc_sequencer.sv", "interlock.sv"

MUTANTS = (
    Mutant(
        "job_error_stays",
        "job_errors",
        _JOB,
        "failed_o      = ends & (",
        "failed_o      = (",
    ),
    Mutant("last_result_lost", "stop_without_room", _JOB, "if (!room_i && !quiet_q) error_d", "if (1'b0) error_d"),
    Mutant("refusal_untold", "interlock_refuses", _JOB, "if (cell_refused) error_d", "if (1'b0) error_d"),
    Mutant("cut_pulse_counts", "interlock_refuses", _JOB, "path_done_i & ~path_refused_i;", "path_done_i;"),
    Mutant("counter_wraps", "counters_at_their_ends", "job_counters.sv", "full ? value : value + Width'(1)", "value + Width'(1)"),
    Mutant("key_only_at_start", "key_removed", _JOB, "(key_lost_q | (~key_i &", "(key_lost_q | (1'b0 &"),
    Mutant("key_back_at_once", "key_removed", _JOB, "& (key_lost_q | (~key_i &", "& ((~key_i &"),
    Mutant("levels_never_close", "stale_levels", _LEVELS, "closed_q <= close_i |", "closed_q <= 1'b0 &"),
    Mutant("closed_levels_pushed", "stale_levels", _LEVELS, " & ~full_o & ~closed_q;", " & ~full_o;"),
    Mutant("late_levels_untold", "stale_levels", _GUARD, "&& levels_closed_i)", "&& 1'b0)"),
    Mutant("levels_not_flushed", "stale_levels", "program_unit.sv", "(level_clear | flush)", "(level_clear)"),
    Mutant("wait_for_no_room", "results_pause", _JOB, "Push: if (room_i || quiet_q || stop_q)", "Push: if (1'b1)"),
    Mutant("wake_at_half", "wake_time", _JOB, "wake_q - 12'd1", "wake_q - 12'd2"),
    Mutant("low_is_high", "reset_values", "harness_pins.sv", "low_1v8_o   = 1'b0;", "low_1v8_o   = 1'b1;"),
    Mutant(
        "stopped_cell_has_result",
        "stop_a_job",
        _JOB,
        "JobInterlock;\n          ends    = 1'b1;\n          state_d = Idle;",
        "JobInterlock;\n          ends    = 1'b1;",
    ),
    Mutant("failed_all_the_time", "converter_faults", _JOB, "cell_failed_o = (state_q == Push)", "cell_failed_o = (state_q != Push)"),
    Mutant("window_outlives_disable", "stdp_window", "learning.sv", "      recent_q <= '0;\n", ""),
    Mutant("key_ignored", "job_errors", "job_check.sv", "(!reads && !key_i)", "(!reads && 1'b0)"),
    Mutant("offset_of_a_cell", "offset_of_the_path", _PATH, "(state_q == Convert)) & ~row_off_i);", "(state_q == Convert)));"),
    Mutant("offset_needs_a_key", "offset_of_the_path", "job_check.sv", " | (operation_i == controller_pkg::OpOffset);", ";"),
    Mutant("offset_powers_dacs", "offset_of_the_path", _JOB, "programs_o    = powered_o & ~reads &", "programs_o    = powered_o &"),
    Mutant("done_by_one_read", "far_cells_read_once", _CELL, "judged & ~reached & (distance", "judged & (distance"),
    Mutant("margin_one_less", "far_cells_read_once", _CELL, "(distance > read_i.margin);", "(distance >= read_i.margin);"),
    Mutant("one_read_for_less", "far_cells_read_once", _ADC, "sum_d   = guess;", "sum_d   = {3'd0, trial_q};"),
    Mutant("any_read_may_end", "far_cells_read_once", _ADC, "if (first_q && enough_i)", "if (enough_i)"),
    Mutant("hold_for_ever", "hold_until_the_end", _PATH, "if (end_i) state_d = Release;", "if (end_i && !job_i) state_d = Release;"),
    Mutant("hold_converts", "hold_until_the_end", _PATH, "else if (static_i) begin", "else if (static_i && !timer_done) begin"),
    Mutant("hold_powers_dacs", "hold_until_the_end", _JOB, "& ~reads & ~static_o;", "& ~reads;"),
    Mutant("hold_has_a_result", "hold_until_the_end", _CELL, "if (operation_i == controller_pkg::OpHold) begin", "if (1'b0) begin"),
    Mutant("refresh_to_a_guess", "jobs_as_the_twin", _CELL, "~(first_q & (operation_i == controller_pkg::OpRefresh));", "1'b1;"),
    Mutant("level_cut", "late_bad_levels", "level_buffer.sv", " | {5{|write_data_i[8*k+5+:3]}};", ";"),
    Mutant("level_32_is_31", "late_bad_levels", _JOB, " | ((&level_i) & bad_level_i);", ";"),
    Mutant("lock_ignored", "key_and_lock", "bus_guard.sv", "controller_map::Guarded[word] && lock_i", "1'b0"),
    Mutant("busy_ignored", "busy_refusals", "bus_guard.sv", "else if (busy) error_o", "else if (1'b0) error_o"),
    Mutant("no_watchdog", "converter_faults", _ADC, "timer_q <= 8'd1;", "1'b0;"),
    Mutant(
        "above_with_valid",
        "converter_skew",
        _ADC,
        "always_ff @(posedge clk_i) begin\n    if (state_q != Idle) above_q <= adc_above_i;",
        "logic above_first_q;\n  always_ff @(posedge clk_i) begin\n    {above_q, above_first_q} <= {above_first_q, adc_above_i};",
    ),
    Mutant("stop_ignored", "stop_a_job", _CELL, "if (stop_i) state_d", "if (1'b0) state_d"),
    Mutant("pulse_not_grounded", "job_cycles", "path_sequencer.sv", "if (verify_q) state_d = Rest;", "state_d = Rest;"),
    Mutant("no_gap_of_switches", "reset_amid_jobs", _LOCK, "open_sl    = (sl != '0) &", "open_sl    = 1'b0 &"),
    Mutant("overshoot_kept", "jobs_as_the_twin", _CELL, "product_q});\n      end\n      BackEnd", "7'd0});\n      end\n      BackEnd"),
    Mutant("grid_one_short", "jobs_as_the_twin", "level_grid.sv", "(left_q != '0) &", "(left_q > 5'd1) &"),
    Mutant("sum_not_limited", "jobs_as_the_twin", _CELL, "(shifted > 11'd255) ? 8'd255 : shifted[7:0]", "shifted[7:0]"),
    Mutant("rows_end_with_the_window", "one_hot_random", _SHOW, "state_d == Window || state_d == Close)", "state_d == Window)"),
    Mutant("no_rows_behind_the_window", "one_hot_random", _SHOW, "state_d = Close;", "state_d = Tail;"),
    Mutant("window_one_cycle_long", "one_hot_random", _SHOW, "timer_d = window_cycles_i;", "timer_d = window_cycles_i + 8'd1;"),
    Mutant("wake_ends_with_the_rows", "one_hot_random", _SHOW, "= state_q != Idle;", "= state_q != Idle && state_q != Tail;"),
    Mutant("gathered_row_overwritten", "multi_hot_window", _GATHER, "multi_hot_i ? ~|(event_hot & gathered_q)", "multi_hot_i ? 1'b1"),
    Mutant("event_lost_at_apply", "event_at_window_end", _GATHER, "(any_gathered_q & ~apply) | gather;", "(any_gathered_q|gather)&~apply;"),
    Mutant("window_ignored", "window_length", _GATHER, "any_gathered_q & ~counts_o;", "any_gathered_q;"),
    Mutant("acknowledge_early", "back_pressure", _IN, "if (taken && !write_valid_q) begin", "if (aer_waits) begin"),
    Mutant("acknowledge_stays", "one_hot_random", _IN, "end else if (!aer_req_i) begin", "end else if (!aer_req_i && write_valid_q) begin"),
    Mutant("bad_row_driven", "bad_address", _IN, "event_valid_o = waits & row_exists;", "event_valid_o = waits;"),
    Mutant("released_as_offered", "all_spikes_at_once", _SPIKE, "event_take_i & (event_o.neuron", "event_take_i | (event_o.neuron"),
    Mutant("spike_sent_twice", "spikes_to_pins", _SPIKE, "<= pending_d;", "<= pending_d | (refractory_q & ~refractory_d);"),
    Mutant("released_before_taken", "all_spikes_at_once", _SPIKE, "refractory_d | pending_d | mask_i[n]", "refractory_d | mask_i[n]"),
    Mutant("comparator_not_awaited", "slow_comparator", _SPIKE, "hold_i | spike_i[n]", "hold_i"),
    Mutant("refractory_short", "refractory_length", _SPIKE, "tick & (count_q == '0)", "tick & (count_q <= 4'd1)"),
    Mutant("mask_ignored", "masked_neurons", _SPIKE, "pending_d | mask_i[n] |", "pending_d |"),
    Mutant("order_by_number", "stamps_in_order", _QUEUE, "assign loads = left == '0;", "assign loads = 1'b1;"),
    Mutant("stamp_of_the_push", "stamps_in_order", _QUEUE, "{late_q, stamp_q, number}", "{late_q, now_i, number}"),
    Mutant("late_untold", "stamps_of_what_waits", _QUEUE, "late_q  <= waits;", "late_q  <= 1'b0;"),
    Mutant("late_spike_lost", "stamps_of_what_waits", _QUEUE, "behind_q <= behind_q | fires_i;", "behind_q <= behind_q;"),
    Mutant(
        "stamp_outlives_disable",
        "stamp_ticks",
        _STAMP,
        "if (rst_i || !enable_i) begin\n      stamp_q",
        "if (rst_i) begin\n      stamp_q",
    ),
    Mutant("tick_of_half", "stamp_ticks", _STAMP, "~(15'h7FFF << shift_i)", "~(15'h7FFF << shift_i) >> 1"),
    Mutant("wrap_untold", "stamp_wraps", _STAMP, "tick & (&stamp_q)", "1'b0"),
    Mutant("stamp_stops_at_its_end", "stamp_wraps", _STAMP, "end else if (tick) begin", "end else if (tick && !(&stamp_q)) begin"),
    Mutant("discharge_off_in_reset", "random_power_ups", _SPIKE, "discharge_q <= 1'b1;", "discharge_q <= 1'b0;"),
    Mutant("reset_waits_for_the_clock", "random_power_ups", _LOCK, "@(posedge clk_i or posedge rst_i)", "@(posedge clk_i)"),
    Mutant("spi_data_waits_for_the_clock", "random_power_ups", _SPI, "@(posedge clk or posedge rst_i)", "@(posedge clk)"),
    Mutant("last_cell_outlives_reset", "reset_forgets", _CELL, "      last_wl_q      <= '0;\n", ""),
    Mutant("quiet_outlives_reset", "reset_state", _JOB, "      quiet_q     <= 1'b0;\n", ""),
    Mutant("lines_kept_in_a_pause", "pauses_grounded", "path_sequencer.sv", "owner_q & ((state_q != Rest) | hold_i);", "owner_q;"),
    Mutant("no_time_out", "time_out", _SENDER, "assign timed_out = timer_q <= 16'd1;", "assign timed_out = 1'b0;"),
    Mutant("request_over_acknowledge", "time_out", _SENDER, "Setup: if (!aer_ack_i) begin", "Setup: begin"),
    Mutant("interrupt_stuck", "bad_address", _BUS, "|(status & enable)", "|enable"),
    Mutant("out_of_map_hangs", "register_access", _BUS, "(go & ack) | refused;", "go & ack;"),
    Mutant("write_of_second_cycle", "request_changed", _BUS, "(go & write_q),\n      .word_i       (word_q),\n      .data_i",
           "(go & wbs_we_i),\n      .word_i       (word_q),\n      .data_i"),
    Mutant("address_of_second_cycle", "request_changed", _BUS, ".wb_adr  ({word_q, 2'b00}),", ".wb_adr  (wbs_adr_i[8:0]),"),
    Mutant("key_of_second_cycle", "request_changed", _BUS, "(key_request && write_q)", "(key_request && wbs_we_i)"),
    Mutant("byte_select_ignored", "register_access", "bus_guard.sv", " || sel_i != '1", ""),
    Mutant("two_winners", "winner_take_all", _SPIKE, "first &", "candidates &"),
    Mutant("sign_ignored", "learning_waveform", "learning.sv", "negative_q <= error_i[2];", "negative_q <= 1'b0;"),
    Mutant("window_for_ever", "stdp_window", "learning.sv", "(tick ? '0 : recent_q)", "recent_q"),
    Mutant(
        "waveform_cut",
        "learning_and_jobs",
        "controller.sv",
        ".neuron_busy_i   (rows_busy | learning_busy),",
        ".neuron_busy_i   (rows_busy),",
    ),
    Mutant("pulse_cut_by_waveform", "odd_moments", "rail_learning.sv", "learn_o      = busy_o & ~rows_busy_i;", "learn_o      = busy_o;"),
    Mutant("config_of_those_below", "config_one_neuron", _CONFIG, "(neuron_q != 7'(n))", "(neuron_q < 7'(n))"),
    Mutant("config_without_pair", "config_one_neuron", "image_requests.sv", "pair_q <= data_i[20:16];", "pair_q <= {1'b0, data_i[19:16]};"),
    Mutant("config_all_is_one", "config_all_neurons", _CONFIG, "(step_q != 3'd5) & ~all_q", "(step_q != 3'd5)"),
    Mutant("config_released_early", "config_sequence", _CONFIG, "(step_q != 3'd5) & ~all_q", "(step_q != 3'd4) & ~all_q"),
    Mutant("config_with_data", "config_sequence", _CONFIG, "(step_q == 3'd2) ||", "(step_q == 3'd1) || (step_q == 3'd2) ||"),
    Mutant("config_while_running", "config_refused", _GUARD, "controller_map::Halted[word] && running_i", "1'b0"),
    Mutant("config_of_no_neuron", "config_refused", _CONFIG, ">= 8'(Neurons)", "> 8'(Neurons)"),
    Mutant("config_not_awaited", "config_right_after", _BUS, " & ~held;", ";"),
    Mutant("config_shut_in_reset", "config_in_reset", _CONFIG, "config_q <= 1'b1;", "config_q <= 1'b0;"),
    Mutant("config_reset_releases", "config_in_reset", _SPIKE, "discharge_q <= 1'b1;", "discharge_q <= ~release_i[n];"),
    Mutant("spi_short_frame_writes", "spi_frames_of_all_lengths", _SPI, "(count_q == (write_q", "(count_q <= (write_q"),
    Mutant("spi_long_frame_writes", "spi_frames_of_all_lengths", _SPI, "if (count_q != '1) count_q", "if (count_q != WriteEnd) count_q"),
    Mutant("spi_reserved_bits_ignored", "spi_frames_of_all_lengths", _SPI, "wrong_q   <= word_q[13:11] != '0;", "wrong_q   <= 1'b0;"),
    Mutant("spi_data_of_the_wrong_edge", "spi_at_random_phases", _SPI, "sck_i & ~sck_q;", "~sck_i & sck_q;"),
    Mutant("spi_frame_of_a_reset", "spi_through_a_reset", _SPI, "active = seen_q & ~select_n_i;", "active = ~select_n_i;"),
    Mutant("spi_breaks_in", "spi_and_wishbone_at_once", _FRONT, "(~(wbs_cyc_i & wbs_stb_i) | bus_ack_i);", "1'b1;"),
    Mutant("spi_starves", "spi_and_wishbone_at_once", _FRONT, "(~(wbs_cyc_i & wbs_stb_i) | bus_ack_i);", "~wbs_cyc_i;"),
    Mutant("spi_data_beside_wishbone", "spi_and_wishbone_at_once", _FRONT, "spi_q ? word : wbs_dat_i;", "wbs_dat_i;"),
    Mutant("spi_takes_twice", "spi_takes_once", _FRONT, ".done_i    (spi_q & bus_ack_i)", ".done_i    (~spi_q & bus_ack_i)"),
    Mutant("monitor_without_job", "logic_analyser", "controller.sv", "job_busy, waits_level,\n", "1'b0, waits_level,\n"),
    Mutant("alias_answers", "address_window", _GUARD, "(address_i[31:9] !=", "(address_i[29:9] !="),
    Mutant("address_from_the_pads", "address_registered", _IN, "write_row_q : aer_address_q;", "write_row_q : aer_address_i;"),
    Mutant("address_follows_on", "address_registered", _IN, "if (!aer_req_i) aer_address_q", "if (!ack_q) aer_address_q"),
    Mutant("address_late", "ports_at_once", _IN, "if (!aer_req_i) aer_address_q", "if (ack_q) aer_address_q"),
    Mutant("stuck_untold", "request_stuck", _IN, "stays & (timer_q == 16'd1);", "1'b0;"),
    Mutant("stuck_told_always", "request_stuck", _IN, "stays & (timer_q == 16'd1);", "stays & (timer_q <= 16'd1);"),
    Mutant("stuck_at_zero_untold", "request_stuck", _IN, "(timeout_cycles_i == '0) ? 16'd1 :", "1'b0 ? 16'd1 :"),
    Mutant("stuck_lets_go", "request_stuck", _IN, "end else if (!aer_req_i) begin", "end else if (!aer_req_i || stuck_o) begin"),
    Mutant("released_on_moving_lines", "released_when_settled", "controller.sv", "learning_busy | ~neuron_ready |", "learning_busy |"),
    Mutant("not_held_for_lines", "released_when_settled", _SPIKE, "mask_i[n] | hold_i |", "mask_i[n] |"),
    Mutant("spike_of_the_job", "late_comparator", _SPIKE, "hold_q[1] | hold_q[2];", "hold_q[1];"),
    Mutant("deaf_after_release", "late_comparator", _SPIKE, "{hold_q[1:0], hold}", "{hold_q[2] | hold_q[1], hold_q[0], hold}"),
    Mutant("config_under_what_runs", "config_under_a_pulse", _BUS, "neuron_o.enable | pulse_busy_i)", "neuron_o.enable)"),
    Mutant(
        "config_under_waveform",
        "config_under_a_pulse",
        "controller.sv",
        ".pulse_busy_i(show_busy | learning_busy), .event_busy_i",
        ".pulse_busy_i(show_busy), .event_busy_i",
    ),
    Mutant("drop_untold", "dropped_request", _IN, "waited_q & aer_enable_i & ~aer_req_i;", "1'b0;"),
    Mutant("copy_of_another", "config_one_neuron", _CONFIG, "(data_i[14:8] == 7'(n))", "(data_i[14:8] == 7'(n ^ 1))"),
    Mutant("all_but_the_copies", "config_all_neurons", _CONFIG, "(taken_o & (data_i[15] | ", "(taken_o & ("),
    Mutant("a_look_writes", "config_one_neuron", _CONFIG, "write_i & ~missing_o & ~peek_i", "write_i & ~missing_o"),
    Mutant("parity_of_half", "logic_analyser_parity", "output_parity.sv", "k < Width;", "k < Width / 2;"),
    Mutant("count_not_written", "endurance_counters", "job_counters.sv", "set_q ? held_data_i[Width-1:0] :", "set_q ? '0 :"),
    Mutant("wrong_quarter", "endurance_counters", "controller.sv", "row < 8'(Rows / 4)};", "row <= 8'(Rows / 4)};"),
    Mutant(
        "interrupt_lost",
        "interrupt_not_lost",
        "controller_regs.sv",
        "if(hwif_in_irq_status_bad_address_hwset)",
        "if(hwif_in_irq_status_bad_address_hwset && !decoded_reg_strb_irq_status)",
    ),
)
# The ones that run in every `make test`; all of them in `make regress`.
FAST = (
    "rows_end_with_the_window",
    "event_lost_at_apply",
    "acknowledge_early",
    "late_spike_lost",
    "released_before_taken",
    "refractory_short",
    "config_not_awaited",
)


def mutant_sources(chip: Chip, mutant: Mutant, folder: Path) -> list[Path]:
    """The controller's sources with one fault, the changed file in folder.

    Raises:
        RuntimeError: as of changed_sources().
    """
    return changed_sources(rtl_sources(), mutant.file, mutant.old, mutant.new, folder)


def changed_sources(sources: Sequence[Path], file: str, old: str, new: str, folder: Path) -> list[Path]:
    """Sources with one text replaced, the changed file in folder.

    Args:
        sources: sources of the design.
        file: name of the one to change.
        old, new: its text, and what takes its place.
        folder: folder for the changed file.

    Raises:
        RuntimeError: the text is not there exactly once: the fault is out of date.
    """
    (original,) = [path for path in sources if path.name == file]
    text = original.read_text()
    if (count := text.count(old)) != 1:
        raise RuntimeError(f"fault in {file}: it has {old!r} {count} times, expected once")
    changed = write_atomic(folder / file, text.replace(old, new))
    return [changed if path == original else path for path in sources]


def faulty_sources(sources: Sequence[Path], fault: Fault, folder: Path) -> list[Path]:
    """Sources with a fault; arguments and errors as of changed_sources()."""
    return changed_sources(sources, f"{fault.module}.sv", fault.old, fault.new, folder)
