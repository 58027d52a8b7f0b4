"""Layout of the neuron: two analog rows and their loads on one column grid, the latch at the right, the capacitors behind the rail.

::

             |  bank: capm, met3 = plate1, plate0, met4 = vg                          |
             |  compensation and membrane capacitor: capm, met3 = vm, met4 = cz, vg   |
    rail     ------------------------------------------------------------------ vdd1v8: met1, met3 bar
    loads      amplifier loads   amplifier output   comparator loads, output    latch, inverters (p)
    tracks     vg, vm, fire, a_d2, cz: met2
    pairs  in  amplifier pair    cz resistor        comparator pair             latch, inverters (n)
    bias   sw  bias row, vm, fire risers            leak
    bars     vth, vref, phi_p, vlk, phi_n, ibias: met3, over the rows
    rail     ------------------------------------------------------------------ vss: met1, met3 bar
    strip    trim array, latches of the configuration, switches (configuration_strip.py); bars of their data: met3

Nothing but met3 and met4 lies at the capacitors: by choice, no rule forbids it.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.neuron import column_grid as draw
from neusoc.analog.neuron import configuration_strip as strip
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import (
    Component,
    Reference,
    bar,
    box,
    contacts,
    cut_array,
    pin,
    positions,
    riser,
    strap,
    via_stack,
    xs_of,
)
from neusoc.pdk import rules
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer

# Sizes, um; the schematic has the same (LVS compares them).
SWITCH_FINGER, SWITCH_LENGTH = 1.0, 0.5
BIAS_FINGER, PAIR_FINGER, LOAD_FINGER, MIRROR_FINGER = 2.0, 2.0, 1.5, 1.0
ANALOG_LENGTH, OUTPUT_LENGTH, LOGIC_LENGTH = 1.0, 0.5, 0.15
RESISTOR_WIDTH, RESISTOR_LENGTH, LEAK_WIDTH, LEAK_LENGTH = 0.42, 1.4, 0.42, 8.0
LOGIC_N, LOGIC_P, DISCHARGE_N = 1.0, 2.0, 2.0
SET_N, SET_P = 0.5, 1.0                          # narrow: they carry current while fire rises
MEMBRANE, COMPENSATION, CAP_HEIGHT = 30.0, 7.5, 8.0
BANK = {"1": 30.0, "0": 15.0}                    # widths of the bank's capacitors

# Euler paths.
SWITCHES = "vg phi_p_3v3 bl_p phi_p_3v3 vg phi_n_3v3 bl_n phi_n_3v3 vg"
BIAS = "vss vss c_tail ibias vss ibias vm ibias vss ibias a_tail ibias vss ibias vm ibias vss ibias ibias vss vss"
A_PAIR = "vss vss a_tail vg a_d1 vg a_tail vref a_d2 vref a_tail vref a_d2 vref a_tail vg a_d1 vg a_tail vss vss"
A_LOAD = (
    "vdd1v8 vdd1v8 vdd1v8 a_d1 a_d1 a_d1 vdd1v8 a_d1 a_d2 a_d1 vdd1v8 a_d1 a_d2 a_d1 vdd1v8 a_d1 a_d1 a_d1 vdd1v8 vdd1v8 vdd1v8"
)
A_OUT = "vdd1v8 a_d2 vm a_d2 vdd1v8 a_d2 vm a_d2 vdd1v8"
C_PAIR = "vss vss c_d1 vth c_tail vm c_d2 vm c_tail vth c_d1 vss vss"
C_LOAD = "vdd1v8 vdd1v8 c_d1 c_d1 vdd1v8 c_d2 c_d2 c_d2 vdd1v8 c_d1 c_d1 vdd1v8 vdd1v8 c_d1 c_n vdd1v8 vdd1v8"
C_MIRROR_P, C_MIRROR_N = "fire c_d2 vdd1v8", "vss c_n c_n c_n vss c_n fire c_n vss"

# Levels, um: centres of rows, rails, taps; met2 tracks; met3 bars.
Y_VSS, Y_TAP, Y_PTOP, Y_WELL, Y_VDD = -2.1, 1.6, 5.8, 6.9, 10.5
N_HEAD, P_HEAD = 5.0, 7.6                        # gate heads of the n rows (top) and of the p rows (bottom)
Y_BIAS, Y_PAIR, Y_LEAK = 0.0, 3.65, 0.9
T_VM_LOW, T_C_TAIL, T_A_TAIL = Y_LEAK, 1.38, 1.84
T_VG, T_VM, T_FIRE, T_GAIN = 5.5, 6.0, 6.5, 7.0
BARS = {"ibias": -1.46, "phi_n_3v3": -0.56, "vlk": 0.34, "phi_p_3v3": 1.30, "vref": 2.30, "vth": 3.20}
BAR_HALF = 0.30
VSS_BAR, VDD_BAR = (-4.06, -2.06), (9.60, 11.60)
CAP_CLEAR = 1.40                                 # capm.2b: 1.2 from a plate, which is met3 0.2 past capm, to another
PLATE_LOW = round(VDD_BAR[1] + CAP_CLEAR - 0.20, 3)    # bottom of the capacitors' met3
Y_BL_P, Y_BL_N, Y_SPIKE, Y_DISCHARGE = 7.0, 9.0, 8.95, N_HEAD

# Columns, um.
X_SWITCH = 3.2
X_RING = 7.0
X_AMP = 8.0                                      # first node of the amplifier's rows
X_OUT = X_AMP + 15.2                             # first node of its output row
X_RESISTOR = X_AMP + 20.7                        # gate of the resistor
X_CMP = X_AMP + 22.2                             # first node of the comparator's rows
X_LOGIC = X_AMP + 37.5                           # first node of the latch
X_MIRROR = X_CMP + 9.2                           # first node of the comparator's n mirror
X_LEAK = X_CMP + 4.35                            # centre of the leak transistor
X_END = 55.3                                     # right side of the rings
X_CZ = 56.0                                      # riser of cz, right of the rings
X_VM = 6.25                                      # riser of vm, between the rings
WIDTH = 56.6


Y_LOAD, Y_LOGIC_P = draw.above(P_HEAD, LOAD_FINGER), draw.above(P_HEAD, LOGIC_P)
Y_LOGIC_N, Y_DISCHARGE_N, Y_MIRROR, Y_RESISTOR = (draw.below(N_HEAD, w) for w in (LOGIC_N, DISCHARGE_N, MIRROR_FINGER, RESISTOR_WIDTH))
Y_SWITCH = draw.above(BARS["phi_p_3v3"], SWITCH_FINGER)
Y_CAP = PLATE_LOW + 0.2 + CAP_HEIGHT / 2
TAB_LOW = round(PLATE_LOW + 0.2 + CAP_HEIGHT + CAP_CLEAR, 3)           # bottom of the tabs below the bank
BANK_LOW = round(TAB_LOW + 0.60, 3)              # bottom of the bank's met3
Y_TOP = round(BANK_LOW + 0.2 + CAP_HEIGHT + CAP_CLEAR - 0.15, 3)     # upper edge of the cell; the next bar is 0.15 behind it


def _to_bar(component: Component, net: str, x: float, y: float) -> None:
    """From a met2 bar of the net at (x, y) to its met3 bar: via2 where they overlap, else by a met1 strap."""
    y_bar = BARS[net]
    if abs(y - y_bar) > BAR_HALF - 0.165:
        strap(component, x, min(y, y_bar) - draw.OVER, max(y, y_bar) + draw.OVER)
        bar(component, y, [x])
        bar(component, y_bar, [x], (x - 0.4, x + 0.4))
        y = y_bar
    draw.up(component, x, y, 2)


def _switches(component: Component) -> None:
    """Thick-oxide switches from the bit lines to the virtual ground, in a ring of their own."""
    first = X_SWITCH - 2 * rules.column_pitch(SWITCH_LENGTH)
    row = draw.row(
        component, "switches", SWITCHES, first, Y_SWITCH, finger_width=SWITCH_FINGER, length=SWITCH_LENGTH, voltage=5.0,
        heads="phi_p_3v3:b phi_n_3v3:b",
    )  # fmt: skip
    top = Y_SWITCH + SWITCH_FINGER / 2 + 0.75
    ring = component << guard_ring("neuron_switch_ring", 4.8, round(top - Y_VSS, 3), "p", voltage=5.0)
    ring.move((X_SWITCH, round((top + Y_VSS) / 2, 3)))
    for net in ("phi_p_3v3", "phi_n_3v3"):
        heads = draw.straps(component, row, net, BARS[net], "gate")
        bar(component, BARS[net], heads)
        draw.up(component, sum(heads) / 2, BARS[net], 2)
    bar(component, T_VG - 0.5, xs_of(row, "vg"))
    right = max(draw.straps(component, row, "vg", T_VG))
    bar(component, T_VG, [right], (X_AMP,))
    for net, y in (("bl_p", Y_BL_P), ("bl_n", Y_BL_N)):
        x = draw.straps(component, row, net, y)[0]
        bar(component, y, [x], (0.35,))
        draw.up(component, 0.85, y, 2)
        box(component, "met3", 0, y - 0.3, 1.4, y + 0.3)
        pin(component, net, "met3", 0.2, y, 0.4, 0.6, orientation=180)


def _amplifier(component: Component) -> None:
    """Bias row, input pair, loads, output device, and the resistor of the compensation."""
    analog = {"length": ANALOG_LENGTH}
    bias = draw.row(component, "bias", BIAS, X_AMP, Y_BIAS, finger_width=BIAS_FINGER, heads="ibias:b", dummies="b", **analog)
    pair = draw.row(component, "a_pair", A_PAIR, X_AMP, Y_PAIR, finger_width=PAIR_FINGER, heads="vg:t vref:b", dummies="t", **analog)
    p_load = {"polarity": "p", "finger_width": LOAD_FINGER}
    load = draw.row(component, "a_load", A_LOAD, X_AMP, Y_LOAD, heads="a_d1:b", dummies="t", **p_load, **analog)
    out = draw.row(
        component, "a_out", A_OUT, X_OUT, Y_LOAD, polarity="p", finger_width=LOAD_FINGER, length=OUTPUT_LENGTH, heads="a_d2:b", dummies="t"
    )
    resistor = draw.row(
        component, "resistor", "a_d2 vdd1v8 cz", X_RESISTOR - 0.85, Y_RESISTOR, finger_width=RESISTOR_WIDTH,
        length=RESISTOR_LENGTH, heads="vdd1v8:t",
    )  # fmt: skip
    heads = xs_of(bias, "ibias", "gate")
    y_heads = positions(bias, "ibias", "gate")[0][1]
    bar(component, y_heads, [*heads, *draw.straps(component, bias, "ibias", y_heads)])
    for x in heads[1:-1:2]:
        draw.up(component, x, y_heads, 2)
    draw.straps(component, bias, "vss", Y_VSS)
    bar(component, T_A_TAIL, [*draw.straps(component, bias, "a_tail", T_A_TAIL), *draw.straps(component, pair, "a_tail", T_A_TAIL)])
    x_riser = X_OUT - 1.3                                             # between the pair and the resistor
    bar(component, T_VM_LOW, [*draw.straps(component, bias, "vm", T_VM_LOW), x_riser], (X_LEAK - 4,))
    _tie_to_tap(component, pair)

    vref = xs_of(pair, "vref", "gate")
    y_vref = positions(pair, "vref", "gate")[0][1]
    bar(component, y_vref, vref)
    draw.up(component, sum(vref) / 4, y_vref, 2)
    bar(component, T_VG, draw.straps(component, pair, "vg", T_VG, "gate"), (X_AMP,))
    bar(component, P_HEAD, [*xs_of(load, "a_d1", "gate"), *draw.straps(component, pair, "a_d1", Y_LOAD)])
    gain = draw.straps(component, pair, "a_d2", Y_LOAD)

    gates = xs_of(out, "a_d2", "gate")
    bar(component, P_HEAD, gates)
    riser(component, gates[2], P_HEAD, T_GAIN)
    bar(component, T_GAIN, [*gain, gates[2], *draw.straps(component, resistor, "a_d2", T_GAIN)])
    draw.straps(component, resistor, "vdd1v8", Y_VDD, "gate")
    strap(component, x_riser, T_VM_LOW - draw.OVER, T_VM + draw.OVER)
    bar(component, T_VM, [x_riser, *draw.straps(component, out, "vm", T_VM)])
    for row in (load, out):
        draw.straps(component, row, "vdd1v8", Y_VDD)
    bar(component, T_GAIN, draw.straps(component, resistor, "cz", T_GAIN), (X_CMP,))
    c_tail = draw.straps(component, bias, "c_tail", T_C_TAIL)
    bar(component, T_C_TAIL, c_tail, (X_CMP,))


def _tie_to_tap(component: Component, row: Reference) -> None:
    """The grounded ends of a row to the tap bar below it."""
    half = rules.CUT_ROW_HALF
    for x in draw.straps(component, row, "vss", Y_TAP):
        contacts(component, ("mcon",), x - half, Y_TAP - half, x + half, Y_TAP + half)


def _comparator(component: Component) -> None:
    """Pair, loads and output device of the comparator; the leak transistor."""
    analog = {"length": ANALOG_LENGTH}
    pair = draw.row(component, "c_pair", C_PAIR, X_CMP, Y_PAIR, finger_width=PAIR_FINGER, heads="vm:t vth:b", dummies="t", **analog)
    load = draw.row(
        component, "c_load", C_LOAD, X_CMP, Y_LOAD, polarity="p", finger_width=LOAD_FINGER, heads="c_d1:b c_d2:b", dummies="t", **analog
    )
    mirror_p = draw.row(
        component, "c_mirror_p", C_MIRROR_P, max(xs_of(load, "vdd1v8")) + 1.3, Y_LOAD, polarity="p", finger_width=LOAD_FINGER,
        heads="c_d2:b", **analog,
    )  # fmt: skip
    mirror_n = draw.row(component, "c_mirror_n", C_MIRROR_N, X_MIRROR, Y_MIRROR, finger_width=MIRROR_FINGER, heads="c_n:t", **analog)
    for row in (pair, mirror_n):
        _tie_to_tap(component, row)
    bar(component, T_C_TAIL, draw.straps(component, pair, "c_tail", T_C_TAIL), (X_CMP,))
    vth = xs_of(pair, "vth", "gate")
    y_vth = positions(pair, "vth", "gate")[0][1]
    x_riser = X_CMP - 0.7
    bar(component, y_vth, [*vth, x_riser])
    _to_bar(component, "vth", x_riser, y_vth)
    bar(component, T_VM, draw.straps(component, pair, "vm", T_VM, "gate"), (X_OUT, X_LOGIC))
    bar(component, P_HEAD, [*xs_of(load, "c_d1", "gate"), *draw.straps(component, pair, "c_d1", Y_LOAD)])
    gates = [*draw.straps(component, load, "c_d2", Y_LOAD, "gate"), *draw.straps(component, mirror_p, "c_d2", Y_LOAD, "gate")]
    bar(component, Y_LOAD, [*draw.straps(component, pair, "c_d2", Y_LOAD), *gates])
    mirror = [*draw.straps(component, mirror_n, "c_n", N_HEAD), *draw.straps(component, load, "c_n", N_HEAD)]
    bar(component, N_HEAD, [*xs_of(mirror_n, "c_n", "gate"), *mirror])
    fire = [*draw.straps(component, mirror_p, "fire", T_FIRE), *draw.straps(component, mirror_n, "fire", T_FIRE)]
    bar(component, T_FIRE, fire, (X_LOGIC,))
    for row in (load, mirror_p):
        draw.straps(component, row, "vdd1v8", Y_VDD)

    leak = draw.row(
        component, "leak", "vm vlk vg", X_LEAK - (LEAK_LENGTH + rules.GATE_GAP) / 2, Y_LEAK, finger_width=LEAK_WIDTH, length=LEAK_LENGTH,
        heads="vlk:b",
    )  # fmt: skip
    bar(component, T_VM_LOW, xs_of(leak, "vm"), (X_LEAK - 4,))
    gate = xs_of(leak, "vlk", "gate")
    y_gate = positions(leak, "vlk", "gate")[0][1]
    bar(component, y_gate, gate, (gate[0] - 0.4, gate[0] + 0.4))
    _to_bar(component, "vlk", gate[0], y_gate)
    bar(component, T_VG, draw.straps(component, leak, "vg", T_VG), (X_AMP, X_LOGIC))


def _logic(component: Component) -> None:
    """Latch (set by fire, reset by discharge), output inverter, discharge inverter and discharge switch, on eleven columns."""
    pitch = rules.column_pitch(LOGIC_LENGTH)

    def at(column: float) -> float:
        return round(X_LOGIC + column * pitch, 3)

    def rows(
        name: str, column: int, n_path: str, p_path: str, n_width: float = LOGIC_N, p_width: float = LOGIC_P
    ) -> tuple[Reference, Reference]:
        heads = [" ".join(f"{net}:{side}" for net in dict.fromkeys(path.split()[1::2])) for path, side in ((n_path, "t"), (p_path, "b"))]
        x = at(column)
        short = {"length": LOGIC_LENGTH}
        low = draw.row(component, f"{name}_n", n_path, x, draw.below(N_HEAD, n_width), finger_width=n_width, heads=heads[0], **short)
        y = draw.above(P_HEAD, p_width)
        high = draw.row(component, f"{name}_p", p_path, x, y, polarity="p", finger_width=p_width, heads=heads[1], **short)
        return low, high

    rows("discharge", 0, "vg discharge_1v8 vm discharge_1v8 vg", "vg dis_b vm dis_b vg", DISCHARGE_N)
    reset_n, reset_p = rows(
        "reset", 3, "dis_b discharge_1v8 vss discharge_1v8 spike_q spk_b vss", "dis_b discharge_1v8 vdd1v8 discharge_1v8 rx spk_b spike_q"
    )
    set_n, set_p = rows(
        "set", 7, "vss spike_q spk_b fire vss spk_b spike_1v8 spk_b vss", "spk_b spike_q sx fire vdd1v8 spk_b spike_1v8 spk_b vdd1v8",
        SET_N, SET_P,
    )
    for row in (reset_n, set_n):
        draw.straps(component, row, "vss", Y_VSS)
    for row in (reset_p, set_p):
        draw.straps(component, row, "vdd1v8", Y_VDD)
    for column in (3.5, 4.5, 5.5, 7.5, 8.5, 9.5, 10.5):             # a gate of the same net in both rows: straight through
        strap(component, at(column), N_HEAD, P_HEAD)
    for column in (0, 1, 2, 3, 10):                                 # a node of the same net in both rows
        strap(component, at(column), Y_LOGIC_N, Y_LOGIC_P)
    bar(component, N_HEAD, [at(c) for c in (0.5, 1.5, 3.5, 4.5)], (WIDTH - 0.35,))
    bar(component, T_FIRE, [at(8.5)], (X_LOGIC,))
    bar(component, T_VG, [at(0), at(2)], (X_LOGIC,))
    bar(component, T_VM, [at(1)], (X_LOGIC,))
    bar(component, P_HEAD, [at(c) for c in (0.5, 1.5, 3)])          # dis_b
    riser(component, at(5), Y_LOGIC_N, P_HEAD)
    riser(component, at(6), Y_LOGIC_P, P_HEAD)
    bar(component, P_HEAD, [at(c) for c in (5, 6, 7.5)])            # spike_q
    riser(component, at(8), Y_LOGIC_N, T_VG)
    riser(component, at(7), Y_LOGIC_P, T_VG)
    bar(component, T_VG, [at(c) for c in (5.5, 7, 8, 9.5, 10.5)])   # spk_b
    riser(component, at(10), Y_LOGIC_N, Y_SPIKE)
    bar(component, Y_SPIKE, [at(10)], (WIDTH - 0.35,))
    for net, y in (("spike_1v8", Y_SPIKE), ("discharge_1v8", Y_DISCHARGE)):
        draw.up(component, WIDTH - 0.85, y, 2)
        box(component, "met3", WIDTH - 1.4, y - 0.3, WIDTH, y + 0.3)
        pin(component, net, "met3", WIDTH - 0.2, y, 0.4, 0.6, orientation=0)


def _capacitors(component: Component) -> None:
    """Membrane (vg over vm) and compensation (cz over vm) capacitor on one met3 plate."""
    island, y = 0.30, PLATE_LOW + 0.30 + 1.55                          # half an island of vias; level of all three risers
    x_cz = WIDTH - 0.30 - island
    edge = x_cz - island - CAP_CLEAR + 0.20                                  # right end of the plate
    first = X_VM - island                                           # left end of the tab of the first capacitor
    membrane = component << mim("neuron_c_m", MEMBRANE, CAP_HEIGHT, top="vg", bottom="vm")
    membrane.move((round(first + 0.80 + MEMBRANE / 2, 3), Y_CAP))
    compensation = component << mim("neuron_c_c", COMPENSATION, CAP_HEIGHT, top="cz", bottom="vm")
    compensation.move((round(edge - 0.20 - COMPENSATION / 2, 3), Y_CAP))
    box(component, "met3", first + 0.80 + MEMBRANE, PLATE_LOW, edge, PLATE_LOW + CAP_HEIGHT + 0.40)
    strap(component, X_VM, T_VM - draw.OVER, y)
    via_stack(component, X_VM, y, "met1", "met3", 2 * island, 2 * island)
    bar(component, T_VM, [X_VM], (X_OUT,))
    x_vg = X_SWITCH + 2 * rules.column_pitch(SWITCH_LENGTH)
    strap(component, x_vg, T_VG, y)
    strap(component, X_CZ, T_GAIN - draw.OVER, y)
    bar(component, T_GAIN, [X_CZ], (X_CMP,))
    for x, inner in ((x_vg, first + 1.4), (x_cz, edge - 0.8)):
        via_stack(component, x, y, "met1", "met3", 2 * island, 2 * island)
        cut_array(component, ("via3",), x - 0.20, y - 0.20, x + 0.20, y + 0.20, rules.VIA3, 0.4)
        # wider than 3 um and flush with the plate: m4.5b sees a narrow tongue on a wide shape as two shapes
        box(component, "met4", min(x - island, inner), y - 1.55, max(x + island, inner), y + 1.55)


def _bank(component: Component) -> None:
    """Two capacitors from vg to plates of their own, which the strip's switches join to vm; met4 down to the strip."""
    y = round(BANK_LOW + 0.2 + CAP_HEIGHT / 2, 3)
    left = {"1": round(X_VM - 0.30 + 0.80, 3)}                       # edges of capm; the first lies over the membrane's
    right = {"1": left["1"] + BANK["1"]}
    left["0"] = round(right["1"] + CAP_CLEAR + 0.80, 3)
    for bit, width in BANK.items():
        capacitor = component << mim(f"neuron_c_b{bit}", width, CAP_HEIGHT, top="vg", bottom=f"plate{bit}")
        capacitor.move((round(left[bit] + width / 2, 3), y))
    tabs = {"1": right["1"] - 1.50, "0": strip.X_SWITCHES["0"]}      # x of the landings on the plates
    for x in tabs.values():
        # wider than 3 um: m3.3ab sees a narrow tongue on a wide shape as two shapes
        box(component, "met3", x - 1.70, TAB_LOW, x + 1.70, BANK_LOW + 0.40)
        _landing(component, x, TAB_LOW + 0.20)
    x, top = strip.X_SWITCHES["1"], TAB_LOW + 0.40
    box(component, "met4", tabs["1"] - 0.20, TAB_LOW, x + 0.20, top)
    for line, high in ((x, top), (strip.X_SWITCHES["0"], top)):
        box(component, "met4", line - 0.20, strip.SLOT - 0.20, line + 0.20, high)
    # vg: from the membrane's top plate up, and across from plate to plate
    box(component, "met4", X_SWITCH + 1.3, PLATE_LOW + 0.30, left["1"] + 0.85, BANK_LOW + 3.4)
    box(component, "met4", right["1"] - 0.6, BANK_LOW + 0.30, left["0"] + 0.6, BANK_LOW + 0.10 + CAP_HEIGHT)


def _landing(component: Component, x: float, y: float) -> None:
    """via3 between a met3 plate and a met4 line."""
    box(component, "met4", x - 0.20, y - 0.20, x + 0.20, y + 0.20)
    cut_array(component, ("via3",), x - 0.1, y - 0.1, x + 0.1, y + 0.1, rules.VIA3, 0.4)


def _to_strip(component: Component) -> None:
    """What the strip gets from here: vm and vdd1v8 by met4, c_d2 and discharge_1v8 by met2."""
    x, y = strip.X_MEMBRANE, PLATE_LOW + 1.0
    box(component, "met4", x - 0.20, strip.SLOT - 0.20, x + 0.20, y + 0.20)
    _landing(component, x, y)
    x = strip.X_SUPPLY
    box(component, "met4", x - 0.8, strip.SLOT - 0.20, x + 0.8, VDD_BAR[1])
    cut_array(component, ("via3",), x - 0.7, VDD_BAR[0] + 0.1, x + 0.7, VDD_BAR[1] - 0.1, rules.VIA3, 0.4)
    x_pair = X_CMP + 3 * rules.column_pitch(ANALOG_LENGTH)           # c_d2 in the comparator's pair
    strap(component, x_pair, Y_LEAK - draw.OVER, Y_PAIR)
    bar(component, Y_LEAK, [x_pair], [strip.X_GAIN])
    box(component, "met2", strip.X_GAIN - 0.16, strip.T_GAIN - 0.16, strip.X_GAIN + 0.16, Y_LEAK + 0.16)
    x = strip.X_DISCHARGE
    box(component, "met2", x - 0.16, strip.T_FAR - 0.16, x + 0.16, N_HEAD + 0.16)


def _frame(component: Component) -> None:
    """Rings, supply rails and the met3 bars that run through a row of neurons."""
    x_mid = (X_RING + X_END) / 2
    for name, kind, low, high, rail, bars in (("n", "p", Y_VSS, Y_PTOP, "b", (Y_TAP,)), ("p", "n", Y_WELL, Y_VDD, "t", ())):
        middle = (low + high) / 2
        inner = tuple(round(y - middle, 3) for y in bars)
        ring = guard_ring(f"neuron_{name}_ring", X_END - X_RING, round(high - low, 3), kind, rail, inner)
        (component << ring).move((x_mid, round(middle, 3)))
    box(component, "met1", 0.4, -3.0, WIDTH - 0.4, Y_VSS + rules.RAIL_HALF)
    low, high = VSS_BAR
    for x in range(2, int(WIDTH), 3):
        via_stack(component, x, -2.55, "met1", "met3", 1.2, 0.8)
        if X_RING < x < X_END - 1:
            via_stack(component, x, Y_VDD, "met1", "met3", 1.2, 0.8)
    spans = {net: (y - BAR_HALF, y + BAR_HALF) for net, y in BARS.items()} | {"vss": (low, high), "vdd1v8": VDD_BAR}
    spans |= {net: (y - strip.BAR_HEIGHT / 2, y + strip.BAR_HEIGHT / 2) for net, y in strip.BARS.items()}
    for net, (bottom, top) in spans.items():
        box(component, "met3", 0, bottom, WIDTH, top)
        y = (bottom + top) / 2
        pin(component, net, "met3", 0.2, y, 0.4, top - bottom, orientation=180)
        _right_pin(component, net, y, top - bottom)
    box(component, "prbndry", 0, strip.Y_BOTTOM, WIDTH, Y_TOP)


def _right_pin(component: Component, net: str, y: float, height: float) -> None:
    """The second pin of a net that runs through: same label, port <net>_right."""
    box(component, pin_layer("met3"), WIDTH - 0.4, y - height / 2, WIDTH, y + height / 2)
    component.add_label(net, position=(WIDTH - 0.2, rules.on_grid(y)), layer=label_layer("met3"))
    port = component.add_port(f"{net}_right", center=(WIDTH, y), width=height, orientation=0, layer=LAYERS["met3"], port_type="electrical")
    port.info["net"], port.info["role"] = net, "pin"


def _implants(component: Component) -> None:
    """Implants between neighbouring rows (nsd.2, psd.2: merge what is closer than 0.38)."""
    logic_end = X_LOGIC + 11 * rules.column_pitch(LOGIC_LENGTH)
    for layer, x0, x1, y, width in (
        ("nsdm", X_AMP, X_CMP, Y_RESISTOR, RESISTOR_WIDTH),
        ("nsdm", X_MIRROR, X_LOGIC, Y_MIRROR, MIRROR_FINGER),
        ("nsdm", X_LOGIC, logic_end, Y_LOGIC_N, LOGIC_N),
        ("psdm", X_AMP, X_LOGIC, Y_LOAD, LOAD_FINGER),
        ("psdm", X_LOGIC, logic_end, Y_LOGIC_P, LOGIC_P),
    ):
        half = width / 2 + rules.IMPLANT
        box(component, layer, x0, y - half, x1, y + half)


@gf.cell
def neuron() -> gf.Component:
    """One neuron: op-amp integrator, comparator and latch; origin at the left edge, level of the bias row.

    Ports: pins by net name; nets that run through have `<net>` at the left and `<net>_right` at the right edge.
    """
    component = gf.Component()
    _frame(component)
    _switches(component)
    _amplifier(component)
    _comparator(component)
    _logic(component)
    _capacitors(component)
    _bank(component)
    strip.configuration_strip(component)
    _to_strip(component)
    _implants(component)
    return component
