"""`make page`: build/page/index.html, the chip on one page, static, from a disk or a server; the results
stand beside it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neusoc.analog.bench.schematic import draw
from neusoc.analog.synapse.sample import sample_gds
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD, REPORTS, ROOT
from neusoc.base.pins import CELL as CORE_CELL
from neusoc.base.report import tree_commit
from neusoc.base.results import Results, read_results
from neusoc.base.store import content_hash, folder, put_folder, size
from neusoc.base.tools import version
from neusoc.digital.harden.collect import macro_dir
from neusoc.flow.npm import VIEWER, Absent
from neusoc.flow.page.layouts import TILE, Sheet, picture, sheet
from neusoc.flow.page.parts import CELL, Part, Value, parts_of_page
from neusoc.flow.page.site import HERE, template, write_site
from neusoc.flow.status import Row, judged, published, read_status, value_of
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import drawing_sources, schematic_blocks
from neusoc.layout.top.build import blocks_dir, build_blocks, chip_gds
from PIL import Image

PLACE = BUILD / "page"
CHIP_WIDE = 4096  # pixels of the widest level of the whole chip: its core has tiles of its own
NUMBERS = 8  # of README's rows that the page begins with


@dataclass(frozen=True)
class Pictures:
    """What the pictures are made of.

    Attributes:
        blocks: folder of the blocks' layouts.
        chip: layout of the whole, which may be absent.
        wide: pixels of the width of the widest level of tiles; the usual width without.
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
    views = (
        *own.glob("*.sch"),
        *own.glob("*.sym"),
        ROOT / "analog" / "symbols",
        ROOT / "analog" / "xschemrc",
    )
    key = content_hash(drawing_sources(name) if (own / "layout.py").exists() else views, version("xschem"))

    def fill(place: Path) -> None:
        draw(name, place / f"{name}.svg")

    return folder(BUILD / "page_parts" / f"{name}.schematic", key, fill) / f"{name}.svg"


def _copied(source: Path, page: Path) -> str:
    """Put a file into the page's folder of pictures; returns its address in the page."""
    target = page / "pictures" / source.name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)
    return target.relative_to(page).as_posix()


def _sheet(page: Path, gds: Path, title: str, names: set[str], wide: int | None) -> dict[str, Any]:
    """A layout in the page, as the template and the viewer have it."""
    drawn: Sheet = sheet(gds, names, wide) if wide else sheet(gds, names)
    place = f"tiles/{gds.stem}"
    shutil.copytree(drawn.folder, page / place, ignore=shutil.ignore_patterns("COMPLETE", "[0-7]"))
    with Image.open(page / place / "whole.webp") as whole:
        shown = whole.size
    return {
        "id": gds.stem,
        "title": title,
        "width": drawn.width,
        "height": drawn.height,
        "width_um": drawn.width_um,
        "height_um": drawn.height_um,
        "levels": drawn.levels,
        "tile": TILE,
        "folder": place,
        "whole": f"{place}/whole.webp",
        "shown_width": shown[0],
        "shown_height": shown[1],
        "hash": hashlib.sha256(gds.read_bytes()).hexdigest(),
        "parts": sorted(drawn.parts.items()),
    }


def _with_pictures(page: Path, chip: Chip, part: Part, asked: Pictures) -> dict[str, Any]:
    """A part with layout and schematic, or why they are not there."""
    layouts = {
        CELL: (asked.cell, "make char BLOCK=synapse"),
        PARTS.controller: (asked.controller, f"neusoc harden --chip {chip.name}"),
    }
    gds, command = layouts.get(
        part.name, (asked.blocks / f"{part.name}.gds", f"neusoc blocks --chip {chip.name}")
    )
    shown = {
        **vars(part),
        "layout": None,
        "schematic": None,
        "no_layout": f"not run: {command}",
        "no_schematic": "",
    }
    if gds and gds.exists():
        shown["layout"] = _copied(picture(gds), page)
    if part.name in schematic_blocks() and asked.schematics:
        try:
            shown["schematic"] = _copied(_schematic(part.name), page)
        except UserError as error:
            shown["no_schematic"] = f"not run: {error}"
    return shown


def _sheets(page: Path, chip: Chip, asked: Pictures) -> tuple[list[dict[str, Any]], list[str]]:
    """Layouts of chip and core, and what is not built."""
    names = {Plan(chip.rows, chip.columns).name, PARTS.controller, *schematic_blocks()} - {CELL}
    core = asked.blocks / f"{CORE_CELL}.gds"
    shown = (
        (asked.chip, "chip in the harness", asked.wide or CHIP_WIDE, f"make gds CHIP={chip.name}"),
        (core, "analog core", asked.wide, f"neusoc blocks --chip {chip.name}"),
    )
    sheets = [_sheet(page, gds, title, names, wide) for gds, title, wide, _ in shown if gds.exists()]
    return sheets, [
        f"Layout of the {title}: not run: {command}" for gds, title, _, command in shown if not gds.exists()
    ]


def _viewer(page: Path) -> str:
    """Put the viewer of layouts into the page; why it is not there, if it is not."""
    try:
        place = VIEWER.place()
    except Absent as error:
        return f"Zooming into the layout: not run, {error}"
    shutil.copyfile(place / "openseadragon.min.js", page / "openseadragon.min.js")
    shutil.copyfile(place / "LICENSE.txt", page / "OpenSeadragon.txt")
    return ""


def context(page: Path, chip: Chip, rows: dict[str, Row], asked: Pictures) -> dict[str, Any]:
    """What the template is given; pictures are put into the page's folder."""
    sheets, absent = _sheets(page, chip, asked)
    counts = {name: len(boxes) for one in sheets[:1] for name, boxes in one["parts"]}
    if why := _viewer(page):
        absent.append(why)
    commit, date = tree_commit()
    headlines = [
        Value.of(row.what, row.step, value_of(rows, row.step, row.figure)) for row in judged().headlines
    ]
    return {
        "summary": (
            f"{chip.rows} × {chip.columns} ReRAM synapses and {chip.neurons} leaky integrate-and-fire neurons"
            " under a digital controller, on the open sky130B process: generated, checked, programmed and"
            " taught from one repository."
        ),
        "chip": chip.name,
        "sheets": sheets,
        "viewer": not why,
        "absent": absent,
        "headlines": headlines[:NUMBERS],
        "parts": [_with_pictures(page, chip, part, asked) for part in parts_of_page(chip, counts, rows)],
        "commit": f"sources of commit {commit} of {date}" if commit else "sources outside of a repository",
        "sheet_data": {
            s["id"]: {k: s[k] for k in ("width", "height", "levels", "tile", "folder")} for s in sheets
        },
    }


def write_page(page: Path, chip: Chip, results: Results, rows: dict[str, Row], asked: Pictures) -> Path:
    """Write the page into an empty folder, the results into results/ in it; returns its index.html."""
    text = template("page.html.j2").render(context(page, chip, rows, asked))
    for name in ("page.css", "page.js"):
        shutil.copyfile(HERE / name, page / name)
    write_site(page / "results", results, rows)
    index = page / "index.html"
    index.write_text(text, encoding="utf-8")
    return index


def build_page(chip: Chip, place: Path = PLACE, reports: Path = REPORTS) -> Path:
    """Draw the blocks, write the page beside its place and put it there; returns its index.html.

    Raises:
        UserError: a report cannot be read, a datasheet or table is wrong.
    """
    results = read_results(reports)
    rows = published(results.reports, read_status())
    build_blocks(chip)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as beside:
        page = Path(beside) / "page"
        page.mkdir()
        write_page(page, chip, results, rows, Pictures.of(chip))
        put_folder(page, place)
    print(f"  page: {size(place) / 1e6:.1f} MB")
    return place / "index.html"
