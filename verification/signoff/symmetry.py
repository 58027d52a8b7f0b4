"""Split gates: stacks of transistors drawn as parallel fingers, whose inner nodes the schematic draws as one.

    out          out
     |            |
  A ||- -|| A    A ||- (m=2)
     |     |      |
     n1   n2      n
     |     |      |
  B ||- -|| B    B ||- (m=2)
     |            |
    vss          vss

n1 and n2 see the same gates, in the same proportions of width, towards nets that are equal again: they carry
the same potential and may be joined.
"""

from __future__ import annotations

from collections import defaultdict

import klayout.db as db

_SOURCE, _GATE, _DRAIN, _BULK = 0, 1, 2, 3  # terminals of DeviceClassMOS4Transistor
_OPPOSITE = {_SOURCE: _DRAIN, _DRAIN: _SOURCE}


def _inner_nets(circuit: db.Circuit) -> list[db.Net]:
    """Nets that connect sources and drains only: no pin, no gate, no bulk, no cell below."""
    found = []
    for net in circuit.each_net():
        if net.pin_count() or net.subcircuit_pin_count() or not net.terminal_count():
            continue
        terminals = list(net.each_terminal())
        if all(
            isinstance(t.device_class(), db.DeviceClassMOS4Transistor) and t.terminal_id() in _OPPOSITE
            for t in terminals
        ):
            found.append(net)
    return found


def join_equal_nets(circuit: db.Circuit) -> int:
    """Join the inner nets of a circuit that carry the same potential by symmetry.

    Inner nets start as one class, which splits until all nets of a class see the same shares of width by
    (model, L, gate, bulk, class of the net beyond). Equal potentials within each class then solve the
    circuit's equations.

    Returns:
        Number of nets that went.
    """
    inner = _inner_nets(circuit)
    if len(inner) < 2:
        return 0
    index = {net.expanded_name(): number for number, net in enumerate(inner)}
    color = dict.fromkeys(index.values(), 0)

    def seen_from(net: db.Net) -> tuple:
        widths: dict[tuple, float] = defaultdict(float)
        for terminal in net.each_terminal():
            device = terminal.device()
            beyond, gate, bulk = (
                n.expanded_name() if (n := device.net_for_terminal(t)) else ""
                for t in (_OPPOSITE[terminal.terminal_id()], _GATE, _BULK)
            )
            number = index.get(beyond)
            far_end = ("net", beyond) if number is None else ("class", str(color[number]))
            widths[device.device_class().name, round(device.parameter("L"), 4), gate, bulk, far_end] += (
                device.parameter("W")
            )
        total = sum(widths.values())
        return tuple(sorted((view, round(width / total, 6)) for view, width in widths.items()))

    while True:
        views = {number: (color[number], seen_from(net)) for number, net in enumerate(inner)}
        order = {view: position for position, view in enumerate(sorted(set(views.values())))}
        refined = {number: order[view] for number, view in views.items()}
        if len(order) == len(set(color.values())):
            break
        color = refined
    classes: dict[int, list[db.Net]] = defaultdict(list)
    for number, net in enumerate(inner):
        classes[color[number]].append(net)
    joined = 0
    for first, *others in classes.values():
        for net in others:
            circuit.join_nets(first, net)
            joined += 1
    return joined
