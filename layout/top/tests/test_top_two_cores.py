"""The wrapper of a chip of two cores: its ports, what it connects, lint, its pads within those of the
frame."""

import subprocess
from collections import Counter

import pytest
from neusoc.base import two_cores
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, LEVELS, OBSERVED, REFERENCES
from neusoc.base.tools import tool
from neusoc.base.two_cores import CORES, SECOND, pads_of
from neusoc.digital.ports import netlist_ports
from neusoc.digital.rtl.files import DEFINES
from neusoc.digital.rtl.router_files import TWO_CORES
from neusoc.digital.tests.test_controller_rtl import HARMLESS
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import TIED, controller_pins, macro_pins
from neusoc.layout.top.two_cores import two_cores_wrapper, write_two_cores
from neusoc.layout.top.wrapper import wrapper_connections

MINI = load_chip("mini")
# Ports of black boxes, and pins of the frame, that nothing in a wrapper reads or drives; constants of the
# packages.
BLACK_BOXES = ("-Wno-UNUSEDSIGNAL", "-Wno-UNDRIVEN", "-Wno-UNUSEDPARAM")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_two_cores(MINI, tmp_path_factory.mktemp("rtl"))


def test_two_cores_wrapper_has_the_frame_ports(files):
    assert netlist_ports(files[-1], TOP) == {name: pin.direction for name, pin in frame().pins.items()}


@pytest.mark.parametrize("defines", [(), ("USE_POWER_PINS",)])
def test_two_cores_wrapper_lint(files, defines, tmp_path):
    defined = [f"-D{name}" for name in (*DEFINES, *defines)]
    command = [tool("verilator"), "--lint-only", "-Wall", *BLACK_BOXES, *defined, "--top-module", TOP, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    command = [tool("iverilog"), "-g2012", "-Wall", *defined, "-s", TOP, "-o", tmp_path / "top.vvp", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


def test_two_cores_wrapper_lint_sees_a_wire_of_the_wrong_width(files, tmp_path):
    path = tmp_path / f"{TOP}.v"
    wrong = (
        files[-1].read_text().replace("{row_1v8_core1, row_1v8_core0}", "{row_1v8_core1, phi_1_1v8_core0}")
    )
    assert wrong != files[-1].read_text()
    path.write_text(wrong)
    command = [
        tool("verilator"),
        "--lint-only",
        "-Wall",
        *BLACK_BOXES,
        *(f"-D{name}" for name in DEFINES),
        "--top-module",
        TOP,
    ]
    done = subprocess.run([*command, *files[:-1], path], capture_output=True, text=True, timeout=600)
    assert "WIDTH" in done.stderr and "row_1v8_o" in done.stderr


def test_two_cores_wrapper_connects_each_core_to_its_half(files):
    found = wrapper_connections(files[-1])
    controller = {pin.name for pin in controller_pins(MINI)}
    widths = Counter(name.split("[")[0] for name in controller)
    signals = [
        (macro, pin) for macro in (CELL, REFERENCES) for pin in macro_pins(MINI, macro) if pin.use == "signal"
    ]
    for macro, pin in signals:
        base, _, index = pin.name.rstrip("]").partition("[")
        port = base + ("_o" if pin.direction == "input" else "_i")
        nets = [found[f"{macro}{core}", pin.name] for core in range(CORES)]
        assert len(set(nets)) == CORES
        for core, net in enumerate(nets):
            assert found[TWO_CORES, f"{port}[{core * widths[port] + int(index or 0)}]"] == net, pin.name
    harness = [name for name in controller if name in frame().pins and name not in ("vccd1", "vssd1", *TIED)]
    assert all(found[TWO_CORES, name] == name for name in harness) and "user_irq[1]" in harness
    assert {port for (module, port), net in found.items() if net == "low_1v8"} == {"low_1v8_o", *TIED}


def test_two_cores_wrapper_gives_each_core_its_own_references(files):
    """Every level comes from the references of the same core; the pad observes them behind its resistor."""
    found = wrapper_connections(files[-1])
    for core in range(CORES):
        for level in LEVELS:
            name, bracket, index = level.partition("[")
            net = f"{name}_core{core}{bracket}{index}"
            assert found[f"{CELL}{core}", level] == found[f"{REFERENCES}{core}", level] == net
        assert (
            found[f"{REFERENCES}{core}", OBSERVED]
            == found[f"{PADS_CELL}{core}", OBSERVED]
            == f"{OBSERVED}_core{core}"
        )
        for macro in (CELL, REFERENCES):
            assert {port for module, port in found if module == f"{macro}{core}"} == {
                pin.name for pin in macro_pins(MINI, macro)
            }


def test_two_cores_wrapper_protects_each_core_behind_its_pads(files):
    found = wrapper_connections(files[-1])
    parts = PARTS
    for core in range(CORES):
        pads = pads_of(MINI, core)
        for net, pad in pads.items():
            if net in parts.guarded:
                behind = REFERENCES if net == OBSERVED else CELL
                assert found[f"{PADS_CELL}{core}", guarded_pad(net)] == pad
                assert (
                    found[f"{PADS_CELL}{core}", net] == found[f"{behind}{core}", net] == f"{net}_core{core}"
                )
            else:
                assert found[f"{PADS_CELL}{core}", net] == found[f"{CELL}{core}", net] == pad
        assert {port for module, port in found if module == f"{PADS_CELL}{core}"} == {
            pin.name for pin in pads_pins(MINI)
        }
        for macro in (CELL, REFERENCES):
            supplies = {pin.name for pin in macro_pins(MINI, macro)} & set(MINI.supplies)
            assert {net: found[f"{macro}{core}", net] for net in supplies} == {
                net: MINI.supplies[net] for net in supplies
            }


def test_pads_of_both_cores_are_their_own_and_of_the_frame():
    used = [pad for core in range(CORES) for pad in pads_of(MINI, core).values()]
    there = {name for name in frame().pins if name.startswith("io_analog")}
    assert set(used) < there and len(set(used)) == len(used) == CORES * len(MINI.pads)
    assert set(SECOND) == set(MINI.pads)


def test_pad_that_is_not_there_or_taken_is_told(monkeypatch):
    monkeypatch.setitem(two_cores.SECOND, "vtest", "io_analog[11]")
    with pytest.raises(
        UserError,
        match=(
            r"base/two_cores.py: SECOND.vtest \(value 'io_analog\[11\]'\): not a pin of the harness; choose"
        ),
    ):
        two_cores_wrapper(MINI)
    monkeypatch.setitem(two_cores.SECOND, "vtest", MINI.pads["vpp"])
    with pytest.raises(
        UserError,
        match=r"io_analog\[4\] is the pad of vpp, vtest of core 1; give each its own, here or in chip.yaml",
    ):
        two_cores_wrapper(MINI)
    monkeypatch.setitem(two_cores.SECOND, "vtest", "io_analog[8]")
    wrong = MINI.model_copy(update={"pads": MINI.pads | {"vobserve": SECOND["vpp"]}})
    with pytest.raises(UserError, match=r"io_analog\[5\] is the pad of vobserve, vpp of core 1"):
        pads_of(wrong, 1)
    with pytest.raises(
        UserError, match=r"variants.large.rows \(value 256\): the event router knows at most 128"
    ):
        two_cores_wrapper(load_chip("large"))
