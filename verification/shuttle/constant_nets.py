"""What a digital net always is: constants carried through transistors that are always on.

A tie cell, and gates behind it, give an output that never changes; cf-precheck's check of output enables asks
for just that. Here on the
transistors of the extracted layout: a net is 1 or 0 if a path of transistors that are always on leads from it
    to a supply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from neusoc.verification.signoff.device_classes import POLY_SHORT
from neusoc.verification.signoff.erc_circuit import Flat


class Channel(NamedTuple):
    """A path between two nets: gate of its transistor (None: always there), and the gate's level that opens
    it."""

    one: int
    other: int
    gate: int | None
    on: bool


class Levels(NamedTuple):
    """What a net can be: always `constant` (None: it changes), and what its transistors lead to, low and
    high."""

    constant: bool | None
    low: bool
    high: bool


def channels(flat: Flat) -> list[Channel]:
    """Transistors and poly shorts of a circuit."""
    found = [
        Channel(mos.drain, mos.source, mos.gate, "nfet" in part.model) for part, mos in flat.transistors()
    ]
    return found + [Channel(*part.nets[:2], None, True) for part in flat.parts if part.model == POLY_SHORT]


class Constants:
    """Levels of the nets of a circuit.

    Args:
        paths: its channels.
        supplies: net -> whether it is high.
    """

    def __init__(self, paths: Iterable[Channel], supplies: Mapping[int, bool]):
        self._supplies = supplies
        self._at: dict[int, list[Channel]] = {}
        gated: dict[int, list[Channel]] = {}
        for path in paths:
            for net in {path.one, path.other}:
                self._at.setdefault(net, []).append(path)
            if path.gate is not None:
                gated.setdefault(path.gate, []).append(path)
        self._known = dict(supplies)
        left = list(supplies)
        while left:
            net = left.pop()
            for path in (*self._at.get(net, ()), *gated.get(net, ())):
                left += self._carry(path)

    def _open(self, path: Channel) -> bool | None:
        """Whether a channel is always open; None: it changes."""
        if path.gate is None:
            return True
        level = self._known.get(path.gate)
        return None if level is None else level == path.on

    def _carry(self, path: Channel) -> list[int]:
        """Over an open channel the end that is not known yet becomes what the other is."""
        if not self._open(path):
            return []
        for one, other in ((path.one, path.other), (path.other, path.one)):
            if one in self._known and other not in self._known:
                self._known[other] = self._known[one]
                return [other]
        return []

    def of(self, net: int) -> Levels:
        """What a net can be."""
        if net in self._known:
            return Levels(self._known[net], not self._known[net], self._known[net])
        seen, left, reached = {net}, [net], set()
        while left:
            here = left.pop()
            if here in self._known:  # what is constant leads no further
                reached.add(self._known[here])
                continue
            for path in self._at.get(here, ()):
                other = path.other if here == path.one else path.one
                if self._open(path) is not False and other not in seen:
                    seen.add(other)
                    left.append(other)
        return Levels(None, False in reached, True in reached)
