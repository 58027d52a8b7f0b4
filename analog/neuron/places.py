"""What stands where in the neuron: levels, shared lines, latches and rows of the strip below the front end.

Levels of the strip are distances from the front end's lower edge downwards: `level(0)` is that edge, its axis
is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.analog.front_end.rows import BARS as FRONT_END_BARS
from neusoc.analog.front_end.rows import HALF, WIDTH
from neusoc.layout.primitives.fingers import Polarity
from neusoc.pdk import rules

STRIP = 9.0  # height of the strip, um
BOTTOM = round(-HALF - STRIP, 3)
GATE = 0.15
PITCH = rules.column_pitch(GATE)


def level(distance: float) -> float:
    """y of a level of the strip, um."""
    return round(-HALF - distance, 3)


# p rows stand over n rows, then come taps, n rows and p rows; facing rows share the line of their heads
P_LATCH, N_LATCH = 0.60, 1.30  # lower edge of the upper p rows, upper edge of the n rows below them
TAPS = 2.825
N_LOW, HEAD, P_TOP = (
    5.325,
    5.675,
    6.025,
)  # lower edge of the lower n rows, upper edge of the p rows below them
LOADS_TOP = 6.185  # of loads and p mirrors, whose gates are not those above: 0.21 from their heads (poly.2)
RAIL, RAIL_HALF = 8.52, 0.165  # taps of the lower well, under their rail
WELL_TOP, WELL = 0.80, 5.825  # lower edge of the upper well, upper edge of the lower one

# met2 of the latches
ENTRY, DATA, OUT, KEEP, WRITE, TRIM = 0.32, 0.80, 1.26, 1.72, 2.18, 2.64
# met2 below the taps, 0.46 apart; SHARED: lines of all neurons, with the level of their pins, met3 at either
# edge
T1, T2, T3, T4, T5, T6, T7, T8, T9 = 3.325, 3.785, 4.555, 5.085, 5.625, 6.085, 6.545, 7.465, 7.925
SHARED = {"cbias": (T3, T3), "vth": (T7, 6.04), "hold_1v8": (7.005, 7.005), "config_1v8": (RAIL, RAIL)}
OUTER = {"spike_1v8": (T1, T1), "discharge_1v8": (T6, 5.36)}  # the same of a neuron's own, at the right edge
STUB = 1.00  # met3 of a pin at an edge
BAR_HEIGHT = 0.34
BARS = {"vtest": 0.96, "vlk": 1.60}  # met3 over the latches

# Settings: met3 over the front end, 0.32 high, from edge to edge round the stacks in their way; (x, y) of
# each corner. Then x of the met4 that leads to the latch. Six of them share the room between vss and
# ratio_b_1v8[2]; their corners follow each other 0.65 apart.
LINE_HEIGHT = 0.32
OVER_FRONT_END: dict[str, tuple[tuple[tuple[float, float], ...], float]] = {
    "test_1v8": (
        ((0, 11.4), (39.65, 11.4), (39.65, 10.45), (44.5, 10.45), (44.5, 11.4), (WIDTH, 11.4)),
        18.0,
    ),
    "trim_1v8[2]": (((0, 12.25), (WIDTH, 12.25)), 26.0),
    "pair_1v8[3]": (
        ((0, -10.45), (44.9, -10.45), (44.9, -11.5), (47.5, -11.5), (47.5, -10.45), (WIDTH, -10.45)),
        49.6,
    ),
    "trim_1v8[1]": (((0, -4.57), (WIDTH, -4.57)), 27.3),
    "pair_1v8[1]": (
        (
            (0, -5.19),
            (10.2, -5.19),
            (10.2, -6.25),
            (34.8, -6.25),
            (34.8, -5.19),
            (41.0, -5.19),
            (41.0, -6.25),
            (53.0, -6.25),
            (53.0, -5.19),
            (WIDTH, -5.19),
        ),
        58.6,
    ),
    "pair_1v8[0]": (
        (
            (0, -6.87),
            (1.7, -6.87),
            (1.7, -5.81),
            (9.55, -5.81),
            (9.55, -6.87),
            (35.45, -6.87),
            (35.45, -5.81),
            (40.35, -5.81),
            (40.35, -6.87),
            (WIDTH, -6.87),
        ),
        51.2,
    ),
    "pair_1v8[2]": (
        (
            (0, -7.49),
            (2.35, -7.49),
            (2.35, -6.43),
            (8.9, -6.43),
            (8.9, -7.49),
            (36.1, -7.49),
            (36.1, -6.43),
            (39.7, -6.43),
            (39.7, -7.49),
            (WIDTH, -7.49),
        ),
        44.4,
    ),
    "pair_1v8[4]": (
        ((0, -8.11), (3.0, -8.11), (3.0, -7.05), (8.25, -7.05), (8.25, -8.11), (WIDTH, -8.11)),
        35.3,
    ),
    "trim_1v8[0]": (
        ((0, -8.73), (3.65, -8.73), (3.65, -7.67), (7.6, -7.67), (7.6, -8.73), (WIDTH, -8.73)),
        36.6,
    ),
}
PADS = {
    "pair_1v8[3]": -0.15,
    "pair_1v8[0]": -0.18,
    "pair_b[0]": 0.18,
}  # met3 under such a met4 to one side: 0.3 from the next
# trim of the pair: x of the front end's pin and of the entry to the latch
TRIM_PINS = {4: (34.05, 34.05), 3: (47.2, 47.2), 2: (48.8, 46.1), 1: (50.4, 56.0), 0: (52.0, 52.0)}
Y_VREF = FRONT_END_BARS["vref"]
TURN = 2.0  # level of met4 between both
X_CROSS = 45.2  # met1 of pair_b[2], between two latches

# membrane: two capacitors side by side
CAP_WIDTH, CAP_HEIGHT, CAP_TOP = 26.8, 4.4, 3.15
CAP_LEFT = (2.6, 30.24)
PLATE_TOP = 2.20  # met3 of vss: 0.4 below the last bar (m3.3ab)
UPPER = (3.90, 6.70)  # met4 of vm over both: below 3 um, so that lines may end on it (m4.5ab)
X_VM, X_STACK = 45.2, 0.62  # met4 of vm from the front end; its stack at the left edge
X_VSS, VSS = (12.5, 20.8), 0.8  # met4 from the front end's vss to the plates, and its width
LINE = 0.40  # met4


@dataclass(frozen=True)
class Latch:
    """One bit: its columns follow from the data node on to the right (way 1) or to the left (-1).

    Attributes:
        data: the line it is loaded from.
        q, qb: its nets.
        x: position of its data node, um.
    """

    data: str
    q: str
    qb: str
    x: float
    way: int

    @property
    def name(self) -> str:
        return self.q.removesuffix("_q")

    def at(self, column: float) -> float:
        """x of a node (whole) or gate (half), um."""
        return round(self.x + self.way * column * PITCH, 3)

    @property
    def n_path(self) -> list[str]:
        nets = (
            self.data,
            "we",
            self.q,
            self.qb,
            "vss",
            self.q,
            self.qb,
            "we",
            f"{self.name}_db",
            self.data,
            "vss",
        )
        return list(nets)[:: self.way]

    @property
    def keep(self) -> list[str]:
        """p path of the pair that holds the bit, column 1 to 3."""
        return [self.q, self.qb, "vdd1v8", self.q, self.qb][:: self.way]

    @property
    def inverse(self) -> list[str]:
        """p path of the inverter of the data, column 4 to 5."""
        return [f"{self.name}_db", self.data, "vdd1v8"][:: self.way]


def _latch(line: str, bit: int | None, x: float, way: int) -> Latch:
    if bit is None:
        return Latch(f"{line}_1v8", f"{line}_q", f"{line}_qb", x, way)
    return Latch(f"{line}_1v8[{bit}]", f"{line}{bit}_q", f"{line}_b[{bit}]", x, way)


# two latches back to back about a common ground, or one alone
LATCHES = (
    (_latch("test", None, 18.0, 1), _latch("trim", 2, 26.0, -1)),
    (_latch("trim", 1, 27.3, 1), _latch("pair", 4, 35.3, -1)),
    (_latch("trim", 0, 36.6, 1), _latch("pair", 2, 44.6, -1)),
    (_latch("pair", 3, 49.75, -1),),
    (_latch("pair", 0, 50.4, 1), _latch("pair", 1, 58.4, -1)),
)


@dataclass(frozen=True)
class Row:
    """One strip of diffusion.

    Attributes:
        path: nodes and gates, as for finger_row.
        x: position of its first node, um.
        top: level of its upper edge, um.
        width, length: size of a finger, um.
        side: side of its heads, t or b.
    """

    name: str
    path: str
    x: float
    top: float
    width: float
    length: float = GATE
    side: str = "b"
    polarity: Polarity = "n"


def _n(name: str, path: str, x: float, width: float, length: float = GATE) -> Row:
    return Row(name, path, x, round(N_LOW - width, 3), width, length)


def _p(name: str, path: str, x: float, width: float) -> Row:
    return Row(name, path, x, P_TOP, width, GATE, "t", "p")


X_TAIL, X_PAIR, X_TRIM, X_MIRROR = 10.15, 12.6, 21.9, 33.25
X_SET, X_RESET, X_OUT, X_ENABLE, X_DIS_N, X_DIS_B, X_DIS_P = 42.4, 49.6, 52.4, 55.4, 2.2, 5.4, 7.0
X_LEAK, X_TEST_N, X_TEST_P = 1.4, 10.9, 5.0
TRIM_TOP = round(T3 - rules.HEAD_CENTRE - 0.42, 3)  # two rows, their heads between them, on the line of cbias
COMPARATOR_ROWS = (
    # pair above loads, n mirrors above p mirrors, on the same columns; both inputs share one centre: A B B A
    _n("pair", "vss vss d2 vm tail vth d1 vth tail vm d2 vss vss", X_PAIR, 2.0, 1.0),
    Row(
        "loads",
        "vdd1v8 vdd1v8 d2 d2 vdd1v8 d1 d1 d1 vdd1v8 d2 d2 vdd1v8 vdd1v8",
        X_PAIR,
        LOADS_TOP,
        1.5,
        1.0,
        polarity="p",
    ),
    _n("mirror_n", "vss vss n n vss n fire n vss n n vss vss", X_MIRROR, 1.0, 1.0),
    Row(
        "mirror_p",
        "vdd1v8 vdd1v8 n d1 vdd1v8 d2 fire vdd1v8 vdd1v8",
        X_MIRROR,
        LOADS_TOP,
        1.5,
        1.0,
        polarity="p",
    ),
    _n("tail", "vss cbias tail", X_TAIL, 1.4, 1.0),
    Row("trim_upper", "d2 cbias trim_b[2] cbias d2 cbias trim_b[1]", X_TRIM, TRIM_TOP, 0.42, 3.0),
    Row(
        "trim_lower",
        "d2 cbias mid0 cbias trim_b[0]",
        X_TRIM,
        round(T3 + rules.HEAD_CENTRE, 3),
        0.42,
        3.0,
        "t",
    ),
)
LOGIC_ROWS = (
    _n("set_n", "vss q spk_b fire set_n hold_b vss", X_SET, 0.5),
    _p("set_p", "spk_b q sx fire vdd1v8 hold_b sx", X_SET, 1.0),
    _n("hold_n", "vss hold_1v8 hold_b", X_SET + 4 * PITCH, 0.5),
    _p("hold_p", "vdd1v8 hold_1v8 hold_b", X_SET + 4 * PITCH, 1.0),
    _n("reset_n", "q spk_b vss discharge_1v8 q", X_RESET, 1.0),
    _p("reset_p", "q spk_b rx discharge_1v8 vdd1v8", X_RESET, 2.0),
    _n("out_n", "vss spk_b spike_1v8 spk_b vss", X_OUT, 0.5),
    _p("out_p", "vdd1v8 spk_b spike_1v8 spk_b vdd1v8", X_OUT, 1.0),
    _n("enable_n", "we we_b vss discharge_1v8 nx config_1v8 we_b", X_ENABLE, 1.0),
    _p("enable_p", "we we_b vdd1v8 discharge_1v8 we_b config_1v8 vdd1v8", X_ENABLE, 1.0),
    _n("dis_n", "vref discharge_1v8 vm discharge_1v8 vref", X_DIS_N, 2.0),
    _p("dis_p", "vref dis_b vm dis_b vref", X_DIS_P, 2.0),
    _n("dis_b_n", "vss discharge_1v8 dis_b", X_DIS_B, 1.0),
    _p("dis_b_p", "vdd1v8 discharge_1v8 dis_b", X_DIS_B, 2.0),
)
UPPER_ROWS = (
    Row("leak", "vref vlk vm", X_LEAK, N_LATCH + 0.20, 0.42, 8.0),
    Row("access_n", "vm test_q vtest", X_TEST_N, N_LATCH, 0.42, 4.0, "t"),
    Row("access_p", "vm test_qb vtest", X_TEST_P, round(P_LATCH - 0.42, 3), 0.42, 4.0, "b", "p"),
)
