"""LibreLane as a child process that shows its progress and leaves nothing behind when interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neusoc.base.errors import UserError

_GRACE = 5.0  # seconds between asking a process group to end and killing it


def end_group(process: subprocess.Popen) -> None:
    """End a process and all its children (its process group), by force if need be."""
    for order, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        try:
            os.killpg(process.pid, order)
        except ProcessLookupError:
            break
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            process.poll()
            if not _group_lives(process.pid):
                break
            time.sleep(0.05)
    process.wait()


def _stop(signal_number: int, frame: object) -> None:
    raise SystemExit(128 + signal_number)


@contextmanager
def _termination_is_an_exception() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that children are ended (in the main thread, which
    alone may)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def run_watched(
    command: list[str],
    *,
    cwd: Path,
    log: Path,
    timeout: float,
    environment: dict[str, str],
    watch: Callable[[], None],
    period: float = 0.5,
) -> int:
    """Run a command in a process group of its own; output goes to a log file.

    Args:
        command: program and arguments.
        cwd: working folder.
        log: file that the output is appended to.
        timeout: longest time, s.
        environment: the whole environment.
        watch: function called every period while it runs, to tell how far it is.
        period: time between two calls of watch, s.

    Returns:
        The exit code.

    Raises:
        UserError: it did not end in time; its children are gone.
        KeyboardInterrupt, SystemExit: after Ctrl-C or SIGTERM, passed on after its children are gone.
    """
    limit = time.monotonic() + timeout
    with _termination_is_an_exception(), log.open("a") as out:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    return process.wait(period)
                except subprocess.TimeoutExpired:
                    watch()
                if time.monotonic() > limit:
                    raise UserError(f"{Path(command[0]).name}: no end after {timeout:.0f} s; see {log}")
        finally:
            end_group(process)


class StepProgress:
    """Prints the steps of a LibreLane run, from the folders that it makes: one line for each step that takes
    a while."""

    def __init__(self, title: str, run_folder: Path) -> None:
        self._title = title
        self._folder = run_folder
        self._start = time.monotonic()
        self._shown = ""

    def __call__(self) -> None:
        """Print the running step if it is a new one."""
        steps = sorted(p.name for p in self._folder.glob("[0-9]*-*") if p.is_dir())
        if steps and steps[-1] != self._shown:
            self._shown = steps[-1]
            print(f"  {self._title}: {time.monotonic() - self._start:4.0f} s  {self._shown}", flush=True)
