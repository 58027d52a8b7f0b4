"""The description of the top: complete, consistent, and wrong input refused."""

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL, PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import OBSERVED, core_pins
from neusoc.layout.top.contract import connection_differences, require_macros
from neusoc.layout.top.frame import frame
from neusoc.layout.top.netlist import controller_pins, lvs_groups, macro_pins, macros, reference, top_nets
from neusoc.layout.top.tests.standins import write_standins
from neusoc.layout.top.views import view_differences

CHIPS = ("mini", "tapeout")
CORE, CONTROLLER, REFERENCES = PARTS.core, PARTS.controller, PARTS.references


@pytest.mark.parametrize("name", CHIPS)
def test_top_connections_use_every_macro_pin_once(name):
    chip = load_chip(name)
    terminals = [t for net in top_nets(chip) for t in net.terminals]
    assert len(terminals) == len(set(terminals))
    assert set(terminals) == {(macro, pin.name) for macro in macros(chip) for pin in macro_pins(chip, macro)}


@pytest.mark.parametrize("name", CHIPS)
def test_top_connections_agree_in_direction(name):
    chip = load_chip(name)
    direction = {(macro, p.name): p.direction for macro in macros(chip) for p in macro_pins(chip, macro)}
    for net in top_nets(chip):
        assert all(pin in frame().pins for pin in net.frame_pins)
        if net.drawn:
            continue
        inner = [direction[t] for t in net.terminals]
        if net.frame_pins:
            assert inner == [frame().pins[net.frame_pins[0]].direction]
        else:
            assert inner.count("output") == 1 and len(inner) > 1


def test_top_connections_of_pads_follow_the_chip_file():
    chip = load_chip("mini")
    nets = {net.name: net for net in top_nets(chip)}
    assert [tuple(t) for t in nets[chip.pads["vpp"]].terminals] == [(CORE, "vpp"), (PADS_CELL, "vpp")]
    supplied = {(macro, "vdd1v8") for macro in (CORE, PADS_CELL, REFERENCES)}
    assert {tuple(t) for t in nets["vccd1"].terminals} == {(CONTROLLER, "vccd1"), *supplied}
    assert {tuple(t) for t in nets["vdda1"].terminals} == {(REFERENCES, "vdd3v3")}
    assert (
        "io_clamp_low[2]" in nets["vssa1"].frame_pins
        and "io_clamp_high[0]" in nets[chip.pads["vpp"]].frame_pins
    )
    assert [set(group) for group in lvs_groups(chip)] == [
        {"vssa1", "vssd1", *(f"io_clamp_low[{i}]" for i in range(3))},
        {chip.pads["vpp"], *(f"io_clamp_high[{i}]" for i in range(3))},
    ]


def test_top_connections_put_diodes_at_each_pad_and_a_resistor_before_gates():
    chip = load_chip("mini")
    nets = {net.name: net for net in top_nets(chip)}
    for net, pad in chip.pads.items():
        terminals = {tuple(t) for t in nets[pad].terminals}
        guarded = net in PARTS.guarded
        behind = REFERENCES if net == OBSERVED else CORE
        assert terminals == ({(PADS_CELL, f"{net}_pad")} if guarded else {(PADS_CELL, net), (behind, net)})
        if guarded:
            assert {tuple(t) for t in nets[net].terminals} == {(PADS_CELL, net), (behind, net)}


@pytest.mark.parametrize(
    ("pads", "word"),
    [
        ({"vpp": "io_analog[11]"}, "not a pin of the harness"),
        ({"vpp": "io_in[0]"}, "in use already"),
        ({"vpp": "io_clamp_low[0]"}, "in use already"),
    ],
)
def test_top_connections_refuse_a_wrong_pad(pads, word):
    chip = load_chip("mini")
    with pytest.raises(UserError, match=word):
        top_nets(chip.model_copy(update={"pads": {**chip.pads, **pads}}))


def test_top_reference_calls_all_macros(tmp_path):
    chip = load_chip("mini")
    folder = write_standins(chip, tmp_path)
    text = reference(chip, folder, folder)
    calls = {line.split()[-1]: line.split()[1:-1] for line in text.splitlines() if line.startswith("xu_")}
    assert set(calls) == set(macros(chip))
    assert calls[CORE][len(core_pins(chip)) - 1] == "vssa1"
    assert len(calls[CONTROLLER]) == len(controller_pins(chip))


def test_top_reference_refuses_a_macro_of_another_chip(tmp_path):
    folder = write_standins(load_chip("mini"), tmp_path)
    with pytest.raises(UserError, match="port .* is not as the top expects"):
        reference(load_chip("tapeout"), folder, folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (
            f"{CONTROLLER}.lef",
            "row_1v8_o[3]",
            "row_1v8_o_3",
            r"pin row_1v8_o\[3\] is in its pin table but not in controller.lef",
        ),
        (
            f"{CONTROLLER}.lef",
            "ack_o\n    DIRECTION OUTPUT",
            "ack_o\n    DIRECTION INPUT",
            "wbs_ack_o is output in its pin table, input",
        ),
        (f"{CORE}.spice", " vpp ", " vpp! ", "pin vpp is in its pin table but not in analog_core.spice"),
        (f"{CORE}.lef", "vth", "vtx", r"pin vth is in its pin table but not in analog_core.lef \(and 1 more"),
        (
            f"{REFERENCES}.lef",
            "vread",
            "vreed",
            "pin vread is in its pin table but not in analog_references.lef",
        ),
        (
            f"{CONTROLLER}.cdl",
            "con_1v8_o",
            "con_1v8",
            "pin con_1v8_o is in its pin table but not in controller.cdl",
        ),
    ],
)
def test_top_contract_stops_on_a_planted_difference(tmp_path, file, old, new, line):
    chip = load_chip("mini")
    folder = write_standins(chip, tmp_path)
    require_macros(chip, folder, folder)
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(UserError, match=line):
        require_macros(chip, folder, folder)


def _wrapper(chip):
    return {
        tuple(t): net.name if net.frame_pins else f"wire_{net.name}"
        for net in top_nets(chip)
        for t in net.terminals
    }


def test_top_contract_of_the_wrapper_finds_swapped_and_open_nets():
    chip = load_chip("mini")
    assert connection_differences(chip, _wrapper(chip)) == []
    swapped = _wrapper(chip)
    one, two = (CORE, "row_1v8[0]"), (CORE, "row_1v8[1]")
    swapped[one], swapped[two] = swapped[two], swapped[one]
    assert len(connection_differences(chip, swapped)) == 4
    missing = _wrapper(chip)
    del missing[CONTROLLER, "io_in[4]"]
    assert f"{CONTROLLER}.io_in[4]" in connection_differences(chip, missing)[0]
    wrong = _wrapper(chip) | {(CORE, "vpp"): "io_analog[9]"}
    assert connection_differences(chip, wrong) == [
        f"user_analog_project_wrapper: {CORE}.vpp is connected to io_analog[4], to io_analog[9] in the"
        " wrapper"
    ]


def test_top_views_differ_by_name_and_direction():
    assert view_differences("b", "one", {"a": "input"}, "two", {"a": None}) == []
    assert view_differences("b", "one", {"a": "input"}, "two", {"a": "output"}) == [
        "b: pin a is input in one, output in two"
    ]
    assert len(view_differences("b", "one", {"a": None}, "two", {"c": None})) == 2
