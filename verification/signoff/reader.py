"""Reference netlists: SPICE and CDL text into subcircuits of known devices, then into a klayout.db netlist.

Only what the top needs is kept. Digital cells come from the PDK: the KLayout CDL, and the SPICE view for the
two cells whose CDL leaves out what is drawn (the antenna diode of diode_2, the poly shorts of conb_1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MIM, MOSFETS, PNP_EMITTERS, RERAM, RESISTORS
from neusoc.pdk.source import SCL, find_pdk
from neusoc.verification.signoff.device_classes import DEVICE_CLASSES, DIODE

_CELLS_FROM_SPICE = (f"{SCL}__diode_2", f"{SCL}__conb_1")
_SUFFIX = {
    "t": 1e12,
    "g": 1e9,
    "meg": 1e6,
    "k": 1e3,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
    "": 1.0,
}
_NUMBER = re.compile(r"([+-]?\d*\.?\d+(?:e[+-]?\d+)?)(meg|[tgkmunpf])?[a-z]*$", re.IGNORECASE)
_PNPS = tuple(map(str.lower, PNP_EMITTERS))
_NETS = {"m": 4, "d": 2, "r": 2}
_IGNORED_CARDS = (
    ".include",
    ".inc",
    ".lib",
    ".option",
    ".options",
    ".param",
    ".temp",
    ".end",
    ".save",
    ".title",
)


@dataclass(frozen=True)
class Device:
    """A device of the layout: its class, nets in the order of the class's terminals, parameters in um and
    um2."""

    name: str
    model: str
    nets: tuple[str, ...]
    parameters: dict[str, float]


@dataclass(frozen=True)
class Call:
    """A call of a subcircuit."""

    name: str
    nets: tuple[str, ...]
    subcircuit: str


@dataclass
class Subcircuit:
    """One .subckt: pins in order, cards as joined lines, and where it stands."""

    name: str
    pins: list[str]
    source: str
    cards: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Circuit:
    """A subcircuit, understood."""

    name: str
    pins: tuple[str, ...]
    devices: tuple[Device, ...]
    calls: tuple[Call, ...]


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.split(" $ ")[0].strip()
        if line.startswith("+") and lines:
            lines[-1] += " " + line[1:].strip()
        elif line and not line.startswith("*"):
            lines.append(line)
    return lines


def parse_subcircuits(text: str, source: str) -> dict[str, Subcircuit]:
    """All .subckt blocks of a text, by lower-case name.

    Raises:
        UserError: a block without end, a device outside any block, or two different blocks of one name.
    """
    found: dict[str, Subcircuit] = {}
    current: Subcircuit | None = None
    for line in _logical_lines(text):
        words = line.split()
        card = words[0].lower()
        if card == ".subckt":
            if current or len(words) < 2:
                raise UserError(
                    f"NETLIST={source}: {line[:60]!r} starts inside another .subckt or has no name; end each"
                    " with .ends"
                )
            pins = [w for w in words[2:] if "=" not in w]
            current = Subcircuit(words[1], pins, source)
        elif card == ".ends":
            if current is None:
                raise UserError(f"NETLIST={source}: .ends without .subckt; write one .subckt for each cell")
            _add(found, current)
            current = None
        elif current is not None:
            current.cards.append(line)
        elif card[0] not in "." or card not in (*_IGNORED_CARDS, ".global"):
            raise UserError(
                f"NETLIST={source}: {line[:60]!r} stands outside any .subckt; put the whole cell into a"
                " .subckt"
            )
    if current:
        raise UserError(
            f"NETLIST={source}: .subckt {current.name} has no .ends; the file is truncated, write it again"
        )
    return found


def _add(found: dict[str, Subcircuit], new: Subcircuit) -> None:
    """Keep a definition; an empty one (a black box) gives way to a full one."""
    old = found.get(new.name.lower())
    if old and old.cards and new.cards and (old.pins, old.cards) != (new.pins, new.cards):
        raise UserError(
            f"NETLIST={new.source}: .subckt {new.name} is defined twice and differently (also in"
            f" {old.source}); keep one"
        )
    if old is None or (new.cards and not old.cards):
        found[new.name.lower()] = new


@cache
def _pdk_cells() -> dict[str, Subcircuit]:
    pdk = find_pdk()
    cells = parse_subcircuits(pdk.path("lvs_cdl").read_text(), "lvs_cdl of the PDK")
    text = pdk.path("spice").read_text()
    for name in _CELLS_FROM_SPICE:
        block = re.search(rf"^\.subckt {name} .*?^\.ends", text, re.MULTILINE | re.DOTALL)
        if not block:
            raise UserError(
                f"PDK: {name} is not in the SPICE view of {SCL}; install a complete open_pdks sky130B tree"
            )
        cells |= parse_subcircuits(block[0], "spice view of the PDK")
    return cells


def read_subcircuits(netlists: Sequence[Path]) -> dict[str, Subcircuit]:
    """The subcircuits of several files, digital cells of the PDK among them (the PDK's own definition
    counts).

    Raises:
        UserError: a file does not exist or cannot be read as SPICE.
    """
    found: dict[str, Subcircuit] = {}
    for path in netlists:
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"NETLIST={path}: cannot be read ({type(error).__name__}); give the path of a SPICE or CDL"
                " file"
            ) from None
        for new in parse_subcircuits(text, str(path)).values():
            _add(found, new)
    if any(f"{SCL}__".lower() in card.lower() for s in found.values() for card in s.cards) or any(
        n.startswith(f"{SCL}__") for n in found
    ):
        found |= _pdk_cells()
    return found


def number(text: str, what: str) -> float:
    """A SPICE number: 0.15, 150n, 1e-6, 2.5u, 'quoted' or {in braces}."""
    match = _NUMBER.match(text.strip("'{}\""))
    if not match:
        raise UserError(f"{what}: {text!r} is no number; write the value itself")
    return float(match[1]) * _SUFFIX[(match[2] or "").lower()]


def _microns(value: float) -> float:
    """Lengths stand in um, or (CDL) in metres."""
    return value * 1e6 if value < 1e-3 else value


def _square_microns(value: float) -> float:
    """Areas stand in um2, or (SPICE view of the PDK, whose unit is 1e-6 um) in 1e-12 um2, or in m2."""
    return value * 1e-12 if value > 1e6 else value * 1e12 if value < 1e-6 else value


def _device(model: str, name: str, nets: tuple[str, ...], values: dict[str, str], where: str) -> Device:
    def value(key: str, default: float | None = None) -> float:
        if key not in values:
            if default is None:
                raise UserError(f"{where}: {name} ({model}) has no {key}=; add it")
            return default
        return number(values[key], f"{where}: {name}: {key}")

    wanted = 4 if model in MOSFETS else 3 if model in RESISTORS or model in _PNPS else 2
    if len(nets) != wanted:
        raise UserError(f"{where}: {name} ({model}) has {len(nets)} nets; give {wanted}")
    many = value("m", 1.0) * value("mult", 1.0)
    if model in MOSFETS:
        # w is the width of all nf fingers together, as in the PDK's models
        parameters = {"W": _microns(value("w")) * many, "L": _microns(value("l"))}
    elif model == RERAM:
        parameters = {"AREA_OX": value("area_ox") * many}
    elif model == MIM:
        width, length = _microns(value("w")), _microns(value("l"))
        many *= value("mf", 1.0)
        parameters = {"AREA": width * length * many, "PERIMETER": 2 * (width + length) * many}
    elif model in RESISTORS:
        if many != 1.0:
            raise UserError(f"{where}: {name} ({model}) has m={many:g}; write parallel resistors one by one")
        nets = nets[:2]  # the third node is the substrate under it
        parameters = {"W": _microns(value("w")), "L": _microns(value("l"))}
    elif model == DIODE:
        parameters = {"AREA": _square_microns(value("area")) * many}
    elif model in (DIODE_NWELL, DIODE_SUBSTRATE):
        parameters = {
            "AREA": _square_microns(value("area")) * many,
            "PERIMETER": _microns(value("perim")) * many,
        }
    elif model in _PNPS:
        parameters = {"M": many}
    else:
        parameters = {}
    return Device(name, model, nets, parameters)


def _understand(subcircuit: Subcircuit, known: Iterable[str]) -> Circuit:
    """Cards into devices and calls."""
    devices, calls = [], []
    where = f"NETLIST={subcircuit.source}: .subckt {subcircuit.name}"
    for card in subcircuit.cards:
        words = re.sub(r"\s*=\s*", "=", card.replace(" / ", " ")).split()
        kind = words[0][0].lower()
        plain = [w for w in words[1:] if "=" not in w]
        if plain and plain[-1].lower() == "params:":
            plain.pop()
        values = {k.lower(): v for k, v in (w.split("=", 1) for w in words[1:] if "=" in w)}
        if kind not in "xmdr" or len(plain) < 2:
            raise UserError(
                f"{where}: {words[0]} is nothing that a layout of this process holds; use MOS, ReRAM, MIM or"
                " subcircuit calls"
            )
        model = plain[-1] if kind == "x" else plain[min(_NETS[kind], len(plain) - 1)]
        nets = tuple(plain[:-1] if kind == "x" else plain[: _NETS[kind]])
        if model.lower() in DEVICE_CLASSES:
            devices.append(_device(model.lower(), words[0], nets, values, where))
        elif kind == "x" and model.lower() in known:
            calls.append(Call(words[0], nets, model.lower()))
        else:
            raise UserError(
                f"{where}: {words[0]} calls {model}, which is neither a known device nor defined in a"
                " netlist; add its .subckt"
            )
    return Circuit(subcircuit.name, tuple(subcircuit.pins), tuple(devices), tuple(calls))


def read_reference(netlists: Sequence[Path], top: str) -> dict[str, Circuit]:
    """The circuit top and all that it calls, children before parents, by lower-case name.

    Raises:
        UserError: top is missing, something it calls is missing or called with the wrong number of nets, or a
            card is not understood.
    """
    subcircuits = read_subcircuits(netlists)
    if top.lower() not in subcircuits:
        files = ", ".join(str(p) for p in netlists)
        some = (
            ", ".join(sorted(s.name for n, s in subcircuits.items() if not n.startswith(f"{SCL}__"))[:5])
            or "none"
        )
        raise UserError(
            f"NETLIST={files}: has no .subckt {top} (found: {some}); the subcircuit must be called like the"
            " cell"
        )
    done: dict[str, Circuit] = {}
    active: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in active:
            raise UserError(
                f"NETLIST={subcircuits[name].source}: .subckt {name} calls itself; remove the loop"
            )
        active.append(name)
        circuit = _understand(subcircuits[name], subcircuits)
        for call in circuit.calls:
            visit(call.subcircuit)
            if len(call.nets) != len(done[call.subcircuit].pins):
                raise UserError(
                    f"NETLIST={subcircuits[name].source}: {circuit.name}/{call.name} gives {len(call.nets)}"
                    f" nets to {call.subcircuit}, which has {len(done[call.subcircuit].pins)} pins; correct"
                    " the call"
                )
        active.pop()
        done[name] = circuit

    visit(top.lower())
    return done


def without_pins(circuits: dict[str, Circuit], absent: dict[str, set[str]]) -> dict[str, Circuit]:
    """The same circuits with some pins made inner nets, and the calls to match.

    Args:
        circuits: circuits by lower-case name.
        absent: lower-case name of a circuit -> its pins to take away, lower case.
    """
    changed = {}
    for name, circuit in circuits.items():
        calls = []
        for call in circuit.calls:
            pins = circuits[call.subcircuit].pins
            gone = absent.get(call.subcircuit, set())
            calls.append(
                replace(
                    call, nets=tuple(n for n, p in zip(call.nets, pins, strict=True) if p.lower() not in gone)
                )
            )
        pins = tuple(p for p in circuit.pins if p.lower() not in absent.get(name, set()))
        changed[name] = replace(circuit, pins=pins, calls=tuple(calls))
    return changed


def join_pins(circuits: dict[str, Circuit], top: str, groups: Sequence[Sequence[str]]) -> dict[str, Circuit]:
    """The same circuits with groups of the top's pins made one net and one pin each."""
    first = {name.lower(): group[0] for group in groups for name in group}
    circuit = circuits[top.lower()]

    def nets(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(first.get(n.lower(), n) for n in names)

    joined = replace(
        circuit,
        pins=tuple(dict.fromkeys(nets(circuit.pins))),
        devices=tuple(replace(d, nets=nets(d.nets)) for d in circuit.devices),
        calls=tuple(replace(c, nets=nets(c.nets)) for c in circuit.calls),
    )
    return circuits | {top.lower(): joined}


def build_netlist(circuits: dict[str, Circuit]) -> db.Netlist:
    """The reference as a klayout.db netlist with the device classes of the extraction."""
    netlist = db.Netlist()
    classes: dict[str, db.DeviceClass] = {}
    built: dict[str, db.Circuit] = {}
    for key, circuit in circuits.items():
        target = db.Circuit()
        target.name = circuit.name
        netlist.add(target)
        built[key] = target
        nets: dict[str, db.Net] = {}

        def net(name: str, nets: dict[str, db.Net] = nets, target: db.Circuit = target) -> db.Net:
            if name.lower() not in nets:
                nets[name.lower()] = target.create_net(name)
            return nets[name.lower()]

        for pin in circuit.pins:
            target.connect_pin(target.create_pin(pin), net(pin))
        for device in circuit.devices:
            if device.model not in classes:
                classes[device.model] = DEVICE_CLASSES[device.model](device.model)
                netlist.add(classes[device.model])
            made = target.create_device(classes[device.model], device.name)
            order = ("D", "G", "S", "B") if device.model in MOSFETS else range(len(device.nets))
            for terminal, name in zip(order, device.nets, strict=True):
                made.connect_terminal(terminal, net(name))
            for parameter, value in device.parameters.items():
                made.set_parameter(parameter, value)
        for call in circuit.calls:
            child = built[call.subcircuit]
            made = target.create_subcircuit(child, call.name)
            for pin, name in zip(list(child.each_pin()), call.nets, strict=True):
                made.connect_pin(pin, net(name))
    return netlist
