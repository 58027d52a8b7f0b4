"""Cells that abut in the core, outline against outline: their rules."""

from __future__ import annotations

import gdsfactory as gf
import pytest
from neusoc.analog.front_end import rows
from neusoc.analog.front_end.layout import front_end
from neusoc.analog.neuron.layout import neuron
from neusoc.analog.neuron.places import BOTTOM
from neusoc.analog.row_driver.layout import HEIGHT, row_driver
from neusoc.verification.signoff.drc import run_drc


def _stack() -> gf.Component:
    """Four row drivers, mirrored in turn."""
    stack = gf.Component("abutted")
    for i in range(4):
        driver = stack << row_driver()
        if i % 2:
            driver.mirror_y()
        driver.move((0, HEIGHT * (i + i % 2)))
    return stack


def _grid(cell: gf.Component, width: float, height: float) -> gf.Component:
    """Two by two cells."""
    grid = gf.Component("abutted")
    for column in range(2):
        for row in range(2):
            (grid << cell).move((column * width, row * height))
    return grid


CASES = {
    "row_driver": _stack,
    "front_end": lambda: _grid(front_end(), rows.WIDTH, 2 * rows.HALF),
    "neuron": lambda: _grid(neuron(), rows.WIDTH, rows.HALF - BOTTOM),
}


@pytest.mark.full
@pytest.mark.parametrize("block", CASES)
def test_blocks_abut_without_a_violation(block, tmp_path):
    gds = tmp_path / "abutted.gds"
    CASES[block]().write_gds(gds, with_metadata=False)
    result = run_drc(gds, "abutted", tmp_path / "drc")
    assert result.clean, result
