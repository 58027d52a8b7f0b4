"""Extractor and field: verdicts, planted faults, bad input."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from neusoc.analog.bench.datasheet import blocks as datasheets
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.tools import run
from neusoc.layout.core.registry import blocks
from neusoc.pdk.extractor import arguments
from neusoc.verification.signoff.pex import raw_netlist
from neusoc.verification.signoff.reader import parse_subcircuits
from neusoc.verification.tools.differences import accepted
from neusoc.verification.tools.fields import compare
from neusoc.verification.tools.fields.kpex import scene_text
from neusoc.verification.tools.fields.nets import left_out
from neusoc.verification.tools.fields.scene import read_scene
from neusoc.verification.tools.truth.patterns import draw, patterns

KNOWN = {"nets": ["a", "b", "vss"], "supplies": ["vss"]}
FIELD = {"a": 10.0, "b": 4.0, "vss": 2.0, "gnd": 3.0, "$7": 1.0}
NETLIST = "cap1 a b 4.1f\nC2 a vss 2.2f\nC3 a sky130_gnd 2.9f\nC4 a \\$7 1.1f\nC5 b vss 9f\n"


def within(
    netlist: str, field: dict[str, float] = FIELD, known: dict[str, list[str]] = KNOWN
) -> dict[str, bool]:
    """Whether each value of net a is within its tolerance."""
    pairs = compare.net_pairs("test", "a", compare.extracted(netlist, "a"), field, known)
    return {pair.name: not pair.beyond for pair in pairs}


def test_values_of_both_tools() -> None:
    pairs = {
        pair.name: pair
        for pair in compare.net_pairs("test", "a", compare.extracted(NETLIST, "a"), FIELD, KNOWN)
    }
    shares = {"a": 3.0, "a to b": 2.5, f"a to {compare.GROUND}": 2.0, f"a to {compare.OTHERS}": 10.0}
    assert {name: pair.difference for name, pair in pairs.items()} == pytest.approx(shares)
    assert (pairs["a"].first, pairs["a"].second) == pytest.approx((10.3, 10.0))


def test_halved_coefficients_are_beyond() -> None:
    halved = "".join(
        f"c{i} a {net} {femto}f\n"
        for i, (net, femto) in enumerate([("b", 2.05), ("vss", 1.1), ("sky130_gnd", 1.45)])
    )
    assert not any(within(halved)[name] for name in ("a", "a to b", f"a to {compare.GROUND}"))


def test_every_kind_of_value_counts() -> None:
    """One coupling that is wrong, absent or invented, and a net that the extractor does not know."""
    assert not within(NETLIST.replace("4.1f", "5.1f"))["a to b"]
    assert not within(NETLIST.replace("cap1 a b", "cap1 a c"))["a to b"]
    assert not within(NETLIST + "C9 a b 2f\n")["a"]
    assert not within(NETLIST, {**FIELD, "b": 0.0})["a to b"]
    assert not within("")["a"]


class _Dies:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def prepared(folder: Path) -> Path:
    (folder / "names.json").write_text(json.dumps({**KNOWN, "diffusion": []}))
    (folder / "scene.pex25d").write_text("")
    (folder / "extracted.spice").write_text(NETLIST)
    return folder


def test_a_solver_that_dies_is_reported_and_what_was_solved_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "BUILD", tmp_path)
    place = prepared(tmp_path)
    with pytest.raises(UserError, match="process died"):
        compare.field_row(place, "test", "a", work=_Dies())  # type: ignore[arg-type]
    assert not list(tmp_path.glob("fields/**/*.json"))
    compare.kept(place, "test", "a").put(json.dumps(FIELD))
    assert compare.field_row(place, "test", "a", work=_Dies()) == FIELD  # type: ignore[arg-type]
    (place / "names.json").write_text("{}")
    with pytest.raises(UserError, match="process died"):
        compare.field_row(place, "test", "a", work=_Dies())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("nothing", "nothing: no such block, so there is no layout of it; choose one of"),
        ("esd_pad", r"esd_pad: left_out.yaml says that none of its nets is compared \(Its nets are pads"),
        ("array_8x8", "array_8x8: nets.yaml names no critical nets of it"),
        ("row_driver", "nets.yaml: row_driver has no net on; name one of a, b, vss"),
    ],
)
def test_what_is_compared_must_be_there(
    block: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "prepared", lambda _: prepared(tmp_path))
    with pytest.raises(UserError, match=sentence):
        compare.fields(block)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "not a map"),
        ("a:\n", "a: no nets"),
        ("a: {true: x}\n", "in quotes"),
        ("a: {b: }\n", "in quotes"),
    ],
)
def test_a_bad_list_of_nets_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (path := tmp_path / "nets.yaml").write_text(text)
    with pytest.raises(UserError, match=sentence):
        compare.declared(path)


def test_critical_nets_are_of_blocks_that_are_there() -> None:
    """Every block with a datasheet is compared, or left out with its reason; a net is one of its
    schematic."""
    known, critical, without = blocks(load_chip("mini")), compare.declared(), left_out()
    assert set(critical) <= set(known) and not set(critical) & set(without)
    assert set(datasheets()) <= set(critical) | set(without) <= set(datasheets()) | set(known)
    assert {(block, name.partition(" to ")[0]) for block, name in accepted(compare.ACCEPTED)} <= {
        (block, net) for block, nets in critical.items() for net in nets
    }
    for block, nets in critical.items():
        own = parse_subcircuits(known[block].netlist(), block)[block]
        there = {word.lower() for line in (" ".join(own.pins), *own.cards) for word in line.split()}
        assert set(nets) <= there, block


def test_a_block_or_net_that_fails_costs_its_own_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """klayout-pex fails on the first of two blocks, the solver on one net of the second."""
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    monkeypatch.setattr(compare, "BUILD", tmp_path)
    monkeypatch.setattr(
        compare, "declared", lambda: {"row_driver": {"on": "why"}, "dac6": {"a": "because", "b": "because"}}
    )
    monkeypatch.setattr(compare, "made_by", lambda _: "hash")

    def half(block) -> Path:
        if block.name == "row_driver":
            raise UserError("kpex: no end after 1800 s; see its log")
        return prepared(tmp_path)

    def row(_place: Path, _block: str, net: str) -> dict[str, float]:
        if net == "b":
            raise UserError("b: no memory")
        return FIELD

    monkeypatch.setattr(compare, "prepared", half)
    monkeypatch.setattr(compare, "field_row", row)
    monkeypatch.setattr(compare, "accepted", lambda _: {("row_driver", "on"): "because"})
    report = compare.fields()
    assert (
        report.verdict == "fail"
        and {f.name: f.value for f in report.figures}["beyond their tolerance and not accepted"] == 1
    )
    text = (tmp_path / "fields" / "fields.md").read_text()
    assert (
        "- row_driver: kpex: no end" in text
        and "- dac6: b: no memory" in text
        and (tmp_path / "fields.json").exists()
    )


@pytest.mark.full
def test_the_wheel_as_installed_is_beyond(tmp_path: Path) -> None:
    """Three wires: the project's extractor passes, the wheel's own coefficients, which count half, do not."""
    (pattern,) = [p for p in patterns() if p.name == "between_met1"]
    draw([pattern], gds := tmp_path / "wires.gds")
    scene = read_scene(scene_text(gds, "TOP", tmp_path, log=tmp_path / "scene.log", timeout=100))
    row, known = compare.solved(scene, "a"), {"nets": ["a", "b", "c"], "supplies": []}
    assert within(raw_netlist("TOP", gds, "CC", 100), row, known) == {
        "a": True,
        "a to b": True,
        "a to c": True,
    }
    command = [
        sys.executable,
        "-m",
        "klayout_pex",
        *arguments(gds, "TOP", "CC", tmp_path, tmp_path / "n.spice"),
    ]
    run(command, log=tmp_path / "installed.log", timeout=100, cwd=tmp_path, env={"OMP_NUM_THREADS": "1"})
    assert not any(within((tmp_path / "n.spice").read_text(), row, known).values())


@pytest.mark.full
def test_a_block_from_its_drawing_to_its_values() -> None:
    notes: list[str] = []
    pairs = {pair.name: pair for pair in compare.block_pairs("row_driver", notes)}
    assert not notes and all(pairs[net].difference is not None for net in compare.declared()["row_driver"])
