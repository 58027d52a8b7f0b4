"""The pins of a block, of its datasheet, as a table."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from neusoc.analog.bench.datasheet import datasheet
from neusoc.base.errors import UserError
from neusoc.base.tables import table


def pins_table(name: str) -> str:
    """The datasheet's pins, as Markdown: a line a pin, or one for neighbours of which the same is said.

    Raises:
        UserError: a pin lacks its description, type or direction, or has a field that is none: a comma in a
            description without quotes.
    """
    rows = []
    for (kind, words), pins in groupby(datasheet(name).pins.items(), lambda item: _said(name, *item)):
        rows.append([_joined([net for net, _ in pins]), kind, words])
    return table(["pin", "direction or kind", "what it is"], rows)


def _said(name: str, net: str, pin: dict[str, Any]) -> tuple[str, str]:
    """Direction of a signal or kind of a supply; its description with the allowed range (V)."""
    for field in ("description", "type", "direction"):
        if field not in pin:
            raise UserError(f"{name}.yaml: pins.{net}.{field} is missing; give it")
    if strange := set(pin) - {"description", "type", "direction", "Vmin", "Vmax"}:
        raise UserError(
            f"{name}.yaml: pins.{net} has a field {min(strange)!r}; put text with a comma between quotes"
        )
    low, high = pin.get("Vmin"), pin.get("Vmax")
    if low is not None and high is not None:
        allowed = f"; allowed: {low:g} to {high:g} V"
    else:
        allowed = "".join(
            f"; allowed: {sign} {v:g} V"
            for sign, v in (("at least", low), ("at most", high))
            if v is not None
        )
    return pin["direction"] if pin["type"] == "signal" else pin["type"], pin["description"] + allowed


def _joined(nets: list[str]) -> str:
    """Names in one cell: bits of a bus as bus[high:low], others one after the other."""
    parts = []
    for bus, members in groupby(nets, lambda net: net.partition("[")[0]):
        bits = [int(net.partition("[")[2].rstrip("]")) for net in members if "[" in net]
        alone = f"{bus}[{bits[0]}]" if bits else bus
        parts.append(f"{bus}[{max(bits)}:{min(bits)}]" if len(bits) > 1 else alone)
    return ", ".join(parts)
