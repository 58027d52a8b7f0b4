"""The comparer's cross reference as sentences."""

from __future__ import annotations

import klayout.db as db


def _describe(thing: object) -> str:
    if thing is None:
        return "nothing"
    if isinstance(thing, db.Device):
        sizes = ", ".join(f"{p.name}={thing.parameter(p.id()):.4g}" for p in thing.device_class().parameter_definitions() if p.is_primary)
        nets = ", ".join(
            f"{t.name}={net.expanded_name() if (net := thing.net_for_terminal(t.id())) else 'nothing'}"
            for t in thing.device_class().terminal_definitions()
        )
        return f"{thing.device_class().name.removeprefix('sky130_fd_pr__')} {thing.expanded_name()} ({nets}; {sizes})"
    if isinstance(thing, db.SubCircuit):
        return f"{thing.circuit_ref().name} {thing.expanded_name()}"
    if isinstance(thing, db.Circuit):
        return thing.name
    if isinstance(thing, db.Net):
        return f"{thing.expanded_name()} ({thing.terminal_count()} terminals, {thing.subcircuit_pin_count()} cell pins)"
    return thing.expanded_name()


def differences(database: db.LayoutVsSchematic) -> list[str]:
    """Every pair of the cross reference that does not match, one sentence each."""
    xref = database.xref()
    fine = (db.NetlistCrossReference.Match, db.NetlistCrossReference.MatchWithWarning)
    found = []
    for circuits in xref.each_circuit_pair():
        if circuits.status() in fine:
            continue
        name = (circuits.second() or circuits.first()).name
        if circuits.status() == db.NetlistCrossReference.Skipped:
            found.append(f"{name}: not compared, because a cell in it does not match")
            continue
        if circuits.first() is None or circuits.second() is None:
            found.append(f"{name}: only in the {'netlist' if circuits.first() is None else 'layout'}")
            continue
        before = len(found)
        kinds = (
            ("pin", xref.each_pin_pair(circuits)),
            ("device", xref.each_device_pair(circuits)),
            ("cell", xref.each_subcircuit_pair(circuits)),
            ("net", xref.each_net_pair(circuits)),
        )
        for kind, pairs in kinds:
            for pair in pairs:
                if pair.status() not in fine:
                    found.append(f"{name}: {kind} {_describe(pair.first())} in the layout is {_describe(pair.second())} in the netlist")
        if len(found) == before:
            found.append(f"{name}: does not match")
    return found


