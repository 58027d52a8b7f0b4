"""The generated regions of READMEs whose tables are made of figures.json: which markers, and the text between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.bench import characterise
from neusoc.base.paths import ROOT
from neusoc.base.report import Report, with_marked
from neusoc.base.results import Results
from neusoc.flow.results_pages import provenance
from neusoc.flow.steps import step_of_report


@dataclass(frozen=True)
class Region:
    """Text between two marker lines of a page.

    Attributes:
        page: the document.
        markers: its first and its last line.
        report: name of the report whose figures it shows.
        table: its Markdown.
    """

    page: Path
    markers: tuple[str, str]
    report: str
    table: Callable[[Report], str]

    def text(self, results: Results) -> str:
        """What stands between the markers: where the figures come from, and the table; or that nobody ran the step."""
        entry = results.steps.get(self.report)
        if entry is None or entry.report.not_run:
            why = f" ({entry.report.not_run})" if entry else ""
            return f"Not run{why}: `{step_of_report()[self.report].command}`, then `make docs`.\n"
        return f"{provenance(entry)}\n\n{self.table(entry.report)}"


def regions() -> list[Region]:
    """All of them."""
    markers = (characterise.BEGIN, characterise.END)

    def of_block(block: str) -> Region:
        page = ROOT / "analog" / block / "README.md"
        return Region(page, markers, f"analog.{block}", lambda report: characterise.figures_table(block, report))

    return [of_block(block) for block in characterise.blocks()]


def region_pages(results: Results) -> dict[Path, str]:
    """Path -> text of every page with a region, the rest of it as it stands.

    Raises:
        UserError: a marker is missing.
    """
    pages: dict[Path, str] = {}
    for region in regions():
        before = pages.get(region.page) or region.page.read_text()
        pages[region.page] = with_marked(before, str(region.page.relative_to(ROOT)), {region.markers: region.text(results)})
    return pages
