"""What both parts of the neuron's layout draw with: finger rows, straps and bars on one column grid."""

from __future__ import annotations

from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.shapes import Component, Reference, box, positions, riser
from neusoc.pdk import rules

OVER = 0.16                                      # met1 past the centre of a via: half a bar


def above(bottom: float, width: float) -> float:
    """Centre of a row whose heads are below it, at bottom."""
    return round(bottom + rules.HEAD_CENTRE + width / 2, 3)


def below(top: float, width: float) -> float:
    """Centre of a row whose heads are above it, at top."""
    return round(top - rules.HEAD_CENTRE - width / 2, 3)


def row(component: Component, name: str, path: str, x_first: float, y: float, **options: object) -> Reference:
    """A finger row whose first node is at x_first."""
    cell = finger_row(f"neuron_{name}", path, **options)
    length = float(options["length"])  # type: ignore[arg-type]
    fingers = len(path.split()) // 2
    reference = component << cell
    reference.move((round(x_first + fingers * rules.column_pitch(length) / 2, 3), y))
    return reference


def straps(component: Component, reference: Reference, net: str, y_end: float, role: str = "node") -> list[float]:
    """A strap from every landing of a net to a track or rail at y_end; returns their x."""
    found = positions(reference, net, role)  # type: ignore[arg-type]
    for x, y in found:
        riser(component, x, y, y_end)
    return [x for x, _ in found]


def up(component: Component, x: float, y: float, count: int = 1) -> None:
    """via2 from a met2 bar to the met3 over it, `count` along x."""
    for index in range(count):
        centre = x + (index - (count - 1) / 2) * 0.4
        half = rules.VIA2 / 2
        box(component, "via2", centre - half, y - half, centre + half, y + half)
