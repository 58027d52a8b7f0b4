"""The transistor neuron under row events beside the published line model, on events that neither the fit nor its judgement has seen."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.base.chip import load_chip
from neusoc.software.calibration import COUNTED, READ_V
from neusoc.software.emulator.fit import Sample, replay
from neusoc.software.emulator.measured import STEP, known, line_load, line_of
from neusoc.software.emulator.pulse import Board
from neusoc.software.mapping.plan import SIGNED, UNSIGNED
from neusoc.software.workloads.passes import HIDDEN
from neusoc.verification.software import event_bench
from neusoc.verification.software.characterise import FITTED, FOUND, HELD_OUT, MIXED_SIGNED, SETTINGS, column_load, figures_of

SEED, EVENTS = 41, 7


@pytest.fixture(scope="module")
def sample():
    assert SEED not in (*FITTED, *HELD_OUT)
    print(f"seed {SEED}")
    board, load = Board(), datasheet("neuron").setup["line_load"]
    one = event_bench.sequence(SEED, EVENTS)
    positive, whole = event_bench.steps(one, MIXED_SIGNED, board, 0, load)
    return Sample(MIXED_SIGNED, board, event_bench.conductances(one.ohm, board), one.rows, one.fresh, positive, whole, load)


def test_transistors_do_what_the_model_says(sample):
    assert sample.fresh.tolist() == [True] + [False] * (EVENTS - 1)
    line = line_of(known())
    figures = {f.name.split(": ")[1]: f for f in figures_of(SETTINGS[0], [sample], line)}
    assert figures["step error with lines up"].passes and figures["positive phase's error"].passes
    assert figures["worst step error"].value < 0.1 * figures["full scale"].value, "also the event after the first"
    assert figures["first events' error"].value < max(5.0, 0.15 * figures["largest first event"].value), "mV"
    for wrong in (replace(line, sink_lag=0.0), replace(line, push_n_c=0.0), replace(line, membrane_f=1.03 * line.membrane_f)):
        assert not {f.name.split(": ")[1]: f for f in figures_of(SETTINGS[0], [sample], wrong)}["step error"].passes


def test_conductance_is_what_the_drawn_resistor_and_its_transistor_let_through(sample):
    drawn = 1 / (event_bench.sequence(SEED, EVENTS).ohm + event_bench.ACCESS_OHM)
    assert (np.abs(sample.siemens / drawn - 1) < 0.1).all()


def test_column_driver_is_measured_as_published():
    published = next(f.value for f in known().report(STEP).figures if f.name == "column_driver_load")
    assert column_load() * 1e15 == pytest.approx(published, rel=1e-3) and 1 < published < 50


def test_lines_of_small_and_large_array_are_about_those_that_the_fit_covers():
    loads = [line_load(known(), load_chip(name).rows, view) for name, view in (("mini", "schematic"), ("tapeout", "extracted"))]
    assert loads == sorted(loads) and {"schematic line", "extracted line"} < {" ".join(s.name.split()[-2:]) for s in SETTINGS}


def test_published_figures_cover_every_polarity_and_timing():
    report = known().report(STEP)
    names = {f.name: f for f in report.figures}
    for setting in SETTINGS:
        assert names[f"{setting.name}: step error"].max == 1.0
    judged = {(s.timing, s.read_v) for s in SETTINGS if s.fitted}
    assert {(timing, Board().read_v) for timing in (SIGNED, UNSIGNED, HIDDEN, COUNTED)} <= judged, "what networks and calibration run"
    assert {(COUNTED, read_v) for read_v in READ_V} <= judged and len({s.name for s in SETTINGS}) == len(SETTINGS)
    assert names[FOUND].max == 0.3
    assert all(names[f"mixed {name}: largest difference of the events to fire"].max == 1 for name in ("pattern", "signed", "configured"))


def test_a_replay_of_other_cells_is_another(sample):
    other = replace(sample, siemens=sample.siemens[::-1])
    assert np.abs(replay(other, line_of(known()))[1] - sample.whole_v).max() > 5e-3
