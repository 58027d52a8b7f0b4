"""Collected files say nothing of the time of day, and stay what their readers take."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.digital.harden import collect

SPEF = '*SPEF "ieee 1481-1999"\n*DESIGN "controller"\n*DATE "11:11:11 Fri 11 11, 2011"\n*VENDOR "OpenROAD"\n'


@pytest.fixture
def final(tmp_path: Path) -> Path:
    """LibreLane's folder of final views, each with a line of its own."""
    folder = tmp_path / "final"
    for name, view in collect._views("controller").items():
        path = folder / view
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            '{"a": 1}' if name.endswith("json") else SPEF if name.endswith("spef") else f"{name}\n"
        )
    layout = db.Layout()
    layout.create_cell("controller")
    layout.write(str(folder / "gds" / "controller.gds"))
    return folder


def test_harden_collect_keeps_the_spef_readable(final: Path, tmp_path: Path) -> None:
    assert collect.collect(final, tmp_path / "macro", "controller") == {"a": 1}
    text = (tmp_path / "macro" / "spef" / "controller.nom.spef").read_text()
    # OpenSTA's grammar wants the line (STA-0164 without it)
    assert "2011" not in text and '*DATE "-"\n' in text and text.count("\n") == SPEF.count("\n")


def test_harden_collect_names_a_missing_view(final: Path, tmp_path: Path) -> None:
    (final / "sdc" / "controller.sdc").unlink()
    with pytest.raises(UserError, match="left no sdc/controller.sdc"):
        collect.collect(final, tmp_path / "macro", "controller")
