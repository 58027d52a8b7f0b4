"""Levels are chosen by the neuron's own step, and a plan is refused where it does not belong."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.calibration import Calibration
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.cells import neuron_share
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import SIGNED, UNSIGNED, Plan, as_placed, place, strongest
from neusoc.software.mapping.steps import choose, pair_steps, settled
from neusoc.software.network.network import Network

CHIP = load_chip("mini")
# a circuit of round numbers: what is shown here holds for any
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(90e-15), Spread(3e-3, 2e-3), -0.7, 0.0)
RANDOM = np.random.default_rng(11)
WEIGHTS = RANDOM.uniform(-1, 1, (8, 4))
US = level_us(16)
SIEMENS = US * np.interp(US, *neuron_share()) * 1e-6


def _mean_steps(positive, negative, timing, offset_v):
    """Mean step of each row's events amid random ones, by the emulator's own table, (rows, neurons), V."""
    neurons = Neurons(CIRCUIT, 1)
    neurons.offset_v[:] = offset_v
    neurons.connect(SIEMENS[positive], SIEMENS[negative], timing)
    table = neurons._ready([0])[1].astype(float)
    mean = table.mean(axis=0)
    line_p, line_n = mean[2] / (1 - mean[3]), mean[6] / (1 - mean[7])
    return table[:, 0] + table[:, 1] * line_p + table[:, 4] + table[:, 5] * line_n


@pytest.mark.parametrize("timing", [SIGNED, UNSIGNED])
def test_mapping_gives_neurons_with_offsets_the_same_weights(timing):
    offset_v = np.array([-5e-3, -1e-3, 2e-3, 6e-3])
    weights = WEIGHTS if timing.signed else np.abs(WEIGHTS)
    *known, full = choose(weights, pair_steps(CIRCUIT, timing, Board(), offset_v))
    *blind, blind_full = choose(weights, pair_steps(CIRCUIT, timing, Board(), np.zeros(4)))

    def wrong(levels, step):
        found = _mean_steps(*levels, timing, offset_v)
        return np.std((found - found.mean()) / step - (weights - weights.mean()))

    assert wrong(known, full) < 0.04 and wrong(known, full) < 0.7 * wrong(blind, blind_full)


def test_mapping_knows_that_charge_is_not_conductance():
    pairs = pair_steps(CIRCUIT, SIGNED, Board(), np.zeros(1))
    up, down = pairs.change[1:16, 0], pairs.change[16:, 0]
    assert np.all(np.diff(up) > 0) and np.all(np.diff(down) < 0) and np.diff(up)[-1] < 0.6 * np.diff(up)[0]
    assert -down[-1] < up[-1], "it sinks less than it sources"
    positive, negative, full = choose(np.array([[0.5], [-0.5]]), pairs)
    assert full == pytest.approx(-down[-1]) and 0 < positive[0, 0] <= negative[1, 0], "the same weight takes no lower level to sink"
    assert np.all(np.minimum(positive, negative) == 0)


def test_mapping_of_a_hidden_layer_gives_the_steps_themselves():
    offset_v = np.array([-5e-3, -1e-3, 2e-3, 6e-3])
    weights = RANDOM.uniform(-1, 1, (64, 4)) ** 5

    def mean_error(levels, step):
        """In every event, shares of a full weight, of all neurons."""
        return np.sqrt(np.mean((_mean_steps(*levels, SIGNED, offset_v) / step - weights).mean(axis=0) ** 2))

    def steps(usage):
        return pair_steps(CIRCUIT, SIGNED, Board(), offset_v, usage=usage)

    *rested, rested_full = choose(weights, settled(weights, steps), whole=True)
    *once, once_full = choose(weights, steps(None), whole=True)
    *change, change_full = choose(weights, steps(None))
    found = [mean_error(rested, rested_full), mean_error(once, once_full), mean_error(change, change_full)]
    assert found[0] < 0.9 * found[1] and found[1] < 0.6 * found[2], found
    with pytest.raises(UserError, match="numbers of spikes count"):
        place(Network.from_numpy(WEIGHTS), CHIP, CIRCUIT, timing=UNSIGNED, whole=True)


@pytest.mark.parametrize(
    ("weights", "timing", "said"),
    [
        (np.zeros((8, 3)), SIGNED, "is not rows by 4 neurons"), (np.full((8, 4), 1.5), SIGNED, "beyond -1 to 1"),
        (np.full((8, 4), np.nan), SIGNED, "no number"), (-np.ones((8, 4)), UNSIGNED, "no negative phase"),
    ],
)  # fmt: skip
def test_mapping_refuses_weights_that_it_cannot_place(weights, timing, said):
    with pytest.raises(UserError, match=said):
        choose(weights, pair_steps(CIRCUIT, timing, Board(), np.zeros(4)))


def test_mapping_unsigned_adds_to_all_neurons_of_a_row_alike():
    network = Network.from_numpy(WEIGHTS)
    plan = place(network, CHIP, CIRCUIT, timing=UNSIGNED)
    assert not plan.negative.any()
    steps = _mean_steps(plan.positive, plan.negative, UNSIGNED, 0.0) / plan.full_v
    shifted = (WEIGHTS - WEIGHTS.min(1, keepdims=True)) / np.ptp(WEIGHTS, axis=1).max()
    assert np.std(steps - steps.mean() - (shifted - shifted.mean())) < 0.05


def test_mapping_uses_the_chips_calibration():
    network, offset_v = Network.from_numpy(WEIGHTS), (-6e-3, 0.0, None, 6e-3)
    known = Calibration("mini", "chip 3", offset_v, map_hash())
    plan, ideal = place(network, CHIP, CIRCUIT, calibration=known), place(network, CHIP, CIRCUIT)
    assert (plan.name, ideal.name) == ("chip 3", "")
    assert not np.array_equal(plan.positive[:, 0], ideal.positive[:, 0])


@pytest.mark.parametrize(
    ("network", "known", "said"),
    [
        (Network.from_numpy([np.ones((8, 4)), np.ones((4, 2))]), None, "2 layers; a plan holds one"),
        (Network.from_numpy(np.ones((9, 4))), None, "9 x 4 take 2 passes on 8 rows"),
        (Network.from_numpy(np.ones((8, 5))), None, "take 2 passes"),
        (Network.from_numpy(WEIGHTS), Calibration("tapeout", "a", (0.0,) * 32, "h"), "calibration of tapeout, 32 neurons: this is mini"),
    ],
)
def test_mapping_refuses_what_the_chip_has_not(network, known, said):
    with pytest.raises(UserError, match=said):
        place(network, CHIP, CIRCUIT, calibration=known)


def test_plan_comes_back_from_its_file(tmp_path):
    plan = place(Network.from_numpy(WEIGHTS, labels=["a", "b", "c", "d"]), CHIP, CIRCUIT)
    plan.save(tmp_path / "a.json")
    again = Plan.load(tmp_path / "a.json", "mini")
    assert np.array_equal(again.positive, plan.positive) and np.array_equal(again.negative, plan.negative)
    for name in ("chip", "name", "source", "registers", "levels", "timing", "board", "full_v", "labels", "neurons", "trims"):
        assert getattr(again, name) == getattr(plan, name)


def _changed(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(registers="0"), "registers 0, not"),
        (lambda d: d.update(format=9), "no plan of format 2"),
        (lambda d: d.update(chip="tapeout"), "chip tapeout, not mini"),
        (lambda d: d.update(name="chip 4"), "calibrated for chip 4, not chip 3"),
        (lambda d: d["positive"].pop(), "no plan of format 2"),
        (lambda d: d["positive"][0].__setitem__(0, 16), "no plan of format 2"),
        (lambda d: d.pop("labels"), "no plan of format 2"),
        (lambda d: d["timing"].update(phi_p=2.5), "no plan of format 2"),
        (lambda d: d["timing"].update(settle=256), "no plan of format 2"),
        (lambda d: d["board"].update(vref_v=float("nan")), "no plan of format 2"),
        (lambda d: d["board"].update(vth_v=-5), "no plan of format 2"),
        (lambda d: d.update(levels=7), "no plan of format 2"),
        (lambda d: d.update(bias_input="x"), "no plan of format 2"),
        (lambda d: d.update(labels=[[0], 1, 2, 3]), "no plan of format 2"),
        (lambda d: d.update(neurons=[0, 1, 2]), "no plan of format 2"),
        (lambda d: d.update(neurons=[0, 1, 2, 4]), "no plan of format 2"),
        (lambda d: d.update(neurons=[0, 1, 2, 2]), "no plan of format 2"),
        (lambda d: d.update(neurons=[0, 1, 2, 3.0]), "no plan of format 2"),
        (lambda d: d.update(trims=[0, 1, 2, 8]), "no plan of format 2"),
        (lambda d: d.update(trims=[0, 1, 2]), "no plan of format 2"),
        (lambda d: d.update(positive=d["positive"] * 2, negative=d["negative"] * 2), "no plan of format 2"),
    ],
)
def test_plan_of_something_else_is_refused(change, said, tmp_path):
    path = tmp_path / "a.json"
    place(Network.from_numpy(WEIGHTS), CHIP, CIRCUIT, calibration=Calibration("mini", "chip 3", (0.0,) * 4, map_hash())).save(path)
    assert Plan.load(path, "mini", "chip 3").name == "chip 3"
    _changed(path, change)
    with pytest.raises(UserError, match=said):
        Plan.load(path, "mini", "chip 3")


def test_plan_cut_short_or_absent_is_refused(tmp_path):
    path = tmp_path / "a.json"
    place(Network.from_numpy(WEIGHTS), CHIP, CIRCUIT).save(path)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(UserError, match="a.json: is cut short"):
        Plan.load(path, "mini")
    with pytest.raises(UserError, match=r"b.json: No such file or directory; map again"):
        Plan.load(tmp_path / "b.json", "mini")


def test_copies_of_an_output_count_together(tmp_path):
    """Each copy holds the same weights; spikes are added, and of the last ones the mean is taken. A plan's file keeps them."""
    few = WEIGHTS[:, :2]
    outputs = few.shape[1]
    copies = CHIP.neurons // outputs
    assert copies >= 2
    plan = place(Network.from_numpy(few), CHIP, CIRCUIT, copies=copies)
    one = place(Network.from_numpy(few), CHIP, CIRCUIT)
    assert np.array_equal(plan.positive, np.tile(one.positive, (1, copies))) and len(plan.labels) == outputs
    plan.save(tmp_path / "copies.json")
    again = Plan.load(tmp_path / "copies.json", "mini")
    spikes = np.arange(2 * CHIP.neurons).reshape(2, -1)
    counts, last = again.of_outputs(spikes, spikes / 100)
    taken = spikes[:, list(again.neurons)]
    wanted = sum(taken[:, k * outputs : (k + 1) * outputs] for k in range(copies))
    assert np.array_equal(counts, wanted) and np.allclose(last, wanted / copies / 100)


def test_copies_that_the_chip_has_no_neurons_for_are_refused():
    with pytest.raises(UserError, match=r"9 copies of \d outputs; mini has 4 neurons, give 1 to"):
        place(Network.from_numpy(WEIGHTS), CHIP, CIRCUIT, copies=9)


def test_strongest_neuron_decides_and_the_earlier_among_equals():
    spikes, last = np.array([[3, 5], [4, 4], [0, 0]]), np.array([[0.9, 0.9], [0.9, 0.7], [0.0, 0.0]])
    assert strongest(spikes, last, ("a", "b")) == ["b", "b", "a"]


@pytest.mark.parametrize("whole", [False, True])
def test_mapping_goes_around_cells_that_are_stuck(whole, monkeypatch):
    """The other cell of the pair takes what it can of the error; other pairs keep their levels, cells of no pair are not asked."""
    monkeypatch.setattr("neusoc.software.mapping.plan.take_neurons", lambda *_: np.array([3, 0, 1, 2]))
    stuck = {(1, 0): (0, 30.0), (2, 1): (1, 60.0), (5, 2): (0, 0.1)}              # row, neuron: side, uS
    faults = tuple((row, 2 * neuron + side, us) for (row, neuron), (side, us) in stuck.items())
    clean = Calibration("mini", "chip 3", (0.0,) * 4, map_hash())
    faulty = replace(clean, faults=(*faults, (60, 0, 9.0)))
    sound, plan = (place(Network.from_numpy(WEIGHTS), CHIP, CIRCUIT, calibration=known, whole=whole) for known in (clean, faulty))
    assert plan.neurons == sound.neurons == (3, 0, 1, 2)

    def steps(usage):
        return pair_steps(CIRCUIT, SIGNED, Board(), np.zeros(4), usage=usage)

    weights = WEIGHTS / np.abs(WEIGHTS).max()
    made, wanted = settled(weights, steps).volts if whole else steps(None).change, weights * plan.full_v
    gained, others = [], np.ones(WEIGHTS.shape, bool)
    for (row, neuron), (side, us) in stuck.items():
        at = row, plan.neurons.index(neuron)
        alone = made[:16, at[1]], np.concatenate([made[:1, at[1]], made[16:, at[1]]])           # a positive, a negative cell
        given = np.interp(min(us, US[-1]), US, alone[side]) - made[0, at[1]]
        errors = np.abs(given + alone[1 - side] - wanted[at])
        one, other = ((p.positive, p.negative)[1 - side][at] for p in (sound, plan))
        gained.append(errors[one] - errors[other])
        assert us > US[-1] or errors[other] == errors.min()
        others[at] = False
    assert min(gained) >= 0 and max(gained) > 0.01, gained
    assert np.array_equal(plan.positive[others], sound.positive[others]) and np.array_equal(plan.negative[others], sound.negative[others])


@pytest.mark.parametrize("timing", [SIGNED, UNSIGNED], ids=lambda timing: timing.name)
def test_mapping_takes_the_neurons_that_suit(timing):
    """Of all ways to choose three of four neurons, the one that misses least of what is wanted, as the neurons' own steps say."""
    random, network = np.random.default_rng(5), Network.from_numpy(WEIGHTS[:, :3])
    for trial in range(5):
        at = zip(random.integers(0, 8, 7).tolist(), random.permutation(8)[:7].tolist(), strict=True)
        faults = tuple((row, column, 20.0) for row, column in at)
        plan = place(network, CHIP, CIRCUIT, calibration=Calibration("mini", "a", (0.0,) * 4, map_hash(), faults), timing=timing)
        pairs = pair_steps(CIRCUIT, timing, Board(), np.zeros(4))
        wanted = as_placed(WEIGHTS[:, :3], timing, 1.0) * pairs.reach

        def missed(neurons, faults=faults, wanted=wanted, made=pairs.change[:, 0]):
            """V^2; of every stuck cell with its best neighbour."""
            found = 0.0
            for output, neuron in enumerate(neurons):
                errors = []
                for row, column, us in faults:
                    if column // 2 == neuron and (timing.signed or column % 2 == 0):
                        sides = made[:16], np.concatenate([made[:1], made[16:]]) if timing.signed else np.zeros(1)
                        stuck = np.interp(us, US, sides[column % 2]) - made[0]
                        left = stuck + (sides[1 - column % 2] if timing.signed else made[:1]) - wanted[row, output]
                        errors.append(left[np.abs(left).argmin()])
                found += np.sum(np.square(errors)) + np.sum(errors) ** 2
            return found

        found = {neurons: missed(neurons) for neurons in itertools.permutations(range(4), 3)}
        assert max(found.values()) > 2 * min(found.values())
        assert found[plan.neurons] == pytest.approx(min(found.values()), rel=1e-6), (trial, faults)


def test_mapping_leaves_out_a_neuron_that_nothing_is_known_of():
    known = Calibration("mini", "a", (0.0, None, 0.0, 0.0), map_hash(), shift_v=(6e-3, None, 0.0, -12e-3))
    plan, ideal = (place(Network.from_numpy(WEIGHTS[:, :3]), CHIP, CIRCUIT, calibration=one) for one in (known, None))
    assert plan.neurons == (0, 2, 3) and plan.trims == (TRIM_STANDARD + 1, TRIM_STANDARD, TRIM_STANDARD - 2)
    assert ideal.neurons == (0, 1, 2) and ideal.trims == (TRIM_STANDARD,) * 3
