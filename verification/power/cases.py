"""Terminals in a core, by the names of its connection table: which block is where, which channel joins which
nets, which cell is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from neusoc.verification.power.nets import CELL_METAL, CoreNets, Terminals

type Table = Sequence[tuple[str, Mapping[str, str]]]  # cell of each instance, and its pins with their nets


@dataclass(frozen=True)
class Load:
    """A current at one place of a net.

    Attributes:
        name: name of what draws it.
        at: its terminals.
        amperes: through them, size alone: all loads of a case flow in one direction.
    """

    name: str
    at: Terminals
    amperes: float


@dataclass(frozen=True)
class Case:
    """Currents on one net.

    Attributes:
        net: its name in the connection table.
        group: the name in the report, the same for many alike.
        activity: activity of the chip.
        where: place of this one among many.
        loads: loads, through which current leaves the net.
        source: terminals that the current comes from; None: the pins of the core.
        limit_mv: voltage that a load may be away from the source, mV.
        duty: part of the time in which this flows.
    """

    net: str
    group: str
    activity: str
    where: str
    loads: tuple[Load, ...]
    source: Terminals | None
    limit_mv: float
    duty: float = 1.0


class Places:
    """Terminals in one core, each found once."""

    def __init__(self, nets: CoreNets, table: Table) -> None:
        self.nets = nets
        self.table = [(cell, dict(pins)) for cell, pins in table]
        self.off: dict[str, int] = {}  # net -> blocks that the table has on it and the drawing has not

    def _pin_of(self, net: str) -> tuple[str, str]:
        """A block that has one placement, or the same net on all of them, and its pin on a net."""
        cells: dict[str, list[Mapping[str, str]]] = {}
        for cell, pins in self.table:
            cells.setdefault(cell, []).append(pins)
        for cell, every in cells.items():
            for pin, found in every[0].items():
                if found == net and all(pins[pin] == net for pins in every) and self.nets.labels(cell, pin):
                    return cell, pin
        raise UserError(
            f"{self.nets.top.name}: no block leads to the net {net}; is its netlist of this chip?"
        )

    @cache  # noqa: B019  (lives as long as its core)
    def net(self, name: str) -> db.Net:
        """A net by its name in the table.

        Raises:
            UserError: there is none.
        """
        if self.nets.labels(self.nets.top.name, name):
            return self.nets.net(name)
        return self.nets.net_at(*self._pin_of(name))

    @cache  # noqa: B019
    def diffusions(self, name: str) -> np.ndarray:
        """Numbers of a net's source and drain diffusions."""
        return self.nets.diffusions(self.net(name))

    def ends(self, net: str, other: str | None = None, within: db.Box | None = None) -> Terminals:
        """Contacts of the channels between two nets, or from one to anything else, in a place.

        Raises:
            UserError: there are none.
        """
        found = self.nets.channel_ends(
            self.diffusions(net), None if other is None else self.diffusions(other), within
        )
        if found is None:
            between = f"{net} and {other or 'another net'}"
            raise UserError(
                f"{self.nets.top.name}: no channel between {between} where its netlist has one; compare them"
                " with `make lvs`"
            )
        return found

    @cache  # noqa: B019
    def placed(self, cell: str, net: str) -> tuple[db.Box, ...]:
        """Boxes of the blocks of one kind that are on a net: all labels of a pin that the table has there lie
        on it."""
        pins = {
            pin for name, nets in self.table if name == cell for pin, found in nets.items() if found == net
        }
        expected = sum(name == cell and net in nets.values() for name, nets in self.table)
        found = [
            place
            for place in self.nets.instances(cell)
            if any(self._holds(place, cell, pin, net) for pin in pins)
        ]
        if len(found) < expected:
            self.off[net] = self.off.get(net, 0) + expected - len(found)
        return tuple(self.nets.box(cell, place) for place in found)

    def check(self, net: str) -> None:
        """Look for every block that the table has on a net, whether it draws a current or not."""
        for cell in dict.fromkeys(cell for cell, pins in self.table if net in pins.values()):
            self.placed(cell, net)

    def _holds(self, place: db.ICplxTrans, cell: str, pin: str, net: str) -> bool:
        labels, wanted = self.nets.labels(cell, pin), self.net(net).cluster_id
        found = [self.nets.probe(place, metal, point) for metal, point in labels]
        return bool(found) and all(one is not None and one.cluster_id == wanted for one in found)

    @cache  # noqa: B019
    def _block_ends(self, net: str, cell: str) -> tuple[Terminals | None, ...]:
        return tuple(
            self.nets.channel_ends(self.diffusions(net), None, box) for box in self.placed(cell, net)
        )

    def loads(self, net: str, cell: str, amperes: float, last: int | None = None) -> list[Load]:
        """The same current at each block of a kind on a net, over the width of its channels there; `last`: at
        so many of them.

        Raises:
            UserError: there is no such block, or none of those on the net has a channel there.
        """
        if all(name != cell for name, _ in self.table):
            raise UserError(
                f"{self.nets.top.name}: its netlist has no {cell}; renew the cases of verification/power"
            )
        ends = self._block_ends(net, cell)
        every = [(index, at) for index, at in enumerate(ends) if at is not None]
        if ends and not every:
            raise UserError(
                f"{self.nets.top.name}: no channel of a {cell} on {net}; compare it with its netlist with"
                " `make lvs`"
            )
        return [
            Load(f"{cell} {index}", at, amperes)
            for index, at in (every if last is None else every[len(every) - last :])
        ]

    def driver(self, cell: str, pin: str, net: str) -> db.Box:
        """Box of the one block of a kind whose pin is on a net.

        Raises:
            UserError: there is none.
        """
        for place in self.nets.instances(cell):
            if self._holds(place, cell, pin, net):
                return self.nets.box(cell, place)
        raise UserError(
            f"{self.nets.top.name}: no {cell} has its pin {pin} on {net}; compare it with its netlist (`make"
            " lvs`)"
        )

    # the array

    @cache  # noqa: B019
    def cells(self, column: int) -> np.ndarray:
        """(rows, 2), dbu: ReRAMs of a bit line from the neurons' side up.

        Raises:
            UserError: it has none.
        """
        found = self.nets.cells_on(self.net(f"bl[{column}]"))
        if not len(found):
            raise UserError(
                f"{self.nets.top.name}: no ReRAM is on bl[{column}]; compare it with its netlist (`make lvs`)"
            )
        return found

    def tops(self, column: int, rows: Sequence[int]) -> Terminals:
        """Top electrodes of cells of a bit line, equal shares."""
        points = self.cells(column)[list(rows)]
        return Terminals(CELL_METAL, points, np.full(len(points), 1 / len(points)))

    def source(self, column: int, row: int) -> Terminals:
        """Source contacts of a cell's transistor."""
        return self._sources(column)[row]

    @cache  # noqa: B019
    def _sources(self, column: int) -> tuple[Terminals, ...]:
        found = self.nets.nearest_contacts(self.diffusions("sl"), self.cells(column))
        return tuple(Terminals("li1", points, np.full(len(points), 1 / len(points))) for points in found)
