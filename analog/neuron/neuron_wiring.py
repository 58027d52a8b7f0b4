"""Wires of the neuron's strip: as the front end's (front_end/wiring.py), but by levels from its upper edge
downwards."""

from __future__ import annotations

from itertools import pairwise

from neusoc.analog.front_end.rows import WIDTH
from neusoc.analog.front_end.wiring import OVER, Landing, Wires
from neusoc.analog.neuron import places
from neusoc.analog.neuron.places import Row, level
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.shapes import Component, box, pin
from neusoc.pdk import rules
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer

Corners = tuple[tuple[float, float], ...]


class NeuronWiring:
    """The strip's wires.

    Args:
        component: component to draw into.
    """

    def __init__(self, component: Component) -> None:
        self.component, self.wires = component, Wires(component)

    def place(self, row: Row) -> None:
        """Draw a row and take in its landings."""
        path = row.path.split()
        heads = " ".join(f"{net}:{row.side}" for net in dict.fromkeys(path[1::2]))
        cell = finger_row(f"neuron_{row.name}", row.path, row.polarity, row.width, row.length, heads)
        reference = self.component << cell
        middle = row.x + (len(path) // 2) * rules.column_pitch(row.length) / 2
        reference.move((rules.on_grid(middle), rules.on_grid(level(row.top + row.width / 2))))
        self.wires.row(reference, row.width, row.length)

    def of(
        self, net: str, x0: float = 0, x1: float = WIDTH, low: float = 0, high: float = places.STRIP
    ) -> list[Landing]:
        """Landings of a net between two x and two levels, left to right."""
        return self.wires.of(net, (x0, level(high), x1, level(low)))

    def at(self, net: str, *xs: float, low: float = 0, high: float = places.STRIP) -> list[Landing]:
        """Landings of a net at some x and between two levels.

        Raises:
            KeyError: there is none at one of them: a slip in the layout.
        """
        found = [self.of(net, x - 0.05, x + 0.05, low, high) for x in xs]
        if missing := [x for x, landings in zip(xs, found, strict=True) if not landings]:
            raise KeyError(f"neuron: no landing of {net} at {missing[0]}")
        return [landing for landings in found for landing in landings]

    def bar(self, net: str, landings: list[Landing], at: float, *reach: float) -> None:
        """As Wires.bar."""
        self.wires.bar(net, landings, [level(at)], reach)

    def strap(self, net: str, x: float, top: float, bottom: float) -> None:
        """As Wires.strap."""
        self.wires.strap(net, x, level(bottom), level(top))

    def box(self, metal: str, net: str, x0: float, top: float, x1: float, bottom: float) -> None:
        """As Wires.box."""
        self.wires.box(metal, net, x0, level(bottom), x1, level(top))

    def via2(self, x: float, at: float) -> None:
        """From a bar to the met3 over it."""
        half = rules.VIA2 / 2
        box(self.component, "via2", x - half, level(at) - half, x + half, level(at) + half)

    def tie(self, net: str, x: float, at: float, node: float, end: float) -> None:
        """met1 from the head of a dummy to the node beside it, whose strap begins at a level."""
        self.box("met1", net, x, at - OVER, node, at + OVER)
        self.strap(net, node, min(at - OVER, end), max(at + OVER, end))

    def clear(self, net: str, at: float, half: float, x0: float, x1: float) -> list[tuple[float, float]]:
        """Pieces of a rail of met1 between two x: none where another net crosses it; half: of its width,
        um."""
        y, found, start = level(at), [], x0
        for other, (left, low, right, high) in sorted(self.wires.drawn("met1"), key=lambda shape: shape[1]):
            if (
                other != net
                and low < y + half + rules.MET1_SPACE - 1e-4
                and high > y - half - rules.MET1_SPACE + 1e-4
            ):
                found.append((start, round(left - rules.MET1_SPACE, 3)))
                start = max(start, round(right + rules.MET1_SPACE, 3))
        return [(left, right) for left, right in (*found, (start, x1)) if right - left > 2 * half]

    def covered(self, net: str, x: float, at: float) -> bool:
        """Whether met1 of a net lies at a place."""
        own = [shape for other, shape in self.wires.drawn("met1") if other == net]
        return any(x0 <= x - 0.2 and x + 0.2 <= x1 and y0 <= level(at) <= y1 for x0, y0, x1, y1 in own)

    def entry(self, net: str, x: float) -> None:
        """From met4 at x down to met2 at the level of the entries, by met3 of the least area (m3.6)."""
        y, centre = level(places.ENTRY), x + places.PADS.get(net, 0.0)
        box(self.component, "met3", centre - 0.37, y - 0.17, centre + 0.37, y + 0.17)
        box(self.component, "met4", x - places.LINE / 2, y - 0.17, x + places.LINE / 2, y + 0.17)
        self.box("met2", net, x - 0.20, places.ENTRY - 0.17, x + 0.20, places.ENTRY + 0.17)
        for layer, half in (("via2", rules.VIA2 / 2), ("via3", rules.VIA3 / 2)):
            box(self.component, layer, x - half, y - half, x + half, y + half)

    def pins(self, net: str, at: float, stub: float, *, left: bool = True) -> None:
        """met3 from a line's ends to the edges; the line turns to the level of its pin where this is another.

        Args:
            at, stub: levels of the line and of its pin.
            left: a pin at the left edge too; the right one is then called <net>_right.
        """
        component, half, inset = self.component, places.BAR_HEIGHT / 2, PIN_INSET.get(net, 0.50)
        for x, edge in ((inset, 0.0), (WIDTH - inset, WIDTH))[not left :]:
            inner = places.STUB if edge == 0 else WIDTH - places.STUB
            self.via2(x, stub)
            self.box("met2", net, x - 0.19, min(at, stub) - OVER, x + 0.19, max(at, stub) + OVER)
            box(component, "met3", min(edge, inner), level(stub) - half, max(edge, inner), level(stub) + half)
            edge_pin(component, net, level(stub), 2 * half, right=edge > 0, second=left)


PIN_INSET = {"vth": 0.30, "discharge_1v8": 0.83}  # both turn; their turns lie side by side


def line_along(component: Component, metal: str, width: float, corners: Corners) -> None:
    """A line along corners, with square ends but at the edges of the cell."""
    half = width / 2
    for (x0, y0), (x1, y1) in pairwise(corners):
        left, right = (0.0 if x in (0, WIDTH) else half for x in (min(x0, x1), max(x0, x1)))
        box(component, metal, min(x0, x1) - left, min(y0, y1) - half, max(x0, x1) + right, max(y0, y1) + half)


def edge_pin(
    component: Component, net: str, y: float, height: float, *, right: bool, second: bool = False
) -> None:
    """A pin of met3 at an edge; second: the net has one at the left too, and the port's name ends in
    _right."""
    if not (right and second):
        pin(
            component,
            net,
            "met3",
            WIDTH - 0.3 if right else 0.3,
            y,
            0.6,
            height,
            orientation=0 if right else 180,
        )
        return
    box(component, pin_layer("met3"), WIDTH - 0.6, y - height / 2, WIDTH, y + height / 2)
    component.add_label(net, position=(WIDTH - 0.3, rules.on_grid(y)), layer=label_layer("met3"))
    options = {
        "center": (WIDTH, y),
        "width": height,
        "orientation": 0,
        "layer": LAYERS["met3"],
        "port_type": "electrical",
    }
    port = component.add_port(f"{net}_right", **options)
    port.info["net"], port.info["role"] = net, "pin"
