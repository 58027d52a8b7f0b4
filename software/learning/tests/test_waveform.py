"""The learning waveform on the twins beside what transistors make of it."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.results import figure_value
from neusoc.software.emulator.measured import known
from neusoc.software.learning.waveform import BIT_LINE_OHM, Waveform
from neusoc.software.mapping.chips import SampledChip

CHIP = load_chip("tapeout")
SETUP = yaml.safe_load((ROOT / "analog" / "fire_driver" / "fire_driver.yaml").read_text())["setup"]


@pytest.fixture
def chip():
    """Cells without any spread, all at what the fire driver's bench begins with."""
    statistics = load_statistics()
    found = SampledChip.formed(CHIP, 1, statistics=statistics.without(*type(statistics).model_fields))
    found.path.cells.x_nm[:] = found.path.cells._filament(np.array(22.0))
    return found


def _moved(chip, neuron):
    us = 1e6 * chip.path.cells.conductance().reshape(64, 64)
    return us[:, 2 * neuron] - 22.0, us[:, 2 * neuron + 1] - 22.0


def test_waveform_moves_cells_as_the_transistors_do(chip):
    """One cell, and twenty at the far end of the bit line, by the bench that the fire driver's datasheet has."""
    assert SETUP["bl_ohm"] == BIT_LINE_OHM and (SETUP["start_nm"], SETUP["vsl"]) == pytest.approx((chip.path.cells.x_nm[0], 0.85), rel=2e-3)
    fire = Waveform(chip, SETUP["vfire"], phi_1=round(SETUP["phi"] / 20e-9), phi_2=0)
    fire.run(0, np.array([63]))
    fire.run(1, np.arange(44, 64))
    alone, together = (_moved(chip, neuron)[0][-1] for neuron in (0, 1))
    for name, found in (("learn_alone", alone), ("learn_together", together)):
        assert found == pytest.approx(figure_value(known(), "analog.fire_driver", f"{name} nominal", "extracted"), rel=0.2), name


def test_waveform_writes_the_window_and_the_others(chip):
    """phi_1 and phi_2 take both columns, exchanged by the factor's sign; other neurons' cells stay."""
    fire = Waveform(chip, 2.8)
    fire.run(5, np.array([2, 3]))
    fire.run(6, np.array([2, 3]), factor=-1)
    fire.run(7, np.array([2, 3]), factor=2)
    fire.run(8, np.array([2, 3]), factor=0)
    plus, minus = _moved(chip, 5)
    inside = np.isin(np.arange(64), [2, 3])
    assert plus[inside].min() > 10 and np.abs(plus[~inside]).max() < 1e-9
    assert np.abs(minus[inside]).max() < 1e-9 and 0 <= minus[~inside].max() < 1, "62 cells at once are hardly lifted"
    other = _moved(chip, 6)
    assert np.allclose(other[1], plus) and np.allclose(other[0], minus)
    assert _moved(chip, 7)[0][inside].min() > plus[inside].max()
    assert np.abs(_moved(chip, 8)).max() < 1e-9 and fire.count == 4
    assert max(np.abs(_moved(chip, neuron)).max() for neuron in range(32) if neuron not in (5, 6, 7)) < 1e-9


def test_waveform_refuses_a_level_that_there_is_not(chip):
    with pytest.raises(UserError, match="vfire 5 V"):
        Waveform(chip, 5.0)
