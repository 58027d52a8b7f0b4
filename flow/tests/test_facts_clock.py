"""The clock has one source: no other module or text has its period."""

from __future__ import annotations

import ast
import re

import pytest
from neusoc.analog.neuron import benches as neuron_benches
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.digital.model import ispp
from neusoc.flow.tests.test_facts_once import FOLDERS


def _clocks_again(text: str) -> list[str]:
    """Names of a clock to which a module gives a number of its own."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                pairs = zip(target.elts, node.value.elts, strict=True) if several else [(target, node.value)]
                named = [(ast.unparse(name), value) for name, value in pairs]
                found += [
                    n
                    for n, v in named
                    if re.match("_?CLOCK", n) and isinstance(v, ast.Constant) and type(v.value) is float
                ]
    return found


def test_no_other_module_has_the_clock():
    assert (
        _clocks_again("TOP, STEP, CLOCK = 0.6, 10e-3, 20e-9\n")
        == ["CLOCK"]
        == _clocks_again("def f():\n    CLOCK = 2e-8\n")
    )
    assert _clocks_again("CLOCK = load_chip().clock_ns / 1e9\nWALL_CLOCK_LIMIT_S = 3600.0\n") == []
    modules = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "tests" not in path.parts
    ]
    assert {
        str(path.relative_to(ROOT)): again for path in modules if (again := _clocks_again(path.read_text()))
    } == {}


def test_neuron_is_measured_with_the_clock_of_the_chip():
    """Its windows are of cycles; a word of them by value would stay where the clock moves."""
    assert pytest.approx(load_chip().clock_ns * 1e-9) == neuron_benches.CLOCK
    assert [window / neuron_benches.CLOCK for window in neuron_benches.WINDOWS] == [8, 4, 2, 1]
    assert "WINDOWS = tuple(cycles * CLOCK" in (ROOT / "analog/neuron/benches.py").read_text()


def test_clock_is_that_of_the_chip():
    from neusoc.verification.cocotb import bench

    assert (
        bench.CLOCK_NS == load_chip().clock_ns and pytest.approx(load_chip().clock_ns * 1e-9) == ispp.CLOCK_S
    )
    said = re.findall(r"cycles of (\d+) ns\b", (ROOT / "digital/regs/controller.rdl").read_text())
    assert {int(ns) for ns in said} == {load_chip().clock_ns}, (
        "controller.rdl: a text names another clock than chip.yaml"
    )


SAID = {  # sentences by hand that repeat the clock's period, ns
    "digital/model/ispp.py": 1,
    "digital/rtl/adc_sequencer.sv": 1,
    "docs/02-chip/controller.md": 4,
    "docs/03-develop/add-a-register.md": 1,
}


def _periods(text: str) -> list[float]:
    """Where a text says how long a clock cycle is, or what a period leaves."""
    return [
        float(ns)
        for pair in re.findall(r"cycles\s+of\s+(\d+)\s+ns\b|(?<![\d.])(\d+) ns,?\s*less", text)
        for ns in pair
        if ns
    ]


@pytest.mark.parametrize("path", SAID)
def test_texts_name_the_clock_of_the_chip(path):
    said = _periods((ROOT / path).read_text())
    assert len(said) >= SAID[path] and set(said) == {load_chip().clock_ns}, (
        f"{path}: a text names another clock than chip.yaml"
    )


def test_no_other_text_names_the_clocks_period():
    kinds, results = {".py", ".sv", ".md", ".rdl"}, ROOT / "docs" / "results"
    texts = [p for folder in (*FOLDERS, "docs") for p in (ROOT / folder).rglob("*.*") if p.suffix in kinds]
    texts = [p for p in texts if "tests" not in p.parts and results not in p.parents]
    found = {str(p.relative_to(ROOT)) for p in texts if _periods(p.read_text())}
    assert found == {*SAID, "digital/regs/controller.rdl"}
