"""The top-level connections, described once: harness frame <-> controller <-> analog core <-> protection of
its pads.

The core's levels come from a macro of their own, the references, which have a pad to look at them.

Router, straps, SPICE reference and the check of the Verilog wrapper all follow from top_nets().
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS, guarded_pad, pads_pins
from neusoc.base.errors import UserError
from neusoc.base.pins import Pin, bus, core_pins, references_pins
from neusoc.base.report import write_atomic
from neusoc.digital.pinmap import PINS
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.views import spice_ports

DIGITAL_SUPPLY, DIGITAL_GROUND = "vccd1", "vssd1"
LOW = "low_1v8_o"  # of the controller: constant 0, for its inputs at pads that it drives
# ends of the harness's own clamps: beside that of the chip between vpp and ground
CLAMPS = {"vpp": tuple(bus("io_clamp_high", 3)), "vss": tuple(bus("io_clamp_low", 3))}

_HARNESS_IN = (
    "wb_clk_i",
    "wb_rst_i",
    "wbs_cyc_i",
    "wbs_stb_i",
    "wbs_we_i",
    *bus("wbs_sel_i", 4),
    *bus("wbs_adr_i", 32),
    *bus("wbs_dat_i", 32),
    *bus("io_in", 27),
)
# The receivers of pads that the chip drives are off (user_defines.v): what the harness hands back there is no
# level.
TIED = tuple(
    f"io_in[{pins.first + i}]"
    for pins in PINS.values()
    if pins.direction == "output"
    for i in range(pins.width)
)
_HARNESS_OUT = (
    "wbs_ack_o",
    *bus("wbs_dat_o", 32),
    *bus("io_out", 27),
    *bus("io_oeb", 27),
    *bus("la_data_out", 128),
    *bus("user_irq", 3),
)


class Terminal(NamedTuple):
    """One pin of one macro."""

    macro: str
    pin: str


@dataclass(frozen=True)
class TopNet:
    """One net of the top.

    Attributes:
        name: its first frame pin, or the name of the core's or the references' pin where no frame pin is on
            it.
        frame_pins: the harness pins on it.
        terminals: the macro pins on it.
        drawn: flag of a net that is drawn as wide straps (supplies, analog), not by the router.
    """

    name: str
    frame_pins: tuple[str, ...]
    terminals: tuple[Terminal, ...]
    drawn: bool

    @property
    def between_macros(self) -> bool:
        """Whether the router leads it from macro to macro, without a pin of the frame."""
        return not self.drawn and not self.frame_pins


def analog_macros(chip: Chip) -> list[str]:
    """Macros whose pins of supplies and analog nets lie at their upper edges, met4: the core, what stands
    right of it from there on."""
    return [PARTS.core, PADS, PARTS.references]


def macros(chip: Chip) -> list[str]:
    """Macros of the chip, the controller first; each is placed once, instance u_<name>."""
    return [PARTS.controller, *analog_macros(chip)]


def controller_pins(chip: Chip) -> list[Pin]:
    """Pins of the controller macro, seen from the controller."""
    core_side = PARTS.between(chip)
    return [
        *(Pin(n, "input", "signal") for n in _HARNESS_IN),
        *(Pin(n, "output", "signal") for n in _HARNESS_OUT),
        *(
            Pin(_controller_side(p), "output" if p.direction == "input" else "input", "signal")
            for p in core_side
        ),
        Pin(LOW, "output", "signal"),
        Pin(DIGITAL_SUPPLY, "inout", "power"),
        Pin(DIGITAL_GROUND, "inout", "ground"),
    ]


def _controller_side(pin: Pin) -> str:
    """The controller's port that meets a core pin: row_1v8[3] -> row_1v8_o[3], spike_1v8[0] ->
    spike_1v8_i[0]."""
    suffix = "_o" if pin.direction == "input" else "_i"
    return re.sub(r"(\[\d+\])?$", lambda found: suffix + (found[0] or ""), pin.name, count=1)


def macro_pins(chip: Chip, macro: str) -> list[Pin]:
    """Pins that a macro must have."""
    if macro == PARTS.references:
        return references_pins()
    return {PARTS.controller: controller_pins, PARTS.core: core_pins, PADS: pads_pins}[macro](chip)


def top_nets(chip: Chip) -> list[TopNet]:
    """Every net that connects at least two pins. A pin of core, references or pads is called as its net.

    vssd1 and vssa1 are two nets of metal here (their pads are separate); in silicon and in the SPICE
    reference they are one substrate. The harness's ESD clamps (io_clamp_high, io_clamp_low) lie between vpp
    and the analog ground. The other supplies and the other pins of the frame stay open. So do the inputs of
    pads that the controller drives: its own hang on its constant.

    Raises:
        UserError: chip.yaml names a frame pin that the harness does not have or that is in use already.
    """
    controller, guarded = PARTS.controller, PARTS.guarded
    nets = [
        TopNet(n, (n,), (Terminal(controller, n),), False)
        for n in (*_HARNESS_IN, *_HARNESS_OUT)
        if n not in TIED
    ]
    nets.append(TopNet(LOW, (), tuple(Terminal(controller, n) for n in (LOW, *TIED)), False))
    inside: dict[str, list[Terminal]] = {}  # net of core and references -> its pins there
    for macro in (PARTS.core, PARTS.references):
        for pin in macro_pins(chip, macro):
            inside.setdefault(pin.name, []).append(Terminal(macro, pin.name))
    for pin in PARTS.between(chip):
        nets.append(
            TopNet(pin.name, (), (Terminal(controller, _controller_side(pin)), *inside.pop(pin.name)), False)
        )
    taken = {name for net in nets for name in net.frame_pins}
    protected = {pin.name for pin in pads_pins(chip)}
    at: dict[str, list[Terminal]] = {
        name: [Terminal(controller, name)] for name in (DIGITAL_SUPPLY, DIGITAL_GROUND)
    }
    for section, table in (("supplies", chip.supplies), ("pads", chip.pads)):
        for net, frame_pin in table.items():
            if frame_pin not in frame().pins:
                raise UserError(
                    f"chip.yaml: {section}.{net} (value {frame_pin!r}): not a pin of the harness; choose"
                    " another"
                )
            if frame_pin in taken or any(frame_pin in ends for ends in CLAMPS.values()):
                raise UserError(
                    f"chip.yaml: {section}.{net} (value {frame_pin!r}): that pin is in use already; choose"
                    " another"
                )
            at.setdefault(frame_pin, []).extend(
                [Terminal(PADS, guarded_pad(net))] if net in guarded else inside.pop(net)
            )
            if net not in guarded and net in protected:
                at[frame_pin].append(Terminal(PADS, net))
    clamped = {chip.pads["vpp"]: CLAMPS["vpp"], chip.supplies["vss"]: CLAMPS["vss"]}
    for frame_pin, terminals in at.items():
        nets.append(TopNet(frame_pin, (frame_pin, *clamped.get(frame_pin, ())), tuple(terminals), True))
    nets += [TopNet(net, (), (Terminal(PADS, net), *inside.pop(net)), True) for net in guarded]
    return nets + [TopNet(net, (), tuple(ends), True) for net, ends in inside.items()]  # levels


def lvs_groups(chip: Chip) -> list[tuple[str, ...]]:
    """Frame pins that are one node by intention: grounds that share the substrate, and the clamps' ends on
    ground and on vpp.

    In the order of the names, as the extraction orders the labels of one net.
    """
    return [
        tuple(sorted({chip.supplies["vss"], DIGITAL_GROUND, *CLAMPS["vss"]})),
        tuple(sorted({chip.pads["vpp"], *CLAMPS["vpp"]})),
    ]


def reference(chip: Chip, controller_dir: Path, blocks_dir: Path) -> str:
    """SPICE of the whole chip: controller (down to standard cells, which LVS takes from the PDK), core, pads,
    references, top.

    Every frame pin is a port of the top. SPICE cannot say that two ports are one node: lvs_groups() does. A
    cell that two macros have, as the latch of neurons and references, stands there once.

    Raises:
        UserError: a macro's netlist is of another chip, or two macros differ in a cell of one name.
    """
    controller = PARTS.controller
    files = {controller: controller_dir / f"{controller}.cdl"} | {
        macro: blocks_dir / f"{macro}.spice" for macro in analog_macros(chip)
    }
    node = {terminal: net.name for net in top_nets(chip) for terminal in net.terminals}
    calls = []
    for macro in files:
        ports = spice_ports(files[macro], macro)
        wanted = {p.name for p in macro_pins(chip, macro)}
        if wrong := sorted(wanted ^ set(ports)):
            raise UserError(
                f"{files[macro].name}: port {wrong[0]} of {macro} is not as the top expects it; build the"
                " macro again"
            )
        calls.append(" ".join([f"xu_{macro}", *(node[Terminal(macro, port)] for port in ports), macro]))
    head = [
        "* top: harness frame, controller, analog core, protection of its pads",
        f".subckt {TOP} {' '.join(frame().pins)}",
    ]
    own = "\n".join([*head, *calls, f".ends {TOP}"])
    body = "\n".join(_each_once(files))
    body = re.sub(r"(?im)^\.end\s*$\n?", "", body)
    return f"{body}\n{own}\n"


def _each_once(files: dict[str, Path]) -> Iterator[str]:
    """Text of each macro's netlist, without the subcircuits that one before it has too.

    Raises:
        UserError: two macros have different subcircuits of one name.
    """
    known: dict[str, tuple[str, str]] = {}  # subcircuit -> its text, the macro that has it
    for macro, path in files.items():

        def once(found: re.Match[str], macro: str = macro, path: Path = path) -> str:
            name, (text, owner) = found[1], known.setdefault(found[1].lower(), (found[0], macro))
            if text != found[0]:
                raise UserError(
                    f"{path.name}: subcircuit {name} differs from the one of {owner}; give one of them"
                    " another name"
                )
            return found[0] if owner == macro else ""

        yield re.sub(
            r"^\.subckt\s+(\S+).*?^\.ends\b[^\n]*\n?",
            once,
            path.read_text().rstrip() + "\n",
            flags=re.I | re.M | re.S,
        ).rstrip()


def write_reference(chip: Chip, controller_dir: Path, blocks_dir: Path, out: Path) -> Path:
    """Write reference() to a file."""
    return write_atomic(out, reference(chip, controller_dir, blocks_dir))
