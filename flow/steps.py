"""The registry of steps: every report that a full run writes, for every variant, with the command that makes
it.

A report that the code can write and that is not here fails flow/tests/test_steps.py; one that is here and was
never made reads "not run".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from neusoc.analog.bench.datasheet import blocks as measured_blocks
from neusoc.base.chip import load_chip, read_chip_file
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.pins import CELL
from neusoc.layout.core.registry import schematic_blocks
from neusoc.layout.top.frame import TOP

AREAS = {
    "analog": "Analogue blocks",
    "digital": "Controller",
    "layout": "Layout",
    "verification": "Verification",
    "pdk": "Process",
    "speed": "Speed",
}
PUBLISHED = ("mini", "tapeout")  # variants of which all is expected; of your own, what you have run
MIXED = {
    "events": "events",
    "images": "images",
    "jobs": "jobs",
    "learning": "learn",
    "supplies": "supplies",
}  # kind -> verb
CHECKS = ("drc", "lvs", "erc")


@dataclass(frozen=True)
class Step:
    """One row of the results.

    Attributes:
        name: name of the row.
        area: key of AREAS, the page on which its figures stand.
        command: command that makes it.
        reports: names of its reports, build/reports/<name>.json each; one of the row's name unless the step
            makes several.
        expected: a full run makes it; one that is not expected is shown only if it is there.
    """

    name: str
    area: str
    command: str
    reports: tuple[str, ...]
    expected: bool = True


def _step(name: str, area: str, command: str, reports: Iterable[str] = (), expected: bool = True) -> Step:
    return Step(name, area, command, tuple(reports) or (name,), expected)


def _of_variant(name: str) -> list[Step]:
    """Steps that each variant has."""
    chip, make = load_chip(name), f"CHIP={name}"
    cells = sorted([f"array_{chip.rows}x{chip.columns}", CELL, PARTS.references, PADS_CELL])
    whole = sorted([*cells, PARTS.controller, TOP])
    macro = f"harden.{name}"
    steps = [
        _step(f"array.{name}", "layout", f"neusoc blocks --chip {name}"),
        _step(
            f"blocks.{name}",
            "layout",
            f"neusoc blocks --chip {name}",
            (f"blocks.{name}.{cell}" for cell in cells),
        ),
        _step(f"gds.{name}", "layout", f"make gds {make}"),
        _step(f"release.{name}", "layout", f"make release {make}"),
        _step(f"contract.{name}", "layout", f"make contract {make}"),
        *(
            _step(
                f"{kind}.{name}", "layout", f"make {kind} {make}", (f"{kind}.{name}.{cell}" for cell in whole)
            )
            for kind in CHECKS
        ),
        _step(f"shuttle.{name}", "layout", f"make shuttle {make}"),
        _step(f"density.{name}", "layout", f"make density {make}"),
        _step(
            f"power.{name}",
            "layout",
            f"make power {make}",
            (f"power.{name}.{cell}" for cell in (CELL, "controller")),
        ),
        _step(macro, "digital", f"make harden {make}", (macro, f"{macro}.drc", f"{macro}.lvs")),
        _step(f"harden_targets.{name}", "digital", f"make harden {make}"),
        _step(f"harden_check.{name}", "digital", f"make harden-check {make}"),
        _step(f"gates.{name}", "digital", f"make gates {make}"),
        _step(f"faults.{name}", "digital", f"make faults {make}", expected=False),
        _step(f"sta.{name}", "digital", f"make sta {make}"),
        _step(f"whole.{name}", "verification", f"make whole {make}", expected=name == "mini"),
        _step(f"firmware.{name}", "verification", f"make firmware {make}", expected=name == "mini"),
        _step(f"rtl.{name}.icarus", "digital", "make rtl"),
        _step(f"rtl.{name}.verilator", "digital", "make rtl", expected=name == "mini"),
        _step(f"rtl_targets.{name}", "digital", "make rtl"),
        _step(f"router_rtl.{name}.icarus", "digital", "neusoc router"),
        _step(f"router_rtl.{name}.verilator", "digital", "neusoc router", expected=name == "mini"),
        _step(f"jobs.{name}.icarus", "digital", "make regress", expected=name == "mini"),
        _step(f"jobs.{name}.verilator", "digital", "make rtl"),
        *_mixed(name),
    ]
    if name in PUBLISHED:
        return steps
    return [replace(step, expected=False) for step in steps]


def _mixed(name: str) -> list[Step]:
    """Digital and analogue parts together: the small variant is what a simulator can carry."""
    return [
        *(
            _step(f"mixed_{kind}.{name}", "verification", f"make mixed RUN={verb}", expected=name == "mini")
            for kind, verb in MIXED.items()
        ),
        _step(
            f"mixed_events.{name}.verilator",
            "verification",
            'make mixed RUN="events --simulator verilator"',
            expected=False,
        ),
        _step(f"decks.{name}", "verification", f"make decks CHIP={name}", expected=name == "tapeout"),
    ]


@cache
def registry() -> dict[str, Step]:
    """Name of the row -> step, area by area in the order of AREAS, by name within one."""
    steps = [
        *(_step(f"analog.{block}", "analog", f"make char BLOCK={block}") for block in measured_blocks()),
        _step("cross", "analog", "make cross"),
        _step("fields", "analog", "make fields"),
        _step("rtl", "digital", "make rtl"),
        _step("formal", "digital", "make formal"),
        _step("mutants_rtl", "digital", "make mutants-rtl"),
        _step("mutants", "verification", "make mutants"),
        _step("device", "verification", "make device"),
        _step("digits", "verification", "make digits"),
        _step("study", "verification", "make study"),
        _step("mc", "verification", "make mc"),
        _step("mnist", "verification", "make mnist"),
        _step("learning_digits", "verification", "make learn-digits"),
        _step("two_cores", "verification", "make cores"),
        _step("figures", "analog", "make figures"),
        _step("page", "verification", "make page", expected=False),
        _step("pdk.wheels", "pdk", "neusoc pdk --assemble"),
        _step("liberty_check", "pdk", "make liberty-check"),
        _step("truth", "verification", "make truth"),
        *(
            _step(f"bench.{what}", "speed", "make bench")
            for what in ("array", "checks", "device", "gds", "lvs", "software")
        ),
        *(step for variant in sorted(read_chip_file().variants) for step in _of_variant(variant)),
        # blocks that are alike in all variants
        _step("blocks", "layout", "neusoc blocks", (f"blocks.{cell}" for cell in schematic_blocks())),
        *(
            _step(kind, "layout", f"make {kind}", (f"{kind}.{cell}" for cell in schematic_blocks()))
            for kind in CHECKS
        ),
    ]
    order = list(AREAS)
    return {step.name: step for step in sorted(steps, key=lambda s: (order.index(s.area), s.name))}


@cache
def step_of_report() -> dict[str, Step]:
    """Name of a report -> the step that makes it."""
    return {report: step for step in registry().values() for report in step.reports}
