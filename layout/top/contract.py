"""The pin contract: every view of every block, and of the top, has the same pins, or the differing lines are
told.

Views: the description (pin table or schematic), symbol, SPICE or CDL, LEF, GDS labels, RTL, and for the top
the harness frame and the Verilog wrapper with the connections in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.report import Figure, Report, Source, Stopwatch
from neusoc.base.tools import versions
from neusoc.digital.harden.collect import macro_dir
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import Terminal, analog_macros, controller_pins, macro_pins, top_nets
from neusoc.layout.top.views import View, gds_view, lef_view, pin_view, spice_view, view_differences


class Comparison(NamedTuple):
    """One view against the description of its block; lines that differ."""

    block: str
    view: str
    source: Source
    pins: int
    lines: list[str]


def _compare(
    block: str, wanted_name: str, wanted: View, other_name: str, other: View, source: Source
) -> Comparison:
    return Comparison(
        block, other_name, source, len(other), view_differences(block, wanted_name, wanted, other_name, other)
    )


def _files(
    block: str, named: str, wanted: View, folder: Path, netlist: str, lef: bool = False
) -> Iterator[Comparison]:
    """Netlist, LEF and GDS of a block."""
    yield _compare(block, named, wanted, netlist, spice_view(folder / netlist, block), "netlist")
    if lef:
        yield _compare(block, named, wanted, f"{block}.lef", lef_view(folder / f"{block}.lef", block), "lef")
    yield _compare(block, named, wanted, f"{block}.gds", gds_view(folder / f"{block}.gds", block), "gds")


def _blocks(chip: Chip, blocks_dir: Path) -> Iterator[Comparison]:
    """The blocks with a schematic, against that, and the array."""
    from neusoc.analog.bench.schematic import schematic_path, schematic_pins, symbol_pins
    from neusoc.layout.array.plan import Plan
    from neusoc.layout.core.registry import schematic_blocks

    for name in schematic_blocks():
        wanted: View = dict(schematic_pins(name))
        symbol: View = dict(symbol_pins(schematic_path(name).with_suffix(".sym")))
        yield _compare(name, f"{name}.sch", wanted, f"{name}.sym", symbol, "schematic")
        yield from _files(name, f"{name}.sch", wanted, blocks_dir, f"{name}.spice")
    plan = Plan(chip.rows, chip.columns)
    yield from _files(plan.name, "its plan", dict.fromkeys(plan.pins), blocks_dir, f"{plan.name}.spice")


def macro_comparisons(chip: Chip, controller_dir: Path, blocks_dir: Path) -> Iterator[Comparison]:
    """The macros that the top places: SPICE, LEF and GDS against their pin tables."""
    for name in analog_macros(chip):
        yield from _files(
            name, "its pin table", pin_view(macro_pins(chip, name)), blocks_dir, f"{name}.spice", lef=True
        )
    controller = PARTS.controller
    yield from _files(
        controller,
        "its pin table",
        pin_view(controller_pins(chip)),
        controller_dir,
        f"{controller}.cdl",
        lef=True,
    )


def _controller_rtl(chip: Chip, controller_dir: Path) -> Iterator[Comparison]:
    from neusoc.digital.ports import netlist_ports, rtl_ports

    wanted, name = pin_view(controller_pins(chip)), PARTS.controller
    yield _compare(name, "its pin table", wanted, f"{name}.sv", dict(rtl_ports(chip)), "rtl")
    powered = controller_dir / f"{name}.pnl.v"
    yield _compare(name, "its pin table", wanted, powered.name, dict(netlist_ports(powered, name)), "netlist")


def _top(chip: Chip, gds: Path, reference: Path) -> Iterator[Comparison]:
    from neusoc.digital.ports import netlist_ports
    from neusoc.layout.top.wrapper import wrapper_connections, write_wrapper

    wanted: View = {name: pin.direction for name, pin in frame().pins.items()}
    wrapper = write_wrapper(chip)
    yield _compare(TOP, "the harness frame", wanted, wrapper.name, dict(netlist_ports(wrapper, TOP)), "rtl")
    yield _compare(TOP, "the harness frame", wanted, reference.name, spice_view(reference, TOP), "netlist")
    yield _compare(TOP, "the harness frame", wanted, gds.name, gds_view(gds, TOP), "gds")
    found = wrapper_connections(wrapper)
    yield Comparison(
        TOP, "connections of the wrapper", "rtl", len(found), connection_differences(chip, found)
    )


def connection_differences(chip: Chip, found: dict[tuple[str, str], str]) -> list[str]:
    """Compare (macro, pin) -> net of the Verilog wrapper with the description of the top.

    A net that reaches a frame pin is compared by that pin's name; one between macros by the pins that share
    it.
    """
    lines = []
    sharing: dict[str, set[Terminal]] = {}
    for (macro, pin), net in found.items():
        sharing.setdefault(net, set()).add(Terminal(macro, pin))
    for net in top_nets(chip):
        for terminal in net.terminals:
            here = found.get(tuple(terminal))
            if here is None:
                lines.append(
                    f"{TOP}: {terminal.macro}.{terminal.pin} is connected to {net.name}, but not in the"
                    " wrapper"
                )
            elif net.frame_pins and here != net.name:
                lines.append(
                    f"{TOP}: {terminal.macro}.{terminal.pin} is connected to {net.name}, to {here} in the"
                    " wrapper"
                )
            elif not net.frame_pins and sharing[here] != set(net.terminals):
                lines.append(
                    f"{TOP}: {terminal.macro}.{terminal.pin} shares net {here} of the wrapper with the wrong"
                    " pins"
                )
    known = {tuple(t) for net in top_nets(chip) for t in net.terminals}
    extra = [(terminal, net) for terminal, net in found.items() if terminal not in known]
    return lines + [
        f"{TOP}: {macro}.{pin} is connected to {net} in the wrapper only" for (macro, pin), net in extra
    ]


def pin_contract(chip: Chip) -> list[Comparison]:
    """Compare every view of a built chip.

    Raises:
        UserError: a view does not exist.
    """
    folder = chip_dir(chip.name)
    blocks_dir, controller_dir = folder / "blocks", macro_dir(chip)
    gds, reference = folder / "gds" / f"{TOP}.gds", folder / "netlist" / f"{TOP}.spice"
    return [
        *_blocks(chip, blocks_dir),
        *macro_comparisons(chip, controller_dir, blocks_dir),
        *_controller_rtl(chip, controller_dir),
        *_top(chip, gds, reference),
    ]


def require_macros(chip: Chip, controller_dir: Path, blocks_dir: Path) -> None:
    """Stop the build if a view of a macro differs.

    Raises:
        UserError: the first differing line, and how many more there are.
    """
    lines = [
        line
        for comparison in macro_comparisons(chip, controller_dir, blocks_dir)
        for line in comparison.lines
    ]
    if lines:
        more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        raise UserError(f"pin contract: {lines[0]}{more}; make the views agree")


def check_contract(chip: Chip) -> Report:
    """Write build/reports/contract.<chip>.json: differing lines of each view, 0 wanted; prints the lines."""
    watch = Stopwatch()
    comparisons = pin_contract(chip)
    figures = []
    for c in comparisons:
        figures.append(
            Figure(name=f"{c.block}.{c.view}.pins".replace(" ", "_"), value=c.pins, min=1, source=c.source)
        )
        figures.append(
            Figure(
                name=f"{c.block}.{c.view}.differing".replace(" ", "_"),
                value=len(c.lines),
                max=0,
                source=c.source,
            )
        )
        for line in c.lines:
            print(f"  {line}")
    tools = versions("klayout", "pyslang", "pyverilog")
    report = Report(step=f"contract.{chip.name}", figures=figures, tools=tools, seconds=watch.seconds)
    report.write()
    return report
