"""Chips of sampled blocks: what was sampled is what they have, and what is far off is seen by the yield."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.sense_adc.model import BIAS, BITS, STEP
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome, Trial
from neusoc.verification.mc.campaign import Value
from neusoc.verification.mc.chips import Pools, SampledAdc, chip_of, drawn, one_chip
from neusoc.verification.mc.plan import nominal
from neusoc.verification.mc.pools import pools_of
from neusoc.verification.mc.report import CHIP_YIELD, CHIPS, CLASSIFIES, chip_figures, on_blocks
from neusoc.verification.mc.samples import sheet_of

CHIP = load_chip("mini")
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(90e-15, 0.75, 48.0), Spread(3e-3, 2e-3), -0.7, 0.01)


@pytest.fixture
def pools():
    draw = np.random.default_rng(5).normal
    return Pools(
        3e-3 * draw(size=40), 5e-3 * draw(size=40), draw(size=(20, 2)), 1 + 0.02 * draw(size=20), 0.005 * draw(size=(20, BITS)),
        1 + 0.02 * draw(size=30), 1 + 0.005 * draw(size=30),
    )  # fmt: skip


@pytest.fixture
def trial():
    random = np.random.default_rng(1)
    images, network = random.integers(0, 17, (24, CHIP.rows)).astype(float), Network.from_numpy(random.normal(size=(CHIP.rows, 3)))
    return Trial(CHIP, CIRCUIT, network, images, network.decide(network.scores(images)), events=120, calibrated=False)


def test_chip_has_what_was_sampled(pools):
    one, again, other = (drawn(pools, seed, 32) for seed in (1, 1, 2))
    assert np.array_equal(one.offset_v, again.offset_v) and not np.array_equal(one.offset_v, other.offset_v)
    pairs = set(zip(pools.offset_v.tolist(), pools.shift_v.tolist(), strict=True))
    assert set(zip(one.offset_v.tolist(), one.shift_v.tolist(), strict=True)) <= pairs and len(set(one.offset_v)) == 32
    assert len(drawn(pools, 1, 64).offset_v) == 64, "more neurons than samples: some twice"


def test_converter_of_a_sample():
    adc = SampledAdc(bias=1.1 * BIAS, further_offset=2.0, own_gain=1.05)
    plain = SampledAdc(bias=1.1 * BIAS)
    assert adc.offset - plain.offset == pytest.approx(2.0) and plain.step / adc.step == pytest.approx(1.05)
    assert int(adc.codes(100 * STEP)) > int(plain.codes(100 * STEP))


def alike(pools: Pools) -> Pools:
    """Pools of the same size whose blocks do not differ."""
    return replace(
        pools, offset_v=np.zeros_like(pools.offset_v), shift_v=np.zeros_like(pools.shift_v), offset_lsb=np.zeros_like(pools.offset_lsb),
        gain=np.ones_like(pools.gain), bits=np.zeros((len(pools.bits), BITS)), current=np.ones_like(pools.current),
        read=np.ones_like(pools.read),
    )  # fmt: skip


def test_chip_far_off_tells_less(pools, trial):
    """Thresholds far apart and offsets of a whole read voltage: the yield must see them, and blocks alike must tell most."""
    good = one_chip(on_blocks(trial, alike(pools)), 1).accuracy[0]
    spread = replace(pools, shift_v=30 * pools.shift_v, offset_v=10 * pools.offset_v)
    bad = np.mean([one_chip(on_blocks(trial, spread), seed).accuracy[0] for seed in (1, 2)])
    assert good > 0.7 > bad + 0.1
    with pytest.raises(TypeError, match="BlockTrial"):
        one_chip(trial, 1)


def test_chip_cells_stand_where_its_converter_puts_them(pools, trial):
    """A converter that tells 20 % more has the cells programmed lower."""
    levels = np.full((CHIP.rows, CHIP.neurons), 12)
    found = []
    for gain in (1.0, 1.2):
        one = alike(pools)
        chip = chip_of(on_blocks(trial, replace(one, gain=gain * one.gain)), 1)
        chip.program(levels, levels)
        found.append(np.median(chip.siemens()))
    assert found[0] / found[1] == pytest.approx(1.2, rel=0.06)


def test_yield_of_chips_falls_with_one_that_does_not_classify():
    def outcomes(*percent):
        return [Outcome(k + 1, (p / 100,), 1.0, (), 0) for k, p in enumerate(percent)]

    good, mean, worst = chip_figures(outcomes(*[CLASSIFIES + 1] * CHIPS))
    assert (good.passes, mean.value, worst.value) == (True, CLASSIFIES + 1, CLASSIFIES + 1) and 100 > good.value >= 100 * CHIP_YIELD
    bad = chip_figures(outcomes(*[CLASSIFIES + 1] * (CHIPS - 1), CLASSIFIES - 1))[0]
    assert bad.value < 100 * CHIP_YIELD and not bad.passes, "98.3 % of 59 chips do not show 95 %"
    assert f"1 of {CHIPS} outside" in bad.at and f"seed {CHIPS}: {CLASSIFIES - 1:.2f} %" in bad.at


def _sampled(**columns):
    at = nominal(sheet_of("neuron"))
    return {("bench", name, at): {k: Value(k, v, "", 0.1) for k, v in enumerate(column)} for name, column in columns.items()}


def test_pools_are_differences_from_what_all_have():
    def of(bench, **columns):
        return {(bench, *rest): one for (_, *rest), one in _sampled(**columns).items()}

    bits = {f"bit{k}": [2**k * 1e-9, 2**k * 1.02e-9] for k in range(BITS)}
    values = {
        "neuron schematic": of("trip", offset=[1e-3, 3e-3], trip3=[0.02, 0.03]),
        "sense_adc schematic": of("front", none=[1e-9, 3e-9], full=[255e-9, 261e-9], fine=[0.0, 4e-9]) | of("units", **bits),
        "bias schematic": of("static", iadc=[2e-6, 2.2e-6], vread=[0.19, 0.21]),
    }
    found = pools_of(values)
    assert found.offset_v == pytest.approx([-1e-3, 1e-3]) and found.shift_v == pytest.approx([-5e-3, 5e-3])
    assert found.offset_lsb == pytest.approx(np.array([[-1, -2], [1, 2]]) / 1.01) and found.gain == pytest.approx([254 / 256, 258 / 256])
    assert found.bits == pytest.approx(np.repeat([[-0.01 / 1.01], [0.01 / 1.01]], BITS, axis=1))
    assert found.current == pytest.approx([2 / 2.1, 2.2 / 2.1]) and found.read == pytest.approx([0.95, 1.05])
    values["bias schematic"] = of("static", iadc=[2e-6], vread=[0.19])
    with pytest.raises(UserError, match="chips need at least two samples of bias static, and there are 1; run `neusoc mc bias` first"):
        pools_of(values)


@pytest.mark.parametrize(("bad", "reason", "told"), [(None, "SpiceError: -9", "SpiceError: -9"), (float("nan"), "", "not a number")])
def test_pools_of_samples_without_a_value_are_one_sentence(bad, reason, told):
    """Of 299 samples of a neuron 296 failed: no chips of the three that are left, nor of all but one."""
    at = nominal(sheet_of("neuron"))
    for failed in (296, 1):
        column = {k: Value(k, bad if k > 299 - failed else 1e-3 * k, reason, 0.1) for k in range(1, 300)}
        with pytest.raises(UserError) as error:
            pools_of({"neuron schematic": {("trip", name, at): column for name in ("offset", "trip3")}})
        first = f"neuron trip: {failed} of 299 samples gave no value (seed {300 - failed}: {told}), and chips need all; "
        assert str(error.value).startswith(f"{first}`neusoc mc neuron` tries them again") and "\n" not in str(error.value)
