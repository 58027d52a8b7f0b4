"""The command `yosys` on the pyosys wheel, as far as LibreLane calls it.

    yosys [-Q] [-T] [-q] [-m PLUGIN] -y SCRIPT.py [-- ARGUMENT ...]
    yosys [-m PLUGIN] [-p COMMANDS] [-s FILE] [-c FILE.tcl] [SOURCE.v ...]
    yosys -V

Yosys ends the process itself, with a non-zero code, when a command fails.
"""

from __future__ import annotations

import runpy
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Arguments:
    """A parsed command line."""

    script: str | None = None
    commands: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    script_arguments: list[str] = field(default_factory=list)
    version: bool = False


def parse(argv: list[str]) -> Arguments:
    """Parse a command line.

    Raises:
        ValueError: unknown option or one without its value.
    """
    found = Arguments()
    rest = list(argv)
    to_command = {"-p": "{}", "-s": "script {}", "-c": "tcl {}", "-m": "plugin -i {}"}
    while rest:
        word = rest.pop(0)
        if word == "--":
            found.script_arguments = rest
            break
        if word in to_command or word == "-y":
            if not rest:
                raise ValueError(f"{word} needs a value")
            value = rest.pop(0)
            if word == "-y":
                found.script = value
            else:
                found.commands.append(to_command[word].format(value))
        elif word in ("-V", "--version"):
            found.version = True
        elif word in ("-Q", "-T", "-q", "-qq"):
            pass
        elif word.startswith("-"):
            raise ValueError(f"{word} is not known to the pyosys wheel's command")
        else:
            found.files.append(word)
    return found


def main(argv: list[str]) -> None:
    """Entry point of the command file."""
    try:
        arguments = parse(argv)
    except ValueError as error:
        sys.exit(f"yosys: {error}")
    from pyosys import libyosys

    if arguments.version:
        print(libyosys.Globals.yosys_version_str)
        return
    if arguments.script:
        sys.argv = [arguments.script, *arguments.files, *arguments.script_arguments]
        sys.path.insert(0, str(Path(arguments.script).resolve().parent))
        runpy.run_path(arguments.script, run_name="__main__")
        return
    design = libyosys.Design()
    for name in arguments.files:
        libyosys.run_pass(f"read_verilog -sv {name}", design)
    for command in arguments.commands:
        libyosys.run_pass(command, design)
