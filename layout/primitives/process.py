"""gdsfactory's view of the process: the layers of neusoc.pdk.layers as its active Pdk, which tuple layers
need."""

from __future__ import annotations

import gdsfactory as gf


def activate() -> None:
    """Make sky130B the active Pdk of gdsfactory, unless a Pdk of that name is active already."""
    try:
        if gf.get_active_pdk().name == "sky130B":
            return
    except ValueError:
        pass
    gf.Pdk(name="sky130B").activate()
