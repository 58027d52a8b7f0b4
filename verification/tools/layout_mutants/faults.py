"""Random faults in a flat drawing: what a slip of a generator, of a hand or of a mask would leave.

Each kind draws from what a block has: a kind without a place there gives none. A fault is made as small and
as legal as its kind allows (a cut of the least space, a bridge of the least width, a gate longer by one step
of the grid), so that no checker sees it by its looks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import klayout.db as db
from neusoc.pdk.rules import LEAST
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.tools.layout_mutants.conductors import JOINS, Conductors, Node

GRID = 5  # database units of 1 nm
BRIDGED = 1.0  # um: bridges reach as far
LENGTHS = (0.005, 0.01, 0.02, 0.05)  # um, of gates
SIZES = (0.05, 0.1, 0.2)  # um, of other devices and of the width of gates
# mask -> what it lies over, that is what loses it: contacts of poly for npc
IMPLANTS = {
    "nsdm": ("diff", "tap"),
    "psdm": ("diff", "tap", "body"),
    "nwell": ("diff",),
    "hvi": ("diff",),
    "rpm": ("body",),
    "urpm": ("body",),
    "npc": ("head",),
    "areaid_diode": ("diff",),
    "pnp": ("diff",),
    "poly_res": ("poly",),
}


@dataclass(frozen=True)
class Edit:
    """On one layer: polygons that go, polygons that come, as text in database units."""

    layer: str
    gone: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, where it is, and what is done to the drawing."""

    kind: str
    where: str
    edits: tuple[Edit, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For lists."""
        return f"{self.kind}: {self.where}"


def plant(mutant: Mutant, fault: Fault) -> Mutant:
    """Do to a drawing what a fault says."""
    for edit in fault.edits:
        mutant.change(
            edit.layer,
            [db.Polygon.from_s(text) for text in edit.gone],
            [db.Polygon.from_s(text) for text in edit.drawn],
        )
    return mutant.rename(changes=fault.labels) if fault.labels else mutant


def _at(polygon: db.Polygon | db.Box) -> str:
    center = (polygon if isinstance(polygon, db.Box) else polygon.bbox()).center()
    return f"({center.x / 1000:.3f}, {center.y / 1000:.3f}) um"


def _box(*corners: int) -> str:
    return str(db.Polygon(db.Box(*corners)))


def _steps(value: float) -> int:
    return round(value / GRID) * GRID


class Faults:
    """Faults of one block.

    Args:
        sound: the conductors of its flat drawing.
        chosen: source of random numbers.
    """

    def __init__(self, sound: Conductors, chosen: random.Random) -> None:
        self.sound, self.chosen = sound, chosen
        self.masks = sound.masks
        self.gates = sorted((self.masks["poly"] & self.masks["diff"]).merged().each(), key=str)

    def _one[T](self, among: list[T]) -> T | None:
        return self.chosen.choice(among) if among else None

    def _polygons(self, name: str) -> list[db.Polygon]:
        return sorted(self.masks[name].each(), key=str)

    def _wires(self) -> str | None:
        """A layer of wires that the block has."""
        return self._one([name for name in LEAST if not self.masks[name].is_empty()])

    def cut(self) -> Fault | None:
        """A slot of the least space across a wire."""
        layer = self._wires()
        wire = self._one(self._polygons(layer)) if layer else None
        if layer is None or wire is None:
            return None
        mode = self._one([db.Polygon.TD_htrapezoids, db.Polygon.TD_vtrapezoids])
        pieces = [
            piece.bbox()
            for piece in db.Region(wire).decompose_trapezoids_to_region(mode).each()
            if piece.is_box()
        ]
        slot = _steps(LEAST[layer][1] * 1000)
        piece = self._one([box for box in pieces if max(box.width(), box.height()) >= 2 * slot])
        if piece is None:
            return None
        along = piece.width() >= piece.height()
        first, last = (piece.left, piece.right) if along else (piece.bottom, piece.top)
        start = first + self.chosen.randrange(0, last - first - slot, GRID)
        box = (
            (start, piece.bottom, start + slot, piece.top)
            if along
            else (piece.left, start, piece.right, start + slot)
        )
        left = (db.Region(wire) - db.Region(db.Box(*box))).merged()
        if left.count() < 2 or left.interacting(self._used(layer)).count() < 2:
            return None  # it stays one piece, or a piece leads nowhere
        return Fault("cut wire", f"{layer} at {_at(db.Box(*box))}", (Edit(layer, gone=(_box(*box),)),))

    def _used(self, layer: str) -> db.Region:
        """Where wires of a layer lead: contacts, vias, gates, pins."""
        found = db.Region()
        for name, (below, above) in JOINS.items():
            if layer in (*below, above):
                found += self.masks[name]
        if layer == "poly":
            found += self.masks["diff"]
        for _, name, point in self.sound.labels:
            if name == layer:
                found += db.Region(db.Box(point, point).enlarged(GRID, GRID))
        return found

    def bridge(self) -> Fault | None:
        """A piece of the least width between two wires of different nets."""
        layer = self._wires()
        if layer is None:
            return None
        width = _steps(LEAST[layer][0] * 1000)
        pairs = self.masks[layer].isolated_check(
            round(BRIDGED * 1000), metrics=db.Region.Projection, min_projection=width
        )
        pair = self._one(sorted(pairs.each(), key=str))
        if pair is None:
            return None
        gap = pair.polygon(0).bbox()
        upright = pair.first.d().x == 0  # the edges stand: the gap is crossed from left to right
        first, last = (gap.bottom, gap.top) if upright else (gap.left, gap.right)
        start = first + self.chosen.randrange(0, max(GRID, last - first - width + GRID), GRID)
        box = (
            db.Box(gap.left, start, gap.right, start + width)
            if upright
            else db.Box(start, gap.bottom, start + width, gap.top)
        )
        nets = {self.sound.net(number) for number in self.sound.at(layer, box)}
        if len(nets) < 2:
            return None
        return Fault("bridge", f"{layer} at {_at(box)}", (Edit(layer, drawn=(str(db.Polygon(box)),)),))

    def vias(self) -> Fault | None:
        """All contacts, or vias, between one shape below and one above."""
        layer = self._one([name for name in JOINS if self.sound.cuts[name]])
        if layer is None:
            return None
        _, low, high = self._one(self.sound.cuts[layer]) or (None, 0, 0)
        group = [
            str(polygon) for polygon, one, other in self.sound.cuts[layer] if (one, other) == (low, high)
        ]
        what = f"{len(group)} {layer} between {self._node(low)} and {self._node(high)}"
        return Fault("missing via group", what, (Edit(layer, gone=tuple(group)),))

    def _node(self, number: int) -> str:
        node: Node = self.sound.nodes[number]
        return f"{node.layer} at {_at(node.polygon)}"

    def _gate(self) -> tuple[db.Box, bool] | None:
        """A rectangular gate, and whether its length lies along x."""
        gate = self._one([polygon for polygon in self.gates if polygon.is_box()])
        if gate is None:
            return None
        box = gate.bbox()
        beside = db.Region(db.Box(box.left - 2 * GRID, box.bottom, box.left, box.top))
        return box, (beside & self.masks["poly"]).is_empty()

    def length(self) -> Fault | None:
        """A gate that is longer or shorter by some steps of the grid."""
        if (found := self._gate()) is None:
            return None
        gate, along = found
        by = _steps(self.chosen.choice(LENGTHS) * 1000)
        longer = self.chosen.random() < 0.7
        edge = gate.right if along else gate.top
        reach = (edge, edge + by) if longer else (edge - by, edge)
        box = (
            _box(reach[0], gate.bottom, reach[1], gate.top)
            if along
            else _box(gate.left, reach[0], gate.right, reach[1])
        )
        what = f"{'longer' if longer else 'shorter'} by {by / 1000} um at {_at(gate)}"
        return Fault(
            "gate length", what, (Edit("poly", drawn=(box,)) if longer else Edit("poly", gone=(box,)),)
        )

    def width(self) -> Fault | None:
        """A gate whose diffusion is narrower."""
        if (found := self._gate()) is None:
            return None
        gate, along = found
        by = _steps(self.chosen.choice(SIZES) * 1000)
        if by >= (gate.height() if along else gate.width()):
            return None
        box = (
            (gate.left, gate.top - by, gate.right, gate.top)
            if along
            else (gate.right - by, gate.bottom, gate.right, gate.top)
        )
        return Fault(
            "gate width", f"narrower by {by / 1000} um at {_at(gate)}", (Edit("diff", gone=(_box(*box),)),)
        )

    def size(self) -> Fault | None:
        """A capacitor, resistor, ReRAM or diode that is smaller."""
        masks = [
            name for name in ("capm", "poly_res", "reram", "areaid_diode") if not self.masks[name].is_empty()
        ]
        layer = self._one(masks)
        boxes = [polygon.bbox() for polygon in self._polygons(layer) if polygon.is_box()] if layer else []
        box = self._one(boxes)
        if layer is None or box is None:
            return None
        if layer == "areaid_diode":  # its mask ends outside the diffusion that it marks
            marked = self._one(sorted((db.Region(box) & self.masks["diff"]).each(), key=str))
            box, layer = (marked.bbox(), "diff") if marked is not None else (box, layer)
        by = _steps(self.chosen.choice(SIZES) * 1000)
        gone = (box.right - by, box.bottom, box.right, box.top)
        if layer == "poly_res":  # across the current: its length
            poly = db.Region(db.Box(box.left - 2 * GRID, box.bottom, box.left, box.top)) & self.masks["poly"]
            gone = gone if not poly.is_empty() else (box.left, box.top - by, box.right, box.top)
        return Fault(
            "device size",
            f"{layer} smaller by {by / 1000} um at {_at(box)}",
            (Edit(layer, gone=(_box(*gone),)),),
        )

    def implant(self) -> Fault | None:
        """A mask that makes a device what it is, gone over one shape."""
        drawn, sound = self.masks, self.sound
        shapes = {
            "diff": drawn["diff"],
            "tap": drawn["tap"],
            "body": sound.bodies,
            "poly": drawn["poly_res"] & drawn["poly"],
            "head": (drawn["licon1"] & drawn["poly"]).sized(50).merged(),
        }
        layer = self._one([name for name in IMPLANTS if not drawn[name].is_empty()])
        place = self._one(IMPLANTS[layer]) if layer else None
        if layer is None or place is None:
            return None
        over = self._one(sorted((shapes[place].interacting(drawn[layer])).merged().each(), key=str))
        if over is None:
            return None
        gone = (db.Region(over).sized(200) & drawn[layer]).merged()
        if gone.is_empty():
            return None
        what = f"{layer} over {place} at {_at(over)}"
        return Fault(
            "missing implant",
            what,
            (Edit(layer, gone=tuple(sorted(str(polygon) for polygon in gone.each()))),),
        )

    def tap(self) -> Fault | None:
        """A tap with its contacts; or all taps of a well, or of the substrate."""
        drawn = self.masks
        one = self._one(self._polygons("tap"))
        if one is None:
            return None
        gone, what = db.Region(one), f"at {_at(one)}"
        if self.chosen.random() < 0.5:
            well = drawn["nwell"].interacting(gone)
            gone = (
                drawn["tap"].interacting(well)
                if not well.is_empty()
                else drawn["tap"].not_interacting(drawn["nwell"])
            )
            what = f"all {gone.count()} of {'its well' if not well.is_empty() else 'the substrate'} {what}"
        contacts = drawn["licon1"].interacting(gone)
        edits = [
            Edit(layer, gone=tuple(sorted(map(str, region.each()))))
            for layer, region in (("tap", gone), ("licon1", contacts))
        ]
        return Fault("missing tap", what, tuple(edit for edit in edits if edit.gone))

    def reram(self) -> Fault | None:
        """A ReRAM without body (a wire), without via (nothing), or neither."""
        body = self._one(self._polygons("reram"))
        if body is None:
            return None
        via = tuple(sorted(str(polygon) for polygon in self.masks["via"].interacting(db.Region(body)).each()))
        which = self.chosen.choice(("body", "via", "body and via"))
        edits = [Edit("reram", gone=(str(body),))] if "body" in which else []
        edits += [Edit("via", gone=via)] if "via" in which else []
        return Fault("missing ReRAM", f"{which} at {_at(body)}", tuple(edits))

    def pins(self) -> Fault | None:
        """Two labels that have changed places."""
        names = sorted({end[1] for end in self.sound.ends if end[0] == "label"})
        if len(names) < 2:
            return None
        one, other = self.chosen.sample(names, 2)
        return Fault("swapped pins", f"{one} and {other}", labels={one: other, other: one})


KINDS: dict[str, Callable[[Faults], Fault | None]] = {
    "cut wire": Faults.cut,
    "bridge": Faults.bridge,
    "missing via group": Faults.vias,
    "gate length": Faults.length,
    "gate width": Faults.width,
    "device size": Faults.size,
    "missing implant": Faults.implant,
    "missing tap": Faults.tap,
    "missing ReRAM": Faults.reram,
    "swapped pins": Faults.pins,
}


def distinct[F](make: Callable[[], F | None], count: int) -> list[F]:
    """Different faults, `count` of them or as many as there are places; `make` gives None where there is no
    place."""
    drawn: list[F] = []
    for _ in range(4 * count):
        fault = next(filter(None, (make() for _ in range(20))), None)
        if fault is None or len(drawn) == count:
            break
        if fault not in drawn:
            drawn.append(fault)
    return drawn


def draw(sound: Conductors, kind: str, count: int, seed: str) -> list[Fault]:
    """Different faults of one kind; fewer than count if the block has no more places.

    Args:
        sound: the block.
        kind: key of KINDS.
        count: number.
        seed: seed of the random numbers.
    """
    faults = Faults(sound, random.Random(seed))
    return distinct(lambda: KINDS[kind](faults), count)
