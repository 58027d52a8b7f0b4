"""The rest level: switches, filter, and a buffer whose follower stands on vdd1v8.

::

    | capacitor of the filter, four plates          | filter        | switches
    | channel: in
    | capacitor of drive, four plates               |
    | channel: in, out, gate, drive, nb
    | amplifier                         | follower, 21 sinks        |
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.references.cells.amplifiers import rest_ota
from neusoc.analog.references.cells.composite import (
    SIDE,
    SUPPLIES,
    Parts,
    bring_out,
    channel,
    filter_bank,
    plates,
    ringed,
    risers,
    supplies,
    switch_pair,
)
from neusoc.layout.primitives.mim import mim_bank
from neusoc.layout.primitives.shapes import box
from neusoc.layout.routing.bands import draw_bands
from neusoc.layout.routing.harness import Terminal, landings, pins_of
from neusoc.layout.routing.rows import Band, Row, Strip
from neusoc.pdk import rules

X_OUTPUT, RIGHT = 77.00, 130.60
ALL = ("vss", "vdd3v3", "vdd1v8")
X_FILTER = 110.60
AWAY = 1.20  # lines that end over a plate (MR_capm.SP.2)
EDGE = 141.40  # right edge of the whole cell
PINS = ("t[90]", "t[80]", "bbias", "gate", "rest", "rest_b", "vref", "vref_in")


def _sinks(pairs: int) -> str:
    return "vss " + " ".join(["nb out nb vss"] * pairs)


@gf.cell(set_name=False)
def _output(name: str) -> gf.Component:
    """The follower, and below it its sinks with the diode that sets them."""
    component = gf.Component(name)
    sinks = Band(
        Row(
            "n",
            "vss",
            (Strip("left", _sinks(2) + " nb nb", 1.0, 4.0), Strip("right", _sinks(3), 1.0, 4.0)),
            1.8,
        ),
        Row("n", "vss", (Strip("more", _sinks(5), 1.0, 4.0, etch=True),), 1.8),
    )
    follower = "vdd1v8 " + " ".join(["drive out drive vdd1v8"] * 4)
    bands = [sinks, Band(Row("n", "vss", (Strip("follow", follower, 5.0, 1.0),)))]
    draw_bands(component, name, bands, dict.fromkeys(("drive", "out", "nb"), "t"), ("vss", "vdd1v8"))
    return component


@gf.cell
def vref_buffer() -> gf.Component:
    """The buffer; supplies at the left (met3, vertical), in, out, gate, nb at the right (met2)."""
    component = gf.Component()
    ota, output = component << rest_ota(), component << _output("vref_buffer_output")
    output.move((X_OUTPUT, rules.on_grid(ota.dbbox().bottom - output.dbbox().bottom)))
    top = rules.on_grid(max(ota.dbbox().top, output.dbbox().top))
    below = pins_of(ota, {"inp": "in", "inm": "out", "bias": "gate", "out": "drive"})
    below += pins_of(output, {net: net for net in ("drive", "out", "nb")})
    for net, x in zip(("vss", "vdd1v8"), SUPPLIES.values(), strict=False):
        below.append(Terminal(net, X_OUTPUT + x, rules.on_grid(output.dbbox().top)))
    reach = {net: [RIGHT - rules.BAR / 2] for net in ("in", "out", "gate", "nb")} | SIDE
    levels, _ = channel(component, top, below, _drive, reach)
    end = rules.on_grid(component.dbbox().top + 0.6)
    supplies(component, ota.dbbox().bottom, end, levels, nets=ALL)
    bring_out(component, levels, ("in", "out", "gate", "nb"), RIGHT)
    box(component, "prbndry", SUPPLIES["vdd1v8"] - 1.4, ota.dbbox().bottom, RIGHT, end)
    return component


def _drive(target: gf.Component, y: float) -> Parts:
    capacitor = target << mim_bank("vref_buffer_c_drive", 4, 1, 25.0, 25.0, "drive", "vss")
    capacitor.move((0.8, rules.on_grid(y + 3.2)))
    return Parts(plates(capacitor))


@gf.cell
def rest_level() -> gf.Component:
    """The rest level; supplies at the left (met3, vertical), all other pins at the right (met2)."""
    component = gf.Component()
    buffer = component << vref_buffer()
    below = risers(
        component, buffer, {"in": "vref_in", "out": "vref", "gate": "gate", "nb": "bbias"}, RIGHT + 0.6
    )
    reach = {net: [EDGE - rules.BAR / 2] for net in PINS} | SIDE
    levels, _ = channel(component, rules.on_grid(buffer.dbbox().top + AWAY), below, _filter, reach)
    top = rules.on_grid(component.dbbox().top + 0.6)
    supplies(component, buffer.dbbox().bottom, top, levels, nets=ALL)
    bring_out(component, levels, PINS, EDGE)
    box(component, "prbndry", buffer.dbbox().left, buffer.dbbox().bottom, EDGE, top)
    return component


def _filter(target: gf.Component, y: float) -> Parts:
    capacitor = target << mim_bank("rest_level_c_filter", 4, 1, 25.0, 25.0, "vref_in", "vss")
    capacitor.move((0.8, rules.on_grid(y + 3.2)))
    bank = filter_bank(target, "rest_level_filter", "tap", "vref_in")
    parts = Parts(plates(capacitor))
    parts.down += ringed(target, bank, "rest_level_filter_ring", X_FILTER, y) + landings(
        bank, ("tap", "vref_in")
    )
    parts.down += switch_pair(
        target, "rest_level_switches", "t[90] rest_b tap rest t[80]", RIGHT + 4.0, y, RIGHT + 4.2
    )
    return parts
