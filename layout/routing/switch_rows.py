"""A block of switches: a row of n strips, one of p strips, met2 tracks between their rings, plates of met2
and met3 over the fingers.

::

      vpp     ==== rail ==================================
              | strip | | strip |     p row, heads below      plates > (met3)
      strobes >---- met2: strobes, then their complements
              | strip | | strip |     n row, heads above      plates > (met3)
      y 0.00  ==== vss ===================================

Wires follow from the strips: a strobe `s` is `s_vpp` at gates of n strips, its complement `s_b` at gates of p
strips; an inverter is an n strip and a p strip on the same columns. All strips stand on one column grid; met1
runs vertically, met2 horizontally. met4 and above are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from neusoc.layout.primitives.fingers import Polarity, place_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import (
    Component,
    Reference,
    bar,
    box,
    cut_array,
    pin,
    positions,
    riser,
    strap,
    through_bars,
    xs_of,
)
from neusoc.pdk import rules
from neusoc.pdk.layers import label_layer, pin_layer

LENGTH = 0.50
X_COLUMN0, TRACK = 1.30, 0.46
TO_HEAD, INSIDE = (
    0.35,
    0.50,
)  # edge of a diffusion to the track of its heads; how far a strap reaches over a node


@dataclass(frozen=True)
class Strip:
    """Fingers of one diffusion: path node gate node ... node, column of the first node, width of a finger in
    um."""

    path: str
    first: int
    width: float

    @property
    def nodes(self) -> list[str]:
        """Nets of its nodes."""
        return self.path.split()[::2]

    @property
    def gates(self) -> list[str]:
        """Nets of its gates."""
        return self.path.split()[1::2]


@dataclass(frozen=True)
class Plate:
    """met2 and met3 over the nodes of a net.

    Attributes:
        strip: name of the strip that has the nodes.
        low, high: lower and upper edge, um, from vss for an n strip, from the lower edge of the diffusion for
            a p strip.
        reach: edges of the block that its met3 reaches, of "l" and "r".
        pins: edges at which it has a pin; all that it reaches if empty.
    """

    strip: str
    low: float
    high: float
    reach: str
    pins: str = ""


def alternating(*parts: tuple[str, str, int, str]) -> str:
    """Euler path of alternating nodes: (first node, gate, fingers, other node) for each part; a part begins
    where the one before ended."""
    words = [parts[0][0]]
    for first, gate, fingers, other in parts:
        for index in range(fingers):
            words += [gate, other if index % 2 == 0 else first]
    return " ".join(words)


def inverters(name: str, first: int, strobes: str, n_width: float, p_width: float) -> dict[str, Strip]:
    """An n strip and a p strip that make the complements of one strobe or two."""
    one, *two = strobes.split()
    path = f"{one}_b {one}_vpp {{0}} {two[0]}_vpp {two[0]}_b" if two else f"{{0}} {one}_vpp {one}_b"
    return {
        f"n_{name}": Strip(path.format("vss"), first, n_width),
        f"p_{name}": Strip(path.format("vpp"), first, p_width),
    }


@dataclass(frozen=True)
class SwitchRows:
    """What a block is made of, and from that where everything is, um.

    Attributes:
        name: name of the block, prefix of its cells.
        strobes: inputs from the left, from the lowest track on; those with complements first.
        strips: strip of each name, n_... and p_...
        plates: plate of each net; one of vss has the pins of that net.
        implants: layer, first column, last column, width of its fingers: strips nearer than nsd.1, psd.1
            (0.38) whose implants are one.
    """

    name: str
    strobes: tuple[str, ...]
    strips: Mapping[str, Strip]
    plates: Mapping[str, Plate]
    implants: tuple[tuple[str, int, int, float], ...]

    def row(self, polarity: str) -> dict[str, Strip]:
        """Strips of a polarity."""
        return {name: strip for name, strip in self.strips.items() if name.startswith(f"{polarity}_")}

    @cached_property
    def n_top(self) -> float:
        """Upper edge of the n row's diffusion."""
        return round(0.58 + max(strip.width for strip in self.row("n").values()), 3)

    @cached_property
    def inverted(self) -> dict[str, str]:
        """Strobe -> n strip of its inverter."""
        return {
            strobe: name
            for strobe in self.strobes
            for name, strip in self.row("n").items()
            if f"{strobe}_b" in strip.nodes
        }

    @cached_property
    def tracks(self) -> list[float]:
        """y of the met2 tracks: heads of the n row, strobes, complements, heads of the p row."""
        return [
            round(self.n_top + TO_HEAD + TRACK * i, 3)
            for i in range(2 + len(self.strobes) + len(self.inverted))
        ]

    @cached_property
    def p_bottom(self) -> float:
        """Lower edge of the p row's diffusion."""
        return round(self.tracks[-1] + TO_HEAD, 3)

    @cached_property
    def vpp(self) -> float:
        """y of the upper rail; that of vss is 0."""
        return round(self.p_bottom + max(strip.width for strip in self.row("p").values()) + 0.55, 3)

    @cached_property
    def last(self) -> float:
        """x of the last node."""
        return self.column(max(strip.first + len(strip.gates) for strip in self.strips.values()))

    @property
    def width(self) -> float:
        """Of the block."""
        return round(self.last + 1.30, 3)

    @property
    def height(self) -> float:
        """Upper edge of the block."""
        return round(self.vpp + 0.70, 3)

    def column(self, index: float) -> float:
        """x of a column."""
        return round(X_COLUMN0 + index * rules.column_pitch(LENGTH), 3)

    def draw(self, component: Component) -> None:
        """Everything, with ports for the strobes (left, met2), the plates (met3), vpp and vss (left, met1
        rails over the whole width)."""
        rows = {name: self._place(component, name, strip) for name, strip in self.strips.items()}
        self._surround(component)
        self._wire_gates(component, rows)
        self._wire_nodes(component, rows)
        for net, plate in self.plates.items():
            self._plate(component, net, plate, xs_of(rows[plate.strip], net))
        self._rails(component)

    def _place(self, component: Component, name: str, strip: Strip) -> Reference:
        """Heads of n strips on top, of p strips below."""
        polarity: Polarity = "n" if name.startswith("n_") else "p"
        edge, x = self.n_top if polarity == "n" else self.p_bottom, self.column(strip.first)
        return place_row(component, f"{self.name}_{name}", strip.path, polarity, x, edge, strip.width, LENGTH)

    def _surround(self, component: Component) -> None:
        """Rings, thick oxide and common implants."""
        well = 0.64, round(self.last + 0.66, 3)
        sides, levels = (0.56, round(self.last + 0.73, 3)), (0.0, round(self.n_top + 0.88, 3))
        place_ring(component, f"{self.name}_ring_n", sides, levels, "p", rails="b", voltage=5.0)
        place_ring(
            component,
            f"{self.name}_ring_p",
            well,
            (round(self.p_bottom - 0.83, 3), self.vpp),
            "n",
            rails="t",
            voltage=5.0,
        )
        reach = rules.TAP_HALF + rules.WELL_TAP[5.0]
        box(component, "hvi", well[0] - reach, 0.0, well[1] + reach, self.vpp)
        grow = rules.IMPLANT
        for layer, first, last, width in self.implants:
            low = self.n_top - width if layer == "nsdm" else self.p_bottom
            box(component, layer, self.column(first), low - grow, self.column(last), low + width + grow)

    def _wire_gates(self, component: Component, rows: dict[str, Reference]) -> None:
        """Strobes from the left edge to their gates, complements to theirs."""
        head_n, head_p = self.tracks[0], self.tracks[-1]
        for strobe, y in zip(self.strobes, self.tracks[1:], strict=False):
            net, taps = f"{strobe}_vpp", []
            for name, strip in self.row("n").items():
                if net in strip.gates:
                    heads = xs_of(rows[name], net, "gate")
                    if self.inverted.get(strobe) == name:
                        strap(component, heads[0], head_n, head_p)
                        taps.append(heads[0])
                    else:
                        bar(component, head_n, heads)
                        taps.append(riser(component, heads[0], head_n, y))
            bar(component, y, taps, [0.0])
            pin(component, net, "met2", rules.BAR / 2, y, orientation=180)
        for (strobe, inverter), y in zip(
            self.inverted.items(), self.tracks[1 + len(self.strobes) :], strict=False
        ):
            net = f"{strobe}_b"
            heads = next(
                xs_of(rows[name], net, "gate") for name, strip in self.row("p").items() if net in strip.gates
            )
            bar(component, head_p, heads)
            bar(component, y, [xs_of(rows[inverter], net)[0], riser(component, heads[0], head_p, y)])

    def _wire_nodes(self, component: Component, rows: dict[str, Reference]) -> None:
        """Nodes of one net in both rows joined, sources to their rails."""
        for (low, n_strip), (high, p_strip) in product(self.row("n").items(), self.row("p").items()):
            for net in sorted(set(n_strip.nodes) & set(p_strip.nodes)):
                for x in sorted(set(xs_of(rows[low], net)) & set(xs_of(rows[high], net))):
                    strap(component, x, self.n_top - INSIDE, self.p_bottom + INSIDE)
        for polarity, net, rail in (("n", "vss", 0.0), ("p", "vpp", self.vpp)):
            for name, strip in self.row(polarity).items():
                for x, y in positions(rows[name], net) if net in strip.nodes else ():
                    strap(component, x, y, rail)

    def _plate(self, component: Component, net: str, plate: Plate, xs: list[float]) -> None:
        """A column of vias on each node; met3 from the fingers to the edges."""
        y0, y1 = (
            round(y + (self.p_bottom if plate.strip.startswith("p_") else 0.0), 3)
            for y in (plate.low, plate.high)
        )
        x0, x1 = min(xs) - 0.30, max(xs) + 0.30
        box(component, "met2", x0, y0, x1, y1)
        for x in xs:
            cut_array(
                component,
                ("via",),
                x - rules.VIA1 / 2,
                y0 + 0.10,
                x + rules.VIA1 / 2,
                y1 - 0.10,
                rules.VIA1,
                0.32,
            )
        cut_array(component, ("via2",), x0 + 0.10, y0 + 0.10, x1 - 0.10, y1 - 0.10, rules.VIA2, 0.60)
        y, height = (y0 + y1) / 2, y1 - y0
        pins = plate.pins or plate.reach
        if pins == "lr":
            through_bars(component, {net: (y, height)}, self.width)
            return
        box(
            component,
            "met3",
            0.0 if "l" in plate.reach else x0,
            y0,
            self.width if "r" in plate.reach else x1,
            y1,
        )
        x, side = (0.3, 180) if pins == "l" else (self.width - 0.3, 0)
        pin(component, net, "met3", x, y, 0.6, height, orientation=side)

    def _rails(self, component: Component) -> None:
        """vss and vpp over the whole width, and the outline; the port of a net that has a plate is the
        plate's."""
        half = rules.RAIL_HALF
        for net, y in (("vss", 0.0), ("vpp", self.vpp)):
            box(component, "met1", 0, y - half, self.width, y + half)
            if net in self.plates:
                box(component, pin_layer("met1"), 0, y - half, self.width, y + half)
                component.add_label(
                    net, position=(rules.on_grid(self.width / 2), y), layer=label_layer("met1")
                )
            else:
                pin(component, net, "met1", self.width / 2, y, self.width, 2 * half, orientation=180)
        box(component, "prbndry", 0, -0.70, self.width, self.height)
