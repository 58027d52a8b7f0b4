"""Rectangles, contacts, straps, bars, vias, pins and the ports that carry net names.

Convention of every analog block: met1 runs vertically (straps) and as horizontal supply rails, met2 runs
horizontally (bars). All coordinates in um.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives import process
from neusoc.pdk import rules
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer

process.activate()

Role = Literal["node", "gate", "plate"]
Component = gf.Component
Reference = gf.ComponentReference

_STACK = ("met1", "via", "met2", "via2", "met3", "via3", "met4")


def box(
    component: Component, layer: str | tuple[int, int], x0: float, y0: float, x1: float, y1: float
) -> None:
    """Rectangle between two corners, snapped to the 5 nm grid."""
    x0, x1 = sorted((rules.on_grid(x0), rules.on_grid(x1)))
    y0, y1 = sorted((rules.on_grid(y0), rules.on_grid(y1)))
    component.add_polygon(
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], layer=LAYERS[layer] if isinstance(layer, str) else layer
    )


def contacts(component: Component, layers: Iterable[str], x0: float, y0: float, x1: float, y1: float) -> None:
    """Fill a box with a centred array of 0.17 um cuts on each of layers ("licon1", "mcon")."""
    cut_array(component, layers, x0, y0, x1, y1, rules.CUT, rules.CUT_PITCH)


def cut_array(
    component: Component,
    layers: Iterable[str],
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    size: float,
    pitch: float,
) -> None:
    """Fill a box with a centred array of square cuts."""
    layers = tuple(layers)
    columns, rows = (int((high - low - size) / pitch + 1e-6) + 1 for low, high in ((x0, x1), (y0, y1)))
    for i in range(columns):
        for j in range(rows):
            x = (x0 + x1) / 2 + (i - (columns - 1) / 2) * pitch - size / 2
            y = (y0 + y1) / 2 + (j - (rows - 1) / 2) * pitch - size / 2
            x, y = rules.on_grid(x), rules.on_grid(y)
            for layer in layers:
                box(component, layer, x, y, x + size, y + size)


def net_port(
    component: Component,
    name: str,
    net: str,
    role: Role,
    x: float,
    y: float,
    layer: str = "met1",
    width: float = rules.STRAP,
) -> None:
    """A landing on a metal. Net and role are in port.info and survive placement."""
    port = component.add_port(
        name, center=(x, y), width=width, orientation=90, layer=LAYERS[layer], port_type="electrical"
    )
    port.info["net"], port.info["role"] = net, role


def positions(reference: Reference, net: str, role: Role = "node") -> list[tuple[float, float]]:
    """Where a placed primitive offers a net, left to right: [(x, y)], um.

    Raises:
        KeyError: the primitive has no such net in that role: a slip in a block's layout.
    """
    found = sorted(
        tuple(p.center) for p in reference.ports if p.info["net"] == net and p.info["role"] == role
    )
    if not found:
        raise KeyError(f"{reference.cell.name}: no {role} of net {net}")
    return found


def xs_of(reference: Reference, net: str, role: Role = "node") -> list[float]:
    """x of positions()."""
    return [x for x, _ in positions(reference, net, role)]


def strap(component: Component, x: float, y0: float, y1: float, width: float = rules.STRAP) -> None:
    """Vertical met1 strap centred at x."""
    box(component, "met1", x - width / 2, y0, x + width / 2, y1)


def riser(component: Component, x: float, y0: float, y1: float) -> float:
    """Vertical met1 strap from y0 that carries the via of a bar at y1; returns x."""
    strap(component, x, y0, y1 + (rules.BAR / 2 if y1 > y0 else -rules.BAR / 2))
    return x


def bar(component: Component, y: float, taps: Iterable[float], reach: Iterable[float] = ()) -> None:
    """Horizontal met2 bar at y with a via to met1 at each x of taps; reach: further x that the bar extends
    to.

    ::

              tap          tap                 reach
           +---[via]--------[via]----------------+   met2, 0.32 wide
                 |            |                      met1 straps below
    """
    taps = list(taps)
    ends = [*reach, *(x + side * rules.BAR / 2 for x in taps for side in (-1, 1))]
    box(component, "met2", min(ends), y - rules.BAR / 2, max(ends), y + rules.BAR / 2)
    for x in taps:
        via = rules.VIA1 / 2
        box(component, "via", x - via, y - via, x + via, y + via)


def via_stack(
    component: Component, x: float, y: float, bottom: str, top: str, width: float, height: float
) -> None:
    """Vias with their metals from bottom to top ("met1" to "met4"); each cut array fills width x height less
    its enclosures.

    The metals are drawn width x height: at least 0.37 x 0.37 um, and 0.49 x 0.49 um where met3 stands alone
        (m3.6 minimum area).
    """
    first, last = _STACK.index(bottom), _STACK.index(top)
    x0, x1, y0, y1 = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    for index in range(first, last + 1):
        layer = _STACK[index]
        if layer in rules.VIAS:
            size, pitch, *enclosures = rules.VIAS[layer]
            inset = max(enclosures)
            cut_array(component, (layer,), x0 + inset, y0 + inset, x1 - inset, y1 - inset, size, pitch)
        else:
            box(component, layer, x0, y0, x1, y1)


def pin(
    component: Component,
    net: str,
    layer: str,
    x: float,
    y: float,
    width: float = 0.32,
    height: float = 0.32,
    orientation: int = 0,
) -> None:
    """Pin over drawn metal: shape on datatype 16, label on datatype 5, and a port called net on the edge that
    orientation names.

    Args:
        orientation: 0 right, 90 top, 180 left, 270 bottom: the side from which the pin is reached.
    """
    x0, x1, y0, y1 = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    box(component, pin_layer(layer), x0, y0, x1, y1)
    component.add_label(net, position=(rules.on_grid(x), rules.on_grid(y)), layer=label_layer(layer))
    across = height if orientation in (0, 180) else width
    centre = {0: (x1, y), 180: (x0, y), 90: (x, y1), 270: (x, y0)}[orientation]
    port = component.add_port(
        net, center=centre, width=across, orientation=orientation, layer=LAYERS[layer], port_type="electrical"
    )
    port.info["net"], port.info["role"] = net, "pin"


def through_bars(component: Component, bars: Mapping[str, tuple[float, float]], width: float) -> None:
    """met3 bars from x = 0 to width, net -> (y, height), with a pin at either end: ports net (left) and
    <net>_right."""
    for net, (y, height) in bars.items():
        box(component, "met3", 0, y - height / 2, width, y + height / 2)
        pin(component, net, "met3", 0.3, y, 0.6, height, orientation=180)
        box(component, pin_layer("met3"), width - 0.6, y - height / 2, width, y + height / 2)
        component.add_label(net, position=(width - 0.3, rules.on_grid(y)), layer=label_layer("met3"))
        right = {
            "center": (width, y),
            "width": height,
            "orientation": 0,
            "layer": LAYERS["met3"],
            "port_type": "electrical",
        }
        port = component.add_port(f"{net}_right", **right)
        port.info["net"], port.info["role"] = net, "pin"
