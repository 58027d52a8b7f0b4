"""Design rules: three KLayout decks over one GDS, violations counted from the report databases.

    neusoc drc --gds FILE [--top CELL]

Decks (none is copied into the repository; the first two are read from installed wheels):
    mr          sky130B_mr.drc of cf-precheck, with feol, beol, offgrid and floating_met
    sky130      sky130.lydrc of glayout: the <text> of its XML, with FEOL on
    supplement  supplement.drc beside this file
A deck that stops on a script error leaves a partial report that looks clean: its log and exit code decide first.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore

import klayout.rdb as rdb
from neusoc.base.errors import UserError, disk_refused
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import content_hash
from neusoc.base.tools import TOO_LARGE, tool, versions
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.database_file import ROOM
from neusoc.verification.signoff.gds import read_layout
from rich.console import Console
from rich.table import Table

DECKS = ("mr", "sky130", "supplement")
# For one deck: processor time, which a loaded machine does not stretch, and against a deck that sleeps the time on the clock.
CPU_SECONDS, WALL_SECONDS = 1200, 6 * 3600.0
LOOK_S = 0.1  # between two looks at the memory of a deck
_SUPPLEMENT = Path(__file__).with_name("supplement.drc")
# text in sky130.lydrc -> text in the deck that runs; each must occur exactly once
_LYDRC_EDITS = (
    ("  source($input)\n", "  source($input, $top_cell)\n"),
    ("FEOL    = false", "FEOL    = true"),
    ("threads(4)", "threads(($thr || 1).to_i)"),
    # What a resistor under rpm asks for (rpm.1 to rpm.8, bars for contacts), one of the higher sheet under urpm asks for as well.
    ("\nrpm = polygons(86, 20)\n", "\nrpm = polygons(86, 20) + polygons(79, 20)\n"),
    # licon.7 is a rule of taps and looks for edges 0.17 apart: the bars of precision resistors (0.19, licon.1b) are none of its concern.
    ("licon.not_interacting(opposite1)", "licon.not_inside(rpm).not_interacting(opposite1)"),
    # The rules of capm name met2, via and via2, the stack of an older process: here capm lies on met3, one metal up. capm.10 (no edge of
    # a lower layer below capm) is of that stack alone: the published table gives it no value, and the revision of these rules for
    # sky130 removes it as obsolete (google/skywater-pdk, pull request 263); sky130B_mr.drc has none.
    ("m2.interacting(capm)", "m3.interacting(capm)"),
    ("m2.enclosing(capm", "m3.enclosing(capm"),
    ("capm.enclosing(via2", "capm.enclosing(via3"),
    ("capm.separation(via2", "capm.separation(via3"),
    ("capm.separation(via,", "capm.separation(via2,"),
    ("capm.separation(m2.not_interacting(capm),  0.14", "capm.separation(m3.not_interacting(capm),  0.5"),
    *((f'capm.and({layer}).edges.not(capm.edges).output("capm.10", "capm.10 : capm must not straddle {layer}")\n', "")
      for layer in ("nwell", "diff", "tap", "poly", "li", "m1")),
    # The rules of VPP capacitors say nothing where there is none, but merge poly, li1, met1 and met2 of the whole chip: minutes.
    ("#   vpp\n", "unless vpp.is_empty?\n#   vpp\n"),
    ("# rule vpp.10 not coded\n", "end\n# rule vpp.10 not coded\n"),
)


@dataclass(frozen=True)
class Violation:
    """Violations of one rule.

    Attributes:
        deck: name of the deck that found it.
        rule: name of the rule.
        text: the deck's description.
        count: number of markers.
        first: the first markers' shapes as text, um in the top cell.
    """

    deck: str
    rule: str
    text: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class DrcResult:
    """What the decks found.

    Attributes:
        counts: deck -> number of violations; None if the deck did not finish.
        errors: deck -> why it did not finish.
        violations: per rule, decks in order.
        rules: deck -> number of rules it reports on.
        reports: deck -> report database, opened by KLayout's marker browser.
        memory: deck -> most memory that its process was seen to hold, MB.
    """

    counts: dict[str, int | None]
    errors: dict[str, str]
    violations: list[Violation]
    rules: dict[str, int]
    reports: dict[str, Path]
    memory: dict[str, float]

    @property
    def clean(self) -> bool:
        """Whether every deck finished and none found anything."""
        return set(self.counts) == set(DECKS) and all(n == 0 for n in self.counts.values())


def _wheel_file(package: str, name: str, wheel: str) -> Path:
    """A file of an installed package, found without importing the package."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / name
        if path.is_file():
            return path
    raise UserError(f"DRC: {package}/{name} not found in this environment; install the wheel {wheel} (`make setup` does)")


def _lydrc_text(path: Path) -> str:
    """The script of sky130.lydrc with the front-end rules on, its top cell and its threads chosen by variables."""
    text = ElementTree.parse(path).getroot().findtext("text") or ""
    for old, new in _LYDRC_EDITS:
        if text.count(old) != 1:
            found = f"{text.count(old)} times {old.strip()!r} instead of once"
            raise UserError(f"DRC: {path.name} of the glayout wheel has {found}; install glayout 0.2.0")
        text = text.replace(old, new)
    return text


def find_decks(out_dir: Path) -> dict[str, Path]:
    """Deck -> script, the slowest first, so that it does not stand alone at the end. Writes the script of the XML deck into out_dir.

    Raises:
        UserError: a wheel is not installed, or not the version that is known.
    """
    lydrc = _wheel_file("glayout", "pdk/sky130_mapped/sky130.lydrc", "glayout==0.2.0")
    return {
        "sky130": write_atomic(out_dir / "sky130.drc", _lydrc_text(lydrc)),
        "mr": _wheel_file("cf_precheck", "drc_scripts/sky130B_mr.drc", "cf-precheck==1.3.7"),
        "supplement": _SUPPLEMENT,
    }


def _command(deck: str, script: Path, gds: Path, top: str, report: Path, threads: int) -> list[str]:
    variables = {"input": gds.resolve(), "top_cell": top, "report": report.resolve(), "thr": threads}
    if deck == "mr":
        variables |= dict.fromkeys(("feol", "beol", "offgrid", "floating_met"), "true") | {"seal": "false"}
    return [tool("klayout"), "-b", "-r", str(script), *(word for k, v in variables.items() for word in ("-rd", f"{k}={v}"))]


def _script_error(log: Path, code: int, cpu_seconds: int) -> str | None:
    """Why a deck did not finish, or None. Any line with ERROR counts, whatever the exit code."""
    if code == -signal.SIGXCPU:
        return f"no end after {cpu_seconds} s of processor time"
    lines = log.read_text(errors="replace").splitlines()
    told = next((" ".join(line.split()) for line in lines if line.lstrip().startswith("ERROR") or "ERROR:" in line), None)
    if told:
        return told
    if code < 0:
        return f"KLayout was killed by signal {-code}"
    return f"KLayout ended with code {code}" if code else None


def _room_left(out_dir: Path, deck: str, code: int | None, error: str) -> None:
    """Where a deck did not finish: a disk that refuses is no verdict on the layout.

    Raises:
        UserError: the limit of a file's size ended it, or its own words tell of a disk that refuses.
        OSError: nothing more can be written beside its report.
    """
    said = f"{deck} deck: {TOO_LARGE}" if code == -signal.SIGXFSZ else disk_refused(RuntimeError(error))
    if said:
        raise UserError(said)
    write_atomic(out_dir / "room", bytes(ROOM)).unlink()


def read_markers(report: Path, deck: str, keep: int = 3) -> tuple[list[Violation], int]:
    """Violations in a KLayout report database, and the number of its rules."""
    database = rdb.ReportDatabase(deck)
    database.load(str(report))
    found, rules = [], 0
    for category in database.each_category():
        rules += 1
        if not category.num_items():
            continue
        shapes = []
        for item in database.each_item_per_category(category.rdb_id()):
            shapes += [value.to_s() for value in item.each_value()][:1]
            if len(shapes) == keep:
                break
        found.append(Violation(deck, category.name(), category.description, category.num_items(), tuple(shapes)))
    return found, rules


def _most_memory(process: subprocess.Popen[bytes]) -> float:
    """Most memory that a process that runs has held, MB; 0 of one that has ended, of which the kernel counts its parent too."""
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    except OSError:
        return 0.0
    return float(found[1]) / 1000 if found else 0.0


@dataclass(frozen=True)
class _Ended:
    """Decks that ran: exit code of each that ended in time, most memory of each in MB."""

    codes: dict[str, int]
    memory: dict[str, float]


def _side_by_side(
    commands: dict[str, list[str]], logs: dict[str, Path], environment: dict[str, str], most: int, cores: Semaphore | None,
    wall_seconds: float,
) -> _Ended:  # fmt: skip
    """Run commands in their order, `most` at once, each with a core of the pool; one that is late is killed."""
    pool, waiting = cores or Semaphore(most), list(commands)
    running: dict[str, tuple[subprocess.Popen[bytes], Stopwatch]] = {}
    ended = _Ended({}, dict.fromkeys(commands, 0.0))

    def end(deck: str) -> None:
        process, _ = running.pop(deck)
        if process.poll() is None:
            process.kill()
            process.wait()
        pool.release()

    try:
        while waiting or running:
            if waiting and len(running) < most and pool.acquire(timeout=0 if running else LOOK_S):
                deck = waiting.pop(0)
                try:
                    with logs[deck].open("w") as log:
                        process = subprocess.Popen(
                            commands[deck], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
                        )
                except OSError:
                    pool.release()
                    raise
                running[deck] = process, Stopwatch()
                continue
            for deck, (process, watch) in list(running.items()):
                if (code := process.poll()) is not None:
                    ended.codes[deck] = code
                elif watch.seconds < wall_seconds:
                    ended.memory[deck] = max(ended.memory[deck], _most_memory(process))
                    continue
                end(deck)
            if running:
                with suppress(subprocess.TimeoutExpired):
                    next(iter(running.values()))[0].wait(LOOK_S)
    finally:
        for deck in list(running):
            end(deck)
    return ended


def run_drc(
    gds: Path,
    top: str,
    out_dir: Path,
    threads: int = 2,
    decks: dict[str, Path] | None = None,
    *,
    cores: Semaphore | None = None,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> DrcResult:
    """Run the decks over one cell, side by side on `threads` processor cores.

    Args:
        gds: layout file.
        top: cell to check.
        out_dir: folder for <top>.<deck>.lyrdb and .log.
        threads: processor cores to use.
        decks: deck -> script; the three of find_decks() by default.
        cores: pool of processor cores that cells checked at the same time share, one for each deck; None: none is shared.
        cpu_seconds: processor time for one deck, all its threads together.
        wall_seconds: time on the clock, s, for one deck.

    Raises:
        UserError: bad GDS, a deck or KLayout is missing, or the disk refuses.
    """
    read_layout(gds, top)
    out_dir.mkdir(parents=True, exist_ok=True)
    scripts = decks or find_decks(out_dir)
    reports = {deck: out_dir / f"{top}.{deck}.lyrdb" for deck in scripts}
    logs = {deck: out_dir / f"{top}.{deck}.log" for deck in scripts}
    each = max(1, threads // len(scripts))
    for report in reports.values():
        report.unlink(missing_ok=True)
    # the second limit ends a program that survives the signal of the first
    limited = ["prlimit", f"--cpu={cpu_seconds}:{cpu_seconds + 5}", "--core=0"]
    commands = {deck: [*limited, *_command(deck, script, gds, top, reports[deck], each)] for deck, script in scripts.items()}
    environment = {**os.environ, "KLAYOUT_HOME": str(out_dir)}
    ended = _side_by_side(commands, logs, environment, max(1, threads), cores, wall_seconds)

    counts: dict[str, int | None] = {}
    errors: dict[str, str] = {}
    violations: list[Violation] = []
    rules: dict[str, int] = {}
    for deck, report in reports.items():
        late = deck not in ended.codes
        error = f"no end after {wall_seconds:.0f} s" if late else _script_error(logs[deck], ended.codes[deck], cpu_seconds)
        if error is None:
            try:
                found, rules[deck] = read_markers(report, deck)
            except RuntimeError as problem:
                error = f"no readable report ({' '.join(str(problem).split())})"
        if error is None and not rules[deck]:
            error = "the report names no rule: the deck checked nothing"
        if error:
            try:
                _room_left(out_dir, deck, ended.codes.get(deck), error)
            except (UserError, OSError):
                for half in reports.values():
                    half.unlink(missing_ok=True)
                raise
            counts[deck] = None
            errors[deck] = f"{error}; see {logs[deck]}"
        else:
            violations += found
            counts[deck] = sum(v.count for v in found)
    return DrcResult(counts, errors, violations, rules, reports, ended.memory)


def drc_table(result: DrcResult) -> Table:
    """Rule x count x first coordinates, for a terminal."""
    table = Table("deck", "rule", "count", "first, um", "meaning", title="design rule violations")
    for deck, error in result.errors.items():
        table.add_row(deck, "(did not finish)", "?", "", error, style="red")
    for v in result.violations:
        table.add_row(v.deck, v.rule, str(v.count), "\n".join(v.first), v.text.removeprefix(v.rule).lstrip(" :"))
    return table


def report_hash(gds: Path) -> str:
    """Hash of what a report of DRC is made of: the layout, the project's deck, and the versions that bring the other two."""
    return content_hash([gds, _SUPPLEMENT], versions("klayout", "cf-precheck", "glayout"))


def check_drc(
    gds: Path,
    top: str,
    step: str,
    *,
    threads: int = 2,
    cores: Semaphore | None = None,
    out_dir: Path | None = None,
    reports: Path | None = None,
    console: Console | None = None,
) -> Report:
    """Run the three decks, write the report, print a table if anything is wrong.

    Args:
        gds: layout file.
        top: cell.
        step: name of the report.
        threads: processor cores.
        cores: pool of them as of run_drc().
        out_dir: folder for the decks' reports; build/drc/<step> by default.
        reports: folder of <step>.json; build/reports by default.
        console: console for the table.

    Raises:
        UserError: bad GDS, or a deck or KLayout is missing.
    """
    watch = Stopwatch()
    result = run_drc(gds, top, out_dir or BUILD / "drc" / step, threads, cores=cores)
    pdk = find_pdk()
    figures = [Figure(name=f"drc.{deck}", value=result.counts.get(deck), unit="violations", max=0, source="gds") for deck in DECKS]
    figures += [Figure(name=f"rules.{deck}", value=result.rules.get(deck), unit="rules", min=1, source="gds") for deck in DECKS]
    figures.append(Figure(name="memory", value=round(max(result.memory.values())), unit="MB", source="measured", at="the largest deck"))
    report = Report(
        step=step,
        figures=figures,
        tools=versions("klayout", "cf-precheck", "glayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=report_hash(gds),
        seconds=watch.seconds,
        files={"gds": str(gds), **{deck: str(path) for deck, path in result.reports.items()}},
    )
    report.write(reports)
    if not result.clean:
        console = console or Console()
        console.print(drc_table(result))
        for path in result.reports.values():
            console.print(f"klayout {gds} -m {path}", soft_wrap=True)
    return report
