"""Models of one corner for a simulator that does not choose binned models: each transistor gets a subcircuit
that holds its bin alone.

The library gives a transistor a model card a range of length and width. ngspice takes the card whose range
holds the length and the width of one finger; VACASK reads the same cards and takes none. So the choice is
made here, by ngspice's rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.text import must_match

# Beside a bin's lower end ngspice counts as within it what differs by rounding; cards end at whole nanometres
_ROUNDING = 1e-6  # um
_BLOCK = re.compile(r"^\.subckt\s+(\S+).*?^\.ends[^\n]*\n", re.S | re.M)
_CARD = re.compile(r"(?m)^(?=\.model\b|\.ends\b)")
_BINNED = re.compile(r"(?m)^\.model\s+\S+\.\d+\s")
_ENDS = ("lmin", "lmax", "wmin", "wmax")


@dataclass(frozen=True)
class Card:
    """One bin: its number, its ranges of length and width of a finger (um), its text."""

    number: str
    lengths: tuple[float, float]
    widths: tuple[float, float]
    text: str

    def holds(self, length: float, width: float) -> bool:
        """Whether a finger of this length and width (um) lies in it: lower ends belong to it, upper ends do
        not."""
        pairs = ((length, self.lengths), (width, self.widths))
        return all(low - _ROUNDING <= value < high - _ROUNDING for value, (low, high) in pairs)


@dataclass(frozen=True)
class Library:
    """A corner's models, taken apart.

    Attributes:
        parameters: statements outside of subcircuits, without options.
        scale: unit of lengths and widths, m.
        whole: subcircuits as they are, by lower-case name.
        heads: text before the cards of each transistor's subcircuit.
        cards: cards of each transistor.
    """

    parameters: str
    scale: float
    whole: dict[str, str]
    heads: dict[str, str] = field(default_factory=dict)
    cards: dict[str, tuple[Card, ...]] = field(default_factory=dict)


def _card(text: str) -> Card:
    flat = text.replace("\n+", " ")
    number = must_match(
        r"\.model\s+\S+?\.(\d+)\s", flat, "models: a card of a transistor has no number; look at the library"
    )[1]

    def end(name: str) -> float:
        lacks = f"models: bin {number} has no {name}; look at the library"
        return float(must_match(rf"\b{name}\s*=\s*([-+\d.eE]+)", flat, lacks)[1]) * 1e6

    low_l, high_l, low_w, high_w = (end(name) for name in _ENDS)
    return Card(
        number, (low_l, high_l), (low_w, high_w), re.sub(r"(\.model\s+\S+?)\.\d+(\s)", r"\1\2", text, count=1)
    )


@cache
def library(path: Path) -> Library:
    """A file of neusoc.pdk.spice.models.model_file, taken apart.

    Raises:
        UserError: it does not say in which unit it has lengths, or a card is not as expected.
    """
    text = path.read_text()
    outside = _BLOCK.sub("", text)
    scale = must_match(
        r"(?m)^\.option\s+scale=([\d.]+)u\s*$", outside, f"{path.name}: no option scale; look at the library"
    )[1]
    plain = "".join(
        f"{line}\n" for line in outside.splitlines() if not line.lower().startswith((".option", "*"))
    )
    found = Library(plain, float(scale) * 1e-6, {})
    for block in _BLOCK.finditer(text):
        name = block[1].lower()
        found.whole[name] = block[0]
        if _BINNED.search(block[0]):
            head, *rest = _CARD.split(block[0])
            found.heads[name] = head
            found.cards[name] = tuple(_card(card) for card in rest if card.lower().startswith(".model"))
    return found


def chosen(models: Library, device: str, length: float, width: float) -> Card:
    """The bin of a transistor.

    Args:
        models: models of the corner.
        device: subcircuit of the transistor in the library.
        length: length of the gate, um.
        width: width of one finger, um.

    Raises:
        UserError: no bin holds it.
    """
    for card in models.cards[device]:
        if card.holds(length, width):
            return card
    raise UserError(
        f"{device} l={length:g} w={width:g} a finger: no bin of the library holds it; draw it within"
        f" {device}'s ranges"
    )


def with_bin(models: Library, device: str, card: Card) -> tuple[str, str]:
    """Name and text of the subcircuit of a transistor that holds one bin alone."""
    name = f"{device}_bin{card.number}"
    head = re.sub(
        rf"(?im)^(\.subckt\s+){re.escape(device)}(\s)", rf"\g<1>{name}\g<2>", models.heads[device], count=1
    )
    return name, f"{head}{card.text}.ends {name}\n"
