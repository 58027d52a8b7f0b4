"""What cells of several parts share: supplies over their whole height, pins at an edge, rings round
resistors, filters, switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import gdsfactory as gf
from neusoc.layout.primitives.resistors import resistor_bank
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import Component, box, cut_array, pin, via_stack
from neusoc.layout.routing.bands import EDGE, PAD, RISER, SUPPLY, SUPPLY_PITCH, TRUNK_PITCH, draw_bands
from neusoc.layout.routing.harness import Terminal, draw_harness, pins_of, plan_harness
from neusoc.layout.routing.rows import Band, Row, Strip
from neusoc.pdk import rules

PARTS = 0.60  # channel to the parts above it
RING = 1.50  # bodies of resistors to the centre of their ring
# as of an amplifier
SUPPLIES = {
    net: round(-EDGE - SUPPLY / 2 - SUPPLY_PITCH * i, 3) for i, net in enumerate(("vss", "vdd3v3", "vdd1v8"))
}
SIDE = {
    net: [x - SUPPLY / 2 + rules.BAR / 2] for net, x in SUPPLIES.items()
}  # how far a track goes to meet them


def supplies(
    component: Component,
    bottom: float,
    top: float,
    *channels: Mapping[str, float],
    nets: Sequence[str] = ("vss", "vdd3v3"),
) -> None:
    """Supplies at the left from bottom to top, with pins, joined to their tracks in each channel."""
    for net, x in ((net, SUPPLIES[net]) for net in nets):
        box(component, "met3", x - SUPPLY / 2, bottom, x + SUPPLY / 2, top)
        for levels in channels:
            if net in levels:
                y = levels[net]
                cut_array(
                    component,
                    ("via2",),
                    x - SUPPLY / 2 + 0.1,
                    y - 0.1,
                    x + SUPPLY / 2 - 0.1,
                    y + 0.1,
                    rules.VIA2,
                    0.4,
                )
        pin(component, net, "met3", x, bottom + SUPPLY / 2, SUPPLY, SUPPLY, orientation=270)


def bring_out(component: Component, levels: Mapping[str, float], nets: Iterable[str], right: float) -> None:
    """Pins of a channel's nets at the right edge, on met2."""
    for net in nets:
        pin(component, net, "met2", right - rules.BAR / 2, levels[net], rules.BAR, rules.BAR, orientation=0)


def ringed(
    component: Component, bank: gf.ComponentReference, name: str, x: float, y: float
) -> list[Terminal]:
    """Place a bank in a ring of substrate taps whose lower bar is at y + 0.6; x: of its first resistor.
    Returns the ring's terminal."""
    bank.move((rules.on_grid(x), 0))
    bank.move((0, rules.on_grid(y + 0.6 + RING - bank.dbbox().bottom)))
    outline = bank.dbbox()
    sides = rules.on_grid(outline.left - RING), rules.on_grid(outline.right + RING)
    levels = rules.on_grid(y + 0.6), rules.on_grid(outline.top + RING)
    place_ring(component, name, sides, levels, "p", rails="tb")
    return [Terminal("vss", sides[0], levels[0], "met1")]


def to_tracks(component: Component, terminals: Sequence[Terminal]) -> None:
    """Stacks from the landings of terminals up to met3, which the caller draws."""
    for terminal in terminals:
        via_stack(component, terminal.x, terminal.y, terminal.metal, "met3", PAD, PAD)


@dataclass
class Parts:
    """Terminals of what stands between two channels: those for the lower channel, and those for the upper
    one."""

    down: list[Terminal] = field(default_factory=list)
    up: list[Terminal] = field(default_factory=list)


def channel(
    component: Component,
    y: float,
    below: Sequence[Terminal],
    place: Callable[[Component, float], Parts],
    reach: Mapping[str, Sequence[float]],
) -> tuple[dict[str, float], Parts]:
    """A channel with its lower edge at y, and above it the parts that place(component, y) puts there.

    Returns:
        y of each net's track, um, and the parts.
    """
    measured = place(gf.Component(), 0.0).down
    reach = {
        net: xs for net, xs in reach.items() if any(terminal.net == net for terminal in (*below, *measured))
    }
    height = plan_harness(below, measured, reach).height
    parts = place(component, rules.on_grid(y + height + PARTS))
    return draw_harness(component, y, below, parts.down, reach), parts


def filter_bank(target: Component, name: str, first: str, last: str) -> gf.ComponentReference:
    """The resistors of a filter, 20 of 20 um of the higher sheet in a row between two nets."""
    return target << resistor_bank(name, " ".join([first, *["."] * 19, last]), (20.0,) * 20, sheet="xhigh")


@gf.cell(set_name=False)
def pass_transistor(
    name: str, path: str, width: float, length: float, lines: tuple[tuple[str, str, float], ...]
) -> gf.Component:
    """A p transistor on vdd3v3; lines: net, side ("t" or "b") and x of what leaves it."""
    component = gf.Component(name)
    row = Row("p", "vdd3v3", (Strip("pass", path, width, length, etch=True),))
    draw_bands(
        component,
        name,
        [Band(row)],
        {net: side for net, side, _ in lines},
        (),
        trunks={net: x for net, _, x in lines},
    )
    return component


def leave_below(component: Component, name: str, band: Band, nets: Sequence[str], right: float = 0.0) -> None:
    """Draw a band whose nets leave it below on met3, 0.8 um apart."""
    trunks = {net: round(1.2 + 0.8 * i, 3) for i, net in enumerate(nets)}
    draw_bands(component, name, [band], dict.fromkeys(nets, "b"), (), trunks=trunks, right=right)


@gf.cell(set_name=False)
def _pair(name: str, path: str) -> gf.Component:
    component = gf.Component(name)
    leave_below(
        component, name, Band(Row("n", "vss", (Strip("pair", path, 0.42, 0.5),))), path.split(), right=5.8
    )
    return component


def switch_pair(target: Component, name: str, path: str, x: float, y: float, x_taps: float) -> list[Terminal]:
    """Place two n switches that share their middle node at x, their lower rail at y + 0.6; x_taps: where
    their taps are reached."""
    pair, low = target << _pair(name, path), rules.on_grid(y + 0.6)
    pair.move((x, low))
    return [*pins_of(pair, {net: net for net in path.split()}), Terminal("vss", x_taps, low, "met1")]


def plates(reference: gf.ComponentReference) -> list[Terminal]:
    """Both terminals of a placed mim_bank."""
    return [Terminal(port.info["net"], *port.center) for port in reference.ports]


def through(parts: Parts, net: str, x: float, y: float) -> None:
    """A line that joins a net's tracks in the channels on both sides of the parts; y: any between them."""
    parts.down.append(Terminal(net, x, y))
    parts.up.append(Terminal(net, x, y))


def risers(
    component: Component, reference: gf.ComponentReference, names: Mapping[str, str], x: float
) -> list[Terminal]:
    """Pins of a placed cell at its right edge (met2), led to x, x + 0.7, ... and from there up or down;
    names: its pin -> net here."""
    found = []
    for i, (name, net) in enumerate(names.items()):
        x0, y = reference.ports[name].center
        at = rules.on_grid(x + TRUNK_PITCH * i)
        box(component, "met2", x0 - 0.2, y - rules.BAR / 2, at + RISER / 2, y + rules.BAR / 2)
        found.append(Terminal(net, at, y, "track"))
    return found


def lead_right(
    component: Component, reference: gf.ComponentReference, names: Mapping[str, str], right: float
) -> None:
    """Pins of a placed cell at its right edge (met2), led straight to the right edge of this one."""
    for name, net in names.items():
        x, y = reference.ports[name].center
        box(component, "met2", x - 0.2, y - rules.BAR / 2, right, y + rules.BAR / 2)
        pin(component, net, "met2", right - rules.BAR / 2, y, rules.BAR, rules.BAR, orientation=0)
