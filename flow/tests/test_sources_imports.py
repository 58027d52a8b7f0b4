"""Imports are followed, in whichever form, and no further than the folder asked for."""

import pytest
from neusoc.flow import sources


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    files = {
        "analog/a/benches.py": "from neusoc.analog.b.model import x\nfrom neusoc.flow.paths import ROOT\n",
        "analog/b/model.py": "def f():\n    from neusoc.analog import c\n",
        "analog/c.py": "from neusoc.analog.d import (\n    e as f,\n    g,\n)\nfrom neusoc.analog.a import benches\n",
        "analog/d/e.py": "", "analog/d/g.py": "", "analog/unused.py": "", "flow/paths.py": "",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_sources_follow_imports_within_the_folder(tree):
    found = {str(p.relative_to(tree)) for p in sources.imported(tree / "analog/a/benches.py", "analog")}
    assert found == {"analog/a/benches.py", "analog/b/model.py", "analog/c.py", "analog/d/e.py", "analog/d/g.py"}


def test_sources_of_another_folder(tree):
    found = {str(p.relative_to(tree)) for p in sources.imported(tree / "analog/a/benches.py", "flow")}
    assert found == {"analog/a/benches.py", "flow/paths.py"}
