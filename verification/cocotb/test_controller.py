"""The controller's RTL in two simulators and two sizes, and faults planted in it that its tests must see."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.digital.rtl.files import rtl_sources
from neusoc.verification.cocotb.mutants import Fault, faulty_sources
from neusoc.verification.cocotb.run import SIMULATORS, all_tests, check_controller, simulate

# All tests, in both simulators and sizes, run in `make rtl` and in the full tier.
PAIRS = [(chip, simulator) for chip in ("mini", "tapeout") for simulator in SIMULATORS]
# A third of the time: counters over their carries, the longest waits, every level.
LONG = {"counters_carry", "longest_waits", "every_level"}
FEWER = {"NEUSOC_POWER_UPS": "50", "NEUSOC_STOPS": "12", "NEUSOC_JOBS": "6", "NEUSOC_CONVERSIONS": "60", "NEUSOC_IMAGES": "6"}
# Where rows, columns and neurons are addressed, masked and sent: what a width could break.
OF_WIDTH = ["register_access", "every_corner", "one_hot_random", "multi_hot_random", "bad_address", "masked_neurons", "spikes_to_pins"]
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
                                        ".window_cycles_i(settings_i.event_window + 8'd1),", "rates_of_reset_timing"),
    "the start is kept": Fault("image_unit", "waits & ~takes", "waits", "images_one_behind_the_other"),
    "stop is not heard": Fault("image_unit", "stop  = request_i.stop |", "stop  = 1'b0 |", "image_that_cannot_start"),
    "goes on disabled": Fault("image_unit", "request_i.stop | ~enable_i", "request_i.stop", "image_while_it_runs"),
    "spikes of an image are events": Fault("controller", "~neuron_ready | image_has_neurons", "~neuron_ready",
                                           "image_threshold_rests_outside_images"),
    "starts without an image": Fault("image_requests", "(~state_i.full | state_i.waits", "(state_i.waits", "image_that_cannot_start"),
    "starts twice": Fault("image_requests", "~state_i.full | state_i.waits", "~state_i.full", "image_that_cannot_start"),
    "pixels when full": Fault("bus_guard", "controller_map::PixelsWord && pixels_full_i", "controller_map::PixelsWord && 1'b0",
                              "image_that_cannot_start"),
    "the pair of a refused write": Fault("image_requests", "else if (config_i)", "else if (config_i || data_i[2])", "config_refused"),
    "a look sets the pair": Fault("register_block", ".config_i(config_taken)", ".config_i(config_write & ~config_missing)",
                                  "config_one_neuron"),
    "a neuron's pair is not kept": Fault("register_block", "{pair_1v8_o, test_1v8_o, trim_1v8_o}", "{5'd16, test_1v8_o, trim_1v8_o}",
                                         "config_one_neuron"),
    "parity without being asked": Fault("controller", ".show_i(settings.parity)", ".show_i(1'b1)", "logic_analyser_parity"),
    "a word with the threshold's line": Fault("reference_port", "'0 : Threshold", "Threshold : Threshold", "reference_words"),
    "the threshold's word is taken": Fault("reference_port", "== 3'(image_pkg::ThresholdWord)", "== 3'd7", "reference_words"),
    "rail without settling": Fault("rail_learning", "ready_i & (rail_q == '0)", "ready_i", "learning_waveform"),
    "rail of the job": Fault("rail_learning", "code_q & {6{dac_q}}", "6'd0 & {6{dac_q}}", "learning_waveform"),
    "rail moves in a waveform": Fault("rail_learning", "if (!busy_o) {fine_q", "{fine_q", "rail_stands_through_a_waveform"),
    "a job waits for what waits for it": Fault("controller", "(rows_busy | learning_busy),  //", "(show_busy | learning_busy),  //",
                                               "image_that_waits_is_shown_behind_the_job"),
    "learns on connected neurons": Fault("interlock", "want   = learn_i ? image_pkg::LinesLearn : image_pkg::LinesNeuron;",
                                         "want   = image_pkg::LinesNeuron;", "learning_waveform"),
    "SPI data of the wrong port": Fault("controller", ".word_data_i    (bus.dat[10:0])", ".word_data_i    (wbs_dat_i[10:0])",
                                        "image_over_spi_alone"),
    "the count of images ends": Fault("image_unit", "count_q + 8'd1", "count_q + 8'(count_q != '1)", "image_answers_that_nobody_reads"),
    "no mask amid an image": Fault("image_unit", "open_q    <= ~mask_i &", "open_q    <= (image_busy ? ~'0 : ~mask_i) &",
                                   "image_mask_amid_an_image"),
    "the monitor without con": Fault("controller", "assign monitor = {lines, ", "assign monitor = {lines & ~10'd4, ",
                                     "logic_analyser"),
    "vpp at every code": Fault("controller", "(codes_wanted.wl == ispp.reset_stage.wl_stop)", "1'b1", "reset_by_the_word_line"),
}  # fmt: skip
SOME = ("threshold stays low behind it",)


@pytest.mark.full
@pytest.mark.parametrize(("chip", "simulator"), PAIRS)
def test_controller(chip: str, simulator: str) -> None:
    report = check_controller(load_chip(chip), simulator)
    assert report.verdict == "pass", f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"


def test_controller_of_the_small_chip() -> None:
    tests = [name for name in all_tests() if name not in LONG]
    assert set(all_tests()) >= LONG and len(tests) > 100
    outcome = simulate(load_chip("mini"), "icarus", BUILD / "cocotb" / "mini_fast", tests=tests, environment=FEWER)
    assert not outcome.failed and sorted(outcome.passed) == sorted(tests), f"see {BUILD}/cocotb/mini_fast/run.log"


def test_controller_of_the_large_chip() -> None:
    outcome = simulate(load_chip("tapeout"), "icarus", BUILD / "cocotb" / "tapeout_widths", tests=OF_WIDTH)
    assert not outcome.failed and sorted(outcome.passed) == sorted(OF_WIDTH)


@pytest.mark.full
def test_controller_converter_skew() -> None:
    """Ten thousand conversions with answers of the converter that come apart, none wrong; STOP at six hundred moments."""
    outcome = simulate(
        load_chip("mini"), "verilator", BUILD / "cocotb" / "skew", tests=["converter_skew", "stop_at_every_moment"],
        environment={"NEUSOC_CONVERSIONS": "10000", "NEUSOC_STOPS": "600"},
    )  # fmt: skip
    assert not outcome.failed and len(outcome.passed) == 2
    assert outcome.figures["conversions_with_skew"]["value"] >= 10000 and outcome.figures["wrong_codes_with_skew"]["value"] == 0


@pytest.mark.full
def test_controller_jobs_as_the_twin() -> None:
    """A thousand random jobs: pulses, reads and results equal the normative algorithm's."""
    outcome = simulate(
        load_chip("mini"), "verilator", BUILD / "cocotb" / "jobs", tests=["jobs_as_the_twin"], environment={"NEUSOC_JOBS": "1000"}
    )
    assert outcome.passed == ["jobs_as_the_twin"] and not outcome.failed


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SOME else [pytest.mark.full]) for n in FAULTS])
def test_controller_fault_is_seen(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    sources = faulty_sources(rtl_sources(), fault, tmp_path)
    outcome = simulate(load_chip("mini"), "icarus", tmp_path / "build", sources=sources, tests=[fault.killer])
    assert outcome.failed == [fault.killer], f"{fault.killer} does not see {name}"


def test_controller_faults_in_step_with_rtl(tmp_path: Path) -> None:
    tests = all_tests()
    for name, fault in FAULTS.items():
        faulty_sources(rtl_sources(), fault, tmp_path)
        assert fault.killer in tests, name
