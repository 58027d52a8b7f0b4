"""Levels between the macros of a simulated chip: a second root beside the wrapper, which reads there what is
connected.

A Verilog net carries no volts. The references have a real for each level that they make, the core one for
each that it takes from them (layout/core/verilog.py); a level goes on where the wrapper connects their pins,
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.layout.core.netlist import Instance
from neusoc.layout.core.verilog import given_levels, taken_levels
from neusoc.layout.top.frame import TOP
from neusoc.layout.top.wrapper import wrapper_connections

ROOT_MODULE = "macro_levels"


def levels_module(
    chip: Chip,
    path: Path,
    table: Sequence[Instance] | None = None,
    references: Sequence[Instance] | None = None,
    ends: Sequence[str] = ("",),
) -> str:
    """SystemVerilog of the second root.

    Args:
        chip: the variant.
        path: file of the wrapper.
        table: connections of the core; by default the chip's.
        references: connections of the references; by default the chip's.
        ends: ends of the instances' names, one a core.

    Raises:
        UserError: the wrapper connects a level that a core takes to none, or to several, that its references
            make.
    """
    nets, lines = wrapper_connections(path), ""
    given = given_levels(chip, references)
    for end in ends:
        core, maker = PARTS.core + end, PARTS.references + end
        for pin in taken_levels(chip, table):
            net = nets[core, pin]
            makers = [level for level in given if nets[maker, level] == net]
            if len(makers) != 1:
                raise UserError(
                    f"{path.name}: {net} brings {core} {len(makers)} levels as {pin}; connect one level of"
                    f" {maker}"
                )
            source, target = f"{TOP}.u_{maker}.{makers[0]}_level", f"{TOP}.u_{core}.{pin}_volts"
            lines += f"  always @({source}) {target} = {source};\n"
    return f"""\
// Levels that the wrapper takes from macro to macro, V, generated from its connections: do not edit.
`timescale 1ns / 1ps

module {ROOT_MODULE};
{lines}endmodule
"""
