"""Islands of a schematic: groups of parts that drawn wires join, and the signals that only equal labels carry from one to another.

A reader follows wires. Supplies do not join here: every part has them, and they are labelled wherever they are needed. Pins and labels of
the sheet are names, not parts. A part that hangs on supplies alone, such as a dummy, belongs to no island. The rule: islands that share a
signal shall be one. Where they are not, gaps are counted. Cells that repeat along a bus count as one island: they have the same symbols,
and their pins the same nets but for the numbers of bits. Where one of them drives another, as in a chain, each counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from neusoc.analog.bench.lettering import INSTANCE
from neusoc.analog.bench.schematic import ANALOG
from neusoc.base.errors import UserError
from neusoc.base.tables import table
from neusoc.base.yaml_file import read_yaml

ACCEPTED = Path(__file__).with_suffix(".yaml")
MOST = 0                    # gaps of a sheet that need no word
NAMES = {"lab_pin", "lab_wire", "ipin", "opin", "iopin"}
_SUPPLY = re.compile(r"v(ss|pp|dd\w*)")
_WIRE = re.compile(r"^N (\S+) (\S+) (\S+) (\S+) \{", re.M)
_PIN = re.compile(r"^B 5 (\S+) (\S+) (\S+) (\S+) \{.*?name=(\S+?)[ }]", re.M)
_BITS = re.compile(r"\[[\d:]+\]")
Point = tuple[float, float]
Pin = tuple[str | int, ...]   # symbol, number of the pin, nets of the part without numbers of bits


class Sheet(NamedTuple):
    """What is drawn.

    Attributes:
        parts: name of a part -> (its symbol, places of its pins).
        labels: places and the names that stand there.
        wires: (one end, other end).
    """

    parts: dict[str, tuple[str, list[Point]]]
    labels: list[tuple[Point, str]]
    wires: list[tuple[Point, Point]]


class Islands(NamedTuple):
    """What joins the parts of a sheet.

    Attributes:
        parts: number of parts.
        groups: names of the parts of each island, the largest first.
        gaps: wires that would join those which labels alone join; cells that repeat along a bus count as one.
        labelled: signals that labels alone carry between islands.
    """

    parts: int
    groups: list[list[str]]
    gaps: int
    labelled: list[str]


@cache
def _pins(symbol: Path) -> list[Point]:
    """Places of a symbol's pins: the middles of its boxes on layer 5."""
    if not symbol.is_file():
        raise UserError(f"{symbol.name}: the symbol does not exist; correct the name or draw it")
    boxes = ([float(edge) for edge in found[:4]] for found in _PIN.findall(symbol.read_text()))
    return [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]


def _placed(at: Point, turn: int, flip: int, of: Point) -> Point:
    """A place of a symbol in the sheet: mirrored left to right, then turned by quarters, clockwise as drawn."""
    x, y = -of[0] if flip else of[0], of[1]
    for _ in range(turn):
        x, y = -y, x
    return at[0] + x, at[1] + y


def read_sheet(path: Path, library: Path = ANALOG) -> Sheet:
    """Read an xschem file.

    Raises:
        UserError: a symbol that it names does not exist.
    """
    text = path.read_text()
    parts: dict[str, tuple[str, list[Point]]] = {}
    labels: list[tuple[Point, str]] = []
    for reference, x, y, turn, flip, attributes in INSTANCE.findall(text):
        values, at = dict(re.findall(r"(\w+)=(\S+)", attributes)), (float(x), float(y))
        if Path(reference).stem in NAMES:
            labels.append((at, values["lab"].lower()))
        elif reference.startswith("devices/"):
            raise UserError(f"{path.name}: {reference} is neither a label nor a part of the project; take one of symbols/")
        else:
            parts[values["name"]] = (reference, [_placed(at, int(turn), int(flip), pin) for pin in _pins(library / reference)])
    wires = [((float(a), float(b)), (float(c), float(d))) for a, b, c, d in _WIRE.findall(text)]
    return Sheet(parts, labels, wires)


def _on(point: Point, wire: tuple[Point, Point]) -> bool:
    (x0, y0), (x1, y1) = wire
    between = min(x0, x1) <= point[0] <= max(x0, x1) and min(y0, y1) <= point[1] <= max(y0, y1)
    return between and (x1 - x0) * (point[1] - y0) == (y1 - y0) * (point[0] - x0)


def nets(sheet: Sheet) -> dict[Point, tuple[Point, str]]:
    """Each place of a pin, a label or a wire's end -> one place for all that wires join, and the name that stands there, if any."""
    places = {p for _, pins in sheet.parts.values() for p in pins} | {p for p, _ in sheet.labels} | {p for w in sheet.wires for p in w}
    joined = _groups([*({point} for point in places), *({p for p in places if _on(p, wire)} for wire in sheet.wires)])
    found: dict[Point, tuple[Point, str]] = {}
    for group in joined:
        name = next((name for point, name in sheet.labels if point in group), "")
        found |= dict.fromkeys(group, (min(group), name))
    return found


def bits(name: str) -> list[str]:
    """The nets of a label: `vref,a[2:1]` is vref, a[2], a[1]; `tap[8:0:4]` is tap[8], tap[4], tap[0]."""
    found = []
    for one in name.split(","):
        bus = re.fullmatch(r"(.+)\[(\d+):(\d+)(?::(\d+))?\]", one)
        if bus:
            first, last, step = int(bus[2]), int(bus[3]), int(bus[4] or 1)
            numbers = range(first, last - 1, -step) if last < first else range(first, last + 1, step)
            found += [f"{bus[1]}[{number}]" for number in numbers]
        else:
            found.append(one)
    return found


def islands(sheet: Sheet) -> Islands:
    """The islands of a sheet."""
    known, by_wire, by_name = nets(sheet), defaultdict[Point, set[str]](set), defaultdict[str, set[str]](set)
    for part, (_, pins) in sheet.parts.items():
        for net, name in (known[pin] for pin in pins):
            if signals := [bit for bit in bits(name or str(net)) if not _SUPPLY.fullmatch(bit)]:
                by_wire[net].add(part)
                for signal in signals:
                    by_name[signal].add(part)
    groups = sorted((sorted(group) for group in _groups(list(by_wire.values()))), key=lambda group: (-len(group), group))
    island = {part: number for number, group in enumerate(groups) for part in group}
    labelled = sorted(name for name, parts in by_name.items() if len({island[part] for part in parts}) > 1)
    gaps = 0
    for whole in _groups(list(by_name.values())):
        gaps += _different(sheet, known, [groups[number] for number in sorted({island[part] for part in whole})]) - 1
    return Islands(len(sheet.parts), groups, gaps, labelled)


def _different(sheet: Sheet, known: dict[Point, tuple[Point, str]], groups: list[list[str]]) -> int:
    """How many islands are left when cells that repeat along a bus count as one; a net without a name is like no other."""
    cells = defaultdict[tuple[Pin, ...], list[dict[str, set[Pin]]]](list)
    for group in groups:
        places = defaultdict[str, set[Pin]](set)            # a signal -> the pins of the cell where it stands
        pins: list[Pin] = []
        for symbol, points in (sheet.parts[part] for part in group):
            names = [name or str(net) for net, name in (known[point] for point in points)]
            pins += (here := [(symbol, number, *(_BITS.sub("", net) for net in names)) for number in range(len(names))])
            for pin, net in zip(here, names, strict=True):
                for signal in bits(net):
                    places[signal].add(pin)
        cells[tuple(sorted(pins))].append(places)
    return sum(len(repeated) if _feeds(repeated) else 1 for repeated in cells.values())


def _feeds(repeated: list[dict[str, set[Pin]]]) -> bool:
    """Whether some signal stands at one pin of a repeated cell and at another pin of the next."""
    first: dict[str, set[Pin]] = {}
    return any(first.setdefault(signal, pins) != pins for places in repeated for signal, pins in places.items())


def _groups(sets: list[set[str]]) -> Iterator[set[str]]:
    """Sets joined wherever they share a member."""
    waiting = [set(one) for one in sets]
    while waiting:
        group = waiting.pop()
        while touching := [one for one in waiting if one & group]:
            waiting = [one for one in waiting if not one & group]
            group = group.union(*touching)
        yield group


def all_sheets(library: Path = ANALOG) -> dict[str, Islands]:
    """Every schematic below analog/, by its path there without the ending."""
    paths = sorted(path for path in library.glob("*/*.sch"))
    return {path.relative_to(library).with_suffix("").as_posix(): islands(read_sheet(path, library)) for path in paths}


def accepted(path: Path = ACCEPTED) -> dict[str, tuple[int, str]]:
    """Sheets that may have gaps: name -> (how many, why).

    Raises:
        UserError: the file is no such map.
    """
    try:
        return {str(name): (int(one["gaps"]), str(one["why"])) for name, one in (read_yaml(path) or {}).items()}
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path.name}: not a map of sheet, gaps and why ({str(error).splitlines()[0]}); correct it") from None


def findings(found: dict[str, Islands], known: dict[str, tuple[int, str]]) -> list[str]:
    """A sentence for each sheet with more gaps than it may have, and for each word that no sheet needs any more."""
    said = []
    for name, one in found.items():
        most = known.get(name, (MOST, ""))[0]
        if one.gaps > most:
            said.append(f"analog/{name}.sch: {one.gaps} gaps, {most} may be; labels alone carry {', '.join(one.labelled)}; draw wires")
        elif name in known and one.gaps < most:
            said.append(f"{ACCEPTED.name}: {name} has {one.gaps} gaps and not {most}; lower the number, or remove the entry if it is 0")
    return said + [f"{ACCEPTED.name}: {name}: no such sheet; remove the entry" for name in known if name not in found]


def totals(found: dict[str, Islands]) -> str:
    """What is reached; docs/03-develop/add-a-block.md says the same."""
    gaps = [one.gaps for one in found.values() if one.gaps]
    return f"{len(found) - len(gaps)} of {len(found)} sheets have no gap. {len(gaps)} have some, {sum(gaps)} in all."


def islands_table() -> str:
    """A line a sheet."""
    known = accepted()
    lines = [
        (name, str(one.parts), str(len(one.groups)), str(one.gaps), str(len(one.labelled)), known.get(name, (0, ""))[1])
        for name, one in all_sheets().items()
    ]
    return table(("sheet", "parts", "islands", "gaps", "signals by labels alone", "why"), lines, right=(1, 2, 3, 4))
