"""Verbs of the command line: help of each, bad words end with 2 and say what to give."""

import sys

import pytest
import typer
from neusoc.base.paths import ROOT
from neusoc.flow import cli
from neusoc.flow.groups import verbs_by_group


def _leaves(command, path=()):
    if hasattr(command, "commands"):
        return [leaf for name, below in command.commands.items() for leaf in _leaves(below, (*path, name))]
    return [path]


VERBS = _leaves(typer.main.get_command(cli.app))


def _run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["neusoc", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code or 0


def test_every_verb_is_in_one_group():
    assert {path[0] for path in VERBS} == set(verbs_by_group())
    assert {" ".join(path) for path in VERBS} >= {
        "gds",
        "bench",
        "place",
        "mixed jobs",
        "mixed events",
        "mixed learn",
    }


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_help(path, monkeypatch, capsys):
    assert _run(monkeypatch, *path, "--help") == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cross", "nobody"), "nobody: no such block; choose one of bl_buffer"),
        (
            ("cross", "column_driver", "--bench", "nothing"),
            "column_driver: no bench nothing; choose one of static",
        ),
        (("cross", "--bench", "static"), "--bench without a block"),
        (("fields", "nobody"), "nobody: no such block, so there is no layout of it"),
        (
            ("map", "net.npz", "-o", "p.json", "--each", "0"),
            "neusoc map: --each: 0 is not in the range x>=1; `neusoc map --help`",
        ),
        (("map", "net.npz", "-o", "p.json", "--as", "words"), "neusoc map: --as: 'words' is not one of"),
        (("map", "net.npz", "-o"), "neusoc: option '-o' requires an argument; `neusoc --help`"),
        (("map", "net.npz"), "neusoc map: missing option '--output' / '-o'; `neusoc map --help`"),
        (("map",), "neusoc map: missing argument 'network'; `neusoc map --help`"),
        (("gds", "--bad"), "neusoc gds: no such option: --bad; `neusoc gds --help`"),
        (("gdss",), "neusoc: no such command 'gdss'"),
        (("mixed", "jobs", "nothing"), "nothing: no such scenario; choose of"),
        (("mixed", "supplies", "nothing"), "nothing: no such scenario"),
        (("mixed", "learn", "nothing"), "nothing: no such scenario"),
        (("mixed", "images", "nothing"), "nothing: no such scenario"),
        (("mixed", "images", "--fault", "rain"), "--fault rain: unknown; choose one of open_bit_line"),
        (
            ("mixed", "events", "--simulator", "spectre"),
            "--simulator spectre: unknown; choose icarus or verilator",
        ),
        (("mixed", "events", "--fault", "rain"), "--fault rain: unknown; choose one of"),
        (("area", "--chip", "huge"), "huge"),
        (("reference-cells", str(ROOT / "README.md")), "README.md/level_ota.gds: its folder cannot be made"),
    ],
)
def test_bad_words(words, said, monkeypatch, capsys):
    assert _run(monkeypatch, *words) == 2
    told = capsys.readouterr().err
    assert said in told and told.startswith("error: ") and told.count("\n") == 1


def test_reference_cells_are_drawn_into_a_folder(monkeypatch, capsys, tmp_path):
    from neusoc.analog.references.cells import catalogue

    monkeypatch.setattr(catalogue, "CELLS", {"reference_bit": catalogue.CELLS["reference_bit"]})
    place = tmp_path / "cells"
    assert _run(monkeypatch, "reference-cells") == 0
    said = capsys.readouterr().out
    assert "reference_bit" in said and not place.exists()
    assert _run(monkeypatch, "reference-cells", str(place)) == 0
    assert {path.name for path in place.iterdir()} == {
        f"reference_bit.{kind}" for kind in ("gds", "spice", "png")
    }
    assert capsys.readouterr().out == f"{place / 'reference_bit.gds'}\n{said}"


@pytest.mark.parametrize("words", [(), ("mixed",)])
def test_no_words_are_answered_with_help(words, monkeypatch, capsys):
    assert _run(monkeypatch, *words) == 2
    told = capsys.readouterr()
    assert "Usage: neusoc" in told.out + told.err and "error" not in told.err
