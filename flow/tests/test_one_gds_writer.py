"""GDS files are written by neusoc.pdk.gds alone, without time stamps: no other module saves a layout."""

from __future__ import annotations

import ast
import subprocess

from neusoc.base.paths import ROOT

WRITER = "pdk/gds.py"
# how klayout and gdsfactory write a file; `write_gds` as a method is gdsfactory's, the function is the
# writer's own
SAVES = ("SaveLayoutOptions", "write_gds", "write_bytes_gds", "write_oas")


def saving(text: str) -> list[str]:
    """What a module saves layouts with, beside the one writer."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAVES:
            found.append(node.func.attr)
    return found


def test_one_gds_writer():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    names = [
        name for name in tracked if "/tests/" not in name and "/test_" not in name and (ROOT / name).exists()
    ]
    texts = {name: (ROOT / name).read_text() for name in names}
    found = {
        name: calls
        for name, text in texts.items()
        if any(save in text for save in SAVES) and (calls := saving(text))
    }
    assert found == {WRITER: ["SaveLayoutOptions"]}, "use write_gds() or write_component() of neusoc.pdk.gds"


def test_a_second_writer_is_seen():
    assert saving("component.write_gds('a.gds')") == ["write_gds"]
    assert saving("options = db.SaveLayoutOptions()\nlayout.write('a.gds', options)") == ["SaveLayoutOptions"]
    assert saving("from neusoc.pdk.gds import write_gds\nwrite_gds(layout, path)") == []
