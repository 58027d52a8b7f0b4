"""Every drawing is the same file in every process, whatever order its sets of texts have there."""

import json
import os
import subprocess
import sys

import pytest

DRAW = """
import hashlib, json, sys
from pathlib import Path
from neusoc.base.chip import load_chip
from neusoc.layout.core.registry import blocks
from neusoc.pdk.gds import write_component
found = {"set": list({"a", "b", "c", "d", "e", "f", "g", "h"})}
for name, block in blocks(load_chip("mini")).items():
    gds = Path(sys.argv[1]) / f"{name}.gds"
    write_component(block.component(), gds)
    found[name] = hashlib.sha256(gds.read_bytes()).hexdigest()
print(json.dumps(found))
"""


def _drawn(folder, seed):
    folder.mkdir()
    command = [sys.executable, "-c", DRAW, str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONHASHSEED": str(seed)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.full
def test_drawings_are_the_same_in_every_process(tmp_path):
    one, other = _drawn(tmp_path / "one", 1), _drawn(tmp_path / "other", 2)
    assert one.pop("set") != other.pop("set"), "both processes have the same order: this shows nothing"
    assert len(one) > 12 and one == other
