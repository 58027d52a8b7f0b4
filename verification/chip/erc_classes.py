"""Classes of the pins of everything that this chip is made of: which are supplies, how high each may be,
which are pads.

No list of its own: datasheets say what a pin of a block may have at most, pin tables and chip.yaml what the
core's and the frame's pins are. A name means the same net everywhere, so the strictest datasheet counts. A
pin without a number takes it from its name's ending (row_1v8: as vdd1v8), or from the datasheets of the
blocks that it reaches inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from neusoc.analog.bench.datasheet import blocks as measured_blocks
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.chip import CORE_SUPPLIES, Chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.base.graph import digest, imported
from neusoc.base.pins import Pin, core_pins, references_pins
from neusoc.layout.core.registry import schematic_blocks
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.netlist import DIGITAL_GROUND, DIGITAL_SUPPLY, controller_pins, top_nets
from neusoc.verification.signoff.erc_levels import NetClass
from neusoc.verification.signoff.reader import Circuit

_ENDING = re.compile(r"_(1v8|3v3|vpp)(?:_[io])?(?:\[\d+\])?$")


@cache
def _sheets() -> dict[str, dict[str, dict[str, object]]]:
    """Block -> pin -> its fields in the datasheet."""
    return {name: datasheet(name).pins for name in measured_blocks()}


@cache
def supply_classes() -> dict[str, NetClass]:
    """Supplies and ground by name; the level is the strictest that a datasheet allows."""
    found: dict[str, NetClass] = {}
    for pins in _sheets().values():
        for name, fields in pins.items():
            if fields["type"] == "ground":
                found[name] = NetClass("ground", 0.0)
            elif fields["type"] == "power":
                level = float(fields["Vmax"])  # type: ignore[arg-type]
                known = found.get(name)
                found[name] = NetClass(
                    "supply", level if known is None or known.highest is None else min(level, known.highest)
                )
    return found


def _by_name(pin: str) -> float | None:
    """Level that the ending of a name tells."""
    if (match := _ENDING.search(pin)) is None:
        return None
    supply = match[1] if match[1] == "vpp" else f"vdd{match[1]}"
    return supply_classes()[supply].highest


def _within(circuits: Mapping[str, Circuit], cell: str, pin: str) -> float | None:
    """Strictest level that a datasheet of a block allows, to which a pin of a cell leads inside."""
    sheet = _sheets().get(cell, {}).get(pin, {})
    found = [float(sheet["Vmax"])] if "Vmax" in sheet else []  # type: ignore[arg-type]
    if circuit := circuits.get(cell):
        for call in circuit.calls:
            for net, inner in zip(call.nets, circuits[call.subcircuit].pins, strict=True):
                if (
                    net.lower() == pin.lower()
                    and (level := _within(circuits, call.subcircuit, inner)) is not None
                ):
                    found.append(level)
    return min(found) if found else None


def _directions(chip: Chip, cell: str) -> dict[str, str]:
    """Pin -> input, output or inout; nothing for a cell that is not of this chip."""
    tables: dict[str, Callable[[Chip], list[Pin]]] = {
        PADS_CELL: pads_pins,
        PARTS.controller: controller_pins,
        PARTS.core: core_pins,
        PARTS.references: lambda _: references_pins(),
    }
    if cell in tables:
        return {pin.name: pin.direction for pin in tables[cell](chip)}
    return dict(schematic_pins(cell)) if cell in schematic_blocks() else {}


def pin_classes(
    chip: Chip, cell: str, circuits: Mapping[str, Circuit], pins: list[str]
) -> dict[str, NetClass]:
    """Classes of the pins of a cell.

    Args:
        chip: whose cell it is; a cell of another origin gets what its pins' names tell.
        cell: top.
        circuits: the netlist, by lower-case name; empty if there is none.
        pins: names.
    """
    if cell == TOP:
        return _frame_classes(chip, circuits)
    directions = _directions(chip, cell)
    if cell == PARTS.controller:
        return _digital_classes(pins, directions)
    found = {}
    for pin in pins:
        known = supply_classes().get(pin)
        if known is not None:
            found[pin] = known._replace(pad=_pad(chip, cell, pin))
            continue
        level = _by_name(pin) if _ENDING.search(pin) else _within(circuits, cell, pin)
        found[pin] = NetClass("signal", level, _pad(chip, cell, pin), directions.get(pin) != "output")
    return found


def known_of(chip: Chip, cell: str) -> tuple[object, ...]:
    """Everything beside a cell's own files that decides the classes of its pins: a verdict on it is kept
    while all of it is the same."""
    here = Path(__file__)
    cells = [PARTS.references, PARTS.core, PARTS.controller] if cell == TOP else [cell]
    levels = {
        block: {pin: (fields["type"], fields.get("Vmax")) for pin, fields in pins.items()}
        for block, pins in _sheets().items()
    }
    tables = [(part, _directions(chip, part)) for part in cells]
    code = [digest(path) for path in sorted({here, *imported(here)[0]})]
    return (
        code,
        levels,
        tables,
        chip.pads,
        chip.supplies,
        sorted(PARTS.guarded),
        top_nets(chip) if cell == TOP else (),
    )


def _digital_classes(pins: list[str], directions: Mapping[str, str]) -> dict[str, NetClass]:
    """Of the controller's pins: all of the logic's supply."""
    supplies = supply_classes()
    found = {
        pin: NetClass("signal", supplies["vdd1v8"].highest, None, directions.get(pin) != "output")
        for pin in pins
    }
    return found | {DIGITAL_SUPPLY: supplies["vdd1v8"], DIGITAL_GROUND: supplies["vss"]}


def _pad(chip: Chip, cell: str, pin: str) -> Literal["bond", "behind"] | None:
    """Of analog_pads all sides toward the bond pads; of the core what no resistor guards."""
    if cell == PARTS.core:
        return "behind" if pin in chip.pads and pin not in PARTS.guarded else None
    return (
        "bond"
        if cell == PADS_CELL
        and pin in {guarded_pad(net) if net in PARTS.guarded else net for net in chip.pads}
        else None
    )


def _frame_classes(chip: Chip, circuits: Mapping[str, Circuit]) -> dict[str, NetClass]:
    """Of the harness frame's pins: analog pads and supplies as chip.yaml names them; the harness's digital
    side has 1.8 V."""
    supplies = supply_classes()
    inside: dict[str, NetClass] = {}
    for cell in (PARTS.references, PARTS.core):
        inside |= pin_classes(
            chip,
            cell,
            circuits,
            list(circuits[cell].pins) if cell in circuits else list(_directions(chip, cell)),
        )
    outputs = {pin.name for pin in controller_pins(chip) if pin.direction == "output"}
    found: dict[str, NetClass] = {}
    for net in top_nets(chip):
        for pin in net.frame_pins:
            found[pin] = NetClass("signal", supplies["vdd1v8"].highest, None, pin not in outputs)
    for net, frame_pin in chip.pads.items():
        found[frame_pin] = inside[net]._replace(pad="bond")
    for net in CORE_SUPPLIES:
        found[chip.supplies[net]] = supplies[net]
    found[DIGITAL_GROUND] = supplies["vss"]
    return found
