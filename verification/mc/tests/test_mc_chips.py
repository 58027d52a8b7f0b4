"""Chips of sampled blocks: what was sampled is what they have, and what is far off is seen by the yield."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.sense_adc.model import BIAS, BITS, STEP
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome, Trial
from neusoc.verification.mc.campaign import Value
from neusoc.verification.mc.chips import Pools, SampledAdc, chip_of, drawn, one_chip
from neusoc.verification.mc.plan import nominal
from neusoc.verification.mc.pools import pools_of
from neusoc.verification.mc.report import CHIP_YIELD, CHIPS, CLASSIFIES, chip_figures, on_blocks
from neusoc.verification.mc.samples import sheet_of

CHIP = load_chip("mini")


@pytest.fixture
def pools():
    draw = np.random.default_rng(5).normal
    return Pools(draw(size=(20, 2)), 1 + 0.02 * draw(size=20), 0.005 * draw(size=(20, BITS)))


@pytest.fixture
def trial():
    random = np.random.default_rng(1)
    images, network = (
        random.integers(0, 17, (24, CHIP.rows)).astype(float),
        Network.from_numpy(random.normal(size=(CHIP.rows, 3))),
    )
    return Trial(CHIP, ImageCircuit.of(CHIP), network, images, network.decide(network.scores(images)))


def test_chip_has_what_was_sampled(pools):
    one, again, other = (drawn(pools, seed) for seed in (1, 1, 2))
    assert one.gain == again.gain != other.gain
    assert (
        one.gain in pools.gain
        and one.bits.tolist() in pools.bits.tolist()
        and one.offset_lsb.tolist() in pools.offset_lsb.tolist()
    )


def test_converter_of_a_sample():
    adc = SampledAdc(bias=1.1 * BIAS, further_offset=2.0, own_gain=1.05)
    plain = SampledAdc(bias=1.1 * BIAS)
    assert adc.offset - plain.offset == pytest.approx(2.0) and plain.step / adc.step == pytest.approx(1.05)
    assert int(adc.codes(100 * STEP)) > int(plain.codes(100 * STEP))


def alike(pools: Pools) -> Pools:
    """Pools of the same size whose blocks do not differ."""
    return Pools(np.zeros_like(pools.offset_lsb), np.ones_like(pools.gain), np.zeros_like(pools.bits))


def test_chip_far_off_tells_less(pools, trial):
    """Bits that are off by their own size: the yield must see them, and blocks alike must tell most."""
    good = one_chip(on_blocks(trial, alike(pools)), 1).accuracy[0]
    wild = replace(pools, bits=np.tile([3.0, -1.0], (len(pools.bits), BITS // 2)))
    bad = np.mean([one_chip(on_blocks(trial, wild), seed).accuracy[0] for seed in (1, 2)])
    assert good > 0.6 > bad + 0.1
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
        return [Outcome(k + 1, (p / 100,)) for k, p in enumerate(percent)]

    good, mean, worst = chip_figures(outcomes(*[CLASSIFIES + 1] * CHIPS))
    assert (good.passes, mean.value, worst.value) == (
        True,
        CLASSIFIES + 1,
        CLASSIFIES + 1,
    ) and 100 > good.value >= 100 * CHIP_YIELD
    bad = chip_figures(outcomes(*[CLASSIFIES + 1] * (CHIPS - 1), CLASSIFIES - 1))[0]
    assert bad.value < 100 * CHIP_YIELD and not bad.passes, "98.3 % of 59 chips do not show 95 %"
    assert f"1 of {CHIPS} outside" in bad.at and f"seed {CHIPS}: {CLASSIFIES - 1:.2f} %" in bad.at


def _sampled(**columns):
    at = nominal(sheet_of("sense_adc"))
    return {
        ("bench", name, at): {k: Value(k, v, "", 0.1) for k, v in enumerate(column)}
        for name, column in columns.items()
    }


def test_pools_are_differences_from_what_all_have():
    def of(bench, **columns):
        return {(bench, *rest): one for (_, *rest), one in _sampled(**columns).items()}

    bits = {f"bit{k}": [2**k * 1e-9, 2**k * 1.02e-9] for k in range(BITS)}
    values = {
        "sense_adc schematic": (
            of("front", none=[1e-9, 3e-9], full=[255e-9, 261e-9], fine=[0.0, 4e-9]) | of("units", **bits)
        )
    }
    found = pools_of(values)
    assert found.offset_lsb == pytest.approx(
        np.array([[-1, -2], [1, 2]]) / 1.01
    ) and found.gain == pytest.approx([254 / 256, 258 / 256])
    assert found.bits == pytest.approx(np.repeat([[-0.01 / 1.01], [0.01 / 1.01]], BITS, axis=1))
    values["sense_adc schematic"] = of("front", none=[1e-9], full=[255e-9], fine=[0.0])
    with pytest.raises(
        UserError,
        match=(
            "chips need at least two samples of sense_adc front, and there are 1; run `neusoc mc sense_adc`"
        ),
    ):
        pools_of(values)


@pytest.mark.parametrize(
    ("bad", "reason", "told"),
    [(None, "SpiceError: -9", "SpiceError: -9"), (float("nan"), "", "not a number")],
)
def test_pools_of_samples_without_a_value_are_one_sentence(bad, reason, told):
    """Of 299 samples of a converter 296 failed: no chips of the three that are left, nor of all but one."""
    at = nominal(sheet_of("sense_adc"))
    for failed in (296, 1):
        column = {k: Value(k, bad if k > 299 - failed else 1e-3 * k, reason, 0.1) for k in range(1, 300)}
        with pytest.raises(UserError) as error:
            pools_of(
                {"sense_adc schematic": {("front", name, at): column for name in ("none", "full", "fine")}}
            )
        first = (
            f"sense_adc front: {failed} of 299 samples gave no value (seed {300 - failed}: {told}), and chips"
            " need all; "
        )
        assert str(error.value).startswith(
            f"{first}`neusoc mc sense_adc` tries them again"
        ) and "\n" not in str(error.value)
