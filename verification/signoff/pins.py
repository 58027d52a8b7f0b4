"""Pins and labels: which net of the layout is which pin of the netlist, and which pins may be swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import klayout.db as db
from neusoc.verification.signoff.extraction import SUBSTRATE
from neusoc.verification.signoff.reader import Circuit, build_netlist
from neusoc.verification.signoff.taps import SoftConnection

_PROOF_LIMIT = 16  # devices and pins of the largest cell whose symmetry is searched
Groups = Sequence[Sequence[str]]


@dataclass(frozen=True)
class PinCheck:
    """Labels of the top cell against the pins of its subcircuit.

    Attributes:
        missing: pins of the netlist that label no net of the layout.
        extra: labels of the layout that are no pin of the netlist.
        shorted: labels that share one net, as "a, b".
        split: labels that stand on more than one net, and groups declared one net that are several.
    """

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    shorted: tuple[str, ...]
    split: tuple[str, ...]

    def messages(self) -> list[str]:
        """One sentence for each finding."""
        return [
            *(f"pin {p} of the netlist labels no net of the layout" for p in self.missing),
            *(f"label {p} of the layout is no pin of the netlist" for p in self.extra),
            *(f"labels {p} are on one net (short)" for p in self.shorted),
            *(f"label {p} is on several nets (open)" for p in self.split),
        ]


def labels_of(net: db.Net) -> list[str]:
    """Labels on a net; the substrate's own name is none."""
    return [name.strip() for name in (net.name or "").split(",") if name.strip() not in ("", SUBSTRATE)]


def labelled(circuit: db.Circuit) -> dict[str, db.Net]:
    """Label -> net, lower case; labels on several nets left out."""
    found = [(name.lower(), net) for net in circuit.each_net() for name in labels_of(net)]
    count = Counter(name for name, _ in found)
    return {name: net for name, net in found if count[name] == 1}


def check_pins(
    layout_top: db.Circuit, pins: Sequence[str], join: Groups, same_name: Sequence[str] = ()
) -> PinCheck:
    """Compare the labels of the layout's top with the netlist's pins, by name and case."""
    groups = [set(g) for g in join]
    labels = Counter(name for net in layout_top.each_net() for name in set(labels_of(net)))
    shorted = []
    for net in layout_top.each_net():
        names = set(labels_of(net))
        if len(names) > 1 and not any(names <= g for g in groups):
            shorted.append(", ".join(sorted(names)))
    apart = []
    for group in groups:
        nets = [net for net in layout_top.each_net() if set(labels_of(net)) & group]
        if len(nets) > 1:
            apart.append(" and ".join(sorted(labels_of(net)[0] for net in nets)) + " (declared one)")
    return PinCheck(
        missing=tuple(p for p in pins if p not in labels),
        extra=tuple(sorted(set(labels) - set(pins))),
        shorted=tuple(sorted(shorted)),
        split=(*sorted(n for n, count in labels.items() if count > 1 and n not in same_name), *apart),
    )


def _left_open(reference: dict[str, Circuit], cell: str, pin: str) -> bool:
    """Whether every call of a cell puts a pin on a net of its own, with nothing else on it."""
    number = [p.lower() for p in reference[cell].pins].index(pin)
    for circuit in reference.values():
        nets = [call.nets[number].lower() for call in circuit.calls if call.subcircuit == cell]
        if nets:
            uses = Counter(n.lower() for part in (*circuit.devices, *circuit.calls) for n in part.nets)
            uses.update(p.lower() for p in circuit.pins)
            if any(uses[net] > 1 for net in nets):
                return False
    return True


def absent_pins(drawn: db.Circuit, reference: dict[str, Circuit]) -> set[str]:
    """Pins of a kept cell that the layout has not and need not have, lower case.

    The layout has a pin only where a parent connects. Two kinds may be missing: a pin that touches no device
    in the cell (the wells of conb), and a labelled net that no parent connects in the netlist either (conb's
    unused output).
    """
    cell = drawn.name.lower()
    wanted = reference[cell]
    labels = labelled(drawn)
    used = {net.lower() for part in (*wanted.devices, *wanted.calls) for net in part.nets}
    absent = set()
    for pin in map(str.lower, wanted.pins):
        net = labels.get(pin)
        if pin not in used:
            if net is None or net.pin_count() == 0:
                absent.add(pin)
        elif net is not None and net.pin_count() == 0 and _left_open(reference, cell, pin):
            absent.add(pin)
    return absent


def bind_pins(comparer: db.NetlistComparer, drawn: db.Circuit, wanted: db.Circuit) -> None:
    """Each pin of the netlist is the net of the layout with its name, and no other."""
    labels = labelled(drawn)
    for pin in wanted.each_pin():
        net = labels.get(pin.name().lower())
        if net is not None:
            comparer.same_nets(drawn, wanted, net, wanted.net_for_pin(pin.id()), True)


def _maps(circuit: Circuit, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether the circuit has an automorphism that takes each first net to its second."""
    key = circuit.name.lower()
    one, two = build_netlist({key: circuit}), build_netlist({key: circuit})
    a, b = one.circuit_by_name(circuit.name), two.circuit_by_name(circuit.name)
    comparer = db.NetlistComparer()
    comparer.dont_consider_net_names = True
    comparer.same_circuits(a, b)
    for first, second in pairs:
        comparer.same_nets(a, b, a.net_by_name(first), b.net_by_name(second), True)
    return comparer.compare(one, two)


def swappable_pins(circuit: Circuit) -> list[tuple[str, str]] | None:
    """Pairs of pins that may be swapped without changing the circuit.

    Returns:
        The pairs, or None if the cell is too large to prove it or has symmetries that no single swap
        describes.
    """
    if circuit.calls or len(circuit.devices) > _PROOF_LIMIT or len(circuit.pins) > _PROOF_LIMIT:
        return None
    pairs = []
    for first, second in combinations(circuit.pins, 2):
        if not _maps(circuit, [(first, second)]):
            continue
        others = [(p, p) for p in circuit.pins if p not in (first, second)]
        if not _maps(circuit, [(first, second), (second, first), *others]):
            return None
        pairs.append((first, second))
    return pairs


def soft_problems(soft: Sequence[SoftConnection], join: Groups, whole_nets: bool) -> list[str]:
    """Soft connections that are faults: of different nets, of wiring without label, or any at all where nets
    must be whole."""
    groups = [set(g) for g in join]
    problems = []
    for connection in soft:
        labels = {name for piece in connection.labels for name in piece.split(",")}
        declared = any(labels <= group for group in groups)
        unlabelled = any(name.startswith("$") for name in labels)
        if unlabelled or not (declared or (len(labels) == 1 and not whole_nets)):
            problems.append(str(connection))
    return problems
