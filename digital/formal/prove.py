"""Proofs of the controller's small modules with the SAT engine of Yosys (pyosys): k-induction, or bounded with the bound published.

<module>_props.sv wraps a module: outputs p_* are properties, c_* covers, assume_* assumptions about the inputs. The initial state is
zero, which is what reset makes of these modules (flip-flops without reset are set before they are read); reset may come in any cycle.
Outputs i_* are invariants that are proven along: an induction starts from any state in which they hold.
"""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, write_atomic
from neusoc.digital.formal.bus_mutants import BUS_FRONT
from neusoc.digital.formal.interlock_mutants import INTERLOCK
from neusoc.digital.formal.router_mutants import EVENT_ROUTER, ROUTER_QUEUE
from neusoc.digital.formal.spike_mutants import SPIKE_QUEUE, TIME_STAMP
from neusoc.digital.formal.whole_mutants import IMAGE_CONTROLLER, SILICON
from neusoc.digital.regs.generate import WORD_BITS, generate_map, generate_rtl, generate_settings, registers
from neusoc.digital.regs.router import generate_package
from neusoc.digital.regs.version import VERSION
from neusoc.digital.rtl.files import DEFINES, FOLDER, TOP, rtl_sources
from neusoc.digital.states import MACHINES

HERE = ROOT / "digital" / "formal"
# For each run of Yosys: processor time, which a loaded machine does not stretch, and against a run that sleeps the time on the clock.
PROOF_SECONDS, PROOF_WALL_SECONDS = 900, 6 * 3600
WHOLE_SECONDS = 60  # of a whole controller
OWN = ("latch_word", "gated_word", "clock_gate", "clock_copy", "clock_watch")  # of these a proof has models of its own, in digital/formal


@dataclass(frozen=True)
class Unit:
    """One module: mutants maps a property to the (old, new) text of the RTL that must break it, or (file, old, new) of a file in `more`.

    Attributes:
        more: files it needs besides its own, in order: of digital/rtl, digital/formal, or generated.
        slow: flag of a proof that takes a minute.
        whole: flag of a whole controller. A job is too far from reset for a trace: a mutant must break the induction.
        far: flag of a proof whose faults show too far from reset for a trace, as behind a frame of 56 bits: likewise.
    """

    name: str
    depth: int  # cycles of the induction, or of the bounded proof and the covers
    induction: bool
    mutants: dict[str, tuple[str, ...]]
    cover_depth: int = 16
    more: tuple[str, ...] = ()
    slow: bool = False
    whole: bool = False
    far: bool = False
    invariants: tuple[tuple[str, str], ...] = field(default=())  # pairs of signals that are equal, proven along


# what register_block is made of, but for what a unit lists itself
_REGISTERS = (
    "image_pkg.sv", "image_requests.sv", "controller_version.sv", "controller_map.sv", "controller_regs.sv", "controller_settings.sv",
    "formal/latch_word.sv",
    "formal/gated_word.sv", "formal/clock_gate.sv", "settings.sv", "job_counters.sv", "neuron_mask.sv",
)  # fmt: skip

_EXPOSURE, _GATHER = "exposure.sv", "event_gather.sv"

UNITS = (
    Unit("interlock", 3, True, INTERLOCK, more=("image_pkg.sv",)),
    Unit("event_input", 3, True, {
        "p_ack_after_request": ("aer_enable_i & aer_req_i & ~ack_q", "aer_enable_i & ~ack_q"),
        "p_ack_until_request_falls": ("end else if (!aer_req_i) begin", "end else begin"),
        "p_ack_only_when_taken": ("= waits & (event_ready_i | ~row_exists)", "= waits"),
        "p_taken_is_acknowledged": (
            "if (taken && !write_valid_q) begin\n        ack_q <= 1'b1", "if (taken && !write_valid_q) begin\n        ack_q <= 1'b0",
        ),
        "p_row_exists": ("event_valid_o = waits & row_exists", "event_valid_o = waits"),
    }, more=("formal/clock_gate.sv",)),
    Unit("aer_sender", 16, False, {
        "p_request_after_ack_fell": ("Setup: if (!aer_ack_i) begin", "Setup: begin"),
        "p_address_stable": ("if (state_q == Idle && state_d == Setup) address_q", "address_q"),
        "p_request_until_ack": ("req_q   <= state_d == Request;", "req_q   <= state_d == Request && state_q != Request;"),
        "p_taken_after_ack_or_lost": ("(state_q == Request) && aer_ack_i;", "(state_q == Request);"),
        "p_wait_bounded": ("assign timed_out = timer_q <= 16'd1;", "assign timed_out = 1'b0;"),
    }),
    Unit("adc_sequencer", 60, False, {
        "p_ends_within_bound": ("(bit_q[0]) state_d = Add;", "(1'b0) state_d = Add;"),
        "p_conversions_as_asked": ("if (first_q && enough_i) begin", "if (first_q) begin"),
        "p_one_stands_for_all": ("sum_d   = guess;", "sum_d   = sum_q + {3'd0, trial_q};"),
        "p_not_sampled_while_compared": ("sample_q   <= state_d == Track;", "sample_q   <= state_d != Hold;"),
        "p_strobe_trial_stable": ("strobe_q   <= state_d == Strobe;", "strobe_q   <= state_d == Strobe || state_d == Trial;"),
        "p_strobe_until_answer": ("Strobe: if (adc_valid_i) begin", "Strobe: if (adc_valid_i || adc_above_i) begin"),
        "p_bit_by_above_before": (
            "always_ff @(posedge clk_i) begin\n    if (state_q != Idle) above_q <= adc_above_i;",
            "logic older_q;\n  always_ff @(posedge clk_i) begin\n    {above_q, older_q} <= {older_q, adc_above_i};",
        ),
    }, cover_depth=56, slow=True),
    Unit("path_sequencer", 56, False, {
        "p_ends_within_bound": ("Convert: if (adc_done_i) state_d = Release;", "Convert: if (row_refused_i) state_d = Release;"),
        "p_row_needs_request": ("assign row_on_o    = (state_q == Pulse)", "assign row_on_o    = (state_q == Rest) | (state_q == Pulse)"),
        "p_pulse_as_long_as_asked": ("timer_d = width_i;", "timer_d = 10'd1;"),
        "p_refused_is_no_pulse": ("refused_d = 1'b0;", "refused_d = 1'b1;"),
        "p_row_as_the_verify_asks": ("(state_q == Convert)) & ~row_off_i);", "(state_q == Convert)));"),
        "p_static_converts_nothing": ("end else if (static_i) begin", "end else if (static_i && !timer_done) begin"),
        "p_verify_is_no_pulse": (
            "verify_q) lines_o = controller_pkg::LinesSense;",
            "verify_q) lines_o = static_i ? controller_pkg::LinesProgram : controller_pkg::LinesSense;",
        ),
        "p_grounded_after_pulse": ("(state_q == Ground) & lines_ready_i & timer_done;", "state_q == Ground;"),
    }, cover_depth=48, more=("image_pkg.sv", "interlock.sv", "adc_sequencer.sv"), slow=True),
    Unit("ispp_cell", 16, True, {
        "p_codes_within_stops": ("(wl_up > {1'b0, stage_i.wl_stop})", "(wl_up > 7'd64)"),
        "p_pulses_within_limit": ("pulses_q == ispp_i.pulse_limit", "pulses_q > ispp_i.pulse_limit"),
        "p_pulses_told": ("pulses_d = pulses_q + 6'd1;", "pulses_d = pulses_q;"),
        "p_one_request": ("assign verify_o     = state_q == Verify;", "assign verify_o     = state_q <= Verifying;"),
        "p_verify_between_pulses": ("state_d  = Verify;\n        pulses_d", "state_d  = Limit;\n        pulses_d"),
        "p_goes_on": ("PredictSum: begin\n        state_d = PredictEnd;", "PredictSum: begin\n        state_d = PredictHigh;"),
        "p_stop_holds": ("if (stop_i) state_d = Stopped;", "if (stop_i && pulses_q != '0) state_d = Stopped;"),
        "p_next_start_kept": ("sum_q < $signed({4'd0, stage_i.wl_start})", "sum_q > $signed({4'd0, stage_i.wl_start})"),
        "p_waits_only_for_path": ("Verify: state_d = Verifying;", "Verify: state_d = Pulsing;"),
        "p_first_verify_known": ("first_d   = 1'b0;", "first_d   = first_q;"),
        "p_one_read_is_never_done": ("judged & ~reached & (distance", "judged & (distance"),
        "p_hold_has_no_result": ("operation_i == controller_pkg::OpHold) begin", "operation_i == controller_pkg::OpRead) begin"),
        "p_reads_take_all": ("(state_q == Verifying) & judged &", "(state_q == Verifying) &"),
    }, cover_depth=24),
    Unit("register_block", 8, True, {
        "p_lock_stays": ("controller_regs.sv", "next_c = field_storage_lock_value | (", "next_c = ("),
        "p_limits_locked": (
            "(go & write_q),\n      .word_i       (word_q),\n      .data_i",
            "(go & wbs_we_i),\n      .word_i       (word_q),\n      .data_i",
        ),
        "p_key_locked": ("bus_guard.sv", "controller_map::Guarded[word] && lock_i", "word == 6'd0 && lock_i"),
        "p_settings_frozen": ("bus_guard.sv", "else if (busy) error_o", "else if (1'b0) error_o"),
        "p_ack_within_bound": ("ack_q       <= (go & ack) | refused;", "ack_q       <= go & ack;"),
        "p_no_command_while_busy": ("bus_guard.sv", "(controller_map::Ordered[word] & (job_i | results_i))", "1'b0"),
        "p_ack_after_request": ("ack_q       <= (go & ack) | refused;", "ack_q       <= go_q | refused;"),
        "p_answers_at_once": ("key_request | command_request | stop_request", "key_request | stop_request"),
    }, cover_depth=10, more=(
        *_REGISTERS, "neuron_config.sv", "bus_guard.sv",
    )),
    Unit("bus_front", 3, True, BUS_FRONT, far=True, more=(
        "controller_map.sv", "formal/clock_gate.sv", "synchronizer.sv", "spi_slave.sv",
    )),
    Unit("neuron_config", 4, True, {
        "p_still_around_pulse": ("(step_q != 3'd5) & ~all_q", "(step_q != 3'd4) & ~all_q"),
        "p_one_pulse_a_write": ("|| (step_q == 3'd3)", "|| (step_q == 3'd4)"),
        "p_selected_only": ("(step_q != 3'd5) & ~all_q", "(step_q != 3'd5)"),
        "p_reset_opens_all": ("config_q <= 1'b1;", "config_q <= 1'b0;"),
        "p_all_discharged": ("(step_q != 3'd0) & (step_q != 3'd5)", "(step_q != 3'd5)"),
        "p_off_meanwhile": ("bus_guard.sv", "controller_map::Halted[word] && running_i", "1'b0"),
        "p_no_job_meanwhile": ("bus_guard.sv", "else if (busy) error_o", "else if (1'b0) error_o"),
        "p_no_access_meanwhile": ("register_block.sv", " & ~held;", ";"),
        "p_reads_as_written": ("neuron_q <= data_i[14:8];", "neuron_q <= data_i[14:8] & {7{~data_i[15]}};"),
        "p_missing_refused": ("8'(Neurons));", "8'(Neurons + 1));"),
        "p_reads_each_neuron": ("(taken_o & (data_i[15] | ", "(taken_o & ("),
    }, more=(
        *_REGISTERS, "bus_guard.sv", "register_block.sv", "lowest_bit.sv", "time_stamp.sv", "spike_queue.sv", "spike_collector.sv",
    ), invariants=(("dut.u_config.step_q", "step_ref"), ("dut.u_regs.external_pending", "0"))),
    Unit("image_sequencer", 3, True, {
        "p_rows_are_a_plane": (".rows_i         (planes_i[plane_q])", ".rows_i         (planes_i[plane_q] ^ planes_i[0])"),
        "p_rows_only_awake": (_EXPOSURE, "wake_o     = state_q != Idle;", "wake_o     = (state_q != Idle) & (state_q != Open);"),
        "p_window_inside_rows": (_EXPOSURE, "(state_d == Open || state_d == Window ||", "(state_d == Open ||"),
        "p_window_as_asked": (_EXPOSURE, "timer_d = window_cycles_i;", "timer_d = window_cycles_i - 8'd1;"),
        "p_rows_still_in_window": (_EXPOSURE, "? rows_i : '0;", "? (timer_q[0] ? rows_i : '0) : '0;"),
        "p_ratio_still_awake": ("assign ratio_o     = ratio_i[plane_q];", "assign ratio_o     = ratio_i[plane_q ^ {1'b0, integ_o}];"),
        "p_hold_until_all_is_shown": ("hold_o      = state_q != Fall;", "hold_o      = (state_q != Fall) & (state_q != Show);"),
        "p_threshold_at_top_meanwhile": ("        code_d  = top_code_i;\n", "        code_d  = code_q;\n"),
        "p_threshold_falls_by_one": ("code_d  = code_q - 6'd1;", "code_d  = code_q - 6'd2;"),
        "p_stop_ends_rows": (_EXPOSURE, "if (stop_i) state_d", "if (stop_i && timer_done) state_d"),
        "p_winner_has_spiked": ("for (int unsigned k = Neurons; k > 0; k--) begin", "for (int unsigned k = Neurons; k > 1; k--) begin"),
        "p_no_winner_without_spike": ("found_d = answers;", "found_d = 1'b1;"),
        "p_discharged_before_and_after": ("discharge_o = (state_q == Clear) | (state_q == Rest);", "discharge_o = state_q == Clear;"),
        "p_idle_is_quiet": ("assign busy_o      = state_q != Idle;", "assign busy_o      = (state_q != Idle) & (state_q != Rest);"),
        "p_no_start_without_grant": ("if (start_i && grant_i) begin", "if (start_i) begin"),
    }, cover_depth=16, more=(_EXPOSURE,)),
    Unit("event_sequencer", 3, True, {
        "p_rows_are_events": (_GATHER, "apply ? gathered_q : event_hot;", "apply ? gathered_q | event_hot : event_hot;"),
        "p_rows_only_awake": (_EXPOSURE, "wake_o     = state_q != Idle;", "wake_o     = (state_q != Idle) & (state_q != Open);"),
        "p_window_inside_rows": (_EXPOSURE, "(state_d == Open || state_d == Window ||", "(state_d == Open ||"),
        "p_window_as_asked": (_EXPOSURE, "timer_d = window_cycles_i;", "timer_d = window_cycles_i - 8'd1;"),
        "p_rows_still_in_window": (_EXPOSURE, "? rows_i : '0;", "? (timer_q[0] ? rows_i : '0) : '0;"),
        "p_one_row": (_GATHER, "assign event_hot[r] = event_row_i ==", "assign event_hot[r] = event_row_i >="),
        "p_no_start_without_grant": ("(~wake_o & grant_i)", "(~wake_o)"),
        "p_disabled_forgets": (_GATHER, "if (!enable_i) begin", "if (!enable_i && !multi_hot_i) begin"),
        "p_idle_is_quiet": ("assign busy_o = wake_o |", "assign busy_o = integ_o |"),
        "p_goes_on": (_EXPOSURE, "timer_q - 8'd1;", "timer_q - {7'd0, rows_i[0]};"),
        "p_no_row_twice_in_a_set": (_GATHER, "~|(event_hot & gathered_q)", "1'b1"),
    }, cover_depth=20, more=(_GATHER, _EXPOSURE)),
    Unit("pixel_buffer", 3, True, {
        "p_shows_what_was_loaded": ("assign shown  = pixels[front_q];", "assign shown  = pixels[~front_q];"),
        "p_shown_stays": ("(front_q != 1'(bank))", "(front_q == 1'(bank))"),
        "p_full_after_two_words": ("full_q <= at_q == AtWidth'(Words - 1);", "full_q <= 1'b1;"),
        "p_full_until_shown": ("assign push = write_i & ~full_q;", "assign push = write_i;"),
        "p_nothing_taken_when_full": ("(at_q == AtWidth'(Words - 1)) ? '0 :", "(at_q == AtWidth'(Words - 1)) ? at_q :"),
        "p_shown_when_full_only": ("assign show = show_i & full_q;", "assign show = show_i;"),
    }, cover_depth=14, more=("formal/latch_word.sv",)),
    Unit("spike_queue", 3, True, SPIKE_QUEUE, more=("formal/latch_word.sv", "lowest_bit.sv")),
    Unit("time_stamp", 2, True, TIME_STAMP, more=("formal/clock_gate.sv",)),
    Unit("router_queue", 3, True, ROUTER_QUEUE, more=("formal/latch_word.sv",)),
    Unit("event_router", 3, True, EVENT_ROUTER, cover_depth=24, more=(
        "router_map.sv", "formal/clock_gate.sv", "formal/latch_word.sv", "synchronizer.sv", "event_input.sv", "aer_sender.sv",
        "router_queue.sv", "router_registers.sv",
    )),
    Unit(TOP, 2, True, IMAGE_CONTROLLER, whole=True),
)


def generate_names(folder: Path = BUILD / "formal") -> Path:
    """What the properties of a whole controller call by name, in packages: states of modules, words of the register map."""
    lines = []
    for name in MACHINES:
        found = re.search(r"typedef enum logic \[\d+:0\] \{.*?\} state_e;", (FOLDER / f"{name}.sv").read_text(), re.DOTALL)
        assert found, name
        lines += [f"package {name}_states;", f"  {found[0]}", "endpackage"]
    at = {name: node.absolute_address // 4 for name, node in registers().items()}
    words = [f"  localparam logic [{WORD_BITS - 1}:0] {name} = {WORD_BITS}'d{word};" for name, word in at.items()]
    return write_atomic(folder / "controller_names.sv", "\n".join([*lines, "package controller_words;", *words, "endpackage", ""]))


def names(unit: Unit, kind: str) -> list[str]:
    """Outputs of the wrapper that begin with kind (p, i, c, assume), in order."""
    return re.findall(rf"output wire ({kind}_\w+)", (HERE / f"{unit.name}_props.sv").read_text())


def files(unit: Unit) -> list[Path]:
    """Sources of a unit, its own module and its properties last."""
    if unit.whole:
        sources = [HERE / path.name if path.stem in OWN else path for path in rtl_sources()]
        return [*sources, generate_names(), HERE / f"{unit.name}_props.sv"]
    generated = {path.name: path for path in (generate_map(), generate_rtl(), generate_settings(), generate_package())}
    generated |= {path.name: path for path in rtl_sources() if path.name == VERSION}
    more = [generated.get(name) or (HERE / Path(name).name if name.startswith("formal/") else FOLDER / name) for name in unit.more]
    return [FOLDER / "controller_pkg.sv", *more, FOLDER / f"{unit.name}.sv", HERE / f"{unit.name}_props.sv"]


def mutated(unit: Unit, prop: str) -> tuple[str, str]:
    """(file, text): RTL of the unit with the fault that must break prop.

    Raises:
        UserError: the text to change is not there exactly once.
    """
    return changed(unit, prop, *unit.mutants[prop])


def changed(unit: Unit, prop: str, *change: str) -> tuple[str, str]:
    """(file, text): RTL of the unit with ([file,] old, new) changed, for prop to see.

    Raises:
        UserError: the text to change is not there exactly once.
    """
    *where, old, new = change
    name = where[0] if where else f"{unit.name}.sv"
    (path,) = [path for path in files(unit) if path.name == name]
    text = path.read_text()
    if text.count(old) != 1:
        raise UserError(f"{name}: the mutant of {prop} wants {old!r} once, found {text.count(old)} times; renew it in prove.py")
    return name, text.replace(old, new)


def read_command(unit: Unit, sources: list[Path] | None = None) -> str:
    """Yosys' command that elaborates a unit with its properties."""
    defines = " ".join(f"-D{name}" for name in DEFINES)
    return f"read_slang {defines} --top {unit.name}_props {' '.join(map(str, sources or files(unit)))}"


def sat(
    unit: Unit, proves: list[tuple[str, str]], depth: int, induction: bool, rtl: tuple[str, str] | None = None, fault: str = ""
) -> bool:
    """Whether all pairs of signals (or signal and value) of proves are equal at all times (induction), or for depth cycles; one file's
    text replaced, or with a fault that a command of Yosys plants.

    Raises:
        UserError: Yosys ended without an answer.
    """
    assumes = " ".join(f"-set {name} 1" for name in names(unit, "assume"))
    wanted = " ".join(f"-prove {a} {b}" for a, b in proves)
    # The base case of -tempinduct starts from the initial state, its step from any.
    mode = f"-tempinduct -maxsteps {depth}" if induction else f"-seq 0 -tempinduct-baseonly -tempinduct -maxsteps {depth}"
    with tempfile.TemporaryDirectory() as folder:
        sources = files(unit)
        if rtl is not None:
            faulty = Path(folder) / rtl[0]
            faulty.write_text(rtl[1])
            sources = [faulty if path.name == rtl[0] else path for path in sources]
        prepared = ["flatten", "async2sync", "opt_clean", "memory_map", "opt"]
        commands = [read_command(unit, sources), "proc", *([fault] if fault else []), *prepared,
                    f"sat {mode} -set-init-zero {assumes} {wanted} {unit.name}_props"]  # fmt: skip
        seconds = WHOLE_SECONDS if unit.whole and induction else PROOF_SECONDS
        out = run_yosys(commands, seconds, unit.name)
    return verdict(out, induction, unit.name)


def run_yosys(commands: list[str], seconds: int, name: str) -> subprocess.CompletedProcess[str]:
    """Commands in a process of their own, with a bound.

    Raises:
        UserError: it took longer.
    """
    script = (
        f"import resource, sys\nresource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds + 5}))\n"
        "from pyosys import libyosys as y\nd = y.Design()\nfor c in sys.argv[1:]:\n    y.run_pass(c, d)\n"
    )
    try:
        out = subprocess.run([sys.executable, "-c", script, *commands], capture_output=True, text=True, timeout=PROOF_WALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise UserError(f"{name}: no answer of Yosys in {PROOF_WALL_SECONDS} s; run it on a less loaded machine") from None
    if out.returncode == -signal.SIGXCPU:
        raise UserError(f"{name}: no answer of Yosys in {seconds} s of processor time; make depth smaller in prove.py")
    return out


def verdict(out: subprocess.CompletedProcess[str], induction: bool, name: str) -> bool:
    """Whether a run of Yosys' sat proved what it was asked to.

    Raises:
        UserError: it ended without an answer.
    """
    text = out.stdout + out.stderr
    if out.returncode == 0 and "FAIL!" in text:
        return False
    success = "Induction step proven: SUCCESS!" if induction else "Reached maximum number of time steps -> proved base case"
    if out.returncode == 0 and success in text:
        return True
    if out.returncode == 0 and "Reached maximum number of time steps -> proof failed" in text:
        return False  # the induction does not close at this depth
    raise UserError(f"{name}: Yosys gave no verdict; its last lines: {text[-600:]}")


def goals(unit: Unit) -> list[tuple[str, str]]:
    """What must hold at all times: properties, and the invariants that help them through the induction."""
    return [*((name, "1") for name in names(unit, "p") + names(unit, "i")), *unit.invariants]


def proven(unit: Unit) -> bool:
    """All properties of the unit, together with its invariants."""
    return sat(unit, goals(unit), unit.depth, unit.induction)


def reached(unit: Unit, cover: str) -> bool:
    """Whether cover can become 1 within the cover depth under the assumptions."""
    return not sat(unit, [(cover, "0")], unit.cover_depth, False)


def killed(unit: Unit, prop: str) -> bool:
    """Whether the planted fault breaks prop, by a trace from reset; of a whole controller or a far one, whether it breaks the proof."""
    if unit.whole or unit.far:
        return breaks(unit, prop, mutated(unit, prop))
    return not sat(unit, [(prop, "1")], max(unit.depth, unit.cover_depth), False, mutated(unit, prop))


def breaks(unit: Unit, prop: str, rtl: tuple[str, str]) -> bool:
    """Whether the unit's induction does not prove prop of a changed RTL, from any state in which prop and the invariants hold."""
    return not sat(unit, [(prop, "1"), *((name, "1") for name in names(unit, "i"))], unit.depth, True, rtl)


def fails_in_silicon(what: str) -> bool:
    """Whether the proof of the whole controller sees one of SILICON."""
    (unit,) = [unit for unit in UNITS if unit.name == TOP]
    prop, *change = SILICON[what]
    return breaks(unit, prop, changed(unit, prop, *change))


def processor_seconds() -> float:
    """Processor time of all processes that this one has waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def prove_all() -> list[Figure]:
    """All proofs, covers and planted mutants."""
    figures = []
    for unit in UNITS:
        properties, covers = names(unit, "p"), names(unit, "c")
        begin = processor_seconds()
        good, seconds = proven(unit), processor_seconds() - begin
        hit, dead = [c for c in covers if reached(unit, c)], [p for p in properties if killed(unit, p)]
        how = "induction" if unit.induction else "bounded"
        count = len(properties)
        print(f"{unit.name}: {count} properties {'proven' if good else 'NOT PROVEN'}; covers not reached: "
              f"{sorted({*covers} - {*hit}) or 'none'}; mutants not killed: {sorted({*properties} - {*dead}) or 'none'}", flush=True)
        figures += [
            Figure(name=f"{unit.name}: properties proven ({how})", value=count if good else 0, min=count, source="rtl"),
            Figure(name=f"{unit.name}: depth", value=unit.depth, unit="cycles", source="rtl"),
            Figure(name=f"{unit.name}: covers reached", value=len(hit), min=len(covers), source="rtl"),
            Figure(name=f"{unit.name}: mutants killed", value=len(dead), min=count, source="rtl"),
        ]
        if unit.whole:
            print(f"{unit.name}: {seconds:.1f} s of processor time", flush=True)
            figures.append(Figure(name=f"{unit.name}: processor time", value=round(seconds, 1), max=WHOLE_SECONDS, unit="s", source="rtl"))
        if unit.name == TOP:
            broken = [what for what in SILICON if fails_in_silicon(what)]
            print(f"{unit.name}: faults of the interlock that do not fail: {sorted({*SILICON} - {*broken}) or 'none'}", flush=True)
            figures.append(
                Figure(name=f"{unit.name}: faults of the interlock that fail", value=len(broken), min=len(SILICON), source="rtl")
            )
    return figures
