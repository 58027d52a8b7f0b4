"""Ports and wrapper: read back from their text, and every planted difference is seen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from neusoc.base.chip import Chip, load_chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, core_pins
from neusoc.base.tools import tool
from neusoc.digital.pinmap import PINS
from neusoc.digital.ports import netlist_ports, preprocess, rtl_ports
from neusoc.digital.rtl.files import DEFINES
from neusoc.digital.tests.test_controller_rtl import HARMLESS
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import TIED
from neusoc.layout.top.wrapper import wrapper, wrapper_connections, wrapper_sources, write_wrapper


@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_controller_ports_meet_the_core(name: str) -> None:
    chip = load_chip(name)
    ports = rtl_ports(chip)
    for pin in core_pins(chip):
        if pin.use == "signal":
            base, _, index = pin.name.partition("[")
            suffix, wanted = ("_o", "output") if pin.direction == "input" else ("_i", "input")
            assert ports[base + suffix + (f"[{index}" if index else "")] == wanted
    assert ports["vccd1"] == ports["vssd1"] == "inout"
    assert ports["io_oeb[26]"] == "output" and "io_oeb[27]" not in ports


def test_wrapper_has_the_frame_ports() -> None:
    chip = load_chip("mini")
    path = write_wrapper(chip)
    assert netlist_ports(path, TOP) == {name: pin.direction for name, pin in frame().pins.items()}
    assert set(netlist_ports(path.with_name(f"{CELL}.v"), CELL).items()) == {
        (p.name, p.direction) for p in core_pins(chip)
    }


def test_wrapper_connections_follow_chip_yaml(tmp_path: Path) -> None:
    chip = load_chip("mini")
    found = wrapper_connections(write_wrapper(chip))
    protected, of_core = ({pin.name for pin in pins} for pins in (pads_pins(chip), core_pins(chip)))
    for net, pin in (chip.pads | chip.supplies).items():
        guarded = net in PARTS.guarded
        assert (
            (CELL, net) not in found if net not in of_core else found[CELL, net] == (net if guarded else pin)
        )
        if net in protected:
            assert found[PADS_CELL, net] == (net if guarded else pin)
        assert not guarded or found[PADS_CELL, guarded_pad(net)] == pin
    assert found["controller", "row_1v8_o[7]"] == found[CELL, "row_1v8[7]"] == "row_1v8[7]"
    assert found["controller", "io_in[26]"] == "io_in[26]"
    assert found["controller", "adc_valid_1v8_i"] == found[CELL, "adc_valid_1v8"] == "adc_valid_1v8"
    assert found["controller", "col_1v8_o[7]"] == found[CELL, "col_1v8[7]"] == "col_1v8[7]"
    assert found["controller", "fire_1v8_o[3]"] == found[CELL, "fire_1v8[3]"] == "fire_1v8[3]"
    assert found["controller", "phi_2_1v8_o"] == found[CELL, "phi_2_1v8"] == "phi_2_1v8"
    tied = {port for (module, port), net in found.items() if module == "controller" and net == "low_1v8"}
    assert tied == {"low_1v8_o", *TIED} and {"io_in[7]", "io_in[13]", "io_in[15]", "io_in[24]"} < tied
    swapped = chip.model_copy(
        update={"pads": chip.pads | {"vpp": chip.pads["vtest"], "vtest": chip.pads["vpp"]}}
    )
    path = tmp_path / "swapped.v"
    path.write_text(wrapper(swapped))
    other = wrapper_connections(path)
    assert {key for key in found if found[key] != other[key]} == {
        (CELL, "vpp"),
        (PADS_CELL, "vpp"),
        (PADS_CELL, guarded_pad("vtest")),
    }


@pytest.mark.parametrize("defines", [(), ("USE_POWER_PINS",)])
def test_wrapper_compiles(defines: tuple[str, ...], tmp_path: Path) -> None:
    command = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        "-s",
        TOP,
        "-o",
        tmp_path / "top.vvp",
        *(f"-D{d}" for d in (*DEFINES, *defines)),
    ]
    done = subprocess.run(
        [*command, *wrapper_sources(load_chip("mini"))], capture_output=True, text=True, timeout=600
    )
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


def test_wrapper_refuses_unknown_pad() -> None:
    chip: Chip = load_chip("mini")
    wrong = chip.model_copy(update={"pads": chip.pads | {"vpp": "io_analog[11]"}})
    with pytest.raises(UserError, match=r"chip.yaml: pads.vpp \(value 'io_analog\[11\]'\)"):
        wrapper(wrong)


def test_netlist_ports_of_a_netlist(tmp_path: Path) -> None:
    path = tmp_path / "n.v"
    body = (
        "module n (a, \n  b);\n // input c;\n input [3:0] a;\n output b;\n wire x;\n cell u (.A(a[0]),"
        " .Y(b));\nendmodule\n"
    )
    path.write_text(f"{body}module m(); endmodule\n")
    assert netlist_ports(path, "n") == {
        "a[0]": "input",
        "a[1]": "input",
        "a[2]": "input",
        "a[3]": "input",
        "b": "output",
    }
    with pytest.raises(UserError, match="has no module k"):
        netlist_ports(path, "k")
    with pytest.raises(UserError, match="not found"):
        netlist_ports(tmp_path / "absent.v", "n")
    path.write_text("module n (a, b);\n input a;\nendmodule\n")
    with pytest.raises(UserError, match="port b of n has no direction"):
        netlist_ports(path, "n")


def test_preprocess_nested() -> None:
    text = "`ifdef A\n1\n`ifndef B\n2\n`else\n3\n`endif\n`else\n4\n`endif\n5\n"
    assert preprocess(text, ("A",)).split() == ["1", "2", "5"]
    assert preprocess(text, ("A", "B")).split() == ["1", "3", "5"]
    assert preprocess(text, ("B",)).split() == ["4", "5"]


def test_pinmap_pins_are_apart() -> None:
    used = [pin.first + bit for pin in PINS.values() for bit in range(pin.width)]
    assert len(used) == len(set(used)) and min(used) >= 5 and max(used) <= 26
    assert PINS["aer_in_address"].width == 8 and PINS["aer_out_address"].width == 7
