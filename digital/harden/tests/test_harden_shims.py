"""The command shims: what fails must not end with 0, what LibreLane asks must be answered."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from neusoc.digital.harden import yosys_shim
from neusoc.digital.harden.librelane_run import HARDEN

COMMANDS = HARDEN / "commands"


def call(name: str, *arguments: str | Path, timeout: float = 60) -> subprocess.CompletedProcess:
    environment = os.environ | {"PATH": f"{COMMANDS}:{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"}
    words = [name, *map(str, arguments)]
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def script(tmp_path: Path):
    def write(text: str, name: str = "script.tcl") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", ["openroad", "sta"])
def test_harden_version_is_the_wheels(name: str) -> None:
    done = call(name, "-version")
    assert done.returncode == 0
    assert metadata.version("openroad") in done.stdout


@pytest.mark.parametrize("name", ["openroad", "sta"])
@pytest.mark.parametrize(
    "text",
    [
        "error planted",
        "no_such_command_at_all",
        "proc inner {} { error planted }; inner",
        "read_lef no_such_file.lef",
        "exit 3",
        "set x [",
        "open nowhere",
    ],
)
def test_harden_tcl_error_is_not_zero(name: str, text: str, script) -> None:
    assert call(name, "-exit", script(text)).returncode != 0


def test_harden_tcl_error_is_told(script) -> None:
    assert "planted {fault" in call("openroad", "-exit", script('error "planted \\{fault"')).stderr


@pytest.mark.parametrize("text", ["set x 1", "return", "return 5", "exit 0"])
def test_harden_tcl_success_is_zero(text: str, script) -> None:
    assert call("openroad", "-exit", script(text)).returncode == 0


def test_harden_sta_hides_openroad(script) -> None:
    text = 'puts "[namespace exists ::ord] [namespace exists utl] [namespace exists ::sta]"'
    assert call("sta", "-exit", script(text)).stdout.split()[-3:] == ["0", "0", "1"]
    assert call("openroad", "-exit", script(text)).stdout.split()[-3:] == ["1", "1", "1"]


def test_harden_script_arguments_are_kept(script) -> None:
    words = ["a b", "", "{", "}", "$x", "[y]", "\\", '"', "a;b", "{a} {b", "#"]
    done = call("openroad", "-exit", script("foreach word $argv { puts <$word> }"), *words)
    assert done.returncode == 0
    assert done.stdout.split("\n")[-len(words) - 1 : -1] == [f"<{w}>" for w in words]


@pytest.mark.parametrize(
    ("text", "code"),
    [("import sys; sys.exit(0)", 0), ("import sys; sys.exit(4)", 4), ("1/0", 1), ("import odb, utl", 0)],
)
def test_harden_python_exit_code(text: str, code: int, script) -> None:
    assert call("openroad", "-exit", "-python", script(text, "script.py")).returncode == code


def test_harden_python_metrics_are_written(script, tmp_path: Path) -> None:
    path = script("import utl; utl.metric_integer('things', 3)", "script.py")
    assert call("openroad", "-metrics", tmp_path / "m.json", "-python", path).returncode == 0
    assert (tmp_path / "m.json").read_text() == '{"things": 3}'


@pytest.mark.parametrize("arguments", [["-gui", "x.tcl"], [], ["-metrics"], ["no_such_script.tcl"]])
def test_harden_wrong_command_line_is_not_zero(arguments: list[str]) -> None:
    assert call("openroad", *arguments).returncode == 2


def test_harden_yosys_failure_is_not_zero() -> None:
    assert call("yosys", "-p", "no_such_pass").returncode != 0
    assert call("yosys", "--no-such-option").returncode != 0
    assert call("yosys", "-V").stdout.startswith("Yosys ")


def test_harden_yosys_arguments() -> None:
    found = yosys_shim.parse(["-m", "slang", "-y", "s.py", "--", "--output", "x"])
    assert (found.commands, found.script, found.script_arguments) == (
        ["plugin -i slang"],
        "s.py",
        ["--output", "x"],
    )


def test_harden_antenna_margin_is_small_once_wires_are_drawn(script) -> None:
    """Global routing's margin stands in for what is not drawn yet; LibreLane hands it to both repairs."""
    text = """
        foreach command {repair_antennas detailed_route} {
            proc ::neusoc::$command {args} { puts [lrange $args end-1 end] }
        }
        repair_antennas diode -ratio_margin 60
        detailed_route -verbose 1
        repair_antennas diode -ratio_margin 60
    """
    lines = call("openroad", "-exit", script(text)).stdout.splitlines()
    assert lines[-3:] == ["-ratio_margin 60", "-verbose 1", "-ratio_margin 10"]
