"""The datasheet of a released macro, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from neusoc.base.report import Report
from neusoc.base.tables import marked_value, table
from neusoc.layout.top.lef import LefPin, read_macro
from neusoc.verification.release.macro import Macro
from neusoc.verification.release.views import ENDINGS

_VIEWS = {
    "gds": "layout, its outline at the origin",
    "lef": "abstract: pins, obstructions, antenna areas",
    "liberty": "black box: directions, capacitance, supplies as `pg_pin`; no timing",
    "verilog": "black box; supplies where `USE_POWER_PINS` is defined",
    "powered verilog": "black box with its supplies",
    "spice": "netlist, devices as subcircuits of the process' models",
    "cdl": "the same netlist with M cards and `*.PININFO`",
    "datasheet": "this page",
}


def _side(pin: LefPin, width: int, height: int) -> str:
    """Edge that a pin lies nearest to."""
    ways = {
        "left": min(s.left for s in pin.shapes),
        "bottom": min(s.bottom for s in pin.shapes),
        "right": width - max(s.right for s in pin.shapes),
        "top": height - max(s.top for s in pin.shapes),
    }
    return min(ways, key=lambda way: ways[way])


def _span(values: Iterable[float]) -> str:
    found = sorted(values)
    return (
        ""
        if not found[-1]
        else f"{found[0]:g}"
        if found[0] == found[-1]
        else f"{found[0]:g} to {found[-1]:g}"
    )


def pins_table(macro: Macro, lef: Path) -> str:
    """Pins by bus: count, direction, use, metal, edge, size of the first rectangle, antenna areas."""
    found = read_macro(lef, macro.name)
    groups: dict[str, list[LefPin]] = {}
    for pin in found.pins.values():
        groups.setdefault(re.sub(r"\[.*", "", pin.name), []).append(pin)
    rows = []
    for name, pins in groups.items():
        first = pins[0].shapes[0]
        shown = f"`{name}[{len(pins) - 1}:0]`" if "[" in pins[0].name else f"`{name}`"
        rows.append(
            [
                shown,
                pins[0].direction,
                pins[0].use,
                first.metal,
                _side(pins[0], found.width, found.height),
                f"{first.width / 1000:g} x {first.height / 1000:g}",
                _span(p.gate_area for p in pins),
                _span(p.diffusion_area for p in pins),
            ]
        )
    return table(
        ["pin", "direction", "use", "metal", "edge", "first rectangle, um", "gates, um2", "diffusion, um2"],
        rows,
    )


def datasheet_text(
    macro: Macro, lef: Path, section: str, reports: Iterable[Report], differing: Mapping[str, list[str]]
) -> str:
    """The whole page.

    Args:
        macro: released.
        lef: its LEF.
        section: section on what its pins load, Markdown.
        reports: verdicts of design rules and of layout against netlist.
        differing: view -> lines that differ from the LEF.
    """
    found = read_macro(lef, macro.name)
    width, height = found.width / 1000, found.height / 1000
    cells = macro.rows * macro.columns
    sizes = [
        ["width x height", f"{width:.3f} x {height:.3f} um"],
        ["area", f"{width * height:.2f} um2"],
        ["cells", f"{cells}"],
        ["area over cells", f"{width * height / cells:.4f} um2"],
    ]
    verdicts = [
        [figure.name, marked_value(figure), "pass" if figure.passes else "FAIL"]
        for report in reports
        for figure in report.figures
        if figure.max is not None or figure.min is not None
    ]
    verdicts += [
        [f"{view}: lines unlike the LEF", str(len(lines)), "FAIL" if lines else "pass"]
        for view, lines in differing.items()
    ]
    files = [[f"`{macro.name}{ending}`", _VIEWS[view]] for view, ending in ENDINGS.items()]
    files += [
        ["`verdicts.json`", "all figures of the checks"],
        ["`manifest.json`", "SHA-256 of every file, process and tool versions"],
    ]
    return f"""\
# {macro.name}

{macro.what}, process sky130B.

## Size

{table(["", ""], sizes)}
## Pins

{pins_table(macro, lef)}
Obstructions: li1 to met4 inside the pins. met5 may pass over; it was not simulated beside it.

## Load

{section}
## Verdicts

{table(["check", "found", "verdict"], verdicts)}
## Files

{table(["file", "holds"], files)}"""
