"""Random faults in a reference netlist: what LVS is there for, so it must see all of them.

device removed     a card is gone
terminals swapped  two terminals of a device that are no equals, on different nets
size changed       a width, length or area by a tenth
net shorted        two nets of a subcircuit are one
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from neusoc.pdk.devices import MIM, MOSFETS, RESISTORS
from neusoc.verification.signoff.device_classes import DEVICE_CLASSES
from neusoc.verification.signoff.reader import Subcircuit
from neusoc.verification.tools.layout_mutants.faults import distinct

BY = 1.1
_SIZES = ("w", "l", "area_ox", "area")
# pairs of terminals that are equals, by their places
_EQUALS = {
    **dict.fromkeys(MOSFETS, {(0, 2)}),
    MIM: {(0, 1)},
    **dict.fromkeys(RESISTORS, {(0, 1), (0, 2), (1, 2)}),
}
Circuits = Mapping[str, Subcircuit]


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


def _plain(card: str) -> list[str]:
    """Nets of a card, its model or subcircuit last."""
    return [word for word in card.split()[1:] if "=" not in word]


def _model(card: str) -> str:
    return (_plain(card) or [""])[-1].lower()


def _text(circuits: Circuits, name: str, cards: Sequence[str]) -> str:
    """SPICE of all subcircuits, one of them with other cards."""
    changed = {**circuits, name: replace(circuits[name], cards=cards)}
    lines = [[f".subckt {c.name} {' '.join(c.pins)}", *c.cards, ".ends"] for c in changed.values()]
    return "\n".join(line for some in lines for line in some) + "\n"


def _swapped(card: str, chosen: random.Random) -> tuple[str, str] | None:
    words, nets, equals = card.split(), _plain(card)[:-1], _EQUALS.get(_model(card), set())
    pairs = [
        p
        for p in combinations(range(len(nets)), 2)
        if nets[p[0]].lower() != nets[p[1]].lower() and p not in equals
    ]
    if not pairs:
        return None
    a, b = chosen.choice(pairs)
    words[1 + a], words[1 + b] = words[1 + b], words[1 + a]
    return f"{a + 1} and {b + 1}", " ".join(words)


def _resized(card: str, chosen: random.Random) -> tuple[str, str] | None:
    sizes = [size for size in _SIZES if re.search(rf"\b{size}\s*=\s*[\d.]", card, re.I)]
    if not sizes:
        return None
    size = chosen.choice(sizes)
    number = re.compile(rf"(\b{size}\s*=\s*)([\d.]+(?:e[+-]?\d+)?)", re.I)
    return size, number.sub(lambda match: f"{match[1]}{float(match[2]) * BY:.9g}", card, count=1)


# kind -> (where on the card, the card with it); an empty card is gone
_OF_A_CARD: dict[str, Callable[[str, random.Random], tuple[str, str] | None]] = {
    "device removed": lambda _card, _chosen: ("", ""),
    "terminals swapped": _swapped,
    "size changed": _resized,
}


def _in_a_card(circuits: Circuits, kind: str, chosen: random.Random) -> NetlistFault | None:
    cards = [(name, n, card) for name, circuit in circuits.items() for n, card in enumerate(circuit.cards)]
    devices = [place for place in cards if _model(place[2]) in DEVICE_CLASSES]
    if not devices:
        return None
    name, number, card = chosen.choice(devices)
    changed = _OF_A_CARD[kind](card, chosen)
    if changed is None:
        return None
    others = circuits[name].cards
    kept = [*others[:number], *([changed[1]] if changed[1] else []), *others[number + 1 :]]
    where = ", ".join(filter(None, (f"{name}.{card.split()[0]}", changed[0])))
    return NetlistFault(kind, where, _text(circuits, name, kept))


def _shorted(circuits: Circuits, kind: str, chosen: random.Random) -> NetlistFault | None:
    name = chosen.choice(sorted(circuits))
    circuit = circuits[name]
    nets = sorted({net for card in circuit.cards for net in _plain(card)[:-1]})
    if len(nets) < 2:
        return None
    kept, gone = sorted(chosen.sample(nets, 2), key=lambda net: net not in circuit.pins)
    if gone in circuit.pins:
        return None  # two pins of one net: the call above would name both
    words = [card.split() for card in circuit.cards]
    cards = [" ".join(kept if n and word == gone else word for n, word in enumerate(card)) for card in words]
    return NetlistFault(kind, f"{name}: {gone} to {kept}", _text(circuits, name, cards))


KINDS = {**dict.fromkeys(_OF_A_CARD, _in_a_card), "net shorted": _shorted}


def draw(circuits: Circuits, kind: str, count: int, seed: str) -> list[NetlistFault]:
    """Different faults of one kind; fewer than count if the netlist has no more places.

    Args:
        circuits: subcircuits of the netlist, all of them used.
        kind: key of KINDS.
        count: number.
        seed: seed of the random numbers.
    """
    chosen = random.Random(seed)
    return distinct(lambda: KINDS[kind](circuits, kind, chosen), count)
