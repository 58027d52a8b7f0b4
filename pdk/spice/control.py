"""A deck of neusoc.pdk.spice.ngspice.deck, read: its circuit, and the commands of its .control block one after the other.

So that another simulator can run it, and so that the figures of both come from the same code: the simulator gives vectors (`Simulator`),
`let`, `meas`, `print` and `write` are evaluated here. A command without counterpart is refused by name (NotTakenOverError).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from neusoc.pdk.spice.ngspice import Result, SpiceError
from neusoc.pdk.spice.vectors import NotTakenOverError, Plot, Vector, measured, value

ANALYSES = ("op", "dc", "ac", "tran")
_AFTERWARDS = ("let", "meas", "print", "write")
_WITHOUT = ("*", "quit", "save")            # save: both simulators keep everything then
NOT_THE_SIMULATORS = (*_AFTERWARDS, *_WITHOUT)
_ALTER = re.compile(
    r"alter\s+(?:@(?P<device>[^\[\s]+)\[(?P<own>\w+)\]|(?P<source>\S+?)(?:\s+(?P<part>dc|ac))?)\s*(?:=|\s)\s*(?P<value>\S+)"
)
_PARTS = {"acmag": "ac"}
RANDOM = "random draws of device mismatch: each simulator has its own"


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
        commands: all of them, as they stand.
        text: the deck itself.
    """

    models: Path
    circuit: tuple[str, ...]
    options: dict[str, str]
    temperature: float
    libraries: tuple[Path, ...]
    steps: tuple[tuple[Analysis, tuple[str, ...]], ...]
    commands: tuple[str, ...]
    text: str = field(repr=False, default="")


Simulator = Callable[[Deck, float], list[Plot]]             # a deck and seconds of processor time -> a plot for each of its analyses


def _options(words: Sequence[str]) -> dict[str, str]:
    return {word.partition("=")[0]: word.partition("=")[2] for word in re.sub(r"\s*=\s*", "=", " ".join(words)).split()}


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
            (given,) = value(found["value"], Plot(None, {}))
            changes[device, _PARTS.get(part, part)] = float(given)
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
    joined = re.sub(r"\n\+", " ", before).splitlines()[1:]          # the first line is the title
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
        elif word == ".save":               # as the command: both keep everything
            continue
        elif word in (".option", ".options"):
            options |= _options([w.lower() for w in words[1:]])
        else:
            circuit.append(re.sub(r"\s*=\s*", "=", line.strip().lower()))
    if "seed" in options or "_mm." in models.name:
        raise NotTakenOverError(RANDOM)
    steps, libraries = _steps(commands)
    read_steps = tuple((analysis, tuple(after)) for analysis, after in steps)
    return Deck(models, tuple(circuit), options, temperature, tuple(libraries), read_steps, tuple(commands), text)


def _written(command: str, plot: Plot) -> tuple[str, dict[str, Vector]]:
    """Stem and vectors of `write <stem>.raw [vectors]`."""
    _, name, *wanted = command.split()
    stem = Path(name).stem
    if not wanted or "all" in [word.lower() for word in wanted]:
        return stem, dict(plot.vectors)
    vectors = {} if plot.scale is None else {plot.scale: plot.vectors[plot.scale]}
    return stem, vectors | {word.lower(): value(word, plot) for word in wanted}


def evaluate(deck: Deck, plots: Sequence[Plot]) -> Result:
    """What the deck's commands make of the plots of its analyses.

    Raises:
        NotTakenOverError: a command asks for what is not known here.
        SpiceError: an analysis is missing, a vector is not there, or a measurement finds nothing.
    """
    if len(plots) != len(deck.steps):
        raise SpiceError(f"{len(plots)} plots of {len(deck.steps)} analyses")
    measures: dict[str, float] = {}
    arrays: dict[str, dict[str, Vector]] = {}
    for plot, (_, commands) in zip(plots, deck.steps, strict=True):
        plot.scalars.update(measures)
        for command in commands:
            verb, _, rest = command.partition(" ")
            if verb.lower() == "let":
                name, _, expression = rest.lower().partition("=")
                plot.vectors[name.strip()] = value(expression, plot)
            elif verb.lower() == "meas":
                name, found = measured(rest, plot)
                measures[name] = plot.scalars[name] = found
            elif verb.lower() == "print":
                for word in rest.lower().split():
                    if (vector := value(word, plot)).size == 1:
                        measures[word] = plot.scalars[word] = float(np.real(vector).item())
            else:
                stem, vectors = _written(command, plot)
                arrays[stem] = {key: np.asarray(vector) for key, vector in vectors.items()}
    return Result(measures, arrays)


def run_in(simulator: Simulator) -> Callable[..., Result]:
    """A function like neusoc.pdk.spice.ngspice.run whose vectors come from a simulator and whose figures are evaluated here."""

    def run(netlist: str, *, timeout: float = 120.0, files: dict[str, str] | None = None) -> Result:
        if files:
            raise NotTakenOverError("further files beside the deck")
        deck = read(netlist)
        return evaluate(deck, simulator(deck, timeout))

    return run
