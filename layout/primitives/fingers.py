"""Rows of stacked transistor fingers, drawn from the Euler path of the circuit."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.shapes import Reference, box, contacts, net_port
from neusoc.pdk import rules

Polarity = Literal["n", "p"]
_SIDES = {"t": 1, "b": -1}
DUMMY = "dummy"  # gates of place_row that are called so are tied


def _check(
    path: list[str], heads: dict[str, str], finger_width: float, length: float, voltage: float
) -> None:
    if len(path) < 3 or len(path) % 2 == 0:
        raise ValueError(f"path {' '.join(path)!r}: write node gate node ... node")
    if voltage not in rules.GATE_LENGTH_MIN:
        raise ValueError(f"voltage {voltage}: 1.8 or 5.0")
    for name, value, least in (
        ("finger_width", finger_width, rules.WIDTH_MIN),
        ("length", length, rules.GATE_LENGTH_MIN[voltage]),
    ):
        if value < least - 1e-9 or abs(value * 100 - round(value * 100)) > 1e-6:
            raise ValueError(f"{name} {value}: a multiple of 0.01 um from {least} up")
    if wrong := [net for net, side in heads.items() if side not in _SIDES or net not in path[1::2]]:
        raise ValueError(f"heads: {wrong[0]} is no gate of the path, or its side is neither t nor b")


@gf.cell(set_name=False)
def finger_row(
    name: str,
    path: str,
    polarity: Polarity = "n",
    finger_width: float = 2.0,
    length: float = 1.0,
    heads: str = "",
    voltage: float = 1.8,
    dummies: Literal["t", "b", "tb"] = "tb",
) -> gf.Component:
    """One strip of diffusion with all its fingers, centred on the origin.

    ::

          path "tail inp d1 inp tail", heads "inp:t"

                  [inp]  [inp]          gate heads on met1
             |     |  |   |  |    |
            tail   |  d1  |  |  tail    one met1 landing a node
             |     |  |   |  |    |

    Gates that `heads` does not name are dummies: tied in li1 to the node at the nearer end of the row (they
        are real
    devices: the schematic draws them too). Ports: one a node and one a head, net in port.info["net"], role in
        port.info["role"].

    Args:
        name: name of the GDS cell; unique in the block.
        path: node gate node gate ... node: the Euler path of the strip, left to right.
        polarity: "n" or "p"; the block draws the well.
        finger_width: width of one finger, um, from 0.42.
        length: gate length, um, from 0.15 (1.8 V) or 0.50 (5 V).
        heads: "net:t net:b": on which side the gates of each net are contacted.
        voltage: 1.8, or 5.0 for thick oxide (hvi is drawn).
        dummies: side on which dummies are tied.

    Returns:
        The row: width (fingers x pitch + 0.30) um, gates past the diffusion by 0.52 um at a head and 0.13 um
            elsewhere.

    Raises:
        ValueError: a size off the grid or below the rule, or heads that do not fit the path.

    Source: rules.py.
    """
    tokens = path.split()
    sides = dict(pair.split(":") for pair in heads.split())
    _check(tokens, sides, finger_width, length, voltage)
    component = gf.Component(name)
    nodes, gates = tokens[0::2], tokens[1::2]
    count, pitch, half = len(gates), rules.column_pitch(length), finger_width / 2

    def column(index: float) -> float:
        """x of node index; the gate between two nodes is at index + 1/2."""
        return (index - count / 2) * pitch

    end = column(count) + rules.DIFF_END
    box(component, "diff", -end, -half, end, half)
    implant = rules.IMPLANT
    box(
        component,
        "nsdm" if polarity == "n" else "psdm",
        -end - implant,
        -half - implant,
        end + implant,
        half + implant,
    )
    if voltage > 1.8:
        box(
            component,
            "hvi",
            -end - rules.THICK_OXIDE,
            -half - rules.THICK_OXIDE,
            end + rules.THICK_OXIDE,
            half + rules.THICK_OXIDE,
        )

    for index, net in enumerate(nodes):
        x, cut = column(index), rules.CUT_ROW_HALF
        contacts(
            component, ("licon1", "mcon"), x - cut, -half + rules.CUT_INSET, x + cut, half - rules.CUT_INSET
        )
        box(component, "li1", x - cut, -half, x + cut, half)
        box(component, "met1", x - rules.STRAP / 2, -half, x + rules.STRAP / 2, half)
        net_port(component, f"node{index}", net, "node", x, 0)

    for index, net in enumerate(gates):
        x = column(index + 0.5)
        contacted = sides.get(net, dummies)
        for side, sign in _SIDES.items():
            reach = rules.HEAD_CENTRE if side in contacted else rules.ENDCAP
            box(component, "poly", x - length / 2, 0, x + length / 2, sign * (half + reach))
        for side in contacted:
            y = _SIDES[side] * (half + rules.HEAD_CENTRE)
            _head(component, x, y, length, pitch, metal=net in sides)
            if net in sides:
                net_port(component, f"gate{index}", net, "gate", x, y)
            else:
                _tie(component, x, y, column(0) if index < count / 2 else column(count), half)
    for (i, left), (j, right) in pairwise(enumerate(gates)):
        for side in set(sides.get(left, dummies)) & set(
            sides.get(right, dummies)
        ):  # npc of neighbours merges (npc.2 space)
            y = _SIDES[side] * (half + rules.HEAD_CENTRE)
            box(component, "npc", column(i + 0.5), y - rules.NPC_HALF, column(j + 0.5), y + rules.NPC_HALF)
    return component


def _head(component: gf.Component, x: float, y: float, length: float, pitch: float, metal: bool) -> None:
    """Poly contact over a gate; met1 only where a net is to be reached."""
    wide = max(length, rules.HEAD_WIDTH) / 2
    landing = max(length / 2 - 0.12, rules.STRAP / 2)  # keeps met1 0.14 from the straps beside the gate
    cut = rules.CUT_ROW_HALF
    box(component, "poly", x - wide, y - rules.HEAD_HALF, x + wide, y + rules.HEAD_HALF)
    npc = max(wide + 0.02, landing - 0.03 + 0.1)
    box(
        component,
        "npc",
        x - min(npc, pitch / 2),
        y - rules.NPC_HALF,
        x + min(npc, pitch / 2),
        y + rules.NPC_HALF,
    )
    contacts(
        component,
        ("licon1", "mcon") if metal else ("licon1",),
        x - landing + 0.03,
        y - cut,
        x + landing - 0.03,
        y + cut,
    )
    box(component, "li1", x - landing - 0.05, y - cut, x + landing + 0.05, y + cut)
    if metal:
        box(component, "met1", x - landing, y - 0.16, x + landing, y + 0.16)


def _tie(component: gf.Component, x: float, y: float, node: float, half: float) -> None:
    """li1 from the head of a dummy to the node at the end of the row."""
    cut = rules.CUT_ROW_HALF
    box(component, "li1", min(node - cut, x), y - cut, max(node + cut, x), y + cut)
    box(component, "li1", node - cut, half if y > 0 else -half, node + cut, y)


def place_row(
    component: gf.Component,
    name: str,
    path: str,
    polarity: Polarity,
    first: float,
    edge: float,
    finger_width: float,
    length: float,
    voltage: float = 5.0,
) -> Reference:
    """A finger_row with a head for every gate but DUMMY, towards the middle of a block whose n rows lie below
    its p rows.

    Args:
        name, path, polarity, finger_width, length, voltage: arguments of finger_row.
        first: x of the first node, um.
        edge: y of the diffusion's edge on the side of the heads, um: the upper one of an n row, the lower one
            of a p row.
    """
    up = "t" if polarity == "n" else "b"
    heads = " ".join(f"{net}:{up}" for net in dict.fromkeys(path.split()[1::2]) if net != DUMMY)
    row = component << finger_row(name, path, polarity, finger_width, length, heads, voltage, up)
    middle = first + (len(path.split()) // 2) * rules.column_pitch(length) / 2
    y = edge - finger_width / 2 if polarity == "n" else edge + finger_width / 2
    row.move((rules.on_grid(middle), rules.on_grid(y)))
    return row
