"""`neusoc lint`: the tree passes, and an upward import and a wrong type are seen. (Style:
test_repository_rules.py.)"""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import typer
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.flow import cli, lint
from neusoc.flow.upward import explained


def _copy_modules(folder, into):
    for path in (ROOT / folder).rglob("*.py"):
        copy = into / folder / path.relative_to(ROOT / folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def test_lint_types():
    passes, text = lint.types()
    assert passes, text


def test_lint_types_are_checked_strictly(tmp_path):
    lint.link_packages(tmp_path)
    (tmp_path / "neusoc" / "base").unlink()
    _copy_modules("base", tmp_path / "neusoc")
    (tmp_path / "neusoc" / "base" / "planted.py").write_text(
        "from neusoc.base.text import must_match\n\n\n"
        "def first(text: str) -> int:\n    return must_match('a', text, 'no a')[0].count\n\n\n"
        "def half(number):\n    return number / 2\n"
    )
    passes, text = lint.mypy(["-m", "neusoc.base.planted"], tmp_path, tmp_path / "cache")
    assert not passes
    assert [line.split(": ")[0] for line in text.splitlines() if "error:" in line] == [
        "base/planted.py:5",
        "base/planted.py:8",
    ], text
    assert "[no-untyped-def]" in text


def test_lint_twins_are_those_of_all_blocks():
    found = lint.twins()
    others = {
        f"reram.{name}"
        for name in ("equations", "integrate", "pulse_tables", "random_numbers", "sets", "statistics")
    }
    others |= {"sense_adc.extracted", "synapse.access"}
    models = {f"{path.parent.name}.model" for path in (ROOT / "analog").glob("*/model.py")}
    assert sorted(found) == sorted(f"neusoc.analog.{name}" for name in models | others)


def test_lint_twins_are_what_software_imports(monkeypatch):
    """Whatever it is that a module of software takes from analog/."""
    modules = lint._modules
    monkeypatch.setattr(
        lint, "_modules", lambda folder: [*modules(folder), ROOT / "analog" / "synapse" / "levels.py"]
    )
    assert {"neusoc.analog.synapse.levels", "neusoc.analog.synapse.bench"} <= set(lint.twins())


def test_lint_links_are_put_right(tmp_path):
    (tmp_path / "neusoc").mkdir()
    (tmp_path / "neusoc" / "base").symlink_to(tmp_path / "gone")
    lint.link_packages(tmp_path)
    lint.link_packages(tmp_path)
    assert {path.name: path.resolve() for path in (tmp_path / "neusoc").iterdir()} == {
        name: ROOT / name
        for name in ("analog", "base", "digital", "flow", "layout", "pdk", "software", "verification")
    }


def test_lint_contracts():
    passes, text = lint.contracts()
    assert passes, text


def test_lint_contracts_see_an_upward_import(tmp_path):
    for folder in ("analog", "base", "digital", "flow", "layout", "pdk", "software", "verification"):
        _copy_modules(folder, tmp_path / "neusoc")
    planted = {
        "base/errors.py": "from neusoc.flow import checks",
        "software/emulator/kernels.py": "import klayout.db",
        "flow/steps.py": "from neusoc.flow import documents",
        "software/driver/backends/array.py": "from .emulator import Emulator",
    }
    for name, line in planted.items():
        with (tmp_path / "neusoc" / name).open("a") as module:
            module.write(f"\n{line}\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    passes, text = lint.run_tool("lint-imports", "--no-cache", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert not passes
    assert "Contracts: 0 kept, 3 broken." in text, text
    assert "neusoc.base.errors -> neusoc.flow.checks" in text, text
    assert "neusoc.software.emulator.kernels -> klayout" in text, text
    circles = text[text.rindex("No circles between neighbours") :]
    assert all(found in circles for found in ("neusoc.flow", "neusoc.software.driver.backends")), circles


@pytest.mark.parametrize(
    ("name", "line", "asked"),
    [
        ("base/errors.py", "from neusoc.flow import checks", "neusoc.flow.checks"),
        ("base/paths.py", "from neusoc.flow import checks", "neusoc.flow.checks"),
        ("base/paths.py", "from neusoc.flow.cli import app", "neusoc.flow.cli"),
        ("base/errors.py", "import neusoc.pdk.spice.models", "neusoc.pdk.spice.models"),
    ],
)
def test_lint_tells_an_upward_import_that_ends_in_a_circle(name, line, asked, tmp_path):
    """No verb is known yet when the import fails: one sentence all the same."""
    for folder in ("base", "flow"):
        _copy_modules(folder, tmp_path / "neusoc")
    for folder in ("analog", "digital", "layout", "pdk", "software", "verification"):
        (tmp_path / "neusoc" / folder).symlink_to(ROOT / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "neusoc")
    module = tmp_path / "neusoc" / name
    before, begin, rest = module.read_text().partition("\nimport " if "errors" in name else "import os\n")
    module.write_text(f"{before}\n{line}\n{begin}{rest}")
    place = f"{name}:{module.read_text().splitlines().index(line) + 1}"
    command = [sys.executable, "-c", "from neusoc.flow.cli import main; main()", "lint"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path)}, timeout=120
    )
    assert done.returncode == 2, done.stderr
    way_out = "do without it, or move what needs it to a floor above (docs/03-develop/floors.md)"
    assert (
        done.stderr
        == f"error: {place}: imports {asked} of a floor above, which ends in a circle; {way_out}\n"
    )


def test_lint_leaves_other_errors_alone():
    with pytest.raises(ImportError, match="no_such_name"), explained():
        from neusoc.base.errors import no_such_name  # noqa: F401


def test_lint_floors():
    passes, text = lint.floors()
    assert passes, text


def test_lint_floors_see_a_room_that_no_layer_names(tmp_path):
    """A room that is not in the list may be imported from below: the contracts would keep."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = (
        "verification/newroom/thing.py",
        "layout/loose.py",
        "analog/newblock/layout.py",
        "verification/newroom/tests/test_thing.py",
    )
    for name in (
        *planted,
        "verification/__init__.py",
        "verification/tools/cross/compare.py",
        "layout/array/array.py",
        "flow/cli.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    assert sorted(lint.strays(tmp_path)) == [
        "layout/loose.py: stands on no floor; name neusoc.layout.loose in `layers` of pyproject.toml",
        (
            "verification/newroom/thing.py: stands on no floor; name neusoc.verification.newroom in `layers`"
            " of pyproject.toml"
        ),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import matplotlib.pyplot as plt", ["matplotlib"]),
        ("def f():\n    from numba import njit\n    return njit", ["numba"]),
        ("from neusoc.analog.bench import characterise", ["klayout"]),
        ("import os, numpy\nfrom scipy import stats", []),
    ],
)
def test_lint_floors_see_what_a_twin_may_not_import(line, told, tmp_path):
    twin = tmp_path / "model.py"
    twin.write_text(f"{(ROOT / 'analog/dac6/model.py').read_text()}\n\n{line}\n")
    found = lint.foreign([twin], lint.OF_TWINS)
    assert all(any(f": imports {name}; " in one for one in found) for name in told) and bool(found) == bool(
        told
    ), found


def test_lint_floors_allow_nothing_that_is_not_used():
    """A name left in a list would let it come back unseen."""
    software = [path for path in (ROOT / "software").rglob("*.py") if "tests" not in path.parts]
    assert {one.split()[2].rstrip(";") for one in lint.foreign(software, ())} == lint.OF_SOFTWARE
    twins = [ROOT.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in lint.twins()]
    assert {one.split()[2].rstrip(";") for one in lint.foreign(twins, ())} == lint.OF_TWINS


def test_page_of_the_floors_names_the_contracts():
    """Their titles as in pyproject.toml, no more and no fewer, and the packages that the twins may use."""
    page = (ROOT / "docs/03-develop/floors.md").read_text()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    titles = [contract["name"].partition(":")[0] for contract in settings["contracts"]]
    rows = re.search(r"\| contract \| says \|\n\| --- \| --- \|\n((?:\|.*\n)+)", page)[1].splitlines()
    assert [row.split("|")[1].strip() for row in rows] == titles
    said = re.search(
        r"Twins may import ([^;]+); the model ([^;]+); software in addition ([^.]+)\.", " ".join(page.split())
    ).groups()
    twins, model, software = ({name.strip("` ") for name in re.split(",|and", text)} for text in said)
    assert (twins, model, twins | software) == (lint.OF_TWINS, lint.OF_MODEL, lint.OF_SOFTWARE)


def test_lint_tells_what_failed(monkeypatch, capsys):
    monkeypatch.setattr(
        lint,
        "CHECKS",
        {"one": lambda: (False, "x.py:1: wrong\n1 error\n"), "two": lambda: (True, "all is well\n")},
    )
    with pytest.raises(typer.Exit) as ended:
        cli.lint()
    assert ended.value.exit_code == 1
    out = capsys.readouterr().out
    assert "FAIL  one" in out and "x.py:1: wrong" in out and "pass  two" in out and "all is well" in out


def test_lint_of_some_checks(monkeypatch, capsys):
    monkeypatch.setattr(
        lint, "CHECKS", {"one": lambda: (False, "wrong\n"), "two": lambda: (True, "all is well\n")}
    )
    cli.lint(["two"])
    assert "one" not in capsys.readouterr().out
    with pytest.raises(UserError, match="^neusoc lint twos: no such check; choose of one, two$"):
        cli.lint(["two", "twos"])


def test_lint_without_a_tool():
    with pytest.raises(UserError, match="no_such_tool.*make setup"):
        lint.run_tool("no_such_tool")
