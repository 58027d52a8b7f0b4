"""The image core from its supplies on: scenarios and judge on played waves; the whole run and planted faults in the full tier."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.front_end.model import MIDDLE
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.analog.references.model import UNIT, References
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.software.emulator.expected_images import expected
from neusoc.verification.mixed.common.faults import IMAGE_FAULTS
from neusoc.verification.mixed.common.image_circuit import LATCHES, STARTED, SUPPLY_NETS
from neusoc.verification.mixed.images.judge import ImageOutcome, behind, conductances, judge, membranes_of, tolerances
from neusoc.verification.mixed.images.run import CHIP, check_images
from neusoc.verification.mixed.images.scenarios import BROKEN, PICTURES, SCENARIOS, SHORT
from neusoc.verification.mixed.jobs.judge import expected_code

IMAGE = load_chip(CHIP)
MOVES = {Operation.RESET: 1e-6, Operation.SET: 30e-6, Operation.FORM: 30e-6}     # S, a cell after the job, in played waves
# A fault is caught if one of these figures fails.
SEEN_BY = {
    "image_open_bit_line": "short.upper.membrane_error",
    "image_exchanged_lines": "short.upper.winner",
    "image_swapped_word_lines": "short.upper.membrane_error",
    "image_swapped_spikes": "short.upper.winner",
    "image_ratio_stuck": "short.upper.membrane_error",
    "image_exchanged_trims": "short.wrong_latches",
    "image_threshold_bits": "short.upper.cycles",
    "image_switch_of_source_lines": "short.upper.winner",
}


def test_image_scenario_waits_as_long_as_the_references_promise():
    assert datasheet("references").parameters["start"].maximum == pytest.approx(1e6 * STARTED)


def failing(figures):
    """Names of the figures that fail."""
    return [f.name for f in figures if not f.passes]


def test_image_scenario_tells_rows_and_signs_apart():
    """Each neuron wins an image, by three codes of the threshold, and no winner is told by the wrong half of a pair, row or sign alone."""
    cells = conductances(IMAGE, PICTURES)
    won = {}
    for name, pixels in PICTURES.images.items():
        won[name], _ = expected(membranes_of(IMAGE, cells), pixels, ImageSettings())
        volts, room = tolerances(IMAGE, cells, pixels)
        if won[name] is None:
            assert name == "dark" and volts.max() < 0
            continue
        first, second = np.sort(volts)[::-1][:2]
        assert first - second > 3 * UNIT, name
        assert first - second > room[won[name]], name
        swapped = cells.copy()
        swapped[:, 0::2], swapped[:, 1::2] = cells[:, 1::2], cells[:, 0::2]
        assert expected(membranes_of(IMAGE, swapped), pixels, ImageSettings())[0] != won[name], name
    assert {won[name] for name in PICTURES.images} == {0, 1, 2, 3, None}


def _played():
    """What a run leaves of a core that does as the twin says."""
    scenario, cells, half = PICTURES, conductances(IMAGE, PICTURES), IMAGE.clock_ns * 1e-9 / 2
    levels = References()
    time, waves = np.arange(0, 60e-6, half), {}
    waves |= {net: np.full(time.size, getattr(levels, net)) for net in ("vref", "vread", "vsense", "vdac")}
    waves["vth"] = np.full(time.size, levels.vth(32))
    waves |= {f"i({net})": np.zeros(time.size) for net in SUPPLY_NETS}
    waves |= {f"vm[{k}]": np.full(time.size, levels.vref) for k in range(IMAGE.neurons)}
    waves |= {f"wl[{r}]": np.zeros(time.size) for r in range(IMAGE.rows)} | {"sl": np.zeros(time.size), "integ_1v8": np.zeros(time.size)}
    bits = {f"pair{b}": MIDDLE >> b & 1 for b in range(5)} | {f"trim{b}": TRIM_STANDARD >> b & 1 for b in range(3)} | {"test": 0}
    assert set(bits) == set(LATCHES)
    waves |= {f"{latch}[{k}]": np.full(time.size, 1.8 * bit) for k in range(IMAGE.neurons) for latch, bit in bits.items()}
    x = {(r, c): filament(scenario.conductances.get((r, c), 1e-6)) for r in range(8) for c in range(8)}
    waves |= {f"x[{r},{c}]": np.full(time.size, nm) for (r, c), nm in x.items()}
    held, at = [], 1e-6
    for neuron, codes in scenario.written.items():
        for pair, trim in ((codes.pair, codes.trim), (MIDDLE, TRIM_STANDARD)):
            held.append({"neuron": neuron, "pair": pair, "trim": trim, "at": at})
            inside = (time > at - 0.4e-6) & (time < at + 0.4e-6)
            for name, code, count in (("pair", pair, 5), ("trim", trim, 3)):
                for b in range(count):
                    waves[f"{name}{b}[{neuron}]"][inside] = 1.8 * (code >> b & 1)
            at += 1e-6
    images, begin = {}, 10e-6
    for name, pixels in scenario.images.items():
        membranes = membranes_of(IMAGE, cells)
        wanted, cycles = expected(membranes, pixels, ImageSettings())
        shown = (time >= begin + 0.5e-6) & (time < begin + 3e-6)
        waves["integ_1v8"][(time >= begin + 0.2e-6) & (time < begin + 0.5e-6)] = 1.8
        for k in range(IMAGE.neurons):
            waves[f"vm[{k}]"][shown] += membranes.volts[k]
        for row, pixel in enumerate(pixels):
            if pixel:
                waves[f"wl[{row}]"][shown] = scenario.bias.vpp
        late = 0 if wanted is None else behind(IMAGE)
        images[name] = {"winner": wanted, "cycles": cycles + late + 3, "loaded": begin - 1e-6, "begin": begin, "end": begin + 3e-6}
        begin += 4e-6
    events = [{"row": 1, "events": 2, "spikes": [0]}, {"row": 4, "events": 2, "spikes": [1, 2]}]
    jobs = []
    for one in scenario.jobs:
        end = begin + 1e-6
        if one.operation in MOVES:
            reached = MOVES[one.operation]
            waves[f"x[{one.at[0]},{one.at[1]}]"][time > begin + 0.5e-6] = filament(reached)
        now = waves[f"x[{one.at[0]},{one.at[1]}]"][np.searchsorted(time, end)]
        code = round(expected_code(float(now))) if one.operation != Operation.OFFSET else 0
        results = [[*one.at, int(Outcome.OK), one.pulses[0], code]]
        jobs.append({"name": one.name, "error": 0, "results": results, "begin": begin, "end": end})
        begin += 2e-6
    assert begin < time[-1]
    result = {
        "started": 0.5e-6, "held": held, "idle": [9e-6, 9.5e-6], "images": images, "events": events, "jobs": jobs, "errors": 0,
        "simulated_s": 60e-6, "wall_clock_s": 60.0, "stress": {"thin": 1.8, "thick": 3.6, "forward": 0.1}, "devices_beyond_limits": 0,
        "longest_beyond_limits": 0.0,
    }  # fmt: skip
    return ImageOutcome(scenario, result, waves | {"time": time}, IMAGE)


def test_image_judge_passes_what_the_twin_says():
    figures = judge(_played())
    assert failing(figures) == [] and len(figures) > 70


def _wave(name, volts):
    def spoil(outcome):
        outcome.waves[name] = outcome.waves[name] + volts

    return spoil


def _found(*path, value):
    def spoil(outcome):
        at = outcome.result
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (_wave("vread", 2e-3), "started.vread_error"), (_wave("vth", -5e-3), None), (_wave("vth", -15e-3), "started.vth_error"),
        (_wave("vm[2]", 20e-3), "planes.membrane_error"), (_wave("pair0[3]", 1.8), "wrong_latches"),
        (_wave("test[0]", 1.8), "wrong_latches"),
        (_wave("wl[7]", 0.2), "word_line_off"), (_wave("wl[1]", -0.5), "word_line_on"),
        (_found("images", "planes", "winner", value=1), "planes.winner"), (_found("images", "dark", "winner", value=0), "dark.winner"),
        (_found("images", "stripes", "winner", value=None), "stripes.winner"),
        (_found("images", "upper", "cycles", value=103), "upper.cycles"),
        (_found("images", "dark", "cycles", value=145), "overhead_of_an_image"),
        (_found("events", 1, "spikes", value=[1]), "row4.wrong_spikes"), (_found("events", 0, "events", value=4), "row1.events"),
        (_found("jobs", 0, "results", value=[]), "read_0_0.outcome"), (_found("jobs", 3, "error", value=3), "reset_0_0.error"),
        (_found("jobs", 1, "results", value=[[0, 5, 0, 0, 14]]), "read_0_6.result_of_another_cell"),
        (_found("jobs", 2, "results", value=[[0, 0, 0, 0, 3]]), "offset_0_0.code"),
        (_found("jobs", 5, "results", value=[]), "form_7_3.outcome"),
        (_found("errors", value=1), "error_counters"),
    ],
)  # fmt: skip
def test_image_judge_sees(spoil, seen):
    outcome = copy.deepcopy(_played())
    spoil(outcome)
    found = failing(judge(outcome))
    assert f"pictures.{seen}" in found if seen else found == []


@pytest.mark.parametrize(
    ("part", "volts", "figure"),
    [("thin", 2.0, "worst_1v8_device"), ("thick", 5.6, "worst_5v_device"), ("forward", 0.6, "forward_junction")],
)
def test_image_judge_of_voltages(part, volts, figure):
    """Devices are judged where all nodes are kept, and there alone."""
    plain = _played()
    plain.result["stress"][part] = volts
    assert failing(judge(plain)) == []
    outcome = replace(plain, scenario=replace(plain.scenario, rated=True))
    assert failing(judge(outcome)) == [f"pictures.{figure}"]


def test_image_judge_of_a_broken_core_asks_for_levels_and_codes():
    """A cell that is shorted, a column that is open, a row that is dead: a result that does not tell is seen, an image is not looked at."""
    codes = {(2, 3): 255, (0, 5): 0, (6, 0): 1, (0, 0): round(expected_code(filament(BROKEN.conductances[0, 0])))}
    jobs = [{"name": one.name, "error": 0, "results": [[*one.at, 0, 0, codes[one.at]]], "begin": 5e-6, "end": 6e-6} for one in BROKEN.jobs]
    good = _played()
    waves = good.waves | {f"x[{r},{c}]": np.full(good.waves["time"].size, filament(g)) for (r, c), g in BROKEN.conductances.items()}
    outcome = ImageOutcome(BROKEN, good.result | {"jobs": jobs}, waves, IMAGE)
    assert failing(judge(outcome)) == [] and not any("membrane" in f.name for f in judge(outcome))
    for job in jobs:
        job["results"][0][-1] = 40
    assert failing(judge(outcome)) == [f"broken.{one.name}.code" for one in BROKEN.jobs]


def test_image_run_that_shows_no_window_has_no_membranes():
    outcome = _played()
    outcome.waves["integ_1v8"][:] = 0.0
    assert {"pictures.upper.membrane_error", "pictures.dark.membrane_error"} <= set(failing(judge(outcome)))


@pytest.mark.full
def test_mixed_images():
    """All scenarios; what is published as missed, with its reason, may miss."""
    report = check_images(IMAGE, tuple(SCENARIOS.values()))
    assert set(failing(report.figures)) <= {"voltages.worst_1v8_device"}


@pytest.mark.full
@pytest.mark.parametrize("fault", IMAGE_FAULTS)
def test_mixed_images_catch(fault):
    report = check_images(IMAGE, (SHORT,), IMAGE_FAULTS[fault])
    found = failing(report.figures)
    assert SEEN_BY[fault] in found
    assert not [name for name in found if ".started." in name], "the levels, not the fault, have failed the run"
