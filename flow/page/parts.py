"""The parts of the chip as the page opens them: a sentence, and the published figures of each with its
limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.bench.datasheet import blocks, datasheet
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure
from neusoc.base.tables import limits, number
from neusoc.digital.rtl.files import rtl_sources
from neusoc.flow.status import Row, wanted
from neusoc.flow.steps import registry
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import schematic_blocks

CELL = "synapse"
_UNITS = {"um2": "µm²", "mm2": "mm²", "ohm": "Ω", "kohm": "kΩ"}
_HARDENED = ("harden_targets", "sta", "gates")  # steps of a controller


@dataclass(frozen=True)
class Value:
    """A figure as the page shows it.

    Attributes:
        what: its words.
        text: value with unit, or the command that gives it.
        limit: its limits.
        missed: flag of a value that does not keep them.
    """

    what: str
    text: str
    limit: str = ""
    missed: bool = False

    @classmethod
    def of(cls, what: str, step: str, figure: Figure | None) -> Value:
        """A published figure of a step; None: nobody ran it."""
        if figure is None or figure.value is None:
            return cls(what, f"not run: {registry()[step].command}")
        limit = limits(figure).replace(">=", "≥").replace("<=", "≤")
        return cls(what, f"{number(figure.value)} {unit(figure.unit)}".strip(), limit, not figure.passes)


def unit(name: str) -> str:
    """A unit as print has it."""
    return _UNITS.get(name) or re.sub(r"^u(?=[A-Z]|m\b|s\b)", "µ", name)


@dataclass(frozen=True)
class Part:
    """A block of the chip.

    Attributes:
        name: name of its cell.
        title: description in one line.
        text: a sentence or two on what it does.
        count: instances on the chip.
        values: its published figures.
        modules: files of its RTL, for what has no schematic.
    """

    name: str
    title: str
    text: str
    count: int
    values: list[Value]
    modules: tuple[str, ...] = ()


def first_words(page: str) -> str:
    """The first two sentences of a page's first paragraph, as plain text."""
    paragraphs = [
        p
        for p in page.split("\n\n")
        if p.strip() and not p.lstrip().startswith(("#", "![", "|", "<!--", "```", "    "))
    ]
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join((paragraphs or [""])[0].split())).replace("`", "")
    return " ".join(re.split(r"(?<=[.:])\s+(?=[A-Z])", text)[:2])


def values_of(step: str, rows: Mapping[str, Row], words: Mapping[str, str] | None = None) -> list[Value]:
    """The published figures of a step; words: name -> what it is, in place of the name."""
    known = {figure.name: figure for figure in rows[step].judged} if step in rows else {}
    return [
        Value.of(f"{name}: {words[name]}" if words and name in words else name, step, known.get(name))
        for name in wanted(step)
    ]


def block_part(name: str, count: int, rows: Mapping[str, Row]) -> Part:
    """A block of analog/<name>/; one without a datasheet has no figures of its own."""
    text = first_words(read_page(ROOT / "analog" / name / "README.md"))
    if name not in blocks():
        return Part(name, "", text, count, [])
    sheet = datasheet(name)
    words = {key: parameter.description for key, parameter in sheet.parameters.items()}
    return Part(name, sheet.description, text, count, values_of(f"analog.{name}", rows, words))


def parts_of_page(chip: Chip, counts: Mapping[str, int], rows: Mapping[str, Row]) -> list[Part]:
    """Controller, array, its cell, and all blocks.

    Args:
        counts: instances of a block in the layout of chip or core; 0 of what stands beside the core, or is
            not built.
        rows: published state of the steps.
    """
    array, name = Plan(chip.rows, chip.columns).name, PARTS.controller
    steps = [f"{kind}.{chip.name}" for kind in _HARDENED if f"{kind}.{chip.name}" in registry()]
    modules = tuple(Path(path).stem for path in rtl_sources())
    return [
        Part(
            name,
            "the digital part: images, events, programming, learning, registers",
            first_words(read_page(ROOT / "docs" / "02-chip" / "controller.md")),
            1,
            [value for step in steps for value in values_of(step, rows)],
            modules,
        ),
        Part(
            array,
            f"{chip.rows} × {chip.columns} cells of ReRAM and transistor",
            first_words(read_page(ROOT / "layout" / "array" / "README.md")),
            1,
            values_of(f"array.{chip.name}", rows),
        ),
        block_part(CELL, chip.rows * chip.columns, rows),
        *(block_part(block, counts.get(block, 0), rows) for block in schematic_blocks() if block != CELL),
    ]
