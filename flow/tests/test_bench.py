"""What `make bench` runs in processes of its own names things that are there."""

import ast
import subprocess

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.flow import bench


def _imports(text):
    """Statements of a program that import."""
    return [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_bench_of_the_array_imports_what_there_is():
    found = _imports(bench._ARRAY)
    assert len(found) > 4
    for node in found:
        exec(compile(ast.Module([node], []), "_ARRAY", "exec"), {})


def test_bench_names_an_unknown_part():
    with pytest.raises(UserError, match="bench lots: no such part; choose of array, lvs"):
        bench.run_bench(("lots",))


@pytest.mark.parametrize("comes_to_a_chip", [True, False])
def test_bench_of_the_chip_measures_one_that_misses_a_limit(comes_to_a_chip, monkeypatch, tmp_path):
    """`make gds` ends with 1 for a missed limit as for an error; only the first has made a chip."""
    monkeypatch.setattr(bench, "BUILD", tmp_path)

    def made(command, **given):
        folder = tmp_path / "bench" / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        if comes_to_a_chip:
            (folder / f"gds.{load_chip().name}.json").write_text("{}")
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(bench.subprocess, "run", made)
    if comes_to_a_chip:
        assert {f.name for f in bench._bench_gds().figures} >= {"make gds cold with the controller", "cold / warm"}
    else:
        with pytest.raises(UserError, match="bench gds: `make gds` did not come to a chip"):
            bench._bench_gds()
