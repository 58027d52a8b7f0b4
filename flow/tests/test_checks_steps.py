"""Reports of a check are named by what was checked: the chip's own layout, or a file of the user's."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.flow import checks
from neusoc.layout.top.build import TOP, chip_gds
from neusoc.verification.signoff import drc, lvs

MINI = load_chip("mini")


@pytest.mark.parametrize(("own", "suffix"), [(True, f"mini.{TOP}"), (False, TOP)])
def test_checks_name_the_report_by_the_layout(own, suffix, monkeypatch, tmp_path):
    named = []
    monkeypatch.setattr(drc, "check_drc", lambda _file, _cell, step: named.append(step))
    monkeypatch.setattr(lvs, "check_lvs", lambda _file, _cell, _netlists, step, **_options: named.append(step))
    gds = chip_gds(MINI) if own else tmp_path / f"{TOP}.gds"
    checks.drc(MINI, gds, TOP)
    checks.lvs(MINI, gds, TOP, [tmp_path / "netlist.spice"])
    assert named == [f"drc.{suffix}", f"lvs.{suffix}"]


def test_checks_of_a_block_are_those_of_a_file(monkeypatch):
    named = []
    monkeypatch.setattr(drc, "check_drc", lambda _file, _cell, step: named.append(step))
    checks.drc(MINI, chip_gds(MINI).with_name("neuron.gds"), "neuron")
    assert named == ["drc.neuron"]
