"""`make page`: build/page/index.html, one page that shows the chip, static, from a disk or a server. What is absent says so on it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from neusoc.analog.bench.schematic import draw
from neusoc.analog.synapse.sample import sample_gds
from neusoc.base.chip import Chip, load_chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, REPORTS, ROOT
from neusoc.base.pins import CELL as CORE_CELL
from neusoc.base.report import tree_commit
from neusoc.base.results import Results
from neusoc.base.store import content_hash, folder, put_folder, size
from neusoc.base.tools import version
from neusoc.digital.harden.collect import macro_dir
from neusoc.flow import shown as content
from neusoc.flow.documents import results_with
from neusoc.flow.npm import VIEWER, Absent
from neusoc.flow.page.layouts import TILE, Sheet, picture, sheet
from neusoc.flow.page.parts import CELL, parts_of_page
from neusoc.flow.page.plots import plots
from neusoc.flow.page.try_it import try_section
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import misses
from neusoc.flow.shown import BESIDE, Shown
from neusoc.flow.steps import PUBLISHED, step_of_report
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import drawing_sources, schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks, chip_gds
from PIL import Image

HERE = Path(__file__).parent
PLACE = BUILD / "page"
LEARNING = ROOT / "verification" / "mixed" / "learning"
LEARNT = {"two_patterns": "Two patterns", "pavlov": "Bell and food", "three_factor": "A third factor"}
CHIP_WIDE = 4096                 # pixels of the widest level of the whole chip: its core has tiles of its own
COSTS = r"(image|synaptic operation): .*"        # time and energy of an image
SECTIONS = {
    "chip": "The chip", "reached": "Reached, missed", "parts": "Parts", "try": "Try it", "digits": "Digits", "learning": "Learning",
    "sign-off": "Sign-off", "missed": "Misses",
}  # fmt: skip
HEADLINES = (
    ("of digits classified correctly by whole images, mean of 20 sampled chips, emulated", "digits",
     "64-30 everything on stratified programmed: mean"),
    ("the same of writers not in the training set", "digits", "64-30 everything on last360 programmed: mean"),
    ("of MNIST at 8 × 8, mean of 5 sampled chips", "mnist", "64-30 programmed: mean"),
    ("an image at once", "digits", "image: time without loading"),
    ("an image at once, front ends and rows", "digits", "image: front ends and rows"),
    ("of array a synapse, straps included", "array.tapeout", "area of the array over its cells"),
    ("of design rules broken, whole chip", "drc.tapeout.user_analog_project_wrapper", "drc.mr"),
    ("between layout and netlist, whole chip", "lvs.tapeout.user_analog_project_wrapper", "lvs.mismatches"),
)  # fmt: skip


@dataclass(frozen=True)
class Pictures:
    """What the pictures are made of.

    Attributes:
        blocks: folder of the blocks' layouts.
        chip: layout of the whole, which may be absent.
        wide: pixels of the width of the widest level of tiles; the usual one without.
        schematics: draw them.
        cell: layout of the array's cell.
        controller: layout of the hardened controller, which may be absent.
    """

    blocks: Path
    chip: Path
    wide: int | None = None
    schematics: bool = True
    cell: Path | None = None
    controller: Path | None = None

    @classmethod
    def of(cls, chip: Chip) -> Pictures:
        """Those of a chip's own files; its cell is drawn."""
        controller = macro_dir(chip) / f"{PARTS.controller}.gds"
        return cls(blocks_dir(chip), chip_gds(chip), cell=sample_gds(), controller=controller)


def _schematic(name: str) -> Path:
    """A block's schematic as SVG, kept until it changes.

    Raises:
        UserError: xschem is missing or refuses it.
    """
    own = ROOT / "analog" / name
    views = (*own.glob("*.sch"), *own.glob("*.sym"), ROOT / "analog" / "symbols", ROOT / "analog" / "xschemrc")
    key = content_hash(drawing_sources(name) if (own / "layout.py").exists() else views, version("xschem"))
    return folder(BUILD / "page_parts" / f"{name}.schematic", key, lambda place: _drawn(name, place)) / f"{name}.svg"


def _drawn(name: str, place: Path) -> None:
    draw(name, place / f"{name}.svg")


def _copied(source: Path, page: Path, name: str | None = None) -> str:
    """Put a file into the page's folder of pictures; returns its address in the page."""
    target = page / "pictures" / (name or source.name)
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    return target.relative_to(page).as_posix()


def _sheet(page: Path, gds: Path, title: str, names: set[str], wide: int | None) -> dict[str, Any]:
    """A layout in the page, as the template and the viewer have it."""
    one: Sheet = sheet(gds, names, wide) if wide else sheet(gds, names)
    place = f"tiles/{gds.stem}"
    shutil.copytree(one.folder, page / place, ignore=shutil.ignore_patterns("COMPLETE", "[0-7]"))
    with Image.open(page / place / "whole.webp") as whole:
        shown = whole.size
    return {
        "id": gds.stem, "title": title, "width": one.width, "height": one.height, "width_um": one.width_um, "height_um": one.height_um,
        "levels": one.levels, "tile": TILE, "folder": place, "whole": f"{place}/whole.webp", "shown_width": shown[0],
        "shown_height": shown[1], "hash": hashlib.sha256(gds.read_bytes()).hexdigest(), "parts": sorted(one.parts.items()),
    }  # fmt: skip


def _parts(
    page: Path, chip: Chip, counts: dict[str, int], results: Results, reasons: Reasons, asked: Pictures
) -> list[dict[str, Any]]:
    """Every part with its pictures, or why they are not there."""
    array, controller = Plan(chip.rows, chip.columns).name, PARTS.controller
    elsewhere = {
        CELL: (asked.cell, "make char BLOCK=synapse"),
        controller: (asked.controller, f"make harden CHIP={chip.name}"),
    }  # fmt: skip
    # what has no sheet of its own, and what it has instead
    no_sheet = {
        array: f"none, it is generated: layout/array/netlist.py writes rows and columns of the cell {CELL}, which has one",
        controller: "",
    }  # fmt: skip
    found = []
    for one in parts_of_page(chip, counts, results, reasons):
        gds, command = elsewhere.get(one.name, (asked.blocks / f"{one.name}.gds", f"make blocks CHIP={chip.name}"))
        shown = {**vars(one), "layout": None, "schematic": None, "no_layout": f"not run: {command}", "no_schematic": ""}
        if gds and gds.exists():
            shown["layout"] = _copied(picture(gds), page)
        if one.name in no_sheet:
            shown["no_schematic"] = no_sheet[one.name]
        elif asked.schematics:
            try:
                shown["schematic"] = _copied(_schematic(one.name), page)
            except UserError as error:
                shown["no_schematic"] = f"not run: {error}"
        found.append(shown)
    return found


def _headlines(results: Results) -> list[tuple[str, Shown]]:
    found = []
    for label, step, name in HEADLINES:
        found.append((label, Shown.of(results, step, results.figure(step, name))))
    return found


def _learning(page: Path, results: Results) -> list[dict[str, Any]]:
    """Waveforms of the mixed simulation with their figures."""
    step, found = "mixed_learning.mini", []
    for name, title in LEARNT.items():
        source = LEARNING / f"learning_{name}.png"
        wanted = rf"{name}\.(presentations_with_wrong_spikes|waveforms|errors|energy_of_a_waveform|time_of_a_waveform)"
        figures = content.chosen_figures(results, step, wanted)
        if source.exists():
            found.append({"title": title, "file": _copied(source, page), "figures": figures, "command": step_of_report()[step].command})
    return found


def context(page: Path, chip: Chip, results: Results, asked: Pictures) -> dict[str, Any]:
    """What the template is given; pictures are put into the page's folder."""
    sheets, absent = [], []
    names = {Plan(chip.rows, chip.columns).name, PARTS.controller, *schematic_blocks()} - {CELL}
    core = asked.blocks / f"{CORE_CELL}.gds"
    if asked.chip.exists():
        sheets.append(_sheet(page, asked.chip, "chip in the harness", names, asked.wide or CHIP_WIDE))
    else:
        absent.append(f"The whole chip in its harness: not run, its layout is not built: make gds CHIP={chip.name}")
    if core.exists():
        sheets.append(_sheet(page, core, "analog core", names, asked.wide))
    else:
        absent.append(f"The analog core: not run, its layout is not built: make blocks CHIP={chip.name}")
    counts = {name: len(boxes) for one in sheets[-1:] for name, boxes in one["parts"]}
    viewer = None
    try:
        place = VIEWER.place()
        shutil.copyfile(place / "openseadragon.min.js", page / "openseadragon.min.js")
        shutil.copyfile(place / "LICENSE.txt", page / "OpenSeadragon.txt")
        viewer = VIEWER.name
    except Absent as error:
        absent.append(f"Zooming into the layout: not run, {error}")
    reasons = Reasons.load()
    parts = _parts(page, chip, counts, results, reasons, asked)
    reports = [entry.report for entry in results.steps.values()]
    commit, date = tree_commit()
    signed = {one.name: one for one in (chip, load_chip("mini"))}
    return {
        "summary": (
            f"{chip.rows} × {chip.columns} ReRAM synapses and {chip.neurons} leaky integrate-and-fire neurons under a digital "
            "controller, on the open sky130B process: generated, checked, programmed and taught from one repository."
        ),
        "sections": SECTIONS.items(), "sheets": sheets, "viewer": viewer, "absent": absent, "parts": parts,
        "tried": try_section(page, results),
        "groups": [
            ("On the chip", [p for p in parts if p["count"]]),
            ("Drawn and measured, beside this core", [p for p in parts if not p["count"]]),
        ],
        "headlines": _headlines(results), "chip": chip.name, "chosen": content.headlines(results),
        "missed": [(one, [Shown.of(results, one.report, f, "no value") for f in one.figures]) for one in misses(results, reasons)],
        "states": content.states(reports),
        "beside": BESIDE, "newest": max((r.date or "" for r in reports), default="unknown"),
        "commit": f"sources of commit {commit} of {date}" if commit else "sources outside of a repository",
        "plots": plots(results), "accuracies": _accuracies(results), "learning": _learning(page, results),
        "learnt": content.accuracies(results, "learning_digits"),
        "sign_off": [
            (name, f"{name}, {one.rows} × {one.columns}", _signed(results, one), content.signed_with(results, one))
            for name, one in signed.items()
        ],
        "checks": content.CHECKS, "sampled": content.sampled(results), "costs": content.chosen_figures(results, "digits", COSTS),
        "sheet_title": _datasheet(page, results, commit),
        "runs": content.runs(results), "versions": content.versions(results),
        "sheet_data": {s["id"]: {k: s[k] for k in ("width", "height", "levels", "tile", "folder")} for s in sheets},
    }  # fmt: skip


def _datasheet(page: Path, results: Results, commit: str | None) -> str:
    """The chip's datasheet as a page beside the page; returns its heading."""
    title, sheet_text = content.sheet(results)
    shown = template().get_template("datasheet.html.j2").render(title=title, sheet=sheet_text, commit=commit or "")
    (page / BESIDE).write_text(shown)
    return title


def _signed(results: Results, chip: Chip) -> list[content.Verdict]:
    """Verdicts on a chip; of one of which not all is expected, on the cells that were checked."""
    rows = content.sign_off(results, chip)
    return rows if chip.name in PUBLISHED else [one for one in rows if any(verdict in ("pass", "fail") for verdict, _ in one.verdicts)]


def _accuracies(results: Results) -> list[tuple[str, str, list[content.Case], str]]:
    said = {
        "digits": ("Whole images", "All rows at once in bit planes; as extracted, not trimmed, with faults of the array."),
        "mnist": ("MNIST", "8 × 8 pixels on 64 rows, 14 × 14 on 256; all test images."),
        "study": ("The study: everything that was varied", "64-30, whole images if not said otherwise; each condition on the same chips."),
    }
    found = []
    for step, (title, says) in said.items():
        entry = results.steps.get(step)
        stale = f" Stale: {entry.stale}" if entry and entry.stale else ""
        found.append((title, says + stale, content.accuracies(results, step), step_of_report()[step].command))
    return found


def template() -> Environment:
    """The page's template; a name that it uses and nobody gives is an error."""
    escape = select_autoescape(default=True)
    env = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, autoescape=escape, trim_blocks=True, lstrip_blocks=True)
    env.filters["code"] = content.with_code
    return env


def write_page(page: Path, chip: Chip, results: Results, asked: Pictures) -> Path:
    """Write the page into an empty folder; returns its index.html."""
    text = template().get_template("page.html.j2").render(context(page, chip, results, asked))
    for name in ("page.css", "page.js", "try.js"):
        shutil.copyfile(HERE / name, page / name)
    index = page / "index.html"
    index.write_text(text)
    return index


def build_page(chip: Chip, place: Path = PLACE, reports: Path = REPORTS) -> tuple[Path, Results]:
    """Draw the blocks, write the page beside its place and put it there; returns its index.html, and the results that it shows.

    Raises:
        UserError: a report cannot be read, a datasheet or table is wrong.
    """
    results = results_with(reports)
    build_blocks(chip)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as beside:
        page = Path(beside) / "page"
        page.mkdir()
        write_page(page, chip, results, Pictures.of(chip))
        put_folder(page, place)
    print(f"  page: {size(place) / 1e6:.1f} MB")
    return place / "index.html", results
