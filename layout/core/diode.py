"""A diode to the substrate for lines that are long on one metal and end on small gates."""

from __future__ import annotations

from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.cell_writer import CellWriter, snap
from neusoc.layout.routing.vias import fill_cuts
from neusoc.pdk.rules import CUT


def diode(pen: CellWriter, x: float, y: float) -> None:
    """N+ in the substrate under a met2 pad around (x, y): bleeds a line while its metal is etched.

    Source: sky130 rules difftap.2, nsd.5a, licon.5c, li.5, ct.4, m1.4, m1.5; PDK tech LEF,
        ANTENNADIFFSIDEAREARATIO.
    """
    pen.box("diff", x - 0.30, y - 0.21, x + 0.30, y + 0.21)
    pen.box("nsdm", x - 0.43, y - 0.46, x + 0.43, y + 0.46)  # neighbours, 0.92 um apart, merge
    for cut in ("licon1", "mcon"):
        pen.box(cut, x - CUT / 2, y - CUT / 2, x + CUT / 2, y + CUT / 2)
    pen.box("li1", x - CUT, y - CUT, x + CUT, y + CUT)  # half a cut past it: li.5 asks 0.08
    half, pad = dim.END_PAD / 2, dim.VIA_PAD / 2
    box = (snap(x - half), y - pad, snap(x + half), y + pad)
    for metal in ("met1", "met2"):
        pen.box(metal, *box)
    fill_cuts(pen, "via", box)
