"""Faults of the RTL that controller_assertions.sv must see, one for each of its checks, all in one set of
sources.

A fault is what silicon would do wrong at the pins, so it stands where the pins are made even if no single
slip of the pen makes it. The plusarg +mutant=K selects the K-th of FAULTS (0: none), so that one build of a
simulator serves all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import ASSERTIONS, TOP, rtl_sources

SELECT = "fault_select"
# A function sets the number: Icarus takes neither an assignment to a variable of a package nor a call without
#   a value.
PACKAGE = f"""package {SELECT};
  int sel = 0;
  function int chosen();
    if (!$value$plusargs("mutant=%d", sel)) sel = 0;
    return sel;
  endfunction
endpackage
"""


class Edit(NamedTuple):
    """In a file, the expression `old` right after the text `after` becomes `new`."""

    file: str
    after: str
    old: str
    new: str


class Fault(NamedTuple):
    """What breaks an assertion, and the cocotb test in which it shows."""

    assertion: str
    test: str
    edits: tuple[Edit, ...]


_ALL = "everything_at_the_pins"
_LOCK, _JOB, _UNIT = "interlock.sv", "job_engine.sv", "program_unit.sv"
_ADC, _PATH, _PORT = "adc_sequencer.sv", "path_sequencer.sv", "reference_port.sv"
_BUS, _IN, _SENDER, _CONFIG = "register_block.sv", "event_input.sv", "aer_sender.sv", "neuron_config.sv"
_ACK = "(go & ack) | refused"
_SINGLE = "row_on_i & ~spent_q & (sense_allowed | program_allowed) & (row_on_q | gap_done)"
_LINES = "lines_1v8_o = ", "lines_q"
_PHASES = "phases_q    <= ", "phases_d"

FAULTS = (
    Fault("one_switch_a_group", _ALL, (Edit(_LOCK, *_LINES, "lines_q | {8'd0, {2{lines_q.wl_dac}}}"),)),
    Fault(
        "break_before_make",
        _ALL,
        (Edit(_LOCK, "opens = ", "open_sel | open_unsel | open_sl | open_con | open_wl", "1'b0"),),
    ),
    Fault("open_for_the_gap", _ALL, (Edit(_LOCK, "if (", "active || (quiet && opens)", "active"),)),
    Fault("con_alone", _ALL, (Edit(_LOCK, *_LINES, "lines_q | {7'd0, lines_q.wl_dac, 2'd0}"),)),
    Fault(
        "one_column",
        _ALL,
        (Edit(_LOCK, "column_hot_q <= ", "column_on_i ? column_hot : '0", "column_hot | column_hot_q"),),
    ),
    Fault("one_row", _ALL, (Edit(_LOCK, "row_single = ", "row_hot & (row_q | {Rows{~row_on_q}})", "'1"),)),
    Fault("row_in_a_known_state", _ALL, (Edit(_LOCK, *_LINES, "lines_q & ~{9'd0, row_on_q}"),)),
    Fault("row_with_a_column", _ALL, (Edit(_LOCK, "col_1v8_o   = ", "column_hot_q", "'0"),)),
    Fault(
        "all_off_while_switching",
        _ALL,
        (Edit(_LOCK, "if (", "active || (quiet && opens)", "(quiet && opens)"),),
    ),
    Fault(
        "gap_before_row",
        _ALL,
        (
            Edit(
                _LOCK,
                "single_allowed = ",
                _SINGLE,
                "row_on_i & (sense_allowed | program_allowed) & (on_cycles_q != 10'd5)",
            ),
        ),
    ),
    Fault("codes_within_limits", _ALL, (Edit(_LOCK, "codes_1v8_o = ", "codes_q", "codes_q | 13'd63"),)),
    Fault(
        "erase_allowed",
        "reset_by_the_word_line",
        (
            Edit(_LOCK, "codes_match & codes_allowed & ", "(~erases | erase_allowed_i)", "1'b1"),
            Edit(_LOCK, "~codes_allowed | (", "erases & ~erase_allowed_i", "1'b0"),
        ),
    ),
    Fault(
        "width_within_limit",
        _ALL,
        (Edit(_LOCK, "single_allowed = ", _SINGLE, f"(row_on_q & lines_q.sel_program) | ({_SINGLE})"),),
    ),
    Fault("window_in_neuron_state", _ALL, (Edit(_LOCK, "wake_1v8_o  = ", "wake_q", "wake_q | row_on_q"),)),
    Fault("window_when_awake", _ALL, (Edit(_LOCK, "wake_1v8_o  = ", "wake_q", "wake_q & ~integ_q"),)),
    Fault(
        "rows_stand_in_a_window",
        _ALL,
        (Edit(_LOCK, "row_1v8_o   = ", "row_q", "row_q & ~{Rows{integ_q & on_cycles_q[0]}}"),),
    ),
    Fault("waveform_in_learn_state", _ALL, (Edit(_LOCK, *_PHASES, "phases_d | {1'b0, wake_d}"),)),
    Fault("one_phase", _ALL, (Edit(_LOCK, *_PHASES, "{2{|phases_d}}"),)),
    Fault("one_neuron_fires", _ALL, (Edit(_LOCK, "fire_q      <= ", "fire_d", "{Neurons{|fire_d}}"),)),
    Fault(
        "word_stands_while_open",
        _ALL,
        (Edit(_PORT, "reference_d_1v8_o     = ", "d_q", "d_q ^ {5'd0, step_q == 3'd4}"),),
    ),
    Fault(
        "word_stands_as_it_closes",
        _ALL,
        (Edit(_PORT, "reference_d_1v8_o     = ", "d_q", "d_q ^ {5'd0, step_q == 3'd5}"),),
    ),
    Fault("pulse_with_dacs", _ALL, (Edit(_UNIT, "dac_enable_q <= ", "programs", "1'b0"),)),
    Fault(
        "row_of_a_job",
        "key_removed",
        (
            Edit(
                _JOB,
                "busy_o        = ",
                "state_q != Idle",
                "(state_q != Idle) & ~(key_lost_q & (u_cell.state_q == u_cell.Pulsing))",
            ),
        ),
    ),
    Fault(
        "trial_stands_under_strobe",
        "job_cycles",
        (Edit(_ADC, "adc_trial_1v8_o  = ", "trial_q", "trial_q ^ {7'd0, strobe_q & timer_q[0]}"),),
    ),
    Fault(
        "held_while_compared",
        "job_cycles",
        (Edit(_ADC, "sample_q   <= ", "state_d == Track", "state_d == Track || state_d == Strobe"),),
    ),
    Fault(
        "strobe_until_answer",
        "job_cycles",
        (Edit(_ADC, "Strobe: if (", "adc_valid_i", "adc_valid_i || timer_q == watchdog_cycles_i"),),
    ),
    Fault(
        "strobe_of_a_clear_comparator",
        "job_cycles",
        (Edit(_ADC, "        state_d = Strobe;\n        if (", "adc_valid_i", "1'b0"),),
    ),
    Fault(
        "sample_of_a_cell",
        "job_cycles",
        (
            Edit(
                _PATH,
                "adc_start_o = ",
                "(state_q == Sense) & (state_d == Convert)",
                "(state_q == Lines) & (state_d == Sense)",
            ),
        ),
    ),
    Fault("conversion_of_a_job", "job_cycles", (Edit(_UNIT, "adc_enable_q <= ", "powered", "1'b0"),)),
    Fault("end_told", "stop_a_job", (Edit(_JOB, "assign ended_o       = ", "ends", "1'b0"),)),
    Fault(
        "error_told",
        "stop_a_job",
        (Edit(_JOB, "failed_o      = ", "ends & (error_d != controller_pkg::JobNone)", "1'b0"),),
    ),
    Fault(
        "lost_result_told",
        "stop_without_room",
        (Edit(_JOB, "          if (", "!room_i && !quiet_q", "1'b0"),),
    ),
    Fault(
        "array_is_the_jobs",
        "neurons_and_jobs",
        (Edit(_JOB, "Wake: if (wake_q == '0 && ", "job_grant_i", "1'b1"),),
    ),
    Fault("pulse_with_key", "key_removed", (Edit(_JOB, "(key_lost_q | (", "~key_i", "1'b0"),)),
    Fault(
        "level_there_when_taken",
        "job_cycles",
        (Edit(_JOB, "level_take_o  = ", "(state_q == Target) & (state_d == Start)", "(state_q == Start)"),),
    ),
    Fault(
        "closed_levels_are_none",
        "stale_levels",
        (Edit("level_buffer.sv", "push   = write_i & ~full_o & ", "~closed_q", "1'b1"),),
    ),
    Fault("ack_of_a_request", "latencies", (Edit(_BUS, "ack_q       <= ", _ACK, f"{_ACK} | ~wbs_cyc_i"),)),
    Fault(
        "ack_one_cycle", "latencies", (Edit(_BUS, "ack_q       <= ", _ACK, f"{_ACK} | (ack_q & wbs_stb_i)"),)
    ),
    Fault(
        "ack_within_bound",
        "register_access",
        (Edit(_BUS, "& ~go_q & ", "~held", "~held & (wbs_adr_i[7:0] != 8'hFC)"),),
    ),
    Fault(
        "event_in_acknowledged_after_request",
        "software_events",
        (Edit(_IN, "if (", "taken && !write_valid_q", "taken"),),
    ),
    Fault(
        "event_in_acknowledged_until_request_falls",
        "request_stuck",
        (Edit(_IN, "end else if (", "!aer_req_i", "!aer_req_i || stuck_o"),),
    ),
    Fault(
        "event_out_after_old_acknowledge", "time_out", (Edit(_SENDER, "Setup: if (", "!aer_ack_i", "1'b1"),)
    ),
    Fault(
        "event_out_address_stands",
        "spikes_to_pins",
        (Edit(_SENDER, "aer_address_o = ", "address_q", "address_q ^ {6'd0, req_q}"),),
    ),
    Fault(
        "neurons_after_their_lines",
        "released_when_settled",
        (
            Edit(
                f"{TOP}.sv",
                "hold           = ",
                "job_grant | learning_busy | ~neuron_ready",
                "job_grant | learning_busy",
            ),
        ),
    ),
    Fault(
        "discharge_stands_under_configuration",
        "config_one_neuron",
        (
            Edit(
                _CONFIG,
                "selects = ",
                "(step_q != 3'd0) & (step_q != 3'd5) & ~all_q",
                "(step_q > 3'd1) & (step_q != 3'd5) & ~all_q",
            ),
        ),
    ),
    Fault(
        "configuration_with_all_off",
        "config_under_a_pulse",
        (Edit(_BUS, ".running_i    (", "neuron_o.enable | pulse_busy_i", "neuron_o.enable"),),
    ),
)


def checks() -> list[str]:
    """Names of the assertions, in order."""
    return re.findall(r'failed\("(\w+)"\)', ASSERTIONS.read_text())


def fault_sources(chip: Chip, folder: Path) -> list[Path]:
    """The controller's sources with all faults in them, the changed files in folder.

    Raises:
        RuntimeError: the text that a fault changes is not there exactly once: the fault is out of date.
    """
    edits: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for number, fault in enumerate(FAULTS, 1):
        for edit in fault.edits:
            edits.setdefault((edit.file, edit.after, edit.old), []).append((number, edit.new))
    changed: dict[str, str] = {}
    originals = {path.name: path for path in rtl_sources()}
    for (file, after, old), news in edits.items():
        text = changed.get(file) or originals[file].read_text()
        if text.count(after + old) != 1:
            name = FAULTS[news[0][0] - 1].assertion
            raise RuntimeError(
                f"fault of {name}: {file} has {after + old!r} {text.count(after + old)} times, expected once"
            )
        chosen = f"({old})"
        for number, new in news:
            chosen = f"(({SELECT}::sel == {number}) ? ({new}) : {chosen})"
        changed[file] = text.replace(after + old, after + chosen)
    head, tail = (changed.get(f"{TOP}.sv") or originals[f"{TOP}.sv"].read_text()).rsplit("endmodule", 1)
    changed[f"{TOP}.sv"] = f"{head}  int fault;\n  initial fault = {SELECT}::chosen();\n\nendmodule{tail}"
    package = write_atomic(folder / f"{SELECT}.sv", PACKAGE)
    made = {name: write_atomic(folder / name, text) for name, text in changed.items()}
    return [package, *(made.get(path.name, path) for path in originals.values())]
