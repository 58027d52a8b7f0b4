"""What a storing cell is, derived from its functional view: clock, data, reset and set, and how to bring it
into a state.

Three kinds: a flip-flop (its storage samples on an edge), a latch, and a clock gate (a latch whose output
    also sees the clock).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from neusoc.base.errors import UserError
from neusoc.pdk.characterise.arcs import CellLogic, Storage

_CLOCK_PORTS = (
    "CLK",
    "CLK_N",
    "GATE",
)  # the primitives' own names; all of them act on the rising edge or the high level
Levels = dict[str, int]  # pin -> 0 or 1


@dataclass(frozen=True)
class Situation:
    """A settled cell: the levels of its inputs and the value it stores."""

    inputs: tuple[tuple[str, int], ...]
    stored: int

    @property
    def levels(self) -> Levels:
        return dict(self.inputs)

    def with_pin(self, pin: str, level: int) -> Situation:
        """The same with another level at one pin."""
        return situation({**self.levels, pin: level}, self.stored)


def situation(levels: Levels, stored: int) -> Situation:
    """A Situation from a dictionary."""
    return Situation(tuple(sorted(levels.items())), stored)


@dataclass(frozen=True)
class Sequential:
    """One storing cell."""

    logic: CellLogic

    @cached_property
    def storage(self) -> Storage:
        """Its one flip-flop or latch."""
        if len(self.logic.storage) != 1:
            count = len(self.logic.storage)
            raise UserError(
                f"CELL={self.logic.cell}: holds {count} storage elements, not one; leave it out of the"
                " library"
            )
        return self.logic.storage[0]

    def _port(self, *names: str) -> str | None:
        return next((net for port, net in self.storage.ports.items() if port in names), None)

    def net(self, net: str, levels: Levels, stored: int = 0) -> int:
        """Value of an internal net."""
        return self.logic.value(net, {**levels, self.storage.state: stored})

    @cached_property
    def _clock_net(self) -> str:
        net = self._port(*_CLOCK_PORTS)
        if net is None:
            raise UserError(
                f"CELL={self.logic.cell}: its storage has no port {' or '.join(_CLOCK_PORTS)}; leave it out"
                " of the library"
            )
        return net

    @cached_property
    def clock(self) -> str:
        """The clock (or gate) pin."""
        return self._single_pin(self._clock_net)

    @cached_property
    def active(self) -> int:
        """Clock level during which a latch is transparent; the level after the edge on which a flip-flop
        samples."""
        return self._level_for(self._clock_net, self.clock, 1)

    @cached_property
    def asynchronous(self) -> dict[str, tuple[int, int]]:
        """Reset and set pins: (level that asserts, value that it forces)."""
        found = {}
        for port, forced in (("RESET", 0), ("SET", 1)):
            if net := self._port(port):
                pin = self._single_pin(net)
                found[pin] = (self._level_for(net, pin, 1), forced)
        return found

    @cached_property
    def data(self) -> tuple[str, ...]:
        """Pins that the stored value comes from."""
        return tuple(pin for pin in self.logic.support(self.storage.ports["D"]) if pin in self.logic.inputs)

    @property
    def kind(self) -> str:
        """flip_flop, latch or clock_gate."""
        if not self.storage.is_latch:
            return "flip_flop"
        return (
            "clock_gate"
            if any(self.clock in self.logic.support(out) for out in self.logic.outputs)
            else "latch"
        )

    def _single_pin(self, net: str) -> str:
        pins = self.logic.support(net)
        if len(pins) != 1 or pins[0] not in self.logic.inputs:
            raise UserError(
                f"CELL={self.logic.cell}: net {net} of its storage does not come from one pin; leave it out"
                " of the library"
            )
        return pins[0]

    def _level_for(self, net: str, pin: str, value: int) -> int:
        return next(level for level in (0, 1) if self.logic.value(net, {pin: level}) == value)

    @property
    def idle(self) -> Levels:
        """Reset and set pins not asserted."""
        return {pin: 1 - asserted for pin, (asserted, _) in self.asynchronous.items()}

    def data_for(self, value: int, stored: int) -> Levels:
        """Levels of the data pins that offer a value to the storage."""
        return next(
            levels
            for levels in self._data_levels()
            if self.net(self.storage.ports["D"], levels, stored) == value
        )

    def _data_levels(self) -> Iterator[Levels]:
        for bits in itertools.product((1, 0), repeat=len(self.data)):
            yield dict(zip(self.data, bits, strict=True))

    def sensitised(self, pin: str, stored: int) -> tuple[Levels, int]:
        """Levels of the other data pins with which a data pin decides the offered value, and the level of it
        that offers 1.

        Raises:
            UserError: there are none.
        """
        for levels in self._data_levels():
            offered = [self.net(self.storage.ports["D"], {**levels, pin: level}, stored) for level in (0, 1)]
            if offered[0] != offered[1]:
                return {name: level for name, level in levels.items() if name != pin}, offered[1]
        raise UserError(
            f"CELL={self.logic.cell}: pin {pin} decides nothing while {stored} is stored; leave the cell out"
            " of the library"
        )

    def outputs(self, where: Situation) -> Levels:
        """Levels of the outputs."""
        return {pin: self.net(pin, where.levels, where.stored) for pin in self.logic.outputs}

    def forced(self, levels: Levels) -> int | None:
        """The value that asserted reset and set pins force; set wins where the primitive says so, or None."""
        values = [forced for pin, (asserted, forced) in self.asynchronous.items() if levels[pin] == asserted]
        return max(values) if values else None

    def consistent(self, where: Situation) -> bool:
        """Whether the cell can rest there: forced values, and the offered value of a transparent latch, are
        stored."""
        forced = self.forced(where.levels)
        if forced is not None:
            return where.stored == forced
        if self.storage.is_latch and where.levels[self.clock] == self.active:
            return where.stored == self.net(self.storage.ports["D"], where.levels, where.stored)
        return True

    def following(self, before: Situation, pin: str, level: int) -> Situation:
        """Where the cell comes to rest after one edge."""
        levels = {**before.levels, pin: level}
        offered = self.net(self.storage.ports["D"], levels, before.stored)
        forced = self.forced(levels)
        if forced is not None:
            stored = forced
        elif levels[self.clock] == self.active and (
            self.storage.is_latch or (pin == self.clock and before.levels[pin] != level)
        ):
            stored = offered
        else:
            stored = before.stored
        return situation(levels, stored)

    @cached_property
    def situations(self) -> tuple[Situation, ...]:
        """Everything the cell can rest in."""
        found = []
        for bits in itertools.product((0, 1), repeat=len(self.logic.inputs)):
            levels = dict(zip(self.logic.inputs, bits, strict=True))
            found += [place for stored in (0, 1) if self.consistent(place := situation(levels, stored))]
        return tuple(found)

    def resting(self, clock: int, stored: int, offered: int, **levels: int) -> Situation:
        """A situation with reset and set not asserted unless given.

        Args:
            clock: level of the clock pin.
            stored: stored value.
            offered: value that the data pins offer.
            levels: further pins.
        """
        return situation({**self.idle, **self.data_for(offered, stored), self.clock: clock, **levels}, stored)

    def approach(self, goal: Situation) -> list[Levels]:
        """Input levels, one after the other and each long enough to settle, after which the cell rests in the
        goal."""
        if not self.consistent(goal):
            raise ValueError(f"{self.logic.cell}: {goal} is no state of rest")
        offer = {**self.idle, **self.data_for(goal.stored, goal.stored)}
        other = {**self.idle, **self.data_for(goal.stored, 1 - goal.stored)}
        off, on = {self.clock: 1 - self.active}, {self.clock: self.active}
        final = goal.levels
        if self.storage.is_latch:
            if final[self.clock] == self.active:
                return [{**other, **on}, {**offer, **on}, final]
            return [{**other, **on}, {**offer, **on}, {**offer, **off}, final]
        first = [{**other, **off}, {**other, **on}, {**offer, **on}]
        return [*first, final] if final[self.clock] == self.active else [*first, {**offer, **off}, final]

    def when(self, where: Situation) -> str:
        """Liberty condition: all inputs, then all outputs."""
        levels = {**where.levels, **self.outputs(where)}
        return "&".join(("" if level else "!") + pin for pin, level in levels.items())
