"""Mutants of layouts and netlists: how many of them DRC, LVS and ERC see.

`make mutants` goes on where it was left: build/layout_mutants/verdicts holds the verdict of each mutant by what it is made of (layout,
fault, netlist, checkers). Before them the sound blocks run: a checker that complains of those would seem to see everything.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.chip.erc import WAIVERS
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.tools.layout_mutants import faults, netlist_faults
from neusoc.verification.tools.layout_mutants.blocks import Sound, all_blocks
from neusoc.verification.tools.layout_mutants.conductors import Conductors
from neusoc.verification.tools.layout_mutants.equivalence import argument
from neusoc.verification.tools.layout_mutants.judge import by_drc, by_erc, by_lvs

SEED = 1
FOLDER = BUILD / "layout_mutants"
NETLIST_FAULTS = 3      # of each kind in each block
A_SHEET = 45            # mutants of one run of the decks
SOUND = "none"          # name of what has no fault


@dataclass(frozen=True)
class Judged:
    """A mutant and what became of it.

    Attributes:
        block, kind, name: names of the mutant; kind and name as of its fault.
        drc, lvs, netgen, erc: findings; netgen only where klayout.db found nothing, or in a netlist fault.
        why_none: argument that it is none (equivalence.py), or nothing.
    """

    block: str
    kind: str
    name: str
    drc: tuple[str, ...]
    lvs: tuple[str, ...]
    netgen: tuple[str, ...]
    erc: tuple[str, ...]
    why_none: str

    @property
    def by(self) -> tuple[str, ...]:
        """Checkers that saw it."""
        seen = {"drc": self.drc, "lvs": self.lvs + self.netgen, "erc": self.erc}
        return tuple(name for name, found in seen.items() if found)


class Interrupted(UserError):
    """Not all mutants have a verdict; what has one is kept."""


Task = tuple[str, str, str, str, str]       # layout or netlist, GDS, cell, netlist, folder


def _verdict(task: Task) -> dict[str, list[str]]:
    """What a worker does: one mutant under LVS, and ERC unless its netlist is what is wrong."""
    what, gds, cell, netlist, folder = task
    with tempfile.TemporaryDirectory(dir=folder) as own:
        first, second = by_lvs(Path(gds), cell, Path(netlist), Path(own), both=what == "netlist")
        erc = [] if what == "netlist" else by_erc(Path(gds), cell, Path(netlist), Path(own))
    return {"lvs": first, "netgen": second, "erc": erc}


class Campaign:
    """Draws, judges and remembers.

    Args:
        blocks: blocks that are damaged.
        seed: seed of the faults.
        folder: folder of verdicts.
        processes: number of processes at once.
        say: is told the progress.
    """

    def __init__(
        self, blocks: Sequence[Sound], seed: int = SEED, folder: Path = FOLDER, processes: int = 2, say: Callable[[str], None] = print
    ) -> None:
        self.blocks, self.seed, self.folder, self.processes, self.say = blocks, seed, folder, processes, say
        here = ROOT / "verification"
        self.checks = content_hash(
            [*needs(here / "signoff" / "lvs.py", here / "chip" / "erc.py", here / "layout_mutants" / "judge.py"), WAIVERS],
            find_pdk().hash, *versions("klayout", "netgen-lvs").values(),
        )  # fmt: skip
        self.arguments = content_hash(needs(Path(__file__).with_name("equivalence.py")))
        self.decks = content_hash(
            needs(here / "signoff" / "drc.py", here / "layout_mutants" / "judge.py"), find_pdk().hash,
            *versions("klayout", "cf-precheck", "glayout").values(),
        )  # fmt: skip

    def layouts(self, block: Sound) -> list[faults.Fault]:
        """Faults of a block's layout, the sound one before them."""
        drawn = [faults.draw(block.conductors, kind, block.count, f"{self.seed}/{block.cell}/{kind}") for kind in faults.KINDS]
        return [faults.Fault(SOUND, block.cell), *(fault for some in drawn for fault in some)]

    def netlists(self, block: Sound) -> list[netlist_faults.NetlistFault]:
        """Faults of a block's netlist."""
        kinds = netlist_faults.KINDS
        drawn = [netlist_faults.draw(block.circuits, kind, NETLIST_FAULTS, f"{self.seed}/{block.cell}/{kind}") for kind in kinds]
        return [fault for some in drawn for fault in some]

    def _entry(self, kind: str, block: Sound, key: object) -> Entry:
        checks = self.decks if kind == "drc" else self.checks
        return Entry(self.folder / "verdicts" / f"{kind}.json", content_hash([block.gds, block.netlist], checks, key))

    def run(self, seconds: float | None = None) -> list[Judged]:
        """Judge what is left; returns all verdicts.

        Args:
            seconds: time on the clock, s, after which no further mutant begins.

        Raises:
            RuntimeError: a checker complains of a sound block, or a deck did not finish.
            Interrupted: the time is over.
        """
        clock = Clock(seconds)
        found = []
        with _pool(self.processes) as pool:
            for block in self.blocks:
                found += self._layouts_of(block, clock, pool)
                found += self._netlists_of(block, clock, pool)
        return found

    def _layouts_of(self, block: Sound, clock: Clock, pool: ProcessPoolExecutor) -> list[Judged]:
        drawn = self.layouts(block)
        lvs_erc = [self._entry("lvs_erc", block, fault) for fault in drawn]
        drc = [self._entry("drc", block, fault) for fault in drawn]
        with tempfile.TemporaryDirectory() as folder:
            self._sheets(block, drawn, drc, Path(folder), clock)
            names = [f"{block.cell}: {fault.name}" for fault in drawn]
            for some in (range(1), range(1, len(drawn))):           # the sound one first
                left = [number for number in some if lvs_erc[number].found() is None]
                planted = [str(self._planted(block, drawn[number], Path(folder), number)) for number in left]
                tasks = [
                    (number, ("layout", gds, block.cell, str(block.netlist), folder)) for number, gds in zip(left, planted, strict=True)
                ]  # fmt: skip
                self._each(tasks, lvs_erc, names, clock, pool)
                self._must_be_clean(block, {**_read(lvs_erc[0]), **_read(drc[0])})
        found = []
        for fault, one, other in zip(drawn, lvs_erc, drc, strict=True):
            seen = {**_read(one), **_read(other)}
            why = "" if fault.kind == SOUND else self._argument(block, fault)
            found.append(_judged(block, fault.kind, f"{block.cell}: {fault.name}", seen, why))
        return found[1:]

    def _must_be_clean(self, block: Sound, seen: dict[str, list[str]]) -> None:
        """No checker may complain of what has no fault."""
        if complaints := {checker: found for checker, found in seen.items() if found}:
            raise RuntimeError(f"{block.cell} without a fault: {complaints}; no verdict on its mutants counts")

    def _planted(self, block: Sound, fault: faults.Fault, folder: Path, number: int) -> Path:
        path = folder / f"{block.cell}.{number}.gds"
        return path if path.is_file() else faults.plant(block.drawing(), fault).write(path)

    def _argument(self, block: Sound, fault: faults.Fault) -> str:
        """Kept as well: it takes as long as a small check."""
        def made() -> str:
            mutant: Mutant = faults.plant(block.drawing(), fault)
            return json.dumps({"why": argument(block.conductors, Conductors(mutant.layout, block.cell))})

        return str(_read(self._entry("argument", block, (fault, self.arguments)), made)["why"])

    def _sheets(self, block: Sound, drawn: Sequence[faults.Fault], entries: Sequence[Entry], folder: Path, clock: Clock) -> None:
        """Run the decks over what has no verdict of theirs."""
        left = [number for number, entry in enumerate(entries) if entry.found() is None]
        for first in range(0, len(left), A_SHEET):
            clock.check()
            some = left[first:first + A_SHEET]
            self.say(f"{block.cell}: decks over {len(some)} mutants")
            layouts = [self._planted(block, drawn[number], folder, number) for number in some]
            for number, rules in zip(some, by_drc(layouts, block.cell, folder, self.processes), strict=True):
                entries[number].put(json.dumps({"drc": rules}))

    def _netlists_of(self, block: Sound, clock: Clock, pool: ProcessPoolExecutor) -> list[Judged]:
        drawn = self.netlists(block)
        entries = [self._entry("netlist", block, fault) for fault in drawn]
        with tempfile.TemporaryDirectory() as folder:
            tasks = []
            for number, fault in enumerate(drawn):
                if entries[number].found() is None:
                    path = Path(folder) / f"{block.cell}.{number}.spice"
                    path.write_text(fault.text)
                    tasks.append((number, ("netlist", str(block.gds), block.cell, str(path), folder)))
            self._each(tasks, entries, [f"{block.cell}: {fault.name}" for fault in drawn], clock, pool)
        return [
            _judged(block, f"netlist, {fault.kind}", f"{block.cell}: {fault.name}", _read(entry), "")
            for fault, entry in zip(drawn, entries, strict=True)
        ]  # fmt: skip

    def _each(
        self, tasks: Sequence[tuple[int, Task]], entries: Sequence[Entry], names: Sequence[str], clock: Clock, pool: ProcessPoolExecutor
    ) -> None:
        """Judge in processes; each verdict is kept as soon as it is there."""
        running = {pool.submit(_verdict, task): number for number, task in tasks}
        try:
            for count, done in enumerate(as_completed(running), 1):
                seen = done.result()
                entries[running[done]].put(json.dumps(seen))
                by = [name for name, found in seen.items() if found]
                self.say(f"{count}/{len(tasks)} {names[running[done]]}: {', '.join(by) or 'not seen'}")
                clock.check()
        finally:                                                    # those that run still use the folder of the caller
            for future in running:
                future.cancel()
            wait(running)


class Clock:
    """Whether there is time for another mutant."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds, self._began = seconds, monotonic()

    def check(self) -> None:
        """Raises Interrupted if the time is over."""
        if self.seconds is not None and monotonic() > self._began + self.seconds:
            raise Interrupted(f"--seconds {self.seconds:g}: not all mutants have a verdict yet; run it again, it goes on from here")


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of their own start; what has not begun when an error leaves is not begun."""
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def _read(entry: Entry, make: Callable[[], str] | None = None) -> dict[str, list[str]]:
    path = entry.made(make) if make is not None else entry.found()
    if path is None:
        raise RuntimeError(f"{entry.place}: a verdict is missing; run `make mutants` again")
    found: dict[str, list[str]] = json.loads(path.read_text())
    return found


def _judged(block: Sound, kind: str, name: str, seen: dict[str, list[str]], why: str) -> Judged:
    drc, lvs, netgen, erc = (tuple(seen.get(checker, ())) for checker in ("drc", "lvs", "netgen", "erc"))
    return Judged(block.cell, kind, name, drc, lvs, netgen, erc, why)


def blocks(folder: Path = FOLDER) -> list[Sound]:
    """What the step damages."""
    return all_blocks(folder / "sound")
