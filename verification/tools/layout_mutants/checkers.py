"""Mutants of the checkers: a rule is gone, a limit is wider, a finding is dropped. The tests with planted faults must notice.

Each is an edit of a copy of the tree, in which the tests of that checker run in a process of their own. Before any of them the copy runs as
it is. Rules of the deck do not touch each other, so half of them are changed at a time: the drawings of those must fail, all others pass.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import processor_limit, versions
from neusoc.base.yaml_file import read_reasons
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.drc import CPU_SECONDS as DECK_SECONDS
from neusoc.verification.tools.layout_mutants.campaign import FOLDER, Clock

SIGNOFF = "verification/signoff"
DECK = f"{SIGNOFF}/supplement.drc"
LEAST_SCORE = 100.0     # all of them
REASONS = Path(__file__).with_name("checker_survivors.yaml")
# A deck within a test sets a limit of its own, which may not be above that of its parent.
CPU_SECONDS, WALL_SECONDS = DECK_SECONDS + 600.0, 3600.0
WIDER = 20.0            # a tolerance of 0.2 % becomes 4 %
_TREE = ("base", "pdk", "layout", "analog", "digital", "verification", "software", "flow")
_DECK_TESTS = (f"{SIGNOFF}/tests/test_signoff_drc_supplement.py", "-k", "fires")
_FILES = ("chip.yaml", "pyproject.toml", "conftest.py", "requirements.lock", "scripts/requirements-nodeps.txt")


@dataclass(frozen=True)
class Damage:
    """A family of edits.

    Attributes:
        kind: rule removed, limit widened, finding dropped.
        file: below the root.
        within: part of the file (a regular expression); "" all of it.
        each: regular expression, one edit for each match in there; group "n" is a number that becomes WIDER times as large.
        put: text in place of a match that has no "n".
        tests: files of the checker's tests, and words for pytest.
    """

    kind: str
    file: str
    within: str
    each: str
    put: str
    tests: tuple[str, ...]


def _tests(*names: str) -> tuple[str, ...]:
    return tuple(name if name.startswith("-") or " " in name else f"{SIGNOFF}/tests/test_signoff_{name}.py" for name in names)


_EQUAL = r"EqualDeviceParameters\([^()]*(?:\([^()]*\))?[^()]*"
_SIZES = _tests("devices", "lvs_faults", "junctions")
_RUNNER = _tests("drc_faults", "-k", "script_error or broken or empty or late or busy or missing")
DAMAGES = (
    Damage("rule removed", f"{SIGNOFF}/erc_rules.py", r"rules = \(.*\)\n", r"_[a-z_]+(?:\(known\))?(?:, |(?=\)\n))", "", _tests("erc")),
    Damage("limit widened", f"{SIGNOFF}/erc_rules.py", "", r"(?m)^FORWARD = (?P<n>[\d.]+)", "", _tests("erc")),
    Damage("limit widened", f"{SIGNOFF}/erc_rules.py", "", r"rated \+ 1e-6", "rated * 2", _tests("erc")),
    Damage("limit widened", f"{SIGNOFF}/erc_rules.py", "", r"clamp\[net\] < CLAMP_WIDTH", "clamp[net] < CLAMP_WIDTH / 20", _tests("erc")),
    Damage("finding dropped", f"{SIGNOFF}/erc_drawing.py", "", r"found\.append\(.*\)\n", "pass\n", _tests("erc_drawing")),
    Damage("limit widened", f"{SIGNOFF}/antenna.py", "", r"limit\.(?:bare|protected)(?=, \[\[)", "1e9", _tests("erc_drawing")),
    Damage("limit widened", f"{SIGNOFF}/device_classes.py", "", rf"{_EQUAL}, (?P<n>0\.0*[1-9]\d*), ", "", _SIZES),
    Damage("limit widened", f"{SIGNOFF}/device_classes.py", "", rf"{_EQUAL}, (?P<n>0\.0*[1-9]\d*)\)", "", _SIZES),
    Damage("finding dropped", f"{SIGNOFF}/pins.py", r"return PinCheck\((?s:.*?)\n    \)\n", r"(?<==)(?:tuple\(.*\)|\(\*.*\))(?=,\n)", "()",
           _tests("lvs_faults", "devices")),
    Damage("finding dropped", f"{SIGNOFF}/pins.py", r"def soft_problems(?s:.*)", r"problems\.append\(.*\)", "pass",
           _tests("lvs_faults", "devices")),
    Damage("finding dropped", f"{SIGNOFF}/extraction.py", r"problems = _unknown_devices\((?s:.*?)\},\n",
           r' +"[^"]+": .*,\n', "", _tests("lvs_faults", "junctions", "devices")),
    Damage("finding dropped", f"{SIGNOFF}/lvs.py", "", r"(?<=return )self\.match(?= and not)", "True", _tests("lvs_faults", "devices")),
    Damage("finding dropped", f"{SIGNOFF}/lvs.py", r"return self\.match and .*\n", r" and not self\.[a-z.()]+", "",
           _tests("lvs_faults", "devices")),
    Damage("finding dropped", f"{SIGNOFF}/taps.py", r"    if len\(roots\) > 1:\n(?s:.*)", r"len\(roots\) > 1|len\(names\) > 1", "False",
           _tests("taps", "lvs_faults", "devices", "inner_wells")),
    Damage("finding dropped", f"{SIGNOFF}/netgen.py", r"def read_verdict(?s:.*)", r"(?m)^    found \+= .*$", "    pass",
           _tests("netgen", "junctions")),
    Damage("finding dropped", f"{SIGNOFF}/drc.py", r"def _script_error(?s:.*?)\n\n\n", r"(?m)^    if told:\n        return told$", "",
           _RUNNER),
    Damage("finding dropped", f"{SIGNOFF}/drc.py", "", r"error is None and not rules\[deck\]", "False", _RUNNER),
    Damage("finding dropped", f"{SIGNOFF}/drc.py", "", r"set\(self\.counts\) == set\(DECKS\) and ", "", _RUNNER),
)  # fmt: skip
_RULE = re.compile(r'^rule\((?P<violations>.*), +"(?P<name>[\w.]+)", +"[^"]*"\)$', re.M)
_ANTENNA = re.compile(r'^(antenna_check\(.*?, (?P<limit>[\d.]+), .*)\.output\("(?P<name>\w+)", .*$', re.M)
_NOTHING = "input(250, 250)"                        # a layer that nobody draws
_MOST = ("lu.2", "lu.3", "capm.6")                 # limits from above: half of them would be stricter
_LIMIT = re.compile(r"(?<=[(, ])\d+\.\d+(?=[,) ])")


@dataclass(frozen=True)
class CheckerMutant:
    """One edit: kind, where it is, file, its text with the edit, tests."""

    kind: str
    where: str
    file: str
    text: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """For lists."""
        return f"{self.kind}: {self.where}"


def code_mutants() -> list[CheckerMutant]:
    """Every edit of DAMAGES.

    Raises:
        RuntimeError: an entry matches nothing: the checker is written otherwise now.
    """
    found = []
    for damage in DAMAGES:
        text = (ROOT / damage.file).read_text()
        span = re.search(damage.within, text) if damage.within else re.match(r"(?s).*", text)
        matches = list(re.finditer(damage.each, span[0])) if span else []
        if span is None or not matches:
            raise RuntimeError(f"{damage.file}: nothing matches {damage.each!r}; renew DAMAGES in {Path(__file__).name}")
        for match in matches:
            start, end = match.span("n") if "n" in match.groupdict() else match.span()
            new = f"{float(match['n']) * WIDER:g}" if "n" in match.groupdict() else damage.put
            start, end = start + span.start(), end + span.start()
            line = text[:start].count("\n") + 1
            old = " ".join(text[start:end].split())[:60]
            where = f"{Path(damage.file).name}:{line}: `{old}` -> `{new.strip()}`"
            found.append(CheckerMutant(damage.kind, where, damage.file, text[:start] + new + text[end:], damage.tests))
    return found


def deck_rules(text: str) -> list[str]:
    """Names of the rules of the project's deck, in its order."""
    found = [(match.start(), match["name"]) for pattern in (_RULE, _ANTENNA) for match in pattern.finditer(text)]
    return [name for _, name in sorted(found)]


def changed_deck(text: str, names: set[str], kind: str) -> tuple[str, set[str]]:
    """The deck with rules that never fire, or whose limit is half as strict.

    Args:
        text: text of the deck.
        names: names of the rules to change.
        kind: "rule removed" or "limit widened".

    Returns:
        The text, and the rules that were changed: without a number there is no limit.
    """
    done: set[str] = set()

    def one(match: re.Match[str]) -> str:
        name, line = match["name"], match[0]
        if name not in names:
            return line
        if kind == "rule removed":
            done.add(name)
            return line.replace(match[1], _NOTHING, 1)
        if "limit" in match.groupdict():
            done.add(name)
            return line.replace(f", {match['limit']},", f", {2 * float(match['limit']):g},", 1)
        limit = _LIMIT.search(match["violations"])
        if limit is None:
            return line
        done.add(name)
        violations, wider = match["violations"], round(float(limit[0]) * (2.0 if name in _MOST else 0.5), 6)
        # with its point: KLayout takes a whole number for one of database units, not of um
        return line.replace(violations, f"{violations[:limit.start()]}{wider!r}{violations[limit.end():]}", 1)

    for pattern in (_RULE, _ANTENNA):
        text = pattern.sub(one, text)
    return text, done


class Copy:
    """A copy of the tree, for edits.

    Args:
        folder: empty.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        for name in _TREE:
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "*.png", "*.svg"))
        for name in _FILES:
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (folder / "neusoc").mkdir()
        for name in _TREE:
            (folder / "neusoc" / name).symlink_to(self.root / name)
        self.build = folder / "build"
        self.build.mkdir()
        for name in ("pdk", "wheels_pdk"):
            if (BUILD / name).exists():
                (self.build / name).symlink_to(BUILD / name)
        self.environment = {**os.environ, "PYTHONPATH": str(folder), "NEUSOC_BUILD": str(self.build), "PYTHONDONTWRITEBYTECODE": "1"}

    @contextmanager
    def edited(self, file: str, text: str) -> Iterator[None]:
        """One file is another."""
        path = self.root / file
        before = path.read_text()
        path.write_text(text)
        try:
            yield
        finally:
            path.write_text(before)

    def run(self, tests: Sequence[str], *words: str) -> tuple[int, str]:
        """Run tests; returns pytest's exit code and the end of what it printed.

        Raises:
            RuntimeError: they did not end in time.
        """
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not full"]
        command = [*processor_limit(CPU_SECONDS), *pytest, *words, *tests]
        try:
            done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{' '.join(tests)}: no end after {WALL_SECONDS:.0f} s") from None
        return done.returncode, (done.stdout + done.stderr)[-2000:]

    def noticed(self, mutant: CheckerMutant) -> bool:
        """Whether a test fails with an edit.

        Raises:
            RuntimeError: the tests do not run: the edit is no program.
        """
        with self.edited(mutant.file, mutant.text):
            code, said = self.run(mutant.tests, "-x")
        if code not in (0, 1):
            raise RuntimeError(f"{mutant.name}: its tests do not run (exit code {code}): {said}")
        return code == 1

    def failing_rules(self, deck: str) -> set[str]:
        """Rules whose drawings in the test of the deck fail with a deck.

        Raises:
            RuntimeError: the tests do not run.
        """
        result = self.root.parent / "deck.xml"
        result.unlink(missing_ok=True)
        with self.edited(DECK, deck):
            code, said = self.run(_DECK_TESTS, f"--junitxml={result}")
        if code not in (0, 1) or not result.is_file():
            raise RuntimeError(f"{DECK}: its tests do not run (exit code {code}): {said}")
        cases = ElementTree.parse(result).getroot().iter("testcase")
        return {case.get("name", "").partition("[")[2].rstrip("]") for case in cases if len(case)}


def stands_on(tests: Sequence[str]) -> list[Path]:
    """Files that decide a verdict by some tests: this module, the tests with all that they import, what pytest reads of itself.

    Reasons of survivors decide none.

    Args:
        tests: files of tests, and words for pytest.
    """
    files = [ROOT / name for name in tests if name.endswith(".py")]
    fixtures = [ROOT / "conftest.py", ROOT / SIGNOFF / "tests" / "conftest.py"]
    found = needs(Path(__file__), *fixtures, *files)
    return [ROOT / "pyproject.toml", ROOT / DECK, *(path for path in found if path != REASONS)]


class CheckerCampaign:
    """Runs what is left and remembers.

    Args:
        folder: folder of verdicts.
        seconds: time on the clock, s, after which no further run begins.
    """

    def __init__(self, folder: Path = FOLDER, seconds: float | None = None) -> None:
        self.folder, self.clock = folder, Clock(seconds)
        self.tools = (*versions("klayout", "pytest").values(), find_pdk().hash)
        self.inputs = content_hash(stands_on([name for damage in DAMAGES for name in damage.tests] + [*_DECK_TESTS]), *self.tools)

    def _entry(self, kind: str, tests: tuple[str, ...], *key: object) -> Entry:
        return Entry(self.folder / "checkers" / f"{kind}.json", content_hash(stands_on(tests), *self.tools, tests, *key))

    def run(self) -> dict[str, dict[str, bool]]:
        """Kind -> name of a mutant -> whether a test noticed it.

        Raises:
            RuntimeError: the tests fail in a copy without an edit, or do not run.
            Interrupted: the time is over.
        """
        found: dict[str, dict[str, bool]] = {}
        with tempfile.TemporaryDirectory() as folder:
            copy = Copy(Path(folder))
            for kind in ("rule removed", "limit widened"):
                found[f"deck, {kind}"] = self._deck(copy, kind)
            for mutant in code_mutants():
                self._sound(copy, mutant.tests)
                entry = self._entry("code", mutant.tests, mutant)
                if (kept := entry.found()) is None:
                    self.clock.check()
                    kept = entry.put(json.dumps(copy.noticed(mutant)))
                noticed = bool(json.loads(kept.read_text()))
                print(f"{mutant.name}: {'noticed' if noticed else 'NOT NOTICED'}", flush=True)
                found.setdefault(f"code, {mutant.kind}", {})[mutant.name] = noticed
        return found

    def _sound(self, copy: Copy, tests: tuple[str, ...]) -> None:
        """The tests pass in the copy as it is: else every mutant would seem noticed."""
        entry = self._entry("sound", tests)
        if entry.found() is not None:
            return
        self.clock.check()
        code, said = copy.run(tests, "-x")
        if code:
            raise RuntimeError(f"{' '.join(tests)}: exit code {code} without an edit, so no verdict counts: {said}")
        entry.put(json.dumps(True))

    def _deck(self, copy: Copy, kind: str) -> dict[str, bool]:
        """Half of the rules at a time."""
        text = (ROOT / DECK).read_text()
        names = deck_rules(text)
        found: dict[str, bool] = {}
        for half in (0, 1):
            deck, changed = changed_deck(text, set(names[half::2]), kind)
            entry = self._entry("deck", _DECK_TESTS, deck)
            if (kept := entry.found()) is None:
                self.clock.check()
                kept = entry.put(json.dumps(sorted(copy.failing_rules(deck))))
            failing = set(json.loads(kept.read_text()))
            if failing - changed:
                raise RuntimeError(f"{DECK}: {sorted(failing - changed)} fail although nothing of them was changed, so no verdict counts")
            found |= {f"deck, {kind}: {name}": name in failing for name in changed}
        print(f"deck, {kind}: {sum(found.values())} of {len(found)} noticed", flush=True)
        return found


def mutants_checkers(seconds: float | None = None, folder: Path = FOLDER) -> Report:
    """Run the campaign; build/reports/mutants_checkers.json, if every mutant has a verdict.

    Args:
        seconds: time on the clock, s, after which no further run begins.
        folder: folder of verdicts.

    Raises:
        Interrupted: the time was over first.
    """
    watch, known = Stopwatch(), read_reasons(REASONS)
    campaign = CheckerCampaign(folder, seconds)
    found = campaign.run()
    return checkers_report(found, known, campaign.inputs, watch.seconds)


def checkers_report(found: dict[str, dict[str, bool]], known: dict[str, str], inputs: str, seconds: float) -> Report:
    """Figures of the verdicts, written.

    Args:
        found: kind -> name -> whether it was noticed.
        known: reasons of survivors.
        inputs: hash of what decided.
        seconds: time that it took, s.
    """
    every = {name: noticed for names in found.values() for name, noticed in names.items()}
    alive = {name for name, noticed in every.items() if not noticed}
    figures = [
        Figure(name="mutants", value=len(every), min=1, source="measured"),
        Figure(name="noticed", value=100 * (len(every) - len(alive)) / len(every), unit="%", min=LEAST_SCORE, source="measured"),
    ]
    for kind, names in found.items():
        figures.append(Figure(name=f"{kind}: mutants", value=len(names), min=1, source="measured"))
        figures.append(Figure(name=f"{kind}: noticed", value=sum(names.values()), source="measured"))
    figures.append(Figure(name="survivors without a reason", value=len(alive - set(known)), max=0, source="measured"))
    figures.append(Figure(name="reasons of mutants that are noticed", value=len(set(known) - alive), max=0, source="measured"))
    texts = {name: known.get(name, "no reason") for name in sorted(alive)}
    tools = versions("klayout", "pytest")
    report = Report(step="mutants_checkers", figures=figures, tools=tools, inputs_hash=inputs, seconds=seconds, texts=texts)
    report.write()
    return report
