"""A table of rows: whole or not at all, damage told, a disk that refuses told."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.base.row_table import DamagedError, RowTable

COLUMNS = ("name", "value", "several")
ROWS = [{"name": "a", "value": 1.5, "several": [1.0, 2.0]}, {"name": "b", "value": None, "several": []}]


@pytest.fixture
def table(tmp_path):
    return RowTable(tmp_path / "some.jsonl.gz", COLUMNS, "its rows")


def test_rows_come_back_in_order(table):
    assert table.read() == [] and not table.path.exists()
    table.add(ROWS[:1])
    table.add([ROWS[1] | {"value": np.float32(0.5), "several": [np.int64(3)]}])
    assert table.read()[1] == {"name": "b", "value": 0.5, "several": [3]}
    table.path.unlink()
    table.add(ROWS[:1])
    table.add(ROWS[1:])
    assert table.read() == ROWS == table.without_damage()


def test_damage_is_told_or_made_anew(table, capsys):
    table.add(ROWS)
    table.path.write_bytes(table.path.read_bytes()[:-20])
    with pytest.raises(
        DamagedError,
        match="some.jsonl.gz: is cut short or damaged; move it away or delete it: its rows are then computed",
    ):
        table.read()
    assert table.without_damage() == [] and not table.path.exists()
    assert (
        "some.jsonl.gz: cut short, damaged or of other columns; its rows are made anew"
        in capsys.readouterr().err
    )
    table.add(ROWS)
    with pytest.raises(DamagedError, match="has not the columns name, value"):
        RowTable(table.path, ("name", "value"), "its rows").read()


def test_disk_that_refuses_is_one_sentence(table):
    table.add(ROWS)
    before, (soft, hard) = table.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(UserError) as error:
            table.add(ROWS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "some.jsonl.gz: cannot be written (File too large); raise the limit of a file's size" in str(
        error.value
    )
    assert table.path.read_bytes() == before and [p.name for p in table.path.parent.glob(".*")] == []
