"""Design rules: three KLayout decks over one GDS, violations counted from the report databases.

    neusoc drc --gds FILE [--top CELL]

Decks (none is copied into the repository; the first two are read from installed wheels):
    mr          sky130B_mr.drc of cf-precheck, with feol, beol, offgrid and floating_met
    sky130      sky130.lydrc of glayout: the <text> of its XML, with FEOL on
    supplement  supplement.drc beside this file
A deck that stops on a script error leaves a partial report that looks clean: its log and exit code decide
first.
"""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Semaphore

import klayout.rdb as rdb
from neusoc.base.errors import UserError, disk_refused
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.store import content_hash
from neusoc.base.tools import TOO_LARGE, run, tool, versions
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import run_many
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.verdicts import print_findings

DECKS = ("mr", "sky130", "supplement")
# For one deck: processor time, which a loaded machine does not stretch, and against a deck that sleeps the
#   time on the clock.
CPU_SECONDS, WALL_SECONDS = 1200, 6 * 3600.0
PLACES = 3  # markers of a rule whose place is reported
_SUPPLEMENT = Path(__file__).with_name("supplement.drc")
# text in sky130.lydrc -> text in the deck that runs; each must occur exactly once
_LYDRC_EDITS = (
    ("  source($input)\n", "  source($input, $top_cell)\n"),
    ("FEOL    = false", "FEOL    = true"),
    ("threads(4)", "threads(($thr || 1).to_i)"),
    # What a resistor under rpm asks for (rpm.1 to rpm.8, bars for contacts), one of the higher sheet under
    # urpm asks for as well.
    ("\nrpm = polygons(86, 20)\n", "\nrpm = polygons(86, 20) + polygons(79, 20)\n"),
    # licon.7 is a rule of taps and looks for edges 0.17 apart: the bars of precision resistors (0.19,
    #   licon.1b) are none of its concern.
    ("licon.not_interacting(opposite1)", "licon.not_inside(rpm).not_interacting(opposite1)"),
    # The rules of capm name met2, via and via2, the stack of an older process: here capm lies on met3, one
    # metal up. capm.10 (no edge of a lower layer below capm) is of that stack alone: the published table
    # gives it no value, and the revision of these rules for sky130 removes it as obsolete
    # (google/skywater-pdk, pull request 263); sky130B_mr.drc has none.
    ("m2.interacting(capm)", "m3.interacting(capm)"),
    ("m2.enclosing(capm", "m3.enclosing(capm"),
    ("capm.enclosing(via2", "capm.enclosing(via3"),
    ("capm.separation(via2", "capm.separation(via3"),
    ("capm.separation(via,", "capm.separation(via2,"),
    ("capm.separation(m2.not_interacting(capm),  0.14", "capm.separation(m3.not_interacting(capm),  0.5"),
    *(
        (
            (
                f'capm.and({layer}).edges.not(capm.edges).output("capm.10", "capm.10 : capm must not straddle'
                f' {layer}")\n'
            ),
            "",
        )
        for layer in ("nwell", "diff", "tap", "poly", "li", "m1")
    ),
    # The rules of VPP capacitors say nothing where there is none, but merge poly, li1, met1 and met2 of the
    # whole chip: minutes.
    ("#   vpp\n", "unless vpp.is_empty?\n#   vpp\n"),
    ("# rule vpp.10 not coded\n", "end\n# rule vpp.10 not coded\n"),
)


@dataclass(frozen=True)
class Violation:
    """Violations of one rule.

    Attributes:
        deck: name of the deck.
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
    """Findings of the decks.

    Attributes:
        counts: deck -> number of violations; None if the deck did not finish.
        errors: deck -> why it did not finish.
        violations: per rule, decks in order.
        rules: deck -> number of rules it reports on.
        reports: deck -> report database, opened by KLayout's marker browser.
    """

    counts: dict[str, int | None]
    errors: dict[str, str]
    violations: list[Violation]
    rules: dict[str, int]
    reports: dict[str, Path]

    @property
    def clean(self) -> bool:
        """Whether every deck finished without a violation."""
        return set(self.counts) == set(DECKS) and all(n == 0 for n in self.counts.values())

    def messages(self) -> list[str]:
        """A line for each deck that did not finish, and for each rule with its count and first places."""
        lines = [f"{deck}: did not finish: {error}" for deck, error in self.errors.items()]
        for v in self.violations:
            meaning = v.text.removeprefix(v.rule).lstrip(" :")
            lines.append(f"{v.deck} {v.rule}: {v.count} at {', '.join(v.first)} um: {meaning}")
        return lines


def _wheel_file(package: str, name: str, wheel: str) -> Path:
    """A file of an installed package, found without importing the package."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / name
        if path.is_file():
            return path
    raise UserError(
        f"DRC: {package}/{name} not found in this environment; install the wheel {wheel} (`make setup` does)"
    )


def _lydrc_text(path: Path) -> str:
    """The script of sky130.lydrc with the front-end rules on, its top cell and its threads chosen by
    variables."""
    text = ElementTree.parse(path).getroot().findtext("text") or ""
    for old, new in _LYDRC_EDITS:
        if text.count(old) != 1:
            found = f"{text.count(old)} times {old.strip()!r} instead of once"
            raise UserError(f"DRC: {path.name} of the glayout wheel has {found}; install glayout 0.2.0")
        text = text.replace(old, new)
    return text


def find_decks(out_dir: Path) -> dict[str, Path]:
    """Deck -> script, the slowest first, so that it does not stand alone at the end. Writes the script of the
    XML deck into out_dir.

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
    return [
        tool("klayout"),
        "-b",
        "-r",
        str(script),
        *(word for k, v in variables.items() for word in ("-rd", f"{k}={v}")),
    ]


def _deck_error(
    deck: str, command: list[str], log: Path, cpu_seconds: int, wall_seconds: float
) -> str | None:
    """Run a deck; why it did not finish, or None. Any line with ERROR counts, whatever the exit code.

    Raises:
        UserError: the disk refuses, which is no verdict on the layout.
    """
    error = None
    try:
        run(command, log=log, timeout=cpu_seconds, wall=wall_seconds, env={"KLAYOUT_HOME": str(log.parent)})
    except UserError as problem:
        error = str(problem).removesuffix(f"; see {log}")
    if error and TOO_LARGE in error:
        raise UserError(f"{deck} deck: {TOO_LARGE}")
    lines = log.read_text(errors="replace").splitlines()
    said = next(
        (" ".join(line.split()) for line in lines if line.lstrip().startswith("ERROR") or "ERROR:" in line),
        None,
    )
    if said and (refused := disk_refused(RuntimeError(said))):
        raise UserError(refused)
    return said or error


def read_markers(report: Path, deck: str) -> tuple[list[Violation], int]:
    """Violations in a KLayout report database, and the number of its rules."""
    database = rdb.ReportDatabase(deck)
    database.load(str(report))
    categories = list(database.each_category())
    violations = []
    for category in categories:
        if category.num_items():
            items = islice(database.each_item_per_category(category.rdb_id()), PLACES)
            places = tuple(value.to_s() for item in items for value in islice(item.each_value(), 1))
            violations.append(
                Violation(deck, category.name(), category.description, category.num_items(), places)
            )
    return violations, len(categories)


def _markers(report: Path, deck: str) -> tuple[list[Violation], int, str | None]:
    """Violations and number of rules in the report of a deck that finished, and why that report is none."""
    try:
        violations, rules = read_markers(report, deck)
    except RuntimeError as problem:
        return [], 0, f"no readable report ({' '.join(str(problem).split())})"
    return violations, rules, None if rules else "the report names no rule: the deck checked nothing"


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
        cores: pool of processor cores that cells checked at the same time share, one for each deck; None:
            none is shared.
        cpu_seconds: processor time for one deck, all its threads together.
        wall_seconds: time on the clock, s, for one deck.

    Raises:
        UserError: bad GDS, a deck or KLayout is missing, or the disk refuses.
    """
    read_layout(gds, top)
    out_dir.mkdir(parents=True, exist_ok=True)
    scripts = decks or find_decks(out_dir)
    reports, logs = (
        {deck: out_dir / f"{top}.{deck}.{kind}" for deck in scripts} for kind in ("lyrdb", "log")
    )
    pool, each = cores or Semaphore(max(1, threads)), max(1, threads // len(scripts))

    def error_of(deck: str) -> str | None:
        reports[deck].unlink(missing_ok=True)
        with pool:
            command = _command(deck, scripts[deck], gds, top, reports[deck], each)
            return _deck_error(deck, command, logs[deck], cpu_seconds, wall_seconds)

    try:
        ended = dict(zip(scripts, run_many(error_of, scripts, workers=max(1, threads)), strict=True))
    except (UserError, OSError):
        for report in reports.values():
            report.unlink(missing_ok=True)
        raise
    result = DrcResult({}, {}, [], {}, reports)
    for deck, error in ended.items():
        violations, rules, unread = ([], 0, error) if error else _markers(reports[deck], deck)
        if unread:
            result.counts[deck], result.errors[deck] = None, f"{unread}; see {logs[deck]}"
        else:
            result.counts[deck], result.rules[deck] = sum(v.count for v in violations), rules
            result.violations.extend(violations)
    return result


def report_hash(gds: Path) -> str:
    """Hash of what a report of DRC is made of: the layout, the project's deck, and the versions that bring
    the other two."""
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
) -> Report:
    """Run the three decks, write the report, print the findings if there are any.

    Args:
        gds: layout file.
        top: cell.
        step: name of the report.
        threads, cores: processor cores as of run_drc().
        out_dir: folder for the decks' reports; build/drc/<step> by default.
        reports: folder of <step>.json; build/reports by default.

    Raises:
        UserError: bad GDS, or a deck or KLayout is missing.
    """
    watch = Stopwatch()
    result = run_drc(gds, top, out_dir or BUILD / "drc" / step, threads, cores=cores)
    pdk = find_pdk()
    figures = [
        Figure(name=f"drc.{deck}", value=result.counts.get(deck), unit="violations", max=0, source="gds")
        for deck in DECKS
    ]
    figures += [
        Figure(name=f"rules.{deck}", value=result.rules.get(deck), unit="rules", min=1, source="gds")
        for deck in DECKS
    ]
    files = {"gds": str(gds), **{deck: str(path) for deck, path in result.reports.items()}}
    report = Report(
        step=step,
        figures=figures,
        tools=versions("klayout", "cf-precheck", "glayout"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=report_hash(gds),
        seconds=watch.seconds,
        files=files,
    )
    report.write(reports)
    if not result.clean:
        print_findings(
            result.messages(), "\n".join(f"klayout {gds} -m {path}" for path in result.reports.values())
        )
    return report
