"""What `make bench` runs in processes of its own names things that are there."""

import ast
import sys

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.flow import bench
from neusoc.layout.top import build


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

    def made(command, environment):
        assert environment["NEUSOC_BUILD"] == str(tmp_path / "bench")
        folder = tmp_path / "bench" / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        if comes_to_a_chip:
            (folder / f"gds.{load_chip().name}.json").write_text("{}")
        return 1, 7.0, 3.0

    monkeypatch.setattr(bench, "_spent", made)
    if comes_to_a_chip:
        found = {f.name: f.value for f in bench._bench_gds().figures}
        assert (
            found.keys() >= {"make gds cold with the controller", "cold / warm"}
            and found["largest process"] == 3
        )
    else:
        with pytest.raises(UserError, match="bench gds: `make gds` did not come to a chip"):
            bench._bench_gds()


def test_bench_counts_the_processes_of_a_command():
    """Its own, and those that it starts and waits for: half a second and 200 MB of them."""
    busy = (
        "import time; kept = bytearray(200_000_000); kept[::4096] = b'x' * len(kept[::4096])\nwhile"
        " time.process_time() < 0.5: pass"
    )
    parent = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {busy!r}]) + 3)"
    code, seconds, memory = bench._spent([sys.executable, "-c", parent])
    assert code == 3 and seconds >= 0.5 and memory > 0.2


@pytest.mark.parametrize("fails", [None, "drc", "lvs"])
def test_bench_of_the_checks_runs_all_anew_and_then_what_is_kept(fails, monkeypatch):
    ran = []
    monkeypatch.setattr(
        build, "build_chip", lambda chip, *, sign_off: ran.append(["build", chip.name, sign_off])
    )

    def spent(command):
        ran.append(command[3:])
        return int(command[3] == fails), 7.0, 0.5 * len(ran[1:])

    monkeypatch.setattr(bench, "_spent", spent)
    if fails:
        with pytest.raises(UserError, match=f"bench checks: `make {fails}` does not pass"):
            bench._bench_checks()
    else:
        found = {f.name: f for f in bench._bench_checks().figures}
        assert ran == [
            ["build", load_chip().name, False],
            ["drc", "--anew"],
            ["lvs", "--anew"],
            ["drc"],
            ["lvs"],
        ]
        assert found["make drc lvs cold: processor time"].value == 14 and found["largest process"].value == 2
        assert found["make drc lvs cold"].max == 480 and found["make drc lvs cold"].value >= 0
