"""Layout of the bias block: two rows of mirror fingers on either side of a routing channel, the divider below them.

::

      ==== vdd1v8 =====================   met1 over the well taps
       | p: ADC 5 to 1 | p: DACs |
      ------ met2 tracks: ibias, pa, pd, iadc, idac[0..2], out to the left
       | n: 11 fingers, 1 finger |
      ==== vss ========================   met1 over the substrate taps
      ------ met2: vdac, vread, out to the left
       | divider, 45 units |
      ------ met2: vref

The output pair of the ADC's mirror stands in the middle of its ten input fingers. met3 and above are free.
"""

from __future__ import annotations

from itertools import chain

import gdsfactory as gf
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.resistors import LINK, resistor_bank
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap
from neusoc.layout.routing.tracks import ChannelNet, assign_tracks
from neusoc.pdk import rules

UNIT, UPPER, MIDDLE, LOWER = 6.0, 17, 18, 10             # length of a unit, um; units above vdac, above vread, above vss
N_PATH = "vss off " + " ibias ".join(["pa", "vss"] * 6) + " ibias pd off vss"
_LEFT = "vdd1v8 off pa pa vdd1v8 pa pa pa vdd1v8 pa pa pa vdd1v8"
ADC_PATH = f"{_LEFT} pa iadc pa {' '.join(reversed(_LEFT.split()))}"
DAC_PATH = "vdd1v8 off vdd1v8 pd idac[0] pd vdd1v8 pd idac[1] pd vdd1v8 pd pd pd vdd1v8 pd idac[2] pd vdd1v8 off vdd1v8"
N_WIDTH, N_LENGTH, P_LENGTH = 2.0, 1.0, 2.0
# name -> polarity, path, width, length, x of the first node
ROWS = {
    "n": ("n", N_PATH, N_WIDTH, N_LENGTH, 22.6),
    "adc": ("p", ADC_PATH, 1.2, P_LENGTH, 1.2),
    "dac": ("p", DAC_PATH, 1.0, P_LENGTH, 34.4),
}
LEFT, RIGHT = -0.60, 60.0                                # outline; the rings stand from 0 to RING
RING = 59.4
TRACK = 0.48
X_BANK = 2.5
Y_BANK = 1.40
Y_TAPS = (round(Y_BANK + UNIT + 2 * 2.16 + 0.70, 3), round(Y_BANK + UNIT + 2 * 2.16 + 0.70 + TRACK, 3))
Y_VSS = round(Y_TAPS[-1] + 1.10, 3)
Y_NTOP = round(Y_VSS + 0.75 + N_WIDTH, 3)
Y_NHEAD = round(Y_NTOP + rules.HEAD_CENTRE, 3)
EXPORTED = ("ibias", "iadc", "idac[0]", "idac[1]", "idac[2]")
RAILS = {"n": "vss", "p": "vdd1v8"}


def _landings(name: str) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """(net, x) of the nodes and of the gates of a row; dummies left out."""
    _, path, _, length, first = ROWS[name]
    tokens, pitch = path.split(), rules.column_pitch(length)
    nodes = [(net, round(first + i * pitch, 3)) for i, net in enumerate(tokens[0::2])]
    gates = [(net, round(first + (i + 0.5) * pitch, 3)) for i, net in enumerate(tokens[1::2]) if net != "off"]
    return nodes, gates


def _channel() -> dict[str, ChannelNet]:
    nets: dict[str, ChannelNet] = {}
    for name, (polarity, *_) in ROWS.items():
        for net, x in chain(*_landings(name)):
            if net != RAILS[polarity]:
                getattr(nets.setdefault(net, ChannelNet()), "low" if polarity == "n" else "high").append(x)
    for net in EXPORTED:
        nets[net].reach.append(LEFT)
    return nets


@gf.cell
def bias() -> gf.Component:
    """Bias block; left side of its rings at x = 0.

    Returns:
        Component bias: vref, ibias, vdac, vread, iadc, idac[0..2] at the left (met2), vdd1v8 and vss (met1 rails).
    """
    component = gf.Component()
    nets = _channel()
    tracks = {net: round(Y_NHEAD + 0.52 + TRACK * index, 3) for net, index in assign_tracks(nets).items()}
    y_phead = round(max(tracks.values()) + 0.52, 3)
    y_pbottom = round(y_phead + rules.HEAD_CENTRE, 3)
    y_vdd = rules.on_grid(y_pbottom + max(row[2] for row in ROWS.values() if row[0] == "p") + 0.75)
    for name in ROWS:
        _row(component, name, tracks, y_pbottom, y_vdd)
    for net, y in tracks.items():
        bar(component, y, sorted({*nets[net].low, *nets[net].high}), nets[net].reach)
        if net in EXPORTED:
            pin(component, net, "met2", LEFT + 0.16, y, orientation=180)
    for ring, low, high, kind, rail in (("n", Y_VSS, Y_NHEAD + 0.68, "p", "b"), ("p", y_phead - 0.68, y_vdd, "n", "t")):
        drawn = component << guard_ring(f"bias_ring_{ring}", RING, rules.on_grid(high - low), kind, rail)
        drawn.move((rules.on_grid(RING / 2), rules.on_grid((low + high) / 2)))
    _divider(component)
    for net, y in (("vss", Y_VSS), ("vdd1v8", y_vdd)):
        pin(component, net, "met1", RING / 2, y, RING, 2 * rules.RAIL_HALF, orientation=180)
    box(component, "psdm", 32.0, y_pbottom - rules.IMPLANT, 36.0, y_pbottom + 1.0 + rules.IMPLANT)     # between the rows (psd.2)
    box(component, "prbndry", LEFT, 0, RIGHT, y_vdd + 0.80)
    return component


def _row(component: gf.Component, name: str, tracks: dict[str, float], y_pbottom: float, y_vdd: float) -> None:
    """A row of fingers, and met1 from its landings to the tracks and its rail."""
    polarity, path, width, length, first = ROWS[name]
    side = "t" if polarity == "n" else "b"
    nodes, gates = _landings(name)
    heads = " ".join(f"{net}:{side}" for net in dict.fromkeys(net for net, _ in gates))
    row = component << finger_row(f"bias_{name}", path, polarity, width, length, heads, dummies=side)
    y = Y_NTOP - width / 2 if polarity == "n" else y_pbottom + width / 2
    half = len(path.split()) // 2 * rules.column_pitch(length) / 2
    row.move((rules.on_grid(first + half), rules.on_grid(y)))
    over = 0.16 if polarity == "n" else -0.16
    for net, x in nodes:
        target = (Y_VSS if polarity == "n" else y_vdd) if net == RAILS[polarity] else tracks[net] + over
        strap(component, x, y, target)
    for net, x in gates:
        strap(component, x, Y_NHEAD if polarity == "n" else y_pbottom - rules.HEAD_CENTRE, tracks[net] + over)


def _divider(component: gf.Component) -> None:
    """The units in series; vdac, vread and vss at their upper ends."""
    plain = [" ".join("." * (count - 1)) for count in (UPPER, MIDDLE, LOWER)]
    path = f"vref {plain[0]} vdac {plain[1]} vread {plain[2]} vss"
    bank = component << resistor_bank("bias_divider", path, (UNIT,) * (UPPER + MIDDLE + LOWER))
    bank.move((X_BANK, Y_BANK))
    x, y = positions(bank, "vss")[0]
    strap(component, x, y, Y_VSS)
    for net, level in (("vdac", Y_TAPS[0]), ("vread", Y_TAPS[1]), ("vref", Y_BANK - 0.60)):
        x, y = positions(bank, net)[0]
        strap(component, x, y + (LINK / 2 if level < Y_BANK else -LINK / 2), level + (0.16 if level > y else -0.16))
        bar(component, level, [x], [LEFT])
        pin(component, net, "met2", LEFT + 0.16, level, orientation=180)
