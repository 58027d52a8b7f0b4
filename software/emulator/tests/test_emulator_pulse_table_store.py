"""Tables of pulses that are kept are those that were made."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.sets import SETS
from neusoc.analog.synapse.access import COMMITTED
from neusoc.base import graph
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator import pulse_table_store


@pytest.fixture
def empty(monkeypatch, tmp_path):
    monkeypatch.setattr(pulse_table_store, "BUILD", tmp_path)
    pulse_table_store.stored_table.cache_clear()
    yield tmp_path
    pulse_table_store.stored_table.cache_clear()


def _same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("x_nm", "drive", "time_s", "edge", "grows")
    )


def test_pulse_tables_are_made_once(empty, monkeypatch):
    asked, make = [], pulse_table_store._made
    monkeypatch.setattr(pulse_table_store, "_made", lambda *facts: asked.append(facts) or make(*facts))
    first = pulse_table_store.stored_table(Kind.RESET, 2.0, False, 27.0, 1.0)
    pulse_table_store.stored_table.cache_clear()  # as another process
    assert (
        _same(pulse_table_store.stored_table(Kind.RESET, 2.0, False, 27.0, 1.0), first)
        and len(asked) == 1
        and not first.grows
    )
    (table,) = empty.rglob("table.npz")
    table.write_bytes(table.read_bytes()[:-1000])
    pulse_table_store.stored_table.cache_clear()
    assert _same(pulse_table_store.stored_table(Kind.RESET, 2.0, False, 27.0, 1.0), first) and len(asked) == 2
    assert (
        not _same(pulse_table_store.stored_table(Kind.RESET, 2.1, False, 27.0, 1.0), first)
        and len(asked) == 3
    )


@pytest.mark.parametrize("folder", [SETS, COMMITTED])
def test_pulse_tables_of_other_data_are_others(monkeypatch, folder):
    """Parameters of the cell and tables of the access transistor decide them."""
    pulse_table_store._sources.cache_clear()
    before, own = pulse_table_store._sources(), graph._digest
    monkeypatch.setattr(
        graph, "_digest", lambda path, *state: "other" if path.parent == folder else own(path, *state)
    )
    pulse_table_store._sources.cache_clear()
    assert pulse_table_store._sources() != before
    pulse_table_store._sources.cache_clear()
