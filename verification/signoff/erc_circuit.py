"""A netlist of any hierarchy as one flat circuit that remembers where everything stands: what the electrical
rules look at.

of_circuits() takes what reader.py understood of a source netlist, extracted() what extraction.py found in a
layout. Both come to the same: a net has a number and the name of its topmost occurrence, a part knows its
terminals' nets and the instance that it stands in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import Entry, content_hash
from neusoc.pdk.devices import MOSFETS
from neusoc.pdk.source import SCL, find_pdk
from neusoc.verification.signoff.extraction import SUBSTRATE, extract
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.reader import Call, Circuit, Device
from neusoc.verification.signoff.rows import group_rows


class Part(NamedTuple):
    """A device: index of the frame that it stands in, its name there, class, nets in the order of the class's
    terminals, parameters."""

    frame: int
    name: str
    model: str
    nets: tuple[int, ...]
    parameters: dict[str, float]


class Mos(NamedTuple):
    """A transistor's nets."""

    drain: int
    gate: int
    source: int
    body: int


@dataclass
class Frame:
    """An instance of a cell: path from the top, index of the frame above (-1: none), its nets by their names
    in the cell."""

    cell: str
    path: str
    above: int
    nets: dict[str, int] = field(default_factory=dict)


@dataclass
class Flat:
    """The flat circuit.

    Attributes:
        top: cell.
        names: name of each net, by number; topmost occurrence.
        pins: pins of the top, name -> net; two labels of one net are two pins of it.
        parts: devices.
        frames: instances, the top first.
    """

    top: str
    names: list[str]
    pins: dict[str, int]
    parts: list[Part]
    frames: list[Frame]

    def cells(self) -> set[str]:
        """Cells that occur, lower case."""
        return {frame.cell.lower() for frame in self.frames}

    def frames_of(self, part: Part) -> Iterator[Frame]:
        """The instance that a part stands in, and all above it."""
        at = part.frame
        while at >= 0:
            yield self.frames[at]
            at = self.frames[at].above

    def called(self, part: Part) -> str:
        """A part's name for a reader, alike for all instances of its cell."""
        where = (
            ""
            if "X" not in part.parameters
            else f" at ({part.parameters['X']:.2f}, {part.parameters['Y']:.2f}) um"
        )
        return f"{self.frames[part.frame].cell}.{part.name}{where}"

    def transistors(self) -> Iterator[tuple[Part, Mos]]:
        """Every transistor."""
        for part in self.parts:
            if part.model in MOSFETS:
                yield part, Mos(*part.nets)


def of_circuits(circuits: Mapping[str, Circuit], top: str) -> Flat:
    """Multiply the hierarchy out.

    Args:
        circuits: lower-case name -> circuit, with all that the top calls.
        top: cell.
    """
    flat = Flat(circuits[top.lower()].name, [], {}, [], [])

    def walk(circuit: Circuit, path: str, above: int, given: dict[str, int]) -> None:
        number, frame = len(flat.frames), Frame(circuit.name, path, above, given)
        flat.frames.append(frame)

        def net(name: str) -> int:
            key = name.lower()
            if key not in frame.nets:
                frame.nets[key] = len(flat.names)
                flat.names.append(f"{path}/{name}" if path else name)
            return frame.nets[key]

        if above < 0:
            for pin in circuit.pins:
                flat.pins[pin] = net(pin)
        for device in circuit.devices:
            flat.parts.append(
                Part(number, device.name, device.model, tuple(map(net, device.nets)), device.parameters)
            )
        for call in circuit.calls:
            child = circuits[call.subcircuit]
            inner = {pin.lower(): net(name) for pin, name in zip(child.pins, call.nets, strict=True)}
            walk(child, f"{path}/{call.name}" if path else call.name, number, inner)

    walk(circuits[top.lower()], "", -1, {})
    _by_label(flat)
    return flat


def _by_label(flat: Flat) -> None:
    """Nets of a layout carry labels, several of one net as "a,b": each is a name of it, in the top a pin."""
    for frame in flat.frames:
        for name, net in list(frame.nets.items()):
            for label in name.split(",") if "," in name else ():
                frame.nets.setdefault(label, net)
    for name, net in list(flat.pins.items()):
        if "," in name:
            del flat.pins[name]
            flat.pins.update(dict.fromkeys((label for label in name.split(",") if label != SUBSTRATE), net))


def _hierarchy(netlist: db.Netlist, top: str) -> dict[str, Circuit]:
    """An extracted netlist as circuits; labels of the top are its pins. Places (um in the cell) are
    parameters X and Y of devices."""
    found = {}
    for circuit in netlist.each_circuit():
        taken: dict[str, int] = {}  # two nets of one label are two nets: the second is told by its number
        loose = iter(range(1_000_000))

        def name(net: db.Net | None, taken: dict[str, int] = taken, loose: Iterator[int] = loose) -> str:
            if net is None:
                return f"open{next(loose)}"
            said = net.expanded_name()
            return (
                said
                if taken.setdefault(said, net.cluster_id) == net.cluster_id
                else f"{said}${net.cluster_id}"
            )

        devices = []
        for device in circuit.each_device():
            kind = device.device_class()
            terminals = kind.terminal_definitions()
            order = ("D", "G", "S", "B") if kind.name in MOSFETS else tuple(t.name for t in terminals)
            nets = tuple(name(device.net_for_terminal(kind.terminal_id(t))) for t in order)
            place = device.trans.disp
            width = {"W": device.parameter("W")} if kind.name in MOSFETS else {}
            devices.append(
                Device(device.expanded_name(), kind.name, nets, {"X": place.x, "Y": place.y, **width})
            )
        calls = []
        for call in circuit.each_subcircuit():
            child = call.circuit_ref()
            calls.append(
                Call(
                    call.expanded_name(),
                    tuple(name(call.net_for_pin(p.id())) for p in child.each_pin()),
                    child.name.lower(),
                )
            )
        if circuit.name == top:
            pins = [name(net) for net in circuit.each_net() if net.name and net.name != SUBSTRATE]
        else:
            pins = [name(circuit.net_for_pin(pin.id())) for pin in circuit.each_pin()]
        found[circuit.name.lower()] = Circuit(circuit.name, tuple(pins), tuple(devices), tuple(calls))
    return found


class Soft(NamedTuple):
    """Wiring that only a well or the substrate joins: a sentence, which of the two, and the labels of each
    piece."""

    said: str
    through: str
    pieces: tuple[tuple[str, ...], ...]


class Extracted(NamedTuple):
    """Of a layout: its circuit, what the extraction complains of, and wiring that only a well or the
    substrate joins."""

    flat: Flat
    problems: list[str]
    soft: list[Soft]


def extracted(gds: Path, top: str) -> Extracted:
    """The circuit of a layout, extracted once for each content of the file: build/erc keeps it.

    Raises:
        UserError: no such file or cell, no layout, or a cell without devices.
    """
    layout = read_layout(gds, top)
    here = Path(__file__)
    key = content_hash(
        [gds, *needs(here.with_name("extraction.py"), here)], top, db.__version__, find_pdk().hash
    )
    entry = Entry(BUILD / "erc" / f"{top}.json", key)
    kept = entry.found()
    if kept is None:
        group_rows(layout, f"{SCL}__")
        found = extract(layout, top)
        netlist = found.database.netlist()
        data = {
            "circuits": {
                n: [
                    c.name,
                    c.pins,
                    [[d.name, d.model, d.nets, d.parameters] for d in c.devices],
                    [[k.name, k.nets, k.subcircuit] for k in c.calls],
                ]
                for n, c in _hierarchy(netlist, top).items()
            },
            "problems": found.problems,
            "soft": [[s.through, str(s), *s.labels] for s in found.soft],
        }
        kept = entry.put(json.dumps(data))
    data = json.loads(kept.read_text())
    circuits = {
        name: Circuit(
            cell,
            tuple(pins),
            tuple(Device(a, b, tuple(c), d) for a, b, c, d in devices),
            tuple(Call(a, tuple(b), c) for a, b, c in calls),
        )
        for name, (cell, pins, devices, calls) in data["circuits"].items()
    }
    if top.lower() not in circuits:
        raise UserError(
            f"GDS={gds}: TOP={top} holds no wires and no devices; draw it, or choose another cell"
        )
    soft = [
        Soft(said, through, tuple(tuple(piece.split(",")) for piece in pieces))
        for through, said, *pieces in data["soft"]
        if len(set(pieces)) != 1 or pieces[0].startswith("$")
    ]
    return Extracted(of_circuits(circuits, top), data["problems"], soft)
