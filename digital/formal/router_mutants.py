"""Planted faults of the event router and its queue: property -> ([file,] old, new), as of prove.Unit.mutants."""

from __future__ import annotations

ROUTER_QUEUE: dict[str, tuple[str, ...]] = {
    "p_first_in_first_out": ("data_o  = word[read_at_q];", "data_o  = word[~read_at_q];"),
    "p_full_when_two_wait": ("assign full_o  = count_q ==", "assign full_o  = count_q >"),
    "p_valid_when_one_waits": ("assign valid_o = count_q != '0;", "assign valid_o = count_q[0];"),
    "p_counted": ("+ (AtWidth + 1)'(push) -", "+ (AtWidth + 1)'(push_i) -"),
}
EVENT_ROUTER: dict[str, tuple[str, ...]] = {
    "p_no_event_into_a_full_queue": ("(want & (full | ", "(want & ("),
    "p_taken_goes_everywhere": ("= {Places{take}} & want;", "= {Places{take}} & want & (~want + 3'd1);"),
    "p_queued_is_taken": ("assign push    = {Places{take}} & want;", "assign push    = want & {Places{waits}};"),
    "p_one_source_a_cycle": ("ready[turn_q] = take;", "ready = {Sources{take}};"),
    "p_turns_go_on": ("turn_q <= (turn_q == Pins) ?", "turn_q <= blocked ? turn_q : (turn_q == Pins) ?"),
    "p_turn_exists": ("turn_q <= (turn_q == Pins) ?", "turn_q <= (turn_q == 2'd3) ?"),
    "p_bus_steals_one_cycle": ("router_registers.sv", "& wbs_stb_i & ~go_q & ~wbs_ack_o;", "& wbs_stb_i & ~wbs_ack_o;"),
    "p_reserved_for_its_holder": ("{Places{other}} & held_q", "{Places{other & (turn_q != Pins)}} & held_q"),
    "p_holder_is_served": ("assign take    = waits & ~blocked;", "assign take    = waits & ~blocked & ~reserved_q;"),
    "p_ack_when_taken": ("event_input.sv", "= waits & (event_ready_i | ~row_exists)", "= waits"),
    "p_bus_answers": ("router_registers.sv", "wbs_ack_o <= act;", "wbs_ack_o <= good;"),
}
