"""Reduction of an extracted RC network: fewer nodes, the same resistances and delays.

Nodes that carry no transistor and no pin are eliminated by the star-mesh transform (exact at DC; their
capacitance moves to the neighbours in proportion to conductance, which keeps the first moment). All time
constants of one cell's wires lie under a picosecond.
"""

from __future__ import annotations

from collections import defaultdict

SHORT = 1.0  # ohm: less than this is a short
OPEN = 50e3  # ohm: a resistance above this, made by elimination, is left out
MAX_DEGREE = 12  # a node with more neighbours stays: its mesh would be larger than its star


class Network:
    """Resistors and capacitors between named nodes."""

    def __init__(self, named: set[str], kept: set[str]) -> None:
        self._named = named  # pins and supplies: their names survive a merge
        self.kept = named | kept  # and the nodes of transistors: they are not eliminated
        self._conductance: dict[str, dict[str, float]] = defaultdict(dict)
        self._capacitance: dict[str, dict[str, float]] = defaultdict(dict)
        self._alias: dict[str, str] = {}

    def name(self, node: str) -> str:
        """The node that this one was merged into."""
        while node in self._alias:
            node = self._alias[node]
        return node

    @staticmethod
    def _add(table: dict[str, dict[str, float]], one: str, other: str, value: float) -> None:
        if one != other:
            table[one][other] = table[one].get(other, 0.0) + value
            table[other][one] = table[one][other]

    def resistor(self, one: str, other: str, ohm: float) -> None:
        """Add a resistor; one under SHORT merges its nodes."""
        one, other = self.name(one), self.name(other)
        if ohm < SHORT:
            self.merge(one, other)
        else:
            self._add(self._conductance, one, other, 1 / ohm)

    def capacitor(self, one: str, other: str, farad: float) -> None:
        """Add a capacitor."""
        self._add(self._capacitance, self.name(one), self.name(other), farad)

    def merge(self, one: str, other: str) -> None:
        """Make both nodes one; a kept node gives its name."""
        one, other = self.name(one), self.name(other)
        if one == other:
            return
        if other in self._named or (other in self.kept and one not in self.kept):
            one, other = other, one
        self._alias[other] = one
        if other in self.kept:
            self.kept.add(one)
        for table in (self._conductance, self._capacitance):
            for neighbour, value in table.pop(other, {}).items():
                table[neighbour].pop(other, None)
                self._add(table, one, neighbour, value)

    def _eliminate(self, node: str) -> None:
        star = self._conductance.pop(node)
        total = sum(star.values())
        for neighbour in star:
            del self._conductance[neighbour][node]
        pairs = sorted(star)
        for position, one in enumerate(pairs):
            for other in pairs[position + 1 :]:
                value = star[one] * star[other] / total
                if value > 1 / OPEN:
                    self._add(self._conductance, one, other, value)
        for neighbour, value in self._capacitance.pop(node, {}).items():
            self._capacitance[neighbour].pop(node, None)
            for one in pairs:
                self._add(self._capacitance, one, neighbour, value * star[one] / total)

    def reduce(self) -> None:
        """Eliminate what is neither kept nor of a high degree, lowest degree first."""
        while True:
            free = [
                n
                for n, star in self._conductance.items()
                if n not in self.kept and 0 < len(star) <= MAX_DEGREE
            ]
            if not free:
                break
            self._eliminate(min(free, key=lambda n: (len(self._conductance[n]), n)))

    @staticmethod
    def _pairs(table: dict[str, dict[str, float]]) -> list[tuple[str, str, float]]:
        return sorted(
            (one, other, value) for one, row in table.items() for other, value in row.items() if one < other
        )

    def resistors(self) -> list[tuple[str, str, float]]:
        """(node, node, ohm), sorted."""
        return [(one, other, 1 / value) for one, other, value in self._pairs(self._conductance)]

    def capacitors(self) -> list[tuple[str, str, float]]:
        """(node, node, farad), sorted."""
        return self._pairs(self._capacitance)
