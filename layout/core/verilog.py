"""Verilog of the analog core, from its pin and connection tables: its header, and the behavioural core of the blocks' Verilog twins.

A Verilog net says what is connected; how high a line stands, and what flows, is in reals of the twins, by name:

    wire <pin>_on_<pin>   a switch of the block: the first pin has the level of the second while it is 1
    real <pin>_level      V that the block gives the pin
    real <pin>_ua, _us    current (uA) and conductance (uS) that the array's cells put on the pin

The generated core follows the switches through the connection table: to the levels of the array's lines, and back to the blocks that
take a current.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.pins import CELL, Pin, core_pins
from neusoc.layout.core.netlist import Instance, array_name
from neusoc.layout.core.tables import table_of

ARRAY = "synapse_array"
# Pad or supply of the core -> V at logic 0 and at logic 1. Source lines: below vref, the cell adds; above it, it subtracts.
PAD_VOLTS = {
    "vpp": (0.0, 3.3), "vdd3v3": (0.0, 3.3), "vdd1v8": (0.0, 1.8), "vss": (0.0, 1.8),
    "vref": (0.0, 0.9), "vsl": (0.85, 0.95), "vfire": (0.0, 2.8),
}  # fmt: skip
_ARRAY_LINES = ("wl", "bl", "sl")


class Twin(NamedTuple):
    """What a block's twin tells of itself: switches (pin, pin), pins that it gives a level, (pin, _ua or _us) that it takes."""

    switches: list[tuple[str, str]]
    levels: list[str]
    currents: list[tuple[str, str]]


def twin_path(block: str) -> Path:
    """Verilog twin of a block, or of the array."""
    return ROOT / "analog" / ("synapse" if block == ARRAY else block) / f"{block}.v"


@cache
def twin(block: str) -> Twin:
    """Read the twin of a block.

    Raises:
        UserError: there is none, or a switch names a pin that the block does not have.
    """
    try:
        text = re.sub(r"//.*", "", twin_path(block).read_text())
    except OSError:
        raise UserError(f"analog/{block}/{block}.v: not found; write the block's Verilog twin") from None
    return _told(block, text, [pin for pin, _ in schematic_pins(block)])


def _told(block: str, text: str, pins: Sequence[str]) -> Twin:
    switches = re.findall(r"^\s*wire\s+(\w+?)_on_(\w+)\s*=", text, re.M)
    for name in (pin for switch in switches for pin in switch):
        if name not in pins:
            raise UserError(f"analog/{block}/{block}.v: a switch names {name}, which is no pin of {block}; call it <pin>_on_<pin>")
    reals = [name.strip() for names in re.findall(r"^\s*real\s+([^;]*);", text, re.M) for name in names.split(",")]
    told = {kind: [pin for pin in pins if pin + kind in reals] for kind in ("_level", "_ua", "_us")}
    return Twin(switches, told["_level"], [(pin, kind) for kind in ("_ua", "_us") for pin in told[kind]])


def buses(bits: Iterable[str]) -> dict[str, int | None]:
    """Bit names a[0], a[1], b -> {a: 2, b: None}; None for a name without an index."""
    found: dict[str, int | None] = {}
    for bit in bits:
        name, _, index = bit.rstrip("]").partition("[")
        found[name] = max(found.get(name) or 0, int(index) + 1) if index else None
    return found


def bus_range(width: int | None) -> str:
    """[width-1:0], nothing for a single net."""
    return "" if width is None else f"[{width - 1}:0]"


def port_line(direction: str, width: int | None, name: str) -> str:
    """One port of a module's header."""
    return f"    {direction:<6} wire {bus_range(width):<7} {name}"


def module_ports(pins: Sequence[Pin], supplies: Iterable[str]) -> str:
    """Ports of a block between the brackets of its module's header; supplies with USE_POWER_PINS only."""
    supplies = list(supplies)
    direction = {re.sub(r"\[.*", "", p.name): p.direction for p in pins}
    power = "".join(f"{port_line('inout', None, name)},\n" for name in supplies)
    ports = {name: width for name, width in buses(p.name for p in pins).items() if name not in supplies}
    signals = ",\n".join(port_line(direction[name], width, name) for name, width in ports.items())
    return f"`ifdef USE_POWER_PINS\n{power}`endif\n{signals}\n"


def core_ports(chip: Chip) -> str:
    """Ports of analog_core between the brackets of its header."""
    return module_ports(core_pins(chip), chip.supplies)


def core_table(chip: Chip) -> list[Instance]:
    """The connection table with the pins of the schematics."""
    return table_of(chip, CELL)


def core_twins(chip: Chip) -> list[Path]:
    """Verilog files that behavioural_core() needs."""
    return [twin_path(block) for block in (*dict.fromkeys(i.cell for i in core_table(chip) if i.cell != array_name(chip)), ARRAY)]


def _word(net: str) -> str:
    """bl[3] -> bl_3."""
    return net.replace("[", "_").rstrip("]")


@dataclass
class _Levels:
    """The statements that bring the level of each net that is asked for, V."""

    table: list[Instance]
    array: str
    text: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def blocks(self) -> list[tuple[Instance, Twin]]:
        """Instances but the array, with what their twins tell."""
        return [(instance, twin(instance.cell)) for instance in self.table if instance.cell != self.array]

    def of(self, net: str) -> str:
        """Variable that holds the level of a net.

        Raises:
            UserError: nothing gives the net a level.
        """
        name = f"volts_{_word(net)}"
        if net in self.known:
            return name
        self.known.add(net)
        if net in PAD_VOLTS:
            self.text.append(f"  real {name};\n  always @({net}) {name} = {net} === 1'b1 ? {_word(net)}_high : {_word(net)}_low;\n")
            return name
        choices: list[tuple[str, str]] = []
        for instance, told in self.blocks():
            choices += [(f"{instance.name}.{a}_on_{b}", self.of(instance.nets[b])) for a, b in told.switches if instance.nets[a] == net]
            choices += [("", f"{instance.name}.{pin}_level") for pin in told.levels if instance.nets[pin] == net]
        if not choices:
            raise UserError(f"{net}: no block and no pad gives this net a level; connect it, or add its pad to PAD_VOLTS")
        value = "0.0"
        for switch, level in reversed(choices):
            value = f"{switch} === 1'b1 ? {level} : {value}" if switch else level
        changes = " or ".join(dict.fromkeys(word for choice in choices for word in choice if word))
        self.text.append(f"  real {name};\n  always @({changes})\n    {name} = {value};\n")
        return name


def _takers(levels: _Levels, array: Instance) -> str:
    """The statements that bring the currents of the array's bit lines to the blocks that take them.

    Raises:
        UserError: a block takes a current from a net that no bit line reaches.
    """
    lines = []
    for taker, told in levels.blocks():
        for pin, kind in told.currents:
            net = taker.nets[pin]
            ways = [("", net)]
            for instance, other in levels.blocks():
                ways += [(f"{instance.name}.{a}_on_{b}", instance.nets[a]) for a, b in other.switches if instance.nets[b] == net]
            terms = [
                f"({switch} === 1'b1 ? {array.name}.{_indexed(line, kind)} : 0.0)" if switch else f"{array.name}.{_indexed(line, kind)}"
                for switch, wire in ways
                for line, of_line in array.nets.items()
                if line.startswith("bl[") and of_line == wire
            ]
            if not terms:
                raise UserError(f"{net}: {taker.name} takes a current from this net, which no bit line reaches; connect it")
            changes = " or ".join([f"{array.name}.measured", *(switch for switch, _ in ways if switch)])
            lines.append(f"  always @({changes})\n    {taker.name}.{pin}{kind} = " + "\n      + ".join(terms) + ";\n")
    return "".join(lines)


def _indexed(pin: str, suffix: str) -> str:
    """bl[3], _ua -> bl_ua[3]."""
    base, bracket, index = pin.partition("[")
    return base + suffix + bracket + index


def _call(instance: Instance, chip: Chip) -> str:
    """One instance."""
    ports: dict[str, dict[int, str]] = {}
    for pin, net in instance.nets.items():
        base, _, index = pin.rstrip("]").partition("[")
        ports.setdefault(base, {})[int(index or 0)] = net
    cell = instance.cell
    if cell == array_name(chip):
        cell = f"{ARRAY} #(.Rows({chip.rows}), .Columns({chip.columns}))"
    whole = {base: ", ".join(nets[i] for i in sorted(nets, reverse=True)) for base, nets in ports.items()}
    pins = ", ".join(f".{base}({{{nets}}})" if len(ports[base]) > 1 else f".{base}({nets})" for base, nets in whole.items())
    return f"  {cell} {instance.name} ({pins});\n"


def behavioural_core(chip: Chip, table: Sequence[Instance] | None = None) -> str:
    """SystemVerilog (Icarus) of analog_core made of its blocks' Verilog twins.

    Args:
        chip: the variant.
        table: connections; by default those of the chip (a fault has others).

    Raises:
        UserError: a twin is missing or names a pin that its block does not have; a net has no level, a block no current.
    """
    table = list(table or core_table(chip))
    (array,) = [instance for instance in table if instance.cell == array_name(chip)]
    pins = {pin.name for pin in core_pins(chip)}
    inner = buses(sorted({net for instance in table for net in instance.nets.values()} - pins))
    wires = "".join(f"  wire {bus_range(width):<7} {name};\n" for name, width in inner.items())
    levels = _Levels(table, array.cell)
    lines = ""
    for pin, net in array.nets.items():
        if pin.partition("[")[0] in _ARRAY_LINES:
            level = levels.of(net)
            lines += f"  always @({level}) begin {array.name}.{_indexed(pin, '_volts')} = {level}; -> {array.name}.moved; end\n"
    volts = ",\n".join(f"    parameter real {net}_low = {low}, {net}_high = {high}" for net, (low, high) in PAD_VOLTS.items())
    return f"""\
// Analog core of its blocks' Verilog twins, generated from the connection table: do not edit.
`default_nettype none
`timescale 1ns / 1ps

// V of a pad at logic 0 and 1.
module {CELL} #(
{volts}
) (
{core_ports(chip)});

`ifndef USE_POWER_PINS
  supply1 vdd1v8, vdd3v3;
  supply0 vss;
`endif

{wires}
{"".join(_call(instance, chip) for instance in table)}
  // Levels of the lines of the array, V.
{"".join(levels.text)}
{lines}
  // What flows out of them, uA, and their conductance, uS.
{_takers(levels, array)}
endmodule

`default_nettype wire
"""
