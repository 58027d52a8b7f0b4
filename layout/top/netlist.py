"""The top-level connections, described once: harness frame <-> controller <-> analog core <-> protection of its pads.

Router, straps, SPICE reference and the check of the Verilog wrapper all follow from top_nets().
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL as CORE
from neusoc.base.pins import GUARDED, Pin, bus, core_pins, guarded_pad, pads_pins
from neusoc.base.pins import PADS_CELL as PADS
from neusoc.base.report import write_atomic
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.views import spice_ports

CONTROLLER = "controller"
MACROS = (CONTROLLER, CORE, PADS)               # each placed once, instance u_<name>
DIGITAL_SUPPLY, DIGITAL_GROUND = "vccd1", "vssd1"
LOW = "low_1v8_o"                               # of the controller: constant 0, for inputs that nothing drives; there are none
# ends of the harness's own clamps: beside that of the chip between vpp and ground
CLAMPS = {"vpp": tuple(bus("io_clamp_high", 3)), "vss": tuple(bus("io_clamp_low", 3))}

_HARNESS_IN = ("wb_clk_i", "wb_rst_i", "wbs_cyc_i", "wbs_stb_i", "wbs_we_i", *bus("wbs_sel_i", 4), *bus("wbs_adr_i", 32),
               *bus("wbs_dat_i", 32), *bus("io_in", 27))
_HARNESS_OUT = ("wbs_ack_o", *bus("wbs_dat_o", 32), *bus("io_out", 27), *bus("io_oeb", 27), *bus("la_data_out", 128), *bus("user_irq", 3))


class Terminal(NamedTuple):
    """One pin of one macro."""

    macro: str
    pin: str


@dataclass(frozen=True)
class TopNet:
    """One net of the top.

    Attributes:
        name: its first frame pin, or the core's pin name where no frame pin is on it.
        frame_pins: the harness pins on it.
        terminals: the macro pins on it.
        drawn: drawn as wide straps (supplies, analog), not by the router.
    """

    name: str
    frame_pins: tuple[str, ...]
    terminals: tuple[Terminal, ...]
    drawn: bool


def controller_pins(chip: Chip) -> list[Pin]:
    """Pins of the controller macro, seen from the controller."""
    core_side = [p for p in core_pins(chip) if p.use == "signal"]
    return [
        *(Pin(n, "input", "signal") for n in _HARNESS_IN),
        *(Pin(n, "output", "signal") for n in _HARNESS_OUT),
        *(Pin(_controller_side(p), "output" if p.direction == "input" else "input", "signal") for p in core_side),
        Pin(LOW, "output", "signal"),
        Pin(DIGITAL_SUPPLY, "inout", "power"),
        Pin(DIGITAL_GROUND, "inout", "ground"),
    ]


def _controller_side(pin: Pin) -> str:
    """The controller's port that meets a core pin: row_1v8[3] -> row_1v8_o[3], spike_1v8[0] -> spike_1v8_i[0]."""
    suffix = "_o" if pin.direction == "input" else "_i"
    return re.sub(r"(\[\d+\])?$", lambda found: suffix + (found[0] or ""), pin.name, count=1)


def open_terminals(chip: Chip) -> list[Terminal]:
    """Outputs of the controller that end at the top."""
    return [Terminal(CONTROLLER, LOW)]


def macro_pins(chip: Chip, macro: str) -> list[Pin]:
    """Pins that a macro must have."""
    return {CONTROLLER: controller_pins, CORE: core_pins, PADS: pads_pins}[macro](chip)


def top_nets(chip: Chip) -> list[TopNet]:
    """Every net that connects at least two pins.

    vssd1 and vssa1 are two nets of metal here (their pads are separate); in silicon and in the SPICE reference they are
    one substrate. The harness's ESD clamps (io_clamp_high, io_clamp_low) lie between vpp and the analog ground. The other
    supplies and the other pins of the frame stay open.

    Raises:
        UserError: chip.yaml names a frame pin that the harness does not have or that is in use already.
    """
    nets = [TopNet(n, (n,), (Terminal(CONTROLLER, n),), False) for n in (*_HARNESS_IN, *_HARNESS_OUT)]
    for pin in core_pins(chip):
        if pin.use == "signal":
            nets.append(TopNet(pin.name, (), (Terminal(CONTROLLER, _controller_side(pin)), Terminal(CORE, pin.name)), False))
    taken = {name for net in nets for name in net.frame_pins}
    protected = {pin.name for pin in pads_pins(chip)}
    at: dict[str, list[Terminal]] = {name: [Terminal(CONTROLLER, name)] for name in (DIGITAL_SUPPLY, DIGITAL_GROUND)}
    for section, table in (("supplies", chip.supplies), ("pads", chip.pads)):
        for core_pin, frame_pin in table.items():
            if frame_pin not in frame().pins:
                raise UserError(f"chip.yaml: {section}.{core_pin} (value {frame_pin!r}): not a pin of the harness; choose another")
            if frame_pin in taken or any(frame_pin in ends for ends in CLAMPS.values()):
                raise UserError(f"chip.yaml: {section}.{core_pin} (value {frame_pin!r}): that pin is in use already; choose another")
            guarded = core_pin in GUARDED
            at.setdefault(frame_pin, []).append(Terminal(PADS, guarded_pad(core_pin)) if guarded else Terminal(CORE, core_pin))
            if not guarded and core_pin in protected:
                at[frame_pin].append(Terminal(PADS, core_pin))
    clamped = {chip.pads["vpp"]: CLAMPS["vpp"], chip.supplies["vss"]: CLAMPS["vss"]}
    for frame_pin, terminals in at.items():
        nets.append(TopNet(frame_pin, (frame_pin, *clamped.get(frame_pin, ())), tuple(terminals), True))
    nets += [TopNet(net, (), (Terminal(PADS, net), Terminal(CORE, net)), True) for net in GUARDED]
    return nets


def lvs_groups(chip: Chip) -> list[tuple[str, ...]]:
    """Frame pins that are one node by intention: grounds that share the substrate, and the clamps' ends on ground and on vpp.

    In the order of the names, as the extraction orders the labels of one net.
    """
    return [tuple(sorted({chip.supplies["vss"], DIGITAL_GROUND, *CLAMPS["vss"]})), tuple(sorted({chip.pads["vpp"], *CLAMPS["vpp"]}))]


def reference(chip: Chip, controller_dir: Path, blocks_dir: Path) -> str:
    """SPICE of the whole chip: controller (down to standard cells, which LVS takes from the PDK), core, pads, top.

    Every frame pin is a port of the top. SPICE cannot say that two ports are one node: lvs_groups() does.
    """
    files = {CONTROLLER: controller_dir / f"{CONTROLLER}.cdl"} | {macro: blocks_dir / f"{macro}.spice" for macro in (CORE, PADS)}
    node = {terminal: net.name for net in top_nets(chip) for terminal in net.terminals}
    calls = []
    for macro in MACROS:
        ports = spice_ports(files[macro], macro)
        wanted = {p.name for p in macro_pins(chip, macro)}
        if wrong := sorted(wanted ^ set(ports)):
            raise UserError(f"{files[macro].name}: port {wrong[0]} of {macro} is not as the top expects it; build the macro again")
        # An output that ends at the top has a node of its own.
        calls.append(" ".join([f"xu_{macro}", *(node.get(Terminal(macro, port), f"open_{port}") for port in ports), macro]))
    head = ["* top: harness frame, controller, analog core, protection of its pads", f".subckt {TOP} {' '.join(frame().pins)}"]
    own = "\n".join([*head, *calls, f".ends {TOP}"])
    body = "\n".join(files[macro].read_text().rstrip() for macro in MACROS)
    body = re.sub(r"(?im)^\.end\s*$\n?", "", body)
    return f"{body}\n{own}\n"


def write_reference(chip: Chip, controller_dir: Path, blocks_dir: Path, out: Path) -> Path:
    """Write reference() to a file."""
    return write_atomic(out, reference(chip, controller_dir, blocks_dir))
