"""Symmetry of the units of the converter's DAC."""

import pytest
from neusoc.analog.current_dac.layout import COLUMN, _row_y


def test_current_dac_units_have_one_centre():
    """Every net of the matrix: the mean of its units lies between columns 1 and 3 and between rows 0 and
    18."""
    last = len(COLUMN)
    middle = (_row_y(0) + _row_y(last - 1)) / 2
    for net in set(COLUMN):
        left = [_row_y(i) for i, n in enumerate(COLUMN) if n == net]
        right = [_row_y(last - 1 - i) for i, n in enumerate(COLUMN) if n == net]
        assert len(left) == len(right)
        assert sum(left + right) / (2 * len(left)) == pytest.approx(middle, abs=0.13), net
