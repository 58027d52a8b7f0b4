"""Layout of the decoupling: plates for vread over the whole cell, under them rows of gates for vref and one
for vth in a ring of taps.

::

      vss          vref     vth  vread               met3 at the upper edge
       |            |        |    |
    +==|============|========|====|=================+
    |  = p tap ring =====|===|===================== |
    |  |                 |[gate]                    |  vth's in the middle, vref's line over it
    |  |  [gate][gate][gate][gate][gate][gate][gate]|  met1: heads of a row on one bar,
    |  =================|========================== |  sources and drains on the tap bar below it;
    |  |  [gate][gate][gate][gate][gate][gate][gate]|  met2: one line in the middle over all bars
    |  = p tap ring ============================== |
    |     plates 5 x 25: met3 vread, met4 vss       |
    +===============================================+

The upper plate is vss, so the met5 rails of the chip pass over ground. Numbers of rows and plates follow from
what the levels want.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import gdsfactory as gf
from neusoc.analog.references.loads import Loads, loads
from neusoc.base.errors import UserError
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.mim import BANK_GAP, ISLAND, ISLAND_Y, PLATE, mim_bank
from neusoc.layout.primitives.rings import place_ring, tap_bar
from neusoc.layout.primitives.shapes import box, pin, positions, strap, via_stack
from neusoc.pdk import rules

# Least at the level over corners and temperatures: README.md, Sizing.
GATE_DENSITY, PLATE_CAPACITANCE = 7.15e-15, 1.607e-12  # F/um2 of a gate at 0.8 V; F of a plate of SIDE x SIDE
FINGERS, WIDTH, LENGTH = (
    7,
    5.0,
    20.0,
)  # gates of a row, um; no strip of diffusion wider than 5.7 um (licon.12)
COLUMNS, SIDE = 5, 30.0  # plates of a row, um
VIA_PITCH = 3.0  # cuts on a plate: 100 of 3.4 ohm in parallel
TO_TAP = 0.575  # n diffusion to the centre line of the bar below it
TO_BAR = 0.75  # centre of heads to that of the bar above
PITCH = round(TO_TAP + WIDTH + rules.HEAD_CENTRE + TO_BAR, 3)
TO_SIDE = 0.73  # outermost contact of a row to the ring's side
TRUNK = 2.0  # met2 over the bars of heads
Y_RING = -1.5  # upper side of the ring; the plates end at 0
PORT = 3.0  # width of what leaves the cell, um
EDGE = 0.60  # from the plates to the outline: half of what foreign met3 keeps (MR_capm.SP.2)


class Counts(NamedTuple):
    """Rows of gates for vref, rows of plates for vread, gates for vth."""

    gates: int
    plates: int
    fingers: int


def counts(wanted: Loads) -> Counts:
    """Rows that hold what is wanted at every corner.

    Args:
        wanted: F at each level.

    Raises:
        UserError: the gates would need more height than the plates over them have, or those for vth more than
            a row.
    """
    gates = math.ceil(wanted.vref / (GATE_DENSITY * FINGERS * WIDTH * LENGTH))
    plates = math.ceil(wanted.vread / (PLATE_CAPACITANCE * COLUMNS))
    fingers = math.ceil(wanted.vth / (GATE_DENSITY * WIDTH * LENGTH))
    if fingers > FINGERS:
        raise UserError(
            f"decoupling: {wanted.vth * 1e12:g} pF for the threshold are more than its one row of {FINGERS}"
            " gates; choose a smaller vth_held in references.yaml"
        )
    if (gates + 1) * PITCH > plates * (SIDE + BANK_GAP) + Y_RING:
        raise UserError(
            f"decoupling: {wanted.vref * 1e12:g} pF of gates do not fit under {wanted.vread * 1e12:g} pF of"
            " plates; choose a smaller vref_load in references.yaml"
        )
    return Counts(gates, plates, fingers)


@gf.cell
def decoupling() -> gf.Component:
    """Gates for vref and vth, plates for vread, as much as the benches of references have.

    Returns:
        Component decoupling with ports vss, vref, vth, vread (upper edge, met3, from left to right).

    Raises:
        UserError: as of counts() and loads().
    """
    component = gf.Component()
    rows = counts(loads())
    across = 2 * PLATE + COLUMNS * (SIDE + BANK_GAP) - BANK_GAP
    ports = {
        net: rules.on_grid(across * part)
        for net, part in (("vss", 1 / 4), ("vref", 1 / 2), ("vth", 5 / 8), ("vread", 3 / 4))
    }
    islands = (ports["vss"], ports["vread"])
    bank = component << mim_bank(
        "decoupling_plates", COLUMNS, rows.plates, SIDE, SIDE, "vss", "vread", islands, VIA_PITCH
    )
    bank.mirror_y(0)  # its terminals above
    _gates(component, rows, rules.on_grid(across / 2), ports)
    top = -ISLAND_Y + ISLAND[1] / 2
    for net, x in ports.items():
        box(component, "met3", x - PORT / 2, -ISLAND_Y - ISLAND[1] / 2, x + PORT / 2, top)
        pin(component, net, "met3", x, -ISLAND_Y, PORT, ISLAND[1], orientation=90)
    box(component, "prbndry", -EDGE, bank.dbbox().bottom - EDGE, across + EDGE, top)
    return component


def _gates(component: gf.Component, rows: Counts, middle: float, ports: dict[str, float]) -> None:
    """The rows in their ring, that of vth above, bars of taps between them, both levels' lines and the way
    from the ring to vss."""
    half = FINGERS * rules.column_pitch(LENGTH) / 2
    sides = (rules.on_grid(middle - half - TO_SIDE), rules.on_grid(middle + half + TO_SIDE))
    low = round(Y_RING - (rows.gates + 1) * PITCH, 3)
    place_ring(component, "decoupling_ring", sides, (low, Y_RING), "p", rails="tb")
    heads = []
    for i, (net, fingers) in enumerate([("vref", FINGERS)] * rows.gates + [("vth", rows.fingers)]):
        level = rules.on_grid(low + i * PITCH)
        if i:
            tap_bar(component, "p", sides[0] + 0.6, sides[1] - 0.6, level)
            for layer, reach in (
                ("tap", rules.TAP_HALF),
                ("li1", rules.TAP_LI_HALF),
                ("met1", rules.RAIL_HALF),
            ):
                box(component, layer, sides[0], level - reach, sides[1], level + reach)
        path = " ".join(["vss", *[net, "vss"] * fingers])
        placed = component << finger_row(f"decoupling_row_{net}", path, "n", WIDTH, LENGTH, f"{net}:t", 1.8)
        placed.move((middle, rules.on_grid(level + TO_TAP + WIDTH / 2)))
        for x, y in positions(placed, "vss"):
            strap(component, x, y, level)
        gates = positions(placed, net, "gate")
        ends = [gates[0][0], gates[-1][0], *([ports[net]] if net == "vth" else [])]
        box(component, "met1", min(ends), gates[0][1] - rules.BAR / 2, max(ends), gates[0][1] + rules.BAR / 2)
        heads.append(gates[0][1])
    edge = -ISLAND_Y + ISLAND[1] / 2
    for x, own in ((middle, heads[:-1]), (ports["vth"], heads[-1:])):
        for y in own:
            via_stack(component, x, y, "met1", "met2", TRUNK, rules.BAR)
        box(component, "met2", x - TRUNK / 2, own[0] - rules.BAR / 2, x + TRUNK / 2, edge)
        via_stack(component, x, -ISLAND_Y, "met2", "met3", TRUNK, ISLAND[1])
    x = ports["vss"]
    box(component, "met1", x - PORT / 2, Y_RING, x + PORT / 2, edge)
    via_stack(component, x, -ISLAND_Y, "met1", "met3", PORT, ISLAND[1])
