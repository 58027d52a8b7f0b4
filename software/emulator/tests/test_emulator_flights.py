"""Tables of pulses that are kept are those that were made."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.sets import SETS
from neusoc.analog.synapse.access import COMMITTED
from neusoc.base import graph
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator import flights


@pytest.fixture
def empty(monkeypatch, tmp_path):
    monkeypatch.setattr(flights, "BUILD", tmp_path)
    flights.flight.cache_clear()
    yield tmp_path
    flights.flight.cache_clear()


def _same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("x_nm", "drive", "time_s", "edge", "grows"))


def test_flights_are_made_once(empty, monkeypatch):
    asked, make = [], flights._made
    monkeypatch.setattr(flights, "_made", lambda *facts: asked.append(facts) or make(*facts))
    first = flights.flight(Kind.RESET, 2.0, False, 27.0, 1.0)
    flights.flight.cache_clear()                                # as another process
    assert _same(flights.flight(Kind.RESET, 2.0, False, 27.0, 1.0), first) and len(asked) == 1 and not first.grows
    (table,) = empty.rglob("table.npz")
    table.write_bytes(table.read_bytes()[:-1000])
    flights.flight.cache_clear()
    assert _same(flights.flight(Kind.RESET, 2.0, False, 27.0, 1.0), first) and len(asked) == 2
    assert not _same(flights.flight(Kind.RESET, 2.1, False, 27.0, 1.0), first) and len(asked) == 3


@pytest.mark.parametrize("folder", [SETS, COMMITTED])
def test_flights_of_other_data_are_others(monkeypatch, folder):
    """Parameters of the cell and tables of the access transistor decide them."""
    flights._sources.cache_clear()
    before, own = flights._sources(), graph._digest
    monkeypatch.setattr(graph, "_digest", lambda path, *state: "other" if path.parent == folder else own(path, *state))
    flights._sources.cache_clear()
    assert flights._sources() != before
    flights._sources.cache_clear()
