"""Resistances and current densities of the wires, as the technology LEF has them, and what is said if it has
them not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk import technology
from neusoc.pdk.rules import CUT, VIAS
from neusoc.pdk.source import find_pdk

CACHED = (
    technology._layers,
    technology.sheet_resistance,
    technology.wires,
    technology.cuts,
    technology.limit_temperature,
)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A copy of the technology LEF, in use in place of the process's."""
    copy = tmp_path / "copy.tlef"
    copy.write_text(find_pdk().path("techlef_nom").read_text())
    monkeypatch.setattr(technology, "find_pdk", lambda: SimpleNamespace(path=lambda _: copy))
    for function in CACHED:
        function.cache_clear()
    yield copy
    for function in CACHED:
        function.cache_clear()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_wires_and_cuts_are_those_of_the_drawing() -> None:
    wires, cuts = technology.wires(), technology.cuts()
    assert list(wires) == ["li1", "met1", "met2", "met3", "met4", "met5"] and wires["li1"].average is None
    assert {name: cut.side for name, cut in cuts.items()} == {"mcon": CUT} | {
        name: via[0] for name, via in VIAS.items()
    }
    assert {
        name: wire.sheet for name, wire in wires.items() if name != "li1"
    } == technology.sheet_resistance()
    for wire in wires.values():
        assert wire.average is None or wire.rms and 1 < wire.rms / wire.average < 3
    assert 25 < technology.limit_temperature() <= 125


def test_lef_without_a_density_is_told(planted: Path) -> None:
    replace(planted, "DCCURRENTDENSITY AVERAGE 0.29", "# none")
    with pytest.raises(UserError, match="copy.tlef: layer via has no DCCURRENTDENSITY AVERAGE"):
        technology.cuts()


def test_lef_of_two_temperatures_is_told(planted: Path) -> None:
    replace(planted, "Iavg_max at Tj = 90oC", "Iavg_max at Tj = 110oC")
    with pytest.raises(UserError, match="hold at 90 C and 110 C"):
        technology.limit_temperature()
