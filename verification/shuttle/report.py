"""`neusoc shuttle`: the folder for the shuttle, the checks of its tool on it, and those of our own where that
tool needs what is not here.

build/reports/shuttle.<chip>.json has a figure a check: `cf.*` by cf-precheck itself, `own.*` by this project.
A check that is not run has a sentence in place of a figure and is never a pass; where it should have run, the
whole report reads "not run".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.layout.top.build import chip_gds
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.netlist import lvs_groups
from neusoc.pdk.source import find_pdk
from neusoc.verification.shuttle.environment import environment, tool_version
from neusoc.verification.shuttle.folder import DEFINES, GDS, NETLIST, Inputs, chip_inputs, write_folder
from neusoc.verification.shuttle.frame_xor import frame_differences
from neusoc.verification.shuttle.gpio import read_modes
from neusoc.verification.shuttle.output_enable import check_output_enables
from neusoc.verification.shuttle.precheck import CHECKS, NOT_RUN, Outcome, run_check
from neusoc.verification.signoff.erc_circuit import extracted
from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import run_netgen
from rich.console import Console
from rich.table import Table

_TOLD = 5  # findings of a check that are told

Python = Callable[[], Path]


def _precheck(folder: Path, python: Python, work: Path) -> list[Outcome]:
    """All checks of the tool; not run, with the reason, where it is not to be had."""
    try:
        interpreter = python()
    except UserError as error:
        return [Outcome(check.name, "not run", None, str(error)) for check in CHECKS]
    found = []
    for check in CHECKS:
        start = time.monotonic()
        outcome = run_check(check, folder, interpreter, work / check.name)
        print(f"  cf.{check.name}: {outcome.verdict} ({time.monotonic() - start:.0f} s)", flush=True)
        found.append(outcome)
    return found


def _own(chip: Chip, folder: Path, work: Path) -> tuple[list[Figure], dict[str, list[str]]]:
    """The checks that stand in for the tool's: figures, and findings of each."""
    gds, netlist = folder / GDS, folder / NETLIST
    xor = [f"{d.layer} at {d.box} um is not as in the golden frame" for d in frame_differences(gds)]
    compared = run_lvs(gds, TOP, [netlist], work / "lvs", join=lvs_groups(chip), whole_nets=True)
    lvs = [*compared.messages(), *run_netgen(*compared.spice, TOP, work / "lvs").mismatches]
    if not (lvs or compared.clean):
        lvs = ["layout and netlist hold no devices"]
    enables = check_output_enables(extracted(gds, TOP).flat, read_modes((folder / DEFINES).read_text()))
    found = {
        "own.xor": xor,
        "own.lvs": lvs,
        "own.oeb": [str(e) for e in enables if e.error],
        "own.oeb_warnings": [str(e) for e in enables if not e.error],
    }
    units = {
        "own.xor": "differences",
        "own.lvs": "mismatches",
        "own.oeb": "errors",
        "own.oeb_warnings": "warnings",
    }
    return [
        Figure(name=name, value=len(lines), unit=units[name], max=0, source="gds")
        for name, lines in found.items()
    ], found


def figures_of(outcomes: Sequence[Outcome]) -> list[Figure]:
    """A figure for each check of the tool that ran, and the number of its rules where that is known."""
    looks_at = {check.name: check.looks_at for check in CHECKS}
    ran = [o for o in outcomes if o.verdict != "not run"]
    found = [
        Figure(name=f"cf.{o.check}", value=o.faults, unit="faults", max=0, source=looks_at[o.check])
        for o in ran
    ]
    rules = {o.check: o.rules for o in ran if o.rules is not None}
    return found + [
        Figure(name=f"cf.{name}.rules", value=count, unit="rules", min=1, source="gds")
        for name, count in rules.items()
    ]


def texts_of(outcomes: Sequence[Outcome], own: dict[str, list[str]]) -> dict[str, str]:
    """A sentence for each check that did not run or did not pass."""
    found = {f"cf.{o.check}": f"{o.verdict}: {o.said}" for o in outcomes if o.verdict != "pass"}
    for name, (why, instead) in NOT_RUN.items():
        found[f"cf.{name}"] = f"not run: {why}" + (f"; {instead} stands in for it" if instead else "")
    for name, lines in own.items():
        if lines:
            more = f" (and {len(lines) - _TOLD} more)" if len(lines) > _TOLD else ""
            found[name] = "; ".join(lines[:_TOLD]) + more
    return found


def missing(outcomes: Sequence[Outcome], figures: Sequence[Figure]) -> str | None:
    """Why the whole is `not run`: a check that should have run did not, and nothing that ran failed."""
    absent = [o for o in outcomes if o.verdict == "not run"]
    if not absent or not all(f.passes for f in figures):
        return None
    return f"{len(absent)} of {len(CHECKS)} checks of cf-precheck: {absent[0].said}"


def shuttle_table(report: Report) -> Table:
    """One row a check, for a terminal."""
    table = Table("check", "verdict", "what it found", title="what the shuttle asks for")
    figures = {f.name: f for f in report.figures if not f.name.endswith(".rules")}
    for name in [*figures, *(name for name in report.texts if name not in figures)]:
        figure = figures.get(name)
        verdict = "not run" if figure is None else "pass" if figure.passes else "fail"
        told = report.texts.get(name, "").removeprefix(f"{verdict}: ")
        table.add_row(name, verdict, told, style={"pass": "green", "fail": "red"}.get(verdict, "yellow"))
    return table


def report_inputs(inputs: Inputs) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [inputs.gds, inputs.netlist, inputs.controller]


def check_shuttle(
    chip: Chip,
    gds: Path | None = None,
    netlist: Path | None = None,
    *,
    python: Python = environment,
    place: Path | None = None,
    work: Path | None = None,
    reports: Path | None = None,
) -> Report:
    """Write the folder, run the checks, write the report, print the table.

    Args:
        chip: the variant; what is not given is its own, as `make gds` left it.
        gds, netlist: files in place of the chip's.
        python: gives an interpreter with cf_precheck.
        place: path of the folder; build/<chip>/shuttle for the chip's own files, else build/shuttle.
        work: folder for the tools' files; build/precheck/<report> by default.
        reports: folder of the report; build/reports by default.

    Raises:
        UserError: as of write_folder(): nothing is written then.
    """
    watch = Stopwatch()
    inputs = chip_inputs(chip, gds, netlist)
    own = inputs.gds.resolve() == chip_gds(chip).resolve() and inputs.netlist == chip_inputs(chip).netlist
    name = chip.name if own else "file"
    folder = write_folder(chip, inputs, place or (None if own else BUILD / "shuttle"))
    work = work or BUILD / "precheck" / name
    outcomes = _precheck(folder, python, work)
    figures, findings = _own(chip, folder, work)
    figures = figures_of(outcomes) + figures
    pdk = find_pdk()
    report = Report(
        step=f"shuttle.{name}",
        figures=figures,
        not_run=missing(outcomes, figures),
        tools={
            **versions("klayout", "netgen-lvs"),
            "cf-precheck": tool_version(),
            "klayout.db": db.__version__,
        },
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, inputs),
        seconds=watch.seconds,
        files={"folder": str(folder), "tools": str(work)},
        texts=texts_of(outcomes, findings),
    )
    report.write(reports)
    Console(soft_wrap=False).print(shuttle_table(report))
    return report
