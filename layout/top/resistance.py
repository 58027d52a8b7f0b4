"""Estimate of the metal resistance between a pad and the core, from squares of the tech LEF's sheet resistances."""

from __future__ import annotations

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.report import Figure
from neusoc.layout.top.floorplan import Placed
from neusoc.layout.top.netlist import analog_macros, top_nets
from neusoc.layout.top.shapes import Rect
from neusoc.layout.top.straps import Straps
from neusoc.pdk.technology import sheet_resistance


def _column(column: Rect, doubles: list[Rect], low: int, high: int) -> float:
    """Ohm of a column between two heights: met4, in parallel with met5 where there is one."""
    sheet = sheet_resistance()
    both = sum(max(0, min(d.top, high) - max(d.bottom, low)) for d in doubles if d.left == column.left and d.right == column.right)
    together = 1 / (1 / sheet["met4"] + 1 / sheet["met5"])
    return (both * together + max(0, high - low - both) * sheet["met4"]) / column.width


def strap_resistance(straps: Straps, net: str, pins: list[Rect]) -> float:
    """Ohm from the pads to the nearest core pin: the columns in parallel, then the drops. Vias are left out (arrays of over 100)."""
    sheet = sheet_resistance()
    track = straps.tracks[net]
    doubles = [r for n, r in straps.bars if n == net and r.metal == "met5"]
    conductance = 0.0
    for column in straps.columns[net]:
        pads = [r for n, r in straps.bars if n == net and r.metal == "met3" and r.touches(Rect("met3", *column[1:]))]
        pad = min(pads, key=lambda r: abs(r.bottom - track.top))
        reach = min(abs(column.center_x - p.center_x) for p in pins)
        stub = sheet["met3"] * max(0, pad.width - column.width) / pad.height if pad.height < pad.width else 0.0
        ohm = stub + _column(column, doubles, min(track.top, pad.bottom), max(track.top, pad.bottom)) + sheet["met5"] * reach / track.height
        conductance += 1 / ohm
    return 1 / conductance + _drops(pins, track)


def _drops(pins: list[Rect], track: Rect) -> float:
    return 1 / sum(p.width / (sheet_resistance()["met4"] * (track.bottom - p.top)) for p in pins)


def track_resistance(straps: Straps, net: str, one: list[Rect], other: list[Rect]) -> float:
    """Ohm from pins of one macro to those of another, by drops and track alone."""
    track = straps.tracks[net]
    reach = min(abs(a.center_x - b.center_x) for a in one for b in other)
    return _drops(one, track) + _drops(other, track) + sheet_resistance()["met5"] * reach / track.height


def strap_figures(chip: Chip, placed: dict[str, Placed], straps: Straps) -> list[Figure]:
    """One figure for each net that the straps bring from a pad: to the core, or to its resistor and from there to the core."""
    ohm: dict[str, float] = {}
    for net in (net for net in top_nets(chip) if net.drawn):
        shapes = {t: placed[t.macro].pin_shapes(t.pin) for t in net.terminals if t.macro in analog_macros(chip)}
        here = [t for t in shapes if t.macro != PADS][:1] or list(shapes)
        if net.frame_pins:
            ohm |= {t.pin: strap_resistance(straps, net.name, shapes[t]) for t in here}
        else:
            ohm |= {t.pin: track_resistance(straps, net.name, *shapes.values()) for t in here}
    return [Figure(name=f"strap_{pin}", value=round(value, 2), unit="ohm", source="gds") for pin, value in ohm.items()]
