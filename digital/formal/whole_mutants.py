"""Planted faults of the whole controller: property -> ([file,] old, new), as of prove.Unit.mutants."""

from __future__ import annotations

from neusoc.digital.formal.interlock_mutants import INTERLOCK

_LOCK = "interlock.sv"

# The interlock's own faults where the property is the same.
_OF_INTERLOCK = (
    "p_break_before_make", "p_column_one_hot", "p_rows_off_while_switching", "p_window_in_neuron_state", "p_codes_within_limits",
    "p_width_within_limit", "p_fire_one_hot", "p_row_needs_column", "p_row_only_in_known_state", "p_one_pulse_a_request",
    "p_gap_before_row",
)  # fmt: skip
IMAGE_CONTROLLER: dict[str, tuple[str, ...]] = {
    **{name: (_LOCK, *INTERLOCK[name]) for name in _OF_INTERLOCK},
    "p_con_alone": INTERLOCK["p_con_alone"],
    "p_waveform_in_learn_state": (_LOCK, *INTERLOCK["p_waveform_on_the_rail"]),
    # what is asked for in the whole controller hides the interlock's own faults here
    "p_one_switch": ("image_pkg.sv", "LinesSense   = 10'b010_10_01_0_01", "LinesSense   = 10'b110_10_01_0_01"),
    "p_row_one_hot": (_LOCK, "assign row_hot[r] = row_i == controller_pkg", "assign row_hot[r] = row_i >= controller_pkg"),
    "p_one_phase": (_LOCK, "phases_i != '1) ? phases_i", "phases_i != '1) ? {2{|phases_i}}"),
    "p_reset_is_safe": (_LOCK, "always_ff @(posedge clk_i or posedge rst_i) begin", "always_ff @(posedge clk_i) begin"),
    "p_fire_off_in_config": ("register_block.sv", "(neuron_o.enable | pulse_busy_i)", "(neuron_o.enable)"),
    "p_program_only_in_job": ("job_engine.sv", "Cell: if (cell_done) begin", "Cell: if (cell_done || stop_q) begin"),
    "p_pulse_has_dacs": ("job_engine.sv", "powered_o & ~reads &", "powered_o & (operation_q != controller_pkg::OpForm) &"),
}

# What a broken interlock does in silicon -> the property of the whole controller that fails, and the fault as in Unit.mutants.
SILICON = {
    "a DAC sends a code beyond LIMITS to the array": (
        "p_codes_within_limits", _LOCK, "& (codes_i.bl <= limits_i.bl);", "& 1'b1;",
    ),
    "a verify opens a row without a column: the converter measures nothing": (
        "p_row_needs_column", _LOCK, "lines_match & column_selected & (lines_q", "lines_match & (lines_q",
    ),
    "a pulse opens a row without a column: a whole row at the inhibit level": (
        "p_row_needs_column", _LOCK, "lines_match & column_selected & programs", "lines_match & programs",
    ),
    "a pulse is as long as it is asked for: LIMITS.width means nothing": (
        "p_width_within_limit", _LOCK, "      (on_cycles < limits_i.width);", "      1'b1;",
    ),
    "a row opens before the last one has closed: two cells share a pulse": (
        "p_gap_before_row", _LOCK, "& (row_on_q | gap_done);", "& 1'b1;",
    ),
    "two switches of a line are closed at once: DAC shorted to ground": (
        "p_break_before_make", _LOCK, "if (quiet && opens) begin\n      if (open_sel)", "if (1'b0) begin\n      if (open_sel)",
    ),
    "two rows of a column are open in a pulse: a cell that was not meant is programmed": (
        "p_row_one_hot", _LOCK, "assign row_hot[r] = row_i == controller_pkg", "assign row_hot[r] = row_i >= controller_pkg",
    ),
    "switches move under an open row: the cell sees both levels on the way": (
        "p_rows_off_while_switching", _LOCK, "assign quiet    = ~active & gap_done;", "assign quiet    = gap_done;",
    ),
}  # fmt: skip
