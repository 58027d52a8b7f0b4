"""The learning waveform on the twins beside what transistors make of it."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from neusoc.analog.reram.equations import Parameters, filament
from neusoc.analog.reram.sets import DEFAULT
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.parameters import measured
from neusoc.software.learning.waveform import BIT_LINE_OHM, Waveform
from neusoc.software.mapping.chips import SampledCells
from neusoc.verification.mixed.learning.scenarios import LEARNING

CHIP = load_chip("tapeout")
SETUP = yaml.safe_load((ROOT / "analog" / "fire_driver" / "fire_driver.yaml").read_text())["setup"]


@pytest.fixture
def chip():
    """Cells without any spread, all at what the fire driver's bench begins with."""
    statistics = load_statistics()
    found = SampledCells.pristine(
        CHIP, 1, statistics=statistics.without(*type(statistics).model_fields)
    ).form()
    found.path.cells.x_nm[:] = found.path.cells._filament(np.array(22.0))
    return found


def _moved(chip, neuron):
    us = 1e6 * chip.path.cells.conductance().reshape(64, 64)
    return us[:, 2 * neuron] - 22.0, us[:, 2 * neuron + 1] - 22.0


def test_waveform_moves_cells_as_the_transistors_do(chip):
    """One cell, and twenty at the far end of the bit line, by the bench that the fire driver's datasheet
    has."""
    assert SETUP["bl_ohm"] == BIT_LINE_OHM and SETUP["start_nm"] == pytest.approx(
        chip.path.cells.x_nm[0], rel=2e-3
    )
    fire = Waveform(
        chip, SETUP["rail_vwl"], phi_1=round(SETUP["phi"] / CLOCK_S), phi_2=0, source_ohm=SETUP["rail_sl_ohm"]
    )
    fire.run(0, np.array([63]))
    fire.run(1, np.arange(44, 64))
    alone, together = (_moved(chip, neuron)[0][-1] for neuron in (0, 1))
    for name, found in (("rail_alone", alone), ("rail_together", together)):
        assert found == pytest.approx(
            measured("analog.fire_driver", f"{name} nominal", "extracted"), rel=0.2
        ), name


def test_waveform_writes_the_window_and_the_others(chip):
    """phi_1 is the positive column's and phi_2 the negative one's, each with its width; a negative factor
    exchanges the rows alone."""
    fire = Waveform(chip, 1.9, phi_1=10, phi_2=2)
    most = np.arange(61)
    fire.run(5, np.array([61, 62, 63]))
    fire.run(6, most)
    fire.run(7, most, factor=-1)
    fire.run(8, np.array([61, 62, 63]), factor=2)
    fire.run(9, most, factor=0)
    few, many = np.arange(64) >= 61, np.arange(64) < 61
    plus, together = _moved(chip, 5)
    assert plus[few].min() > 7 and np.abs(plus[many]).max() < 1e-9 and np.abs(together[few]).max() < 1e-9
    _, minus = _moved(chip, 6)
    assert np.abs(minus[many]).max() < 1e-9 and 3 < minus[few].min() < 7, "two cycles move less than ten"
    assert together[many].max() < minus[few].min() / 2, (
        "61 cells at once lift the source lines, and each moves less"
    )
    assert np.allclose(_moved(chip, 7), _moved(chip, 5)), (
        "of all other rows, negative: as of these rows, positive"
    )
    assert _moved(chip, 8)[0][few].min() > _moved(chip, 5)[0][few].max()
    assert np.abs(_moved(chip, 9)).max() < 1e-9 and fire.count == 5
    assert max(np.abs(_moved(chip, neuron)).max() for neuron in (0, 4, 10, 31)) < 1e-9


def test_waveform_steps_as_the_mixed_simulation_measures():
    """Controller, fire driver and cells in transistors, on mini: what a spike with each factor does to a
    pair."""
    mini, statistics, cells = load_chip("mini"), load_statistics(), LEARNING["three_factor"]
    chip = SampledCells.pristine(
        mini, 1, statistics=statistics.without(*type(statistics).model_fields)
    ).form()
    p, grid = Parameters.of(DEFAULT), np.linspace(0.5, 120, 4000)
    x_of_us = filament(1e-6 * grid, p)

    def weights(neuron, rows):
        index = rows * mini.columns + 2 * neuron
        us = [np.interp(chip.path.cells.x_nm[index + side], x_of_us, grid) for side in (0, 1)]
        return us[0] - us[1]

    for (row, column), siemens in cells.conductances.items():
        chip.path.cells.x_nm[row * mini.columns + column] = filament(np.array([siemens]), p)[0]
    fire = Waveform(chip, phi_1=cells.learning["phi_1"], phi_2=cells.learning["phi_2"])
    for neuron, factor in enumerate((1, -1, 2, 0)):
        rows = np.array([2 * neuron, 2 * neuron + 1])
        before = weights(neuron, rows)
        fire.run(neuron, rows, factor)
        step = weights(neuron, rows) - before
        wanted = measured("mixed_learning.mini", f"three_factor.factor_{factor}.step", "simulation")
        assert step == pytest.approx(wanted, rel=0.1, abs=0.1), (factor, step, wanted)


def test_waveform_refuses_a_level_that_there_is_not(chip):
    with pytest.raises(UserError, match="rail 5 V: choose 1.0 to 2.4 V"):
        Waveform(chip, 5.0)
    with pytest.raises(UserError, match="factor 4: choose -3 to 3"):
        Waveform(chip, 1.9).run(0, np.array([1]), 4)
