"""ngspice, one deck a run: bounded in time, its log searched for what ngspice only mutters, its figures
returned as numbers.

A deck is a circuit and the commands of its .control block (`tran`, `meas`, `print`, `write name.raw v(out)
...`):

    commands = ["tran 1n 2u", "meas tran t_rise when v(out)=0.9 rise=1", "write tran.raw v(out)"]
    result = run(deck(circuit, commands, corner="ss", temperature=85))
    result.measures["t_rise"], result.arrays["tran"]["v(out)"]
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
from neusoc.base.paths import BUILD
from neusoc.base.text import must_match
from neusoc.base.tools import processor_limit, tool
from neusoc.pdk.spice.models import model_file

SPICEINIT = """set ngbehavior=hsa
set skywaterpdk
set ng_nomodcheck
set num_threads=1
option noinit
option klu
"""
# ngspice goes on after each of these
_BAD = re.compile(
    r"error|failed|singular matrix|timestep too small|iteration limit|unable to find|could not find|can't"
    r" find|cannot find|no such|"
    r"undefined|not available|unknown (?:device|model|parameter|subckt|command)|aborted|fatal|out of"
    r" interval|doesn't exist|nan\b",
    re.IGNORECASE,
)
# the last two: ngspice then tries another way, and tells of an error if none works
_HARMLESS = re.compile(
    r"no error|reltol|errorlevel|gmin stepping failed|source stepping failed", re.IGNORECASE
)
GMINS = (
    1e-15,
    1e-13,
    1e-12,
)  # S, across each junction, largest last: ngspice's own default, a picoampere a volt and junction
WAITS = 10  # times its processor time that a run may take on the clock, where others want the processor too
_LAST_RESORT = "Transient op started"
_AT_REST = re.compile(
    r"^(op|dc|ac|noise|tf)\b", re.MULTILINE
)  # analyses that a point which still moves makes wrong
_MEASURE = re.compile(r"^\s*([A-Za-z_][\w.()#\-]*)\s*=\s*([-+]?\d[\d.]*(?:[eE][-+]?\d+)?)(?:\s|$)")


@dataclass(frozen=True)
class Result:
    """What one run gave.

    Attributes:
        measures: name (lower case) -> value of every `meas` and scalar `print`, SI units.
        arrays: stem of a .raw file written by the deck -> vector name (lower case) -> samples.
        log: text that ngspice printed.
    """

    measures: dict[str, float]
    arrays: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    log: str = ""


class Conditions(TypedDict, total=False):
    """Keywords of deck() that an analysis at rest leaves to its caller."""

    corner: str
    temperature: float
    title: str


class SpiceError(RuntimeError):
    """ngspice failed, or said in its log that it could not do what the deck asks."""


class NotSettledError(SpiceError):
    """In place of the operating point stands ngspice's last resort, a transient of 10 us: small currents are
    lost in what still charges.

    Attributes:
        folder: folder of the run, kept.
    """

    def __init__(self, message: str, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


def deck(
    circuit: str,
    commands: Sequence[str],
    *,
    corner: str = "tt",
    temperature: float = 27.0,
    options: str = "reltol=1e-4",
    title: str = "neusoc bench",
) -> str:
    """A whole deck: models of the corner, the circuit, the commands.

    Args:
        circuit: SPICE text: subcircuits, sources, instances.
        commands: lines of the .control block; `quit` is added.
        corner: name of a corner, see neusoc.pdk.spice.models.model_file.
        temperature: degrees Celsius.
        options: text after `.options`; the default makes a comparator decide within 1.4 mV (ngspice's own
            default: 50 mV).
        title: first line of the deck.
    """
    lines = [
        f"* {title}",
        f".include {model_file(corner)}",
        f".temp {temperature:g}",
        f".options {options}",
        circuit.strip(),
    ]
    return "\n".join([*lines, ".control", *commands, "quit", ".endc", ".end", ""])


def run(netlist: str, *, timeout: float = 120.0, files: Mapping[str, str | bytes] | None = None) -> Result:
    """Run one deck in a folder of its own.

    Args:
        netlist: the deck; relative names in it are names in the run folder.
        timeout: seconds of processor time until the run is stopped, and WAITS times as many on the clock.
        files: further files put into the run folder, by name.

    Returns:
        Measures and the arrays of every .raw file that the deck wrote.

    Raises:
        SpiceError: no end in time, a non-zero exit code or an error in the log; the run folder is kept and
            named.
        NotSettledError: an analysis at rest, of a circuit for which ngspice finds no operating point.
        UserError: ngspice is missing.
    """
    program = tool("ngspice")
    parent = BUILD / "spice"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="run_"))
    (folder / ".spiceinit").write_text(SPICEINIT)
    (folder / "deck.cir").write_text(netlist)
    for name, text in (files or {}).items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    log_path = folder / "ngspice.log"
    try:
        with log_path.open("w") as out:
            done = subprocess.run(
                [*processor_limit(timeout), program, "-b", "deck.cir"],
                cwd=folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=WAITS * timeout,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
    except subprocess.TimeoutExpired:
        raise SpiceError(f"ngspice: no end after {WAITS * timeout:.0f} s; see {log_path}") from None
    if done.returncode == -signal.SIGXCPU:
        raise SpiceError(f"ngspice: no end after {timeout:.0f} s of processor time; see {log_path}")
    log = log_path.read_text(errors="replace")
    if bad := first_error(log):
        raise SpiceError(f"ngspice: {bad}; see {log_path}")
    if _LAST_RESORT in log and (asked := _AT_REST.search(netlist)):
        raise NotSettledError(
            f"ngspice: no operating point for `{asked[1]}`, only a transient that was broken off; see"
            f" {log_path}",
            folder,
        )
    if done.returncode:
        raise SpiceError(f"ngspice: ended with code {done.returncode}; see {log_path}")
    result = Result(_measures(log), {path.stem: read_raw(path) for path in sorted(folder.glob("*.raw"))}, log)
    shutil.rmtree(folder)
    return result


def run_at_rest(
    circuit: str, commands: Sequence[str], *, timeout: float = 120.0, **conditions: Unpack[Conditions]
) -> Result:
    """Run an analysis at rest with the least of GMINS for which there is an operating point; arguments as of
    deck() and run().

    Raises:
        NotSettledError: there is none with any of them.
    """

    def attempt(gmin: float) -> Result:
        return run(
            deck(circuit, commands, options=f"reltol=1e-4 abstol=1e-14 gmin={gmin:g}", **conditions),
            timeout=timeout,
        )

    for gmin in GMINS[:-1]:
        try:
            return attempt(gmin)
        except NotSettledError as error:
            shutil.rmtree(error.folder)  # the next may settle: the last alone is worth keeping
    return attempt(GMINS[-1])


def first_error(log: str) -> str | None:
    """The first line of a log that tells of an error, or None."""
    return next(
        (line.strip() for line in log.splitlines() if _BAD.search(line) and not _HARMLESS.search(line)), None
    )


def _measures(log: str) -> dict[str, float]:
    return {found[1].lower(): float(found[2]) for found in map(_MEASURE.match, log.splitlines()) if found}


def read_raw(path: Path) -> dict[str, np.ndarray]:
    """Vectors of a binary ngspice .raw file (its last plot), real or complex, by lower-case name."""
    data = path.read_bytes()
    vectors: dict[str, np.ndarray] = {}
    start = 0
    while (mark := data.find(b"Binary:\n", start)) >= 0:
        header = data[start:mark].decode(errors="replace")
        lacks = (
            f"{path.name}: a header without its number of {{}}, so ngspice was stopped while it wrote; run"
            " again"
        )
        counts = {
            key: int(must_match(rf"No\. {key}:\s*(\d+)", header, lacks.format(key))[1])
            for key in ("Variables", "Points")
        }
        names = [
            line.split()[1].lower()
            for line in header.partition("Variables:\n")[2].splitlines()
            if line.strip()
        ]
        kind = np.complex128 if re.search(r"^Flags:.*complex", header, re.M) else np.float64
        size = counts["Variables"] * counts["Points"] * np.dtype(kind).itemsize
        begin = mark + len(b"Binary:\n")
        table = np.frombuffer(data[begin : begin + size], dtype=kind).reshape(
            counts["Points"], counts["Variables"]
        )
        vectors = {name: table[:, column].copy() for column, name in enumerate(names)}
        start = begin + size
    if not vectors:
        raise SpiceError(f"{path.name}: holds no vectors")
    return vectors


def run_many[T, R](function: Callable[[T], R], jobs: Iterable[T], *, workers: int = 2) -> list[R]:
    """function(job) for every job, `workers` at a time, results in the order of the jobs; the first failure
    is raised."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, jobs))
