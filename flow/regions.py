"""The generated regions of READMEs, of figures.json or of files: which markers, and the text between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from neusoc.analog.bench import characterise, readme, sizing
from neusoc.analog.synapse import figures
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import Report, with_marked
from neusoc.base.results import Results
from neusoc.digital.regs import router
from neusoc.flow import chip_sheet
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import figures_of, provenance
from neusoc.flow.steps import step_of_report
from neusoc.verification.cross import compare
from neusoc.verification.liberty import check as liberty
from neusoc.verification.truth import report as truth


@dataclass(frozen=True)
class Region:
    """Text between two marker lines of a page.

    Attributes:
        page: the document.
        markers: its first and its last line.
        report: name of the report whose figures it shows.
        table: its Markdown.
        told: the region says where the figures come from and why some miss; one of several regions of a report does.
    """

    page: Path
    markers: tuple[str, str]
    report: str
    table: Callable[[Report], str]
    told: bool = True

    def text(self, results: Results, reasons: Reasons) -> str:
        """What stands between the markers: where the figures come from, the table, why some miss; or that nobody ran the step."""
        entry = results.steps.get(self.report)
        if entry is None or entry.report.not_run:
            why = f" ({entry.report.not_run})" if entry else ""
            return f"Not run{why}: `{step_of_report()[self.report].command}`, then `make docs`.\n"
        if not self.told:
            return self.table(entry.report) + (f"\n{entry.stale}\n" if entry.stale else "")
        missed = dict.fromkeys(f.name for f in entry.report.figures if not f.passes)
        told = "".join(f"- `{name}`: {reasons.of(self.report, name) or '**no reason given**'}\n" for name in missed)
        return f"{provenance(entry)}\n\n{self.table(entry.report)}" + (f"\nMissed:\n\n{told}" if told else "")


def regions() -> list[Region]:
    """All of them."""
    markers = (characterise.BEGIN, characterise.END)

    def of_block(block: str) -> Region:
        page = ROOT / "analog" / block / "README.md"
        return Region(page, markers, f"analog.{block}", lambda report: characterise.figures_table(block, report))

    def of_key(block: str) -> Region:
        page = ROOT / "analog" / block / "README.md"
        return Region(page, readme.KEY, f"analog.{block}", lambda report: readme.key_table(block, report), told=False)

    def of_sizing(block: str) -> Region:
        page = ROOT / "analog" / block / "README.md"
        return Region(page, (sizing.BEGIN, sizing.END), f"sizing.{block}", lambda report: report.texts["tables"])

    pictures = Region(ROOT / "analog" / "synapse" / "README.md", (figures.BEGIN, figures.END), "figures", figures.readme_text)
    cores = [Region(router.PAGE, router.markers(step), step, figures_of) for step in ("two_cores", "router_rtl.tapeout.icarus")]
    library = Region(liberty.README, liberty.MARKERS, liberty.STEP, liberty.figures_text)
    def of_cross(block: str) -> Region:
        return Region(compare.README, compare.markers(block), f"cross.{block}", compare.values_text)

    blocks = [*map(of_block, characterise.blocks()), *map(of_key, characterise.blocks()), *map(of_sizing, sizing.sized_blocks())]
    blocks += map(of_cross, compare.compared())
    def of_truth(name: str) -> Region:
        return Region(truth.README, truth.markers(name), truth.STEP, lambda report: report.texts[name], told=name == "patterns")

    return [*blocks, pictures, *cores, library, *map(of_truth, ("patterns", "crossing"))]


def file_regions() -> list[tuple[Path, tuple[str, str], Callable[[], str]]]:
    """Page, markers and maker of each table that shows files, not figures."""
    words = (router.PAGE, router.MARKERS, router.register_table)
    pins = [(ROOT / "analog" / name / "README.md", readme.PINS, partial(readme.pins_table, name)) for name in characterise.blocks()]
    sheet = [(chip_sheet.PAGE, chip_sheet.markers(name), make) for name, make in chip_sheet.tables().items()]
    return [words, *pins, *sheet]


def region_pages(results: Results) -> dict[Path, str]:
    """Path -> text of every page with a region, the rest of it as it stands.

    Raises:
        UserError: a page is gone, a marker is missing, or a datasheet is wrong.
    """
    pages: dict[Path, str] = {}
    reasons = Reasons.load()
    texts = [(region.page, region.markers, region.text(results, reasons)) for region in regions()]
    texts += [(page, markers, make()) for page, markers, make in file_regions()]
    for page, markers, text in texts:
        before = pages.get(page) or read_page(page)
        pages[page] = with_marked(before, str(page.relative_to(ROOT)), {markers: text})
    return pages
