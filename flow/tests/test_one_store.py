"""What is made is kept by neusoc.base.store alone: no other module has a cache, a lock or a half-written file
of its own."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest
from neusoc.base.paths import ROOT

HASHES = {"content_hash", "hexdigest", "inputs_hash", "identity"}
LOOKS = {"exists", "is_file", "is_dir"}
MOVES = {"rename", "replace"}
STORE = {"step", "Entry", "folder"}
SUSPECT = re.compile(
    rf"fcntl|\b({'|'.join(HASHES)})\b|\.({'|'.join(MOVES)})\([^,=]*\)"
)  # what is not parsed without it
ALLOWED = {
    "pdk/characterise/build.py: staleness hashes and looks",  # the committed library beside its manifest
    "pdk/source.py: _check hashes and looks",  # the files of a process that is there
    "layout/top/assemble.py: assemble hashes and looks",  # for its report; for its inputs
    "layout/top/assemble.py: assemble moves",  # a finished drawing, checked where it was drawn
    "software/driver/backends/serial_line.py: imports fcntl",  # a line for one program alone: TIOCEXCL
}


def _called(node: ast.AST) -> list[tuple[str, int]]:
    """Names of what is called in a node, and with how many arguments; of `text.replace(a, b)` as of
    `path.replace(a)`."""
    found = []
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else f"{getattr(call.func, 'id', '')}"
        method = isinstance(call.func, ast.Attribute) and not call.keywords
        found.append((name, len(call.args) if method else -1))
    return found


def stores(path: str, text: str) -> list[str]:
    """What a module does that is the store's."""
    found = []
    for node in ast.parse(text).body:
        name = getattr(node, "name", "the module")
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "")]
            found += [f"{path}: imports fcntl"] if "fcntl" in names else []
        for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
            called = _called(inner)
            names = {one for one, _ in called}
            if names & HASHES and names & LOOKS and not names & STORE:
                found.append(f"{path}: {name} hashes and looks")
            if any(one in MOVES and count == 1 for one, count in called):
                found.append(f"{path}: {name} moves")
    return found


def test_no_second_store():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    names = [
        name
        for name in tracked
        if not name.startswith("base/") and "/tests/" not in name and (ROOT / name).exists()
    ]
    texts = {name: (ROOT / name).read_text() for name in names}
    found = {one for name, text in texts.items() if SUSPECT.search(text) for one in stores(name, text)}
    assert found == ALLOWED, (
        "use neusoc.base.store (Entry, folder, step, alone) or replacing() of neusoc.base.report"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            (
                "def f():\n    p = BUILD / f'{content_hash([g])[:16]}.json'\n    return p.exists() and"
                " p.read_text()\n"
            ),
            "hashes and looks",
        ),
        (
            (
                "class A:\n    def f(self):\n        k = sha256(b'').hexdigest()\n        return (BUILD /"
                " k).is_dir()\n"
            ),
            "hashes and looks",
        ),
        ("def f():\n    temporary.replace(path)\n", "moves"),
        ("import fcntl\n", "imports fcntl"),
        ("def f():\n    t = text.replace('a', 'b')\n    return content_hash([t]), replace(x, a=1)\n", ""),
    ],
)
def test_a_second_store_is_found(text, why):
    assert [one.split(" ", 2)[-1] if "fcntl" not in one else one[6:] for one in stores("a.py", text)] == (
        [why] if why else []
    )
