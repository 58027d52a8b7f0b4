"""Wires over the devices of a block: met1 vertically, met2 horizontally, each net a bar and straps to it,
checked as they are drawn.

::

       |   |       |        straps of three landings, met1
    ===o===o=======o====    bar, met2, at a level that is free over its whole length

A level is chosen from those that are offered: the one with the shortest straps of all that touch no wire of
    another net.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from neusoc.base.errors import UserError
from neusoc.layout.primitives.shapes import Component, Reference, bar, box, contacts
from neusoc.pdk import rules

Rectangle = tuple[float, float, float, float]
OVER = rules.BAR / 2  # met1 past the centre of a via
HEAD_HALF = 0.16  # half height of the met1 on a gate's head


@dataclass(frozen=True)
class Landing:
    """Met1 of a net that a strap may start from: centre x, and low to high edge, um."""

    net: str
    x: float
    low: float
    high: float


class Wires:
    """Met1 and met2 of a component, each rectangle with its net.

    Args:
        component: component to draw into.
    """

    def __init__(self, component: Component) -> None:
        self.component = component
        self.landings: list[Landing] = []
        self._taps: list[tuple[float, float]] = []
        self._drawn: dict[str, list[tuple[str, Rectangle]]] = {"met1": [], "met2": []}

    def note(self, layer: str, net: str, x0: float, y0: float, x1: float, y1: float) -> None:
        """A rectangle that another hand draws."""
        self._drawn[layer].append((net, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))))

    def box(self, layer: str, net: str, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw a rectangle of a net.

        Raises:
            UserError: it touches another net.
        """
        if found := self._in_the_way(layer, net, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))):
            raise UserError(f"{layer} of {net} at x {x0:.2f}, y {y0:.2f} to {y1:.2f} touches {found}")
        box(self.component, layer, x0, y0, x1, y1)
        self.note(layer, net, x0, y0, x1, y1)

    def row(self, reference: Reference, width: float, length: float) -> None:
        """Take in the landings of a placed finger_row; width and length of its fingers, um."""
        for port in reference.ports:
            net, (x, y) = port.info["net"], port.center
            half = (width / 2, HEAD_HALF)[port.info["role"] == "gate"]
            wide = max(length / 2 - 0.12, rules.STRAP / 2) if port.info["role"] == "gate" else rules.STRAP / 2
            self.land(net, x, y - half, y + half, wide)

    def land(self, net: str, x: float, low: float, high: float, half: float = rules.STRAP / 2) -> None:
        """Take in one landing that another hand draws; half: half of its width, um."""
        self.landings.append(Landing(net, round(x, 3), round(low, 3), round(high, 3)))
        self.note("met1", net, x - half, low, x + half, high)

    def of(self, net: str, inside: Rectangle | None = None) -> list[Landing]:
        """Landings of a net whose centre lies in a box (all by default), left to right."""
        x0, y0, x1, y1 = inside or (-1e3, -1e3, 1e3, 1e3)
        return sorted(
            (
                p
                for p in self.landings
                if p.net == net and x0 <= p.x <= x1 and y0 <= (p.low + p.high) / 2 <= y1
            ),
            key=lambda p: (p.x, p.low),
        )

    def strap(self, net: str, x: float, y0: float, y1: float) -> None:
        """Vertical met1."""
        self.box("met1", net, x - rules.STRAP / 2, y0, x + rules.STRAP / 2, y1)

    def bar(
        self, net: str, landings: Sequence[Landing], levels: Iterable[float], reach: Sequence[float] = ()
    ) -> float:
        """Join landings by a bar, met2; reach: further x to which it runs, um.

        Returns:
            Its level, um.

        Raises:
            UserError: no level is free; what is in the way at each is named.
        """
        choices, blocked = [], []
        for y in levels:
            straps = [(p.x, min(p.low, y - OVER), max(p.high, y + OVER)) for p in landings]
            ends = [*reach, *(p.x + side * OVER for p in landings for side in (-1, 1))]
            wanted = [
                ("met1", (x - rules.STRAP / 2, low, x + rules.STRAP / 2, high)) for x, low, high in straps
            ]
            wanted.append(("met2", (min(ends), y - OVER, max(ends), y + OVER)))
            foreign = [
                f"{layer} {found}"
                for layer, shape in wanted
                if (found := self._in_the_way(layer, net, shape))
            ]
            if foreign:
                blocked.append(f"{y:.2f}: {', '.join(foreign)}")
            else:
                choices.append((sum(high - low for _, low, high in straps), y))
        if not choices:
            raise UserError(f"no level for {net}\n  " + "\n  ".join(blocked))
        _, y = min(choices)
        for p in landings:
            if y - OVER < p.low - 1e-6 or y + OVER > p.high + 1e-6:
                self.strap(net, p.x, min(p.low, y - OVER), max(p.high, y + OVER))
        xs = [p.x for p in landings]
        for left, right in pairwise(sorted(set(xs))):
            if 0 < right - left - rules.STRAP < rules.MET1_SPACE:  # nearer than the rule, of one net
                box(self.component, "met1", left, y - OVER, right, y + OVER)
        bar(self.component, y, xs, reach)
        ends = [*reach, *(x + side * OVER for x in xs for side in (-1, 1))]
        self.note("met2", net, min(ends), y - OVER, max(ends), y + OVER)
        return y

    def drawn(self, layer: str) -> list[tuple[str, Rectangle]]:
        """All rectangles of met1 or met2, each with its net."""
        return list(self._drawn[layer])

    def tap(self, x: float, y: float) -> bool:
        """mcon from met1 to the li1 of a tap bar, unless one stands too near; whether it was drawn."""
        if any(abs(x - x1) < rules.CUT_PITCH and abs(y - y1) < rules.CUT_PITCH for x1, y1 in self._taps):
            return False
        half = rules.CUT_ROW_HALF
        contacts(self.component, ("mcon",), x - half, y - half, x + half, y + half)
        self._taps.append((x, y))
        return True

    def free(self, net: str, x: float, y: float, side: float) -> bool:
        """Whether a square about a point touches no foreign met1 and met2."""
        shape = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        return not any(self._in_the_way(layer, net, shape) for layer in self._drawn)

    def _in_the_way(self, layer: str, net: str, shape: Rectangle) -> str:
        """The first foreign rectangle nearer than the rule; "": none."""
        space = rules.LEAST[layer][1] - 1e-4
        for other, (x0, y0, x1, y1) in self._drawn[layer]:
            apart = max(x0 - shape[2], shape[0] - x1), max(y0 - shape[3], shape[1] - y1)
            if other != net and max(apart) < space:
                return f"{other} at {x0:.2f} {y0:.2f} {x1:.2f} {y1:.2f}"
        return ""
