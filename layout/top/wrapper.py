"""The top in Verilog-2001: user_analog_project_wrapper with controller, analog core and the protection of its pads in it.

The ports are the harness frame's; pads and supplies follow chip.yaml. A stub of the analog core lets the wrapper compile.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.pins import CELL as CORE
from neusoc.base.pins import GUARDED, core_pins, guarded_pad, pads_pins
from neusoc.base.pins import PADS_CELL as PADS
from neusoc.base.report import write_atomic
from neusoc.digital.ports import constant, netlist_ports, parse_verilog, rtl_ports
from neusoc.digital.rtl.files import TOP as CONTROLLER
from neusoc.digital.rtl.files import parameters, rtl_sources
from neusoc.layout.core.verilog import bus_range, buses, core_ports, port_line
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import open_terminals
from pyverilog.vparser import ast

# The harness's own order: supplies first, then as in its user_analog_project_wrapper.v.
_SUPPLIES = ("vdda1", "vdda2", "vssa1", "vssa2", "vccd1", "vccd2", "vssd1", "vssd2")
_POWER = ("vccd1", "vssd1")  # of the controller
_CLAMPS = {"io_clamp_high": "vpp", "io_clamp_low": "vss"}


def black_box(name: str, ports: str, what: str, source: str) -> str:
    """Verilog black box of a macro.

    Args:
        name: of the module.
        ports: text between the brackets of its header.
        what: the macro in words.
        source: what the ports are generated from.
    """
    return f"""\
// Black box of {what}, generated from {source}: do not edit.
`default_nettype none

(* blackbox *)
module {name} (
{ports});
endmodule

`default_nettype wire
"""


def core_stub(chip: Chip) -> str:
    """Verilog black box of the analog core."""
    return black_box(CORE, core_ports(chip), "the analog core", "its pin table")


def pads_module(chip: Chip) -> str:
    """Verilog of the pads' protection: in use a guarded net follows its pad, and nothing else happens."""
    supplies = [pin.name for pin in pads_pins(chip) if pin.name in chip.supplies]
    signals = [pin.name for pin in pads_pins(chip) if pin.name not in chip.supplies]
    supply_lines = "".join(f"{port_line('inout', None, name)},\n" for name in supplies)
    port_lines = ",\n".join(port_line("output" if name in GUARDED else "inout", None, name) for name in signals)
    follow = "\n".join(f"  assign {net} = {guarded_pad(net)};" for net in GUARDED)
    return f"""\
// Protection of the analog pads, generated from its pin table: do not edit.
`default_nettype none

module {PADS} (
`ifdef USE_POWER_PINS
{supply_lines}`endif
{port_lines}
);

{follow}

endmodule

`default_nettype wire
"""


def wrapper(chip: Chip) -> str:
    """Verilog-2001 of the top.

    Raises:
        UserError: chip.yaml names a frame pin that the harness does not have.
    """
    pins = frame().pins
    direction = {re.sub(r"\[.*", "", name): pin.direction for name, pin in pins.items()}
    ports = buses(pins)
    for section, table in (("pads", chip.pads), ("supplies", chip.supplies)):
        for net, pin in table.items():
            if pin not in pins:
                raise UserError(f"chip.yaml: {section}.{net} (value {pin!r}): not a pin of the harness; choose another")
    signals = [name for name in ports if name not in _SUPPLIES]
    supply_lines = ",\n".join(port_line("inout", None, name) for name in _SUPPLIES)
    port_lines = ",\n".join(port_line(direction[name], ports[name], name) for name in signals)

    core_buses = buses(p.name for p in core_pins(chip))
    between = [name for name in core_buses if name not in chip.pads and name not in chip.supplies]
    guarded = {net: net for net in GUARDED}
    core_ports = {name: name for name in between} | chip.pads | guarded
    pads = {pin.name for pin in pads_pins(chip)}
    pads_ports = {name: pin for name, pin in chip.pads.items() if name not in GUARDED}
    pads_ports |= {guarded_pad(net): chip.pads[net] for net in GUARDED} | guarded
    pads_power = "".join(f"      .{name}({pin}),\n" for name, pin in chip.supplies.items() if name in pads)
    core_power = "".join(f"      .{name}({pin}),\n" for name, pin in chip.supplies.items())
    wires = "\n".join(f"  wire {bus_range(core_buses[name]):<7} {name};" for name in (*between, *GUARDED))

    controller_ports = {}
    for name in buses(rtl_ports(chip)):
        if name not in _POWER:
            controller_ports[name] = re.sub(r"_[io]$", "", name) if name not in ports else name
    controller_ports |= dict.fromkeys(buses(t.pin for t in open_terminals(chip)), "")
    values = ", ".join(f".{name}({value})" for name, value in parameters(chip).items())
    power = "".join(f"      .{name}({name}),\n" for name in _POWER)
    ends = chip.pads | chip.supplies
    clamps = "\n".join(f"  assign {name} = {{{ports[name]}{{{ends[net]}}}}};" for name, net in _CLAMPS.items())
    return f"""\
// Top of the chip in the harness, generated from the frame, chip.yaml and the pin tables: do not edit.
`default_nettype none

module {TOP} (
`ifdef USE_POWER_PINS
{supply_lines},
`endif
{port_lines}
);

{wires}

`ifdef USE_POWER_PINS
  // The harness's own clamps lie beside the chip's.
{clamps}
`endif

  {CONTROLLER}
`ifndef GL
  #({values})
`endif
  u_{CONTROLLER} (
`ifdef USE_POWER_PINS
{power}`endif
{_connections(controller_ports)}
  );

  {CORE} u_{CORE} (
`ifdef USE_POWER_PINS
{core_power}`endif
{_connections(core_ports)}
  );

  {PADS} u_{PADS} (
`ifdef USE_POWER_PINS
{pads_power}`endif
{_connections(pads_ports)}
  );

endmodule

`default_nettype wire
"""


def _connections(ports: dict[str, str]) -> str:
    return ",\n".join(f"      .{name}({net})" for name, net in ports.items())


def rtl_dir(chip: Chip) -> Path:
    """build/<chip>/rtl/."""
    return chip_dir(chip.name) / "rtl"


def write_wrapper(chip: Chip) -> Path:
    """Write wrapper, pads and the core's stub to build/<chip>/rtl/; returns the wrapper's path."""
    folder = rtl_dir(chip)
    write_atomic(folder / f"{CORE}.v", core_stub(chip))
    write_atomic(folder / f"{PADS}.v", pads_module(chip))
    return write_atomic(folder / f"{TOP}.v", wrapper(chip))


def wrapper_sources(chip: Chip) -> list[Path]:
    """All files of the chip in RTL, the top last."""
    top = write_wrapper(chip)
    return [*rtl_sources(chip), *(top.with_name(f"{cell}.v") for cell in (CORE, PADS)), top]


def wrapper_connections(path: Path) -> dict[tuple[str, str], str]:
    """What the wrapper connects, as parsed from its text: (module, port bit) -> net bit.

    Raises:
        UserError: the file cannot be read, or a connection is not a plain net or one bit of it.
    """
    source = parse_verilog(path, TOP)
    (top,) = [d for d in source.description.definitions if isinstance(d, ast.ModuleDef) and d.name == TOP]
    widths = buses(netlist_ports(path, TOP))
    instances: list[ast.Instance] = []
    for item in top.items:
        if isinstance(item, ast.Decl):
            widths |= {x.name: None if x.width is None else constant(x.width.msb) + 1 for x in item.list if isinstance(x, ast.Wire)}
        elif isinstance(item, ast.InstanceList):
            instances += item.instances
    found: dict[tuple[str, str], str] = {}
    for instance in instances:
        for port in instance.portlist:
            if port.argname is None:
                continue
            for index, net in _bits(port.argname, widths, path):
                found[instance.module, port.portname + index] = net
    return found


def _bits(node: ast.Node, widths: dict[str, int | None], path: Path) -> list[tuple[str, str]]:
    """(index of the port, net) for each bit of a connection; the index is empty for a single bit."""
    if isinstance(node, ast.Identifier) and node.name in widths:
        width = widths[node.name]
        return [("", node.name)] if width is None else [(f"[{i}]", f"{node.name}[{i}]") for i in range(width)]
    if isinstance(node, ast.Pointer) and node.var.name in widths:
        return [("", f"{node.var.name}[{constant(node.ptr)}]")]
    raise UserError(f"{path.name}: line {node.lineno}: a connection is not a net or one bit of it; connect plain nets")
