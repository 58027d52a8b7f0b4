"""Rules of the process stand in pdk/ alone: no drawing gives one by name or by value."""

from __future__ import annotations

import ast
import re

import pytest
from neusoc.base.paths import ROOT
from neusoc.pdk import rules, technology


def _rules_again(text: str) -> list[str]:
    """Numbers that a module gives a name and a value which pdk/rules.py or pdk/technology.py has."""
    values = {
        name: value
        for module in (rules, technology)
        for name, value in vars(module).items()
        if isinstance(value, float)
    }
    values |= {"VIA": rules.VIA1, "TAP_SPACE": rules.TAP_TO_NDIFF[5.0]}
    found = []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign):
            continue
        names = [
            part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)
        ]
        numbers = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
        found += [
            n
            for n, number in zip(names, numbers, strict=False)
            if (rule := n.lstrip("_")) in values and values[rule] == number
        ]
    return found


def test_no_other_module_has_a_process_rule():
    assert _rules_again("VIA, VIA2 = 0.15, 0.20") == ["VIA", "VIA2"] and _rules_again(
        "_MET2_SPACE = 0.14"
    ) == ["_MET2_SPACE"]
    assert _rules_again("from neusoc.pdk.rules import CUT\nPAD = 0.37") == []
    bad = []
    for folder in ("layout", "analog", "digital", "verification"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            bad += [f"{path.relative_to(ROOT)}: {name}" for name in _rules_again(path.read_text())]
    assert bad == []


# of rules, but also what a drawing chooses
COMMON = {
    0.04,
    0.09,
    0.12,
    0.18,
    0.2,
    0.21,
    0.3,
    0.31,
    0.32,
    0.33,
    0.34,
    0.35,
    0.38,
    0.4,
    0.43,
    0.5,
    0.8,
    1.6,
    2.0,
    20.0,
}


def _distinctive() -> set[float]:
    """Numbers of pdk/rules.py that mean a rule wherever they stand: all but the common ones."""
    left: list[object] = [value for name, value in vars(rules).items() if not name.startswith("_")]
    found: set[float] = set()
    while left:
        value = left.pop()
        if isinstance(value, dict | tuple):
            left += value.values() if isinstance(value, dict) else value
        elif isinstance(value, float):
            found.add(value)
    assert found >= COMMON, "a common number that no rule has"
    return found - COMMON


def _rule_values_again(text: str) -> list[str]:
    """Where a Python text has a distinctive number of a process rule, whatever its name, in a function
    too."""
    numbers = _distinctive()
    constants = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and type(node.value) is float
    ]
    return [f"line {node.lineno}: {node.value}" for node in constants if node.value in numbers]


def test_no_drawing_has_the_value_of_a_process_rule():
    assert _distinctive() >= {
        0.005,
        0.055,
        0.08,
        0.085,
        0.125,
        0.13,
        0.14,
        0.15,
        0.165,
        0.17,
        0.185,
        0.205,
        0.26,
        0.27,
        0.36,
        0.37,
        0.42,
    }
    modules = [path for path in sorted((ROOT / "layout").rglob("*.py")) if "tests" not in path.parts]
    assert len(modules) > 40
    found = {
        str(path.relative_to(ROOT)): again
        for path in modules
        if (again := _rule_values_again(path.read_text()))
    }
    assert found == {}, "take the rule from pdk/rules.py"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("MET2_GAP = 0.14\n", ["0.14"]),
        ("def f(x):\n    via = 0.15\n    return x + via\n", ["0.15"]),
        (
            "def f(pen, x):\n    pen.box('li1', x - 0.165, -0.085, x + .17, 0.125)\n",
            ["0.085", "0.125", "0.165", "0.17"],
        ),
        ("CUTS = {'via2': (0.20, 0.40, 0.085, 0.065)}\n", ["0.065", "0.085"]),
        ("class A:\n    def f(self, width=0.26):\n        return width\n", ["0.26"]),
        (
            (
                "def f():\n    '''Of 0.14 um.'''\n    gap, half, count, name = 0.30, 0.5, 14, '0.14'      #"
                " 0.14\n"
            ),
            [],
        ),
    ],
)
def test_a_second_value_of_a_process_rule_is_found(text, values):
    assert sorted(found.split()[-1] for found in _rule_values_again(text)) == values


SIZES = {
    0.15,
    0.42,
}  # least length and width of a transistor: in a block a size that its schematic has, which LVS compares
# A drawing of a block -> values of rules in it that are none, how often, and what they are.
CHOSEN = {
    "analog/fire_driver/layout.py": ({0.08: 2}, "half of a column of vias, 5 nm more than the via's"),
    "analog/neuron/layout.py": ({0.165: 2, 0.17: 1}, "ends of met4 and met3 past the line that they meet"),
    "analog/neuron/places.py": ({0.165: 1}, "half of the lower rail, met1"),
    "analog/neuron/neuron_wiring.py": (
        {0.17: 6, 0.37: 2},
        "half sizes of the plates of met2 to met4 where a column enters",
    ),
    "analog/strobe_driver/layout.py": ({0.185: 1}, "end of a met2 bar past the middle of its stack"),
}


def _values(text: str) -> dict[float, int]:
    """Distinctive numbers of rules in a block's drawing, but sizes of devices: value -> how often."""
    found = [float(again.split()[-1]) for again in _rule_values_again(text)]
    return {value: found.count(value) for value in sorted(set(found) - SIZES)}


def test_no_drawing_of_a_block_has_the_value_of_a_process_rule():
    assert _distinctive() >= SIZES
    drawings = {
        path: path.read_text()
        for path in sorted((ROOT / "analog").rglob("*.py"))
        if "tests" not in path.parts
    }
    drawings = {
        path: text
        for path, text in drawings.items()
        if re.search(r"^from neusoc\.layout\.primitives\.shapes ", text, re.M)
    }
    drawings |= {path: path.read_text() for path in sorted((ROOT / "analog").glob("*/places.py"))}
    assert len(drawings) > 30
    found = {
        str(path.relative_to(ROOT)): values for path, text in drawings.items() if (values := _values(text))
    }
    assert found == {name: values for name, (values, _) in CHOSEN.items()}, (
        "take a rule from pdk/rules.py; what is none: CHOSEN, with why"
    )


def test_a_rule_by_value_in_a_drawing_of_a_block_is_found():
    path = "analog/neuron/layout.py"
    text = (ROOT / path).read_text()
    assert (
        _values(f"{text}\nEND = 0.17\n") != CHOSEN[path][0]
        and _values(f"{text}\nPAD = 0.37\n") != CHOSEN[path][0]
    )
    assert _values("WIDE, LONG, PAD = 0.42, 0.15, 0.37\n") == {0.37: 1}


# Constants of drawings whose comment begins with a rule that asks for less.
MORE_THAN_THE_RULE = {
    "layout/primitives/mim.py": ["PLATE", "VIA_INSET"],
    "layout/primitives/resistors.py": ["SPACE"],
}


def _named(text: str) -> list[str]:
    """Constants to which a module gives a number, and a comment that begins with the rule that it is."""
    return re.findall(r"^([A-Z_0-9]+) = [\d.]+ +# [a-z]+\d?\.\d+[a-z]*\b", text, re.M)


def test_no_drawing_names_a_rule_and_gives_its_value():
    """Common numbers too, which the tests of values cannot tell from sizes."""
    planted = (
        "IMPLANT_SPACE = 0.38           # nsd.2",
        "DIFF_SPACE = 0.30   # difftap.15, 5 V",
        "_GAP = 0.43 # hvdifftap.20: well",
    )
    assert [_named(f"import a\n{line}\n") for line in planted] == [
        ["IMPLANT_SPACE"],
        ["DIFF_SPACE"],
        ["_GAP"],
    ]
    assert (
        _named("DIFF_SPACE = rules.DIFF_SPACE[5.0]     # difftap.15\nWIDTH = 1.0       # um, channel\n") == []
    )
    drawings = [
        path
        for folder in ("analog", "layout")
        for path in (ROOT / folder).rglob("*.py")
        if "tests" not in path.parts
    ]
    found = {str(path.relative_to(ROOT)): names for path in drawings if (names := _named(path.read_text()))}
    assert found == MORE_THAN_THE_RULE, "take the rule from pdk/rules.py"
