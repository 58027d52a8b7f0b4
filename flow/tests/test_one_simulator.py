"""ngspice is started and loaded by pdk/spice alone; who else does it stands here, with why."""

from __future__ import annotations

import ast
import re

import pytest
from neusoc.base.paths import ROOT
from neusoc.pdk.characterise import build

FOLDERS = ("analog", "base", "digital", "flow", "layout", "pdk", "software", "verification")
# Of simulate.py and session.py the digests are among the inputs of the committed library: they go through
# pdk/spice when it is characterised anew for another reason, which takes hours.
OTHERS = {
    "pdk/characterise/session.py": ["loads libngspice"],
    "pdk/characterise/simulate.py": ["starts ngspice"],
    "verification/tools/cross/compare.py": [
        "starts ngspice"
    ],  # asks whether it is there, before the second simulator
    "verification/mixed/common/lockstep.py": [
        "loads libngspice"
    ],  # a shim in C that stops inside a transient: a deck cannot
}
LIBRARY = re.compile(r"libngspice(?!0-dev\b)|-lngspice\b|^ngspice\.so")
STARTS = {"tool", "which", "Popen", "run", "check_output", "check_call", "call"}


def doors(text: str) -> list[str]:
    """How a module comes to ngspice by itself: a constant that names the library, or a call that is given the
    program's name."""
    tree, found = ast.parse(text), set()
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in told
            and LIBRARY.search(node.value)
        ):
            found.add("loads libngspice")
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) in STARTS
            and node.args
        ):
            first = node.args[0].elts if isinstance(node.args[0], ast.List | ast.Tuple) else [node.args[0]]
            if any(isinstance(one, ast.Constant) and one.value == "ngspice" for one in first):
                found.add("starts ngspice")
    return sorted(found)


def test_ngspice_is_started_by_pdk_spice_alone():
    modules = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "tests" not in path.parts
    ]
    found = {path.relative_to(ROOT).as_posix(): how for path in modules if (how := doors(path.read_text()))}
    spice = {name for name in found if name.startswith("pdk/spice/")}
    assert spice == {"pdk/spice/ngspice.py"}
    assert {name: how for name, how in found.items() if name not in spice} == OTHERS, (
        "use run() or deck() of neusoc.pdk.spice.ngspice"
    )


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (
            "from x import tool\nsubprocess.run([*limit, tool('ngspice'), '-b', 'deck.cir'])\n",
            ["starts ngspice"],
        ),
        ("subprocess.Popen(['ngspice', '-b', name])\n", ["starts ngspice"]),
        ("def f():\n    return shutil.which('ngspice')\n", ["starts ngspice"]),
        ("LIBRARY = 'libngspice.so.0'\nctypes.CDLL(LIBRARY)\n", ["loads libngspice"]),
        ("run([tool('gcc'), source, '-lngspice'])\n", ["loads libngspice"]),
        (
            (
                "'''As libngspice does it.'''\nPACKAGE ="
                " 'libngspice0-dev'\nversions('ngspice')\nrun(deck(circuit, commands))\n"
            ),
            [],
        ),
    ],
)
def test_another_door_to_ngspice_is_found(text, how):
    assert doors(text) == how


def test_what_keeps_the_characteriser_apart_is_still_so():
    """Once the library does not hang on them by their text, they have no reason left."""
    assert {"pdk/characterise/session.py", "pdk/characterise/simulate.py"} <= build.inputs().keys()


def test_page_of_the_floors_names_every_door():
    page = (ROOT / "docs/03-develop/floors.md").read_text()
    said = page.partition("## One door to the simulators")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w/]+\.py)` \|", said, re.M)) == set(OTHERS)
