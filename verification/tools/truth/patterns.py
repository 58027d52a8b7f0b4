"""Patterns that a field solver can solve: wires of sky130, a few um long, and nothing else.

A pattern is drawn boxes, each on a net, and says which two nets it is about. In a layout every net has a pin
with its label, so that an extractor names it. In one layout for all patterns (`bench`) the nets are called
<pattern>__<net>.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import klayout.db as kdb
from neusoc.pdk import rules
from neusoc.pdk.extractor import SIDEWALLS
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LABEL, LAYERS, PIN

LEAST = {
    layer: rules.LEAST[layer] for layer in SIDEWALLS
}  # least width and spacing (um) of the layers whose coupling is ours
SUBSTRATE = "gnd"  # the net below everything
LENGTH = 10.0  # um, of parallel wires
ARM = 2.0  # um, of a crossing's wires from its middle
APART = 60.0  # um, from pattern to pattern in one layout: kpex looks 8 um far
_HALF_PIN = 0.05  # um, half of a pin's edge
SAME_LAYER = ("pair", "far", "between")


@dataclass(frozen=True)
class Shape:
    """A box on a net; um."""

    net: str
    layer: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Pattern:
    """What is drawn and what it is about.

    Attributes:
        name: such as pair_met1_1x: one least spacing apart.
        kind: pair (two wires of a layer), far (four least spacings apart), between (one of three wires),
            plane (one wire above another or above a plane), crossing, alone.
        nets: the two whose coupling counts.
        shapes: the drawing.
    """

    name: str
    kind: str
    nets: tuple[str, str]
    shapes: tuple[Shape, ...]


def _along(layer: str, wires: Iterable[tuple[str, float]], width: float | None = None) -> tuple[Shape, ...]:
    """Horizontal wires: (net, y of the lower edge)."""
    wide = width or LEAST[layer][0]
    return tuple(Shape(net, layer, 0.0, y, LENGTH, y + wide) for net, y in wires)


def _two(layer: str, spacings: int, width: float | None = None) -> tuple[Shape, ...]:
    wide, space = width or LEAST[layer][0], LEAST[layer][1]
    return _along(layer, (("a", 0.0), ("b", wide + spacings * space)), width)


def _plane(layer: str) -> Shape:
    return Shape("plane", layer, -2.0, -2.0, LENGTH + 2.0, 3.0)


def _cross(lower: str, upper: str) -> tuple[Shape, ...]:
    half = {layer: LEAST[layer][0] / 2 for layer in (lower, upper)}
    return (
        Shape("a", lower, -ARM, -half[lower], ARM, half[lower]),
        Shape("b", upper, -half[upper], -ARM, half[upper], ARM),
    )


def _grid(lower: str, upper: str, reach: float = 1.5) -> tuple[Shape, ...]:
    """Three wires over three at the least pitch; a and b are the middle ones."""
    half, pitch = LEAST[lower][0] / 2, sum(LEAST[lower])
    flat = (
        Shape(net, lower, -reach, k * pitch - half, reach, k * pitch + half)
        for net, k in (("a", 0), ("c", 1), ("d", -1))
    )
    up = (
        Shape(net, upper, k * pitch - half, -reach, k * pitch + half, reach)
        for net, k in (("b", 0), ("e", 1), ("f", -1))
    )
    return (*flat, *up)


def patterns() -> tuple[Pattern, ...]:
    """All of them, those of one kind together."""
    ab = ("a", "b")
    found = []
    for layer in LEAST:
        for spacings in (1, 2, 4) if layer in ("met1", "met2", "met3") else (1, 3):
            found.append(
                Pattern(
                    f"pair_{layer}_{spacings}x", "far" if spacings == 4 else "pair", ab, _two(layer, spacings)
                )
            )
    found.append(Pattern("pair_met1_wide", "pair", ab, _two("met1", 1, 1.0)))
    found.append(Pattern("pair_met2_over_met1", "pair", ab, (*_two("met2", 1), _plane("met1"))))
    for layer in ("met1", "met2", "met3"):
        pitch = sum(LEAST[layer])
        found.append(
            Pattern(
                f"between_{layer}", "between", ab, _along(layer, (("a", 0.0), ("b", pitch), ("c", -pitch)))
            )
        )
    for lower, upper in (("li1", "met1"), ("met1", "met2"), ("met2", "met3")):
        found.append(
            Pattern(
                f"over_{lower}_{upper}",
                "plane",
                ("a", "plane"),
                (*_along(upper, (("a", 0.5),)), _plane(lower)),
            )
        )
    stacked = (*_along("poly", (("a", 0.0),)), *_along("li1", (("b", 0.0),)))
    found.append(Pattern("along_poly_li1", "plane", ab, stacked))
    for lower, upper in (("poly", "li1"), ("li1", "met1"), ("met1", "met2"), ("met2", "met3")):
        found.append(Pattern(f"cross_{lower}_{upper}", "crossing", ab, _cross(lower, upper)))
    found.append(Pattern("grid_met1_met2", "crossing", ab, _grid("met1", "met2")))
    found += [
        Pattern(f"alone_{layer}", "alone", ("a", SUBSTRATE), _along(layer, (("a", 0.0),)))
        for layer in ("met1", "met3")
    ]
    return tuple(found)


def draw(drawn: Iterable[Pattern], gds: Path, prefixed: bool = False) -> None:
    """Write patterns beside each other; top cell TOP.

    Args:
        drawn: patterns.
        gds: file to be written.
        prefixed: nets are <pattern>__<net> instead of <net>.
    """
    layout = kdb.Layout()
    top = layout.create_cell("TOP")
    for number, pattern in enumerate(drawn):
        move = kdb.DVector(APART * (number % 6), APART * (number // 6))
        named: set[tuple[str, str]] = set()
        for shape in pattern.shapes:
            drawing = LAYERS[shape.layer]
            top.shapes(layout.layer(*drawing)).insert(
                kdb.DBox(shape.left, shape.bottom, shape.right, shape.top).moved(move)
            )
            if (shape.net, shape.layer) in named:
                continue
            named.add((shape.net, shape.layer))
            at = move + kdb.DVector(shape.left + 0.07, shape.bottom + 0.07)
            pin = kdb.DBox(at.x - _HALF_PIN, at.y - _HALF_PIN, at.x + _HALF_PIN, at.y + _HALF_PIN)
            top.shapes(layout.layer(drawing[0], PIN)).insert(pin)
            net = f"{pattern.name}__{shape.net}" if prefixed else shape.net
            top.shapes(layout.layer(drawing[0], LABEL)).insert(kdb.DText(net, kdb.DTrans(at)))
    write_gds(layout, gds)
