"""A deck of neusoc.pdk.spice.ngspice.deck, read: its circuit, and the commands of its .control block one
after the other.

So that another simulator can run its analyses (vacask.py). A command without counterpart is refused by name
(NotTakenOverError).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ANALYSES = ("op", "dc", "ac", "tran")
_AFTERWARDS = ("let", "meas", "print", "write")
_WITHOUT = ("*", "quit", "save")  # save: both simulators keep everything then
_ALTER = re.compile(
    r"alter\s+(?:@(?P<device>[^\[\s]+)\[(?P<own>\w+)\]|(?P<source>\S+?)(?:\s+(?P<part>dc|ac))?)\s*(?:=|\s)\s*(?P<value>\S+)"
)
_PARTS = {"acmag": "ac"}
RANDOM = "random draws of device mismatch: each simulator has its own"
SUFFIXES = {
    "meg": 1e6,
    "mil": 25.4e-6,
    "t": 1e12,
    "g": 1e9,
    "k": 1e3,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
    "a": 1e-18,
}
NUMBER, SUFFIX = r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", f"(?:{'|'.join(SUFFIXES)})"
_SCALED = re.compile(rf"([-+]?{NUMBER})({SUFFIX})?[a-z]*")
_UNSIGNED = re.compile(rf"{NUMBER}{SUFFIX}?[a-z]*")
_ARITHMETIC = re.compile(r"[\d.e+\-*/() ]+")


class NotTakenOverError(Exception):
    """A deck asks for what has no counterpart; the message says what, as a reason by which a bench is not
    run."""


def number(text: str) -> float:
    """A number with its suffix, as SPICE reads it.

    Raises:
        NotTakenOverError: it is none.
    """
    match = _SCALED.fullmatch(text.strip().lower())
    if not match:
        raise NotTakenOverError(f"{text!r} where a number is expected")
    return float(match[1]) * SUFFIXES.get(match[2] or "", 1.0)


def constant(text: str) -> float:
    """A number, or in braces a sum of products of numbers.

    Raises:
        NotTakenOverError: it is something else.
    """
    plain = _UNSIGNED.sub(lambda match: repr(number(match[0])), text.strip("{}' ").lower())
    if not _ARITHMETIC.fullmatch(plain):
        raise NotTakenOverError(f"{text!r} where a number is expected")
    try:
        return float(eval(plain, {"__builtins__": {}}))  # digits, signs and brackets alone
    except SyntaxError:
        raise NotTakenOverError(f"{text!r} where a number is expected") from None


@dataclass(frozen=True)
class Analysis:
    """One analysis and what was altered before it.

    Attributes:
        words: words of its command, lower case.
        changes: (source or device, parameter) -> value, as ngspice calls them; of a source dc or ac.
    """

    words: tuple[str, ...]
    changes: dict[tuple[str, str], float]


@dataclass(frozen=True)
class Deck:
    """What a deck asks for.

    Attributes:
        models: file of the corner.
        circuit: its statements, continuation lines joined, lower case, without comments.
        options: name -> text; empty for a flag.
        temperature: degrees Celsius.
        libraries: compiled models (OSDI).
        steps: each analysis with the commands that evaluate it.
    """

    models: Path
    circuit: tuple[str, ...]
    options: dict[str, str]
    temperature: float
    libraries: tuple[Path, ...]
    steps: tuple[tuple[Analysis, tuple[str, ...]], ...]


def _options(words: Sequence[str]) -> dict[str, str]:
    return {
        word.partition("=")[0]: word.partition("=")[2]
        for word in re.sub(r"\s*=\s*", "=", " ".join(words)).split()
    }


def _steps(commands: Sequence[str]) -> tuple[list[tuple[Analysis, list[str]]], list[Path]]:
    """Analyses with what follows each of them, and compiled models."""
    steps: list[tuple[Analysis, list[str]]] = []
    libraries: list[Path] = []
    changes: dict[tuple[str, str], float] = {}
    for command in commands:
        words = command.split()
        verb = words[0].lower()
        if verb in ANALYSES:
            steps.append((Analysis(tuple(word.lower() for word in words), dict(changes)), []))
        elif verb in _AFTERWARDS and steps:
            steps[-1][1].append(command.strip())
        elif verb == "alter":
            found = _ALTER.fullmatch(command.strip().lower())
            if not found:
                raise NotTakenOverError(f"command {command.strip()!r}")
            device, part = found["device"] or found["source"], found["own"] or found["part"] or "dc"
            changes[device, _PARTS.get(part, part)] = constant(found["value"])
        elif verb == "pre_osdi":
            libraries.append(Path(words[1]))
        elif not verb.startswith(_WITHOUT):
            raise NotTakenOverError(f"command {verb}")
    return steps, libraries


def read(text: str) -> Deck:
    """A deck, read.

    Raises:
        NotTakenOverError: a command has no counterpart, or devices are drawn at random.
    """
    before, _, rest = text.partition("\n.control\n")
    commands = [line for line in rest.partition("\n.endc")[0].splitlines() if line.strip()]
    joined = re.sub(r"\n\+", " ", before).splitlines()[1:]  # the first line is the title
    models, temperature = Path(), 27.0
    options: dict[str, str] = {}
    circuit: list[str] = []
    for line in joined:
        words = line.split()
        if not words or words[0].startswith("*"):
            continue
        word = words[0].lower()
        if word == ".include":
            models = Path(words[1])
        elif word == ".temp":
            temperature = float(words[1])
        elif word == ".save":  # as the command: both keep everything
            continue
        elif word in (".option", ".options"):
            options |= _options([w.lower() for w in words[1:]])
        else:
            circuit.append(re.sub(r"\s*=\s*", "=", line.strip().lower()))
    if "seed" in options or "_mm." in models.name:
        raise NotTakenOverError(RANDOM)
    steps, libraries = _steps(commands)
    read_steps = tuple((analysis, tuple(after)) for analysis, after in steps)
    return Deck(models, tuple(circuit), options, temperature, tuple(libraries), read_steps)
