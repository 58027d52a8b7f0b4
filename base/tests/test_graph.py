"""What a step depends on follows its imports and the data that its modules name, in whichever form, and nothing else."""

from pathlib import Path

import pytest
from neusoc.base import graph, store
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "ROOT", tmp_path)
    files = {
        "analog/a/benches.py": "from neusoc.analog.b.model import x\nfrom neusoc.base.paths import ROOT\nimport numpy\n",
        "analog/b/model.py": "def f():\n    from neusoc.analog import c\nPath(__file__).with_name('numbers.yaml')\n'no.yaml'\n",
        "analog/b/numbers.yaml": "a: 1\n", "analog/b/other.yaml": "", "chip.yaml": "",
        "analog/c.py": "from neusoc.analog.d import (\n    e as f,\n    g,\n)\nimport neusoc.analog.a.benches\nROOT / 'chip.yaml'\n",
        "analog/d/e.py": "from neusoc.pdk.source import find_pdk\n", "analog/d/g.py": "", "analog/unused.py": "", "base/paths.py": "",
        "pdk/source.py": "from neusoc.analog import unused\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_graph_follows_imports_and_named_data(tree):
    found = {str(p.relative_to(tree)) for p in graph.needs(tree / "analog/a/benches.py")}
    code = {"analog/a/benches.py", "analog/b/model.py", "analog/c.py", "analog/d/e.py", "analog/d/g.py", "base/paths.py", "pdk/source.py"}
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

    first, more = key(text), text.replace("variants:\n", "variants:\n  mine: {rows: 32, columns: 32, neurons: 16}\n# why\n")
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

    assert [path for block in blocks(load_chip("mini")).values() for path in block.sources if not Path(path).exists()] == []
