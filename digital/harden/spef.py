"""Parasitics of wires as SPEF gives them: read, nets of two extractions joined to one, written.

A net is its terminals, its capacitances and its resistances between named nodes. Here all names stand in
full: the map that a file may begin with is resolved, backslashes before brackets are gone, and a written file
needs neither.

Source: IEEE 1481-1999, section 9 (*D_NET, *CONN, *CAP, *RES).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic

_TO_PF = {"PF": 1.0, "FF": 1e-3, "NF": 1e3, "UF": 1e6, "F": 1e12}
_TO_OHM = {"OHM": 1.0, "KOHM": 1e3, "MOHM": 1e6}


class Terminal(NamedTuple):
    """One pin on a net.

    kind: P, a port of the design, or I, a pin of an instance. node: its name. rest: direction and what else
        the file says of it.
    """

    kind: str
    node: str
    rest: str


@dataclass(frozen=True)
class Net:
    """Parasitics of one net.

    Attributes:
        terminals: its pins.
        capacitors: (node, other node or None for ground, pF).
        resistors: (node, node, ohm).
    """

    terminals: tuple[Terminal, ...] = ()
    capacitors: tuple[tuple[str, str | None, float], ...] = ()
    resistors: tuple[tuple[str, str, float], ...] = ()

    @property
    def capacitance(self) -> float:
        """Whole capacitance, to ground and to other nets, pF."""
        return sum(value for *_, value in self.capacitors)

    def renamed(self, nodes: Mapping[str, str]) -> Net:
        """The same with other names of nodes; one that the map has not keeps its own."""

        def name(node: str) -> str:
            return nodes.get(node, node)

        return Net(
            tuple(t._replace(node=name(t.node)) for t in self.terminals),
            tuple((name(a), b if b is None else name(b), value) for a, b, value in self.capacitors),
            tuple((name(a), name(b), value) for a, b, value in self.resistors),
        )


@dataclass
class _Parts:
    terminals: list[Terminal] = field(default_factory=list)
    capacitors: list[tuple[str, str | None, float]] = field(default_factory=list)
    resistors: list[tuple[str, str, float]] = field(default_factory=list)

    def net(self) -> Net:
        return Net(tuple(self.terminals), tuple(self.capacitors), tuple(self.resistors))


def read_spef(path: Path) -> dict[str, Net]:
    """Name of each net -> its parasitics, in pF and ohm.

    Raises:
        UserError: not there, no SPEF, a unit that is none, a line that cannot be read, or no net.
    """
    if not path.exists():
        raise UserError(f"{path}: missing; extract the wires first")
    names: dict[str, str] = {}
    nets: dict[str, Net] = {}
    scale = {"C": 1.0, "R": 1.0}
    parts, section = _Parts(), ""

    def full(word: str) -> str:
        head, colon, tail = word.rpartition(":")
        name, tail = (head, colon + tail) if colon and word.startswith("*") else (word, "")
        return names.get(name, name).replace("\\", "") + tail

    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("//"):
            continue
        try:
            match words[0]:
                case "*C_UNIT" | "*R_UNIT":
                    scale[words[0][1]] = (
                        float(words[1]) * (_TO_PF if words[0][1] == "C" else _TO_OHM)[words[2].upper()]
                    )
                case "*NAME_MAP" | "*CONN" | "*CAP" | "*RES" | "*PORTS":
                    section = words[0]
                case "*D_NET":
                    parts, section, current = _Parts(), words[0], full(words[1])
                case "*END":
                    nets[current], section = parts.net(), ""
                case "*P" | "*I" if section == "*CONN":
                    parts.terminals.append(Terminal(words[0][1], full(words[1]), " ".join(words[2:])))
                case _ if section == "*NAME_MAP":
                    names[words[0]] = words[1]
                case _ if section == "*CAP":
                    other = full(words[2]) if len(words) == 4 else None
                    parts.capacitors.append((full(words[1]), other, float(words[-1]) * scale["C"]))
                case _ if section == "*RES":
                    parts.resistors.append((full(words[1]), full(words[2]), float(words[3]) * scale["R"]))
        except (IndexError, KeyError, ValueError, UnboundLocalError):
            raise UserError(
                f"{path.name}, line {number}: {line.strip()[:60]!r} is no SPEF that is understood; extract"
                " again"
            ) from None
    if not nets:
        raise UserError(f"{path.name}: holds no net; extract again")
    return nets


def net_capacitances(path: Path) -> dict[str, float]:
    """Whole capacitance of each net of a SPEF file, pF; raises as read_spef()."""
    return {name: net.capacitance for name, net in read_spef(path).items()}


def grounded(nets: Mapping[str, Net]) -> dict[str, Net]:
    """The same nets with what couples to others as capacitance to ground."""
    return {
        name: replace(net, capacitors=tuple((node, None, value) for node, _, value in net.capacitors))
        for name, net in nets.items()
    }


def joined(nets: Mapping[str, Net], joints: Iterable[tuple[str, str, float]]) -> dict[str, Net]:
    """Nets that meet at joints made one.

    Args:
        nets: name -> net; of several that meet the first keeps its name.
        joints: (terminal, terminal, ohm between them). Both stop being terminals.

    Raises:
        UserError: a joint names what is on no net.
    """
    owner = {terminal.node: name for name, net in nets.items() for terminal in net.terminals}
    of = {name: name for name in nets}  # -> name of the whole, by steps
    bridges: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    gone: set[str] = set()
    order = {name: index for index, name in enumerate(nets)}

    def root(name: str) -> str:
        while of[name] != name:
            name = of[name]
        return name

    for one, other, ohm in joints:
        if missing := [node for node in (one, other) if node not in owner]:
            raise UserError(f"parasitics: {missing[0]} is on no extracted net; route and extract again")
        first, second = sorted((root(owner[one]), root(owner[other])), key=order.__getitem__)
        of[second] = first
        bridges[owner[one]].append((one, other, ohm))
        gone |= {one, other}
    members: dict[str, list[str]] = defaultdict(list)
    for name in nets:
        members[root(name)].append(name)
    inner = _inner_nodes(nets, members, gone)
    return {whole: _one(whole, names, nets, bridges, inner) for whole, names in members.items()}


def _inner_nodes(nets: Mapping[str, Net], members: Mapping[str, list[str]], gone: set[str]) -> dict[str, str]:
    """New name of each node that would else name a net which is no more, or a pin that is no more:
    net:number, counted on."""
    inner: dict[str, str] = {}
    for whole, names in members.items():
        if len(names) == 1 and not any(t.node in gone for t in nets[names[0]].terminals):
            continue
        found = [node for name in names for node in _nodes(nets[name])]
        numbers = (int(n.rpartition(":")[2]) for n in found if re.fullmatch(re.escape(whole) + r":\d+", n))
        last = max(numbers, default=0)
        kept = {t.node for name in names for t in nets[name].terminals} - gone
        for node in dict.fromkeys(found):
            if node not in kept and not re.fullmatch(re.escape(whole) + r":\d+", node):
                last += 1
                inner[node] = f"{whole}:{last}"
    return inner


def _nodes(net: Net) -> list[str]:
    """Own nodes of a net: pins, both of a resistor, those of capacitors to ground. Of a coupling one either
    may be the neighbour's."""
    grounded = [a for a, b, _ in net.capacitors if b is None]
    return [t.node for t in net.terminals] + grounded + [n for r in net.resistors for n in r[:2]]


def _one(
    whole: str,
    names: list[str],
    nets: Mapping[str, Net],
    bridges: Mapping[str, list[tuple[str, str, float]]],
    inner: Mapping[str, str],
) -> Net:
    gone = {node for name in names for bridge in bridges.get(name, ()) for node in bridge[:2]}
    together = Net(
        tuple(t for name in names for t in nets[name].terminals if t.node not in gone),
        tuple(c for name in names for c in nets[name].capacitors),
        tuple(r for name in names for r in (*nets[name].resistors, *bridges.get(name, ()))),
    )
    return together.renamed(inner)


def with_terminals(nets: Mapping[str, Net], terminals: Mapping[str, Terminal]) -> dict[str, Net]:
    """The same nets, where terminals of the names given are others: a pin of an instance that becomes a port
    of the design."""
    names = {old: new.node for old, new in terminals.items()}
    return {
        name: replace(
            moved := net.renamed(names),
            terminals=tuple(
                terminals.get(was.node, now) for was, now in zip(net.terminals, moved.terminals, strict=True)
            ),
        )
        for name, net in nets.items()
    }


def write_spef(path: Path, design: str, nets: Mapping[str, Net]) -> Path:
    """Write nets as SPEF, atomically, without time stamp."""
    lines = [
        '*SPEF "IEEE 1481-1998"',
        f'*DESIGN "{design}"',
        '*DATE "none"',
        '*VENDOR "NeuSoC"',
        '*PROGRAM "neusoc sta"',
        '*VERSION "1"',
        '*DESIGN_FLOW "NAME_SCOPE LOCAL" "PIN_CAP NONE"',
        "*DIVIDER /",
        "*DELIMITER :",
        "*BUS_DELIMITER []",
        "*T_UNIT 1 NS",
        "*C_UNIT 1 PF",
        "*R_UNIT 1 OHM",
        "*L_UNIT 1 HENRY",
        "",
    ]
    for name, net in nets.items():
        lines += [f"*D_NET {name} {net.capacitance:.6g}", "*CONN"]
        lines += [f"*{t.kind} {t.node} {t.rest}".rstrip() for t in net.terminals]
        lines.append("*CAP")
        lines += [
            " ".join([str(i), a, *([] if b is None else [b]), f"{value:.6g}"])
            for i, (a, b, value) in enumerate(net.capacitors, 1)
        ]
        lines += [
            "*RES",
            *(f"{i} {a} {b} {value:.6g}" for i, (a, b, value) in enumerate(net.resistors, 1)),
            "*END",
            "",
        ]
    return write_atomic(path, "\n".join(lines))
