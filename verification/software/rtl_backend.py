"""The backend rtl: of the driver: the controller's RTL in Icarus, as a child of the process in which the
script runs.

    import neusoc.verification.software.rtl_backend
    with Chip.open("rtl:mini?seed=3") as chip: ...

Behind the RTL's pins are the emulator's cells and neurons (rtl_server.py, rtl_membranes.py). Simulated time
passes with accesses and with Transport.wait alone. A simulator ends with its host, however that ends.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from enum import IntEnum
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import NamedTuple, Self

from neusoc.analog.reram.statistics import Statistics
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import alone, step
from neusoc.base.tools import tool, versions
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from neusoc.software.driver.backends.address import (
    CELLS,
    chosen_cells,
    given_options,
    register_backend,
    state_file,
    variant,
)
from neusoc.software.driver.backends.array import Cells, twin_array
from neusoc.software.driver.transport import Timeout, Transport
from neusoc.software.emulator.cell_files import load_cells
from neusoc.verification.cocotb import run
from neusoc.verification.cocotb.run import BUILD_ARGS, build_top, run_top

SIMULATOR = "icarus"
FOLDER = BUILD / "software" / "rtl"
EXAMPLE = "rtl:mini?seed=1"
MODULE = "neusoc.verification.software.rtl_server"
START_S, ANSWER_S, END_S = (
    120.0,
    60.0,
    10.0,
)  # longest waits for a simulator: to come up, to answer, to end; a part of a wait takes 1 s
PART_CYCLES = 5000  # simulated in one answer
SETTLE_CYCLES = (
    1 << 18
)  # of a wait, after which no counter of the chip runs: the longest, LEARN.window, is half of it
SLOTS = 64  # chips of one variant that may be open at once: each has a folder for its log


class State(IntEnum):
    """What goes on in the chip without its host."""

    RESTS = 0  # nothing, whatever time passes
    SETTLES = 1  # counters of bounded length may run: refractory times, inhibition, time-outs
    WORKS = 2  # a job or a row pulse


class Options(NamedTuple):
    """What an address may say after its variant."""

    seed: int = 1  # as of emulator:
    cells: str = "reram"
    state: Path | None = (
        None  # as of emulator:, but what the simulation does to the cells is not written back
    )


def built(chip: Chip) -> Path:
    """Folder with the controller compiled for Icarus, made unless its sources are those of the last time.

    Raises:
        UserError: Icarus is missing or too old.
        RuntimeError: it refuses the sources.
    """
    tool("iverilog")
    folder, sources = FOLDER / chip.name, rtl_sources()
    sizes, options = parameters(chip), BUILD_ARGS[SIMULATOR]

    def compile_rtl() -> None:
        build_top(SIMULATOR, TOP, sources, folder, defines=DEFINES, sizes=sizes, options=options)

    inputs = [*sources, *needs(Path(run.__file__))]
    step(f"software.rtl.{chip.name}", inputs, [folder / "sim.vvp"], compile_rtl, sizes, versions("iverilog"))
    return folder


def _ended(connection: Connection, process: subprocess.Popen[bytes], held: ExitStack) -> None:
    """Nothing of a simulator is left."""
    connection.close()  # it ends by itself
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_S)
    held.close()


class RtlChip:
    """Transport to a simulated controller; `with` closes it.

    Attributes:
        folder: folder of its log.

    Args:
        chip: its sizes.
        array: its cells, as they are now: the simulator has a copy of them.
        seed: names the chip whose neurons it has.

    Raises:
        UserError: Icarus is missing, or the neurons were not measured.
        Timeout: the simulator does not come up.
    """

    def __init__(self, chip: Chip, array: Cells, seed: int = 1) -> None:
        build, self._number = built(chip), 0
        held = ExitStack()
        self.folder = _slot(chip, held)
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", __spec__.name, chip.name, str(build), str(self.folder)]
        quiet = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTEST")
        }  # the runner would look there
        with theirs, (self.folder / "child.log").open("wb") as log:
            # Its own session: a Ctrl-C is for the script, which may stop a job before the simulator ends.
            process = subprocess.Popen(
                command, stdin=theirs, stdout=log, stderr=subprocess.STDOUT, env=quiet, start_new_session=True
            )
        self._process, self._connection = process, Connection(ours.detach())
        self._end = weakref.finalize(self, _ended, self._connection, process, held)
        try:
            self._send((array, seed))
            self._answer(0, START_S)
        except BaseException:
            self.close()
            raise

    @property
    def process(self) -> int:
        """Number of the child, and of the group of processes that it leads."""
        return self._process.pid

    def close(self) -> None:
        """End the simulator."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- Transport

    def read(self, offset: int) -> int:
        return self._asked("read", offset)

    def write(self, offset: int, value: int) -> None:
        self._asked("write", offset, value)

    def poll(self, seconds: float) -> None:
        for part in _parts(seconds):
            self._asked("poll", part)

    def wait(self, seconds: float) -> None:
        """As Transport says: simulated until nothing in the chip moves any more; the cells age by all of
        it."""
        passed = 0
        for part in _parts(seconds):
            state = self._asked("pass", part)
            passed += part
            if state == State.RESTS or state == State.SETTLES and passed >= SETTLE_CYCLES:
                break
        self._asked("age", seconds)

    # --- what goes through the socket

    def _asked(self, what: str, *arguments: float) -> int:
        """One question.

        Raises:
            Timeout: no answer, or no acknowledge on the bus.
            DriverError: the chip met what there is no model of.
        """
        self._number += 1
        self._send((self._number, what, arguments))
        return self._answer(self._number, ANSWER_S)

    def _send(self, message: object) -> None:
        if not self._end.alive:
            raise Timeout(f"{self._title}: is closed; open it anew")
        try:
            self._connection.send(message)
        except OSError:
            raise self._gone() from None
        except BaseException:  # half a message: nothing can follow it
            self.close()
            raise

    def _answer(self, number: int, seconds: float) -> int:
        """The answer of a number; those of questions that a Ctrl-C left are dropped."""
        until = time.monotonic() + seconds
        while True:
            if not self._connection.poll(max(0.0, until - time.monotonic())):
                raise self._gone(f"does not answer within {seconds:g} s")
            try:
                told, found = self._connection.recv()
            except (EOFError, OSError):
                raise self._gone() from None
            except BaseException:  # half an answer: what follows is none
                self.close()
                raise
            if told == number:
                break
        if isinstance(found, UserError):
            raise found
        return int(found)

    @property
    def _title(self) -> str:
        return f"rtl:{self.folder.parent.name}"

    def _gone(self, what: str = "has ended") -> Timeout:
        """The simulator is of no use any more: it is ended, its log stays."""
        self.close()
        log = next(path for path in (self.folder / "run.log", self.folder / "child.log") if path.exists())
        return Timeout(f"{self._title}: the simulator {what}; see {log}, and open it anew")


def _parts(seconds: float) -> Iterator[int]:
    """Clock cycles of a time, in parts."""
    left = round(seconds / CLOCK_S)
    while left > 0:
        yield min(left, PART_CYCLES)
        left -= PART_CYCLES


def _slot(chip: Chip, held: ExitStack) -> Path:
    """An empty folder for a log that no other chip has.

    Raises:
        UserError: too many are open.
    """
    for k in range(SLOTS):
        folder = FOLDER / chip.name / f"run{k}"
        with suppress(UserError):
            held.enter_context(alone(folder.with_suffix(".lock"), str(folder), 0.0))
            folder.mkdir(exist_ok=True)
            for name in ("run.log", "child.log"):
                (folder / name).unlink(missing_ok=True)
            return folder
    raise UserError(f"rtl:{chip.name}: {SLOTS} of them are open; close some")


def open_rtl(address: str, name: str, query: str) -> Transport:
    """The chip at an address.

    Raises:
        UserError: as of open_backend() and RtlChip.
    """
    chip = variant(address, name, EXAMPLE)
    given = given_options(address, query, Options._fields, EXAMPLE)
    chosen = Options(*chosen_cells(address, given), state_file(address, given))
    if chosen.state:
        kept = load_cells(chosen.state, chip, chosen.seed)
        return RtlChip(chip, twin_array(chip, chosen.seed, kept), chosen.seed)
    return RtlChip(chip, CELLS[chosen.cells](chip, chosen.seed), chosen.seed)


# Classes that pydantic makes of generic ones have no name that pickle finds: a model goes as what it is made
# of.
ForkingPickler.register(Statistics, lambda model: (Statistics.model_validate, (model.model_dump(),)))
register_backend("rtl", open_rtl, EXAMPLE)

if __name__ == "__main__":
    # Without that, cocotb compiles every module that is imported anew, for the text of its assertions.
    its_chip = load_chip(sys.argv[1])
    run_top(
        SIMULATOR,
        TOP,
        [MODULE],
        its_chip,
        Path(sys.argv[3]),
        build=Path(sys.argv[2]),
        environment={"COCOTB_REWRITE_ASSERTION_FILES": ""},
    )
