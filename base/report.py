"""One schema for what every build step and check reports; the verdict is computed, never typed in.

build/reports/<step>.json is a Report. docs/reports.md documents it; report_schema() is its JSON schema.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from neusoc.base.errors import UserError
from neusoc.base.paths import REPORTS
from pydantic import BaseModel, ConfigDict, ValidationError, computed_field

Source = Literal["schematic", "extracted", "gds", "rtl", "netlist", "lef", "sta", "simulation", "measured"]


class Figure(BaseModel):
    """One number and its limits. A figure without limits informs only; a figure whose value is None (not obtained) fails."""

    model_config = ConfigDict(extra="forbid")
    name: str
    value: float | None
    unit: str = ""
    min: float | None = None
    max: float | None = None
    source: Source

    # pydantic documents a property below computed_field, and this answer to it: mypy refuses any decorator there (its issue 1362)
    @computed_field(alias="pass")  # type: ignore[prop-decorator]
    @property
    def passes(self) -> bool:
        """Whether the value exists and lies within the limits."""
        if self.value is None or self.value != self.value:
            return False
        return (self.min is None or self.value >= self.min) and (self.max is None or self.value <= self.max)


class Report(BaseModel):
    """What one step found."""

    model_config = ConfigDict(extra="forbid")
    step: str
    figures: list[Figure] = []
    not_run: str | None = None
    tools: dict[str, str] = {}
    pdk_source: str | None = None
    pdk_hash: str | None = None
    inputs_hash: str | None = None
    seconds: float = 0.0
    files: dict[str, str] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> Literal["pass", "fail", "not run"]:
        """`not run` with a reason, else `pass` if there is a figure and every figure passes."""
        if self.not_run:
            return "not run"
        return "pass" if self.figures and all(f.passes for f in self.figures) else "fail"

    def write(self, folder: Path | None = None) -> Path:
        """Write <folder>/<step>.json atomically and return its path."""
        path = (folder or REPORTS) / f"{self.step}.json"
        write_atomic(path, json.dumps(self.model_dump(by_alias=True), indent=1) + "\n")
        return path


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)


def write_atomic(path: Path, text: str | bytes) -> Path:
    """Write to a temporary name beside path, then rename: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(text.encode() if isinstance(text, str) else text)
    temporary.replace(path)
    return path


def into_marked(path: Path, parts: Mapping[tuple[str, str], str]) -> Path:
    """Put texts between marker lines of a document, all or none.

    Args:
        path: the document.
        parts: (first marker line, last marker line) -> text, which ends with a line break.

    Raises:
        UserError: a marker is missing.
    """
    page = path.read_text()
    for (begin, end), text in parts.items():
        if begin not in page or end not in page:
            raise UserError(f"{path.parent.name}/{path.name}: lacks the line {begin!r} or {end!r}; put both back")
        before, rest = page.split(begin, 1)
        page = f"{before}{begin}\n{text}{end}{rest.split(end, 1)[1]}"
    return write_atomic(path, page)


def read_report(path: Path) -> Report:
    """Read one report and check it against the schema, its own verdict included.

    Raises:
        UserError: not a report, or its verdict contradicts its figures.
    """
    try:
        data = json.loads(path.read_text())
        verdict = data.pop("verdict")
        passes = [f.pop("pass") for f in data["figures"]]
        report = Report.model_validate(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        why = str(error).splitlines()[0]
        raise UserError(f"{path.name}: not a report of this schema ({why}); delete it and run its step again") from None
    if verdict != report.verdict or passes != [f.passes for f in report.figures]:
        raise UserError(f"{path.name}: its verdict {verdict!r} contradicts its figures; delete it and run its step again")
    return report


def report_schema() -> dict[str, object]:
    """JSON schema of a report file."""
    return Report.model_json_schema(by_alias=True, mode="serialization")
