"""The top in Verilog-2001: user_analog_project_wrapper with controller, analog core and the protection of its
pads in it.

The ports are the harness frame's; pads and supplies follow chip.yaml. Stubs of the analog core, and of its
references where it has them, let the wrapper compile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS, guarded_pad, pads_pins
from neusoc.base.errors import UserError
from neusoc.base.paths import chip_dir
from neusoc.base.report import write_atomic
from neusoc.digital.ports import constant, netlist_ports, parse_verilog, rtl_ports
from neusoc.digital.rtl.files import parameters, rtl_sources
from neusoc.layout.core.verilog import bus_range, buses, module_ports, port_line
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import LOW, TIED, analog_macros, macro_pins
from pyverilog.vparser import ast

# The harness's own order: supplies first, then as in its user_analog_project_wrapper.v.
_SUPPLIES = ("vdda1", "vdda2", "vssa1", "vssa2", "vccd1", "vccd2", "vssd1", "vssd2")
_POWER = ("vccd1", "vssd1")  # of the controller
_CLAMPS = {"io_clamp_high": "vpp", "io_clamp_low": "vss"}


def black_box(name: str, ports: str, what: str, source: str) -> str:
    """Verilog black box of a macro.

    Args:
        name: name of the module.
        ports: text between the brackets of its header.
        what: the macro in words.
        source: name of what the ports are generated from.
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


def stub(chip: Chip, macro: str) -> str:
    """Verilog black box of the analog core, or of the references."""
    pins = macro_pins(chip, macro)
    what = "the analog core" if macro == PARTS.core else "the references"
    return black_box(macro, module_ports(pins, _supplies_of(chip, macro)), what, "its pin table")


def stubs(chip: Chip) -> dict[str, str]:
    """Macro -> its text, of all that are black boxes."""
    return {macro: stub(chip, macro) for macro in analog_macros(chip) if macro != PADS}


def _supplies_of(chip: Chip, macro: str) -> list[str]:
    """Supplies that a macro has, in the order of chip.yaml."""
    pins = {pin.name for pin in macro_pins(chip, macro)}
    return [name for name in chip.supplies if name in pins]


def pads_module(chip: Chip) -> str:
    """Verilog of the pads' protection: in use a guarded net follows its pad, and nothing else happens."""
    guarded = PARTS.guarded
    supplies = [pin.name for pin in pads_pins(chip) if pin.name in chip.supplies]
    signals = [pin.name for pin in pads_pins(chip) if pin.name not in chip.supplies]
    supply_lines = "".join(f"{port_line('inout', None, name)},\n" for name in supplies)
    port_lines = ",\n".join(
        port_line("output" if name in guarded else "inout", None, name) for name in signals
    )
    follow = "\n".join(f"  assign {net} = {guarded_pad(net)};" for net in guarded)
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
    for section, table in (("pads", chip.pads), ("supplies", chip.supplies)):
        require_pins(table, f"chip.yaml: {section}")
    ports = frame_ports()
    inside = buses(
        pin.name for macro in analog_macros(chip) if macro != PADS for pin in macro_pins(chip, macro)
    )
    between = [name for name in inside if name not in chip.pads and name not in chip.supplies]
    guarded = {net: net for net in PARTS.guarded}
    behind = {name: name for name in between} | chip.pads | guarded
    bonded = (
        {net: pin for net, pin in chip.pads.items() if net not in guarded}
        | {guarded_pad(n): chip.pads[n] for n in guarded}
        | guarded
    )
    controller_ports = {}
    for name in buses(rtl_ports(chip)):
        if name not in _POWER:
            controller_ports[name] = re.sub(r"_[io]$", "", name) if name not in ports else name
    low = controller_ports[LOW]
    controller_ports["io_in"] = inputs(low)
    wires = "\n".join(
        f"  wire {bus_range(inside.get(name)):<7} {name};" for name in (*between, *PARTS.guarded, low)
    )
    values = ", ".join(f".{name}({value})" for name, value in parameters(chip).items())
    calls = "\n".join(
        analog_call(chip, macro, bonded if macro == PADS else behind) for macro in analog_macros(chip)
    )
    return f"""\
// Top of the chip in the harness, generated from the frame, chip.yaml and the pin tables: do not edit.
{header()}
{wires}

{clamps(chip)}
  {PARTS.controller}
`ifndef GL
  #({values})
`endif
  u_{PARTS.controller} (
{digital_power()}{connections(controller_ports)}
  );

{calls}
endmodule

`default_nettype wire
"""


def frame_ports() -> dict[str, int | None]:
    """Ports of the harness: name -> width, None for a single bit."""
    return buses(frame().pins)


def require_pins(table: Mapping[str, str], where: str) -> None:
    """Stop at a net whose pin the harness does not have.

    Args:
        table: net -> pin.
        where: name of the table's place, for the sentence.

    Raises:
        UserError: names the first.
    """
    for net, pin in table.items():
        if pin not in frame().pins:
            raise UserError(f"{where}.{net} (value {pin!r}): not a pin of the harness; choose another")


def header() -> str:
    """Begin of the top's module: the harness' ports."""
    pins, ports = frame().pins, frame_ports()
    direction = {re.sub(r"\[.*", "", name): pin.direction for name, pin in pins.items()}
    supply_lines = ",\n".join(port_line("inout", None, name) for name in _SUPPLIES)
    port_lines = ",\n".join(
        port_line(direction[name], width, name) for name, width in ports.items() if name not in _SUPPLIES
    )
    return f"""\
`default_nettype none

module {TOP} (
`ifdef USE_POWER_PINS
{supply_lines},
`endif
{port_lines}
);
"""


def inputs(low: str) -> str:
    """What the io_in of the digital part is connected to; low: net that is 0, for those at pads that it
    drives."""
    width = frame_ports()["io_in"] or 1
    return (
        "{" + ", ".join(low if (bit := f"io_in[{i}]") in TIED else bit for i in reversed(range(width))) + "}"
    )


def clamps(chip: Chip) -> str:
    """The ends of the harness' clamps."""
    ends, ports = chip.pads | chip.supplies, frame_ports()
    lines = "\n".join(f"  assign {name} = {{{ports[name]}{{{ends[net]}}}}};" for name, net in _CLAMPS.items())
    return f"`ifdef USE_POWER_PINS\n  // The harness's own clamps lie beside the chip's.\n{lines}\n`endif\n"


def digital_power() -> str:
    """Supplies of a digital part, in its call."""
    return "`ifdef USE_POWER_PINS\n" + "".join(f"      .{name}({name}),\n" for name in _POWER) + "`endif\n"


def analog_call(chip: Chip, macro: str, nets: Mapping[str, str], instance: str | None = None) -> str:
    """One instance of core, pads or references.

    Args:
        chip: the variant.
        macro: cell.
        nets: net of each pin but the supplies, by the name of its bus; more than it has.
        instance: its name without u_; by default the macro's.
    """
    power = "".join(f"      .{name}({chip.supplies[name]}),\n" for name in _supplies_of(chip, macro))
    pins = buses(pin.name for pin in macro_pins(chip, macro))
    return f"""\
  {macro} u_{instance or macro} (
`ifdef USE_POWER_PINS
{power}`endif
{connections({name: net for name, net in nets.items() if name in pins})}
  );
"""


def connections(ports: Mapping[str, str]) -> str:
    """Ports of an instance, a line each; ports: port -> net."""
    return ",\n".join(f"      .{name}({net})" for name, net in ports.items())


def rtl_dir(chip: Chip) -> Path:
    """build/<chip>/rtl/."""
    return chip_dir(chip.name) / "rtl"


def write_wrapper(chip: Chip) -> Path:
    """Write wrapper, pads and the stubs to build/<chip>/rtl/; returns the wrapper's path."""
    folder = rtl_dir(chip)
    for macro, text in stubs(chip).items():
        write_atomic(folder / f"{macro}.v", text)
    write_atomic(folder / f"{PADS}.v", pads_module(chip))
    return write_atomic(folder / f"{TOP}.v", wrapper(chip))


def wrapper_sources(chip: Chip) -> list[Path]:
    """All files of the chip in RTL, the top last."""
    top = write_wrapper(chip)
    return [*rtl_sources(), *(top.with_name(f"{cell}.v") for cell in analog_macros(chip)), top]


def wrapper_connections(path: Path) -> dict[tuple[str, str], str]:
    """What the wrapper connects, as parsed from its text: (instance without u_, port bit) -> net bit.

    Raises:
        UserError: the file cannot be read, or a connection is not a plain net or one bit of it.
    """
    source = parse_verilog(path, TOP)
    (top,) = [d for d in source.description.definitions if isinstance(d, ast.ModuleDef) and d.name == TOP]
    widths = buses(netlist_ports(path, TOP))
    instances: list[ast.Instance] = []
    for item in top.items:
        if isinstance(item, ast.Decl):
            widths |= {
                x.name: None if x.width is None else constant(x.width.msb) + 1
                for x in item.list
                if isinstance(x, ast.Wire)
            }
        elif isinstance(item, ast.InstanceList):
            instances += item.instances
    found: dict[tuple[str, str], str] = {}
    for instance in instances:
        for port in instance.portlist:
            if port.argname is None:
                continue
            for index, net in _bits(port.argname, widths, path):
                found[instance.name.removeprefix("u_"), port.portname + index] = net
    return found


def _bits(node: ast.Node, widths: dict[str, int | None], path: Path) -> list[tuple[str, str]]:
    """(index of the port, net) for each bit of a connection; the index is empty for a single bit."""
    if isinstance(node, ast.Identifier) and node.name in widths:
        width = widths[node.name]
        return [("", node.name)] if width is None else [(f"[{i}]", f"{node.name}[{i}]") for i in range(width)]
    if isinstance(node, ast.Pointer) and node.var.name in widths:
        return [("", f"{node.var.name}[{constant(node.ptr)}]")]
    if isinstance(node, ast.Concat):
        nets = [net for part in reversed(node.list) for _, net in _bits(part, widths, path)]
        return [(f"[{i}]", net) for i, net in enumerate(nets)]
    raise UserError(
        f"{path.name}: line {node.lineno}: a connection is not a net or one bit of it; connect plain nets"
    )
