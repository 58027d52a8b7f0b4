"""YAML is read by neusoc.base.yaml_file, which refuses a key that stands twice; other modules do not read it
themselves."""

from __future__ import annotations

import re
import subprocess

from neusoc.base.paths import ROOT

READS = re.compile(r"\byaml\.(?!YAMLError|safe_dump)\w+|^\s*from yaml\b", re.M)
# the hardened controller depends on these and would be made anew; what they read is small; base/graph.py
# leaves errors to base/chip.py
ALLOWED = {"base/graph.py", "base/yaml_file.py", "digital/harden/config.py", "pdk/characterise/cells.py"}


def test_no_second_reader_of_yaml():
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    names = [name for name in tracked if "/tests/" not in name and (ROOT / name).exists()]
    texts = {name: (ROOT / name).read_text() for name in names}
    found = {
        name
        for name, text in texts.items()
        if re.search(r"^\s*(?:import|from) yaml\b", text, re.M) and READS.search(text)
    }
    assert found == ALLOWED, "use read_yaml() or read_model() of neusoc.base.yaml_file"


def test_a_second_reader_of_yaml_is_found():
    assert READS.search("x = yaml.safe_load(text)") and READS.search(
        "x = yaml.load(text, Loader=yaml.CSafeLoader)"
    )
    assert READS.search("import re\nfrom yaml import safe_load\n")
    assert not READS.search("except yaml.YAMLError:\n    yaml.safe_dump(x)")
