"""One schema for what every build step and check reports; the verdict is computed, never typed in.

build/reports/<step>.json is a Report.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from neusoc.base.errors import REFUSALS, UserError
from neusoc.base.paths import REPORTS, ROOT
from pydantic import BaseModel, ConfigDict, ValidationError, computed_field

Source = Literal["schematic", "extracted", "gds", "rtl", "netlist", "lef", "sta", "simulation", "measured"]


class Figure(BaseModel):
    """One number and its limits. A figure without limits informs only; a figure whose value is None (not
    obtained) fails.

    at: the condition of a figure that is the worst of several, in words; reports from before that field have
        none.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    value: float | None
    unit: str = ""
    min: float | None = None
    max: float | None = None
    source: Source
    at: str | None = None

    # pydantic documents a property below computed_field, and this answer to it: mypy refuses any decorator
    # there (its issue 1362)
    @computed_field(alias="pass")  # type: ignore[prop-decorator]
    @property
    def passes(self) -> bool:
        """Whether the value exists and lies within the limits."""
        if self.value is None or self.value != self.value:
            return False
        return (self.min is None or self.value >= self.min) and (self.max is None or self.value <= self.max)


class Report(BaseModel):
    """What one step found.

    commit: the tree's when it was written, `+` behind it if sources differed from it; date: of that commit.
    texts: what a document says beside figures, such as a picture's caption: name -> sentence.
    """

    model_config = ConfigDict(extra="forbid")
    step: str
    figures: list[Figure] = []
    not_run: str | None = None
    tools: dict[str, str] = {}
    commit: str | None = None
    date: str | None = None
    pdk_source: str | None = None
    pdk_hash: str | None = None
    inputs_hash: str | None = None
    seconds: float = 0.0
    files: dict[str, str] = {}
    texts: dict[str, str] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> Literal["pass", "fail", "not run"]:
        """`not run` with a reason, else `pass` if there is a figure and every figure passes."""
        if self.not_run:
            return "not run"
        return "pass" if self.figures and all(f.passes for f in self.figures) else "fail"

    def write(self, folder: Path | None = None, by_scenario: bool = False) -> Path:
        """Write <folder>/<step>.json atomically, with the tree's commit, and return its path.

        by_scenario: figures are named <scenario>.<figure>; those of scenarios that this run has not stay as
            the file has them.
        """
        if self.commit is None:
            self.commit, self.date = tree_commit()
        path = (folder or REPORTS) / f"{self.step}.json"
        if by_scenario and path.exists():
            mine = {figure.name.partition(".")[0] for figure in self.figures}
            self.figures += [f for f in read_report(path).figures if f.name.partition(".")[0] not in mine]
        write_atomic(path, json.dumps(self.model_dump(by_alias=True), indent=1) + "\n")
        return path


def tree_commit(root: Path = ROOT) -> tuple[str | None, str | None]:
    """Commit of the sources and its date (year-month-day); `+` behind the commit: sources differ from it.
    None outside of a repository.

    Documents do not count: a run renews them. Nor does a repository around the folder, of which an installed
        package is no part.
    """
    if not (root / ".git").exists():
        return None, None

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False, timeout=60
        )

    try:
        head = git("log", "-1", "--abbrev=12", "--format=%h %cs")
        changed = git("diff", "--quiet", "HEAD", "--", ".", ":(exclude)docs", ":(exclude)*.md").returncode
    except (OSError, subprocess.TimeoutExpired):
        return None, None
    if head.returncode or not head.stdout.strip():
        return None, None
    commit, date = head.stdout.split()
    return (f"{commit}+" if changed else commit), date


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)


def writable(path: Path) -> Path:
    """The path, whose folder is there afterwards; asked before long work whose result goes there.

    Raises:
        UserError: it is a folder, or nothing can be written beside it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path}: its folder cannot be made ({error.strerror}); choose another name"
        ) from None
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise UserError(
            f"{path}: {'is a folder' if path.is_dir() else 'its folder cannot be written to'}; choose another"
            " name"
        )
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside path for what shall be there: it takes the place at the end, if nothing was
    raised. Never half a file."""
    writable(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno in REFUSALS and error.filename in (None, str(temporary)):
            error.filename = str(path)  # a write that the disk refuses tells no name
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(path: Path, text: str | bytes) -> Path:
    """Write a file, as of replacing(); returns path."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def with_marked(page: str, name: str, parts: Mapping[tuple[str, str], str]) -> str:
    """A page with texts between its marker lines, each of which stands once: nobody would compare a second
    region.

    Args:
        page: text of the page.
        name: name of the page, for the message.
        parts: (first marker line, last marker line) -> text, which ends with a line break.

    Raises:
        UserError: a marker is missing, or stands twice.
    """
    for marker in (marker for pair in parts for marker in pair):
        if page.count(marker) > 1:
            second = page[: page.index(marker, page.index(marker) + 1)].count("\n") + 1
            raise UserError(
                f"{name}:{second}: the line {marker!r} stands twice; remove one of the two, with the text of"
                " its region"
            )
    for (begin, end), text in parts.items():
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise UserError(f"{name}: lacks the line {begin!r} or {end!r} below it; put both back")
        page = f"{before}{begin}\n{text}{end}{after}"
    return page


def parse_report(data: dict[str, Any], name: str, way_out: str) -> Report:
    """A report from its fields, checked against the schema, its own verdict included.

    Args:
        data: fields, as Report.write() leaves them; `pass` of a figure may be absent.
        name: name of the report in the message.
        way_out: remedy that the message tells.

    Raises:
        UserError: not a report, or its verdict contradicts its figures.
    """
    try:
        fields = dict(data)
        verdict = fields.pop("verdict")
        figures = [dict(f) for f in fields.get("figures", [])]
        passes = [f.pop("pass", None) for f in figures]
        report = Report.model_validate(fields | {"figures": figures})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{name}: not a report of this schema ({_first_reason(error)}); {way_out}") from None
    said = [given is None or given == f.passes for given, f in zip(passes, report.figures, strict=True)]
    if verdict != report.verdict or not all(said):
        raise UserError(f"{name}: its verdict {verdict!r} contradicts its figures; {way_out}")
    return report


def _first_reason(error: Exception) -> str:
    """The first thing that is wrong, with its field."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"field {error} is missing"
    return str(error).splitlines()[0]


def read_report(path: Path) -> Report:
    """Read one report; errors as of parse_report(), and for a file that cannot be read or is no JSON."""
    way_out = "delete it and run its step again"
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path.name}: not a report of this schema ({_first_reason(error)}); {way_out}"
        ) from None
    return parse_report(data, path.name, way_out)
