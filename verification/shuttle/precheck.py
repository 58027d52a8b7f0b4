"""Checks of cf-precheck itself, those that need only KLayout and Python, each by the tool's own word.

Each runs as `python -m cf_precheck ... <check>` on links to the shuttle's folder, so that what the tool
writes beside its input stays out of it. The tool's verdict stands in the `.cf/project.json` that it writes
there; without one the check did not run. What needs Magic or CVC
is not run: it is named with its reason.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neusoc.base.errors import UserError
from neusoc.base.report import Source
from neusoc.base.tools import run
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.drc import CPU_SECONDS, WALL_SECONDS, read_markers

Verdict = Literal["pass", "fail", "not run"]


@dataclass(frozen=True)
class Check:
    """One check of the tool.

    Attributes:
        name: name that the tool gives it.
        looks_at: source that it reads.
        says: requirement, for a reader.
        rules: its report names the rules that it looked at, so that none of them is told from none looked at.
    """

    name: str
    looks_at: Source
    says: str
    rules: bool = False


CHECKS = (
    Check("topcell_check", "gds", "one top cell"),
    Check("gpio_defines", "rtl", "a legal mode for each GPIO"),
    Check("klayout_feol", "gds", "front-end rules", rules=True),
    Check("klayout_beol", "gds", "back-end rules", rules=True),
    Check("klayout_offgrid", "gds", "everything on the grid", rules=True),
    Check("klayout_met_min_ca_density", "gds", "at most 60 % of each metal, 76 % of met5"),
    Check("klayout_pin_label_purposes_overlapping_drawing", "gds", "pins and labels on drawn shapes"),
    Check("klayout_zeroarea", "gds", "no shape without area"),
    Check("spike_check", "gds", "no path that turns back on itself"),
    Check("illegal_cellname_check", "gds", "no # or / in a cell's name"),
)
# check -> why it is not run, and what stands in for it
NOT_RUN = {
    "magic_drc": ("it needs Magic, which this environment has not", None),
    "xor": ("it erases the inside with Magic, which this environment has not", "own.xor"),
    "lvs": ("it extracts with Magic, which this environment has not", "own.lvs"),
    "oeb": ("it extracts with Magic and asks CVC, which this environment has not", "own.oeb"),
}


@dataclass(frozen=True)
class Outcome:
    """What a check said.

    Attributes:
        check: its name.
        verdict: the tool's.
        faults: number of faults that it counted, at least 1 for a fail; None if it did not run.
        said: its own words, or why it did not run; empty for a pass.
        rules: number of rules in its report; None if it has none.
    """

    check: str
    verdict: Verdict
    faults: int | None
    said: str = ""
    rules: int | None = None


def _links(folder: Path, work: Path) -> Path:
    """A project folder of links, which the tool may write into."""
    project = work / "project"
    shutil.rmtree(work, ignore_errors=True)
    project.mkdir(parents=True)
    for part in ("gds", "verilog", "netgen", "lvs"):
        if (folder / part).exists():
            (project / part).symlink_to((folder / part).resolve())
    return project


def _said(project: Path, name: str) -> dict[str, str] | None:
    """The tool's entry for a check; None if it wrote none."""
    try:
        entry = json.loads((project / ".cf" / "project.json").read_text())["precheck"]["checks"][name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if isinstance(entry, dict) else None


def _counted(check: Check, out: Path) -> tuple[int | None, int | None]:
    """Faults and rules in the report of a check by KLayout, None for what it does not tell."""
    report = out / "outputs" / "reports" / f"{check.name}_check.xml"
    if not report.is_file():
        return None, None
    try:
        violations, rules = read_markers(report, check.name)
    except RuntimeError:
        return None, None
    return sum(v.count for v in violations), rules if check.rules else None


def run_check(check: Check, folder: Path, python: Path, work: Path) -> Outcome:
    """Let the tool run one check.

    Args:
        check: check of CHECKS.
        folder: folder as of folder.write_folder().
        python: interpreter with cf_precheck in it.
        work: emptied first; the tool's files go there.
    """
    project, out = _links(folder, work), work / "out"
    command = [
        python,
        "-m",
        "cf_precheck",
        "-i",
        project,
        "-p",
        find_pdk().tree,
        "-c",
        work,
        "-o",
        out,
        check.name,
    ]
    environment = {"KLAYOUT_HOME": str(work), "PYTHONWARNINGS": "ignore", "COLUMNS": "200"}
    try:
        done = run(
            command,
            log=work / "log.txt",
            timeout=CPU_SECONDS,
            wall=WALL_SECONDS,
            cwd=work,
            env=environment,
            check=False,
        )
    except (UserError, OSError) as error:
        return Outcome(check.name, "not run", None, str(error))
    entry = _said(project, check.name)
    status = entry.get("status") if entry else None
    if entry is None or status not in ("pass", "fail"):
        last = next((line.strip() for line in reversed(done.splitlines()) if line.strip()), "it said nothing")
        return Outcome(
            check.name, "not run", None, f"the tool came to no verdict ({last[:120]}); see {work / 'log.txt'}"
        )
    faults, rules = _counted(check, out)
    if status == "pass":
        if check.rules and not rules:
            return Outcome(
                check.name,
                "not run",
                None,
                f"its report names no rule: it looked at nothing; see {work / 'log.txt'}",
            )
        return Outcome(check.name, "pass", faults or 0, rules=rules)
    details = str(entry.get("details") or "no reason given").replace(f"{out}{os.sep}", "")
    return Outcome(check.name, "fail", faults or 1, details, rules)
