"""The comparer's cross reference as sentences."""

from __future__ import annotations

from collections.abc import Sequence

import klayout.db as db


def describe(thing: object) -> str:
    if thing is None:
        return "nothing"
    if isinstance(thing, db.Device):
        sizes = ", ".join(
            f"{p.name}={thing.parameter(p.id()):.4g}"
            for p in thing.device_class().parameter_definitions()
            if p.is_primary
        )
        nets = ", ".join(
            f"{t.name}={net.expanded_name() if (net := thing.net_for_terminal(t.id())) else 'nothing'}"
            for t in thing.device_class().terminal_definitions()
        )
        return (
            f"{thing.device_class().name.removeprefix('sky130_fd_pr__')} {thing.expanded_name()} ({nets};"
            f" {sizes})"
        )
    if isinstance(thing, db.SubCircuit):
        return f"{thing.circuit_ref().name} {thing.expanded_name()}"
    if isinstance(thing, db.Circuit):
        return thing.name
    if isinstance(thing, db.Net):
        return (
            f"{thing.expanded_name()} ({thing.terminal_count()} terminals, {thing.subcircuit_pin_count()}"
            " cell pins)"
        )
    return thing.expanded_name()


def _sizes_differ(drawn: db.Device, wanted: db.Device) -> bool:
    """Whether two corresponding devices differ in model or by more than 0.2 % in size; the comparer itself
    only warns."""
    if drawn.device_class().name.lower() != wanted.device_class().name.lower():
        return True
    sizes = [p for p in wanted.device_class().parameter_definitions() if p.is_primary]
    return any(
        abs(drawn.parameter(p.name) - wanted.parameter(p.id())) > 0.002 * abs(wanted.parameter(p.id()))
        for p in sizes
    )


def misnamed_pins(database: db.LayoutVsSchematic, top: str, pins: Sequence[str]) -> list[str]:
    """Pins of the top whose net corresponds to a net of the layout without the pin's label, one sentence
    each."""
    xref = database.xref()
    found = []
    for circuits in xref.each_circuit_pair():
        wanted = circuits.second()
        if wanted is None or circuits.first() is None or wanted.name.lower() != top.lower():
            continue
        partner = {
            pair.second().expanded_name().lower(): pair.first()
            for pair in xref.each_net_pair(circuits)
            if pair.second()
        }
        for pin in pins:
            net = wanted.net_by_name(pin)
            if net is None or not (net.terminal_count() or net.subcircuit_pin_count()):
                continue  # an unused pin: its label is checked by name
            drawn = partner.get(pin.lower())
            labels = [label.strip().lower() for label in ((drawn.name if drawn else "") or "").split(",")]
            if pin.lower() not in labels:
                what = f"net {describe(drawn)} in the layout, which has not the label {pin}"
                found.append(f"{top}: {what}, is {describe(net)} in the netlist")
    return found


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
                drawn, wanted = pair.first(), pair.second()
                differs = (
                    kind == "device"
                    and drawn is not None
                    and wanted is not None
                    and _sizes_differ(drawn, wanted)
                )
                if differs or pair.status() not in fine:
                    found.append(
                        f"{name}: {kind} {describe(drawn)} in the layout is {describe(wanted)} in the netlist"
                    )
        if len(found) == before:
            found.append(f"{name}: does not match")
    return found
