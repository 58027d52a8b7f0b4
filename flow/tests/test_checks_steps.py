"""Reports of a check are named by what was checked: the chip's own layout, or a file of the user's."""

from __future__ import annotations

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.flow import checks
from neusoc.layout.top.build import TOP, blocks_dir, chip_gds
from neusoc.pdk.gds import write_gds
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


def _gds(folder, cell):
    layout = db.Layout()
    layout.create_cell(cell).shapes(layout.layer(68, 20)).insert(db.Box(0, 0, 1000, 1000))
    write_gds(layout, folder / f"{cell}.gds")
    return folder / f"{cell}.gds"


@pytest.fixture
def nothing_hardened(monkeypatch):
    """The controller and the chip are not built: a test that would, fails."""

    def refuse(*_args, **_options):
        raise AssertionError("the chip is built")

    monkeypatch.setattr(checks, "build_controller", refuse)
    monkeypatch.setattr(checks, "build_chip", refuse)


def test_checks_refuse_a_bad_file_before_they_build(nothing_hardened, tmp_path):
    broken = tmp_path / "broken.gds"
    broken.write_text("no layout")
    for file, cell, sentence in (
        (tmp_path / "absent.gds", "neuron", "no such file"),
        (broken, TOP, "truncated or not a GDS file"),
        (_gds(tmp_path, "other"), TOP, f"TOP={TOP} is not in it; .*TOP=other"),
        (tmp_path / "other.gds", "other", "TOP=other: not a cell of this chip.*add NETLIST=file"),
    ):
        with pytest.raises(UserError, match=sentence):
            checks.lvs(MINI, file, cell)


def test_checks_of_a_block_build_the_blocks_alone(nothing_hardened, monkeypatch, tmp_path):
    found = []
    monkeypatch.setattr(lvs, "check_lvs", lambda _file, _cell, netlists, _step, **_options: found.extend(netlists))
    monkeypatch.setattr(checks, "build_blocks", lambda chip: found.append(chip.name))
    checks.lvs(MINI, _gds(tmp_path, "neuron"), "neuron")
    assert found == ["mini", blocks_dir(MINI) / "neuron.spice"]
