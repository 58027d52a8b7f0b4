"""SPICE netlist of an array."""

from __future__ import annotations

from collections.abc import Iterable

from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.plan import Plan, Tile
from neusoc.pdk.devices import NFET_5V, RERAM

PAIR_PINS = ("bl", "wl[0]", "wl[1]", "sl", "vss")
_PER_LINE = 16


def spice_line(words: Iterable[str]) -> str:
    """One SPICE statement, folded over continuation lines."""
    words = list(words)
    return "\n+ ".join(" ".join(words[i : i + _PER_LINE]) for i in range(0, len(words), _PER_LINE)) + "\n"


def _pair() -> str:
    devices = "".join(
        f"xcell{i} drain{i} wl[{i}] sl vss {NFET_5V} w={dim.WIDTH:g} l={dim.LENGTH:g} nf=1 m=1\n"
        f"xreram{i} bl drain{i} {RERAM} area_ox={dim.RERAM_SIDE**2:.4f}\n"
        for i in (0, 1)
    )
    return spice_line([".subckt", "synapse_pair", *PAIR_PINS]) + devices + ".ends synapse_pair\n"


def _pins(rows: int, columns: int) -> list[str]:
    return [
        *(f"wl[{i}]" for i in range(rows)),
        *(f"bl[{i}]" for i in range(columns)),
        *(f"sl[{i}]" for i in range(rows // 2)),
        "vss",
    ]


def _pairs(rows: int, columns: int) -> str:
    return "".join(
        f"xpair{r}_{c} bl[{c}] wl[{2 * r}] wl[{2 * r + 1}] sl[{r}] vss synapse_pair\n"
        for r in range(rows // 2)
        for c in range(columns)
    )


def _tile(tile: Tile) -> str:
    header = spice_line([".subckt", tile.name, *_pins(tile.rows, tile.columns)])
    return header + _pairs(tile.rows, tile.columns) + f".ends {tile.name}\n"


def _tiles(plan: Plan) -> str:
    calls = ""
    for r, rows in enumerate(plan.tile_rows):
        for c, columns in enumerate(plan.tile_columns):
            wl, bl = sum(plan.tile_rows[:r]), sum(plan.tile_columns[:c])
            sl = wl // 2
            nets = [
                *(f"wl[{wl + i}]" for i in range(rows)),
                *(f"bl[{bl + i}]" for i in range(columns)),
                *(f"sl[{sl + i}]" for i in range(rows // 2)),
                "vss",
            ]
            calls += spice_line([f"xtile{r}_{c}", *nets, Tile(rows, columns).name])
    return calls


def spice(rows: int, columns: int) -> str:
    """Hierarchical netlist: pairs, tiles (where the array has more than one) and the array.

    Raises:
        UserError: a size is odd or out of range.
    """
    plan = Plan(rows, columns)
    kinds = (
        sorted({(r, c) for r in plan.tile_rows for c in plan.tile_columns}, reverse=True)
        if plan.tiled
        else []
    )
    body = _tiles(plan) if plan.tiled else _pairs(rows, columns)
    header = spice_line([".subckt", plan.name, *plan.pins])
    return _pair() + "".join(_tile(Tile(r, c)) for r, c in kinds) + header + body + f".ends {plan.name}\n"
