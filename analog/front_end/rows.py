"""What stands where in the front end: levels, bars, and the strips of each half.

Distances are from the axis: both halves are drawn from the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.analog.front_end.sinks import X_KICK, X_SLOTS
from neusoc.layout.primitives.fingers import DUMMY, Polarity
from neusoc.pdk import rules

WIDTH, HALF = 59.7, 14.75  # of the cell; its half height
Y_TAP, Y_RAIL = 3.425, 14.19  # taps of the substrate; taps of the well, under the rail
Y_N, N_TOP = 4.05, 8.05  # edges of the tall n rows
Y_P, Y_HEAD, Y_P2 = (
    8.95,
    11.30,
    11.65,
)  # inner edges of both rows of the p mirror, and the line of their heads between them
VDD_BAR, VSS_BAR = (13.8, 1.6), (3.6, 1.0)  # distance of the centre, height
# centres of the bars of met3, one for each line that all neurons share
BARS = {
    "vread": 2.45,
    "wake_1v8": 1.3,
    "con_vpp": -1.2,
    "nbias": -2.45,
    "vref": 4.7,
    "integ_1v8": 7.4,
    "ratio_b_1v8[0]": 9.5,
    "ratio_b_1v8[2]": -9.5,
    "ratio_b_1v8[1]": -12.35,
}
BAR = 0.6  # height of a bar
X_O, X_RAIL, X_D = 38.9, 46.2, 53.0  # met4 of o, vs and d
Y_OUT, Y_VS_LOW = Y_P + 1.63, Y_P + 1.79  # bars of o and m, and of vs in the lower half
Y_D, Y_VS_BAR, Y_VS_STACK = -0.18, 2.20, 0.45  # bars of d and vs over the sinks
SWITCH = (3.27, 3.73)  # bars between the sinks and the rows
X_TRIM = 40.0  # sinks to the right of it are those of the trim, but for trim4
X_Y, X_GAP = (
    13.0,
    round(X_KICK - 0.05, 3),
)  # straps of y beside the boosters; room for a strap between sinks and kick
Y_VM, Y_BL = 5.6, 6.1  # stack of vm; bars of the bit lines
X_VDD, X_VSS, SUPPLY = (30.5, 57.2), (27.5, 55.2), 1.6  # met4 between the bars of a supply, and its width
LINE, PAD = 0.40, 0.49  # met4; a stack of vias


@dataclass(frozen=True)
class Row:
    """One strip.

    Attributes:
        path: nodes and gates, as for finger_row; a line's own nets without their line.
        x: position of its first node, um.
        low: distance of its inner edge from the axis, um.
        width, length: size of a finger, um.
        out: place of the heads, True on the side away from the axis.
    """

    name: str
    path: str
    x: float
    low: float
    width: float
    length: float
    out: bool = True
    polarity: Polarity = "n"
    voltage: float = 1.8

    @property
    def pitch(self) -> float:
        return rules.column_pitch(self.length)


def _mirrored(path: str) -> str:
    return " ".join(reversed(path.split()))


MIRROR = 1.3
# from the outer end: a dummy, three drains of the input, one more or one of u3, and half a drain of the input
#   at the outputs in the middle
_LEFT = f"vdd1v8 {DUMMY} vdd1v8 " + "x x x vdd1v8 " * 3
_PLAIN, _THIRD = _LEFT + "x x x vdd1v8 x x", _LEFT + "x u3 x vdd1v8 x x"
OWN = ("bl", "s", "f", "x", "y", "yc", "yw", "fw", "u0", "u1", "u2", "u3")  # nets that each line has
LINE_ROWS = (
    Row("force", "bl con_vpp f con_vpp bl con_vpp f con_vpp bl", 1.6, Y_N, 4.0, 0.5, voltage=5.0),
    Row("sense", "bl con_vpp s", 5.6, N_TOP - 1.0, 1.0, 0.5, voltage=5.0),
    Row("follow", "x y f y x y f y x y f y x", 7.2, Y_N, 4.0, 0.15),
    Row("lead_c", "yc y yc", 12.6, N_TOP - 3.8, 3.8, 3.7),
    Row("bleed_in", "fw nbias f nbias fw nbias f nbias fw", 17.6, 4.35, 1.4, 2.1),
    Row("bleed_out", "fw nbias f nbias fw nbias f nbias fw", 17.6, 6.45, 1.4, 2.1, out=False),
    Row("f_on", "fw wake_1v8 vss wake_1v8 fw", 27.8, 3.9, 2.0, 0.15),
    Row("y_on", "yw wake_1v8 vss", X_SLOTS[0], 4.9, 1.0, 0.15),
    Row("lead_r", "yc vdd1v8 vss", 27.9, 7.48, 0.42, 4.5),
)
LINE_P_ROWS = tuple(
    Row(name, path, x, low, width, length, out, "p")
    for name, path, x, low, width, length, out in (
        ("in_left", _PLAIN, 1.6, Y_P, 2.0, MIRROR, True),
        ("in_right", _mirrored(_THIRD), 22.4, Y_P, 2.0, MIRROR, True),
        ("in_left2", _THIRD, 1.6, Y_P2, 2.0, MIRROR, False),
        ("in_right2", _mirrored(_PLAIN), 22.4, Y_P2, 2.0, MIRROR, False),
        ("out", "u1 x vdd1v8 x u2", 18.4, Y_P, 2.0, MIRROR, True),
        ("out2", "u2 x vdd1v8 x u0", 18.4, Y_P2, 2.0, MIRROR, False),
        ("on", "u0 vss out ratio_b_1v8[0] u1", 39.2, Y_P + 1.0, 1.0, 0.15, True),
        (
            "on2",
            "u2 ratio_b_1v8[1] out ratio_b_1v8[2] u3 ratio_b_1v8[2] out",
            41.6,
            Y_P + 1.0,
            1.0,
            0.15,
            True,
        ),
    )
)
UPPER_ROWS = (
    Row("mid_on", "mid wake_1v8 vss", X_SLOTS[1] - 0.4, 4.9, 1.0, 0.15),
    Row("d_on", "d_wake wake_1v8 vss", 36.4, 4.9, 1.0, 0.15),
    Row("window_n", "vm integ_1v8 o integ_b vref", 45.2, N_TOP - 0.6, 0.6, 0.15),
    Row("integ_n", "integ_b integ_1v8 vss", 47.6, N_TOP - 0.5, 0.5, 0.15),
    Row("window_p", "vm integ_b o integ_1v8 vref", 45.2, Y_P + 0.8, 1.2, 0.15, polarity="p"),
    Row("integ_p", "integ_b integ_1v8 vdd1v8", 47.6, Y_P + 1.0, 1.0, 0.15, polarity="p"),
)
LOWER_ROWS = (
    Row("trim4_on", "trim4 wake_1v8 trim_b_1v8[4]", X_SLOTS[1] - 0.4, 4.9, 1.0, 0.15),
    *(
        Row(f"trim{i}_on", f"trim{i} wake_1v8 trim_b_1v8[{i}]", 51.2 - 1.6 * i, 4.9, 1.0, 0.15)
        for i in range(4)
    ),
    Row("mirror", f"vss {DUMMY} m m vss m o m vss m m {DUMMY} vss", 34.8, 6.8, 1.2, 2.1),
    Row("wake_n", "wake_b wake_1v8 vss", 54.4, N_TOP - 0.5, 0.5, 0.15),
    Row("wake_p", "wake_b wake_1v8 vdd1v8", 54.4, Y_P + 1.0, 1.0, 0.15, polarity="p"),
    Row("rail_wake", "vs d rail_wake", 48.0, Y_P + 1.58, 0.42, 0.5, polarity="p"),
    Row("rail_on", "rail_wake wake_b vdd1v8", 49.6, Y_P, 2.0, 0.15, polarity="p"),
)
X_VS, Y_VS = 1.40, 0.475  # boosters: first node, inner edge of either row
# boosters and rail: exchanged from one row to the other, so that all three share one centre
BOOST = {
    1: f"vs {DUMMY} vs s_p y_p s_p vs vread d vread vs s_n y_n s_n vs {DUMMY} vs",
    -1: f"vs {DUMMY} vs s_n y_n s_n vs vread d vread vs s_p y_p s_p vs {DUMMY} vs",
}
