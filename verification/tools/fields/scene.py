"""What klayout-pex knows of a layout as bodies in space: its process stack, and the shapes of every net (a
PEX25D scene).

    scene = read_scene(text)            # of kpex.scene_text()

The scene is the same stack and the same nets that the extractor's own capacitances are made of, without its
coefficients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import klayout.db as kdb
from neusoc.base.errors import UserError

_UNIT = 1e-4  # um, of the coordinates below: PEX25D's grid
_RECORDS = ("BOX", "POLYGON")
_SKIPPED = ("PEX25D", "UNITS", "META", "RESISTANCE", "CONDUCTOR", "TERMINAL", "DOMAIN_MARGIN", "DOMAIN_BOX")


@dataclass(frozen=True)
class Body:
    """A box of a conductor: um; low and high in each direction."""

    net: str
    layer: str
    x: tuple[float, float]
    y: tuple[float, float]
    z: tuple[float, float]


@dataclass(frozen=True)
class Film:
    """What covers the wires of a layer, um: how far it reaches beside them, above them, and above the plane
    that they stand on."""

    layer: str
    permittivity: float
    beside: float
    over: float
    on_field: float


@dataclass
class Scene:
    """A layout in space.

    Attributes:
        ground: height of the substrate's surface, um.
        heights: layer -> lower and upper side, um; metals and vias.
        bands: (lower side, upper side, permittivity) of what fills the space between the metals, um.
        background: permittivity of all else.
        films: inner ones of a layer first.
        plates: upper plate of a MIM -> layer of the lower one: what is between them is a device, not a
            parasitic.
        diffusion: layers of sources and drains; klayout-pex leaves their shapes out of its scene,
            with_diffusion() puts them in.
        gate: layer of the gates.
        bodies: shapes of all nets as boxes.
    """

    ground: float = 0.0
    heights: dict[str, tuple[float, float]] = field(default_factory=dict)
    bands: list[tuple[float, float, float]] = field(default_factory=list)
    background: float = 1.0
    films: list[Film] = field(default_factory=list)
    plates: dict[str, str] = field(default_factory=lambda: {"capm": "met3_cap", "capm2": "met4_cap"})
    diffusion: tuple[str, ...] = ("nsd", "psd")
    gate: str = "poly"
    bodies: list[Body] = field(default_factory=list)

    def nets(self) -> list[str]:
        """Names of the conductors, sorted."""
        return sorted({body.net for body in self.bodies})


def _statements(text: str) -> list[list[str]]:
    joined = text.replace("\\\n", " ")
    lines = (line.split("#", 1)[0].split() for line in joined.splitlines())
    return [words for words in lines if words]


def _value(words: list[str], key: str) -> str:
    return words[words.index(key) + 1]


def _numbers(words: list[str], after: str) -> list[float]:
    found = []
    for word in words[words.index(after) + 1 :]:
        try:
            found.append(float(word))
        except ValueError:
            break
    return found


def _polygon(words: list[str]) -> kdb.Polygon:
    """A POLYGON record, in units of _UNIT."""
    rings: list[list[float]] = []
    for word in words[words.index("OUTER") :]:
        if word in ("OUTER", "HOLE"):
            rings.append([])
        else:
            rings[-1].append(float(word))
    points = [
        [kdb.Point(round(x / _UNIT), round(y / _UNIT)) for x, y in zip(ring[::2], ring[1::2], strict=True)]
        for ring in rings
    ]
    polygon = kdb.Polygon(points[0])
    for hole in points[1:]:
        polygon.insert_hole(hole)
    return polygon


def _boxes(words: list[str], what: str) -> list[kdb.Box]:
    if words[0] == "BOX":
        left, bottom = _numbers(words, "LL")
        right, top = _numbers(words, "UR")
        return [kdb.Box(*(round(value / _UNIT) for value in (left, bottom, right, top)))]
    polygon = _polygon(words)
    if not polygon.is_rectilinear():
        at = polygon.bbox().center()
        raise UserError(
            f"{what} at ({at.x * _UNIT:g}, {at.y * _UNIT:g}) um has slanted edges; the grid of the field"
            " solver has none"
        )
    return [piece.bbox() for piece in kdb.Region(polygon).decompose_trapezoids_to_region().each()]


def read_scene(text: str) -> Scene:
    """A scene from its text.

    Raises:
        UserError: a statement that is not known, a shape with slanted edges, or no shapes.
    """
    scene = Scene()
    grown: dict[
        str, tuple[str, float, float]
    ] = {}  # film -> layer, reach beside and above, from the wire itself
    for words in _statements(text):
        kind = words[0]
        if kind == "GROUND_PLANE":
            scene.ground = _numbers(words, "Z_OFFSETS")[1]
            scene.heights[words[1]] = (scene.ground, scene.ground)
        elif kind == "METAL":
            low, high = _numbers(words, "Z_OFFSETS")
            scene.heights[words[1]] = (low, high)
        elif kind == "VIA":
            below, above = words[3], words[4]
            scene.heights[words[1]] = (scene.heights[below][1], scene.heights[above][0])
        elif kind == "DIELECTRIC_SIMPLE":
            at = words.index("BETWEEN")
            low, high = (scene.heights[name][0] for name in words[at + 1 : at + 3])
            scene.bands.append((low, high, float(_value(words, "PERMITTIVITY"))))
        elif kind == "DIELECTRIC_CONFORMAL":
            layer, beside, over = grown.get(_value(words, "WRAPS"), (_value(words, "WRAPS"), 0.0, 0.0))
            beside += float(_value(words, "THICKNESS_BESIDE_WRAPPED"))
            over += float(_value(words, "THICKNESS_OVER_WRAPPED"))
            grown[words[1]] = (layer, beside, over)
            field_thickness = float(_value(words, "THICKNESS_ON_FIELD"))
            scene.films.append(
                Film(layer, float(_value(words, "PERMITTIVITY")), beside, over, field_thickness)
            )
        elif kind == "DIELECTRIC_BACKGROUND":
            scene.background = float(_value(words, "PERMITTIVITY"))
        elif kind in _RECORDS:
            net, layer = _value(words, "CONDUCTOR"), _value(words, "LAYER")
            for box in _boxes(words, f"{net}: a shape of {layer}"):
                sides = (box.left * _UNIT, box.right * _UNIT), (box.bottom * _UNIT, box.top * _UNIT)
                scene.bodies.append(Body(net, layer, *sides, scene.heights[layer]))
        elif kind not in _SKIPPED:
            raise UserError(
                f"klayout-pex: its scene has the statement {kind}, which is not known here; extend the reader"
                " of scenes"
            )
    if not scene.bodies:
        raise UserError("klayout-pex: its scene has no shapes; check the layers of the layout")
    return scene


def with_diffusion(scene: Scene, shapes: Iterable[tuple[str, str, kdb.DBox]]) -> Scene:
    """The scene with sources and drains: net, layer, box. They are sheets on the silicon's surface, where
    their contacts stand."""
    bodies = []
    for net, layer, box in shapes:
        surface = scene.heights[layer][1]
        bodies.append(Body(net, layer, (box.left, box.right), (box.bottom, box.top), (surface, surface)))
    return replace(scene, bodies=[*scene.bodies, *bodies])


def reach(bodies: list[Body]) -> Mapping[str, tuple[float, float]]:
    """Sides of the box around bodies: "x" and "y", um."""
    return {
        axis: (min(getattr(b, axis)[0] for b in bodies), max(getattr(b, axis)[1] for b in bodies))
        for axis in ("x", "y")
    }
