"""Neurons by events: both kernels against a plain loop, thresholds and settings, what is held, one winner, the first event after ground."""

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.neuron.model import RELEASE_STEP, TRIM_STEP
from neusoc.base.errors import UserError
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import ALIKE, Circuit, Neurons, lost_events
from neusoc.software.emulator.pulse import Board, Timing
from neusoc.software.emulator.tests.round_line import LINE

CIRCUIT = Circuit(4, LINE, Wiring(150e-15, 1.5, 20.0), ALIKE, -0.75, 0.0)
SPREAD = Spread(2.9e-3, 9e-3)
SIGNED, UNSIGNED = Timing(4, 3, 5, 5, signed=True), Timing(2, 1, 2, 2)
RESET_S, SET_S = 0.3e-6, 36e-6


def random_cells(seed, count=4, rows=8):
    draw = np.random.default_rng(seed)
    return draw.uniform(RESET_S, SET_S, (2, rows, count)) * np.array([1.0, 0.4])[:, None, None]


def neurons_of(circuit=CIRCUIT, timing=UNSIGNED, seed=3, cells=None):
    neurons = Neurons(circuit, seed)
    neurons.connect(*(random_cells(1, circuit.count) if cells is None else cells), timing)
    return neurons


def plain(neurons, rows, lost):
    """Spikes of the same events, without numba, in float64."""
    table, (peak, after) = neurons._ready([0])[1].astype(float), neurons.limits()
    found = []
    p = n = np.full(peak.size, -neurons.board.vref_v)
    v, dead = np.full(peak.size, RELEASE_STEP), np.zeros(peak.size)
    for k, row in enumerate(rows):
        t = table[row]
        step, back = t[0] + t[1] * p, t[4] + t[5] * n
        p, n = t[2] + t[3] * p, t[6] + t[7] * n
        sees = dead == 0
        top = np.where(sees, v + step, v)
        low = np.where(sees, np.maximum(top + back, neurons.circuit.floor_v), v)
        fires = sees & ((top >= peak) | (low >= after))
        v, dead = np.where(fires, RELEASE_STEP, low), np.where(fires, lost, np.maximum(dead - 1, 0))
        found += [(k, int(j)) for j in np.flatnonzero(fires)]
    return found


@pytest.mark.parametrize("timing", [SIGNED, UNSIGNED])
def test_both_kernels_do_what_a_plain_loop_does(timing):
    circuit = replace(CIRCUIT, spread=SPREAD)
    rows = np.random.default_rng(4).integers(0, 8, 400)
    for lost in (0, 2):
        wanted = plain(neurons_of(circuit, timing), rows, lost)
        traced = neurons_of(circuit, timing).run(rows, lost=lost)
        counted, last = neurons_of(circuit, timing).counts(rows, [400], lost=lost)
        assert len(wanted) > 20 and sorted(map(tuple, traced[:, :2].tolist())) == wanted
        assert counted[0].tolist() == [sum(j == k for _, j in wanted) for k in range(4)]
        assert last[0] == pytest.approx([max((e + 1 for e, j in wanted if j == k), default=0) / 400 for k in range(4)])
    assert [s[:2] for s in neurons_of(circuit, timing).run(rows).tolist()] != [list(s) for s in plain(neurons_of(circuit, timing), rows, 1)]


def test_stream_in_pieces_is_the_stream():
    rows = np.random.default_rng(6).integers(0, 8, 100)
    whole, pieces = neurons_of(timing=SIGNED), neurons_of(timing=SIGNED)
    once = whole.run(rows)
    several = np.concatenate([pieces.run([row]) + [k, 0, 0] for k, row in enumerate(rows)])
    assert len(once) > 5 and np.array_equal(once, several)


def test_neurons_that_are_held_do_not_fire_in_either_kernel():
    """Even where the threshold is below a discharged membrane."""
    rows, low = np.random.default_rng(3).integers(0, 8, 50), Board(vth_v=0.85)
    one, other = neurons_of(), neurons_of()
    for neurons in (one, other):
        neurons.board = low
        neurons.hold([True, False, False, False])
    traced = one.run(rows, lost=1)
    counted, _ = other.counts(rows, [50], lost=1)
    assert np.bincount(traced[:, 1], minlength=4).tolist() == counted[0].tolist()
    assert counted[0, 0] == 0 < counted[0, 1] <= 25


def test_images_begin_discharged():
    rows = np.tile(np.random.default_rng(8).integers(0, 8, 30), 3)
    neurons = neurons_of()
    counts, last = neurons.counts(rows, [30, 60, 90])
    assert np.array_equal(counts[1], counts[2]) and counts[1].sum() > 0, "the first alone begins at grounded lines"
    assert (last[counts > 0] > 0).all() and (last[counts == 0] == 0).all()


def cells_of(*siemens, negative=RESET_S):
    """One row: a positive cell a neuron."""
    return np.array([siemens]), np.full((1, len(siemens)), negative)


def to_fire(neurons, most=60):
    """Events until each neuron has fired once."""
    found = {}
    for event, neuron, _ in neurons.run(np.zeros(most, np.int64)).tolist():
        found.setdefault(neuron, event + 1)
    return [found.get(k) for k in range(neurons.circuit.count)]


def primed(neurons):
    neurons.hold(np.ones(4, bool))
    neurons.run([0])
    neurons.hold(np.zeros(4, bool))
    return neurons


def test_trim_bank_offset_and_threshold_move_the_spike():
    cells = cells_of(*[6e-6] * 4)
    equal = to_fire(primed(neurons_of(cells=cells)))
    assert len(set(equal)) == 1
    configured = neurons_of(cells=cells)
    configured.configure(None, 3, 0)
    configured.configure(0, 7, 0)
    configured.configure(1, 0, 0)
    configured.configure(2, 3, 3)
    moved = to_fire(primed(configured))
    assert moved[0] < equal[0] < moved[1] < moved[2] and moved[3] == equal[3]
    peak, _ = configured.limits()
    assert peak[3] - peak[0] == pytest.approx(4 * TRIM_STEP)
    shifted = neurons_of(cells=cells)
    shifted.offset_v, shifted._table = np.array([5e-3, -5e-3, 0.0, 0.0]), None
    shifted.shift_v = np.array([0.0, 0.0, 30e-3, 0.0])
    found = to_fire(primed(shifted))
    assert found[0] < found[3] < found[1] and found[3] < found[2]


def test_first_event_after_ground_is_seen_unless_primed():
    cells = cells_of(*[RESET_S] * 4)
    neurons = neurons_of(cells=cells)
    neurons.run([0])
    assert (neurons._v > 0.1).all(), "bit lines come up from ground through the neurons"
    neurons = primed(neurons_of(cells=cells))
    neurons.run([0])
    assert (np.abs(neurons._v) < 0.02).all()
    neurons.ground()
    neurons.run([0])
    assert (neurons._v > 0.1).all()


def test_signed_events_take_back_what_they_gave():
    up, down = to_fire(primed(neurons_of(timing=SIGNED, cells=cells_of(*[20e-6] * 4)))), primed(
        neurons_of(timing=SIGNED, cells=cells_of(*[RESET_S] * 4, negative=30e-6))
    )
    assert all(found and found < 20 for found in up)
    down.run(np.zeros(50, np.int64))
    assert down._v == pytest.approx(np.float32(CIRCUIT.floor_v)), "the amplifier's output ends at ground"


def test_spike_at_the_peak_of_an_event_counts_though_phi_n_takes_it_back():
    """What fires is the membrane between the phases: a net step alone would need more events."""
    cells = np.full((1, 4), 36e-6), np.full((1, 4), 20e-6)
    neurons = primed(neurons_of(timing=Timing(2, 3, 2, 2, signed=True), cells=cells))
    peak, after = neurons.limits()
    neurons.run([0])
    net, level = float(neurons._v[0] - RELEASE_STEP), []
    while not len(found := neurons.run([0])):
        level.append(float(neurons._v[0]))
    assert (peak > after).all() and found[0, 2] <= 2
    assert max(level) + net < after[0], "the whole event would not have fired"


def test_masked_neurons_are_silent_and_the_winner_silences_the_others():
    cells = cells_of(36e-6, 36e-6, 30e-6, 36e-6)
    masked = neurons_of(cells=cells)
    masked.hold([True, False, False, True])
    assert {neuron for _, neuron, _ in masked.run(np.zeros(40, np.int64)).tolist()} == {1, 2}
    every = primed(neurons_of(cells=cells)).run(np.zeros(60, np.int64))
    alone = primed(neurons_of(cells=cells)).run(np.zeros(60, np.int64), inhibited=1)
    assert {n for _, n, _ in every.tolist()} == {0, 1, 2, 3}
    assert {n for _, n, _ in alone.tolist()} == {0}, "of equals the lowest, which begins again with the others"
    assert len(np.unique(alone[:, 0])) == len(alone) > 5
    strong = neurons_of(cells=cells_of(20e-6, 36e-6, 20e-6, 20e-6))
    assert {n for _, n, _ in primed(strong).run(np.zeros(60, np.int64), inhibited=0).tolist()} == {1}


def test_spikes_of_one_event_come_in_the_order_of_their_cycles():
    timing = Timing(4, 2, 10, 10)
    neurons = primed(neurons_of(timing=timing, cells=cells_of(12e-6, 36e-6, 20e-6, RESET_S)))
    neurons._v[:3] = neurons.limits()[0][:3] - 0.06
    found = neurons.run([0])
    assert found[:, 1].tolist() == [1, 2, 0] and (np.diff(found[:, 2]) > 0).all()


def test_chips_differ_by_their_seed_alone():
    circuit = replace(CIRCUIT, spread=SPREAD, noise=0.02)
    rows = np.random.default_rng(2).integers(0, 8, 3000)
    runs = [neurons_of(circuit, seed=seed).run(rows).tolist() for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]
    quiet = neurons_of(replace(circuit, noise=0.0), seed=3).run(rows).tolist()
    assert quiet != runs[0] and abs(len(quiet) / len(runs[0]) - 1) < 0.05
    many = Neurons(replace(circuit, count=128), 1)
    assert np.std(many.offset_v) == pytest.approx(SPREAD.offset_v, rel=0.2) and np.std(many.shift_v) == pytest.approx(9e-3, rel=0.2)


def test_lost_events_are_those_that_begin_in_the_discharge():
    for timing in (SIGNED, UNSIGNED, Timing()):
        for hold in (1, 20, 60, 700):
            end = timing.phi_p + 4 + hold                        # counted from the phase that fired
            assert lost_events(timing, hold) == sum(k * timing.cycles < end for k in range(1, 1000))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda n: n.run([8]), "event to row 8: the array has rows 0 to 7; choose one of them"),
        (lambda n: n.run([-1]), "event to row -1: the array has rows 0 to 7"),
        (lambda n: n.counts([0, 1], [1]), "ends of images: do not rise to the 2 events"),
        (lambda n: n.counts([0, 1], [2, 1, 2]), "ends of images: do not rise"),
        (lambda n: n.configure(4, 3, 0), "neuron 4: choose 0 to 3"),
        (lambda n: n.configure(0, 8, 0), "trim 8: choose 0 to 7"),
        (lambda n: n.configure(None, 0, 4), "bank 4: choose 0 to 3"),
        (lambda n: n.connect(np.zeros((8, 3)), np.zeros((8, 3)), UNSIGNED), "positive cells: shape (8, 3) is not rows by 4 neurons"),
        (lambda n: n.connect(np.zeros((8, 4)), np.full((8, 4), np.nan), UNSIGNED), "negative cells: a conductance is negative or no"),
        (lambda n: Neurons(CIRCUIT, 1).run([0]), "neurons: no cells are connected"),
    ],
)
def test_what_does_not_fit_is_said(act, said):
    with pytest.raises(UserError) as told:
        act(neurons_of())
    assert str(told.value).startswith(said)


def test_board_moves_threshold_and_read_voltage():
    cells = cells_of(*[10e-6] * 4)
    boards = [Board(), Board(vth_v=1.2), Board(read_v=0.1)]
    found = []
    for board in boards:
        neurons = Neurons(CIRCUIT, 1, board)
        neurons.connect(*cells, UNSIGNED)
        found.append(to_fire(primed(neurons))[0])
    assert found[1] < found[0] and found[2] < found[0]
