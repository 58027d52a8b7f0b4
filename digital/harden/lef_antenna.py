"""Antenna figures of a macro's pins, from its routed DEF and the LEF of its cells, written into its abstract
LEF.

Without them a check of the chip that uses the macro finds no gate behind the macro's pins and passes whatever
the wires.

Source: LEF/DEF 5.8 reference, MACRO PIN: ANTENNAGATEAREA, ANTENNADIFFAREA, ANTENNAPARTIALMETALAREA (um2).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

_PIN = re.compile(r"^\s*PIN\s+(\S+)")
_AREA = re.compile(r"^\s*ANTENNA(GATE|DIFF)AREA\s+([\d.]+)")
_WIRE = re.compile(
    r"(?:ROUTED|NEW)\s+(\w+)\s+(?:TAPER\s+)?\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)\s*\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)"
)


@dataclass
class PinAntenna:
    """What hangs on one pin inside the macro: areas in um2, metal by layer."""

    gate: float = 0.0
    diffusion: float = 0.0
    metal: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def cell_areas(lef: str) -> dict[tuple[str, str], tuple[float, float]]:
    """(cell, pin) -> gate area, diffusion area of every pin of a cell library's LEF, um2."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    cell = pin = ""
    for line in lef.splitlines():
        if line.startswith("MACRO "):
            cell, pin = line.split()[1], ""
        elif named := _PIN.match(line):
            pin = named[1]
            found[cell, pin] = (0.0, 0.0)
        elif pin and (area := _AREA.match(line)):
            gate, diffusion = found[cell, pin]
            found[cell, pin] = (
                (gate + float(area[2]), diffusion)
                if area[1] == "GATE"
                else (gate, diffusion + float(area[2]))
            )
    return found


def layer_widths(technology: str) -> dict[str, float]:
    """Routing layer -> default wire width, um, of a technology LEF."""
    pattern = re.compile(
        r"^LAYER\s+(\w+)\s*\n(?:(?!^END).*\n)*?\s*TYPE\s+ROUTING(?:(?!^END).*\n)*?\s*WIDTH\s+([\d.]+)",
        re.MULTILINE,
    )
    return {name: float(width) for name, width in pattern.findall(technology)}


def pin_antennas(
    def_text: str, areas: dict[tuple[str, str], tuple[float, float]], widths: dict[str, float]
) -> dict[str, PinAntenna]:
    """Antenna figures of every signal pin of a routed design."""
    units = float(re.search(r"^UNITS DISTANCE MICRONS (\d+)", def_text, re.MULTILINE)[1])
    cells = dict(re.findall(r"^\s*- (\S+) (\S+)", _section(def_text, "COMPONENTS"), re.MULTILINE))
    found: dict[str, PinAntenna] = {}
    for statement in re.split(r"^\s*- ", _section(def_text, "NETS"), flags=re.MULTILINE)[1:]:
        connections = statement.split("+", 1)[0]
        pins = re.findall(r"\(\s*PIN\s+(\S+)\s*\)", connections)
        if not pins:
            continue
        antenna = PinAntenna()
        for instance, pin in re.findall(r"\(\s*(?!PIN\s)(\S+)\s+(\S+)\s*\)", connections):
            gate, diffusion = areas[cells[instance], pin]
            antenna.gate += gate
            antenna.diffusion += diffusion
        for layer, x0, y0, x1, y1 in _WIRE.findall(statement):
            length = (abs(float(x1) - float(x0)) if x1 != "*" else 0.0) + (
                abs(float(y1) - float(y0)) if y1 != "*" else 0.0
            )
            antenna.metal[layer] += length / units * widths[layer]
        found.update({pin: antenna for pin in pins})
    return found


def add_antennas(lef: str, antennas: dict[str, PinAntenna]) -> str:
    """The abstract LEF with the antenna figures of its signal pins.

    Raises:
        ValueError: a signal pin of the LEF has no figures.
    """
    lines: list[str] = []
    pin = ""
    for line in lef.splitlines():
        if named := _PIN.match(line):
            pin = named[1]
        lines.append(line)
        if pin and line.split()[:2] == ["USE", "SIGNAL"]:
            if pin not in antennas:
                raise ValueError(f"pin {pin} is not in the DEF")
            lines += _properties(antennas[pin])
            pin = ""
    return "\n".join(lines) + "\n"


def write_lef(abstract: Path, routed: Path, cells: list[Path], technology: Path, output: Path) -> None:
    """Write the abstract LEF with the antenna figures of the routed DEF."""
    areas: dict[tuple[str, str], tuple[float, float]] = {}
    for path in cells:
        areas |= cell_areas(path.read_text())
    antennas = pin_antennas(routed.read_text(), areas, layer_widths(technology.read_text()))
    output.write_text(add_antennas(abstract.read_text(), antennas))


def _section(text: str, name: str) -> str:
    match = re.search(rf"^{name} \d+ ;\n(.*?)^END {name}$", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def _properties(antenna: PinAntenna) -> list[str]:
    found = [
        f"    ANTENNAPARTIALMETALAREA {area:.4f} LAYER {layer} ;"
        for layer, area in sorted(antenna.metal.items())
        if area
    ]
    if antenna.gate:
        found.append(f"    ANTENNAGATEAREA {antenna.gate:.4f} ;")
    if antenna.diffusion:
        found.append(f"    ANTENNADIFFAREA {antenna.diffusion:.4f} ;")
    return found
