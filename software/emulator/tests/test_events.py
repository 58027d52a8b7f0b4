"""Event neurons against the emulated registers, spike by spike, and against arithmetic; refusals."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.front_end.model import MIDDLE, FrontEnd
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.errors import UserError
from neusoc.digital.model.events import EventSettings
from neusoc.digital.model.images import ImageSettings
from neusoc.software.driver.tests.chips import ALIKE, CHIP, Cells, circuit_of, image_chip
from neusoc.software.emulator.events import EventMode, EventNeurons
from neusoc.software.emulator.whole_image import ImageSpread, ImageWiring

SPREAD = ImageSpread(0.04, (0.012, 0.003, 0.008), (100e-6, 300e-6, 600e-6), 0.03, 3e-6, 2e-3, 7e-3, 7e-3)
REAL = replace(
    circuit_of(CHIP), zero_s=-2e-6, loss=0.02, spread=SPREAD, wiring=ImageWiring(0.7, 15.0, 3.0, (24.0, 69.0))
)
MODES = (
    EventMode(window=20, units=3, rest=20),
    EventMode(window=40, rest=9, refractory=1),
    EventMode(window=2, units=8, rest=2, refractory=500),
    EventMode(window=30, units=2, rest=20, refractory=13 * 7, winner=True, inhibit=300),
)


def events(mode, circuit=REAL, seed=3, cells=None):
    neurons = EventNeurons(circuit, seed, mode)
    everyone = np.ones(circuit.count, np.int64)
    neurons.neurons.take_codes(MIDDLE * everyone, TRIM_STANDARD * everyone)
    neurons.connect(Cells(CHIP).siemens if cells is None else cells)
    return neurons


def on_registers(mode, cells, rows, masked=()):
    """Events through the registers of the emulated chip, each one's spikes taken before the next."""
    chip = image_chip(circuit=REAL, seed=3)
    chip.registers.transport._array.siemens = cells
    chip.disable()
    chip.images.configure(ImageSettings(), rest=mode.rest)
    chip.images.configure_events(mode.window, mode.units - 1)
    chip.registers.set("refractory", count=0, prescale=mode.refractory - 1)
    chip.registers.set("inhibit", cycles=mode.inhibit)
    chip.registers.change("ctrl", winner=int(mode.winner))
    chip.registers.write("mask0", sum(1 << neuron for neuron in masked))
    chip.enable()
    spikes = []
    for k, row in enumerate(rows):
        chip.send([row])
        spikes += [(k, neuron) for neuron in sorted(chip.spikes())]
    return spikes


@pytest.mark.parametrize("mode", MODES)
def test_events_spike_as_the_registers_say(mode):
    random = np.random.default_rng(11)
    for seed in range(3):
        p, n = (
            random.uniform(1e-6, 40e-6, (CHIP.rows, CHIP.neurons)),
            random.uniform(1e-6, 15e-6, (CHIP.rows, CHIP.neurons)),
        )
        cells = np.stack([p, n], axis=2).reshape(CHIP.rows, -1)
        rows, masked = random.integers(0, CHIP.rows, 200), [seed] if seed else []
        neurons = events(mode, cells=cells)
        neurons.masked[masked] = True
        asked = on_registers(mode, cells, rows.tolist(), masked)
        assert len(asked) > 8 and [tuple(spike) for spike in neurons.run(rows).tolist()] == asked
        neurons.ground()
        parts = [neurons.run(part) + [50 * k, 0] for k, part in enumerate(np.split(rows, 4))]
        assert [tuple(spike) for spike in np.concatenate(parts).tolist()] == asked, "runs follow each other"
        if not mode.winner:
            assert_counts(neurons, rows, asked)


def assert_counts(neurons, rows, asked):
    """The stream as one image of several counts as many spikes, and the last ones where the stream has
    them."""
    counts, last = neurons.count(np.stack([rows, rows[::-1], rows]))
    for image in (0, 2):
        for neuron in range(CHIP.neurons):
            own = [event for event, who in asked if who == neuron]
            assert counts[image, neuron] == len(own) and last[image, neuron] == (own[-1] if own else -1)


def test_event_adds_the_twins_charge_and_loses_a_share():
    neurons = events(EventMode(window=10, units=4, rest=60), circuit_of(CHIP))
    neurons.run([1, 1])
    step = FrontEnd(units=4).charge(30e-6, 1e-6, 200e-9) / 500e-15
    assert neurons.volts[1] == pytest.approx(2 * step, rel=1e-9)
    lossy = events(EventMode(window=10, units=4, rest=60), replace(circuit_of(CHIP), loss=0.1))
    lossy.run([1, 1])
    assert lossy.volts[1] == pytest.approx(1.9 * step, rel=1e-9)
    lossy.ground()
    assert not lossy.volts.any()


def test_noise_is_that_of_whole_images():
    circuit = replace(circuit_of(CHIP), noise=0.05)
    neurons = events(EventMode(window=10, rest=60), circuit)
    mean, sigma = neurons.steps()
    cells, plane = Cells(CHIP).siemens, np.zeros((4000, CHIP.rows), np.int64)
    plane[:, 2] = 1
    seen = neurons.neurons.window(np.zeros((4000, CHIP.neurons)), plane, cells, 10, 1)
    assert sigma[2] == pytest.approx(seen.std(axis=0), rel=0.06)
    assert mean[2] == pytest.approx(seen.mean(axis=0), rel=0.01, abs=4 * sigma[2, 0] / 4000**0.5)
    added = []
    for _ in range(2000):
        neurons.ground()
        neurons.run([2])
        added.append(neurons.volts.copy())
    assert np.std(added, axis=0) == pytest.approx(sigma[2], rel=0.08)


def test_images_of_different_length_and_pauses():
    mode = EventMode(window=20, units=2, rest=10)
    neurons, random = events(mode), np.random.default_rng(2)
    trains = random.integers(0, CHIP.rows, (5, 60))
    trains[1, 40:], trains[3, 10:] = -1, -1
    counts, last = neurons.count(trains)
    flat, ends = trains[trains >= 0], np.cumsum((trains >= 0).sum(axis=1))
    assert (neurons.count(flat, ends)[0] == counts).all() and (neurons.count(flat, ends)[1] == last).all()
    assert (
        counts.any()
        and (last < (trains >= 0).sum(axis=1)[:, None]).all()
        and ((last >= 0) == (counts > 0)).all()
    )
    neurons.masked[:] = True
    assert not neurons.count(trains)[0].any()


def test_lost_events_are_those_of_the_discharge():
    """By hand: 10 + 5 cycles an event; a neuron is held 10 + 4 + 60 cycles behind its window's begin, so the
    fifth event is seen again."""
    assert EventMode(window=10).cycles == 15 and EventMode(window=10).lost(60) == 4
    assert EventMode(window=10).lost(0) == 0 and EventMode().cycles == 7


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"window": 0}, "window 0: choose 1 to 255"),
        ({"units": 9}, "units 9: choose 1 to 8"),
        ({"rest": 64}, "rest 64: choose 0 to 63"),
        ({"refractory": 1025}, "refractory 1025: choose 1 to 1024"),
        ({"around": EventSettings(lead=256)}, "lead 256: choose 0 to 255"),
    ],
)
def test_modes_that_no_register_holds(asked, said):
    with pytest.raises(UserError, match=said):
        EventMode(**asked)


def test_events_refuse_what_does_not_fit():
    neurons = EventNeurons(replace(circuit_of(CHIP), spread=ALIKE), 1)
    with pytest.raises(UserError, match=r"call connect\(\) first"):
        neurons.run([0])
    with pytest.raises(UserError, match="is not rows by 8 columns"):
        neurons.connect(np.zeros((8, 4)))
    with pytest.raises(UserError, match="negative or no number"):
        neurons.connect(np.full((8, 8), np.nan))
    neurons.connect(Cells(CHIP).siemens)
    for row in (8, -2):
        with pytest.raises(UserError, match=f"event to row {row}: the array has rows 0 to 7"):
            neurons.run([row])
    with pytest.raises(UserError, match="is not images by events"):
        neurons.count([1, 2])
    for ends in ([], [1], [2, 1, 3], [4]):
        with pytest.raises(UserError, match="do not rise to the 3 events"):
            neurons.count([1, 2, 3], ends)
    neurons.mode = EventMode(winner=True)
    with pytest.raises(UserError, match="without a winner"):
        neurons.count([[1, 2]])
