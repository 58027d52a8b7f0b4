"""Figures inside of a sentence or a cell: `make docs` writes what stands between `<!--= step: figure, source -->` and `<!--=-->`.

`<!--= step: seconds, measured -->` is what the step's last run took; `drc.tapeout.*`: all steps of that beginning together.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure
from neusoc.base.results import Entry, Results
from neusoc.base.tables import marked_value

FOLDERS = ("analog", "digital", "docs", "firmware", "flow", "layout", "pdk", "software", "verification")
_BEGIN, _END = "<!--=", "<!--=-->"
_FIGURE = re.compile(r"<!--= ([\w.]+\*?): ([^<>]+), (\w+) -->([^<\n]*)<!--=-->")
_CODE = re.compile(r"(?ms)^```.*?^```|`[^`\n]*`")


def pages() -> list[Path]:
    """Documents that may have one."""
    return [ROOT / "README.md", *(page for folder in FOLDERS for page in sorted((ROOT / folder).rglob("*.md")))]


def has_figures(page: str) -> bool:
    """Whether a page has a figure in a sentence; between backticks it has none."""
    return _BEGIN in page and _BEGIN in _CODE.sub("", page)


def _entries(results: Results, step: str) -> list[Entry]:
    """The runs that a marker means: of a step, or of all whose names begin so."""
    names = [name for name in results.steps if name == step or (step.endswith("*") and name.startswith(step[:-1]))]
    return [entry for entry in map(results.steps.__getitem__, names) if not entry.report.not_run]


def _figures(entries: list[Entry], name: str, source: str) -> list[Figure]:
    if (name, source) == ("seconds", "measured"):
        return [Figure(name=name, value=sum(entry.report.seconds for entry in entries), unit="s", source="measured")]
    return [f for entry in entries for f in entry.report.figures if (f.name, f.source) == (name, source)]


def with_figures(page: str, name: str, results: Results) -> str:
    """A page with the figures of its sentences made anew: value and unit, bold where it misses its limits, `not run` without a report.

    `stale` stands behind one that is known to be off.

    Args:
        page: its text.
        name: name of the page, for the message.

    Raises:
        UserError: a marker is not as it should be, or names a figure that its report has not.
    """

    def value(found: re.Match[str]) -> str:
        step, figure, source, _ = found.groups()
        entries = _entries(results, step)
        if not entries:
            said = "not run"
        else:
            ones = _figures(entries, figure, source)
            if not ones:
                raise UserError(f"{name}: the report `{step}` has no figure {figure!r} ({source}); correct the marker")
            said = marked_value(ones[0]) + (" (stale)" if any(entry.stale for entry in entries) else "")
        return f"{_BEGIN} {step}: {figure}, {source} -->{said}{_END}"

    if not has_figures(page):
        return page
    bare = _FIGURE.sub("", _CODE.sub("", page))
    if _BEGIN in bare:
        line = bare[bare.index(_BEGIN) :].splitlines()[0][:60]
        raise UserError(f"{name}: {line!r} is no `{_BEGIN} step: figure, source -->value{_END}` on one line; correct it")
    return _FIGURE.sub(value, page)
