"""Images from the supplies on: scenarios and judge on played waves; the whole run and planted faults in the
full tier."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.references.model import UNIT, References
from neusoc.analog.reram.osdi import filament
from neusoc.base.chip import load_chip
from neusoc.digital.model.images import ImageSettings
from neusoc.software.emulator.expected_images import expected
from neusoc.verification.mixed.common.circuit import LATCHES
from neusoc.verification.mixed.common.faults import IMAGE_FAULTS
from neusoc.verification.mixed.common.run import CHIP
from neusoc.verification.mixed.common.scenario import Latches
from neusoc.verification.mixed.common.twins import conductances, membranes_of
from neusoc.verification.mixed.images.judge import LAG_V, ImageOutcome, behind, judge, tolerances
from neusoc.verification.mixed.images.run import check_images
from neusoc.verification.mixed.images.scenarios import PICTURES, SCENARIOS, SHORT
from neusoc.verification.mixed.tests.played import RATINGS, levels

MINI = load_chip(CHIP)
# A fault is caught if one of these figures fails.
SEEN_BY = {
    "open_bit_line": "short.upper.membrane_error",
    "exchanged_lines": "short.upper.winner",
    "swapped_word_lines": "short.upper.membrane_error",
    "swapped_spikes": "short.upper.winner",
    "ratio_stuck": "short.upper.membrane_error",
    "exchanged_trims": "short.wrong_latches",
    "threshold_bits": "short.upper.cycles",
    "switch_of_source_lines": "short.upper.winner",
}


def test_image_judge_waits_for_the_comparator_within_its_limit():
    parameter = datasheet("neuron").parameters["lag"]
    assert parameter.unit == "mV" and 0 < 1e3 * LAG_V < parameter.maximum


def failing(figures):
    """Names of the figures that fail."""
    return [f.name for f in figures if not f.passes]


def test_image_scenario_tells_rows_and_signs_apart():
    """Each neuron wins an image, by three codes of the threshold, and no winner is told by the wrong half of
    a pair, row or sign alone."""
    cells = conductances(MINI, PICTURES)
    won = {}
    for name, pixels in PICTURES.images.items():
        won[name], _ = expected(membranes_of(MINI, cells), pixels, ImageSettings())
        volts, room = tolerances(MINI, cells, pixels)
        if won[name] is None:
            assert name == "dark" and volts.max() < 0
            continue
        first, second = np.sort(volts)[::-1][:2]
        assert first - second > 3 * UNIT, name
        assert first - second > room[won[name]], name
        swapped = cells.copy()
        swapped[:, 0::2], swapped[:, 1::2] = cells[:, 1::2], cells[:, 0::2]
        assert expected(membranes_of(MINI, swapped), pixels, ImageSettings())[0] != won[name], name
    assert {won[name] for name in PICTURES.images} == {0, 1, 2, 3, None}


def _played():
    """What a run leaves of a core that does as the twin says."""
    scenario, cells, half = PICTURES, conductances(MINI, PICTURES), MINI.clock_ns * 1e-9 / 2
    time = np.arange(0, 40e-6, half)
    waves = levels(time)
    waves |= {f"vm[{k}]": np.full(time.size, References().vref) for k in range(MINI.neurons)}
    waves |= {f"wl[{r}]": np.zeros(time.size) for r in range(MINI.rows)} | {
        "sl": np.zeros(time.size),
        "integ_1v8": np.zeros(time.size),
    }
    bits = Latches().bits()
    assert set(bits) == set(LATCHES)
    waves |= {
        f"{latch}[{k}]": np.full(time.size, 1.8 * bit)
        for k in range(MINI.neurons)
        for latch, bit in bits.items()
    }
    x = {(r, c): filament(scenario.conductances.get((r, c), 1e-6)) for r in range(8) for c in range(8)}
    waves |= {f"x[{r},{c}]": np.full(time.size, nm) for (r, c), nm in x.items()}
    held, at = [], 1e-6
    for neuron, codes in scenario.written.items():
        for now in (codes, Latches()):
            held.append({"neuron": neuron, "pair": now.pair, "trim": now.trim, "at": at})
            inside = (time > at - 0.4e-6) & (time < at + 0.4e-6)
            for latch, bit in now.bits().items():
                waves[f"{latch}[{neuron}]"][inside] = 1.8 * bit
            at += 1e-6
    images, begin = {}, 10e-6
    for name, pixels in scenario.images.items():
        membranes = membranes_of(MINI, cells)
        wanted, cycles = expected(membranes, pixels, ImageSettings())
        shown = (time >= begin + 0.5e-6) & (time < begin + 3e-6)
        waves["integ_1v8"][(time >= begin + 0.2e-6) & (time < begin + 0.5e-6)] = 1.8
        for k in range(MINI.neurons):
            waves[f"vm[{k}]"][shown] += membranes.volts[k]
        for row, pixel in enumerate(pixels):
            if pixel:
                waves[f"wl[{row}]"][shown] = scenario.bias.vpp
        late = 0 if wanted is None else behind(MINI)
        images[name] = {
            "winner": wanted,
            "cycles": cycles + late + 3,
            "loaded": begin - 1e-6,
            "begin": begin,
            "end": begin + 3e-6,
        }
        begin += 4e-6
    assert begin < time[-1]
    result = {
        "started": 0.5e-6,
        "held": held,
        "idle": [9e-6, 9.5e-6],
        "images": images,
        "errors": 0,
        "simulated_s": 40e-6,
        "wall_clock_s": 60.0,
        **copy.deepcopy(RATINGS),
    }
    return ImageOutcome(scenario, result, waves | {"time": time}, MINI)


def test_image_judge_passes_what_the_twin_says():
    figures = judge(_played())
    assert failing(figures) == [] and len(figures) > 30


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
        (_wave("vread", 2e-3), "started.vread_error"),
        (_wave("vth", -5e-3), None),
        (_wave("vth", -15e-3), "started.vth_error"),
        (_wave("vm[2]", 20e-3), "planes.membrane_error"),
        (_wave("pair0[3]", 1.8), "wrong_latches"),
        (_wave("test[0]", 1.8), "wrong_latches"),
        (_wave("wl[7]", 0.2), "word_line_off"),
        (_wave("wl[1]", -0.5), "word_line_on"),
        (_found("images", "planes", "winner", value=1), "planes.winner"),
        (_found("images", "dark", "winner", value=0), "dark.winner"),
        (_found("images", "stripes", "winner", value=None), "stripes.winner"),
        (_found("images", "upper", "cycles", value=103), "upper.cycles"),
        (_found("images", "dark", "cycles", value=145), "overhead_of_an_image"),
        (_found("errors", value=1), "error_counters"),
    ],
)
def test_image_judge_sees(spoil, seen):
    outcome = copy.deepcopy(_played())
    spoil(outcome)
    found = failing(judge(outcome))
    assert f"pictures.{seen}" in found if seen else found == []


@pytest.mark.parametrize(
    ("part", "volts", "figure"),
    [
        ("thin", 2.0, "worst_1v8_device"),
        ("thick", 5.6, "worst_5v_device"),
        ("forward", 0.6, "forward_junction"),
    ],
)
def test_image_judge_of_voltages(part, volts, figure):
    """Devices are judged where all nodes are kept, and there alone."""
    plain = _played()
    plain.result["stress"][part] = volts
    assert failing(judge(plain)) == []
    outcome = replace(plain, scenario=replace(plain.scenario, rated=True))
    assert failing(judge(outcome)) == [f"pictures.{figure}"]


def test_image_run_that_shows_no_window_has_no_membranes():
    outcome = _played()
    outcome.waves["integ_1v8"][:] = 0.0
    assert {"pictures.upper.membrane_error", "pictures.dark.membrane_error"} <= set(failing(judge(outcome)))


@pytest.mark.full
def test_mixed_images():
    """All scenarios; what is published as missed, with its reason, may miss."""
    report = check_images(MINI, tuple(SCENARIOS.values()))
    assert set(failing(report.figures)) <= {"voltages.worst_1v8_device"}


@pytest.mark.full
@pytest.mark.parametrize("fault", IMAGE_FAULTS)
def test_mixed_images_catch(fault):
    report = check_images(MINI, (SHORT,), IMAGE_FAULTS[fault])
    found = failing(report.figures)
    assert SEEN_BY[fault] in found
    assert not [name for name in found if ".started." in name], (
        "the levels, not the fault, have failed the run"
    )
