"""Events in, spikes out through the registers of the emulated chip: order, what is held, settings, pins, what
is not emulated."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.chip import load_chip
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.words import JobEnd
from neusoc.software.driver.backends.array import TwinArray
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated, SpikeOrder
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.tests.chips import ALIKE, circuit_of
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath

MINI = load_chip("mini")
RESET_S, SET_S = 0.3e-6, 36e-6
WINDOW, RATIO, CYCLES = 4, 1, 9  # of an event; from one to the next
SHORT = {"count": 0, "prescale": 0}


class Cells:
    """Cells that are as a test says: (row, column) -> S, all others reset."""

    def __init__(self, siemens):
        self.siemens = np.full((MINI.rows, MINI.columns), RESET_S)
        for at, value in siemens.items():
            self.siemens[at] = value

    def visit(self, settings, operation, cells, levels):
        raise AssertionError("no job runs here")

    def wait(self, seconds):
        pass

    def rail(self, full_at):
        pass

    def neuron_conductances(self):
        return self.siemens


def chip_of(siemens, *, window=WINDOW, refractory=SHORT, circuit=None, **options):
    """A chip of equal neurons on these cells, not enabled."""
    chip = Chip(Emulator(MINI, Cells(siemens), circuit=circuit or circuit_of(MINI), **options))
    chip.images.configure_events(window, RATIO)
    chip.registers.set("refractory", **refractory)
    return chip


def to_fire(chip, row, most=80):
    """Events to a row until a first spike, and the neurons that spiked then."""
    for count in range(1, most + 1):
        chip.send([row])
        if found := chip.spikes():
            return count, found
    return most + 1, []


def test_cells_decide_who_fires_and_when():
    chip = chip_of({(0, 0): SET_S, (1, 6): SET_S, (2, 2): SET_S, (2, 6): SET_S, (3, 4): SET_S / 2})
    chip.enable()
    assert chip.registers.field("events", "received") == 0 and chip.spikes() == []
    strong, found = to_fire(chip, 0)
    assert found == [0] and 4 <= strong <= 8
    chip.disable()  # reset cells have moved the others' membranes a little
    chip.enable()
    assert to_fire(chip, 1) == (strong, [3])
    weak, found = to_fire(chip, 3)
    assert found == [2] and weak > strong
    chip.disable()
    chip.enable()
    count, found = to_fire(chip, 2)
    assert count == strong and sorted(found) == [1, 3]
    assert chip.registers.fields("events") == {"received": 3 * strong + weak, "sent": 5}
    assert to_fire(chip, 5, 40) == (41, []), "a row without a set cell"
    chip.disable()
    assert chip.registers.field("status", "event_out_valid") == 0


def test_fired_neuron_is_held_until_its_spike_is_taken():
    chip = chip_of({(0, 0): SET_S, (0, 4): SET_S})
    chip.enable()
    count, _ = to_fire(chip, 0)
    chip.send([0] * 10 * count)
    assert sorted(chip.spikes()) == [0, 2], "one spike each, however many events"
    assert sorted(to_fire(chip, 0)[1]) == [0, 2]


def test_spikes_leave_in_their_order():
    """Neurons that reach the threshold in one window fire together, lowest first."""
    chip = chip_of({(0, 0): SET_S, (0, 2): SET_S, (0, 6): 6 * SET_S}, window=20)
    chip.enable()
    chip.send([0])
    assert chip.spikes() == [3]
    chip.send([0])
    assert chip.spikes(1) == [0] and chip.spikes() == [1, 3]


def test_spikes_that_came_while_a_batch_left_follow_it():
    order = SpikeOrder(load_chip("tapeout"))
    words = {"refractory": 0, "inhibit": 0}
    order._fired([(100, n) for n in range(12)], words, False)
    order._fired([(150, 30), (160, 20)], words, False)
    gone = []
    while (neuron := order.take()) is not None:
        gone.append(neuron)
    assert gone == [*range(12), 20, 30] and order.offered is None


def test_refractory_time_loses_events():
    counts = {}
    for name, refractory in (("short", SHORT), ("long", {"count": 15, "prescale": 20})):
        chip = chip_of({(0, 0): SET_S}, refractory=refractory)
        chip.enable()
        to_fire(chip, 0)
        counts[name] = to_fire(chip, 0)[0]
        chip.registers.transport.wait(10e-6)
        to_fire(chip, 0)
        chip.registers.transport.wait(10e-6)
        counts[f"{name}, waited"] = to_fire(chip, 0)[0]
    held = 16 * 21 // CYCLES
    assert counts["long"] == pytest.approx(counts["long, waited"] + held, abs=2)
    assert counts["short"] - counts["short, waited"] <= 1


def test_masked_neuron_does_not_fire():
    chip = chip_of({(0, 0): SET_S, (0, 2): SET_S})
    chip.enable()
    chip.registers.write("mask0", 0b0001)
    assert to_fire(chip, 0)[1] == [1]
    chip.registers.write("mask0", 0)
    assert 0 in to_fire(chip, 0)[1]


def test_mask_discharges_at_once():
    """Masked and unmasked between two events, a neuron has forgotten those before; one that was not masked
    has not."""
    chip = chip_of({(0, 0): SET_S, (0, 2): SET_S})
    chip.enable()
    whole = to_fire(chip, 0)[0]
    chip.spikes()
    chip.disable()
    chip.enable()
    chip.send([0] * (whole - 1))
    chip.registers.write("mask0", 0b0001)
    chip.registers.write("mask0", 0)
    assert to_fire(chip, 0)[1] == [1], "neuron 0 begins anew"


def test_configuration_reaches_one_neuron_or_all():
    circuit = replace(circuit_of(MINI), spread=replace(ALIKE, code_v=7e-3))
    chip = chip_of({(0, 2 * k): SET_S for k in range(4)}, window=1, circuit=circuit)
    chip.registers.set("neuron_config", neuron=1, trim=7, pair=16)
    chip.registers.set("neuron_config", neuron=2, trim=0, pair=16)
    chip.enable()
    assert [to_fire(chip, 0)[1] for _ in range(3)] == [[1], [0, 3], [2]]
    chip.disable()
    chip.registers.set("neuron_config", trim=TRIM_STANDARD, pair=16, **{"all": 1})
    chip.enable()
    assert sorted(to_fire(chip, 0)[1]) == [0, 1, 2, 3]


def test_winner_silences_the_others():
    chip = chip_of({(0, 0): SET_S, (0, 2): 0.9 * SET_S, (0, 6): SET_S})
    chip.registers.set("inhibit", cycles=50)
    chip.registers.change("ctrl", winner=1)
    chip.enable()
    first, found = to_fire(chip, 0)
    assert found == [0]
    again, found = to_fire(chip, 0)
    assert found == [0] and again > first, "all begin again, after the inhibition"


def test_spikes_on_the_pins_go_to_the_receiver_or_are_lost():
    seen = []
    chip = chip_of({(0, 4): SET_S}, receiver=seen.append)
    chip.enable()
    chip.registers.change("ctrl", aer_out=1)
    chip.send([0] * 30)
    assert len(seen) > 2 and set(seen) == {2} and chip.registers.field("events", "sent") == len(seen)
    assert not chip.registers.read("event_out") >> 31
    deaf = chip_of({(0, 4): SET_S})
    deaf.enable()
    deaf.registers.change("ctrl", aer_out=1)
    deaf.send([0] * 30)
    lost = deaf.registers.field("errors", "lost")
    assert (
        lost == len(seen)
        and deaf.registers.fields("irq_status")["lost"] == 1
        and deaf.registers.field("events", "sent") == 0
    )


def test_a_job_between_events_discharges():
    cells = {(0, 0): SET_S}
    alone, disturbed = (chip_of(cells) for _ in range(2))
    for chip in (alone, disturbed):
        chip.enable()
    disturbed.send([0, 0])
    disturbed.registers.set(
        "command", operation=int(Operation.SET)
    )  # without the key: refused, but it had the array
    assert disturbed.registers.field("error", "job") == JobEnd.NO_KEY
    assert to_fire(disturbed, 0) == to_fire(alone, 0)


def test_waiting_spike_shows_in_status_and_interrupt():
    chip = chip_of({(0, 0): SET_S})
    chip.enable()
    assert not chip.registers.field("status", "event_out_valid")
    chip.send([0] * 20)
    assert chip.registers.field("status", "event_out_valid") and chip.registers.field(
        "irq_status", "event_out"
    )
    assert chip.registers.fields("event_out") == {"neuron": 0, "valid": 1}
    assert not chip.registers.read("event_out")
    assert not chip.registers.field("status", "event_out_valid") and not chip.registers.field(
        "irq_status", "event_out"
    )
    chip.send([0] * 20)
    chip.disable()
    assert chip.spikes() == [], "spikes that wait are dropped with CTRL.enable"


@pytest.mark.parametrize(
    ("bits", "said"),
    [({"multi_hot": 1}, "events that gather"), ({"learn": 1, "winner": 1}, "learning waveforms")],
)
def test_what_is_not_emulated_is_said(bits, said):
    chip = chip_of({(0, 0): SET_S})
    chip.enable()
    chip.registers.change("ctrl", **bits)
    received = chip.registers.field("events", "received")
    with pytest.raises(NotEmulated, match=f"^{said}"):
        chip.send([0])
    assert chip.registers.field("events", "received") == received


def test_a_window_of_zero_counts_as_one():
    zero, shortest = (chip_of({(0, 0): SET_S}, window=window) for window in (0, 1))
    for chip in (zero, shortest):
        chip.enable()
    assert to_fire(zero, 0) == to_fire(shortest, 0)


def test_chip_of_an_address_has_the_measured_neurons_and_the_cells_of_its_array():
    """Cells in the states that a test gives them, everything else as emulator:mini?seed=... has it."""
    nm, siemens = read_table()
    found = []
    for seed in (2, 2, 3):
        array = CellArray(MINI.rows * MINI.columns, seed)
        array.formed[:], array.stuck[:] = True, 0
        array.x_nm[:] = np.interp(0.5e-6, siemens, nm)
        array.x_nm[[0, 2, 4, 6]] = np.interp(12e-6, siemens, nm)
        chip = Chip(Emulator(MINI, TwinArray(CodePath(array), MINI.columns), seed=seed))
        chip.images.configure_events(12, RATIO)
        chip.registers.set("refractory", **SHORT)
        chip.enable()
        found.append([to_fire(chip, 0) for _ in range(6)])
    assert found[0] == found[1] != found[2], "a seed names the neurons too"
    assert all(5 < first[0][0] < 60 and first[0][1] for first in found)
