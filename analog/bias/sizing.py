"""Why the bias block has the sizes it has: gm/Id of its mirrors.

    neusoc size bias

Prints two Markdown tables: length of the n fingers, which equal the neurons' diodes, and width of the p output that feeds the converter.
"""

from __future__ import annotations

from math import sqrt

from neusoc.analog.bench.sizing import operating
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_01V8, PFET_01V8

FINGER, P_LENGTH = 2.0, 2.0                     # um
CURRENT, REFERENCE = 1e-6, 2.2e-6               # A, of a finger, into the converter
LOWEST = 1.62                                   # V, supply
# mV um, spread of the threshold between two alike: mismatch runs of `bias.yaml`, as in README.md
SPREAD_N, SPREAD_P = 3.5, 5.0


def tables() -> str:
    """All sweeps as Markdown."""
    fingers = []
    for length in (0.5, 1, 2, 4):
        at = operating(NFET_01V8, FINGER, length, CURRENT)
        spread = SPREAD_N / sqrt(FINGER * length) * at.efficiency / 10
        fingers.append((f"{length:g}", f"{at.efficiency:.1f}", f"{at.gate:.2f}", f"{10 * at.output:.1f}", f"{spread:.1f}"))
    outputs = []
    for width in (1.2, 2.4, 4.8, 9.6):
        at = operating(PFET_01V8, width, P_LENGTH, REFERENCE, drain=0.6, fingers=2)
        spread = SPREAD_P / sqrt(width * P_LENGTH) * at.efficiency / 10
        left = LOWEST - at.gate
        outputs.append((f"{width:g}", f"{at.efficiency:.1f}", f"{at.gate:.2f}", f"{left:.2f}", f"{10 * at.output:.2f}", f"{spread:.1f}"))
    n_heads = ("n finger 2 um x L (um) at 1 uA", "gm/Id (1/V)", "Vgs (V)", "current for 0.1 V at the drain (%)", "spread (%)")
    p_heads = (
        "p output W (um) x 2 um at 2.2 uA", "gm/Id (1/V)", "Vgs (V)", "left of 1.62 V (V)", "for 0.1 V at the drain (%)", "spread (%)",
    )  # fmt: skip
    return table(n_heads, fingers) + "\n" + table(p_heads, outputs)
