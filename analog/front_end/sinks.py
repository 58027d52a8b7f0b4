"""All sinks of the front end: strips of 0.42 um side by side under one gate of 5.3 um, and the strips of
xn_kick beside them.

::

         y  y_wake   y_wake  y_p        upper ends; a bar over the ends of y_p
       +-++---++-------++----++--+
       : ::   ::  :    ::    ::  :      gate: nbias; bars over it, to which straps run over the strips
                                        themselves
       +-++---++--:----++----++--+
         yw  y_n  :   y_n   y_wake      lower ends
                  slot

Where a bar over the gate leaves it, two strips stand farther apart: a slot for its strap.
"""

from __future__ import annotations

from neusoc.analog.front_end.wiring import HEAD_HALF, Wires
from neusoc.layout.primitives.shapes import box, contacts
from neusoc.pdk import rules

WIDE, LONG = 0.42, 5.3
PITCH = round(WIDE + rules.DIFF_SPACE[1.8], 3)
X_FIRST = 15.20
SINK_END = LONG / 2 + 0.15  # contact of an end
X_CONTACT = 14.70  # of the gate
KICK, KICK_STRIPS, KICK_GAP = 3.0, 3, rules.DIFF_SPACE[1.8]
INSET = 0.45  # metal on a kick strip behind its edge

_P, _N = ("y_p", "yw_p"), ("yw_n", "y_n")
_MID, _TRIM4 = ("y_p", "mid"), ("trim4", "y_n")
_D = ("d_wake", "d")
# (upper, lower) end of each strip; p and n in turn about the middle
STRIPS = (
    ("vss", "vss"),
    ("y_p", "yr0_p"),
    ("yr1_p", "yr0_p"),
    ("yr1_p", "vss"),
    ("yr0_n", "y_n"),
    ("yr0_n", "yr1_n"),
    ("vss", "yr1_n"),
    _D,
    ("f_p", "vss"),
    ("vss", "f_n"),
    ("vss", "d_rest1"),
    ("d_rest0", "d_rest1"),
    ("d_rest0", "d"),
    _P,
    _N,
    _N,
    _P,
    _P,
    _N,
    _N,
    _P,
    _P,
    _N,
    _TRIM4,
    _MID,
    _MID,
    _TRIM4,
    _TRIM4,
    _MID,
    _MID,
    _TRIM4,
    *(_D,) * 8,
    *(("y_n", "trim3"),) * 2,
    ("y_n", "trim2"),
    ("trim1_0", "y_n"),
    ("trim1_0", "trim1"),
    ("trim0_0", "y_n"),
    ("trim0_0", "trim0_1"),
    ("trim0_2", "trim0_1"),
    ("trim0_2", "trim0"),
    ("vss", "vss"),
)
STACKS = ("yr", "d_rest", "trim0_", "trim1_")  # inner nodes, of neighbours
SLOTS, SLOT_PITCH = (
    (21, 26),
    0.80,
)  # strips with a slot behind them: a strap 0.14 from the landings at either side


def x_of(index: int) -> float:
    """Centre of a strip, um."""
    return round(X_FIRST + index * PITCH + sum(index > slot for slot in SLOTS) * (SLOT_PITCH - PITCH), 3)


X_SLOTS = tuple(round(x_of(slot) + SLOT_PITCH / 2, 3) for slot in SLOTS)
X_KICK = round(x_of(len(STRIPS) - 1) + WIDE / 2 + KICK_GAP, 3)
X_END = round(X_KICK + KICK_STRIPS * KICK + (KICK_STRIPS - 1) * KICK_GAP, 3)


def _strip(wires: Wires, x: float, width: float, ends: tuple[str, str], inset: float) -> None:
    """One strip about x: diffusion, contacts, landings."""
    component, tall = wires.component, LONG / 2 + 0.30
    box(component, "diff", x - width / 2, -tall, x + width / 2, tall)
    half = width / 2 - inset
    for net, y in zip(ends, (SINK_END, -SINK_END), strict=True):
        cut = max(half - 0.045, rules.CUT_ROW_HALF)
        contacts(
            component, ("licon1", "mcon"), x - cut, y - rules.CUT_ROW_HALF, x + cut, y + rules.CUT_ROW_HALF
        )
        box(component, "li1", x - cut, y - rules.TAP_LI_HALF, x + cut, y + rules.TAP_LI_HALF)
        box(component, "met1", x - half, y - HEAD_HALF, x + half, y + HEAD_HALF)
        wires.land(net, x, y - HEAD_HALF, y + HEAD_HALF, half)


def place_sinks(wires: Wires) -> None:
    """All strips, their gate with its contacts at the left end, and the joints of stacks."""
    component = wires.component
    for index, ends in enumerate(STRIPS):
        _strip(wires, x_of(index), WIDE, ends, (WIDE - rules.STRAP) / 2)
    for end, y in enumerate((SINK_END, -SINK_END)):
        for index, (one, other) in enumerate(zip(STRIPS, STRIPS[1:], strict=False)):
            if one[end] == other[end] and one[end].startswith(STACKS):
                wires.box("met1", one[end], x_of(index), y - HEAD_HALF, x_of(index + 1), y + HEAD_HALF)
    low = LONG / 2
    box(component, "poly", X_CONTACT - rules.HEAD_WIDTH / 2, -low, X_END + rules.ENDCAP, low)
    box(component, "npc", X_CONTACT - rules.NPC_HALF, -2.5, X_CONTACT + rules.NPC_HALF, 2.5)
    box(component, "li1", X_CONTACT - rules.CUT_ROW_HALF, -2.4, X_CONTACT + rules.CUT_ROW_HALF, 2.4)
    contacts(
        component,
        ("licon1", "mcon"),
        X_CONTACT - rules.CUT_ROW_HALF,
        -2.32,
        X_CONTACT + rules.CUT_ROW_HALF,
        2.32,
    )
    wires.box("met1", "nbias", X_CONTACT - rules.STRAP / 2, -2.65, X_CONTACT + rules.STRAP / 2, 2.65)
    x0, x1, y1 = X_FIRST - WIDE / 2 - rules.IMPLANT, X_END + rules.IMPLANT, low + 0.30 + rules.IMPLANT
    box(component, "nsdm", x0, -y1, x1, y1)


def place_kick(wires: Wires) -> None:
    """Three strips, both ends at wake_1v8."""
    for index in range(KICK_STRIPS):
        x = round(X_KICK + KICK / 2 + index * (KICK + KICK_GAP), 3)
        _strip(wires, x, KICK, ("wake_1v8", "wake_1v8"), INSET)
