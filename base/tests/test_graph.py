"""What a step depends on follows its imports and the data that its modules name, in whichever form, and
nothing else."""

from pathlib import Path

import pytest
from neusoc.base import graph, store
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "ROOT", tmp_path)
    files = {
        "analog/a/benches.py": (
            "from neusoc.analog.b.model import x\nfrom neusoc.base.paths import ROOT\nimport numpy\n"
        ),
        "analog/b/model.py": (
            "def f():\n    from neusoc.analog import c\nPath(__file__).with_name('numbers.yaml')\n'no.yaml'\n"
        ),
        "analog/b/numbers.yaml": "a: 1\n",
        "analog/b/other.yaml": "",
        "chip.yaml": "",
        "analog/c.py": (
            "from neusoc.analog.d import (\n    e as f,\n    g,\n)\nimport neusoc.analog.a.benches\nROOT /"
            " 'chip.yaml'\n"
        ),
        "analog/d/e.py": "from neusoc.pdk.source import find_pdk\n",
        "analog/d/g.py": "",
        "analog/unused.py": "",
        "base/paths.py": "",
        "pdk/source.py": "from neusoc.analog import unused\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_graph_follows_imports_and_named_data(tree):
    found = {str(p.relative_to(tree)) for p in graph.needs(tree / "analog/a/benches.py")}
    code = {
        "analog/a/benches.py",
        "analog/b/model.py",
        "analog/c.py",
        "analog/d/e.py",
        "analog/d/g.py",
        "base/paths.py",
        "pdk/source.py",
    }
    assert found == code | {"analog/b/numbers.yaml", "chip.yaml"}


def test_graph_sees_an_edit(tree):
    before = graph.needs(tree / "analog/a/benches.py")
    (tree / "analog/d/g.py").write_text("from neusoc.analog import unused\n")
    assert set(graph.needs(tree / "analog/a/benches.py")) - set(before) == {tree / "analog/unused.py"}


def test_hash_follows_code_and_data_not_comments(tree):
    def key() -> str:
        return store.content_hash(graph.needs(tree / "analog/a/benches.py"))

    first = key()
    (tree / "analog/d/g.py").write_text('"""What it is for."""\n# why\n')
    assert key() == first
    keys = set()
    for text in ("f(1, 'ab')", "f(\n    1,\n    ('a'\n     'b'),\n)  # why", "f(1, 'a', 'b')", "f(1, ab)"):
        (tree / "analog/d/g.py").write_text(text)
        keys.add(key())
    assert len(keys) == 3
    (tree / "analog/d/g.py").write_text("")
    (tree / "analog/unused.py").write_text("x = 1\n")
    assert key() == first
    (tree / "analog/b/numbers.yaml").write_text("a: 2\n")
    second = key()
    (tree / "analog/d/g.py").write_text("x = 1\n")
    assert len({first, second, key()}) == 3


def test_another_variant_of_the_chip_rebuilds_nothing(tmp_path, monkeypatch):
    """What is made of a variant has the variant among its facts; the clock and the pads are everybody's."""
    chips = tmp_path / "chip.yaml"
    monkeypatch.setattr(graph, "CHIPS", chips)
    text = (ROOT / "chip.yaml").read_text()

    def key(now: str) -> str:
        chips.write_text(now)
        return graph.digest(chips)

    first, more = (
        key(text),
        text.replace("variants:\n", "variants:\n  mine: {rows: 32, columns: 32, neurons: 16}\n# why\n"),
    )
    assert more != text and key(more) == first
    assert len({first, key(text.replace("clock_ns: 20", "clock_ns: 25")), key("variants: ["), key("")}) == 4


@pytest.mark.parametrize(
    ("step", "needed", "not_needed"),
    [
        ("verification/cocotb/run.py", "digital/rtl/files.py", "analog/dac6/benches.py"),
        ("verification/jobs/run.py", "digital/model/ispp.py", "analog/dac6/layout.py"),
        ("analog/dac6/layout.py", "layout/routing/tracks.py", "analog/neuron/layout.py"),
        ("analog/dac6/benches.py", "pdk/spice/ngspice.py", "analog/neuron/benches.py"),
        ("layout/top/assemble.py", "layout/top/straps.py", "analog/dac6/layout.py"),
        ("software/emulator/cells.py", "digital/model/regmap.json", "pdk/spice/ngspice.py"),
    ],
)
def test_steps_of_the_project(step, needed, not_needed):
    found = graph.needs(ROOT / step)
    assert ROOT / needed in found and ROOT / not_needed not in found


def test_rtl_tests_run_again_for_the_model_that_they_compare_with():
    from neusoc.verification.cocotb.run import TESTS

    found = graph.needs(*TESTS)
    assert ROOT / "digital/model/ispp.py" in found and ROOT / "digital/model/integer_cell.py" in found


def test_nothing_is_listed_by_hand_that_does_not_exist():
    """Every file of a step is there: a list that a move left behind would hash as `missing` for ever."""
    from neusoc.layout.core.registry import blocks

    assert [
        path
        for block in blocks(load_chip("mini")).values()
        for path in block.sources
        if not Path(path).exists()
    ] == []


def test_graph_takes_a_folder_of_data_that_a_module_names(tree):
    """Parameter sets, tables, decks of benches: all in it, but of a folder with code no more than what is
    imported."""
    for name in ("sets/one.yaml", "sets/two.yaml", "sets/NOTES.md", "tests/a.yaml", "words/a.yaml"):
        (tree / "analog/b" / name).parent.mkdir(exist_ok=True)
        (tree / "analog/b" / name).write_text("")
    (tree / "analog/b/more").mkdir()
    (tree / "analog/b/more/m.py").write_text("")
    before = set(graph.needs(tree / "analog/a/benches.py"))
    model = tree / "analog/b/model.py"
    model.write_text(
        model.read_text()
        + "F = Path(__file__).parent\nF.with_name('sets'), F / 'more', F / 'tests', F / '', 'words'\n"
    )
    found = {str(p.relative_to(tree)) for p in set(graph.needs(tree / "analog/a/benches.py")) - before}
    assert found == {"analog/b/sets/one.yaml", "analog/b/sets/two.yaml"}
    (tree / "analog/b/sets/three.yaml").write_text("")
    assert tree / "analog/b/sets/three.yaml" in graph.needs(tree / "analog/a/benches.py")


SHEET = """v {xschem version=3.4.4 file_version=1.2}
T {two
lines \\{of words\\}} 10 20 0 0 0.2 0.2 {layer=4
hcenter=true}
N 0 0 10 0 {lab=vss}
C {symbols/nfet.sym} 0 0 0 0 {name=xn w=1 l=0.15}
T {@name} 1 2 0 0 0.2 0.2 {}
"""
MODEL = """// why
module reram(te, be);   // what
  (* desc = "https://a.b" *) parameter real a = 1.0;
  /* more
     words */ analog I(te, be) <+ a;
endmodule
"""


@pytest.mark.parametrize(
    ("name", "text", "same", "other"),
    [
        (
            "a.sch",
            SHEET,
            [("two", "three"), ("T {@name} 1 2 0 0 0.2 0.2 {}\n", ""), ("layer=4", "layer=5")],
            [("w=1", "w=2"), ("lab=vss", "lab=vdd"), ("nfet.sym", "pfet.sym")],
        ),
        (
            "a.va",
            MODEL,
            [("why", "because"), ("// what", ""), ("more\n     words", "less"), ("// why\n", "")],
            [("a = 1.0", "a = 2.0"), ("a.b", "a.c"), ("<+ a", "<+ 2 * a")],
        ),
    ],
)
def test_hash_of_sheets_and_models_is_without_words(name, text, same, other, tmp_path):
    path = tmp_path / name

    def key(now: str) -> str:
        path.write_text(now)
        return graph.digest(path)

    first = key(text)
    for before, after in (*same, *other):
        changed = text.replace(before, after, 1)
        assert changed != text
        assert (key(changed) == first) == ((before, after) in same), (before, after)


def test_remarks_on_the_sheets_of_the_project_are_found():
    """None is left: text of xschem that the pattern does not know would count."""
    sheets = [path for path in (ROOT / "analog").rglob("*.s*") if path.suffix in (".sch", ".sym")]
    assert len(sheets) > 50
    assert [path.name for path in sheets if "\nT {" in graph._facts(path)] == []
