"""Entries under Args and Attributes of all docstrings: each begins with its noun."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from neusoc.base.paths import ROOT

TRACKED = subprocess.run(
    ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
).stdout.split()
TOPS = sorted({name.split("/")[0] for name in TRACKED})
NO_NOUN = set(
    "of as for in to by at on with from which where how whether what if that who when also one so".split()
)
_SECTION = re.compile(r"(\w+):")
_ENTRY = re.compile(r" {4}(\S[^:]*): (.*)")


def _entries(source):
    """(function or class, entry, text of its first line) of each entry."""
    if "Args:" not in source and "Attributes:" not in source:
        return
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in ast.walk(ast.parse(source)):
        section = ""
        for line in (ast.get_docstring(node) or "").splitlines() if isinstance(node, kinds) else ():
            if found := _SECTION.fullmatch(line):
                section = found[1]
            elif section in ("Args", "Attributes") and (found := _ENTRY.fullmatch(line)):
                yield node.name, found[1], found[2]


def _without_noun(name, source):
    """File, function and entry of each entry that does not begin with a noun."""
    return [
        f"{name}: {owner}: {entry}: {text}"
        for owner, entry, text in _entries(source)
        if re.split(r"\W", text.lower())[0] in NO_NOUN
    ]


@pytest.mark.parametrize("top", TOPS)
def test_entries_begin_with_a_noun(top):
    """An entry reads `seed: seed of all random numbers`, not `seed: of all random numbers`."""
    names = [name for name in TRACKED if name.split("/")[0] == top]
    assert [line for name in names for line in _without_noun(name, (ROOT / name).read_text())] == []


PLANTED = '''
class Grid:
    """Where things stand.

    Attributes:
        count: number of cells.
        wide: {wide}
    """

    def place(self, seed, what, **values):
        """Place them.

        Args:
            seed: {seed}
            what, where: name and position, um; a second line
                of the entry may begin with any word.
            **values: {values}

        Raises:
            ValueError: what is wrong.
        """
'''


def test_the_entries_are_read():
    good = {
        "wide": "flag: whether it is wide.",
        "seed": "seed of all random numbers.",
        "values": "further values of the templates.",
    }
    assert len(list(_entries(PLANTED.format(**good)))) == 5
    assert _without_noun("planted.py", PLANTED.format(**good)) == []
    for entry, text, owner in (
        ("wide", "whether it is wide.", "Grid"),
        ("seed", "of all.", "place"),
        ("values", "As of grid().", "place"),
    ):
        shown = f"planted.py: {owner}: {'**' if entry == 'values' else ''}{entry}: {text}"
        assert _without_noun("planted.py", PLANTED.format(**good | {entry: text})) == [shown]
    packages = [top for top in TOPS if (ROOT / top / "__init__.py").exists()]
    assert len(packages) == 8
    for top in packages:
        assert any(
            True
            for name in TRACKED
            if name.startswith(f"{top}/")
            for _ in _entries((ROOT / name).read_text())
        ), f"none in {top}"
