"""Progress of long work: a bar on a terminal, a line for each part elsewhere, as in the log of CI."""

from __future__ import annotations

import itertools
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Bar:
    """Counts parts that end, in whatever thread.

    Args:
        what: name of what is counted.
        total: number of parts; without any nothing is shown.
        console: place of the bar; the terminal's error output by default.
        every: number of parts for which there is a line where there is no terminal; the last has one in any
            case.
    """

    def __init__(self, what: str, total: int, console: Console | None = None, every: int = 1) -> None:
        self._console, self._every = console or Console(stderr=True), every
        self._what, self._total, self._count = what, total, itertools.count(1)
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bar = (
            Progress(*columns, console=self._console, transient=True)
            if self._console.is_terminal and total
            else None
        )
        self._task = self._bar.add_task(what, total=total) if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, part: str) -> None:
        """A part has ended."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, advance=1, description=part)
        elif self._total and ((count := next(self._count)) % self._every == 0 or count == self._total):
            line = f"  {self._what}: {count} of {self._total}, {part}"
            self._console.print(line, soft_wrap=True, highlight=False, markup=False)
