"""Every drawing is the same file in every process, whatever order its sets of texts have there."""

import os
import subprocess
import sys

DRAW = """
import hashlib, sys
from pathlib import Path
from neusoc.base.chip import load_chip
from neusoc.layout.core.registry import blocks
from neusoc.layout.top.build import write_component
for name, block in blocks(load_chip("mini")).items():
    gds = Path(sys.argv[1]) / f"{name}.gds"
    write_component(block.component(), gds)
    print(name, hashlib.sha256(gds.read_bytes()).hexdigest())
print("set", *{"a", "b", "c", "d", "e", "f", "g", "h"})
"""


def _drawn(folder, seed):
    folder.mkdir()
    command = [sys.executable, "-c", DRAW, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONHASHSEED": str(seed)})
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.split(" ")[0] in ("set",) or len(line) > 60)


def test_drawings_are_the_same_in_every_process(tmp_path):
    one, other = _drawn(tmp_path / "one", 1), _drawn(tmp_path / "other", 2)
    assert one.pop("set") != other.pop("set"), "both processes have the same order: this shows nothing"
    assert len(one) > 12 and one == other
