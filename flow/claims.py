"""`make claims`: what README.md and the page say, graded by machine; build/claims/claims.md and the badge beside it.

A grade takes running the tests of the controls, which no comparison of a page could repeat. So all rows are a text of the report, and
`make docs` makes docs/results/claims.md of it, and the badge that README.md shows of its figures.

A claim holds if all of this is so, and its row says the first thing that is not:

1. What the text says is what the report says, to the digit.
2. A report has the figure, and is not known to be off (stale).
3. The figure keeps its limit.
4. A test plants a fault in what the report checks (negative control), and the fault is told: the test was run, and passes.

What the page says is read by page_claims.py.

A wrong text and a fault that is not told fail the command; a miss and an old report do not: they are told.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.page import read_page
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch, write_atomic
from neusoc.base.results import Entry, Results
from neusoc.base.store import Entry as Kept
from neusoc.base.store import content_hash, made_by
from neusoc.base.tables import number, table
from neusoc.base.tools import run
from neusoc.base.yaml_file import read_model
from neusoc.flow import made
from neusoc.flow.main_page import PAGE, chosen
from neusoc.flow.page_claims import INDEX, STEP, Claim, of_page
from neusoc.flow.steps import step_of_report
from neusoc.pdk.source import find_pdk
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).with_name("claims.yaml")
DOCUMENT = BUILD / "claims" / "claims.md"
BADGE = DOCUMENT.with_suffix(".svg")
SHOWN = ROOT / "docs" / "results" / "claims.md"
SHOWN_BADGE, ROWS = SHOWN.with_suffix(".svg"), "rows"               # ROWS: text of the report that holds the document
ALL, HELD = "claims", "claims that hold"
HOLDS, WRONG = "holds", "wrong"
# grade -> its figure in the report, and how many claims may have it
GRADE_FIGURES: dict[str, tuple[str, int | None]] = {
    HOLDS: (HELD, None), "missed": ("claims whose figure misses", None), "stale": ("claims whose report is stale", None),
    "not run": ("claims whose report was not run", None), "no control": ("claims without a negative control", None),
    "not measured": ("claims that no report measures", None), "control fails": ("planted faults that are not told", 0),
    WRONG: ("texts that differ from their report", 0),
}  # fmt: skip
GRADES = tuple(GRADE_FIGURES)
CONTROL_S = 3600.0                   # of a control, s on the clock: a limit of processor time would be the tools' own highest one too
TOLD = "the fault is told"
NAMED = 2                            # hashes or reports of a claim that its row names; the others it counts


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rest(_Strict):
    """A figure that a sentence rests on.

    Attributes:
        step, name, source: its key.
        said: its value as the sentence has it, if it has one.
        over: divisor of the value before it is said, as a whole number then: 60 for minutes.
    """

    step: str
    name: str
    source: str
    said: str | None = None
    over: float | None = None

    def wanted(self, figure: Figure) -> str:
        """The value as the sentence should have it."""
        if self.over and figure.value is not None:
            return f"{figure.value / self.over:.0f}"
        return number(figure.value)


class Sentence(_Strict):
    """Words of README.md, and what they rest on."""

    says: str
    figures: tuple[Rest, ...]


class Register(_Strict):
    """claims.yaml."""

    controls: dict[str, str]
    sentences: tuple[Sentence, ...]

    def control(self, step: str) -> str | None:
        """The test that plants a fault in what a step checks: that of the longest beginning of its name."""
        fitting = [begin for begin in self.controls if step.startswith(begin)]
        return self.controls[max(fitting, key=len)] if fitting else None


@dataclass(frozen=True)
class Graded:
    """A claim and its grade, one of GRADES; why: what is against it; control: its test; evidence: hash of text and reports."""

    claim: Claim
    grade: str
    why: str
    control: str
    inputs: str
    evidence: str


def register(path: Path = FILE) -> Register:
    """claims.yaml.

    Raises:
        UserError: it cannot be read, or a control names a test that is not there.
    """
    found = read_model(path, Register, "controls and sentences, see flow/claims.py")
    for begin, test in found.controls.items():
        name, _, function = test.partition("::")
        file = ROOT / name
        if not function or not file.is_file() or not re.search(rf"^def {re.escape(function)}\b", file.read_text(), re.M):
            raise UserError(f"{path.name}: controls.{begin}: there is no test {test}; name one that plants a fault")
    return found


def of_readme(results: Results, known: Register, page: Path = PAGE) -> list[Claim]:
    """The README's chosen rows and its sentences; errors as of chosen()."""
    text, found = read_page(page), []
    for row in chosen(text, results):
        differs = [f"says {said!r}, the report {asked!r}" for said, asked in zip(row.said, row.wanted, strict=True) if said != asked]
        found.append(Claim(page.name, row.what, (row.step,), (row.figure,), "; ".join(differs)))
    flowing = " ".join(text.split())
    for sentence in known.sentences:
        said = re.search(rf"(?<!\w){re.escape(sentence.says)}(?!\w)", flowing)
        figures, wrong = [], [] if said else ["README.md does not say so (any more)"]
        for rest in sentence.figures:
            figure = results.figure(rest.step, rest.name, rest.source)
            figures.append(figure)
            if figure is None and results.report(rest.step):
                wrong.append(f"{rest.step} has no figure {rest.name!r}")
            elif rest.said and figure and (rest.said not in sentence.says or rest.said.replace(",", "") != rest.wanted(figure)):
                wrong.append(f"says {rest.said}, the report {rest.wanted(figure)}")
        steps = tuple(dict.fromkeys(rest.step for rest in sentence.figures))
        found.append(Claim(page.name, sentence.says, steps, tuple(figures), "; ".join(wrong)))
    return found


def told_fault(test: str) -> bool:
    """Whether a test that plants a fault passes; kept for its sources."""
    file = ROOT / test.partition("::")[0]
    place = BUILD / "claims" / f"{re.sub(r'[^a-z0-9]+', '_', test.rpartition('::')[2])}.txt"
    made_of = (ROOT / "digital" / "rtl", ROOT / "requirements.lock", ROOT / "scripts" / "requirements-nodeps.txt")
    entry = Kept(place, content_hash([*needs(file), *made_of], test, find_pdk().hash))
    if kept := entry.found():
        return kept.read_text() == TOLD
    print(f"  control {test}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not full", "-p", "no:cacheprovider", test]
    try:
        log = run(command, log=place.with_suffix(".log"), timeout=CONTROL_S, cwd=ROOT)
    except UserError as error:
        print(f"  {error}", file=sys.stderr, flush=True)
        return False
    passed = re.search(r"\b(\d+) passed", log)
    if not passed or "skipped" in log.splitlines()[-1]:
        return False
    entry.put(TOLD)
    return True


def grade(claim: Claim, results: Results, known: Register, tell: Callable[[str], bool]) -> Graded:
    """One claim; tell: whether a control's fault is told."""
    entries = [results.steps.get(step) for step in claim.steps]
    missing = [step for step, entry in zip(claim.steps, entries, strict=True) if entry is None or entry.report.not_run]
    stale = next((entry.stale for entry in entries if entry and entry.stale), None)
    missed = [f.name for f in claim.figures if f is not None and not f.passes]
    tests = list(dict.fromkeys(known.control(step) for step in claim.steps))
    unlimited = claim.figures and all(f is not None and f.min is None and f.max is None for f in claim.figures)
    result: tuple[str, str]
    if claim.wrong:
        result = (WRONG, claim.wrong)
    elif not claim.steps or unlimited:
        result = ("not measured", "no report measures it" if not claim.steps else "its figure has no limit")
    elif missing:
        result = ("not run", ", ".join(f"`{step_of_report()[step].command}`" if step in step_of_report() else step for step in missing))
    elif missed:
        result = ("missed", ", ".join(dict.fromkeys(missed[:3])) + (f" and {len(set(missed)) - 3} more" if len(set(missed)) > 3 else ""))
    elif stale:
        result = ("stale", stale)
    elif None in tests:
        result = ("no control", "no test plants a fault in what this step checks")
    elif bad := [test for test in tests if test and not tell(test)]:
        result = ("control fails", f"{bad[0]}: the planted fault is not told, or the test does not run here")
    else:
        result = (HOLDS, "")
    reports = [entry.report.model_dump_json() if entry else None for entry in entries]
    evidence = hashlib.sha256(json.dumps([claim.where, claim.says, reports]).encode()).hexdigest()[:12]
    inputs = _few([entry.report.inputs_hash[:12] for entry in entries if entry and entry.report.inputs_hash])
    return Graded(claim, *result, ", ".join(filter(None, tests)), inputs, evidence)


def graded(results: Results, tell: Callable[[str], bool] = told_fault, page: Path = PAGE, index: Path = INDEX) -> list[Graded]:
    """All claims; errors as of register() and of_readme()."""
    known = register()
    return [grade(claim, results, known, tell) for claim in [*of_readme(results, known, page), *of_page(results, index)]]


def counts(found: list[Graded]) -> dict[str, int]:
    """Grade -> how many claims, those that there are."""
    return {name: sum(one.grade == name for one in found) for name in GRADES if any(one.grade == name for one in found)}


def _few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def document(found: list[Graded]) -> str:
    """claims.md: how many have which grade, and a row a claim."""
    shown = sum(one.claim.where == "page" for one in found)
    absent = "all of README.md: there is no page, run `make page` first"
    page = f"{len(found) - shown} of README.md, {shown} of the page" if shown else absent
    rows = [
        (one.claim.where, re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one.claim.says), one.grade if one.grade == HOLDS else f"**{one.grade}**",
         _few([f"`{step}`" for step in one.claim.steps]) or "-", one.inputs or "-", one.evidence,
         f"`{one.control}`" if one.control else "-", one.why)
        for one in found
    ]  # fmt: skip
    return (
        "# Claims\n\nWritten by `make claims`; do not edit. Each thing that README.md and the page say and that can be wrong: what it\n"
        "rests on, and whether it holds. `flow/claims.py` says what that takes.\n\n"
        "Inputs: hash that the report keeps of what it was made of. Evidence: hash of the text and of the reports. Control: the test\n"
        "that plants a fault in what the report checks; it was run, and the fault was told, where the claim holds. Whether the\n"
        "inputs have changed since is in no row: `neusoc docs --changed` tells it.\n\n"
        + table(("grade", "claims"), [(name, str(count)) for name, count in counts(found).items()])
        + f"\n{len(found)} claims: {page}.\n\n"
        + table(("where", "claim", "grade", "rests on", "inputs", "evidence", "control", "why not"), rows)
    )


def badge(held: int | None, whole: int | None) -> str:
    """An SVG badge: k of n, or that nobody counted."""
    counted = held is not None and whole
    said, share = (f"{held} of {whole} hold", held / whole) if counted else ("not run", 0.5)
    colour = "#2f6f3e" if share == 1 else "#8a6100" if share >= 0.5 else "#a3271f"
    left, right = 52, 12 + 7 * len(said)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="claims: {said}">'
        f"<title>claims: {said}</title>"
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">claims</text><text x="{left + right / 2:g}" y="14">{said}</text></g></svg>\n'
    )


def counted(results: Results) -> tuple[int | None, int | None]:
    """How many claims hold, of how many, as the last run found it; None without one."""
    report = results.report(STEP)
    values = {f.name: f.value for f in report.figures} if report else {}
    held, whole = values.get(HELD), values.get(ALL)
    return (None, None) if held is None or whole is None else (int(held), int(whole))


def shown_document(results: Results) -> str:
    """docs/results/claims.md: the rows as the last run found them."""
    report = results.report(STEP)
    if report and ROWS in report.texts:
        return report.texts[ROWS]
    held, whole = counted(results)
    last = "Not run" if held is None else f"{held} of {whole} held when they were last graded, and that run kept no rows. For the rows"
    return f"# Claims\n\n{last}: `make claims`, then `make docs`.\n"


def claims_report(found: list[Graded], seconds: float) -> Report:
    """Counts as figures: a wrong text, or a fault that is not told, fails."""
    shown = [one for one in found if one.claim.where == "page"]
    by: Mapping[str, int] = {name: 0 for name in GRADES} | counts(found)
    figures = [
        Figure(name=ALL, value=len(found), min=1, source="simulation"),
        *(Figure(name=name, value=by[grade], max=most, source="simulation") for grade, (name, most) in GRADE_FIGURES.items()),
    ]
    texts = {ROWS: document(found)}
    if shown:
        figures.append(Figure(name="claims of the page", value=len(shown), min=1, source="simulation"))
    else:
        texts["claims of the page"] = "not run: there is no page; run `make page`, then this again"
    return Report(step="claims", figures=figures, texts=texts, seconds=seconds)


def report_inputs(results: Results) -> tuple[list[Path], tuple[str, ...]]:
    """What the grades are made of, for the hash that their report keeps: texts, figures, controls, inputs of the graded page."""
    page = results.report("page")
    controls = sorted({ROOT / test.partition("::")[0] for test in register().controls.values()})
    return [*needs(Path(__file__)), FILE, PAGE, *controls], (made.others_text(results), str(page.inputs_hash if page else None))


def write_claims(results: Results) -> Report:
    """Grade all claims; write document, badge and report, print what does not hold."""
    watch = Stopwatch()
    found = graded(results)
    write_atomic(DOCUMENT, document(found))
    for one in found:
        if one.grade in (WRONG, "control fails"):
            print(f"{one.grade}: {one.claim.where}: {one.claim.says}: {one.why}")
    print(", ".join(f"{count} {name}" for name, count in counts(found).items()) + f" of {len(found)} claims of README.md and the page")
    report = claims_report(found, watch.seconds)
    report.inputs_hash = made_by(__name__, results)
    write_atomic(BADGE, badge(*counted(Results({STEP: Entry(report)}))))
    report.write()
    return report
