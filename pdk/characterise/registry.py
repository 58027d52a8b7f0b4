"""What is measured on a cell: kinds of measurement that the scheduler runs and the writer reads.

A kind plans its items for a cell (an arc, a pin, a state) and measures one item at one corner. Its result is
a plain dictionary that JSON can hold, in ns, pF, pJ, nW; it is kept under a hash of the netlist, the models,
the corner, the kind's version and the results that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.netlist import CellNetlist

Result = dict[str, Any]
Results = Mapping[str, Mapping[str, Result]]  # kind -> item -> result, of one cell at one corner


@dataclass(frozen=True)
class Kind:
    """One kind of measurement.

    Attributes:
        name: name such as "delay" or "setup".
        version: number to raise when the results change for the same netlist.
        plan: items of a cell, in order; empty where the kind does not apply.
        measure: (netlist, logic, corner, item, results of the kinds in `needs`) -> result.
        needs: kinds that run before, on the same cell and corner.
        variant: (logic, corner, item) -> what else decides the result; empty where nothing does.
    """

    name: str
    version: int
    plan: Callable[[CellLogic], Sequence[str]]
    measure: Callable[[CellNetlist, CellLogic, Corner, str, Results], Result]
    needs: tuple[str, ...] = ()
    variant: Callable[[CellLogic, Corner, str], str] = lambda _logic, _corner, _item: ""
