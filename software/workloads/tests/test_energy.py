"""Time and energy of an image, by hand."""

from dataclasses import replace

import pytest
from neusoc.analog.front_end.model import LEAD, ROW, SUMS, TAIL
from neusoc.software.workloads.energy import SHOWN, Energies, image_energy, image_time


def test_image_energy_is_that_of_the_bench():
    """Four planes with the bench's own times: its figures, and a row's energy a row."""
    bench = replace(SHOWN, windows=(2, 2, 2, 2), opened=2, close=0, lead=3, tail=1)
    on, awake = 80e-9 / ROW, 160e-9 / (LEAD + ROW + TAIL)  # cycles of 20 ns come near to the bench's times
    assert 0.85 < on < 1 and 0.9 < awake < 1
    expected = 120 * (3e-12 * awake + 6e-12 * on) + 100 * 0.5e-12
    assert image_energy(30, SUMS[2], 100, bench, Energies(3e-12, 9e-12, 0.5e-12)) == pytest.approx(expected)
    assert (
        image_energy(30, SUMS[2], 100, bench)
        == image_energy(30, SUMS[2], 100, bench, Energies.measured())
        > 0
    )


def test_image_time_is_the_sequencers():
    """By hand: discharge, planes of 7 cycles and a window, 61 codes, discharge."""
    assert image_time() == pytest.approx((10 + 4 * 4 + 3 + 15 + 61 + 8 + 10) * 20e-9)
