"""Electrical rules on this chip: every block, the controller and the whole, with the chip's own classes of
nets and its waivers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.graph import digest
from neusoc.base.paths import ROOT, chip_dir
from neusoc.base.report import Report
from neusoc.digital.harden.collect import macro_dir
from neusoc.layout.core.registry import report_name
from neusoc.layout.top.build import TOP, blocks_dir, build_blocks, chip_gds
from neusoc.verification.chip.erc_classes import known_of, pin_classes
from neusoc.verification.signoff.erc import check_erc
from neusoc.verification.signoff.erc_waivers import must_be_of, read_waivers
from neusoc.verification.signoff.reader import read_subcircuits
from neusoc.verification.signoff.verdicts import kept_verdict

WAIVERS = ROOT / "verification" / "chip" / "erc.yaml"


def check_cell(
    chip: Chip,
    cell: str,
    step: str,
    gds: Path | None,
    netlists: Sequence[Path],
    *,
    out_dir: Path | None = None,
    reports: Path | None = None,
) -> Report:
    """Check one cell and write its report.

    Args:
        chip: whose pins and pads the cell has; one of another origin is known by the names of its pins.
        cell: top.
        step: name of the report.
        gds, netlists: layout, netlist, or both.
        out_dir, reports: folders as of check_erc().

    Raises:
        UserError: as of check_erc().
    """
    return check_erc(
        cell,
        step,
        lambda circuits, pins: pin_classes(chip, cell, circuits, pins),
        gds=gds,
        netlists=netlists,
        waivers=WAIVERS,
        out_dir=out_dir,
        reports=reports,
    )


def check_chip(chip: Chip, anew: bool = False) -> list[Report]:
    """Check every block, and controller and chip where they are built already: no routing is started for
    this.

    Args:
        chip: the variant.
        anew: choice of checking also cells whose verdict is kept.

    Raises:
        UserError: as of check_erc(), or a waiver of a cell that the chip has not.
    """
    folder, macro, controller = blocks_dir(chip), macro_dir(chip), PARTS.controller
    targets = [
        (block.name, folder / f"{block.name}.gds", folder / f"{block.name}.spice")
        for block in build_blocks(chip)
    ]
    netlists = [netlist for _, _, netlist in targets]
    must_be_of(list(_cells(netlists)), read_waivers(WAIVERS), WAIVERS)
    targets.append((controller, macro / f"{controller}.gds", macro / f"{controller}.cdl"))
    targets.append((TOP, chip_gds(chip), chip_dir(chip.name) / "netlist" / f"{TOP}.spice"))
    found = []
    for cell, gds, netlist in targets:
        step = report_name("erc", chip.name, cell)
        check = partial(check_cell, chip, cell, step, gds, [netlist])
        if not (gds.exists() and netlist.exists()):
            found.append(_not_run(chip, cell))
        else:
            found.append(
                kept_verdict(
                    "erc",
                    step,
                    cell,
                    [gds, netlist],
                    check,
                    digest(WAIVERS),
                    *known_of(chip, cell),
                    anew=anew,
                )
            )
    return found


def _cells(netlists: Sequence[Path]) -> set[str]:
    return {name for netlist in netlists for name in read_subcircuits([netlist])}


def _not_run(chip: Chip, cell: str) -> Report:
    report = Report(
        step=report_name("erc", chip.name, cell),
        not_run=f"not built; run `make gds CHIP={chip.name}`, then this again",
    )
    report.write()
    return report
