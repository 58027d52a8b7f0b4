"""`make mutants`: random faults in layouts and netlists, and how many of them DRC, LVS and ERC see.

It goes on where it was left: build/layout_mutants/verdicts holds the verdict of each mutant by what it is
made of (layout, fault, netlist, checkers). The sound blocks run first: a checker that complains of those
would seem to see everything.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.chip.erc import WAIVERS
from neusoc.verification.tools.layout_mutants import faults, netlist_faults
from neusoc.verification.tools.layout_mutants.blocks import Sound
from neusoc.verification.tools.layout_mutants.conductors import Conductors
from neusoc.verification.tools.layout_mutants.equivalence import argument
from neusoc.verification.tools.layout_mutants.judge import by_drc, by_erc, by_lvs

SEED = 1
FOLDER = BUILD / "layout_mutants"
NETLIST_FAULTS = 3  # of each kind in each block
A_SHEET = 45  # mutants of one run of the decks
SOUND = "none"  # name of what has no fault
Findings = dict[str, list[str]]  # checker -> what it says
Job = tuple[
    Entry, tuple[str, Path, str, Path, Path], str
]  # where the verdict is kept, arguments of verdict(), name


@dataclass(frozen=True)
class Judged:
    """A mutant and what became of it.

    Attributes:
        kind, name: kind of the fault; block and name of the fault.
        drc, lvs, netgen, erc: findings; netgen only where klayout.db reported nothing, or in a netlist fault.
        equivalent: argument that the circuit is the same (equivalence.py), or nothing.
    """

    kind: str
    name: str
    drc: tuple[str, ...]
    lvs: tuple[str, ...]
    netgen: tuple[str, ...]
    erc: tuple[str, ...]
    equivalent: str

    @property
    def by(self) -> tuple[str, ...]:
        """Checkers that saw it."""
        seen = {"drc": self.drc, "lvs": self.lvs + self.netgen, "erc": self.erc}
        return tuple(name for name, findings in seen.items() if findings)


def verdict(what: str, gds: Path, cell: str, netlist: Path, folder: Path) -> Findings:
    """One mutant under LVS, and under ERC if its layout is what is wrong.

    Args:
        what: layout or netlist.
        gds, cell, netlist: the mutant.
        folder: folder for a folder of its own.
    """
    with tempfile.TemporaryDirectory(dir=folder) as own:
        first, second = by_lvs(gds, cell, netlist, Path(own), both=what == "netlist")
        erc = [] if what == "netlist" else by_erc(gds, cell, netlist, Path(own))
    return {"lvs": first, "netgen": second, "erc": erc}


class Campaign:
    """Draws, judges and remembers.

    Args:
        blocks: blocks that are damaged.
        seed: seed of the faults.
        folder: folder of verdicts.
        processes: number of processes at once.
    """

    def __init__(
        self, blocks: Sequence[Sound], seed: int = SEED, folder: Path = FOLDER, processes: int = 2
    ) -> None:
        self.blocks, self.seed, self.folder, self.processes = blocks, seed, folder, processes
        signoff, erc = ROOT / "verification" / "signoff", ROOT / "verification" / "chip" / "erc.py"
        judge, pdk = Path(__file__).with_name("judge.py"), find_pdk().hash
        self.checks = content_hash(
            [*needs(signoff / "lvs.py", erc, judge), WAIVERS],
            pdk,
            *versions("klayout", "netgen-lvs").values(),
        )
        self.decks = content_hash(
            needs(signoff / "drc.py", judge), pdk, *versions("klayout", "cf-precheck", "glayout").values()
        )
        self.arguments = content_hash(needs(Path(__file__).with_name("equivalence.py")))

    def layouts(self, block: Sound) -> list[faults.Fault]:
        """Faults of a block's layout, the sound one before them."""
        seeds = {kind: f"{self.seed}/{block.cell}/{kind}" for kind in faults.KINDS}
        drawn = [faults.draw(block.conductors, kind, block.count, seed) for kind, seed in seeds.items()]
        return [faults.Fault(SOUND, block.cell), *(fault for some in drawn for fault in some)]

    def netlists(self, block: Sound) -> list[netlist_faults.NetlistFault]:
        """Faults of a block's netlist."""
        seeds = {kind: f"{self.seed}/{block.cell}/{kind}" for kind in netlist_faults.KINDS}
        drawn = [
            netlist_faults.draw(block.circuits, kind, NETLIST_FAULTS, seed) for kind, seed in seeds.items()
        ]
        return [fault for some in drawn for fault in some]

    def _entry(self, kind: str, block: Sound, key: object) -> Entry:
        checks = self.decks if kind == "drc" else self.checks
        return Entry(
            self.folder / "verdicts" / f"{kind}.json", content_hash([block.gds, block.netlist], checks, key)
        )

    def run(self) -> list[Judged]:
        """Judge what is left; returns all verdicts.

        Raises:
            RuntimeError: a checker complains of a sound block, or a deck did not finish.
        """
        with ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) as pool:
            parts = [
                part(block, pool) for block in self.blocks for part in (self._layouts_of, self._netlists_of)
            ]
        return [judged for part in parts for judged in part]

    def _layouts_of(self, block: Sound, pool: ProcessPoolExecutor) -> list[Judged]:
        drawn = self.layouts(block)
        drc = [self._entry("drc", block, fault) for fault in drawn]
        both = [self._entry("lvs_erc", block, fault) for fault in drawn]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            planted = {
                number: (
                    faults.plant(block.drawing(), drawn[number]).write(folder / f"{block.cell}.{number}.gds")
                )
                for number in range(len(drawn))
                if drc[number].found() is None or both[number].found() is None
            }
            self._decks(block, [(drc[number], path) for number, path in planted.items()], folder)
            jobs: list[Job] = [
                (
                    both[n],
                    ("layout", path, block.cell, block.netlist, folder),
                    f"{block.cell}: {drawn[n].name}",
                )
                for n, path in planted.items()
            ]
            for some in (jobs[:1], jobs[1:]):  # the sound one first
                _judge(some, pool)
                if complaints := {
                    key: told for key, told in (_read(drc[0]) | _read(both[0])).items() if told
                }:
                    sentence = f"{block.cell} without a fault: {complaints}; no verdict on its mutants counts"
                    raise RuntimeError(sentence)
        return [
            _judged(block, fault, _read(drc[n]) | _read(both[n]), self._argument(block, fault))
            for n, fault in enumerate(drawn)
            if n
        ]

    def _argument(self, block: Sound, fault: faults.Fault) -> str:
        """Kept as well: it takes as long as a small check."""

        def made() -> str:
            mutant = faults.plant(block.drawing(), fault)
            return json.dumps(argument(block.conductors, Conductors(mutant.layout, block.cell)))

        return str(json.loads(self._entry("argument", block, (fault, self.arguments)).made(made).read_text()))

    def _decks(self, block: Sound, waiting: Iterable[tuple[Entry, Path]], folder: Path) -> None:
        """Run the decks over what has no verdict of theirs."""
        left = [pair for pair in waiting if pair[0].found() is None]
        for first in range(0, len(left), A_SHEET):
            some = left[first : first + A_SHEET]
            print(f"{block.cell}: decks over {len(some)} mutants", flush=True)
            findings = by_drc([path for _, path in some], block.cell, folder, self.processes)
            for (entry, _), rules in zip(some, findings, strict=True):
                entry.put(json.dumps({"drc": rules}))

    def _netlists_of(self, block: Sound, pool: ProcessPoolExecutor) -> list[Judged]:
        drawn = self.netlists(block)
        entries = [self._entry("netlist", block, fault) for fault in drawn]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            jobs: list[Job] = []
            for number, fault in enumerate(drawn):
                path = folder / f"{block.cell}.{number}.spice"
                path.write_text(fault.text)
                arguments = ("netlist", block.gds, block.cell, path, folder)
                jobs.append((entries[number], arguments, f"{block.cell}: {fault.name}"))
            _judge(jobs, pool)
        return [_judged(block, fault, _read(entry), "") for fault, entry in zip(drawn, entries, strict=True)]


def _judge(jobs: Sequence[Job], pool: ProcessPoolExecutor) -> None:
    """What has no verdict, in processes; each verdict is kept as soon as it is there."""
    left = [job for job in jobs if job[0].found() is None]
    running = {pool.submit(verdict, *arguments): (entry, name) for entry, arguments, name in left}
    try:
        for count, done in enumerate(as_completed(running), 1):
            entry, name = running[done]
            entry.put(json.dumps(done.result()))
            by = [checker for checker, findings in done.result().items() if findings]
            print(f"{count}/{len(left)} {name}: {', '.join(by) or 'not seen'}", flush=True)
    finally:
        for future in running:  # after an error none begins any more
            future.cancel()


def _read(entry: Entry) -> Findings:
    path = entry.found()
    if path is None:
        raise RuntimeError(f"{entry.place}: a verdict is missing; run `make mutants` again")
    findings: Findings = json.loads(path.read_text())
    return findings


def _judged(
    block: Sound, fault: faults.Fault | netlist_faults.NetlistFault, seen: Findings, equivalent: str
) -> Judged:
    drc, lvs, netgen, erc = (tuple(seen.get(checker, ())) for checker in ("drc", "lvs", "netgen", "erc"))
    return Judged(fault.kind, f"{block.cell}: {fault.name}", drc, lvs, netgen, erc, equivalent)
