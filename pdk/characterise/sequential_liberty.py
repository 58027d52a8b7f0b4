"""Liberty groups of a storing cell from its logic and its measurements."""

from __future__ import annotations

import re

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import CellLogic
from neusoc.pdk.characterise.grid import CONSTRAINT_SLEWS
from neusoc.pdk.characterise.liberty import Group, number, table
from neusoc.pdk.characterise.registry import Results
from neusoc.pdk.characterise.sequential_cell import Sequential

STATE, INVERSE = "IQ", "IQ_N"
INTERNAL = "M0"  # the state of a clock gate
CONSTRAINT_TEMPLATE, PULSE_TEMPLATE = "constraint_3_3", "pulse_3"
_CONSTRAINTS = ("setup", "hold", "recovery", "removal", "non_seq_setup", "non_seq_hold")


def constraint_templates() -> list[Group]:
    """Templates of setup, hold, recovery, removal and pulse width."""
    axis = ", ".join(number(slew) for slew in CONSTRAINT_SLEWS)
    variables = [("variable_1", "related_pin_transition"), ("variable_2", "constrained_pin_transition")]
    return [
        Group(
            "lu_table_template",
            (CONSTRAINT_TEMPLATE,),
            [*variables, ("index_1", (axis,)), ("index_2", (axis,))],
        ),
        Group("lu_table_template", (PULSE_TEMPLATE,), [variables[0], ("index_1", (axis,))]),
    ]


def _expression(cell: Sequential, net: str) -> str:
    """Liberty expression of a net, with the state's Liberty name."""
    state = INTERNAL if cell.kind == "clock_gate" else STATE
    return re.sub(rf"\b{re.escape(cell.storage.state)}\b", state, cell.logic.function(net))


def storage_groups(logic: CellLogic) -> list[Group]:
    """ff, latch, or (clock gate) statetable with its internal pin."""
    cell = Sequential(logic)
    ports = cell.storage.ports
    clock = _expression(cell, next(ports[name] for name in ("CLK", "CLK_N", "GATE") if name in ports))
    data = _expression(cell, ports["D"])
    if cell.kind == "clock_gate":
        return _statetable(cell)
    attributes: list[tuple[str, object]] = []
    for pin, (asserted, forced) in cell.asynchronous.items():
        attributes.append(("preset" if forced else "clear", pin if asserted else f"!{pin}"))
    if len(attributes) == 2:
        wins = cell.forced({pin: asserted for pin, (asserted, _) in cell.asynchronous.items()})
        attributes += [
            ("clear_preset_var1", "H" if wins else "L"),
            ("clear_preset_var2", "L" if wins else "H"),
        ]
    if cell.kind == "flip_flop":
        return [Group("ff", (STATE, INVERSE), [("clocked_on", clock), ("next_state", data), *attributes])]
    return [Group("latch", (STATE, INVERSE), [("enable", clock), ("data_in", data), *attributes])]


def _statetable(cell: Sequential) -> list[Group]:
    if len(cell.data) != 1:
        raise UserError(
            f"CELL={cell.logic.cell}: a clock gate with {len(cell.data)} enables is unknown here; leave it"
            " out of the library"
        )
    pin = cell.data[0]
    level = {0: "L", 1: "H"}
    rows = [
        f"{level[cell.active]} {level[bit]} : - : {level[cell.net(cell.storage.ports['D'], {pin: bit})]}"
        for bit in (0, 1)
    ]
    rows.append(f"{level[1 - cell.active]} - : - : N")
    inside = Group("pin", (INTERNAL,), [("direction", "internal"), ("internal_node", INTERNAL)])
    return [Group("statetable", (f"{cell.clock} {pin}", INTERNAL), [("table", ", ".join(rows))]), inside]


def cell_attributes(logic: CellLogic) -> list[tuple[str, object]]:
    """Attributes of the cell group: the kind of a clock gate.

    Raises:
        UserError: a clock gate that is no latch followed by an AND.
    """
    cell = Sequential(logic)
    if cell.kind != "clock_gate":
        return []
    output = logic.outputs[0]
    seen = {
        (clock, stored): cell.net(output, {cell.clock: clock}, stored)
        for clock in (0, 1)
        for stored in (0, 1)
    }
    if cell.active or seen != {key: int(all(key)) for key in seen}:
        raise UserError(f"CELL={logic.cell}: its output is not clock and latch; leave it out of the library")
    return [("clock_gating_integrated_cell", "latch_posedge")]


def pin_attributes(logic: CellLogic, pin: str) -> list[tuple[str, object]]:
    """Attributes of a pin group beside direction, capacitance and supplies."""
    cell = Sequential(logic)
    gate = cell.kind == "clock_gate"
    if pin == cell.clock:
        return [("clock", True), *([("clock_gate_clock_pin", True)] if gate else [])]
    if pin in logic.inputs:
        return [("clock", False), *([("clock_gate_enable_pin", True)] if gate and pin in cell.data else [])]
    function = _expression(cell, pin)
    if gate:
        return [("clock_gate_out_pin", True), ("state_function", function)]
    return [("function", INVERSE if function == f"!{STATE}" else function)]


def largest_load(results: Results, pin: str) -> float:
    """max_capacitance of an output, pF."""
    return float(results["largest_load"][pin]["largest"])


def leakage_groups(results: Results) -> list[Group]:
    """leakage_power of every state of rest, nW."""
    states = results["storage_leakage"]["all"]
    return [
        Group("leakage_power", (), [("value", float(value)), ("when", when)])
        for when, value in states.items()
    ]


def mean_leakage(results: Results) -> float:
    """cell_leakage_power: the mean over the states of rest, nW."""
    values: list[float] = list(results["storage_leakage"]["all"].values())
    return sum(values) / len(values)


def pin_groups(
    logic: CellLogic, results: Results, pin: str, delay: str, output_energy: str, input_energy: str
) -> list[Group]:
    """internal_power and timing groups of one pin.

    Args:
        logic: logic of the cell.
        results: its measurements at one corner.
        pin: an input or output.
        delay: template of delay tables over slew and load.
        output_energy: template of energy tables over slew and load.
        input_energy: template of energy tables over slew.
    """
    return (
        _output_groups(results, pin, delay, output_energy)
        if pin in logic.outputs
        else _input_groups(logic, results, pin, input_energy)
    )


def _output_groups(results: Results, pin: str, delay: str, energy: str) -> list[Group]:
    powers, timings = [], []
    for found in results["storage_delay"].values():
        if found["pin"] != pin:
            continue
        axes = found["slews"], found["loads"]
        tables = {
            name: table(name, energy if name.endswith("_power") else delay, values, *axes)
            for name, values in found["tables"].items()
        }
        power = [group for name, group in tables.items() if name.endswith("_power")]
        for name in ("rise_power", "fall_power"):
            if name not in tables:
                power.append(Group(name, ("scalar",), [("values", ("0",))]))
        powers.append(Group("internal_power", (), [("related_pin", found["related_pin"])], power))
        attributes = [(key, found[key]) for key in ("related_pin", "timing_type", "timing_sense")]
        timings.append(
            Group(
                "timing",
                (),
                attributes,
                [group for name, group in tables.items() if not name.endswith("_power")],
            )
        )
    return [*powers, *timings]


def _input_groups(logic: CellLogic, results: Results, pin: str, energy: str) -> list[Group]:
    drawn = results["quiet_energy"][pin]
    power = [table(f"{edge}_power", energy, [drawn[edge]], drawn["slews"]) for edge in ("rise", "fall")]
    groups = [Group("internal_power", (), [], power)]
    for kind in _CONSTRAINTS:
        found = [result for result in results.get(kind, {}).values() if result["pin"] == pin]
        if found:
            attributes = [(key, found[0][key]) for key in ("related_pin", "timing_type")]
            tables = [
                table(one["table"], CONSTRAINT_TEMPLATE, one["values"], one["slews"], one["slews"])
                for one in found
            ]
            groups.append(Group("timing", (), attributes, tables))
    pulses = [result for result in results.get("pulse_width", {}).values() if result["pin"] == pin]
    if pulses:
        attributes = [("related_pin", pin), ("timing_type", "min_pulse_width")]
        tables = [table(one["table"], PULSE_TEMPLATE, [one["values"]], one["slews"]) for one in pulses]
        groups.append(Group("timing", (), attributes, tables))
    return groups
