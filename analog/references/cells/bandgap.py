"""The bandgap: amplifier below, above it pnp, resistors, the slope's taps with their tree, pass transistor,
and on top the capacitor.

::

    | capacitor of pg: six plates                                            |
    | pnp, 24 about | one, two resistor by   | steps       | capacitor of out |
    | one           | resistor, three in the | slope tree  | pass transistor  |
    |               | middle                 |             |                  |
    | channel: met2                                                          |
    | amplifier                                                              |

met3 runs vertically from the parts to the channel. The supplies stand at the left, over the whole height.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.references.cells.amplifiers import reference_ota
from neusoc.analog.references.cells.composite import (
    SIDE,
    Parts,
    bring_out,
    channel,
    pass_transistor,
    plates,
    ringed,
    risers,
    supplies,
    to_tracks,
)
from neusoc.analog.references.cells.trees import FIRST_TAP, TRIM_WIDTH, slope_tree
from neusoc.layout.primitives.junctions import PNP_PITCH, pnp_array
from neusoc.layout.primitives.mim import mim_bank
from neusoc.layout.primitives.resistors import pitch_of, resistor_bank, woven_bank
from neusoc.layout.primitives.shapes import box, positions
from neusoc.layout.routing.bands import RISER
from neusoc.layout.routing.harness import Terminal, landings, pins_of
from neusoc.pdk import rules

UNIT, FIT, STEP = 20.0, 18.0, 1.5  # um: resistors of the branches, the last one, those of the slope
BITS = tuple(f"slope{half}[{i}]" for half in ("", "_b") for i in range(3))
RIGHT = 167.40  # edge of the cell
X_BANK, X_TREE, X_PASS = 38.60, 119.20, 147.20  # first resistor of the branches, left sides of rings
X_PLATES = (31.95, 114.50)  # where the capacitor of pg is reached, from its left edge: between the parts


@gf.cell
def bandgap_core() -> gf.Component:
    """The bandgap with its amplifier; supplies at the left (met3, vertical), all other pins at the right
    (met2)."""
    component = gf.Component()
    ota = component << reference_ota()
    below = pins_of(ota, {"inp": "sense", "inm": "ea", "bias": "pg", "out": "pg"})
    reach = {net: [RIGHT - rules.BAR / 2] for net in (*BITS, "out", "pg")} | SIDE
    levels, _ = channel(component, rules.on_grid(ota.dbbox().top), below, _parts, reach)
    top = rules.on_grid(component.dbbox().top + 0.6)
    supplies(component, ota.dbbox().bottom, top, levels)
    bring_out(component, levels, (*BITS, "out", "pg"), RIGHT)
    box(component, "prbndry", ota.dbbox().left, ota.dbbox().bottom, RIGHT, top)
    return component


def _parts(target: gf.Component, y: float) -> Parts:
    """What stands above the channel, from y on."""
    pnp = target << pnp_array(
        "bandgap_core_pnp", ("many " * 5, "many " * 5, "many many one many many", "many " * 5, "many " * 5)
    )
    pnp.move((2.5 * PNP_PITCH + 0.4, rules.on_grid(y + 2.5 * PNP_PITCH + 0.4)))
    found = [
        Terminal("ea", *positions(pnp, "one")[0], "met1"),
        Terminal("ec", *positions(pnp, "many")[-1], "met1"),
        Terminal("vss", *positions(pnp, "vss")[0], "met1"),
    ]
    third = "e[0] . . . . . ec", (*(UNIT,) * 5, FIT)
    bank = target << woven_bank("bandgap_core_branches", ("out", "ea"), ("out", "e[7]"), 41, UNIT, *third)
    found += ringed(target, bank, "bandgap_core_branches_ring", X_BANK, y)
    found += landings(bank, ("out", "ea", "e[7]", "e[0]", "ec"))
    found += _slope(target, y)
    lines = ("pg", "b", 5.0), ("out", "b", 15.0)
    transistor = target << pass_transistor("bandgap_core_pass", "vdd3v3 pg out pg vdd3v3", 4.0, 8.0, lines)
    transistor.move((X_PASS, rules.on_grid(y + 0.6)))
    found += pins_of(transistor, {"pg": "pg", "out": "out"})
    found.append(Terminal("vdd3v3", X_PASS + 10.0, rules.on_grid(y + 0.6), "met1"))
    small = target << mim_bank("bandgap_core_c_out", 1, 1, 12.0, 12.0, "out", "vss", (1.5, 10.9))
    small.move((X_PASS + 5.0, rules.on_grid(transistor.dbbox().top + 3.5)))
    large = target << mim_bank("bandgap_core_c_pg", 6, 1, 25.0, 28.0, "vdd3v3", "pg", X_PLATES)
    large.move((3.0, rules.on_grid(bank.dbbox().top + 11.0)))
    return Parts([*found, *plates(small), *plates(large)])


def _slope(target: gf.Component, y: float) -> list[Terminal]:
    """The tree, over it the resistors whose joints are its taps."""
    tree = target << slope_tree()
    tree.move((X_TREE, rules.on_grid(y + 0.6)))
    pitch = pitch_of(TRIM_WIDTH)
    nets = [f"e[{i}]" for i in range(8)]
    steps = target << resistor_bank("bandgap_core_steps", " ".join(nets), (STEP,) * 7, width=TRIM_WIDTH)
    steps.move((rules.on_grid(X_TREE + FIRST_TAP + pitch / 2), rules.on_grid(tree.dbbox().top + 0.8)))
    top = tree.dbbox().top
    found = []
    for net in nets:
        x, y_tap = positions(steps, net)[0]
        box(target, "met3", x - RISER / 2, top - 0.5, x + RISER / 2, y_tap)
        found.append(Terminal(net, x, y_tap, "met1"))
    ends = [terminal for terminal in found if terminal.net in ("e[0]", "e[7]")]
    to_tracks(target, [terminal for terminal in found if terminal not in ends])
    lines = (
        {f"b[{i}]": f"slope[{i}]" for i in range(3)}
        | {f"b_b[{i}]": f"slope_b[{i}]" for i in range(3)}
        | {"out": "sense"}
    )
    found = [*ends, Terminal("vss", *tree.ports["vss"].center)]
    found += risers(target, tree, lines, tree.ports["out"].center[0] + 0.5)
    return found
