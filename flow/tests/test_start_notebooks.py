"""The notebooks of docs/01-start run as they stand, without a browser."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest
from neusoc.base.paths import ROOT

START = ROOT / "docs" / "01-start"
NOTEBOOKS = {path.name for path in START.glob("*.ipynb")}


def _cells(name):
    """Code of a notebook, cell by cell."""
    notebook = json.loads((START / name).read_text())
    assert notebook["nbformat"] == 4 and not any(cell.get("outputs") for cell in notebook["cells"]), (
        "clear the outputs"
    )
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _told(script, folder):
    """What a notebook prints, in a folder of its own."""
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1200,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_notebooks_import_what_there_is():
    assert NOTEBOOKS == {"array.ipynb", "network.ipynb"}
    for name in NOTEBOOKS:
        for line in (
            line
            for cell in _cells(name)
            for line in cell.splitlines()
            if line.startswith(("from ", "import "))
        ):
            exec(compile(line, name, "exec"), {})


@pytest.mark.full
def test_notebook_of_a_network(tmp_path):
    """With one chip; its pictures are there."""
    script = "\n".join(cell.replace("CHIPS = 4", "CHIPS = 1") for cell in _cells("network.ipynb"))
    assert "CHIPS = 1" in script
    told = _told(script, tmp_path)
    before, after = map(float, re.search(r"chip 2: (\d+\.\d+) % before, (\d+\.\d+) % after", told).groups())
    assert "1 day" in told and after > before + 20
    assert {path.name for path in tmp_path.iterdir()} == {"levels.png", "losses.png"}


@pytest.mark.full
def test_notebook_of_the_array(tmp_path):
    """The array is clean, the bridged one is so for DRC alone, and both pictures are there."""
    told = _told("\n".join(_cells("array.ipynb")), tmp_path)
    clean, bridged = (line for line in told.splitlines() if line.startswith("DRC:"))
    for line in (clean, bridged):
        assert ast.literal_eval(line.removeprefix("DRC: ").split(" LVS: ")[0]) == {
            "mr": 0,
            "sky130": 0,
            "supplement": 0,
        }
    assert clean.endswith("LVS: clean (768, 768)") and bridged.endswith(
        "labels bl[0], bl[1] are on one net (short)"
    )
    assert "384 ReRAM elements" in told and "choose an even number" in told
    assert {"array.png", "corner.png"} <= {path.name for path in (tmp_path / "array").iterdir()}
