"""Layout of the current DAC: a matrix of identical long transistors under a row of switches and inverters.

::

      switches and inverters on one routing channel (neusoc.layout.routing.channel)
      vss     =====================================
      c7 .. c0, ibias, isense, icompare: met1 risers at both sides of the matrix
           column 0    1    2    3    4
           row 21     |  b0: four in series   |         met1: vss in columns 0, 2, 4
           row 20     | b2 |    |b1: two in  s|               drains in columns 1, 3
           row 19     | b3 b3 | icompare |                    gates: one strap a unit
             ...      (column 3 is column 1 upside down: every net has its centroid at the centre)
           row 0      | ref ref | isense |

Rows stand head to head in pairs; neighbouring rows share their row of gate contacts. A met2 bar takes each
group of drains out: to the left from column 1, to the right from column 3.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Component, bar, box, pin, strap
from neusoc.layout.routing.channel import OVER, Levels, Plan, Strip, channel_block
from neusoc.pdk import rules

WIDTH, LENGTH = 0.5, 20.0  # of a unit, um
PITCH = rules.column_pitch(LENGTH)
HEADS, BACKS = 1.20, 0.97  # row to row: over shared heads, over two end caps
# drains of column 1 from row 0 up, two units a row; column 3 has the same from row 18 down
COLUMN = ("ibias",) * 2 + ("c7",) * 8 + ("c6",) * 4 + ("c5",) * 2 + ("c4", "isense", "icompare")
SINGLE = ("c3", "icompare")  # row 19: column 1, column 3
ROWS = len(COLUMN) + 3
SHORT, RISER, PAD = 0.15, 0.50, 2.2  # inverters; pitch of the risers; last column to the first riser
LEFT = ("c7", "c6", "c5", "c4", "c3", "c2", "ibias", "isense", "icompare")  # risers, from the matrix outwards
RIGHT = ("c7", "c6", "c5", "c4", "c1", "c0", "ibias", "isense", "icompare")
MARGIN, TAP = 0.80, 0.95  # last riser to the outline; rows to the centre of the ring
BELOW = 2.0  # vss rail of the switches to the upper rail of the ring


def _trial(bit: int) -> str:
    return f"trial_1v8[{bit}]"


def _switch_path() -> str:
    path = f"vdd1v8 tb7 c7 {_trial(7)} sum {_trial(7)} c7 tb7 vdd1v8"
    for a, b in ((6, 5), (4, 3), (2, 1)):
        path += f" tb{a} c{a} {_trial(a)} sum {_trial(b)} c{b} tb{b} vdd1v8"
    return f"{path} tb0 c0 {_trial(0)} sum"


def _inverters(rail: str) -> list[str]:
    return [f"tb{a} {_trial(a)} {rail} {_trial(b)} tb{b}" for a, b in ((7, 6), (5, 4), (3, 2), (1, 0))]


_N = [Strip(f"inv_n{i}", path, 0.5, SHORT) for i, path in enumerate(_inverters("vss"))]
_SHIFTS = (2, 3, 3, 2)
_P = [Strip(f"inv_p{i}", path, 1.0, SHORT, shift=_SHIFTS[i]) for i, path in enumerate(_inverters("vdd1v8"))]
_SWITCH = Strip("switch", _switch_path(), 1.0, SHORT)
N_STRIPS = (_N[0], _SWITCH, _N[3], _N[2], _N[1], Strip("en_n", "en_n enable_1v8 vss en_n ibias", 0.5, SHORT))
P_STRIPS = (*_P, Strip("en_p", "en_n enable_1v8 vdd1v8", 1.0, SHORT, shift=3))
EXPORTS = {
    "ibias": "lr",
    **dict.fromkeys(("c7", "c6", "c5", "c4"), "lr"),
    "c3": "l",
    "c2": "l",
    "c1": "r",
    "c0": "r",
    **{_trial(k): "l" for k in range(8)},
    "enable_1v8": "l",
    "sum": "r",
}


def _row_y(row: int) -> float:
    """Centre of a row over that of row 0, um."""
    return round(row // 2 * (HEADS + BACKS) + row % 2 * HEADS, 3)


class _Matrix:
    """The units, their straps and bars; column 0 of row 0 stands at (x, y)."""

    def __init__(self, component: Component, x: float, y: float):
        self.component, self.x, self.y = component, x, y

    def column(self, index: float) -> float:
        return rules.on_grid(self.x + index * PITCH)

    def row(self, index: int) -> float:
        return rules.on_grid(self.y + _row_y(index))

    def head(self, row: int) -> float:
        """Gate contacts of a row."""
        return rules.on_grid(self.row(row) + (1 if row % 2 == 0 else -1) * (WIDTH / 2 + rules.HEAD_CENTRE))

    def units(self) -> None:
        """All rows, and one implant over them."""
        last = len(COLUMN)
        for index in range(last):
            one, three = COLUMN[index], COLUMN[last - 1 - index]
            self._strip(index, 0, f"vss ibias {one} ibias vss ibias {three} ibias vss")
        self._strip(last, 0, f"vss ibias {SINGLE[0]} ibias vss ibias {SINGLE[1]} ibias vss")
        self._strip(last + 1, 0, "vss ibias c2")
        self._strip(last + 1, 2, "vss ibias s1 ibias c1")
        self._strip(last + 2, 0, "vss ibias s0_2 ibias s0_1 ibias s0_0 ibias c0")
        reach = WIDTH / 2 + rules.IMPLANT
        low, high = self.row(0) - reach, self.row(ROWS - 1) + reach
        box(self.component, "nsdm", self.column(0) - 0.275, low, self.column(4) + 0.275, high)

    def _strip(self, row: int, start: int, path: str) -> None:
        side = "t" if row % 2 == 0 else "b"
        cell = finger_row(
            f"current_dac_{row}_{start}", path, "n", WIDTH, LENGTH, f"ibias:{side}", dummies=side
        )
        fingers = len(path.split()) // 2
        (self.component << cell).move((self.column(start + fingers / 2), self.row(row)))

    def straps(self, rail: float, top: float) -> None:
        """vss columns to the rail below; gates to a bar at top."""
        last = len(COLUMN)
        for index, row in ((0, last + 2), (2, last + 1), (4, last)):
            strap(self.component, self.column(index), rail, self.row(row) + WIDTH / 2)
        for gate in range(4):
            strap(self.component, self.column(gate + 0.5), self.head(0), top + OVER)

    def drains(self) -> list[tuple[str, str, float, float]]:
        """Strap each group of drains; returns [(net, side, x, y)]: where its bar starts and to which side it
        goes."""
        last = len(COLUMN)
        found = []
        for net in dict.fromkeys(COLUMN):
            rows = [index for index, n in enumerate(COLUMN) if n == net]
            for column, side, members in ((1, "l", rows), (3, "r", [last - 1 - r for r in reversed(rows)])):
                strap(
                    self.component,
                    self.column(column),
                    self.row(members[0]) - 0.2,
                    self.row(members[-1]) + 0.2,
                )
                found.append((net, side, self.column(column), self.row(members[len(members) // 2])))
        found.append((SINGLE[0], "l", self.column(1), self.row(last)))
        found.append((SINGLE[1], "r", self.column(3), self.row(last)))
        found.append(("c2", "l", self.column(1), self.row(last + 1)))
        found.append(("c1", "r", self.column(4), self.row(last + 1)))
        found.append(("c0", "r", self.column(4), self.row(last + 2)))
        return found


@gf.cell
def current_dac() -> gf.Component:
    """Current DAC; the vss rail of its switches is at y = 0, the left side of their ring at x = 0.

    Returns:
        Component current_dac: vss and vdd1v8 on met1 rails; trial_1v8[7..0], enable_1v8 and ibias on met2 at
        the left, sum, isense and icompare at the right.
    """
    component = gf.Component()
    made, levels = channel_block(component, "current_dac", N_STRIPS, P_STRIPS, EXPORTS, pins=False)
    top_rail = -BELOW
    y_bar = rules.on_grid(top_rail - 0.9)  # gates of all units
    matrix = _Matrix(component, rules.on_grid(made.width / 2 - 2 * PITCH), 0.0)
    matrix.y = rules.on_grid(y_bar - 0.55 - WIDTH / 2 - rules.HEAD_CENTRE - _row_y(ROWS - 1))
    bottom_rail = rules.on_grid(matrix.row(0) - WIDTH / 2 - TAP)
    matrix.units()
    matrix.straps(bottom_rail, y_bar)
    x0, x1 = matrix.column(0) - 1.0, matrix.column(4) + 1.0
    ring = guard_ring(
        "current_dac_ring", rules.on_grid(x1 - x0), rules.on_grid(top_rail - bottom_rail), "p", "tb"
    )
    (component << ring).move((rules.on_grid((x0 + x1) / 2), rules.on_grid((top_rail + bottom_rail) / 2)))
    for x in (0.0, made.width):  # both vss rails together
        box(component, "met1", x - 0.4, top_rail, x + 0.4, 0)
    risers = {("l", net): rules.on_grid(x0 - PAD + 1.0 - i * RISER) for i, net in enumerate(LEFT)}
    risers |= {("r", net): rules.on_grid(x1 + PAD - 1.0 + i * RISER) for i, net in enumerate(RIGHT)}
    edges = {"l": min(risers.values()) - MARGIN, "r": max(risers.values()) + MARGIN}
    y_sense, y_compare = bottom_rail - 1.0, bottom_rail - 1.5
    _connect(component, matrix, made, levels, risers, (y_bar, y_sense, y_compare), edges)
    box(component, "prbndry", edges["l"], y_compare - 0.5, edges["r"], levels.vdd + 0.8)
    for net, y, low, high in (("vss", bottom_rail, x0, x1), ("vdd1v8", levels.vdd, 0.0, made.width)):
        pin(
            component,
            net,
            "met1",
            rules.on_grid((low + high) / 2),
            y,
            rules.on_grid(high - low),
            2 * rules.RAIL_HALF,
            orientation=180,
        )
    return component


def _connect(
    component: Component,
    matrix: _Matrix,
    made: Plan,
    levels: Levels,
    risers: dict[tuple[str, str], float],
    bars: tuple[float, float, float],
    edges: dict[str, float],
) -> None:
    """Bars from the drains to the risers, risers to the tracks of the switches or to the bars under the
    matrix; pins."""
    y_gates, y_sense, y_compare = bars
    ends = {net: levels.of(made.tracks[net]) for net in made.tracks} | {
        "isense": y_sense,
        "icompare": y_compare,
    }
    for net, side, x, y in matrix.drains():
        riser = risers[side, net]
        bar(component, y, [x, riser])
        end = ends[net]
        strap(component, riser, min(y, end) - OVER, max(y, end) + OVER)
    bar(
        component,
        y_gates,
        [matrix.column(gate + 0.5) for gate in range(4)] + [risers["l", "ibias"], risers["r", "ibias"]],
    )
    outward = {"l": -1, "r": 1}
    for net, sides in EXPORTS.items():
        y = ends[net]
        for side in sides:
            inner = levels.x0 if side == "l" else levels.x1
            if (side, net) in risers:
                bar(component, y, [risers[side, net]], (inner,))
            if (side == "l" and net[0] in "te") or net == "sum" or (net == "ibias" and side == "l"):
                box(component, "met2", inner, y - rules.BAR / 2, edges[side], y + rules.BAR / 2)
                _pin(component, net, edges[side], y, side, outward)
    for net, y in (("isense", y_sense), ("icompare", y_compare)):
        bar(component, y, [risers["l", net], risers["r", net]], (edges["r"],))
        _pin(component, net, edges["r"], y, "r", outward)


def _pin(component: Component, net: str, edge: float, y: float, side: str, outward: dict[str, int]) -> None:
    pin(
        component,
        net,
        "met2",
        rules.on_grid(edge - 0.16 * outward[side]),
        y,
        orientation=180 if side == "l" else 0,
    )
