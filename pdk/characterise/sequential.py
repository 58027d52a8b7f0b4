"""Measurements of storing cells (flip-flops, latches, clock gates), as kinds for the scheduler.

Kind, item -> result:
  storage_leakage, "all"          Liberty condition -> nW
  quiet_energy, pin               {slews, rise, fall} in pJ
  largest_load, output            {largest} in pF
  storage_delay, "CLK->Q ..."     a timing group: pin, related_pin, timing_type, timing_sense, slews, loads,
                                  tables
  setup, hold, recovery, removal  "<pin> rise|fall": {pin, related_pin, timing_type, table, slews,
                                  values[related][constrained]} in ns
  non_seq_setup, non_seq_hold     the same, between reset and set
  pulse_width                     "<pin> high|low": {pin, table, slews, values} in ns
neusoc.pdk.characterise.sequential_liberty turns them into Liberty groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from neusoc.pdk.characterise import sequential_arcs, sequential_margins, sequential_pins
from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.grid import CONSTRAINT_SLEWS
from neusoc.pdk.characterise.netlist import CellNetlist
from neusoc.pdk.characterise.registry import Kind, Result, Results
from neusoc.pdk.characterise.sequential_bench import bench
from neusoc.pdk.characterise.sequential_cell import Sequential

# The wheel has device models fitted to off-state current apart from those fitted to delay. Which of them the
# foundry's library takes was found on dfrtp_1 and dlclkp_1 (every state within 10 %).
LEAKAGE_PROCESS = {"tt": "tt_leak", "ss": "leak", "ff": "leak"}


def _plan(items: Callable[[Sequential], Sequence[str]]) -> Callable[[CellLogic], Sequence[str]]:
    return lambda logic: items(Sequential(logic)) if logic.storage else ()


def _timing_items(cell: Sequential) -> dict[str, sequential_arcs.Timing]:
    return {f"{timing.label} {timing.timing_type}": timing for timing in sequential_arcs.timings(cell)}


def _measure_leakage(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, _item: str, _results: Results
) -> Result:
    return sequential_pins.leakage(
        bench(netlist, logic, replace(corner, process=LEAKAGE_PROCESS[corner.process]))
    )


def _measure_quiet_energy(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
) -> Result:
    return sequential_pins.quiet_energy(bench(netlist, logic, corner), item)


def _measure_load(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
) -> Result:
    place = bench(netlist, logic, corner)
    timing = next(t for t in sequential_arcs.timings(place.cell) if t.output == item and len(t.launches) == 2)
    return {
        "largest": sequential_arcs.largest_load(place, [launches[0] for launches in timing.launches.values()])
    }


def _measure_delay(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, results: Results
) -> Result:
    place = bench(netlist, logic, corner)
    timing = _timing_items(place.cell)[item]
    energy = results["quiet_energy"][timing.pin]
    largest = results["largest_load"][timing.output]["largest"]
    return sequential_arcs.tabulate(place, timing, largest, {0: energy["fall"], 1: energy["rise"]})


def _measure_data(kind: str) -> Callable[[CellNetlist, CellLogic, Corner, str, Results], Result]:
    def measure(
        netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
    ) -> Result:
        place = bench(netlist, logic, corner)
        pin, edge = item.split()
        margins = sequential_margins.data_margin(place.cell, pin, int(edge == "rise"), kind == "hold")
        return _constraint(place.cell, kind, pin, edge, sequential_margins.grid(place, margins))

    return measure


def _measure_release(kind: str) -> Callable[[CellNetlist, CellLogic, Corner, str, Results], Result]:
    def measure(
        netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
    ) -> Result:
        place = bench(netlist, logic, corner)
        pin, edge = item.split()
        margins = sequential_margins.release_margin(place.cell, pin, kind == "removal")
        return _constraint(place.cell, kind, pin, edge, sequential_margins.grid(place, margins))

    return measure


def _measure_priority(kind: str) -> Callable[[CellNetlist, CellLogic, Corner, str, Results], Result]:
    def measure(
        netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
    ) -> Result:
        place = bench(netlist, logic, corner)
        pin, edge = item.split()
        (other,) = (name for name in place.cell.asynchronous if name != pin)
        released = 1 - place.cell.asynchronous[other][0]
        values = sequential_margins.grid(
            place, sequential_margins.priority_margin(place.cell, pin, kind == "non_seq_hold")
        )
        found = _constraint(place.cell, kind, pin, edge, values)
        return {**found, "related_pin": other, "timing_type": f"{kind}_{'rising' if released else 'falling'}"}

    return measure


def _constraint(cell: Sequential, kind: str, pin: str, edge: str, values: list[list[float]]) -> Result:
    sampling = cell.active if cell.kind == "flip_flop" else 1 - cell.active
    return {
        "pin": pin,
        "related_pin": cell.clock,
        "timing_type": f"{kind}_{'rising' if sampling else 'falling'}",
        "table": f"{edge}_constraint",
        "slews": list(CONSTRAINT_SLEWS),
        "values": values,
    }


def _measure_pulse(
    netlist: CellNetlist, logic: CellLogic, corner: Corner, item: str, _results: Results
) -> Result:
    place = bench(netlist, logic, corner)
    pin, level = item.split()
    margins = sequential_margins.pulse_margins(place.cell, pin, int(level == "high"))
    table = "rise_constraint" if level == "high" else "fall_constraint"
    return {
        "pin": pin,
        "table": table,
        "slews": list(CONSTRAINT_SLEWS),
        "values": sequential_margins.widths(place, margins),
    }


def _data_items(cell: Sequential) -> list[str]:
    return [f"{pin} {edge}" for pin in cell.data for edge in ("rise", "fall")]


def _release_items(cell: Sequential) -> list[str]:
    return [f"{pin} {'fall' if asserted else 'rise'}" for pin, (asserted, _) in cell.asynchronous.items()]


def _priority_items(cell: Sequential) -> list[str]:
    return _release_items(cell) if len(cell.asynchronous) == 2 else []


def _pulse_items(cell: Sequential) -> list[str]:
    pulses = [
        (pin, name, level)
        for pin in (cell.clock, *cell.asynchronous)
        for name, level in (("high", 1), ("low", 0))
    ]
    return [
        f"{pin} {name}" for pin, name, level in pulses if sequential_margins.pulse_margins(cell, pin, level)
    ]


def _state(logic: CellLogic, corner: Corner, item: str) -> str:
    """The corner's choice of state, where there is one and it is not the usual."""
    several = any(len(launches) > 1 for launches in _timing_items(Sequential(logic))[item].launches.values())
    return corner.state if several and corner.state != "worst" else ""


KINDS = (
    Kind("storage_leakage", 1, _plan(lambda cell: ("all",)), _measure_leakage),
    Kind("quiet_energy", 1, _plan(lambda cell: cell.logic.inputs), _measure_quiet_energy),
    Kind("largest_load", 1, _plan(lambda cell: cell.logic.outputs), _measure_load),
    Kind(
        "storage_delay",
        1,
        _plan(lambda cell: tuple(_timing_items(cell))),
        _measure_delay,
        ("quiet_energy", "largest_load"),
        _state,
    ),
    Kind("setup", 1, _plan(_data_items), _measure_data("setup")),
    Kind("hold", 1, _plan(_data_items), _measure_data("hold")),
    Kind("recovery", 1, _plan(_release_items), _measure_release("recovery")),
    Kind("removal", 1, _plan(_release_items), _measure_release("removal")),
    Kind("non_seq_setup", 1, _plan(_priority_items), _measure_priority("non_seq_setup")),
    Kind("non_seq_hold", 1, _plan(_priority_items), _measure_priority("non_seq_hold")),
    Kind("pulse_width", 1, _plan(_pulse_items), _measure_pulse),
)
