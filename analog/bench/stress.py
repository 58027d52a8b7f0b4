"""What the devices of a block see during a transient: the monitor of the benches in which more than 1.8 V
occurs.

    result = run(deck(circuit, ["tran 50p 1u", "write tran.raw"]))
    seen = stress(result.arrays["tran"], netlist, "row_driver", "xdut", {"in_1v8": "in_1v8", "wl": "wl", ...})

Every transistor of the subcircuit, children included, is looked at, in schematics and in extracted netlists
alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from neusoc.pdk.devices import MOSFETS, NFET_5V, PFET_01V8, PFET_01V8_HVT, PFET_5V

# Largest voltage between any two terminals, V. Source: SkyWater device details, 1.8 V (1.95 V) and 5.0 V (5.5
#   V) transistors
LIMIT_THIN, LIMIT_THICK = 1.95, 5.5
_THICK, _P = (NFET_5V, PFET_5V), (PFET_5V, PFET_01V8, PFET_01V8_HVT)


class Stress(NamedTuple):
    """Worst over devices and time, V.

    Attributes:
        thin: worst voltage between any two terminals of a 1.8 V device; 0 if there is none.
        thick: the same of a 5 V device.
        forward: forward bias of a source or drain junction on one of the pins. Nodes within (of a stack of
            gates, some fF) are coupled past a rail for some 100 ps, and have no charge to feed a parasitic
            bipolar. nan where no junction is on a pin itself, as in netlists with wire resistance.
    """

    thin: float
    thick: float
    forward: float

    def thin_over(self, vdd1v8: float) -> float:
        """Worst of the 1.8 V devices above 1.8 V, or above their supply (V) if that is more, V."""
        return self.thin - max(1.8, vdd1v8)


def devices(
    netlist: str, name: str, instance: str, nets: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Transistors of a subcircuit as (model, (drain, gate, source, body)) with ngspice's node names.

    Args:
        netlist: SPICE text, one statement a line, with the subcircuit and its children.
        name: name of the subcircuit.
        instance: its name in the deck.
        nets: pin -> node of the deck.

    Raises:
        KeyError: no such subcircuit, or a pin without a node.
    """
    bodies = {m[1]: m for m in re.finditer(r"^\.subckt (\S+) ([^\n]*)\n(.*?)^\.ends", netlist, re.M | re.S)}

    def walk(cell: str, path: str, nodes: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
        found = []
        for line in bodies[cell][3].splitlines():
            words = [word for word in line.split() if "=" not in word]
            if not words or not words[0].startswith("x"):
                continue
            ends = [nodes.get(net, net if net == "0" else f"{path}.{net}") for net in words[1:-1]]
            if words[-1] in MOSFETS:
                found.append((words[-1], tuple(ends)))
            elif words[-1] in bodies:
                pins = bodies[words[-1]][2].split()
                found += walk(words[-1], f"{path}.{words[0]}", dict(zip(pins, ends, strict=True)))
        return found

    return walk(name, instance, {pin: nets[pin] for pin in bodies[name][2].split()})


def stress(
    arrays: Mapping[str, np.ndarray], netlist: str, name: str, instance: str, nets: Mapping[str, str]
) -> Stress:
    """Worst voltages of a subcircuit's transistors in a transient.

    Args:
        arrays: every node voltage, "v(node)" -> (samples,), V.
        netlist, name, instance, nets: arguments of devices().

    Raises:
        KeyError: a node was not written: the bench must write all of them.
        ValueError: the subcircuit has no transistors: a monitor that looks at nothing must not pass.
    """
    found = devices(netlist, name, instance, nets)
    if not found:
        raise ValueError(f"{name}: no transistors to look at")
    worst = {"thin": 0.0, "thick": 0.0}
    for model, ends in found:
        kind = "thick" if model in _THICK else "thin"
        worst[kind] = max(worst[kind], float(np.max(_across(_voltages(arrays, ends)))))
    forward = junctions(arrays, netlist, name, instance, nets)
    return Stress(**worst, forward=forward[0].volts if forward else float("nan"))


class Junction(NamedTuple):
    """A source or drain on a pin.

    Attributes:
        volts: largest forward bias, V.
        model: model of its device.
        ends: drain, gate, source and body of that.
    """

    volts: float
    model: str
    ends: tuple[str, ...]


def junctions(
    arrays: Mapping[str, np.ndarray], netlist: str, name: str, instance: str, nets: Mapping[str, str]
) -> list[Junction]:
    """Sources and drains on the pins of a subcircuit, that with the largest forward bias first; arguments as
    of stress()."""
    found = []
    for model, ends in devices(netlist, name, instance, nets):
        volts, sign = _voltages(arrays, ends), 1 if model in _P else -1
        outside = [volts[i] for i in (0, 2) if not ends[i].startswith(f"{instance}.")]
        found += [Junction(float(np.max(sign * (end - volts[3]))), model, ends) for end in outside]
    return sorted(found, key=lambda seen: -seen.volts)


def _voltages(arrays: Mapping[str, np.ndarray], ends: Sequence[str]) -> list[np.ndarray]:
    """Waves of a device's terminals, V."""
    return [np.zeros(1) if node == "0" else arrays[f"v({node.lower()})"] for node in ends]


def _across(volts: Sequence[np.ndarray]) -> np.ndarray:
    """Largest voltage between any two of the terminals at each time, V."""
    return np.ptp(np.broadcast_arrays(*volts), axis=0)


class Overshoot(NamedTuple):
    """A device beyond its limit.

    Attributes:
        volts: worst voltage between any two of its terminals, V.
        longest: longest time without a pause above the limit, s.
        model: model of the device.
        ends: its drain, gate, source and body.
    """

    volts: float
    longest: float
    model: str
    ends: tuple[str, ...]


def overshoots(
    arrays: Mapping[str, np.ndarray], netlist: str, name: str, instance: str, nets: Mapping[str, str]
) -> list[Overshoot]:
    """Devices beyond LIMIT_THIN or LIMIT_THICK, worst first; arguments as of stress(), arrays with `time`,
    s."""
    time = arrays["time"]
    found = []
    for model, ends in devices(netlist, name, instance, nets):
        limit = LIMIT_THICK if model in _THICK else LIMIT_THIN
        worst = _across(_voltages(arrays, ends))
        if worst.max() > limit:
            found.append(Overshoot(float(worst.max()), _longest(time, worst, limit), model, ends))
    return sorted(found, key=lambda seen: -seen.volts)


def _longest(time: np.ndarray, wave: np.ndarray, limit: float) -> float:
    """Longest time without a pause that a wave is above a limit, s: from crossing to crossing, straight lines
    between samples."""
    above = wave > limit
    steps = np.flatnonzero(above[1:] != above[:-1])
    crossings = time[steps] + (limit - wave[steps]) / (wave[steps + 1] - wave[steps]) * (
        time[steps + 1] - time[steps]
    )
    edges = np.concatenate(([time[0]] if above[0] else [], crossings, [time[-1]] if above[-1] else []))
    return float(np.max(edges[1::2] - edges[::2], initial=0.0))


def pulses(levels: Sequence[float], step: float, edge: float = 0.2e-9) -> str:
    """A pwl source that holds each level for one step.

    Args:
        levels: level of each step, V.
        step: length of a step, s.
        edge: time of each change, s.
    """
    points = [(0.0, levels[0])]
    for index, (before, now) in enumerate(zip(levels, levels[1:], strict=False), start=1):
        if before != now:
            points += [(index * step, before), (index * step + edge, now)]
    return "pwl(" + " ".join(f"{time:.6g} {level:g}" for time, level in points) + ")"
