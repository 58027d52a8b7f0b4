"""`make docs`: build/results/, all figures of all reports as pages; registers, datasheet, tools, the review's
tables."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markdown_it import MarkdownIt
from neusoc.analog.bench.datasheet import blocks
from neusoc.analog.bench.pins import pins_table
from neusoc.base.page import read_page
from neusoc.base.paths import BUILD, REPORTS
from neusoc.base.report import Report, tree_commit
from neusoc.base.results import Results, read_results
from neusoc.base.store import put_folder
from neusoc.base.tables import limits, marked_value, table
from neusoc.digital.document import register_table
from neusoc.digital.lines import lines_table
from neusoc.digital.regs import router
from neusoc.digital.states import states_table
from neusoc.flow import chip_sheet
from neusoc.flow.page.review import review_text
from neusoc.flow.page.tools import tools_text
from neusoc.flow.status import Row, headlines_table, published, read_status
from neusoc.flow.steps import AREAS, Step, registry

HERE = Path(__file__).parent
PLACE = BUILD / "results"
_PLACED = re.compile(r"<!-- table: ([\w ]+) -->")


def template(name: str) -> Template:
    """A template of this folder; a name that it uses and nobody gives is an error."""
    escape = select_autoescape(default=True)
    env = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return env.get_template(name)


def html(text: str) -> str:
    """HTML of Markdown: bold cells are misses, tables scroll by keyboard, links to other files of the
    repository keep their words alone."""
    text = re.sub(r"(?s)<!--.*?-->\n?", "", text)
    done = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    done = re.sub(r"(<td[^\n]*?)<strong>(.*?)</strong>", r'\1<strong class="miss">\2</strong>', done)
    done = re.sub(r"<h([2-4])>(.*?)</h\1>", lambda m: f'<h{m[1]} id="{anchor(m[2])}">{m[2]}</h{m[1]}>', done)
    done = re.sub(r'<a href="(?!https?:|#|[a-z]+\.html)([^"]*)">(.*?)</a>', r"\2", done)
    done = done.replace("<td></td>", "<td>&nbsp;</td>").replace("</table>", "</table></div>")
    label = iter(range(1, done.count("<table>") + 1))
    return re.sub(
        "<table>",
        lambda _: f'<div class="scroll" role="region" aria-label="Table {next(label)}" tabindex="0"><table>',
        done,
    )


def anchor(heading: str) -> str:
    """Name of a heading for links."""
    return re.sub(r"[^\w\- ]", "", re.sub("<.*?>", "", heading)).strip().lower().replace(" ", "-")


def index_text(rows: dict[str, Row]) -> str:
    """The chosen figures, and a line a step with its verdict; of a step that was not run the command."""
    lines = []
    for name, step in registry().items():
        row = rows.get(name)
        if row is None and not step.expected:
            continue
        row = row or Row(verdict="not run")
        verdict = f"**{row.verdict}**" if row.verdict == "fail" else row.verdict
        state = (verdict, str(row.figures), str(row.missed), row.commit or "", row.date or "")
        lines.append((f"[{name}]({step.area}.html#{anchor(name)})", f"`{step.command}`", *state))
    head = ("step", "command", "verdict", "figures with a limit", "missed", "commit", "date")
    return (
        "## What the chip does\n\n"
        + headlines_table(rows)
        + "\n## Every step\n\n"
        + table(head, lines, right=(3, 4))
    )


def step_text(step: Step, results: Results) -> str:
    """All figures of a step's reports: a table each."""
    parts = [f"## {step.name}\n\n`{step.command}`\n"]
    for name in step.reports:
        report = results.reports.get(name)
        if report is None:
            continue
        parts.append(_report_text(report, name != step.name))
    if len(parts) == 1:
        parts.append("Not run on this machine.\n")
    return "\n".join(parts)


def _report_text(report: Report, named: bool) -> str:
    head = f"### {report.step}\n\n" if named else ""
    if report.not_run:
        return f"{head}Not run: {report.not_run}\n"
    tools = ", ".join(f"{name} {version}" for name, version in sorted(report.tools.items()))
    said = (
        f"{report.verdict}; commit {report.commit or 'unknown'} {report.date or ''}; {report.seconds:.0f} s;"
        f" {tools}\n\n"
    )
    lines = [(f.name, f.at or "", limits(f), marked_value(f), f.source) for f in report.figures]
    texts = "".join(f"\n- {name}: {text}" for name, text in report.texts.items() if "\n" not in text)
    return head + said + table(("figure", "at", "limit", "value", "of the"), lines, right=(3,)) + texts + "\n"


def area_text(area: str, results: Results) -> str:
    """All steps of an area that are expected or were run."""
    steps = [
        s
        for s in registry().values()
        if s.area == area and (s.expected or any(r in results.reports for r in s.reports))
    ]
    return "\n".join(step_text(step, results) for step in steps)


def sheet_text() -> str:
    """The datasheet of the chip with its tables in their places.

    Raises:
        UserError: two blocks on a net leave no range of its voltage.
    """
    tables = chip_sheet.tables()
    return _PLACED.sub(lambda match: tables[match[1]](), read_page(chip_sheet.PAGE)).partition("\n")[2]


def registers_text() -> str:
    """Registers of the controller and of the event router, and the states of the controller's machines."""
    return (
        f"## Controller\n\n{register_table()}\n## States of the controller\n\n{states_table()}\n## Switches"
        f" of the array's lines\n\nThe interlock lets only these states through.\n\n{lines_table()}\n## Event"
        f" router\n\n{router.register_table()}"
    )


def pages(results: Results, rows: dict[str, Row]) -> Iterable[tuple[str, str, str]]:
    """Name, title and Markdown of every page."""
    yield "index", "Results", index_text(rows)
    yield from ((area, title, area_text(area, results)) for area, title in AREAS.items())
    yield "datasheet", "Datasheet", sheet_text()
    yield "pins", "Pins of the blocks", "\n".join(f"## {name}\n\n{pins_table(name)}" for name in blocks())
    yield "registers", "Registers", registers_text()
    yield "review", "Compared with the review", review_text(rows)
    yield "tools", "Tools and licences", tools_text()


def write_site(place: Path, results: Results, rows: dict[str, Row]) -> None:
    """Write all pages into a folder."""
    place.mkdir(parents=True, exist_ok=True)
    made = list(pages(results, rows))
    commit, date = tree_commit()
    for name, title, text in made:
        links = [(other, label) for other, label, _ in made]
        page = template("site.html.j2").render(
            title=title, name=name, links=links, body=html(text), commit=commit or "unknown", date=date or ""
        )
        (place / f"{name}.html").write_text(page, encoding="utf-8")
    (place / "page.css").write_bytes((HERE / "page.css").read_bytes())


def build_site(place: Path = PLACE, reports: Path = REPORTS) -> Path:
    """Write the site beside its place and put it there; returns its index.html.

    Steps that this machine has not run show what status.json has of them.

    Raises:
        UserError: a report cannot be read.
    """
    results = read_results(reports)
    rows = published(results.reports, read_status())
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as beside:
        write_site(Path(beside) / "site", results, rows)
        put_folder(Path(beside) / "site", place)
    return place / "index.html"
