"""The neuron on its extracted column: a short column in the fast tier, 64 rows under a train in the full tier."""

import re

import pytest
from neusoc.analog.neuron import column
from neusoc.analog.neuron.column import USED, extracted_column, line_capacitance, post_layout
from neusoc.base.errors import UserError

# published in README.md as missed: layout adds to the comparator's delay
MISSED = {"post_layout: greatest shift of a spike against the schematic"}


def test_column_netlist():
    """Two columns of cells between their line and their transistors, the other columns' cells gone, the set cell where it was asked."""
    text = extracted_column({3: 100e3}, rows=8)
    lines = [line.split() for line in text.splitlines()]
    transistors = [words for words in lines if words[0].startswith("x")]
    cells = {words[0]: words for words in lines if words[0].startswith("rcell")}
    assert len(transistors) == len(cells) == 16
    assert cells["rcell3_2"][1:] == ["bl_p", "be3_2", "100000"] and cells["rcell3_3"][1] == "bl_n" and float(cells["rcell3_3"][3]) > 1e6
    gates = [words for words in transistors if "be3_2" in words]
    assert len(gates) == 1 and gates[0][2] == "wl3" and "sl" in gates[0]
    assert not re.search(r"be\d_[014567]", text)
    assert 0.5e-15 < line_capacitance(text) < 10e-15


def test_column_bad_input():
    with pytest.raises(UserError, match="column of 8 rows: no row 8; choose 0 to 7"):
        extracted_column({8: 1e5}, rows=8)


@pytest.mark.full
def test_column_post_layout():
    assert max(USED) < column.ROWS
    assert {f.name for f in post_layout().figures if not f.passes} == MISSED
