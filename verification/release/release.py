"""Macros for other people's designs: every view, checked against each other and against the layout, in one
folder or none.

neusoc array ROWS COLUMNS -o FOLDER     the array alone
neusoc release [--chip NAME]            core, its references and array of a chip, into build/release/<chip>/
neusoc release-check FOLDER             a release, as it arrived
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch, tree_commit
from neusoc.base.tools import versions
from neusoc.layout.core.antenna import pin_areas
from neusoc.layout.core.lef import lef_text, write_lef
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.pdk.gds import read_cell
from neusoc.pdk.source import NAME, find_pdk
from neusoc.verification.release import folder as folders
from neusoc.verification.release import macro as macros
from neusoc.verification.release.datasheet import datasheet_text
from neusoc.verification.release.loads import Loads, array_loads, core_loads
from neusoc.verification.release.macro import Macro
from neusoc.verification.release.obstructions import with_obstructions
from neusoc.verification.release.views import ENDINGS, compare, unlike_table

VERDICTS = "verdicts.json"
# um: a strap of met4 ends 0.6 um before an obstruction (OpenROAD), and so covers the bar of vss, 0.585 um
#   from the outline
_INSETS = {"met4": 1.2}
_TOOLS = ("klayout", "gdsfactory", "klayout-pex", "cf-precheck", "glayout", "netgen-lvs", "ngspice")
# of a report: what differs from run to run, or tells of this machine
_PASSING = {"seconds", "files", "inputs_hash", "date", "commit"}

type OfLayout[T] = Callable[[Macro, Path], T]


class NotReleasedError(Exception):
    """A check failed, so there is no release; the findings were printed, `reports` have the verdicts."""

    def __init__(self, name: str, reports: list[Report]) -> None:
        super().__init__(f"{name}: not released, for a check failed")
        self.reports = reports


def _lef(macro: Macro, gds: Path) -> str:
    """LEF of the array: gates of its word lines and sources of its source lines as antenna areas."""
    layout = db.Layout()
    layout.read(str(gds))
    signals = [pin.name for pin in macro.pins if pin.name not in macro.supplies]
    text = lef_text(layout, macro.name, list(macro.pins), pin_areas(layout, macro.name, signals))
    return with_obstructions(text, layout, macro.name, _INSETS)


def write_views(
    macro: Macro, netlist: str, loads: OfLayout[Loads], lef: OfLayout[str], folder: Path
) -> Loads:
    """Write GDS, LEF, Liberty, both Verilogs, SPICE and CDL into a folder.

    Args:
        macro: macro to be released.
        netlist: SPICE text of it.
        loads: macro, GDS -> capacitance of its pins.
        lef: macro, GDS -> text of its LEF.
        folder: is there.

    Returns:
        What its pins load.
    """

    def file(view: str) -> Path:
        return folder / f"{macro.name}{ENDINGS[view]}"

    gds = macro.draw(file("gds"))
    layout = db.Layout()
    layout.read(str(gds))
    outline = macros.outline(layout, macro.name)
    file("lef").write_text(lef(macro, gds))
    measured = loads(macro, gds)
    file("liberty").write_text(macros.liberty_text(macro, outline.area(), measured.picofarads))
    file("verilog").write_text(macros.verilog_text(macro))
    file("powered verilog").write_text(macros.powered_verilog_text(macro))
    file("spice").write_text(macros.spice_text(macro, netlist))
    file("cdl").write_text(macros.cdl_text(macro, netlist))
    return measured


def _checks(macro: Macro, folder: Path) -> list[Report]:
    """Three decks, and both comparers, on the files of the release."""
    from neusoc.verification.signoff.drc import check_drc
    from neusoc.verification.signoff.lvs import check_lvs

    cell = macro.name
    gds, spice = (folder / f"{cell}{ENDINGS[view]}" for view in ("gds", "spice"))
    work = BUILD / "release" / "checks" / cell
    with tempfile.TemporaryDirectory() as place:
        reports = Path(place)
        print(f"  {cell}: design rules", flush=True)
        drc = check_drc(gds, cell, f"drc.{cell}", out_dir=work / "drc", reports=reports)
        print(f"  {cell}: layout against netlist", flush=True)
        lvs = check_lvs(
            gds,
            cell,
            spice,
            f"lvs.{cell}",
            whole_nets=macro.whole_nets,
            out_dir=work / "lvs",
            reports=reports,
        )
    return [drc, lvs]


def _finish(macro: Macro, folder: Path, measured: Loads) -> list[Report]:
    """Checks, datasheet, verdicts and manifest of written views.

    Raises:
        NotReleasedError: a check failed.
    """
    cell = macro.name
    differing = compare(folder, cell, macro.supplies)
    differing["pin table"] = unlike_table(folder, cell, macro.pins)
    for line in (line for lines in differing.values() for line in lines):
        print(f"  {line}")
    reports = _checks(macro, folder)
    if any(differing.values()) or any(report.verdict != "pass" for report in reports):
        raise NotReleasedError(cell, [*reports, *_views_reports(cell, differing)])
    page = datasheet_text(macro, folder / f"{cell}{ENDINGS['lef']}", measured.section, reports, differing)
    (folder / f"{cell}{ENDINGS['datasheet']}").write_text(page)
    (folder / VERDICTS).write_text(
        json.dumps([_kept(r) for r in (*reports, *_views_reports(cell, differing))], indent=1) + "\n"
    )
    pdk = find_pdk()
    folders.write_manifest(
        folder,
        {
            "name": cell,
            "what": macro.what,
            "rows": macro.rows,
            "columns": macro.columns,
            "supplies": list(macro.supplies),
            "neusoc": metadata.version("neusoc"),
            "commit": tree_commit()[0],
            "process": {"name": NAME, "source": pdk.source, "sha256": pdk.hash},
            "tools": versions(*_TOOLS),
        },
    )
    return [*reports, *_views_reports(cell, differing)]


def _release(
    macro: Macro, netlist: str, loads: OfLayout[Loads], lef: OfLayout[str], folder: Path
) -> list[Report]:
    """Fill a folder with one macro's release; raises as _finish()."""
    print(f"  {macro.name}: views", flush=True)
    return _finish(macro, folder, write_views(macro, netlist, loads, lef, folder))


def _views_reports(cell: str, differing: dict[str, list[str]]) -> list[Report]:
    """Lines of each view that differ, as a report that is printed and kept in the release alone."""
    figures = [
        Figure(name=f"{view}: lines unlike the LEF", value=len(lines), max=0, source="lef")
        for view, lines in differing.items()
    ]
    return [Report(step=f"views.{cell}", figures=figures)]


def _kept(report: Report) -> dict[str, object]:
    """A report without what differs from run to run: time, and what was measured of the machine, as
    memory."""
    found = report.model_dump(by_alias=True, exclude=_PASSING)
    found["figures"] = [
        figure for figure in found["figures"] if figure["unit"] != "s" and figure["source"] != "measured"
    ]
    return found


def _read_netlist(path: Path | None, macro: Macro) -> str:
    """The netlist of the user, or the macro's own; either must be of this macro.

    Raises:
        UserError: it cannot be read, or is of another macro or another chip.
    """
    if path is None:
        text, name = macro.netlist(), f"{macro.name}.spice"
    else:
        try:
            text, name = path.read_text(), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"NETLIST={path}: cannot be read ({type(error).__name__}); give the path of a SPICE file"
            ) from None
    macros.require_netlist(macro, text, name)
    return text


def release_array(rows: int, columns: int, out: Path, netlist: Path | None = None) -> list[Report]:
    """Release the array alone.

    Args:
        rows, columns: even, 8 to 256.
        out: folder, absent or empty.
        netlist: SPICE in place of the generated one.

    Returns:
        Verdicts.

    Raises:
        UserError: bad input, or the disk refuses; nothing was written.
        NotReleasedError: a check failed; nothing was written.
    """
    macro = macros.array_macro(rows, columns)
    folders.require_free(out.absolute())
    text = _read_netlist(netlist, macro)
    reports: list[Report] = []

    def fill(folder: Path) -> None:
        reports.extend(_release(macro, text, array_loads, _lef, folder))

    folders.put_whole(out, fill)
    return reports


def release_chip(chip: Chip, out: Path | None = None) -> Report:
    """Release core, references on the chip and array, a folder each.

    Args:
        chip: the variant.
        out: folder, absent or empty; build/release/<chip>/ without, which takes the place of an earlier
            release.

    Returns:
        The report of the step, which is written even if a check failed.

    Raises:
        UserError: as of release_array().
        NotReleasedError: as of release_array().
    """
    watch = Stopwatch()
    if out is not None:
        folders.require_free(out.absolute())
    build_blocks(chip)
    blocks = blocks_dir(chip)
    cores, array = macros.core_macros(chip, blocks), macros.array_macro(chip.rows, chip.columns)
    texts = {macro.name: _read_netlist(None, macro) for macro in (*cores, array)}
    reports: list[Report] = []

    def core_lef(macro: Macro, gds: Path) -> str:
        with tempfile.TemporaryDirectory() as place:
            text = write_lef(chip, macro.name, gds, Path(place) / "macro.lef").read_text()
        return with_obstructions(text, read_cell(gds, macro.name)[0], macro.name, {})

    def fill(folder: Path) -> None:
        for macro, loads, lef in (
            *((core, core_loads, core_lef) for core in cores),
            (array, array_loads, _lef),
        ):
            place = folder / macro.name
            place.mkdir()
            reports.extend(_release(macro, texts[macro.name], loads, lef, place))

    try:
        folders.put_whole(out or BUILD / "release" / chip.name, fill, replace=out is None)
    except NotReleasedError as error:
        _report(chip, [*reports, *error.reports], watch).write()
        raise
    report = _report(chip, reports, watch)
    report.write()
    return report


def _report(chip: Chip, reports: list[Report], watch: Stopwatch) -> Report:
    figures = [
        figure.model_copy(update={"name": f"{report.step.partition('.')[2]}: {figure.name}"})
        for report in reports
        for figure in report.figures
        if figure.max is not None or figure.min is not None
    ]
    pdk = find_pdk()
    return Report(
        step=f"release.{chip.name}",
        figures=figures,
        tools=versions(*_TOOLS),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        seconds=watch.seconds,
    )


def check_release(folder: Path) -> dict[str, list[str]]:
    """A release as it arrived: its files against the manifest, its views against each other.

    Args:
        folder: folder of one macro, or one that holds several.

    Returns:
        Macro -> what is wrong, one sentence each.

    Raises:
        UserError: no release is there.
    """
    places = (
        [folder]
        if (folder / folders.MANIFEST).exists()
        else sorted(path.parent for path in folder.glob(f"*/{folders.MANIFEST}"))
    )
    if not places:
        folders.read_manifest(folder)  # says so
    found = {}
    for place in places:
        facts = folders.read_manifest(place)
        name, supplies = str(facts.get("name")), facts.get("supplies")
        if not isinstance(supplies, list):
            raise UserError(
                f"{place}: its {folders.MANIFEST} names no supplies; name the folder of a release"
            )
        views = compare(place, name, supplies)
        found[name] = [*folders.unlike_manifest(place), *(line for lines in views.values() for line in lines)]
    return found
