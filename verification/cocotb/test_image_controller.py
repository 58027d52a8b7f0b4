"""The image core's controller in two simulators and two sizes, and faults that its tests must see."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.cocotb.image_run import TESTS, check_image_controller, simulate_image
from neusoc.verification.cocotb.mutants import Fault, faulty_sources
from neusoc.verification.cocotb.run import SIMULATORS, all_tests

PAIRS = [(chip, simulator) for chip in ("mini", "tapeout") for simulator in SIMULATORS]
FAST = ["images_as_the_twin", "image_that_cannot_start", "events_and_images", "learning_on_its_rail", "image_reset_by_the_word_line",
        "image_over_spi_alone"]


FAULTS = {
    "ratio of another plane": Fault("image_unit", "image_busy ? image_ratio", "image_busy ? settings_i.ratio0", "images_as_the_twin"),
    "no lag": Fault("image_unit", "localparam logic [7:0] Lag = 8'd8;", "localparam logic [7:0] Lag = 8'd0;", "images_as_the_twin"),
    "threshold stays low behind it": Fault("image_unit", "(image_busy & ~image_discharge) ?", "image_busy ?", "images_as_the_twin"),
    "a masked neuron listens": Fault("image_unit", "open_q    <= ~mask_i &", "open_q    <=", "image_winner_is_the_largest_sum"),
    "rows without delay": Fault("image_unit", "assign rows_o         = rows_q;", "assign rows_o         = event_rows | image_rows;",
                                "images_as_the_twin"),
    "an event breaks in": Fault("image_unit", "(grant_i & ~waits_q & ~image_busy)", "(grant_i)", "events_and_images"),
    "an image breaks in": Fault("image_unit", "grant_i & ~event_wake & ~image_busy", "grant_i & ~image_busy", "events_and_images"),
    "an event's window too long": Fault("image_unit", ".window_cycles_i(settings_i.event_window),",
                                        ".window_cycles_i(settings_i.event_window + 8'd1),", "image_event_rate_of_reset_timing"),
    "the start is kept": Fault("image_unit", "waits & ~takes", "waits", "images_one_behind_the_other"),
    "stop is not heard": Fault("image_unit", "stop  = request_i.stop |", "stop  = 1'b0 |", "image_that_cannot_start"),
    "goes on disabled": Fault("image_unit", "request_i.stop | ~enable_i", "request_i.stop", "image_while_it_runs"),
    "spikes of an image are events": Fault("image_controller", "~neuron_ready | image_has_neurons", "~neuron_ready",
                                           "image_threshold_rests_outside_images"),
    "starts without an image": Fault("image_requests", "(~state_i.full | state_i.waits", "(state_i.waits", "image_that_cannot_start"),
    "starts twice": Fault("image_requests", "~state_i.full | state_i.waits", "~state_i.full", "image_that_cannot_start"),
    "pixels when full": Fault("bus_guard", "controller_map::PixelsWord && pixels_full_i", "controller_map::PixelsWord && 1'b0",
                              "image_that_cannot_start"),
    "the pair of a refused write": Fault("image_requests", "else if (config_i)", "else if (config_i || data_i[2])", "neuron_latches"),
    "a look sets the pair": Fault("register_block", ".config_i(config_taken)", ".config_i(config_write & ~config_missing)",
                                  "neuron_latches"),
    "a neuron's pair is not kept": Fault("register_block", "{pair_1v8_o, test_1v8_o, trim_1v8_o}", "{5'd16, test_1v8_o, trim_1v8_o}",
                                         "neuron_latches"),
    "parity without being asked": Fault("image_controller", ".show_i(settings.parity)", ".show_i(1'b1)", "image_parity_of_outputs"),
    "a word with the threshold's line": Fault("reference_port", "'0 : Threshold", "Threshold : Threshold", "reference_words"),
    "the threshold's word is taken": Fault("reference_port", "== 3'(image_pkg::ThresholdWord)", "== 3'd7", "reference_words"),
    "rail without settling": Fault("rail_learning", "ready_i & (rail_q == '0)", "ready_i", "learning_on_its_rail"),
    "rail of the job": Fault("rail_learning", "code_q & {6{dac_q}}", "6'd0 & {6{dac_q}}", "learning_on_its_rail"),
    "rail moves in a waveform": Fault("rail_learning", "if (!busy_o) {fine_q", "{fine_q", "rail_stands_through_a_waveform"),
    "a job waits for what waits for it": Fault("image_controller", "(rows_busy | learning_busy),  //", "(show_busy | learning_busy),  //",
                                               "image_that_waits_is_shown_behind_the_job"),
    "learns on connected neurons": Fault("image_interlock", "want   = learn_i ? image_pkg::LinesLearn : image_pkg::LinesNeuron;",
                                         "want   = image_pkg::LinesNeuron;", "learning_on_its_rail"),
    "SPI data of the wrong port": Fault("image_controller", ".word_data_i    (bus.dat[10:0])", ".word_data_i    (wbs_dat_i[10:0])",
                                        "image_over_spi_alone"),
    "the count of images ends": Fault("image_unit", "count_q + 8'd1", "count_q + 8'(count_q != '1)", "image_answers_that_nobody_reads"),
    "no mask amid an image": Fault("image_unit", "open_q    <= ~mask_i &", "open_q    <= (image_busy ? ~'0 : ~mask_i) &",
                                   "image_mask_amid_an_image"),
    "the monitor without con": Fault("image_controller", "assign monitor = {lines, ", "assign monitor = {lines & ~10'd4, ",
                                     "image_monitor_of_lines"),
    "vpp at every code": Fault("image_controller", "(codes_wanted.wl == ispp.reset_stage.wl_stop)", "1'b1", "image_reset_by_the_word_line"),
}  # fmt: skip
SOME = ("threshold stays low behind it",)


@pytest.mark.full
@pytest.mark.parametrize(("chip", "simulator"), PAIRS)
def test_image_controller(chip: str, simulator: str) -> None:
    report = check_image_controller(load_chip(chip), simulator)
    assert report.verdict == "pass", f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"


def test_image_controller_of_the_small_chip() -> None:
    folder = BUILD / "cocotb" / "image_mini_fast"
    outcome = simulate_image(load_chip("mini"), "icarus", folder, tests=FAST, environment={"NEUSOC_IMAGES": "6"})
    assert not outcome.failed and sorted(outcome.passed) == sorted(FAST), f"see {folder}/run.log"


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SOME else [pytest.mark.full]) for n in FAULTS])
def test_image_controller_fault_is_seen(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    sources = faulty_sources(rtl_sources(), fault, tmp_path)
    outcome = simulate_image(load_chip("mini"), "icarus", tmp_path / "build", sources=sources, tests=[fault.killer])
    assert outcome.failed == [fault.killer], f"{fault.killer} does not see {name}"


def test_image_controller_faults_in_step_with_rtl(tmp_path: Path) -> None:
    tests = all_tests(TESTS)
    for name, fault in FAULTS.items():
        faulty_sources(rtl_sources(), fault, tmp_path)
        assert fault.killer in tests, name
    assert len(tests) == 32 and set(FAST) <= set(tests)
