"""Diodes that are drawn as such: stripes of diffusion under areaid.diode, contacted over their whole area."""

from __future__ import annotations

from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box, contacts
from neusoc.pdk import rules

MARKER = 0.10           # areaid.diode past the stripe; no rule, it must cover it
TAP_GAP = {"n": rules.TAP_TO_NDIFF[5.0], "p": 0.31}      # stripe to the tap beside it; p in its well: difftap.3 asks less
STRIPE_GAP = 0.30                     # difftap.15a: between stripes of one net
WELL_TO_TAP = 0.43                    # hvdifftap.20: well of 5 V to a p tap
HVI_TO_TAP = 0.18                     # hvdifftap.22


def stripe(component: gf.Component, kind: Literal["n", "p"], x0: float, y0: float, x1: float, y1: float) -> None:
    """One stripe of an 11 V diode: n in the substrate (diode_pw2nd_11v0) or p in a well (diode_pd2nw_11v0), with li1 and the cuts to met1.

    Met1, well, hvi and the taps around are the caller's.

    Source: SkyWater rules difftap.1, licon.5c, li.5, m1.4, nsd.5a, psd.5a; areaid.diode as read by neusoc.verification.signoff.extraction.
    """
    for layer, grow in (("diff", 0.0), ("nsdm" if kind == "n" else "psdm", rules.IMPLANT), ("areaid_diode", MARKER), ("li1", 0.0)):
        box(component, layer, x0 - grow, y0 - grow, x1 + grow, y1 + grow)
    inset = rules.CUT_INSET
    contacts(component, ("licon1", "mcon"), x0 + inset, y0 + inset, x1 - inset, y1 - inset)
