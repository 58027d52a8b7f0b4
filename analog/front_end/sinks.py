"""All sinks of the front end: strips of 0.42 um side by side under one gate of 5.3 um, and the strips of xn_kick beside them.

::

        y_wake  y      y_n    trim4         upper ends
       +--||----||------||-----||---+
       |  ||    ||      ||     ||   |       gate: nbias
       +--||----||------||-----||---+
        y_p     y_p    y_wake  y_n          lower ends

A strip's bar may lie over the gate: its strap then runs over the strip itself.
"""

from __future__ import annotations

from neusoc.analog.front_end.wiring import HEAD_HALF, Wires
from neusoc.layout.primitives.shapes import box, contacts
from neusoc.pdk import rules

WIDE, LONG = 0.42, 5.3
PITCH = 0.69                                     # diffusion 0.27 apart (difftap.3)
X_FIRST = 15.20
SINK_END = LONG / 2 + 0.15                       # contact of an end
X_CONTACT = 14.70                                # of the gate
KICK, KICK_STRIPS, KICK_GAP = 3.0, 3, 0.27
INSET = 0.45                                     # metal on a kick strip behind its edge

_P, _N = ("yw_p", "y_p"), ("y_n", "yw_n")
_MID, _TRIM4 = ("mid", "y_p"), ("y_n", "trim4")
_D = ("d_wake", "d")
# (upper, lower) end of each strip; p and n in turn about the middle
STRIPS = (
    ("vss", "vss"),
    *(_D,) * 4, ("vss", "d_rest1"), ("d_rest0", "d_rest1"), ("d_rest0", "d"),
    ("f_p", "vss"), ("vss", "f_n"),
    ("vss", "yr1_p"), ("yr0_p", "yr1_p"), ("yr0_p", "y_p"),
    _P, _N, _N, _P, _P, _N, _N, _P, _P, _N,
    _TRIM4, _MID, _MID, _TRIM4, _TRIM4, _MID, _MID, _TRIM4,
    ("y_n", "yr0_n"), ("yr1_n", "yr0_n"), ("yr1_n", "vss"),
    *(_D,) * 5, *(("y_n", "trim3"),) * 2, ("y_n", "trim2"), ("trim1_0", "y_n"), ("trim1_0", "trim1"),
    ("trim0_0", "y_n"), ("trim0_0", "trim0_1"), ("trim0_2", "trim0_1"), ("trim0_2", "trim0"),
    ("vss", "vss"),
)  # fmt: skip
X_KICK = round(X_FIRST + (len(STRIPS) - 1) * PITCH + WIDE / 2 + KICK_GAP, 3)
X_END = round(X_KICK + KICK_STRIPS * KICK + (KICK_STRIPS - 1) * KICK_GAP, 3)


def _strip(wires: Wires, x: float, width: float, ends: tuple[str, str], inset: float) -> None:
    """One strip about x: diffusion, contacts, landings."""
    component, tall = wires.component, LONG / 2 + 0.30
    box(component, "diff", x - width / 2, -tall, x + width / 2, tall)
    half = width / 2 - inset
    for net, y in zip(ends, (SINK_END, -SINK_END), strict=True):
        cut = max(half - 0.045, rules.CUT_ROW_HALF)
        contacts(component, ("licon1", "mcon"), x - cut, y - 0.085, x + cut, y + 0.085)
        box(component, "li1", x - cut, y - 0.165, x + cut, y + 0.165)
        box(component, "met1", x - half, y - HEAD_HALF, x + half, y + HEAD_HALF)
        wires.land(net, x, y - HEAD_HALF, y + HEAD_HALF, half)


def place_sinks(wires: Wires) -> None:
    """All strips, their gate with its contacts at the left end, and the joints of stacks."""
    component = wires.component
    for index, ends in enumerate(STRIPS):
        _strip(wires, round(X_FIRST + index * PITCH, 3), WIDE, ends, (WIDE - rules.STRAP) / 2)
    for end, y in enumerate((SINK_END, -SINK_END)):
        for index, (one, other) in enumerate(zip(STRIPS, STRIPS[1:], strict=False)):
            if one[end] == other[end] and one[end][-1].isdigit() or one[end] == other[end] and one[end][:3] in ("yr0", "yr1"):
                x = X_FIRST + index * PITCH
                wires.box("met1", one[end], x, y - HEAD_HALF, x + PITCH, y + HEAD_HALF)
    low = LONG / 2
    box(component, "poly", X_CONTACT - 0.165, -low, X_END + rules.ENDCAP, low)
    box(component, "npc", X_CONTACT - 0.185, -2.5, X_CONTACT + 0.185, 2.5)
    box(component, "li1", X_CONTACT - 0.085, -2.4, X_CONTACT + 0.085, 2.4)
    contacts(component, ("licon1", "mcon"), X_CONTACT - 0.085, -2.32, X_CONTACT + 0.085, 2.32)
    wires.box("met1", "nbias", X_CONTACT - 0.13, -2.65, X_CONTACT + 0.13, 2.65)
    box(component, "nsdm", X_FIRST - WIDE / 2 - rules.IMPLANT, -low - 0.30 - rules.IMPLANT, X_END + rules.IMPLANT, low + 0.30 + rules.IMPLANT)


def place_kick(wires: Wires) -> None:
    """Three strips, both ends at wake_1v8."""
    for index in range(KICK_STRIPS):
        x = round(X_KICK + KICK / 2 + index * (KICK + KICK_GAP), 3)
        _strip(wires, x, KICK, ("wake_1v8", "wake_1v8"), INSET)
