"""Verdicts of DRC, LVS and ERC that are kept: a cell whose drawing, netlist, decks and tools are the same has
the verdict that it had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import klayout.db as db
from neusoc.base.graph import digest, needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Report, read_report
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import versions
from neusoc.pdk.source import find_pdk

_TOOLS = {"drc": ("klayout", "cf-precheck", "glayout"), "lvs": ("klayout", "netgen-lvs"), "erc": ()}
_FOLDER = Path(__file__).parent
_SHOWN = 40  # findings on the terminal


def _entry(kind: str, cell: str, files: Sequence[Path], facts: Sequence[object]) -> Entry:
    """Place of a verdict; arguments as of kept_verdict(). Files that do not exist are left out."""
    code = [*needs(_FOLDER / f"{kind}.py"), *sorted(_FOLDER.glob("*.drc"))]
    read = [digest(path) for path in files if path.exists()]
    tools = versions(*_TOOLS[kind]) | {"klayout.db": db.__version__}
    return Entry(
        BUILD / "verdicts" / f"{kind}.json", content_hash(code, cell, *read, find_pdk().hash, tools, *facts)
    )


def keep(kind: str, cell: str, files: Sequence[Path], report: Report, *facts: object) -> None:
    """Keep the verdict of a check that was made elsewhere, by the code as it stands, if it is a pass.
    Arguments as of kept_verdict()."""
    if report.verdict == "pass":
        _entry(kind, cell, files, facts).put(report.model_dump_json(by_alias=True))


def kept_verdict(
    kind: str,
    step: str,
    cell: str,
    files: Sequence[Path],
    check: Callable[[], Report],
    *facts: object,
    anew: bool = False,
) -> Report:
    """The report of a check: kept of an equal cell, of this chip or another, or made. A verdict that is no
    pass is not kept.

    Args:
        kind: drc, lvs or erc.
        step: name of the report.
        cell: cell that is checked.
        files: files that are checked: its layout, and its netlist.
        check: function that runs the check and writes the report.
        facts: further facts that decide.
        anew: choice of checking also what has a kept verdict, in whose place the new one comes.

    Raises:
        UserError: as of check(), or a file is missing.
    """
    entry = _entry(kind, cell, files, facts)
    place = entry.found() if all(path.exists() for path in files) else None
    if place is not None and anew:
        place.unlink()
    elif place is not None:
        known = read_report(place)
        report = known.model_copy(update={"step": step, "files": known.files | {"gds": str(files[0])}})
        report.write()
        print(f"  {kind} {cell}: as when it was last checked, nothing it hangs on has changed", flush=True)
        return report
    report = check()
    if report.verdict == "pass":
        entry.put(report.model_dump_json(by_alias=True))
    return report


def print_findings(messages: Sequence[str], see: str) -> None:
    """The first findings as lines, and what shows all of them."""
    for message in messages[:_SHOWN]:
        print(f"  {message}")
    if len(messages) > _SHOWN:
        print(f"  ... and {len(messages) - _SHOWN} more")
    print(see, flush=True)
