"""The window through the whole path: at its worst corner, against the twin, and whether the bench sees what
narrows it."""

from dataclasses import replace

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.source_driver.share import Cells
from neusoc.analog.source_driver.window import (
    ERASED,
    Job,
    erasable,
    erase_time,
    filament_of,
    pulse,
    slow_cell,
    state_of,
)
from neusoc.base.errors import UserError
from neusoc.software.emulator.cells import read_table

SHEET = datasheet("source_driver")
DUT = netlist_text("source_driver")
COLD = Job(3.55, 1.62, 10e-6, corner="ss", temperature=-40)
TOP = 40e-6


def test_source_driver_states_are_those_of_the_emulator():
    x, siemens = read_table()
    for nm, seen in zip(x[::100], siemens[::100], strict=True):
        if nm >= 3.3:
            assert state_of(nm) == pytest.approx(seen, rel=2e-3)
    assert filament_of(state_of(4.5)) == pytest.approx(4.5, abs=1e-4)


def test_source_driver_window_at_its_worst_corner():
    """One pulse erases 40 uS at 3.55 V, and does not at 3.5 V: the least vpp of the chip."""
    assert pulse(DUT, SHEET.setup, COLD, filament_of(TOP)).x_nm[-1] < filament_of(ERASED)
    assert pulse(DUT, SHEET.setup, replace(COLD, vpp=3.5), filament_of(TOP)).x_nm[-1] > filament_of(ERASED)


def test_source_driver_window_sees_the_drivers():
    """Source lines behind 1 um instead of 120: what the switch drops narrows the window."""
    narrow = DUT.replace("w=120 l=0.5 nf=24", "w=1 l=0.5 nf=1")
    assert narrow != DUT
    weak = pulse(narrow, SHEET.setup, COLD, filament_of(TOP))
    assert weak.sl_off[0] > 0.3 and weak.x_nm[-1] > filament_of(ERASED)


def test_source_driver_slow_cell_needs_longer():
    slow = replace(COLD, slow=slow_cell(), width=1e-3)
    assert 10e-6 < erase_time(DUT, SHEET.setup, slow, TOP) < 400e-6
    assert erase_time(DUT, SHEET.setup, replace(slow, width=20e-6), TOP) == 20e-6  # not long enough: says so


def test_source_driver_a_train_is_as_good_as_a_long_pulse():
    """Two pulses of 5 us leave what one of 10 us leaves: gaps between pulses do not count."""
    state = 1.1 * erasable(DUT, SHEET.setup, COLD)
    one = pulse(DUT, SHEET.setup, COLD, filament_of(state)).x_nm[-1]
    two = pulse(DUT, SHEET.setup, replace(COLD, width=5e-6, gates=(None, None)), filament_of(state)).x_nm[-1]
    assert state_of(two) == pytest.approx(state_of(one), rel=0.02)


def test_source_driver_twin_has_the_transistors_window():
    job = Job(3.55, 1.8, 10e-6)
    seen = pulse(DUT, SHEET.setup, job, filament_of(TOP))
    twin = Cells.under(
        job, SHEET.setup["bl_ohm"] + seen.bl_off[0] / seen.cell_a[0], seen.sl_off[0] / seen.cell_a[0]
    )
    assert twin.window() == pytest.approx(erasable(DUT, SHEET.setup, job), rel=0.03)
    shares = twin.erased(filament_of(TOP), 4000, 10)
    assert (shares[1:] >= shares[:-1]).all() and shares[0] < 0.93 < 0.99 < shares[-1]


def test_source_driver_twin_wants_a_corner_that_exists():
    with pytest.raises(UserError):
        Cells.under(Job(3.55, 1.8, 10e-6, corner="xx"), 100.0, 100.0)
