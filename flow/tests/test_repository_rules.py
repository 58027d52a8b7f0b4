"""Rules of the tree that a tool can check: lint, imports, licences, sizes, paths of machines, empty package
files, generated pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from neusoc.base.paths import ROOT
from neusoc.flow.groups import verbs_by_group
from neusoc.flow.lint import CHECKS


def _tracked(*patterns):
    done = subprocess.run(
        ["git", "ls-files", "-z", *patterns], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).exists()]


def test_repository_lint():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "."], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout


def _imports(folder):
    """Run the contracts of a tree's pyproject.toml; the tree is on the path before the installed one."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env={"PYTHONPATH": str(folder), "COLUMNS": "200"}
    )


def test_repository_imports_run_downward():
    done = _imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_repository_contracts_see_a_planted_import(tmp_path):
    packages = [p for p in ROOT.iterdir() if (p / "__init__.py").exists()]
    for package in packages:
        kept = shutil.ignore_patterns("tests", "__pycache__", "*.[!p]*")
        shutil.copytree(package, tmp_path / "neusoc" / package.name, ignore=kept)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    sound = _imports(tmp_path)
    assert sound.returncode == 0 and "3 kept, 0 broken" in sound.stdout, sound.stdout + sound.stderr
    planted = (  # file, what it imports, how the report names it: one for each contract
        (
            "base/errors.py",
            "neusoc.verification.cocotb.bench",
            "neusoc.base.errors -> neusoc.verification.cocotb.bench",
        ),
        (
            "analog/dac6/model.py",
            "neusoc.pdk.spice.ngspice",
            "neusoc.analog.dac6.model -> neusoc.pdk.spice.ngspice",
        ),
        ("digital/pinmap.py", "neusoc.digital.lines", ".pinmap -> .lines"),
    )
    for name, module, _ in planted:
        with (tmp_path / "neusoc" / name).open("a") as source:
            source.write(f"\nimport {module}\n")
    broken = _imports(tmp_path)
    assert broken.returncode == 1 and "0 kept, 3 broken" in broken.stdout, broken.stdout + broken.stderr
    assert [told for *_, told in planted if told not in broken.stdout] == [], broken.stdout


def _licences(folder):
    command = [
        Path(sys.executable).with_name("reuse"),
        "--no-multiprocessing",
        "--root",
        folder,
        "lint",
        "--lines",
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_repository_every_file_has_a_licence():
    done = _licences(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_repository_licences_see_a_planted_file(tmp_path):
    shutil.copy(ROOT / "REUSE.toml", tmp_path)
    shutil.copytree(ROOT / "LICENSES", tmp_path / "LICENSES")
    for folder in ("flow", "elsewhere", "software/workloads"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "flow" / "covered.py").write_text("1\n")
    (tmp_path / "software" / "workloads" / "digits.npz").write_text("1\n")  # of another licence
    assert _licences(tmp_path).returncode == 0
    (tmp_path / "elsewhere" / "bare.py").write_text("1\n")
    done = _licences(tmp_path)
    assert done.returncode == 1 and "elsewhere/bare.py" in done.stdout, done.stdout + done.stderr


def test_repository_sizes():
    assert [p.name for p in _tracked() if p.stat().st_size > 1_000_000] == []
    assert [p.name for p in _tracked("*.gds", "*.oas", "*.raw", "*.lyrdb", "*.lvsdb")] == []
    assert [p.name for p in _tracked("*.py", "*.sv", "*.v") if len(p.read_text().splitlines()) > 450] == []


def test_repository_names_no_machine():
    home = re.compile(r"/(root|home|work|tmp)/\w")
    bad = [
        p.relative_to(ROOT)
        for p in _tracked()
        if p.suffix not in (".png", ".lock") and home.search(p.read_text(errors="replace"))
    ]
    assert bad == []


def test_repository_docs_are_start_chip_and_develop():
    found = {p.relative_to(ROOT / "docs").parts[0] for p in _tracked("docs/*")}
    assert found == {"README.md", "01-start", "02-chip", "03-develop"}


def test_repository_package_files_are_empty():
    assert [
        p.relative_to(ROOT)
        for p in _tracked("*__init__.py")
        if p.stat().st_size and "librelane_plugin" not in str(p)
    ] == []


def _unknown_targets(text):
    """What `make X` a text names that neither the Makefile nor the command line has."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M)) | set(
        verbs_by_group()
    )
    return sorted(set(re.findall(r"`make ([a-z][a-z-]*)", text)) - targets)


def test_repository_names_make_targets_that_exist():
    assert _unknown_targets("run `make venv`, `make setup` and `make liberty CELL=inv_1`") == ["venv"]
    tracked = [
        p
        for p in _tracked("*.py", "*.md", "*.sh", "*.yaml", "*.toml", "*.tcl")
        if p.name != "test_repository_rules.py"
    ]
    bad = {str(p.relative_to(ROOT)): found for p in tracked if (found := _unknown_targets(p.read_text()))}
    assert bad == {}


def test_repository_hooks_are_the_tools_of_make_lint():
    import yaml

    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    called = {
        words[0].removeprefix(".venv/bin/"): words[1:] for hook in hooks if (words := hook["entry"].split())
    }
    tools = set(re.findall(r'run_tool\(\s*"([\w-]+)"', (ROOT / "flow" / "lint.py").read_text()))
    assert called.keys() == tools - {"mypy"} | {"neusoc"} and len(hooks) == len(called)
    verb, *checks = called["neusoc"]
    assert verb == "lint" and sorted([*checks, "style", "import contracts", "licences"]) == sorted(CHECKS)


def test_repository_headers_are_those_that_contributing_names():
    """A licence's line in a file beside REUSE.toml."""
    tag = "SPDX-License-" + "Identifier"
    done = subprocess.run(
        ["git", "grep", "-lI", tag, "--", ".", ":!LICENSES", ":!REUSE.toml"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    said = (ROOT / "CONTRIBUTING.md").read_text().partition("## Licence")[2].partition("\n## ")[0]
    assert sorted(done.stdout.split()) == sorted(re.findall(r"`(\w+/[\w/]+\.\w+)`", said))
