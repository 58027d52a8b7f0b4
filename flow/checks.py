"""`make drc`, `make lvs` and `make erc`: the chip's own cells, or a file of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.report import Report
from neusoc.layout.core.registry import blocks, report_name
from neusoc.layout.top.build import TOP, blocks_dir, build_blocks, build_chip, build_controller, chip_gds

CORES = 2  # cells, and decks, that are checked side by side


def _targets(chip: Chip, blocks_alone: bool = False) -> list[tuple[str, Path, Path]]:
    """(cell, GDS, reference netlist) of every block, the controller and the chip, built when stale; or of the
    blocks alone."""
    folder = blocks_dir(chip)
    found = [(b.name, folder / f"{b.name}.gds", folder / f"{b.name}.spice") for b in build_blocks(chip)]
    if blocks_alone:
        return found
    macro = build_controller(chip, sign_off=False)  # its own DRC and LVS are among the targets
    name = PARTS.controller
    found.append((name, macro / f"{name}.gds", macro / f"{name}.cdl"))
    gds = build_chip(chip, sign_off=False)
    reference = chip_dir(chip.name) / "netlist" / f"{TOP}.spice"
    if not reference.exists():
        from neusoc.layout.top.netlist import write_reference

        write_reference(chip, macro, folder, reference)
    found.append((TOP, gds, reference))
    return found


def _own_netlist(chip: Chip, cell: str) -> Path:
    """Reference netlist of one of the chip's cells; of a block, nothing beyond the blocks is built.

    Raises:
        UserError: the chip has no such cell.
    """
    if cell in blocks(chip):
        build_blocks(chip)
        return blocks_dir(chip) / f"{cell}.spice"
    if cell not in (PARTS.controller, TOP):
        raise UserError(f"TOP={cell}: not a cell of this chip, so it has no netlist here; add NETLIST=file")
    return next(reference for name, _, reference in _targets(chip) if name == cell)


def _own_file(gds: Path | None, top: str | None) -> tuple[Path, str]:
    if gds is None or top is None:
        given, other = ("TOP", "GDS=file") if gds is None else ("GDS", "TOP=cell")
        raise UserError(f"{given} is given alone; add {other}")
    return gds, top


def _named(chip: Chip, file: Path, cell: str) -> str:
    """In the name of the report: the chip's own file is the chip's, whatever else is a file of the user's."""
    own = cell == TOP and file.resolve() == chip_gds(chip).resolve()
    return f"{chip.name}.{cell}" if own else f"file.{cell}"


def drc(
    chip: Chip,
    gds: Path | None = None,
    top: str | None = None,
    anew: bool = False,
    blocks_alone: bool = False,
) -> list[Report]:
    """Three decks on one file, or on all that the chip is made of.

    Two cells run side by side, the largest first, and their decks share the cores: no core is idle while a
    deck waits.

    Args:
        chip: the variant.
        gds, top: a file and its cell.
        anew: choice of running them also on cells whose verdict is kept.
        blocks_alone: choice of the drawn blocks without controller and chip, so that nothing is hardened for
            it.

    Raises:
        UserError: a file or a cell that does not exist.
    """
    from neusoc.pdk.spice.ngspice import run_many
    from neusoc.verification.signoff.drc import DECKS, check_drc
    from neusoc.verification.signoff.gds import only_top
    from neusoc.verification.signoff.verdicts import kept_verdict

    if gds or top:
        file, cell = _own_file(gds, top or (gds and only_top(gds)))
        return [check_drc(file, cell, f"drc.{_named(chip, file, cell)}")]

    cores = Semaphore(CORES)

    def verdict(target: tuple[str, Path, Path]) -> Report:
        cell, file, _ = target
        name = report_name("drc", chip.name, cell)
        check = partial(check_drc, file, cell, name, threads=len(DECKS), cores=cores)
        return kept_verdict("drc", name, cell, [file], check, anew=anew)

    targets = _targets(chip, blocks_alone)
    order = sorted(targets, key=lambda target: -target[1].stat().st_size)
    found = dict(zip(order, run_many(verdict, order, workers=CORES), strict=True))
    return [found[target] for target in targets]


def lvs(
    chip: Chip,
    gds: Path | None = None,
    top: str | None = None,
    netlists: Sequence[Path] = (),
    anew: bool = False,
    blocks_alone: bool = False,
) -> list[Report]:
    """Both comparers on one file, or on all that the chip is made of.

    Args:
        chip: the variant.
        gds, top: a file and its cell.
        netlists: its reference, in one file or several.
        anew: choice of running it also on cells whose verdict is kept.
        blocks_alone: choice as of drc().

    Raises:
        UserError: a file or a cell that does not exist or does not fit the others.
    """
    from neusoc.verification.signoff.gds import read_layout
    from neusoc.verification.signoff.lvs import check_lvs
    from neusoc.verification.signoff.verdicts import kept_verdict

    if gds or top or netlists:
        file, cell = _own_file(gds, top)
        if not netlists:
            read_layout(file, cell)  # a file that is none is refused before anything is built for it
            netlists = [_own_netlist(chip, cell)]
        return [
            check_lvs(
                file, cell, list(netlists), f"lvs.{_named(chip, file, cell)}", **_lvs_options(chip, cell)
            )
        ]
    found = []
    for cell, file, reference in _targets(chip, blocks_alone):
        options = _lvs_options(chip, cell)
        name = report_name("lvs", chip.name, cell)
        check = partial(check_lvs, file, cell, reference, name, **options)
        found.append(kept_verdict("lvs", name, cell, [file, reference], check, options, anew=anew))
    return found


def keep_macro(chip: Chip) -> None:
    """The DRC and LVS that a hardening ended with are those of `make drc lvs` too: neither looks at the same
    macro again."""
    from neusoc.base.paths import REPORTS
    from neusoc.base.report import read_report
    from neusoc.digital.harden.collect import macro_dir
    from neusoc.verification.signoff.verdicts import keep

    name = PARTS.controller
    gds, cdl = (macro_dir(chip) / f"{name}.{kind}" for kind in ("gds", "cdl"))
    for kind, files, facts in (("drc", [gds], ()), ("lvs", [gds, cdl], (_lvs_options(chip, name),))):
        if (report := REPORTS / f"harden.{chip.name}.{kind}.json").exists():
            keep(kind, name, files, read_report(report), *facts)


def erc(
    chip: Chip,
    gds: Path | None = None,
    top: str | None = None,
    netlists: Sequence[Path] = (),
    anew: bool = False,
) -> list[Report]:
    """Electrical rules on one cell, by its layout, its netlist or both, or on all that the chip is made of;
    anew: as of drc()."""
    from neusoc.verification.chip.erc import check_cell, check_chip
    from neusoc.verification.signoff.gds import only_top

    if not (gds or top or netlists):
        return check_chip(chip, anew)
    if gds is None and not netlists:
        raise UserError("TOP is given alone; add GDS=file, NETLIST=file or both")
    if top is None and gds is None:
        raise UserError("NETLIST is given alone; add TOP=cell")
    cell = top or only_top(gds)
    return [check_cell(chip, cell, f"erc.{_named(chip, gds or netlists[0], cell)}", gds, netlists)]


def shuttle(chip: Chip, gds: Path | None = None, netlist: Path | None = None) -> Report:
    """The shuttle's folder and its checks, of the chip, built when stale, or of files in place of its layout
    and netlist."""
    from neusoc.verification.shuttle.report import check_shuttle

    if gds is None:
        build_chip(chip, sign_off=False)
    return check_shuttle(chip, gds, netlist)


def density(chip: Chip, gds: Path | None = None) -> Report:
    """Densities of the chip, built when stale, or of a file."""
    from neusoc.verification.density.report import check_density

    own = gds is None or gds.resolve() == chip_gds(chip).resolve()
    return check_density(gds or build_chip(chip, sign_off=False), f"density.{chip.name if own else 'file'}")


def _lvs_options(chip: Chip, cell: str) -> dict[str, Any]:
    """What LVS must know of the top beyond its netlist: pins that are one node; and that nothing above it
    joins pieces of a net."""
    from neusoc.layout.top.netlist import lvs_groups

    return {"join": lvs_groups(chip), "whole_nets": True} if cell == TOP else {}
