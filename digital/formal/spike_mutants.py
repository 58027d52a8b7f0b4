"""Planted faults of the spikes' queue and of their time: property -> ([file,] old, new), as of prove.Unit.mutants."""

from __future__ import annotations

SPIKE_QUEUE: dict[str, tuple[str, ...]] = {
    "p_nothing_lost": ("behind_q <= waits ? fires_i : '0;", "behind_q <= '0;"),
    "p_in_order": ("batch_q  <= left;\n      behind_q <= behind_q | fires_i;", "batch_q  <= left | fires_i;\n      behind_q <= behind_q;"),
    "p_stamp_is_its_moment": ("{late_q, stamp_q, number}", "{late_q, now_i, number}"),
    "p_stamps_rise": ("stamp_q <= now_i;", "stamp_q <= waits ? '0 : now_i;"),
    "p_offered_at_once": ("(|batch_q) & ~full;", "(|batch_q) & ~full & ~take_i;"),
    "p_nothing_is_zero": ("offered  = valid_o ? word", "offered  = 1'b1 ? word"),
    "p_cleared": ("read_at_q <= write_at_q;", "read_at_q <= read_at_q;"),
}
TIME_STAMP: dict[str, tuple[str, ...]] = {
    "p_counts_ticks": ("~(15'h7FFF << shift_i)", "~(15'h7FFF << shift_i) >> 1"),
    "p_one_tick_at_a_time": ("stamp_q + controller_pkg::StampWidth'(1)", "stamp_q + controller_pkg::StampWidth'(2)"),
    "p_off_is_zero": ("if (rst_i || !enable_i) begin\n      stamp_q", "if (rst_i) begin\n      stamp_q"),
    "p_wrap_told": ("tick & (&stamp_q)", "tick & stamp_q[0]"),
}
