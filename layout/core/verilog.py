"""Verilog of the analog macros, from their pin and connection tables: headers, and behavioural macros of the
blocks' Verilog twins.

A Verilog net says what is connected; how high a line stands, and what flows, is in reals of the twins, by
name:

    wire <pin>_on_<pin>   a switch of the block: the first pin has the level of the second while it is 1
    real <pin>_level      V that the block gives the pin
    real <pin>_volts      V that the pin has and the block wants to know
    real <pin>_ua, _us    current (uA) and conductance (uS) that the array's cells put on the pin

The generated core follows the switches through the connection table: to the levels of the array's lines and
of the blocks' pins, and back to the blocks that take a current. Between macros the same names go on:
analog_references has <net>_level of each level that it makes, and analog_core <net>_volts of each that it
takes from there (layout/top/levels.py joins them).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.pins import Pin, core_pins, references_pins
from neusoc.layout.core import references_netlist
from neusoc.layout.core.netlist import Instance, array_name
from neusoc.layout.core.tables import table_of

ARRAY = "synapse_array"
# Pad or supply -> V at logic 0 and at logic 1.
PAD_VOLTS = {"vpp": (0.0, 3.3), "vdd3v3": (0.0, 3.3), "vdd1v8": (0.0, 1.8), "vss": (0.0, 1.8)}
_ARRAY_LINES = ("wl", "bl", "sl")


class Twin(NamedTuple):
    """What a block's twin tells of itself: switches (pin, pin), pins that it gives a level, whose level it
    wants, (pin, _ua or _us)."""

    switches: list[tuple[str, str]]
    levels: list[str]
    volts: list[str]
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
            raise UserError(
                f"analog/{block}/{block}.v: a switch names {name}, which is no pin of {block}; call it"
                " <pin>_on_<pin>"
            )
    reals = [
        name.strip() for names in re.findall(r"^\s*real\s+([^;]*);", text, re.M) for name in names.split(",")
    ]
    told = {kind: [pin for pin in pins if pin + kind in reals] for kind in ("_level", "_volts", "_ua", "_us")}
    return Twin(
        switches,
        told["_level"],
        told["_volts"],
        [(pin, kind) for kind in ("_ua", "_us") for pin in told[kind]],
    )


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


def _ports(chip: Chip, pins: Sequence[Pin]) -> str:
    names = {pin.name for pin in pins}
    return module_ports(pins, [supply for supply in chip.supplies if supply in names])


def core_table(chip: Chip) -> list[Instance]:
    """The connection table of the core with the pins of the schematics."""
    return table_of(chip, PARTS.core)


def references_table(chip: Chip) -> list[Instance]:
    """The same of the references."""
    return table_of(chip, PARTS.references)


def core_twins(chip: Chip) -> list[Path]:
    """Verilog files that the behavioural macros of a chip need."""
    table = [*core_table(chip), *references_table(chip)]
    return [
        twin_path(block)
        for block in (*dict.fromkeys(i.cell for i in table if i.cell != array_name(chip)), ARRAY)
    ]


def given_levels(chip: Chip, table: Sequence[Instance] | None = None) -> list[str]:
    """Pins of the references that have a level, real <pin>_level of their module.

    Args:
        chip: the variant.
        table: connections of the references, as of behavioural_references().
    """
    given = {i.nets[pin] for i in table or references_table(chip) for pin in twin(i.cell).levels}
    return [pin.name for pin in references_pins() if pin.name in given]


def taken_levels(chip: Chip, table: Sequence[Instance] | None = None) -> list[str]:
    """Pins of the core whose level comes from the references, real <pin>_volts of its module.

    Args:
        chip: the variant.
        table: connections of the core, as of behavioural_core().
    """
    array = array_name(chip)
    blocks = [(i, twin(i.cell)) for i in table or core_table(chip) if i.cell != array]
    asked = {i.nets[pin] for i, told in blocks for pin in (*told.volts, *(b for _, b in told.switches))}
    return [net for net in _from_references(chip) if net in asked]


def _from_references(chip: Chip) -> list[str]:
    """Analog pins that the core shares with the references."""
    shared = {pin.name for pin in references_pins() if pin.use == "analog"}
    return [pin.name for pin in core_pins(chip) if pin.name in shared]


def _pad_volts(chip: Chip, pins: Sequence[Pin]) -> dict[str, tuple[float, float]]:
    """Those of PAD_VOLTS that come to a macro from a pad or a supply."""
    names = {pin.name for pin in pins} & {*chip.pads, *chip.supplies}
    return {net: volts for net, volts in PAD_VOLTS.items() if net in names}


def _word(net: str) -> str:
    """bl[3] -> bl_3."""
    return net.replace("[", "_").rstrip("]")


@dataclass
class _Levels:
    """The statements that bring the level of each net that is asked for, V."""

    table: list[Instance]
    array: str
    pads: Collection[str]
    outside: Collection[str]
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
        name = f"{_word(net)}_volts" if net in self.outside else f"volts_{_word(net)}"
        if net in self.known:
            return name
        self.known.add(net)
        if net in self.outside:
            self.text.append(f"  real {name};\n")
            return name
        if net in self.pads:
            self.text.append(
                f"  real {name};\n  always @({net}) {name} = {net} === 1'b1 ? {_word(net)}_high :"
                f" {_word(net)}_low;\n"
            )
            return name
        choices: list[tuple[str, str]] = []
        for instance, told in self.blocks():
            choices += [
                (f"{instance.name}.{a}_on_{b}", self.of(instance.nets[b]))
                for a, b in told.switches
                if instance.nets[a] == net
            ]
            choices += [
                ("", f"{instance.name}.{pin}_level") for pin in told.levels if instance.nets[pin] == net
            ]
        if not choices:
            raise UserError(
                f"{net}: no block and no pad gives this net a level; connect it, or add its pad to PAD_VOLTS"
            )
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
                ways += [
                    (f"{instance.name}.{a}_on_{b}", instance.nets[a])
                    for a, b in other.switches
                    if instance.nets[b] == net
                ]
            terms = [
                (
                    f"({switch} === 1'b1 ? {array.name}.{_indexed(line, kind)} : 0.0)"
                    if switch
                    else f"{array.name}.{_indexed(line, kind)}"
                )
                for switch, wire in ways
                for line, of_line in array.nets.items()
                if line.startswith("bl[") and of_line == wire
            ]
            if not terms:
                raise UserError(
                    f"{net}: {taker.name} takes a current from this net, which no bit line reaches;"
                    " connect it"
                )
            changes = " or ".join([f"{array.name}.measured", *(switch for switch, _ in ways if switch)])
            lines.append(
                f"  always @({changes})\n    {taker.name}.{pin}{kind} = " + "\n      + ".join(terms) + ";\n"
            )
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
    elif cell == references_netlist.BLOCK:
        cell += f" #(.Neurons({chip.neurons}))"
    whole = {base: ", ".join(nets[i] for i in sorted(nets, reverse=True)) for base, nets in ports.items()}
    pins = ", ".join(
        f".{base}({{{nets}}})" if len(ports[base]) > 1 else f".{base}({nets})" for base, nets in whole.items()
    )
    return f"  {cell} {instance.name} ({pins});\n"


def _wanted(levels: _Levels) -> str:
    """The statements that bring the level of a pin to the block that wants to know it."""
    lines = ""
    for instance, told in levels.blocks():
        for pin in told.volts:
            level = levels.of(instance.nets[pin])
            lines += f"  always @({level}) {instance.name}.{pin}_volts = {level};\n"
    return lines


def _module(
    chip: Chip, name: str, pins: Sequence[Pin], table: Sequence[Instance], what: str, body: str
) -> str:
    """A macro of its instances.

    Args:
        chip: the variant.
        name: module.
        pins: pins of it.
        table: connections.
        what: the macro in words.
        body: statements about levels and currents.
    """
    names = {pin.name for pin in pins}
    inner = buses(sorted({net for instance in table for net in instance.nets.values()} - names))
    wires = "".join(f"  wire {bus_range(width):<7} {name};\n" for name, width in inner.items())
    volts = ",\n".join(
        f"    parameter real {net}_low = {low}, {net}_high = {high}"
        for net, (low, high) in _pad_volts(chip, pins).items()
    )
    high = ", ".join(supply for supply in ("vdd1v8", "vdd3v3") if supply in names)
    return f"""\
// {what} of its blocks' Verilog twins, generated from the connection table: do not edit.
`default_nettype none
`timescale 1ns / 1ps

// V of a pad at logic 0 and 1.
module {name} #(
{volts}
) (
{_ports(chip, pins)});

`ifndef USE_POWER_PINS
  supply1 {high};
  supply0 vss;
`endif

{wires}
{"".join(_call(instance, chip) for instance in table)}
{body}endmodule

`default_nettype wire
"""


def behavioural_core(chip: Chip, table: Sequence[Instance] | None = None) -> str:
    """SystemVerilog (Icarus) of the analog core made of its blocks' Verilog twins.

    Args:
        chip: the variant.
        table: connections; by default those of the chip (a fault has others).

    Raises:
        UserError: a twin is missing or names a pin that its block does not have; a net has no level, a block
            no current.
    """
    table = list(table or core_table(chip))
    (array,) = [instance for instance in table if instance.cell == array_name(chip)]
    outside, pins = _from_references(chip), core_pins(chip)
    levels = _Levels(table, array.cell, _pad_volts(chip, pins), outside)
    lines = ""
    for pin, net in array.nets.items():
        if pin.partition("[")[0] in _ARRAY_LINES:
            level = levels.of(net)
            lines += (
                f"  always @({level}) begin {array.name}.{_indexed(pin, '_volts')} = {level}; ->"
                f" {array.name}.moved; end\n"
            )
    wanted = _wanted(levels)
    body = f"""\
  // Levels of the lines of the array, V.
{"".join(levels.text)}
{lines}{wanted}
  // What flows out of them, uA, and their conductance, uS.
{_takers(levels, array)}
"""
    return _module(chip, PARTS.core, pins, table, "Analog core", body)


def behavioural_references(chip: Chip, table: Sequence[Instance] | None = None) -> str:
    """The same of the references, with real <pin>_level of each pin that has a level.

    Args:
        chip: the variant.
        table: connections; by default those of the chip.

    Raises:
        UserError: as behavioural_core().
    """
    table = list(table or references_table(chip))
    pins = references_pins()
    levels = _Levels(table, "", _pad_volts(chip, pins), ())
    given = [(net, levels.of(net)) for net in given_levels(chip, table)]
    wanted = _wanted(levels)
    told = "".join(
        f"  real {net}_level;\n  always @({level}) {net}_level = {level};\n" for net, level in given
    )
    body = f"  // Levels of its pins, V.\n{''.join(levels.text)}{wanted}{told}\n"
    return _module(chip, PARTS.references, pins, table, "References", body)
