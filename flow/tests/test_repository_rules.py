"""Rules of the tree that a tool can check: lint, sizes, paths of machines, empty package files, generated pages up to date."""

import re
import subprocess
import sys

import pytest
from neusoc.base.paths import ROOT
from neusoc.flow.documents import reports_document, tools_document


def _tracked(*patterns):
    done = subprocess.run(["git", "ls-files", "-z", *patterns], capture_output=True, text=True, check=True, cwd=ROOT)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def test_repository_lint():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "."], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_repository_sizes():
    assert [p.name for p in _tracked() if p.stat().st_size > 2_000_000] == []
    assert [p.name for p in _tracked("*.gds", "*.oas", "*.raw", "*.lyrdb", "*.lvsdb")] == []
    assert [p.name for p in _tracked("*.py", "*.sv", "*.v") if len(p.read_text().splitlines()) > 450] == []


def test_repository_names_no_machine():
    home = re.compile(r"/(root|home|work|tmp)/\w")
    bad = [p.relative_to(ROOT) for p in _tracked() if p.suffix not in (".png", ".lock") and home.search(p.read_text(errors="replace"))]
    assert bad == []


def test_repository_package_files_are_empty():
    assert [p.relative_to(ROOT) for p in _tracked("*__init__.py") if p.stat().st_size and "librelane_plugin" not in str(p)] == []


@pytest.mark.parametrize(("page", "text"), [("tools.md", tools_document), ("reports.md", reports_document)])
def test_repository_pages_are_current(page, text):
    assert (ROOT / "docs" / page).read_text() == text(), "run `make docs`"


def _unknown_targets(text):
    """What `make X` a text names that the Makefile does not have."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    return sorted(set(re.findall(r"`make ([a-z][a-z-]*)", text)) - targets)


def test_repository_names_make_targets_that_exist():
    assert _unknown_targets("run `make venv`, `make setup` and `make liberty CELL=inv_1`") == ["venv"]
    tracked = [p for p in _tracked("*.py", "*.md", "*.sh", "*.yaml", "*.toml", "*.tcl") if p.name != "test_repository_rules.py"]
    bad = {str(p.relative_to(ROOT)): found for p in tracked if (found := _unknown_targets(p.read_text()))}
    assert bad == {}
