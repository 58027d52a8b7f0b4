"""Why the DAC's buffer has the sizes it has: gm/Id of its pair, load and output.

    neusoc size dac6

Prints three Markdown tables: the input pair, the load, whose ratio to the output makes the class-AB current, and the output at rest.
"""

from __future__ import annotations

from neusoc.analog.bench.sizing import operating
from neusoc.base.tables import table
from neusoc.pdk.devices import NFET_5V, PFET_5V

SIDE, REST = 1e-6, 4e-6                         # A: a side of the pair (tail 4 / 1 um on ibias' 2 / 1 um), the output (4 x the load)
LENGTH = 0.5                                    # um


def tables() -> str:
    """All sweeps as Markdown."""
    tail = operating(PFET_5V, 4, 1, 2 * SIDE, fingers=4)
    pairs = []
    for width in (4, 8, 16):
        at = operating(PFET_5V, width, LENGTH, SIDE, fingers=2)
        room = 3.24 - 2 / tail.efficiency - at.gate
        pairs.append((f"{width}", f"{at.efficiency:.1f}", f"{1e6 * SIDE * at.efficiency:.1f}", f"{at.gate:.2f}", f"{room:.2f}"))
    loads = []
    for length in (0.5, 1, 2):
        at = operating(NFET_5V, 2, length, SIDE)
        loads.append((f"{length:g}", f"{at.efficiency:.1f}", f"{at.gate:.2f}", f"{1e-6 / (at.output * SIDE):.1f}"))
    outputs = []
    for width in (4, 8, 16):
        at = operating(NFET_5V, width, LENGTH, REST, drain=1.8, fingers=4)
        outputs.append((f"{width}", f"{at.efficiency:.1f}", f"{1e6 * REST * at.efficiency:.1f}", f"{at.gate:.2f}"))
    return "\n".join((
        table(("pair W x 0.5 um at 1 uA", "gm/Id (1/V)", "gm (uS)", "Vgs (V)", "highest input with vpp = 3.24 V (V)"), pairs),
        table(("load 2 um x L (um) at 1 uA", "gm/Id (1/V)", "Vgs (V)", "output resistance (Mohm)"), loads),
        table(("n output W x 0.5 um at 4 uA", "gm/Id (1/V)", "gm (uS)", "Vgs (V)"), outputs),
    ))  # fmt: skip
