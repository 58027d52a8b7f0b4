"""What `make bench` runs in processes of its own names things that are there."""

import ast

import pytest
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
