"""docs/01-start/network.md does what it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from neusoc.base.paths import ROOT
from neusoc.flow.cli import app

PAGE = ROOT / "docs" / "01-start" / "network.md"


def _steps():
    """Scripts and commands of the page in their order."""
    text = PAGE.read_text()
    found = re.findall(r"^```python\n(.*?)^```$|^    (neusoc [^\n]*)$", text, re.MULTILINE | re.DOTALL)
    return [(script, shlex.split(command)) for script, command in found]


def test_network_page_names_verbs_and_options_that_exist():
    commands = [command for _, command in _steps() if command]
    assert {command[1] for command in commands} == {
        "map",
        "evaluate",
        "calibrate",
        "program",
        "run",
        "refresh",
        "tune",
    }
    whole = typer.main.get_command(app)
    for command in commands:
        verb = whole.commands[command[1]]
        with verb.make_context(command[1], command[2:]) as context:
            assert context.params


def _here(word):
    """A word of a command, with two chips instead of twenty, and with files of the checkout where they
    are."""
    return "2" if word == "20" else str(ROOT / word) if word.startswith("software/") else word


@pytest.mark.full
def test_network_page_runs(tmp_path):
    """All of it, with two chips instead of twenty; the files of one step are what the next one reads."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = {}
    for number, (script, command) in enumerate(_steps()):
        words = [sys.executable, "-c", script] if script else [_here(word) for word in command]
        done = subprocess.run(
            words,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=1200,
            env={**os.environ, "PATH": programs},
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        told[number, *words[1:2]] = done.stdout
    right = {
        key: int(re.search(r"(\d+) of 10 right", text).group(1))
        for key, text in told.items()
        if key[1:] == ("run",)
    }
    assert len(right) == 3 and min(right.values()) >= 7
    assert {path.name for path in tmp_path.iterdir()} >= {
        "logistic.plan.json",
        "winners.npz",
        "chip3.json",
        "chip3.calibration.json",
    }
