"""Reports of a check are named by what was checked: the chip's own layout, or a file of the user's."""

from __future__ import annotations

import threading

import klayout.db as db
import pytest
from neusoc.base import graph, paths
from neusoc.base import report as report_module
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, read_report
from neusoc.digital.harden import collect
from neusoc.flow import checks
from neusoc.layout.top.build import TOP, blocks_dir, chip_gds
from neusoc.pdk.gds import write_gds
from neusoc.pdk.spice import ngspice
from neusoc.pdk.spice.ngspice import run_many
from neusoc.verification.signoff import drc, lvs, verdicts

MINI = load_chip("mini")


@pytest.mark.parametrize(("own", "suffix"), [(True, f"mini.{TOP}"), (False, f"file.{TOP}")])
def test_checks_name_the_report_by_the_layout(own, suffix, monkeypatch, tmp_path):
    named = []
    monkeypatch.setattr(drc, "check_drc", lambda _file, _cell, step: named.append(step))
    monkeypatch.setattr(
        lvs, "check_lvs", lambda _file, _cell, _netlists, step, **_options: named.append(step)
    )
    gds = chip_gds(MINI) if own else tmp_path / f"{TOP}.gds"
    checks.drc(MINI, gds, TOP)
    checks.lvs(MINI, gds, TOP, [tmp_path / "netlist.spice"])
    assert named == [f"drc.{suffix}", f"lvs.{suffix}"]


def test_checks_of_a_block_are_those_of_a_file(monkeypatch):
    named = []
    monkeypatch.setattr(drc, "check_drc", lambda _file, _cell, step: named.append(step))
    checks.drc(MINI, chip_gds(MINI).with_name("front_end.gds"), "front_end")
    assert named == ["drc.file.front_end"]


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
    monkeypatch.setattr(
        lvs, "check_lvs", lambda _file, _cell, netlists, _step, **_options: found.extend(netlists)
    )
    monkeypatch.setattr(checks, "build_blocks", lambda chip: found.append(chip.name))
    checks.lvs(MINI, _gds(tmp_path, "front_end"), "front_end")
    assert found == ["mini", blocks_dir(MINI) / "front_end.spice"]


@pytest.fixture
def two_cells(monkeypatch, tmp_path):
    """A chip of two cells whose checks are counted; dirty: cells that do not pass."""
    runs, dirty = [], set()
    targets = [(cell, _gds(tmp_path, cell), tmp_path / f"{cell}.spice") for cell in ("one", "two")]
    for cell, _, netlist in targets:
        netlist.write_text(f".subckt {cell}\n.ends\n")

    def check(kind):
        def run(_file, cell, *rest, **_options):
            step = rest[-1]
            runs.append(step)
            report = Report(
                step=step,
                figures=[Figure(name=kind, value=float(cell in dirty), max=0, source="gds")],
                files={"gds": "first"},
            )
            report.write()
            return report

        return run

    for module in (report_module, verdicts):
        monkeypatch.setattr(module, "REPORTS" if module is report_module else "BUILD", tmp_path)
    monkeypatch.setattr(drc, "check_drc", check("drc"))
    monkeypatch.setattr(lvs, "check_lvs", check("lvs"))
    monkeypatch.setattr(checks, "_targets", lambda _chip, _blocks: targets)
    return runs, dirty, targets


def test_checks_of_cells_that_are_the_same_are_kept(two_cells, capsys):
    runs, _, targets = two_cells
    first = checks.drc(MINI) + checks.lvs(MINI)
    assert sorted(runs) == ["drc.mini.one", "drc.mini.two", "lvs.mini.one", "lvs.mini.two"] and {
        r.verdict for r in first
    } == {"pass"}
    runs.clear()
    again = checks.drc(load_chip("tapeout")) + checks.lvs(load_chip("tapeout"))
    assert runs == [] and [r.step for r in again] == [
        f"{kind}.tapeout.{cell}" for kind in ("drc", "lvs") for cell in ("one", "two")
    ]
    assert (
        again[0].files["gds"] == str(targets[0][1])
        and "drc one: as when it was last checked" in capsys.readouterr().out
    )
    assert read_report(report_module.REPORTS / "lvs.tapeout.two.json").verdict == "pass"
    checks.drc(MINI, anew=True)
    assert sorted(runs) == ["drc.mini.one", "drc.mini.two"]


def test_checks_made_anew_take_the_place_of_what_was_kept(two_cells):
    runs, dirty, targets = two_cells
    checks.drc(MINI, anew=True)
    runs.clear()
    checks.drc(MINI)
    assert runs == []  # a pass that was made anew is kept
    dirty.add("one")
    assert [r.verdict for r in checks.drc(MINI, anew=True)] == ["fail", "pass"]
    dirty.clear()
    runs.clear()
    assert {r.verdict for r in checks.drc(MINI)} == {"pass"} and runs == [
        "drc.mini.one"
    ]  # and the older pass of what failed is gone


def test_checks_of_the_macro_are_those_of_its_hardening(two_cells, monkeypatch, tmp_path, capsys):
    """What hardening found of the macro is not looked for again; a miss is, and so is a macro that is another
    by now."""
    runs, _, targets = two_cells
    macro = tmp_path / "macro"
    macro.mkdir()
    gds, cdl = macro / "controller.gds", macro / "controller.cdl"
    gds.write_bytes(targets[0][1].read_bytes())
    cdl.write_text(".subckt controller\n.ends\n")
    monkeypatch.setattr(collect, "macro_dir", lambda _chip: macro)
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    monkeypatch.setattr(checks, "_targets", lambda _chip, _blocks: [("controller", gds, cdl)])
    for kind, value in (("drc", 0.0), ("lvs", 1.0)):
        Report(
            step=f"harden.mini.{kind}", figures=[Figure(name=kind, value=value, max=0, source="gds")]
        ).write(tmp_path)
    checks.keep_macro(MINI)
    found = checks.drc(MINI) + checks.lvs(MINI)
    assert runs == ["lvs.mini.controller"] and [r.step for r in found] == [
        "drc.mini.controller",
        "lvs.mini.controller",
    ]
    assert "drc controller: as when it was last checked" in capsys.readouterr().out
    runs.clear()
    gds.write_bytes(targets[1][1].read_bytes())
    graph._digest.cache_clear()
    checks.drc(MINI)
    assert runs == ["drc.mini.controller"]


def test_checks_of_a_changed_cell_run_alone(two_cells, monkeypatch):
    runs, _, targets = two_cells
    checks.drc(MINI), checks.lvs(MINI)
    runs.clear()
    targets[1][2].write_text(".subckt two a\n.ends\n")
    checks.drc(MINI), checks.lvs(MINI)
    assert runs == ["lvs.mini.two"]
    runs.clear()
    layout = db.Layout()
    layout.create_cell("one").shapes(layout.layer(68, 20)).insert(db.Box(0, 0, 1000, 2000))
    write_gds(layout, targets[0][1])
    graph._digest.cache_clear()
    checks.drc(MINI), checks.lvs(MINI)
    assert runs == ["drc.mini.one", "lvs.mini.one"]
    runs.clear()
    monkeypatch.setattr(verdicts, "versions", lambda *_names: {"klayout": "another"})
    checks.drc(MINI)
    assert sorted(runs) == ["drc.mini.one", "drc.mini.two"]


def test_checks_that_fail_are_not_kept(two_cells):
    runs, dirty, _ = two_cells
    dirty.add("two")
    assert [r.verdict for r in checks.drc(MINI)] == ["pass", "fail"]
    runs.clear()
    dirty.clear()
    assert [r.verdict for r in checks.drc(MINI)] == ["pass", "pass"] and runs == ["drc.mini.two"]


def test_checks_of_cells_run_side_by_side_the_largest_first(two_cells, monkeypatch):
    """Each with all its decks at once, as far as the cores that both share allow."""
    _, _, targets = two_cells
    layout = db.Layout()
    for place in range(9):
        layout.create_cell("two" if not place else f"part{place}").shapes(layout.layer(68, 20)).insert(
            db.Box(0, 0, 1000, 1000)
        )
    write_gds(layout, targets[1][1])
    assert targets[1][1].stat().st_size > targets[0][1].stat().st_size
    begun, both, queues = [], threading.Barrier(2), []

    def queued(function, given, workers):
        queues.append([cell for cell, _, _ in given])
        return run_many(function, given, workers=workers)

    def meet(_file, cell, step, threads, cores):
        begun.append((cell, threads, cores))
        both.wait(60)  # a broken barrier: the other does not run at the same time
        return Report(step=step, figures=[Figure(name="drc", value=0, max=0, source="gds")])

    monkeypatch.setattr(drc, "check_drc", meet)
    monkeypatch.setattr(ngspice, "run_many", queued)
    assert [r.step for r in checks.drc(MINI, anew=True)] == ["drc.mini.one", "drc.mini.two"]
    cores = begun[0][2]
    assert queues == [["two", "one"]]  # two that begin at once have no order of their own
    assert sorted(begun, key=lambda one: one[0]) == [("one", 3, cores), ("two", 3, cores)]
    assert sum(cores.acquire(blocking=False) for _ in range(9)) == checks.CORES == 2


def test_checks_that_cannot_run_begin_no_others(two_cells, monkeypatch):
    _, _, targets = two_cells
    monkeypatch.setattr(checks, "_targets", lambda _chip, _blocks: targets * 10)
    begun = []

    def refuse(_file, cell, *_rest, **_options):
        begun.append(cell)
        threading.Event().wait(0.1)
        raise UserError("the disk refuses")

    monkeypatch.setattr(drc, "check_drc", refuse)
    monkeypatch.setattr(checks, "CORES", 1)
    with pytest.raises(UserError, match="the disk refuses"):
        checks.drc(MINI, anew=True)
    assert len(begun) < 20
