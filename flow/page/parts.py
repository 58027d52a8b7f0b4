"""The parts of the chip as the page opens them: pictures are put beside by build.py, figures are those of the reports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.analog.bench.characterise import SOURCES, datasheet
from neusoc.analog.bench.characterise import blocks as measured
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure
from neusoc.base.results import Results
from neusoc.base.tables import limit_list
from neusoc.digital.document import DOC
from neusoc.digital.rtl.files import rtl_sources
from neusoc.flow.reasons import Reasons
from neusoc.flow.shown import NONE, Shown, asked
from neusoc.flow.steps import step_of_report
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import schematic_blocks

CELL = "synapse"
ANALOG_HEADS = ("schematic", "extracted")
# reports of a hardened controller, the variant's name in place of {}, and which of their figures are shown
MACRO = (
    ("harden_targets.{}", r".*"),
    ("harden.{}", r"max_slew_violations|max_cap_violations|route_drc"),
    ("harden.{}.drc", r"drc\..*"),
    ("harden.{}.lvs", r"lvs\.mismatches|netgen|devices\.layout"),
    ("harden_wires.{}", r"setup_slack_beside_neighbours\.max_ss.*"),
    ("gates.{}", r"equivalent to the RTL|cells|.*: power at .*"),
    ("rtl_targets.{}", r".*"),
)


@dataclass(frozen=True)
class Line:
    """A key figure of a part: what it is, its unit and limit, a value of each source, why it misses."""

    name: str
    says: str
    limit: str
    values: tuple[Shown, ...]
    reason: str = ""

    @property
    def missed(self) -> bool:
        return any(value.missed for value in self.values)


@dataclass(frozen=True)
class Part:
    """A block.

    Attributes:
        name: name of its cell.
        title: description in one line.
        text: a sentence or two on what it does.
        count: instances on the chip; 0: not on it.
        lines: key figures.
        heads: names of the columns of a line's values.
        figures, missed: numbers of all figures of its reports, and of those that miss.
        not_measured: text in place of key figures, or of those that were not obtained.
        diagram: block diagram as text, if there is one.
        diagram_says: text on what there is in place of a schematic.
    """

    name: str
    title: str
    text: str
    count: int
    lines: list[Line] = field(default_factory=list)
    heads: tuple[str, ...] = ANALOG_HEADS
    figures: int = 0
    missed: int = 0
    not_measured: str = ""
    diagram: str = ""
    diagram_says: str = ""


def first_words(page: str) -> str:
    """The first two sentences of a page's first paragraph, as plain text."""
    paragraphs = [p for p in page.split("\n\n") if p.strip() and not p.lstrip().startswith(("#", "![", "|", "<!--", "```", "    "))]
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join((paragraphs or [""])[0].split())).replace("`", "")
    return " ".join(re.split(r"(?<=[.:])\s+(?=[A-Z])", text)[:2])


def block_part(name: str, count: int, results: Results, reasons: Reasons) -> Part:
    """A block of analog/<name>/ by its datasheet and report; one without a datasheet says whose it is."""
    text = first_words(read_page(ROOT / "analog" / name / "README.md"))
    if name not in measured():
        return Part(name, "", text, count, not_measured="Measured as part of the block that it belongs to.")
    sheet, step = datasheet(name), f"analog.{name}"
    report = results.report(step)
    if report is None or report.not_run:
        return Part(name, sheet.description, text, count, not_measured=f"not run: {step_of_report()[step].command}")
    found = {(f.name, f.source): f for f in report.figures}
    lines = []
    for key in sheet.key:
        parameter, values = sheet.parameters[key], []
        drawn = parameter.bench == "layout"
        for source in SOURCES:
            wanted = (drawn and source == "extracted") or (not drawn and source in parameter.sources)
            figure = found.get((key, "gds" if drawn else source))
            values.append(Shown.of(results, step, figure if wanted else None, "not run" if wanted else NONE))
        limit = asked(limit_list(parameter.minimum, parameter.maximum), parameter.unit)
        limit += f" (asked: {parameter.target})" if parameter.target else ""
        lines.append(_line(step, key, parameter.description, limit, tuple(values), reasons))
    return Part(name, sheet.description, text, count, lines, figures=_number(report.figures), missed=_number(report.figures, missing=True))


def array_part(chip: Chip, count: int, results: Results, reasons: Reasons) -> Part:
    """The array: figures of its drawing, then the key figures of its cell."""
    step, cell = f"array.{chip.name}", block_part(CELL, 0, results, reasons)
    report = results.report(step)
    figures = report.figures if report else []
    nothing = Shown(step, None, NONE)
    lines = [
        _line(step, f.name, f"of the drawing, {step}", Shown.of(results, step, f).limit, (nothing, Shown.of(results, step, f)), reasons)
        for f in figures
    ]
    said = [] if figures else [f"Figures of the drawing: not run: {step_of_report()[step].command}"]
    said += [f"Figures of its cell: {cell.not_measured}"] if cell.not_measured else []
    return Part(
        Plan(chip.rows, chip.columns).name, f"{chip.rows} × {chip.columns} cells of ReRAM and transistor, with the figures of one of them",
        first_words(read_page(ROOT / "layout" / "array" / "README.md")), count, [*lines, *cell.lines],
        figures=_number(figures) + cell.figures, missed=_number(figures, missing=True) + cell.missed, not_measured=". ".join(said),
    )  # fmt: skip


def controller_part(chip: Chip, results: Results, reasons: Reasons) -> Part:
    """The controller as a hardened macro; in place of a schematic the diagram of its page and the modules of its RTL."""
    page = read_page(DOC)
    lines, figures, absent = [], [], dict[str, None]()
    for pattern, wanted in MACRO:
        step = pattern.format(chip.name)
        report = results.report(step)
        if report is None or report.not_run:
            if step in step_of_report():
                absent[step_of_report()[step].command] = None
            continue
        figures += report.figures
        for f in (f for f in report.figures if re.fullmatch(wanted, f.name)):
            shown = Shown.of(results, step, f)
            lines.append(_line(step, f.name, f"{step}, {f.source}", shown.limit, (shown,), reasons))
    name, modules = PARTS.controller, _modules(chip)
    diagram = re.search(r"(?ms)^```\n(.*?)^```$", page)
    return Part(
        name, "the digital part: events, programming, learning, registers", first_words(page), 1, lines, ("hardened macro",),
        len(figures), sum(not f.passes for f in figures),
        not_measured=f"not run: {', '.join(absent)}" if absent else "",
        diagram=diagram[1].rstrip() if diagram else "",
        diagram_says=f"Schematic: RTL, digital/rtl/{name}.sv and what it consists of, {len(modules)} files: {', '.join(modules)}.",
    )  # fmt: skip


def parts_of_page(chip: Chip, counts: Mapping[str, int], results: Results, reasons: Reasons) -> list[Part]:
    """Every part: controller, array, its cell, and the blocks of analog/.

    Args:
        counts: instances of a block, as far as a layout tells; controller, array and cell stand on every chip.
    """
    cells = chip.rows * chip.columns
    return [
        controller_part(chip, results, reasons),
        array_part(chip, counts.get(Plan(chip.rows, chip.columns).name, 1), results, reasons),
        block_part(CELL, cells, results, reasons),
        *(block_part(name, counts.get(name, 0), results, reasons) for name in schematic_blocks() if name != CELL),
    ]


def _modules(chip: Chip) -> list[str]:
    """Names of the files of the controller's RTL, top last."""
    return [Path(path).stem for path in rtl_sources()]


def _line(step: str, name: str, says: str, limit: str, values: tuple[Shown, ...], reasons: Reasons) -> Line:
    missed = any(value.missed for value in values)
    return Line(name, says, limit, values, (reasons.of(step, name) or "no reason given") if missed else "")


def _number(figures: Sequence[Figure], missing: bool = False) -> int:
    """How many figures there are by name, or how many of them miss."""
    return len({f.name for f in figures if not missing or not f.passes})
