"""Extractor beside field: verdicts, planted faults, bad input."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from neusoc.analog.bench.characterise import blocks as datasheets
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.tools import run
from neusoc.layout.core.registry import blocks
from neusoc.pdk.extractor import arguments
from neusoc.verification.signoff.pex import raw_netlist
from neusoc.verification.signoff.reader import parse_subcircuits
from neusoc.verification.tools.fields import compare
from neusoc.verification.tools.fields.kpex import scene_text
from neusoc.verification.tools.fields.nets import left_out
from neusoc.verification.tools.fields.scene import read_scene
from neusoc.verification.tools.truth.patterns import draw, patterns

KNOWN = {"nets": ["a", "b", "vss"], "supplies": ["vss"]}
FIELD = {"a": 10.0, "b": 4.0, "vss": 2.0, "gnd": 3.0, "$7": 1.0}
NETLIST = "cap1 a b 4.1f\nC2 a vss 2.2f\nC3 a sky130_gnd 2.9f\nC4 a \\$7 1.1f\nC5 b vss 9f\n"


def figures(netlist: str, field: object = FIELD) -> dict[str, bool]:
    report = compare.block_report("test", {"a": "because"}, netlist, {"a": field}, KNOWN)  # type: ignore[dict-item]
    return {figure.name: figure.passes for figure in report.figures if figure.max is not None}


def test_values_beside_each_other() -> None:
    report = compare.block_report("test", {"a": "because"}, NETLIST, {"a": FIELD}, KNOWN)
    values = {figure.name: figure.value for figure in report.figures}
    assert report.verdict == "pass" and report.step == "fields.test"
    assert values["a"] == pytest.approx(3.0) and values["a to b"] == pytest.approx(2.5)
    assert values[f"a to {compare.GROUND}"] == pytest.approx(2.0) and values[f"a to {compare.OTHERS}"] == pytest.approx(10.0)
    assert "| a | whole | 10.300 | 10.000 | +3.0 |" in report.texts["values"]


def test_halved_coefficients_fail() -> None:
    halved = "".join(f"c{i} a {net} {femto}f\n" for i, (net, femto) in enumerate([("b", 2.05), ("vss", 1.1), ("sky130_gnd", 1.45)]))
    assert not any(figures(halved)[name] for name in ("a", "a to b", f"a to {compare.GROUND}"))


def test_every_kind_of_value_counts() -> None:
    """One coupling that is wrong, absent or invented, and a net that the extractor does not know."""
    assert not figures(NETLIST.replace("4.1f", "5.1f"))["a to b"]
    assert not figures(NETLIST.replace("cap1 a b", "cap1 a c"))["a to b"]
    assert not figures(NETLIST + "C9 a b 2f\n")["a"]
    assert not figures(NETLIST, {**FIELD, "b": 0.0})["a to b"]
    assert not figures("")["a"]


def test_a_net_that_was_not_solved_fails_with_its_reason() -> None:
    report = compare.block_report("test", {"a": "because"}, NETLIST, {"a": "a: no memory"}, KNOWN)
    assert report.verdict == "fail" and report.figures[0].value is None
    assert "- a: no memory" in compare.tell(report)


def test_contacts_are_asked_of_nets_that_missed_alone() -> None:
    assert compare.missed(NETLIST, {"a": FIELD}) == []
    assert compare.missed(NETLIST, {"a": {**FIELD, "a": 13.0}, "b": "not solved"}) == ["a"]
    report = compare.block_report("test", {}, NETLIST, {"a": {**FIELD, "a": 13.0}}, KNOWN, {"a": {"a": 10.0}})
    (bare,) = [figure for figure in report.figures if compare.BARE in figure.name]
    assert bare.value == pytest.approx(3.0) and bare.max is None and report.verdict == "fail"


class _Dies:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def prepared(folder: Path) -> Path:
    (folder / "names.json").write_text(json.dumps({**KNOWN, "diffusion": []}))
    (folder / "scene.pex25d").write_text("")
    (folder / "extracted.spice").write_text(NETLIST)
    return folder


def test_a_solver_that_dies_is_told_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BUILD", tmp_path)
    found = compare.field_rows(prepared(tmp_path), "test", ["a"], work=_Dies())  # type: ignore[arg-type]
    assert "process died" in str(found["a"])
    assert not list(tmp_path.glob("fields/**/*.json"))


def test_a_solved_net_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BUILD", tmp_path)
    place = prepared(tmp_path)
    compare._kept(place, "test", "a", ()).put(json.dumps(FIELD))
    assert compare.field_rows(place, "test", ["a"], work=_Dies()) == {"a": FIELD}  # type: ignore[arg-type]
    (place / "names.json").write_text("{}")
    assert "process died" in str(compare.field_rows(place, "test", ["a"], work=_Dies())["a"])  # type: ignore[arg-type]


def test_what_is_asked_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="nothing: no such block, so there is no layout of it; choose one of"):
        compare.fields(["nothing"])
    with pytest.raises(UserError, match=r"esd_pad: left_out.yaml says that none of its nets is compared \(Its nets are pads"):
        compare.fields(["esd_pad"])
    with pytest.raises(UserError, match="array_8x8: nets.yaml names no critical nets of it"):
        compare.fields(["array_8x8"])
    monkeypatch.setattr(compare, "prepared", lambda block: prepared(tmp_path))
    with pytest.raises(UserError, match="nets.yaml: row_driver has no net on; name one of a, b, vss"):
        compare.fields(["row_driver"])


@pytest.mark.parametrize(
    ("text", "told"), [("[]", "not a map"), ("a:\n", "a: no nets"), ("a: {true: x}\n", "in quotes"), ("a: {b: }\n", "in quotes")]
)
def test_a_bad_list_of_nets_is_told(tmp_path: Path, text: str, told: str) -> None:
    (path := tmp_path / "nets.yaml").write_text(text)
    with pytest.raises(UserError, match=told):
        compare.declared(path)


def test_critical_nets_are_of_blocks_that_are_there() -> None:
    """Every block with a datasheet is compared, or left out with its reason; a net is one of its schematic."""
    known, asked, without = blocks(load_chip("mini")), compare.declared(), left_out()
    assert set(asked) <= set(known) and not set(asked) & set(without)
    assert set(datasheets()) <= set(asked) | set(without) <= set(datasheets()) | set(known)
    assert all(len(why.split()) > 3 for why in without.values())
    for block, nets in asked.items():
        own = parse_subcircuits(known[block].netlist(), block)[block]
        there = {word.lower() for line in (" ".join(own.pins), *own.cards) for word in line.split()}
        assert set(nets) <= there, block


def test_a_block_that_cannot_be_prepared_costs_its_own_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """klayout-pex fails on the first of two: the second has its verdict, and the first a report that says why it has none."""
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    monkeypatch.setattr(compare, "declared", lambda: {"row_driver": {"on": "why"}, "dac6": {"a": "because"}})
    monkeypatch.setattr(compare, "field_rows", lambda place, name, nets, *_: {net: FIELD for net in nets})

    def half(block) -> Path:
        if block.name == "row_driver":
            raise UserError("kpex: no end after 1800 s; see its log")
        return prepared(tmp_path)

    monkeypatch.setattr(compare, "prepared", half)
    first, second = compare.fields(["row_driver", "dac6"])
    assert (first.verdict, second.verdict) == ("fail", "pass")
    assert first.figures[0].value is None and first.texts["on: not solved"].startswith("kpex: no end after 1800 s")
    assert {path.name for path in tmp_path.glob("fields.*.json")} == {"fields.row_driver.json", "fields.dac6.json"}


@pytest.mark.full
def test_the_wheel_as_installed_fails(tmp_path: Path) -> None:
    """Three wires: the project's extractor passes, the wheel's own coefficients, which count half, do not."""
    (pattern,) = [p for p in patterns() if p.name == "between_met1"]
    draw([pattern], gds := tmp_path / "wires.gds")
    scene = read_scene(scene_text(gds, "TOP", tmp_path, log=tmp_path / "scene.log", timeout=100))
    row = compare.solved(scene, "a")
    known = {"nets": ["a", "b", "c"], "supplies": []}

    def verdict(netlist: str) -> dict[str, bool]:
        report = compare.block_report("test", {}, netlist, {"a": row}, known)
        return {figure.name: figure.passes for figure in report.figures if figure.max is not None}

    assert verdict(raw_netlist("TOP", gds, "CC", 100)) == {"a": True, "a to b": True, "a to c": True}
    command = [sys.executable, "-m", "klayout_pex", *arguments(gds, "TOP", "CC", tmp_path, tmp_path / "n.spice")]
    run(command, log=tmp_path / "installed.log", timeout=100, cwd=tmp_path, env={"OMP_NUM_THREADS": "1"})
    assert not any(verdict((tmp_path / "n.spice").read_text()).values())


@pytest.mark.full
def test_a_block_from_its_drawing_to_its_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    (report,) = compare.fields(["row_driver"])
    values = {figure.name: figure.value for figure in report.figures}
    for net in compare.declared()["row_driver"]:
        assert values[net] is not None
    assert json.loads((tmp_path / "fields.row_driver.json").read_text())["verdict"] == report.verdict
