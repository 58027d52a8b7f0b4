"""Banks of precision poly resistors (res_high_po, res_xhigh_po): vertical bodies in series, joined
alternately below and above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box, contacts, net_port
from neusoc.pdk import rules

WIDTH = 0.35
WIDTHS = (0.35, 0.69, 1.41, 2.85, 5.73)  # of the library: what extractors know by name
SPACE = 0.49  # poly.9: 0.48 between resistors
PITCH = 0.84  # of resistors 0.35 wide
BAR_WIDTH, BAR_LENGTH = 0.19, 2.00  # licon.1b, licon.1c: contact of a precision resistor
BAR_PITCH, BAR_INSET = 0.70, rules.POLY_END  # licon.2c: 0.51 between bars; licon.8: poly past a bar
HEAD = 2.16  # poly past the marker: the bar and 0.08 to either side (licon.8)
LINK = 0.90  # height of the li1 that joins two heads, and of the met1 landing on it
CUT_INSET = 0.16  # first mcon behind the end of the landing
RPM, IMPLANT, NPC = 0.20, 0.11, 0.10  # rpm.3, rpm.4, rpm.5
LENGTH_MIN = 0.66  # MR_poly.LEN.2
BREAK = "|"  # in a path: the next resistor is not joined to the one before
PLAIN = "."  # in a path: a joint without a name and without a landing
MARKERS = {"high": "rpm", "xhigh": "urpm"}  # implant that makes the sheet: 325 ohm or 2 kohm a square
Sheet = Literal["high", "xhigh"]


def pitch_of(width: float) -> float:
    """Distance of neighbouring resistors of a bank, um."""
    return round(width + SPACE, 3)


@dataclass(frozen=True)
class _Form:
    """What all resistors of a bank share: width and pitch, um."""

    width: float
    pitch: float

    def bar(self, index: int, top: float) -> tuple[float, float, float, float]:
        """The poly of one."""
        x = index * self.pitch
        return x - self.width / 2, 0, x + self.width / 2, top

    def contact_xs(self, x: float) -> list[float]:
        """Centres of the contact bars of a head."""
        count = int((self.width - 2 * BAR_INSET - BAR_WIDTH) / BAR_PITCH + 1e-6) + 1
        return [x + (i - (count - 1) / 2) * BAR_PITCH for i in range(count)]


@gf.cell(set_name=False)
def resistor_bank(
    name: str,
    path: str,
    lengths: tuple[float, ...],
    dummies: int = 1,
    width: float = WIDTH,
    sheet: Sheet = "high",
) -> gf.Component:
    """Resistors side by side; the first stands at x = 0, its lower head begins at y = 0.

    ::

          path "a . b c | d e", five... resistors a-., .-b, b-c and d-e

              +--+     c        e        joints and ends, met1 where they have a name
            | |  |  |  |     |  |
            | |  |  |  |     |  |        bodies: poly under poly_res and rpm or urpm
            | |  +--+  |     |  |
            a      b         d

    The first resistor of each chain starts below. Dummies at the sides are bars of poly without contact.
    Ports: one for each named node, role "node"; end nodes stand half a pitch outward, so that landings of one
        side are two pitches apart.

    Args:
        name: name of the GDS cell; unique in the block.
        path: node names in order; "." leaves a joint unnamed, "|" separates chains (a dummy stands between
            them).
        lengths: lengths of the bodies, um, one for each resistor, from 0.66, multiples of 0.01.
        dummies: bars on either side, at least 1.
        width: width of the bodies, um, one of WIDTHS; the pitch is pitch_of(width).
        sheet: "high" (res_high_po) or "xhigh" (res_xhigh_po).

    Raises:
        ValueError: lengths that do not fit the path, or below the rule; a width that the library has not.

    Source: SkyWater rules poly.9, licon.1b/c, licon.2b/c, rpm.1 to rpm.8 and the same of urpm, as checked by
        sky130.lydrc.
    """
    chains = [chain.split() for chain in path.split(BREAK)]
    count = sum(len(chain) - 1 for chain in chains)
    if count != len(lengths) or any(len(chain) < 2 for chain in chains):
        raise ValueError(
            f"{name}: a path of {count} resistors with {len(lengths)} lengths; give one for each"
        )
    if wrong := [
        length for length in lengths if length < LENGTH_MIN or abs(length * 200 - round(length * 200)) > 1e-6
    ]:
        raise ValueError(f"{name}: length {wrong[0]} um: a multiple of 0.005 um from {LENGTH_MIN} up")
    if width not in WIDTHS:
        raise ValueError(f"{name}: width {width} um: choose one of {', '.join(map(str, WIDTHS))}")
    component = gf.Component(name)
    form = _Form(width, pitch_of(width))
    top = max(lengths) + 2 * HEAD
    place, used = 0, 0
    idle = list(range(-dummies, 0))
    for chain in chains:
        steps = len(chain) - 1
        _chain(component, form, chain, place, lengths[used : used + steps])
        used, place = used + steps, place + steps + 1
        idle.append(place - 1)  # a dummy between chains: room for their ends
    idle += range(place, place - 1 + dummies)
    for index in idle:
        box(component, "poly", *form.bar(index, top))
    left, right = -dummies * form.pitch - width / 2, max(idle) * form.pitch + width / 2
    for layer, grow in ((MARKERS[sheet], RPM), ("psdm", IMPLANT + 0.02), ("npc", NPC)):
        box(component, layer, left - grow, -grow, right + grow, top + grow)
    return component


def _chain(
    component: gf.Component, form: _Form, nodes: list[str], first: int, lengths: tuple[float, ...]
) -> None:
    """Resistors first, first + 1, ... and the joints between them."""
    pitch, reach = form.pitch, form.width / 2
    for i, length in enumerate(lengths):
        x, top = (first + i) * pitch, length + 2 * HEAD
        box(component, "poly", *form.bar(first + i, top))
        box(component, "poly_res", x - reach, HEAD, x + reach, HEAD + length)
        for low in (0, top - HEAD):
            y = low + (HEAD - BAR_LENGTH) / 2
            for centre in form.contact_xs(x):
                box(component, "licon1", centre - BAR_WIDTH / 2, y, centre + BAR_WIDTH / 2, y + BAR_LENGTH)
            box(component, "li1", x - reach, low, x + reach, low + HEAD)
    for i, net in enumerate(nodes):
        above = i % 2 == 1
        x = (first + i) * pitch - pitch / 2
        beside = [lengths[k] for k in (i - 1, i) if 0 <= k < len(lengths)]
        # joined at the height of the shorter resistor; li1 over the longer one leads to its own head
        low = min(beside) + HEAD if above else 0.0
        y0, y1 = (low + HEAD - LINK, low + HEAD) if above else (0.0, LINK)
        ends = [x + side * pitch / 2 for side in (-1, 1)]
        if i in (0, len(nodes) - 1):
            ends = [x, ends[1] if i == 0 else ends[0]] if net != PLAIN else []
        if ends:
            box(component, "li1", min(ends) - reach, y0, max(ends) + reach, y1)
        if above and len(beside) == 2 and beside[0] != beside[1]:
            longer = (first + i - 1 + beside.index(max(beside))) * pitch
            box(component, "li1", longer - reach, y0, longer + reach, max(beside) + HEAD + 0.5)
        if net != PLAIN:
            middle = (y0 + y1) / 2
            for y in (middle - 0.18, middle + 0.18):
                half = rules.CUT / 2
                box(component, "mcon", x - half, y - half, x + half, y + half)
            box(component, "met1", x - rules.STRAP / 2, y0, x + rules.STRAP / 2, y1)
            net_port(component, f"node{first + i}_{i}", net, "node", x, middle)


LINK_LEVELS = (
    0.20,
    1.20,
)  # lower edge of the met1 that joins resistors of the first and of the second chain, from the end
LINK_HEIGHT = 0.65  # two cuts


@gf.cell(set_name=False)
def woven_bank(
    name: str,
    first: tuple[str, str],
    second: tuple[str, str],
    count: int,
    length: float,
    middle: str,
    lengths: tuple[float, ...],
) -> gf.Component:
    """Two equal chains of res_high_po, 0.35 um wide, resistor by resistor in turn, and a third chain in their
    middle.

    ::

        first A, second B, middle C:  dummy A B A B A B dummy C C dummy A B A B dummy

         A resistor of A is joined to the next one of A by met1 over the head of B between them, B in a second
         line; C in li1.

    Ports: role "node": the starts of A and B at the lower end of their first resistors, their ends at the
    last ones (above if `count` is odd), the ends of C as resistor_bank's, below.

    Args:
        name: name of the GDS cell; unique in the block.
        first, second: nets at start and end of A and of B.
        count: number of resistors of each, odd.
        length: length of the bodies of A and B, um.
        middle: path of C; an even number of resistors.
        lengths: lengths of the bodies of C, um.

    Raises:
        ValueError: an even count, or an odd number in the middle.
    """
    nodes = middle.split()
    if count % 2 == 0 or len(nodes) % 2 == 0 or len(lengths) != len(nodes) - 1:
        raise ValueError(
            f"{name}: {count} in turn, {len(lengths)} in the middle, {len(nodes)} nodes; give an odd and an"
            " even number"
        )
    component = gf.Component(name)
    form, left = (
        _Form(WIDTH, PITCH),
        (count + 1) // 2 | 1,
    )  # so many of each stand left of C: its ends are then below
    top = max(length, *lengths) + 2 * HEAD
    places = {
        (chain, i): 2 * i + chain + (len(lengths) + 2 if i >= left else 0)
        for chain in (0, 1)
        for i in range(count)
    }
    _chain(component, form, nodes, 2 * left + 1, lengths)
    for place in places.values():
        _alone(component, form, place, length)
    for chain, (start, end) in enumerate((first, second)):
        for i in range(count - 1):
            _link(
                component,
                chain,
                places[chain, i] * PITCH,
                places[chain, i + 1] * PITCH,
                top if i % 2 == 0 else 0.0,
            )
        for net, i, high in ((start, 0, False), (end, count - 1, True)):
            x, level = places[chain, i] * PITCH, LINK_LEVELS[chain] + LINK_HEIGHT / 2
            y = top - level if high else level
            _link(component, chain, x, x, top if high else 0.0)
            net_port(component, f"node{chain}_{i}", net, "node", x, y)
    total = 2 * count + len(lengths) + 2
    for place in (-1, 2 * left, 2 * left + 1 + len(lengths), total):
        box(component, "poly", *form.bar(place, top))
    for layer, grow in ((MARKERS["high"], RPM), ("psdm", IMPLANT + 0.02), ("npc", NPC)):
        box(component, layer, -PITCH - WIDTH / 2 - grow, -grow, total * PITCH + WIDTH / 2 + grow, top + grow)
    return component


def _alone(component: gf.Component, form: _Form, place: int, length: float) -> None:
    """One resistor with its heads, joined to none."""
    x = place * form.pitch
    box(component, "poly", *form.bar(place, length + 2 * HEAD))
    box(component, "poly_res", x - form.width / 2, HEAD, x + form.width / 2, HEAD + length)
    for low in (0.0, HEAD + length):
        y = low + (HEAD - BAR_LENGTH) / 2
        box(component, "licon1", x - BAR_WIDTH / 2, y, x + BAR_WIDTH / 2, y + BAR_LENGTH)
        box(component, "li1", x - form.width / 2, low, x + form.width / 2, low + HEAD)


def _link(component: gf.Component, chain: int, x0: float, x1: float, end: float) -> None:
    """met1 between the heads of two resistors of a chain, at the end whose y is given (0: the lower one)."""
    y0 = LINK_LEVELS[chain] if end == 0.0 else end - LINK_LEVELS[chain] - LINK_HEIGHT
    half = rules.STRAP / 2
    box(component, "met1", x0 - half, y0, x1 + half, y0 + LINK_HEIGHT)
    for x in {x0, x1}:
        contacts(
            component, ("mcon",), x - half, y0 + rules.MCON_END, x + half, y0 + LINK_HEIGHT - rules.MCON_END
        )
