"""Markdown tables are written by neusoc.base.tables alone: no other module has the rule under a head in a
string of its own."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from neusoc.base.paths import ROOT

RULE = re.compile(r"\| *:?-{3,}:? *\|")  # with a cell's both bars, anywhere in a string
CELL = re.compile(
    r"[\s|]*:?-{3,}:?[\s|]*"
)  # a string that is a cell of the rule and nothing else, to be repeated or joined


def rules(text: str) -> list[str]:
    """Where a Python text has the rule of a Markdown table, or a cell of one."""
    constants = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [
        f"line {node.lineno}" for node in constants if RULE.search(node.value) or CELL.fullmatch(node.value)
    ]


def test_no_second_writer_of_tables():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    names = [name for name in tracked if "/tests/" not in name and (ROOT / name).exists()]
    assert len(names) > 200
    texts = {name: (ROOT / name).read_text() for name in names}
    found = {name: where for name, text in texts.items() if "---" in text and (where := rules(text))}
    assert list(found) == ["base/tables.py"], f"use table() of neusoc.base.tables: {found}"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("lines = ['| a | b |', '| --- | ---: |']\n", ["line 1"]),
        ("head = 1\nlines.append('|---|')\n", ["line 2"]),
        ("text = f'| a | {b} |\\n| --- | --- |\\n'\n", ["line 1"]),
        ("rule = '| --- |' + ' --- |' * len(heads)\n", ["line 1", "line 1"]),
        ("rule = ' | '.join(['---'] * count)\n", ["line 1"]),
        ("rule = ' | '.join([':---:'] * count)\n", ["line 1"]),
        ("# | --- |\nshort, option, text = '| -- |', '--name', 'a --- b'\n", []),
        ('"""A drawing:\n\n  |   +---| driver |---+   |\n  +---|  adc  |---\n  |   |\n"""\n', []),
    ],
)
def test_a_second_writer_of_tables_is_found(text, lines):
    assert rules(text) == lines
