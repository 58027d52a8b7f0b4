"""Random faults in a reference netlist: what LVS is there for, so it must see all of them.

device removed     a card is gone
terminals swapped  two terminals of a device that are no equals, on different nets
size changed       a width, length or area by a tenth
net shorted        two nets of a subcircuit are one
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from neusoc.pdk.devices import MIM, MOSFETS, RESISTORS
from neusoc.verification.signoff.device_classes import DEVICE_CLASSES
from neusoc.verification.signoff.reader import Subcircuit
from neusoc.verification.tools.layout_mutants.faults import distinct

BY = 1.1
_SIZES = ("w", "l", "area_ox", "area")
# pairs of terminals that are equals, by their places
_EQUALS = {**dict.fromkeys(MOSFETS, {(0, 2)}), MIM: {(0, 1)}, **dict.fromkeys(RESISTORS, {(0, 1), (0, 2), (1, 2)})}


@dataclass(frozen=True)
class NetlistFault:
    """A kind, where it is, and the subcircuits as they are with it."""

    kind: str
    where: str
    text: str

    @property
    def name(self) -> str:
        """For lists."""
        return f"netlist, {self.kind}: {self.where}"


def _model(card: str) -> str:
    plain = [word for word in card.split()[1:] if "=" not in word]
    return plain[-1].lower() if plain else ""


def _written(circuits: Mapping[str, Subcircuit]) -> str:
    lines = []
    for circuit in circuits.values():
        lines += [f".subckt {circuit.name} {' '.join(circuit.pins)}", *circuit.cards, ".ends"]
    return "\n".join(lines) + "\n"


class NetlistFaults:
    """Faults of one netlist.

    Args:
        circuits: its subcircuits, all of them used.
        chosen: source of random numbers.
    """

    def __init__(self, circuits: Mapping[str, Subcircuit], chosen: random.Random) -> None:
        self.circuits, self.chosen = dict(circuits), chosen

    def _card(self) -> tuple[str, int, str] | None:
        """Subcircuit, number and text of a card that is a device."""
        every = [(name, number, card) for name, circuit in self.circuits.items() for number, card in enumerate(circuit.cards)]
        cards = [one for one in every if _model(one[2]) in DEVICE_CLASSES]
        return self.chosen.choice(cards) if cards else None

    def _with(self, name: str, number: int, card: str | None) -> str:
        circuit = self.circuits[name]
        cards = [*circuit.cards[:number], *([card] if card is not None else []), *circuit.cards[number + 1:]]
        return _written(self.circuits | {name: replace(circuit, cards=cards)})

    def removed(self) -> NetlistFault | None:
        """A device is gone."""
        if (found := self._card()) is None:
            return None
        name, number, card = found
        return NetlistFault("device removed", f"{name}.{card.split()[0]}", self._with(name, number, None))

    def swapped(self) -> NetlistFault | None:
        """Two terminals have changed places."""
        if (found := self._card()) is None:
            return None
        name, number, card = found
        words = card.split()
        nets = [word for word in words[1:] if "=" not in word][:-1]
        equals = _EQUALS.get(_model(card), set())
        pairs = [
            (a, b) for a in range(len(nets)) for b in range(a + 1, len(nets))
            if nets[a].lower() != nets[b].lower() and (a, b) not in equals
        ]  # fmt: skip
        if not pairs:
            return None
        a, b = self.chosen.choice(pairs)
        words[1 + a], words[1 + b] = words[1 + b], words[1 + a]
        return NetlistFault("terminals swapped", f"{name}.{words[0]}, {a + 1} and {b + 1}", self._with(name, number, " ".join(words)))

    def resized(self) -> NetlistFault | None:
        """A size is another."""
        if (found := self._card()) is None:
            return None
        name, number, card = found
        sizes = [size for size in _SIZES if re.search(rf"\b{size}\s*=\s*[\d.]", card, re.I)]
        if not sizes:
            return None
        size = self.chosen.choice(sizes)
        changed = re.sub(rf"(\b{size}\s*=\s*)([\d.]+(?:e[+-]?\d+)?)", lambda m: f"{m[1]}{float(m[2]) * BY:.9g}", card, count=1, flags=re.I)
        return NetlistFault("size changed", f"{name}.{card.split()[0]}, {size}", self._with(name, number, changed))

    def shorted(self) -> NetlistFault | None:
        """Two nets are one."""
        name = self.chosen.choice(sorted(self.circuits))
        circuit = self.circuits[name]
        nets = sorted({net for card in circuit.cards for net in [w for w in card.split()[1:] if "=" not in w][:-1]})
        if len(nets) < 2:
            return None
        kept, gone = self.chosen.sample(nets, 2)
        if gone in circuit.pins:
            kept, gone = gone, kept
        if gone in circuit.pins:
            return None                     # two pins of one net: the reader refuses no such thing, but the call above would name both
        cards = [" ".join(kept if place and word == gone else word for place, word in enumerate(card.split())) for card in circuit.cards]
        return NetlistFault("net shorted", f"{name}: {gone} to {kept}", _written(self.circuits | {name: replace(circuit, cards=cards)}))


KINDS: dict[str, Callable[[NetlistFaults], NetlistFault | None]] = {
    "device removed": NetlistFaults.removed, "terminals swapped": NetlistFaults.swapped, "size changed": NetlistFaults.resized,
    "net shorted": NetlistFaults.shorted,
}  # fmt: skip


def draw(circuits: Mapping[str, Subcircuit], kind: str, count: int, seed: str) -> list[NetlistFault]:
    """Different faults of one kind; fewer than count if the netlist has no more places.

    Args:
        circuits: circuits of the netlist.
        kind: key of KINDS.
        count: number.
        seed: seed of the random numbers.
    """
    faults = NetlistFaults(circuits, random.Random(seed))
    return distinct(lambda: KINDS[kind](faults), count)
