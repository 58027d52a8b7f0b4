"""Time and energy of an image against sums by hand, and how they grow."""

from dataclasses import replace

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, NoFigure, Results
from neusoc.software.emulator.pulse import Timing
from neusoc.software.workloads import energy
from neusoc.software.workloads.energy import Image

CHIP, SMALL = load_chip("tapeout"), load_chip("mini")
VALUES = {
    energy.NEURON_ON: 8.0, energy.SPIKE: 10.0, energy.BIAS_SUPPLY: 20.0, energy.BIAS_VREF: 2.0, energy.EVENT: 2.0, energy.EVENT_SIGNED: 3.0,
    energy.CONTROLLER: 4.0, energy.WAVEFORM: 22.0,
}  # fmt: skip
IMAGE = Image(100, Timing(settle=4, gap=3, phi_p=5, phi_n=5, signed=True), 30)


def results(without=()):
    steps = {}
    for taken, value in VALUES.items():
        if taken not in without:
            steps.setdefault(taken.step, []).append(Figure(name=taken.name, value=value, source=taken.source))
    return Results({step: Entry(Report(step=step, figures=figures)) for step, figures in steps.items()})


def test_energy_of_an_image_by_hand():
    known = results()
    assert energy.seconds(CHIP, IMAGE) == pytest.approx(100 * 24 * 20e-9) and IMAGE.operations == 3000
    assert energy.standing_w(known, CHIP) == pytest.approx(32 * 8e-6 + 20e-6 * 1.8 + 2e-6 * 0.9)
    assert energy.event_j(known, CHIP, SMALL, True) == pytest.approx(24e-12)
    assert energy.event_j(known, CHIP, SMALL, False) == pytest.approx(16e-12)
    parts = (256e-6 + 36e-6 + 1.8e-6) * 48e-6, 100 * 24e-12, 300 * 10e-12
    assert energy.analog_j(known, CHIP, SMALL, IMAGE, 300.0) == pytest.approx(sum(parts))
    assert energy.controller_j(known, CHIP, IMAGE) == pytest.approx(4e-3 * 48e-6)


def test_energy_of_a_spike_is_shared_by_the_rows():
    assert energy.spike_per_synapse_j(results(), CHIP, False) == pytest.approx(10e-12 / 64)
    assert energy.spike_per_synapse_j(results(), SMALL, True) == pytest.approx(32e-12 / 8)


def test_energy_grows_with_the_chip_and_the_image():
    known, wide = results(), CHIP.model_copy(update={"columns": 128, "neurons": 64})
    assert energy.event_j(known, wide, SMALL, True) == pytest.approx(2 * energy.event_j(known, CHIP, SMALL, True))
    assert energy.standing_w(known, wide) > 1.7 * energy.standing_w(known, CHIP)
    twice = replace(IMAGE, events=200)
    assert energy.analog_j(known, CHIP, SMALL, twice, 600.0) == pytest.approx(2 * energy.analog_j(known, CHIP, SMALL, IMAGE, 300.0))
    assert energy.controller_j(known, CHIP, twice) == pytest.approx(2 * energy.controller_j(known, CHIP, IMAGE))


@pytest.mark.parametrize("taken", [energy.NEURON_ON, energy.SPIKE, energy.BIAS_VREF, energy.EVENT_SIGNED])
def test_energy_of_what_was_not_measured_names_its_step(taken):
    with pytest.raises(NoFigure, match=taken.step) as told:
        energy.analog_j(results(without=(taken,)), CHIP, SMALL, IMAGE, 300.0)
    assert told.value.step == taken.step
