"""docs/01-start/README.md: what it says of a chip of one's own is what the generators draw."""

import re

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.base.pins import CELL

PAGE = ROOT / "docs" / "01-start" / "README.md"


def told(text):
    """(report, figure) -> value and unit, of the table of what the commands print."""
    return {
        (step, name): value
        for step, name, value in re.findall(r"(?m)^\| `(\w+\.mine[.\w]*)` \| ([^|]+) \| ([^|]+) \|$", text)
    }


@pytest.mark.full
def test_start_page_says_what_is_drawn():
    from neusoc.layout.core.core import analog_core

    chip, page = (
        load_chip("mini").model_copy(update={"name": "mine", "rows": 32, "columns": 32, "neurons": 16}),
        told(PAGE.read_text()),
    )
    assert "mine: {rows: 32, columns: 32, neurons: 16}" in PAGE.read_text()
    core = analog_core(chip).dbbox()
    said = [page[f"blocks.mine.{CELL}", side] for side in ("width", "height")]
    assert said == [f"{core.width():.2f} um", f"{core.height():.2f} um"]


def test_start_page_table_is_read():
    found = told(PAGE.read_text())
    assert set(found) == {
        ("array.mine", "cells"),
        ("array.mine", "area of the array over its cells"),
        (f"blocks.mine.{CELL}", "width"),
        (f"blocks.mine.{CELL}", "height"),
    }
    assert told("| `blocks.mine.x` | width | 1 um |\n| `drc.mini` | a | 2 |") == {
        ("blocks.mine.x", "width"): "1 um"
    }
