"""Amplifiers of the references: a p pair in a well of its own, two n mirrors, a p mirror that turns one of
them round.

::

    | tail, mirror that turns          well of the upper supply
    | pair  A A B B B B A A            well of its own, tied to its tail
    | pair  A A B B B B A A
    | n mirror of plus   I O O I
    | n mirror of minus  I O O I

All kinds are drawn by one generator; they differ in the strips. Fingers are at most 5.5 um wide (licon.12),
so that a transistor of the schematic is several of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import gdsfactory as gf
from neusoc.layout.routing.bands import draw_bands
from neusoc.layout.routing.rows import Band, Row, Strip

SUPPLIES = ("vss", "vdd3v3")


def _mirror(gate: str, into: str, out: str) -> str:
    """I O O I: input and output of a mirror of two fingers each."""
    return f"{into} {gate} vss {gate} {out} {gate} vss {gate} {into}"


def _pair(groups: int) -> str:
    """A A B B B B A A, as often as asked."""
    a, b = "inp plus inp tail", "inm minus inm tail"
    return "tail " + " ".join([a, b, b, a] * groups)


def _pair_row(name: str, width: float, length: float, groups: int) -> Row:
    return Row("p", "tail", (Strip(name, _pair(groups), width, length, etch=True),))


def _amplifier(name: str, bands: Sequence[Band], upper: str = "vdd3v3") -> gf.Component:
    """One amplifier.

    Args:
        name: name of the cell.
        bands: bands of the cell, from below.
        upper: supply of the p mirror.

    Returns:
        Component `name` with inp, inm, bias, out at the top and, as <pin>_bottom, below (met3), supplies at
        the left (met3, vertical).
    """
    component = gf.Component()
    supplies = tuple(dict.fromkeys((*SUPPLIES, upper)))
    draw_bands(component, name, bands, dict.fromkeys(("inp", "inm", "bias", "out"), "tb"), supplies)
    return component


@gf.cell
def level_ota() -> gf.Component:
    """Amplifier of string and currents."""
    mirrors = Band(
        Row("n", "vss", (Strip("minus", _mirror("minus", "minus", "turn"), 4.0, 10.0, etch=True),)),
        Row("n", "vss", (Strip("plus", _mirror("plus", "plus", "out"), 4.0, 10.0, etch=True),)),
    )
    turn = Strip("turn", "turn turn vdd3v3 turn out turn vdd3v3 turn turn", 2.0, 8.0, etch=True)
    top = Band(Row("p", "vdd3v3", (turn, Strip("tail", "tail bias vdd3v3", 4.0, 8.0))))
    return _amplifier(
        "level_ota", [mirrors, Band(_pair_row("pair0", 5.0, 4.0, 1), _pair_row("pair1", 5.0, 4.0, 1)), top]
    )


@gf.cell
def rest_ota() -> gf.Component:
    """Amplifier of the rest level's buffer."""
    mirrors = Band(
        Row("n", "vss", (Strip("minus", _mirror("minus", "minus", "turn"), 1.0, 16.0, etch=True),)),
        Row("n", "vss", (Strip("plus", _mirror("plus", "plus", "out"), 1.0, 16.0, etch=True),)),
    )
    top = Band(
        Row(
            "p",
            "vdd3v3",
            (Strip("turn", "turn turn vdd3v3 turn out turn vdd3v3 turn turn", 1.0, 16.0, etch=True),),
        ),
        Row("p", "vdd3v3", (Strip("tail", "tail bias vdd3v3 bias tail bias vdd3v3", 1.0, 20.0),)),
    )
    return _amplifier("rest_ota", [mirrors, Band(_pair_row("pair", 2.5, 2.0, 2)), top])


@gf.cell
def reference_ota() -> gf.Component:
    """Amplifier of the bandgap: mirrors of two transistors on top of each other, long so that they add little
    offset."""

    def stacked(side: str, out: str) -> str:
        into, away = f"{side} {side}_mid {side}", f"{side} {side}_out_mid {side}"
        return f"{side} {into} vss {away} {out} {away} vss {into} {side}"

    mirrors = [
        Band(
            *(
                Row("n", "vss", (Strip(f"{side}{row}", stacked(side, out), 4.0, 20.0, etch=True),))
                for row in (0, 1)
            )
        )
        for side, out in (("minus", "turn"), ("plus", "out"))
    ]
    turn = Strip("turn", "turn turn vdd3v3 turn out turn vdd3v3 turn turn", 2.0, 20.0, etch=True)
    pair = Band(
        _pair_row("pair", 5.0, 4.0, 4),
        Row("p", "vdd3v3", (turn, Strip("tail", "tail bias vdd3v3", 4.0, 8.0))),
    )
    return _amplifier("reference_ota", [*mirrors, pair])


@gf.cell
def threshold_buffer() -> gf.Component:
    """Buffer of the threshold: its output mirror stands on vdd1v8."""
    split = "vss {0} {1} {0} vss {0} {0} {0} vss {0} {1} {0} vss"  # O O I I O O
    mirrors = Band(
        Row("n", "vss", (Strip("minus", split.format("minus", "turn"), 1.0, 4.0, etch=True),)),
        Row("n", "vss", (Strip("plus", split.format("plus", "out"), 1.0, 4.0, etch=True),)),
    )
    turn = "vdd1v8 turn turn turn vdd1v8 turn out turn vdd1v8 turn out turn vdd1v8 turn turn turn vdd1v8"
    pair = Band(
        _pair_row("pair", 2.0, 1.0, 2), Row("p", "vdd1v8", (Strip("turn", turn, 4.0, 2.0, etch=True),))
    )
    tails = [
        Row("p", "vdd3v3", (Strip(f"tail{row}", "tail bias vdd3v3 bias tail", 1.0, 20.0),))
        for row in range(4)
    ]
    return _amplifier("threshold_buffer", [mirrors, pair, Band(*tails[:2]), Band(*tails[2:])], "vdd1v8")
