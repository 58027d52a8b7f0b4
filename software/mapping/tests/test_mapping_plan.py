"""A network as levels: which weight takes which pair, what goes around a stuck cell, and the file of a
plan."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields, replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.images import ImageSettings
from neusoc.software.calibration import Calibration, Trim
from neusoc.software.driver.registers import map_hash
from neusoc.software.emulator.events import EventMode
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import EVENTS, MIDDLES, Plan, place, place_layers, strongest
from neusoc.software.mapping.steps import choose, made_us, reach_us
from neusoc.software.network.network import Network

CHIP = load_chip("mini")
RANDOM = np.random.default_rng(11)
WEIGHTS = RANDOM.uniform(-1, 1, (8, 4))
US = level_us(16)
TRIMS = (Trim(16, 3), Trim(20, 2), Trim(12, 5), Trim(17, 3))
KNOWN = Calibration("mini", "chip 3", map_hash(), TRIMS)


@pytest.mark.parametrize("levels", [4, 16])
def test_levels_are_the_weights_to_half_a_step(levels):
    plan = place(Network.from_numpy(WEIGHTS), CHIP, levels=levels)
    made = made_us(plan.positive, plan.negative, levels) / plan.full_us
    assert (
        np.abs(made - WEIGHTS / np.abs(WEIGHTS).max()).max()
        <= np.diff(level_us(levels)).max() / 2 / plan.full_us + 1e-9
    )
    assert (np.minimum(plan.positive, plan.negative) == 0).all() and plan.full_us == reach_us(levels)
    assert plan.scale == pytest.approx(np.abs(WEIGHTS).max())


def test_weights_beyond_the_clip_count_the_same():
    plan = place(Network.from_numpy(WEIGHTS), CHIP, clip=0.5)
    most = np.abs(WEIGHTS) >= 0.5 * np.abs(WEIGHTS).max()
    assert (np.maximum(plan.positive, plan.negative)[most] == 15).all() and plan.scale == pytest.approx(
        0.5 * np.abs(WEIGHTS).max()
    )
    for clip in (0.0, 1.1):
        with pytest.raises(UserError, match="is no share of the largest weight"):
            place(Network.from_numpy(WEIGHTS), CHIP, clip=clip)


def test_pairs_make_up_for_what_events_add_to_their_neuron():
    """An event takes 2.3 uS from a mean membrane, and more or less of others: as events, not as whole images,
    each pair gives it back."""
    zero_us = (-2.3, 1.5, -6.0, 0.0)
    known = replace(KNOWN, zero_us=zero_us)
    plan, images = (
        place(Network.from_numpy(WEIGHTS), CHIP, calibration=known, settings=how) for how in (EVENTS, None)
    )
    errors = (
        made_us(plan.positive, plan.negative, 16) + zero_us - WEIGHTS / np.abs(WEIGHTS).max() * plan.full_us
    )
    assert np.abs(errors).max() <= np.diff(US).max() / 2 + 1e-9 and plan.full_us == pytest.approx(
        0.8 * reach_us(16)
    )
    assert images.zero_us == () and images.full_us == reach_us(16)
    moved = plan.around(((0, 0, 90.0), (1, 0, 90.0)))
    errors = made_us(moved.positive, moved.negative, 16)[2:] + zero_us
    errors = errors[:, moved.neurons] - WEIGHTS[2:] / np.abs(WEIGHTS).max() * plan.full_us
    assert moved.neurons != plan.neurons and np.abs(errors).max() <= np.diff(US).max() + 1e-9, (
        "each of its own neuron"
    )


def test_choose_refuses_what_is_no_number():
    with pytest.raises(UserError, match="one is no number"):
        choose(np.array([[1.0, np.nan]]), 16)


def test_bias_row_shows_no_more_than_the_brightest_pixel():
    network = Network.from_numpy(0.1 * WEIGHTS[:7], np.array([4.0, -4.0, 1.0, 0.0]))
    events, images = place(network, CHIP, settings=EVENTS), place(network, CHIP)
    most = np.abs(0.1 * WEIGHTS[:7]).max()
    assert events.bias_input == pytest.approx(4 / most) and images.bias_input == 16 < events.bias_input
    assert images.widened(np.zeros((2, 7)))[:, 7].tolist() == [16, 16]
    assert images.positive[7, 0] == images.negative[7, 1] == 15 and images.scale == pytest.approx(0.25)
    with pytest.raises(UserError, match="images: 8 values each, the plan takes 7"):
        images.widened(np.zeros((2, 8)))


def test_a_weight_moves_a_membrane_by_the_twins_charge():
    circuit = ImageCircuit.of(CHIP)
    plan = place(Network.from_numpy(WEIGHTS), CHIP, settings=EventMode(window=8, units=2))
    amperes = 0.989 * 0.15 * plan.full_us * 1e-6 / (1 + 38e-6 * plan.full_us)
    assert plan.step_v(circuit) == pytest.approx(amperes * 2 / 32 * 8 * 20e-9 / circuit.membrane_f)
    with pytest.raises(UserError, match="shows whole images, no events"):
        place(Network.from_numpy(WEIGHTS), CHIP).step_v(circuit)


@pytest.mark.parametrize(
    ("network", "known", "said"),
    [
        (Network.from_numpy([np.ones((8, 4)), np.ones((4, 2))]), None, "2 layers; a plan holds one"),
        (Network.from_numpy(np.ones((9, 4))), None, "9 x 4 take 2 passes on 8 rows"),
        (Network.from_numpy(np.ones((8, 4)), np.ones(4)), None, "9 x 4 take 2 passes on 8 rows"),
        (Network.from_numpy(np.ones((8, 5))), None, "take 2 passes"),
        (
            Network.from_numpy(WEIGHTS),
            replace(KNOWN, chip="tapeout"),
            "calibration of tapeout, 4 neurons: this is mini",
        ),
        (
            Network.from_numpy(WEIGHTS),
            replace(KNOWN, trims=TRIMS[:3]),
            "calibration of mini, 3 neurons: this is mini",
        ),
    ],
)
def test_mapping_refuses_what_the_chip_has_not(network, known, said):
    with pytest.raises(UserError, match=said):
        place(network, CHIP, calibration=known)


def test_layers_have_a_plan_each():
    network = Network.from_numpy([WEIGHTS, WEIGHTS[:4, :2]], [None, np.array([30.0, 0.0])], labels=["a", "b"])
    first, second = place_layers(network, CHIP, calibration=KNOWN)
    assert (first.coding, second.coding) == ("events", "images") and (first.labels, second.labels) == (
        (0, 1, 2, 3),
        ("a", "b"),
    )
    assert second.bias_input > 16, "its pixels are what the first layer counts, whatever that is"


@pytest.mark.parametrize(
    "settings", [ImageSettings(windows=(9, 5, 3, 1)), EventMode(window=7, units=2, rest=20, refractory=5)]
)
def test_plan_comes_back_from_its_file(settings, tmp_path):
    network = Network.from_numpy(WEIGHTS[:, :2], labels=["a", "b"])
    plan = place(
        network,
        CHIP,
        calibration=replace(KNOWN, trims=(*TRIMS[:3], None), zero_us=(0.5,) * 4),
        settings=settings,
    )
    plan.save(tmp_path / "a.json")
    again = Plan.load(tmp_path / "a.json", "mini")
    for field in fields(Plan):
        back, kept = getattr(again, field.name), getattr(plan, field.name)
        assert np.array_equal(back, kept) if isinstance(kept, np.ndarray) else back == kept, field.name
    assert again.settings == settings


def _changed(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(registers="0"), "registers 0, not"),
        (lambda d: d.update(format=2), "no plan of format 4"),
        (lambda d: d.update(chip="tapeout"), "no plan of format 4"),
        (lambda d: d.update(name="chip 4"), "calibrated for chip 4, not chip 3"),
        (lambda d: d["positive"].pop(), "no plan of format 4"),
        (lambda d: d["positive"][0].__setitem__(0, 16), "no plan of format 4"),
        (lambda d: d["positive"][0].__setitem__(0, -1), "no plan of format 4"),
        (lambda d: d["positive"][0].__setitem__(0, 1.5), "no plan of format 4"),
        (lambda d: d.pop("labels"), "no plan of format 4"),
        (lambda d: d.update(coding="events"), "no plan of format 4"),
        (lambda d: d["settings"].update(windows=[1, 2, 3, 256]), "no plan of format 4"),
        (lambda d: d["settings"].update(top=2.5), "no plan of format 4"),
        (lambda d: d["settings"].update(clear=256), "no plan of format 4"),
        (lambda d: d.update(full_us=float("nan")), "no plan of format 4"),
        (lambda d: d.update(scale=-5), "no plan of format 4"),
        (lambda d: d.update(levels=7), "no plan of format 4"),
        (lambda d: d.update(bias_input="x"), "no plan of format 4"),
        (lambda d: d.update(labels=[[0], 1, 2, 3]), "no plan of format 4"),
        (lambda d: d.update(neurons=[0, 1, 2]), "no plan of format 4"),
        (lambda d: d.update(neurons=[0, 1, 2, 4]), "no plan of format 4"),
        (lambda d: d.update(neurons=[0, 1, 2, 2]), "no plan of format 4"),
        (lambda d: d.update(neurons=[0, 1, 2, 3.0]), "no plan of format 4"),
        (lambda d: d.update(trims=[*d["trims"][:3], [32, 0]]), "no plan of format 4"),
        (lambda d: d.update(trims=d["trims"][:3]), "no plan of format 4"),
        (lambda d: d.update(zero_us=[1.0]), "no plan of format 4"),
        (lambda d: d.update(zero_us=[1.0, 0.0, 0.0, 1e9]), "no plan of format 4"),
        (lambda d: d.update(positive=d["positive"] * 2, negative=d["negative"] * 2), "no plan of format 4"),
    ],
)
def test_plan_of_something_else_is_refused(change, said, tmp_path):
    path = tmp_path / "a.json"
    place(Network.from_numpy(WEIGHTS), CHIP, calibration=KNOWN).save(path)
    assert Plan.load(path, "mini", "chip 3").name == "chip 3"
    _changed(path, change)
    with pytest.raises(UserError, match=said):
        Plan.load(path, "mini", "chip 3")


NO_REGISTER = (
    {"window": 0},
    {"window": 2.5},
    {"units": 9},
    {"rest": 64},
    {"refractory": 0},
    {"around": {"lead": 300}},
)


@pytest.mark.parametrize("change", NO_REGISTER)
def test_plan_of_events_that_no_register_holds_is_refused(change, tmp_path):
    path = tmp_path / "a.json"
    place(Network.from_numpy(WEIGHTS), CHIP, settings=EVENTS).save(path)
    Plan.load(path, "mini")
    _changed(path, lambda data: data["settings"].update(change))
    with pytest.raises(UserError, match="no plan of format 4"):
        Plan.load(path, "mini")


def test_plan_of_another_chip_is_refused(tmp_path):
    place(Network.from_numpy(WEIGHTS), CHIP).save(tmp_path / "a.json")
    with pytest.raises(UserError, match="chip mini, not tapeout"):
        Plan.load(tmp_path / "a.json", "tapeout")


def test_plan_cut_short_or_absent_is_refused(tmp_path):
    path = tmp_path / "a.json"
    place(Network.from_numpy(WEIGHTS), CHIP).save(path)
    path.write_text(path.read_text()[:-40])
    with pytest.raises(UserError, match="a.json: is cut short"):
        Plan.load(path, "mini")
    with pytest.raises(UserError, match=r"b.json: No such file or directory; map again"):
        Plan.load(tmp_path / "b.json", "mini")


def test_strongest_neuron_decides_and_the_earlier_among_equals():
    spikes, last = np.array([[3, 5], [4, 4], [0, 0]]), np.array([[280, 290], [290, 250], [-1, -1]])
    for times in (last, last / 312):
        assert strongest(spikes, times, ("a", "b")) == ["b", "b", "a"]


def test_mapping_goes_around_cells_that_are_stuck():
    """The other cell of the pair takes what it can of the error; other pairs keep their levels, cells of no
    pair are not asked."""
    stuck = {(1, 0): (0, 30.0), (2, 1): (1, 60.0), (5, 2): (0, 0.1)}  # row, neuron: side, uS
    faults = tuple((row, 2 * neuron + side, us) for (row, neuron), (side, us) in stuck.items())
    network = Network.from_numpy(WEIGHTS)
    sound, plan = (
        place(network, CHIP),
        place(network, CHIP, calibration=replace(KNOWN, faults=(*faults, (60, 0, 9.0)))),
    )
    wanted, others = (
        WEIGHTS[:, np.argsort(plan.neurons)] / np.abs(WEIGHTS).max() * plan.full_us,
        np.ones(WEIGHTS.shape, bool),
    )
    for (row, neuron), (side, us) in stuck.items():
        made = (US - us) * (1 if side else -1)
        level = (plan.positive, plan.negative)[1 - side][row, neuron]
        assert np.abs(made[level] - wanted[row, neuron]) == np.abs(made - wanted[row, neuron]).min()
        others[row, neuron] = False
    order = np.argsort(plan.neurons)
    assert np.array_equal(plan.positive[others], sound.positive[:, order][others])
    assert np.array_equal(plan.negative[others], sound.negative[:, order][others])


def test_a_plan_around_faults_is_what_would_have_been_placed():
    """From its levels alone, without the network: to the step of a level."""
    faults, network = (
        ((1, 0, 30.0), (2, 3, 60.0), (5, 4, 0.1), (7, 1, 12.0)),
        Network.from_numpy(WEIGHTS[:, :3]),
    )
    placed, around = place(network, CHIP, faults=faults), place(network, CHIP).around(faults)
    assert around.neurons == placed.neurons
    assert (
        np.abs(around.positive - placed.positive).max() <= 1
        and np.abs(around.negative - placed.negative).max() <= 1
    )
    assert place(network, CHIP).around(()).neurons == (0, 1, 2)


def test_mapping_takes_the_neurons_that_suit():
    """Of all ways to choose three of four neurons, the one that misses least of what is wanted."""
    random, network = np.random.default_rng(5), Network.from_numpy(WEIGHTS[:, :3])
    wanted = WEIGHTS[:, :3] / np.abs(WEIGHTS[:, :3]).max() * reach_us(16)
    for trial in range(5):
        at = zip(random.integers(0, 8, 7).tolist(), random.permutation(8)[:7].tolist(), strict=True)
        faults = tuple((row, column, 20.0) for row, column in at)
        plan = place(network, CHIP, calibration=replace(KNOWN, faults=faults))

        def missed(neurons, faults=faults):
            """uS^2; of every stuck cell with its best neighbour."""
            total = 0.0
            for output, neuron in enumerate(neurons):
                errors = []
                for row, column, us in faults:
                    if column // 2 == neuron:
                        left = (US - us) * (1 if column % 2 else -1) - wanted[row, output]
                        errors.append(left[np.abs(left).argmin()])
                total += np.sum(np.square(errors)) + np.sum(errors) ** 2
            return total

        every = {neurons: missed(neurons) for neurons in itertools.permutations(range(4), 3)}
        assert max(every.values()) > 2 * min(every.values())
        assert every[plan.neurons] == pytest.approx(min(every.values()), rel=1e-6), (trial, faults)


def test_mapping_leaves_out_a_neuron_without_trims():
    known = replace(KNOWN, trims=(TRIMS[0], None, *TRIMS[2:]))
    plan, ideal = (
        place(Network.from_numpy(WEIGHTS[:, :3]), CHIP, calibration=given) for given in (known, None)
    )
    assert plan.neurons == (0, 2, 3) and plan.used == [0, 2, 3] and plan.trims == known.trims
    assert (
        ideal.neurons == (0, 1, 2)
        and ideal.trims == (MIDDLES,) * 4
        and (plan.name, ideal.name) == ("chip 3", "")
    )
