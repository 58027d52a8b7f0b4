"""The Liberty library of one corner from the cells' logic, layouts and measurements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from neusoc.base.text import must_match
from neusoc.pdk.characterise import sequential_liberty
from neusoc.pdk.characterise.arcs import CellLogic, cell_logic
from neusoc.pdk.characterise.corner import Corner
from neusoc.pdk.characterise.grid import MAX_TRANSITION, POINTS, SLEWS
from neusoc.pdk.characterise.liberty import Exact, Group, number, table
from neusoc.pdk.characterise.registry import Result, Results
from neusoc.pdk.characterise.simulate import HIGH, LOW, MIDDLE
from neusoc.pdk.characterise.wheel import LIBRARY, cell_file, full_name

DELAY, OUTPUT_ENERGY, INPUT_ENERGY = "delay_7_7", "energy_7_7", "energy_7"
_SUPPLY_PINS = {
    "VGND": ("primary_ground", ()),
    "VNB": ("pwell", (("physical_connection", "device_layer"),)),
    "VPB": ("nwell", (("physical_connection", "device_layer"),)),
    "VPWR": ("primary_power", ()),
}
_EDGES = {"rise": "cell_rise", "fall": "cell_fall"}


def _header(corner: Corner) -> Group:
    library = Group("library", (f"{LIBRARY}__{corner.name}",))
    supplies = {"VPWR": corner.voltage, "VPB": corner.voltage, "VGND": 0.0, "VNB": 0.0, "VSS": 0.0}
    percent = {"slew_lower": LOW, "slew_upper": HIGH, "input": MIDDLE, "output": MIDDLE}
    library.attributes = [
        ("technology", ("cmos",)),
        ("delay_model", "table_lookup"),
        ("time_unit", "1ns"),
        ("voltage_unit", "1V"),
        ("current_unit", "1mA"),
        ("leakage_power_unit", "1nW"),
        ("pulling_resistance_unit", "1kohm"),
        ("capacitive_load_unit", (1.0, "pf")),
        *[
            (f"{name}_threshold_pct_{edge}", 100 * value)
            for name, value in percent.items()
            for edge in ("rise", "fall")
        ],
        ("slew_derate_from_library", 1.0),
        ("nom_process", 1.0),
        ("nom_voltage", corner.voltage),
        ("nom_temperature", corner.temperature),
        ("default_cell_leakage_power", 0.0),
        ("default_leakage_power_density", 0.0),
        ("default_input_pin_cap", 0.0),
        ("default_output_pin_cap", 0.0),
        ("default_inout_pin_cap", 0.0),
        ("default_max_transition", MAX_TRANSITION),
        ("default_operating_conditions", corner.name),
        *[("voltage_map", (name, value)) for name, value in supplies.items()],
    ]
    conditions = [
        ("process", 1.0),
        ("temperature", corner.temperature),
        ("tree_type", "balanced_tree"),
        ("voltage", corner.voltage),
    ]
    places = ", ".join(str(i + 1) for i in range(POINTS))
    slew, load = ("variable_1", "input_net_transition"), ("variable_2", "total_output_net_capacitance")
    power_slew = ("variable_1", "input_transition_time")
    first, second = ("index_1", (places,)), ("index_2", (places,))
    library.groups = [
        Group("operating_conditions", (corner.name,), conditions),
        Group("lu_table_template", (DELAY,), [slew, load, first, second]),
        Group("power_lut_template", (OUTPUT_ENERGY,), [power_slew, load, first, second]),
        Group("power_lut_template", (INPUT_ENERGY,), [power_slew, first]),
        *sequential_liberty.constraint_templates(),
    ]
    return library


def _area(cell: str) -> Exact:
    path = cell_file(cell, ".magic.lef")
    lacks = f"{path.name}: has no SIZE; use the pinned wheel (`make setup`)"
    width, height = must_match(r"SIZE\s+([\d.]+)\s+BY\s+([\d.]+)", path.read_text(), lacks).groups()
    return Exact(float(width) * float(height))


def _supply_groups(cell: str) -> list[Group]:
    present = set(re.findall(r"^  PIN (\S+)", cell_file(cell, ".magic.lef").read_text(), re.M))
    return [
        Group("pg_pin", (name,), [("pg_type", kind), *more, ("voltage_name", name)])
        for name, (kind, more) in _SUPPLY_PINS.items()
        if name in present
    ]


def _mean_energy(tables: Sequence[Result], edge: str) -> list[list[float]]:
    """Energy of an edge of a pin that switches the output in either sense: both are as likely."""
    mean: list[list[float]] = np.mean([result[edge]["energy"] for result in tables], axis=0).tolist()
    return mean


def _combinational_groups(logic: CellLogic, results: Results, output: str) -> list[Group]:
    powers, timings = [], []
    for pin in logic.inputs:
        found = {
            arc.sense: results["delay"][arc.label]
            for arc in logic.arcs()
            if arc.output == output and arc.pin == pin
        }
        if not found:
            continue
        axes = next(iter(found.values()))["slews"], next(iter(found.values()))["loads"]
        power = [
            table(f"{edge}_power", OUTPUT_ENERGY, _mean_energy(list(found.values()), edge), *axes)
            for edge in _EDGES
        ]
        powers.append(Group("internal_power", (), [("related_pin", pin)], power))
        for sense, result in found.items():
            tables = [
                table(name, DELAY, result[edge][what], *axes)
                for edge, cell_name in _EDGES.items()
                for name, what in ((cell_name, "delay"), (f"{edge}_transition", "transition"))
            ]
            attributes: list[tuple[str, object]] = [
                ("related_pin", pin),
                ("timing_sense", sense),
                ("timing_type", "combinational"),
            ]
            timings.append(Group("timing", (), attributes, tables))
    return [*powers, *timings]


def _pin(logic: CellLogic, results: Results, pin: str) -> Group:
    group = Group("pin", (pin,), [("direction", "input" if pin in logic.inputs else "output")])
    supplies: list[tuple[str, object]] = [("related_power_pin", "VPWR"), ("related_ground_pin", "VGND")]
    stores = bool(logic.storage)
    if pin in logic.inputs:
        charge = results["capacitance"][pin]
        group.attributes += [
            ("capacitance", (charge["rise"] + charge["fall"]) / 2),
            ("rise_capacitance", charge["rise"]),
        ]
        group.attributes += [
            ("fall_capacitance", charge["fall"]),
            ("max_transition", MAX_TRANSITION),
            *supplies,
        ]
        if stores:
            group.attributes += sequential_liberty.pin_attributes(logic, pin)
            group.groups = sequential_liberty.pin_groups(
                logic, results, pin, DELAY, OUTPUT_ENERGY, INPUT_ENERGY
            )
        return group
    largest = (
        sequential_liberty.largest_load(results, pin)
        if stores
        else results["drive"][pin]["load"]
        if "drive" in results
        else None
    )
    if largest:
        group.attributes += [
            ("max_capacitance", largest),
            ("max_transition", MAX_TRANSITION),
            ("power_down_function", "(!VPWR + VGND)"),
        ]
    group.attributes += supplies
    if stores:
        group.attributes += sequential_liberty.pin_attributes(logic, pin)
        group.groups = sequential_liberty.pin_groups(logic, results, pin, DELAY, OUTPUT_ENERGY, INPUT_ENERGY)
    else:
        group.attributes.append(("function", logic.function(pin)))
        group.groups = _combinational_groups(logic, results, pin)
    return group


def cell_group(cell: str, results: Results) -> Group:
    """The group of a measured or a physical cell (the latter with the results that it has)."""
    logic = cell_logic(cell)
    group = Group(
        "cell",
        (full_name(cell),),
        [("area", _area(cell)), ("cell_footprint", full_name(re.sub(r"_\d+$", "", cell)))],
    )
    if logic.storage:
        leakage, mean = sequential_liberty.leakage_groups(results), sequential_liberty.mean_leakage(results)
        group.attributes += sequential_liberty.cell_attributes(logic)
        group.groups += sequential_liberty.storage_groups(logic)
    else:
        states = results.get("leakage", {}).get("all", {})
        leakage = [
            Group("leakage_power", (), [("value", value), ("when", when)]) for when, value in states.items()
        ]
        mean = float(np.mean(list(states.values()))) if states else 0.0
    group.attributes.append(("cell_leakage_power", mean))
    group.groups += [*leakage, *_supply_groups(cell)]
    group.groups += [_pin(logic, results, pin) for pin in sorted((*logic.inputs, *logic.outputs))]
    return group


def library_text(corner: Corner, cells: Mapping[str, Results], notes: Iterable[str] = ()) -> str:
    """The whole library.

    Args:
        corner: process, supply, temperature.
        cells: short name -> results at this corner.
        notes: comment lines at the top.
    """
    library = _header(corner)
    library.groups += [
        cell_group(cell, results)
        for cell, results in sorted(cells.items(), key=lambda entry: full_name(entry[0]))
    ]
    comment = "".join(f"/* {note} */\n" for note in notes)
    slews = ", ".join(number(slew) for slew in SLEWS)
    return f"{comment}/* input slews in ns: {slews} */\n" + "\n".join(library.lines()) + "\n"
