"""Connection tables of the macros that the top places, with the pins that the schematics of their cells
have."""

from __future__ import annotations

from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base import pins
from neusoc.base.chip import Chip
from neusoc.layout.array.plan import Plan
from neusoc.layout.core import netlist, references_netlist
from neusoc.layout.core.netlist import Instance


def table_of(chip: Chip, cell: str) -> list[Instance]:
    """Every instance of the analog core or of the references, with the net of each of its pins."""
    if cell == pins.REFERENCES:
        return references_netlist.connections(
            {name: _pins(name) for name in (references_netlist.BLOCK, references_netlist.DECOUPLING)}
        )
    plan = Plan(chip.rows, chip.columns)
    return netlist.connections(chip, {plan.name: plan.pins} | {name: _pins(name) for name in netlist.CELLS})


def _pins(name: str) -> list[str]:
    return [pin for pin, _ in schematic_pins(name)]
