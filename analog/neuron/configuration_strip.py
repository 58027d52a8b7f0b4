"""The configuration strip below the neuron's ground rail: trim of the threshold, six latches, switches of the bank and the test access.

::

    rail   ================================================================ vss (shared with the neuron above)
           trim     trim 0, 1     trim 2, test   test    bank 1   bank      bank 0    write
           array    latches n     latches n      switch  latch    switches  latch     enable (n)
    tracks                     we, q, qb, d, t1, t2: met2
                    latches p     latches p                                           enable (p)
    rail            ======================================================= vdd1v8, from the neuron by met4
    bars   vtest, config, bank, trim, test: met3, over all of it

A latch is a cell of six transistors, written from both sides: d through one access transistor, its inverse through the other. Two
latches are drawn back to back about a common ground.
"""

from __future__ import annotations

from neusoc.analog.neuron import column_grid as draw
from neusoc.layout.primitives.rings import tap_bar
from neusoc.layout.primitives.shapes import Component, Reference, bar, box, riser, strap, via_stack, xs_of
from neusoc.pdk import rules

# Sizes, um; the schematic has the same (LVS compares them).
GATE = 0.15
N_WIDTH, LATCH_P, ENABLE_P, SWITCH_P = 1.0, 0.5, 1.0, 2.0
TEST_WIDTH, TEST_LENGTH = 0.42, 4.0
TRIM_WIDTH, TRIM_LENGTH = 0.42, 3.0

# Levels, um: from the neuron's ground rail down.
N_HEAD, P_HEAD, Y_RAIL = -4.5, -7.1, -10.05
P_TOP = draw.below(P_HEAD, 0.0)                  # upper edge of the p rows
T_Q, T_QB, T_D, T_FAR, T_TRIM = -5.0, -5.5, -6.0, -6.5, -7.1
T_GAIN = -3.92                                   # of c_d2, over the n rows
SLOT, Y_HOP = -8.06, -8.45                       # met3 landings of met4; from met1 to met2, on the way to the lower bars
BAR_HEIGHT = 0.40
BARS = {
    "vtest": -5.26, "config_1v8": -5.96, "bank_1v8[0]": -6.66, "bank_1v8[1]": -7.36,
    "trim_1v8[0]": -8.76, "trim_1v8[1]": -9.46, "trim_1v8[2]": -10.16, "test_1v8": -10.86,
}  # fmt: skip
Y_BOTTOM = round(BARS["test_1v8"] - BAR_HEIGHT / 2 - 0.15, 3)       # lower edge of the cell: half of met3's space
TRIM_ROWS = (-3.86, -5.10)                       # centres of the two rows of the trim array
TRIM_HEADS = (-3.30, -5.66)
T_TRIM_2 = -4.55                                 # between the two rows

# Columns, um.
PITCH = rules.column_pitch(GATE)
X_TRIM, X_PAIRS, X_TEST, X_BANK_1, X_BANK_0, X_ENABLE = 4.4, (15.9, 24.7), 33.5, 38.6, 48.2, 53.0
X_SWITCHES = {"1": 43.4, "0": 45.8}              # of the bank: first node
X_MEMBRANE = 41.0                                # met4 of vm, from the capacitors
X_SUPPLY = 10.0                                  # met4 of vdd1v8, from the neuron's bar
X_DISCHARGE = 56.0                               # met2, beside the rings
X_GAIN = 33.3                                    # met2 of c_d2, from the comparator's pair
X_JOG = 15.0                                     # met1 of trim 2, between trim array and latches
Y_IBIAS = -1.46                                  # the neuron's bar of ibias


Y_N, Y_TEST_N = draw.above(N_HEAD, N_WIDTH), draw.above(N_HEAD, TEST_WIDTH)


def _heads(path: str, side: str) -> str:
    return " ".join(f"{net}:{side}" for net in dict.fromkeys(path.split()[1::2]))


def _n(component: Component, name: str, path: str, x: float, width: float = N_WIDTH, length: float = GATE) -> Reference:
    """An n row with its heads toward the tracks."""
    y = draw.above(N_HEAD, width)
    return draw.row(component, f"strip_{name}_n", path, x, y, finger_width=width, length=length, heads=_heads(path, "b"))


def _p(component: Component, name: str, path: str, x: float, width: float, length: float = GATE) -> Reference:
    """A p row with its heads toward the tracks."""
    y = draw.below(P_HEAD, width)
    return draw.row(component, f"strip_{name}_p", path, x, y, polarity="p", finger_width=width, length=length, heads=_heads(path, "t"))


def _through(component: Component, x: float, bottom: float = P_TOP - 0.4, top: float = Y_N) -> None:
    """met1 that joins a node of the n row with that of the p row."""
    strap(component, x, bottom, top)


def _gates(component: Component, x: float) -> None:
    """met1 that joins a gate of the n row with that of the p row."""
    strap(component, x, P_HEAD, N_HEAD)


def _to_line(component: Component, x: float, net: str) -> None:
    """From a strap to the bar of a line over it."""
    bar(component, BARS[net], [x], (x - 0.2, x + 0.2))
    draw.up(component, x, BARS[net])


def _to_data(component: Component, net: str, x: float) -> None:
    """From the node of an n row down to the bar of a data line."""
    y = BARS[net]
    if y > Y_HOP:
        strap(component, x, y - draw.OVER, Y_N)
        _to_line(component, x, net)
        return
    strap(component, x, Y_HOP - draw.OVER, Y_N)
    bar(component, Y_HOP, [x])
    box(component, "met2", x - 0.19, y - 0.20, x + 0.19, Y_HOP)
    draw.up(component, x, y)


class _Latch:
    """Where a latch has its nets; mirrored: its ground at the left.

    Args:
        name: prefix of its nets: <name>_q, <name>_qb, <name>_db.
        data: the line it is loaded from.
        x: position of the data node, um.
        way: direction of the other columns, 1: to the right, -1: to the left.
    """

    def __init__(self, name: str, data: str, x: float, way: int) -> None:
        self.data, self.x, self.way = data, x, way
        self.q, self.qb, self.db = (f"{name}_{net}" for net in ("q", "qb", "db"))

    def at(self, column: float) -> float:
        """x of a node (whole) or gate (half), from the data node on, um."""
        return round(self.x + self.way * column * PITCH, 3)

    def n_path(self) -> list[str]:
        return f"{self.data} we {self.q} {self.qb} vss {self.q} {self.qb} we {self.db} {self.data} vss".split()[:: self.way]

    def p_path(self) -> list[str]:
        return f"{self.q} {self.qb} vdd1v8 {self.q} {self.qb}".split()[:: self.way]

    def inverter(self) -> list[str]:
        return f"{self.db} {self.data} vdd1v8".split()[:: self.way]

    def wire(self, component: Component) -> None:
        """Inner wiring."""
        for column in (1, 3, 4):
            _through(component, self.at(column))
        for column in (1.5, 2.5, 4.5):
            _gates(component, self.at(column))
        bar(component, T_Q, [self.at(1), self.at(2.5)])
        bar(component, T_QB, [self.at(1.5), self.at(3)])
        bar(component, T_D, [self.at(0), self.at(4.5)])
        _to_data(component, self.data, self.at(0))
        for column in (2, 5):
            strap(component, self.at(column), Y_N, -2.1)
            strap(component, self.at(column), Y_RAIL, P_TOP - 0.4)

    @property
    def accesses(self) -> list[float]:
        """x of the gates of its access transistors, um."""
        return sorted((self.at(0.5), self.at(3.5)))


def _draw_pair(component: Component, name: str, left: _Latch, right: _Latch) -> None:
    """Two latches about the ground node that they share."""
    _n(component, name, " ".join([*left.n_path(), *right.n_path()[1:]]), left.x)
    _p(component, f"{name}_left", " ".join(left.p_path()), left.at(1), LATCH_P)
    _p(component, f"{name}_middle", " ".join([*left.inverter(), *right.inverter()[1:]]), left.at(4), LATCH_P)
    _p(component, f"{name}_right", " ".join(right.p_path()), right.at(3), LATCH_P)


def _draw_single(component: Component, name: str, latch: _Latch) -> None:
    _n(component, name, " ".join(latch.n_path()), min(latch.at(0), latch.at(5)))
    _p(component, f"{name}_keep", " ".join(latch.p_path()), min(latch.at(1), latch.at(3)), LATCH_P)
    _p(component, f"{name}_inverse", " ".join(latch.inverter()), min(latch.at(4), latch.at(5)), LATCH_P)


def _latches(component: Component) -> dict[str, _Latch]:
    """All six, with the tracks that leave them."""
    end = 10 * PITCH
    found = {
        "trim0": _Latch("trim0", "trim_1v8[0]", X_PAIRS[0], 1), "trim1": _Latch("trim1", "trim_1v8[1]", X_PAIRS[0] + end, -1),
        "trim2": _Latch("trim2", "trim_1v8[2]", X_PAIRS[1], 1), "test": _Latch("test", "test_1v8", X_PAIRS[1] + end, -1),
        "bank1": _Latch("bank1", "bank_1v8[1]", X_BANK_1, 1), "bank0": _Latch("bank0", "bank_1v8[0]", X_BANK_0 + end / 2, -1),
    }  # fmt: skip
    _draw_pair(component, "trim01", found["trim0"], found["trim1"])
    _draw_pair(component, "trim2_test", found["trim2"], found["test"])
    for name in ("bank0", "bank1"):
        _draw_single(component, name, found[name])
    gate = X_TEST + rules.column_pitch(TEST_LENGTH) / 2
    first, second = (X_SWITCHES["1"] + (c + 0.5) * PITCH for c in (0, 1))
    third, fourth = (X_SWITCHES["0"] + (c + 0.5) * PITCH for c in (0, 1))
    for latch in found.values():
        latch.wire(component)
    for x_gates, latch in (((gate,), found["test"]), ((first, second), found["bank1"]), ((third, fourth), found["bank0"])):
        for x in x_gates:
            riser(component, x, N_HEAD, T_Q)
            riser(component, x, P_HEAD, T_QB)
            bar(component, T_Q, [x], [latch.at(1)])
            bar(component, T_QB, [x], [latch.at(3)])
    return found


def _switches(component: Component) -> None:
    """Transmission gates: from vm to vtest (long: it keeps the pad's capacitance away), and from vm to the plates of the bank."""
    vm = []
    for kind, row in (("n", _n(component, "test", "vm test_q vtest", X_TEST, TEST_WIDTH, TEST_LENGTH)),
                      ("p", _p(component, "test", "vm test_qb vtest", X_TEST, TEST_WIDTH, TEST_LENGTH))):
        ends = {"vm": xs_of(row, "vm")[0], "vtest": xs_of(row, "vtest")[0]}
        if kind == "n":
            for x in ends.values():
                _through(component, x, P_TOP - TEST_WIDTH / 2, Y_TEST_N)
            vm.append(ends["vm"])
            _to_line(component, ends["vtest"], "vtest")
    for bit, x in X_SWITCHES.items():
        plate = f"plate{bit}"
        _n(component, f"switch{bit}", f"{plate} bank{bit}_q vm bank{bit}_q {plate}", x)
        _p(component, f"switch{bit}", f"{plate} bank{bit}_qb vm bank{bit}_qb {plate}", x, SWITCH_P)
        for column in range(3):
            _through(component, x + column * PITCH)
        bar(component, T_D, [x, x + 2 * PITCH])
        vm.append(x + PITCH)
        via_stack(component, x, SLOT, "met1", "met4", 0.80, BAR_HEIGHT)
        strap(component, x, SLOT, P_TOP)
    bar(component, T_FAR, vm, [X_MEMBRANE])
    via_stack(component, X_MEMBRANE, SLOT, "met2", "met4", 0.80, BAR_HEIGHT)
    box(component, "met2", X_MEMBRANE - 0.19, SLOT, X_MEMBRANE + 0.19, T_FAR)


def _enable(component: Component) -> float:
    """NAND of config and discharge, and its inverse `we`; returns x of we."""
    x = [round(X_ENABLE + column * PITCH, 3) for column in range(4)]
    gates = [round(X_ENABLE + (column + 0.5) * PITCH, 3) for column in range(3)]
    _n(component, "enable", "we we_b vss discharge_1v8 nx config_1v8 we_b", x[0])
    _p(component, "enable", "we we_b vdd1v8 discharge_1v8 we_b config_1v8 vdd1v8", x[0], ENABLE_P)
    _through(component, x[0])
    for at in gates:
        _gates(component, at)
    riser(component, x[3], Y_N, T_Q)
    riser(component, x[2], P_TOP - 0.4, T_Q)
    bar(component, T_Q, [gates[0], x[2], x[3]])
    _to_line(component, gates[2], "config_1v8")
    bar(component, T_FAR, [gates[1]], [X_DISCHARGE])
    strap(component, x[1], Y_N, -2.1)
    for at in (x[1], x[3]):
        strap(component, at, Y_RAIL, P_TOP - 0.4)
    return x[0]


def _trim(component: Component, latches: dict[str, _Latch]) -> None:
    """Five equal transistors in two rows: 2 beside each other, 1, and 2 in series take current out of c_d2, into latches at ground."""
    pitch = rules.column_pitch(TRIM_LENGTH)
    x = [round(X_TRIM + column * pitch, 3) for column in range(4)]
    paths = ("c_d2 ibias trim2_qb ibias c_d2 ibias trim1_qb", "c_d2 ibias trim0_mid ibias trim0_qb")
    upper, lower = (
        draw.row(component, f"strip_trim_{side}", path, x[0], y, finger_width=TRIM_WIDTH, length=TRIM_LENGTH, heads=f"ibias:{side}")
        for path, y, side in zip(paths, TRIM_ROWS, "tb", strict=True)
    )
    bias = 0.95                                                      # left of the ground bar's vias
    for reference, y in zip((upper, lower), TRIM_HEADS, strict=True):
        bar(component, y, xs_of(reference, "ibias", "gate"), [bias])
    box(component, "met2", bias - 0.19, TRIM_HEADS[1] - 0.16, bias + 0.19, Y_IBIAS + 0.19)
    draw.up(component, bias, Y_IBIAS)
    strap(component, x[0], TRIM_ROWS[1], TRIM_ROWS[0])
    strap(component, x[2], T_GAIN - draw.OVER, TRIM_ROWS[0])
    bar(component, T_GAIN, [x[0], x[2]], [X_GAIN])
    riser(component, x[2], TRIM_ROWS[1], T_QB)
    bar(component, T_QB, [x[2]], [latches["trim0"].at(1.5)])
    riser(component, x[3], TRIM_ROWS[0], T_FAR)
    bar(component, T_FAR, [x[3], latches["trim1"].at(3)])
    riser(component, x[1], TRIM_ROWS[0], T_TRIM_2)
    bar(component, T_TRIM_2, [x[1], X_JOG])
    strap(component, X_JOG, T_TRIM - draw.OVER, T_TRIM_2 + draw.OVER)
    bar(component, T_TRIM, [X_JOG, latches["trim2"].at(3)])


def _supply(component: Component) -> None:
    """Well, its taps, and the way of vdd1v8 from the neuron's bar; implants that neighbouring rows share (nsd.2, psd.2)."""
    first, last = X_PAIRS[0] + PITCH, X_ENABLE + 3 * PITCH
    box(component, "nwell", first - 0.5, Y_RAIL - rules.TAP_HALF - rules.WELL_TAP[1.8], last + 0.5, P_TOP + 0.25)
    tap_bar(component, "n", first, last, Y_RAIL)
    box(component, "met1", X_SUPPLY - 0.8, Y_RAIL - rules.RAIL_HALF, first, Y_RAIL + rules.RAIL_HALF)
    box(component, "met1", X_SUPPLY - 0.8, Y_RAIL - rules.RAIL_HALF, X_SUPPLY + 0.8, SLOT + 0.2)
    via_stack(component, X_SUPPLY, SLOT, "met1", "met4", 1.6, BAR_HEIGHT)
    ends = rules.DIFF_END + rules.IMPLANT
    box(component, "nsdm", X_PAIRS[0] - ends, Y_N - N_WIDTH / 2 - rules.IMPLANT, last + ends, Y_N + N_WIDTH / 2 + rules.IMPLANT)
    box(component, "psdm", first - ends, P_TOP - LATCH_P - rules.IMPLANT, last + ends, P_TOP + rules.IMPLANT)
    low, high = X_SWITCHES["1"] - ends, X_SWITCHES["0"] + 2 * PITCH + ends
    box(component, "psdm", low, P_TOP - SWITCH_P - rules.IMPLANT, high, P_TOP + rules.IMPLANT)


def configuration_strip(component: Component) -> None:
    """Draw the strip into the neuron."""
    latches = _latches(component)
    _switches(component)
    we = _enable(component)
    bar(component, N_HEAD, [*(x for latch in latches.values() for x in latch.accesses), we])
    _trim(component, latches)
    _supply(component)
