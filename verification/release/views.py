"""Every view of a released macro against its LEF: names, directions, rectangles and size; and CDL against
SPICE, device by device.

The LEF is what the others are held to, for it alone says all of it. A fault of the LEF itself so differs from
all others. Its rectangles
are read twice: as text, and by KLayout, which shares no line with the writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.digital.ports import POWER_PINS, elaborated_ports
from neusoc.layout.core.lef import OBSTRUCTED, drawn_pins
from neusoc.layout.top.lef import read_macro
from neusoc.layout.top.views import View, spice_ports, view_differences
from neusoc.pdk.characterise.liberty_reader import Group, read_liberty
from neusoc.pdk.gds import read_cell
from neusoc.pdk.layers import METALS
from neusoc.verification.release.macro import THRESHOLDS
from neusoc.verification.release.macro import outline as cell_outline
from neusoc.verification.release.obstructions import drawn_outside
from neusoc.verification.signoff.reader import Circuit, read_reference

# view -> ending of its file
ENDINGS = {
    "gds": ".gds",
    "lef": ".lef",
    "liberty": ".lib",
    "verilog": ".v",
    "powered verilog": ".pnl.v",
    "spice": ".spice",
    "cdl": ".cdl",
    "datasheet": ".md",
}
_DIRECTION = {"I": "input", "O": "output", "B": "inout"}
Box = tuple[str, int, int, int, int]  # metal, left, bottom, right, top in nm
Shapes = dict[str, frozenset[Box]]


@dataclass(frozen=True)
class Seen:
    """A view as it was read.

    Attributes:
        file: its name.
        pins: pin -> direction; None where the view has none.
        order: pins in their order, where it counts.
        shapes: pin -> rectangles.
        size: width and height, nm.
    """

    file: str
    pins: View
    order: tuple[str, ...] = ()
    shapes: Shapes | None = None
    size: tuple[int, int] | None = None


def _nm(um: float) -> int:
    """To the nanometre, not to the grid: what lies off it is to be seen."""
    return round(1000 * um)


def _box(metal: str, box: db.DBox) -> Box:
    return metal, _nm(box.left), _nm(box.bottom), _nm(box.right), _nm(box.top)


def read_gds(path: Path, name: str) -> Seen:
    """Labelled pin shapes and outline; the outline must start at the origin and hold all that is drawn.

    Raises:
        UserError: no such file or cell, a pin shape without its label, or an outline elsewhere.
    """
    layout, cell = read_cell(_present(path), name)
    outline = cell_outline(layout, name)
    if outline.empty() or (outline.left, outline.bottom) != (0, 0):
        raise UserError(
            f"{path.name}: the outline (prbndry) of {name} does not start at 0,0; write the macro again"
        )
    if not cell.dbbox().inside(outline):
        raise UserError(
            f"{path.name}: {name} is drawn to {cell.dbbox()}, beyond its outline {outline}; write the macro"
            " again"
        )
    shapes = {
        pin: frozenset(_box(*shape) for shape in found) for pin, found in drawn_pins(layout, name).items()
    }
    return Seen(
        path.name, dict.fromkeys(shapes), shapes=shapes, size=(_nm(outline.width()), _nm(outline.height()))
    )


def read_lef(path: Path, name: str) -> Seen:
    """Pins, rectangles and size of the LEF's text.

    Raises:
        UserError: as of read_macro().
    """
    macro = read_macro(_present(path), name)
    shapes = {pin.name: frozenset(tuple(shape) for shape in pin.shapes) for pin in macro.pins.values()}
    pins: View = {pin.name: pin.direction for pin in macro.pins.values()}
    return Seen(path.name, pins, tuple(pins), shapes, (macro.width, macro.height))


def _lef_layout(path: Path, name: str) -> tuple[db.Layout, db.Cell]:
    """A LEF as KLayout draws it; errors as of read_lef_drawn()."""
    options, layout = db.LoadLayoutOptions(), db.Layout()
    reader = options.lefdef_config
    reader.read_lef_with_def = False
    reader.macro_resolution_mode = 1  # the LEF's geometry, no look for a GDS
    try:
        layout.read(str(_present(path)), options)
    except RuntimeError as error:
        raise UserError(
            f"{path.name}: KLayout cannot read it ({' '.join(str(error).split())}); write the macro again"
        ) from None
    cell = layout.cell(name)
    if cell is None:
        raise UserError(f"{path.name}: KLayout finds no MACRO {name} in it; write the macro again")
    return layout, cell


def unguarded(gds: Path, lef: Path, name: str) -> list[str]:
    """Metal that the LEF hides from a router: drawn, but neither a pin nor obstructed; the first place on
    each metal.

    Raises:
        UserError: as of read_gds() and read_lef_drawn().
    """
    drawn, _ = read_cell(_present(gds), name)
    abstract, cell = _lef_layout(lef, name)
    infos = {info.name: abstract.layer(info) for info in abstract.layer_infos()}
    lines = []
    for metal in OBSTRUCTED:
        here = (infos[layer] for layer in (f"{metal}.PIN", f"{metal}.OBS") if layer in infos)
        known = sum((db.Region(cell.begin_shapes_rec(index)) for index in here), db.Region())
        scaled = db.ICplxTrans(abstract.dbu / drawn.dbu)
        hidden = drawn_outside(drawn, name, metal, known.merged().transformed(scaled))
        if not hidden.is_empty():
            first = min(polygon.bbox() for polygon in hidden.each()).to_dtype(drawn.dbu)
            lines.append(
                f"{metal} at {first} um is drawn in {gds.name}, but is neither pin nor obstruction in"
                f" {lef.name}"
            )
    return lines


def read_lef_drawn(path: Path, name: str) -> Seen:
    """The same LEF as KLayout draws it: labelled pin rectangles and outline.

    Raises:
        UserError: KLayout cannot read it, or it has no such macro.
    """
    layout, cell = _lef_layout(path, name)
    found: dict[str, set[Box]] = {}
    infos = {info.name: layout.layer(info) for info in layout.layer_infos()}
    for metal in METALS:
        if f"{metal}.PIN" not in infos or f"{metal}.LABEL" not in infos:
            continue
        boxes = [shape.dbbox() for shape in cell.shapes(infos[f"{metal}.PIN"]).each() if not shape.is_text()]
        texts = [shape.dtext for shape in cell.shapes(infos[f"{metal}.LABEL"]).each(db.Shapes.STexts)]
        for box in boxes:
            names = {text.string for text in texts if box.contains(text.position())}
            for pin in names or {f"rectangle without a pin at {box}"}:
                found.setdefault(pin, set()).add(_box(metal, box))
    outline = cell.bbox(infos["OUTLINE"]).to_dtype(layout.dbu) if "OUTLINE" in infos else db.DBox()
    shapes = {pin: frozenset(boxes) for pin, boxes in found.items()}
    return Seen(
        f"{path.name} (KLayout)",
        dict.fromkeys(shapes),
        shapes=shapes,
        size=(_nm(outline.width()), _nm(outline.height())),
    )


def _bits(group: Group, types: Mapping[str, Group], file: str) -> Iterable[str]:
    """Pins of a Liberty bus."""
    kind = types.get(group.attributes.get("bus_type", ""))
    if kind is None:
        raise UserError(f"{file}: bus {group.name} has no type; write the macro again")
    ends = sorted(int(kind.attributes[key]) for key in ("bit_from", "bit_to"))
    if int(kind.attributes["bit_width"]) != ends[1] - ends[0] + 1:
        raise UserError(
            f"{file}: the type of bus {group.name} has bits {ends[0]} to {ends[1]}, but another width; write"
            " the macro again"
        )
    return (f"{group.name}[{i}]" for i in range(ends[0], ends[1] + 1))


def read_lib(path: Path, name: str) -> tuple[Seen, float]:
    """Pins, buses and supplies of the Liberty cell; and its area in um2.

    Raises:
        UserError: not Liberty, no such cell, no thresholds, a bus without a type, a signal without a
            capacitance above 0, or no area.
    """
    library = read_liberty(_present(path))
    cell = next((group for group in library.all("cell") if group.name == name), None)
    if cell is None or cell.number("area") is None:
        raise UserError(f"{path.name}: has no cell {name} with an area; write the macro again")
    wanted = [f"{threshold}_pct_{edge}" for threshold in THRESHOLDS for edge in ("rise", "fall")]
    if lacks := [key for key in wanted if library.number(key) is None]:
        raise UserError(
            f"{path.name}: has no {lacks[0]}, without which OpenSTA takes no library; write the macro again"
        )
    types = {group.name: group for group in library.all("type")}
    pins: View = {}
    for group in cell.groups:
        if group.kind not in ("pin", "bus", "pg_pin"):
            continue
        if group.kind != "pg_pin" and not (group.number("capacitance") or 0.0) > 0.0:
            raise UserError(
                f"{path.name}: {group.kind} {group.name} has no capacitance above 0; write the macro again"
            )
        names = _bits(group, types, path.name) if group.kind == "bus" else [group.name]
        pins |= dict.fromkeys(names, group.attributes.get("direction"))
    supplies = {group.name for group in cell.all("pg_pin")}
    if supplies and "voltage_map" not in library.attributes:
        raise UserError(f"{path.name}: no supply has a voltage_map; write the macro again")
    return Seen(path.name, pins), cell.number("area") or 0.0


def read_cdl_directions(path: Path) -> View:
    """Pin -> direction of the lines *.PININFO.

    Raises:
        UserError: a pin without one of the letters I, O and B.
    """
    found: View = {}
    for line in path.read_text().splitlines():
        for word in line.split()[1:] if line.upper().startswith("*.PININFO") else []:
            pin, _, letter = word.rpartition(":")
            if letter not in _DIRECTION:
                raise UserError(f"{path.name}: *.PININFO says {word!r}; write I, O or B behind the colon")
            found[pin] = _DIRECTION[letter]
    return found


def _present(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"{path.name}: not in {path.parent.name}/; write the macro again")
    return path


def _geometry(wanted: Seen, other: Seen) -> list[str]:
    """Rectangles and size that differ."""
    lines = []
    if other.size != wanted.size:
        lines.append(f"size is {_um(wanted.size)} um in {wanted.file}, {_um(other.size)} um in {other.file}")
    for pin in sorted((wanted.shapes or {}).keys() & (other.shapes or {}).keys()):
        for box in sorted(wanted.shapes[pin] ^ other.shapes[pin]):
            here = wanted.file if box in wanted.shapes[pin] else other.file
            lines.append(f"pin {pin}: {box[0]} rectangle {_um(box[1:3])} {_um(box[3:])} um is in {here} only")
    return lines


def _um(lengths: Iterable[int] | None) -> str:
    return " x ".join(f"{length / 1000:.3f}" for length in lengths or ())


def _circuits(path: Path, name: str) -> dict[str, Circuit]:
    """A netlist's subcircuits without what its format decides: first letters of names, and digits that no
    drawing has."""
    found = {}
    for key, circuit in read_reference([path], name).items():
        devices = (
            replace(d, name=d.name[1:], parameters={k: round(v, 6) for k, v in d.parameters.items()})
            for d in circuit.devices
        )
        found[key] = replace(circuit, devices=tuple(devices))
    return found


def _circuit_lines(spice: Path, cdl: Path, name: str) -> list[str]:
    one, other = (_circuits(path, name) for path in (spice, cdl))
    if one == other:
        return []
    lines = [
        f"subcircuit {key} is in one of {spice.name} and {cdl.name} only"
        for key in sorted(one.keys() ^ other.keys())
    ]
    for key in sorted(one.keys() & other.keys()):
        for a, b in zip(
            one[key].devices + one[key].calls, other[key].devices + other[key].calls, strict=False
        ):
            if a != b:
                lines.append(f"subcircuit {key}: {a.name} differs between {spice.name} and {cdl.name}")
        if len(one[key].devices + one[key].calls) != len(other[key].devices + other[key].calls):
            lines.append(f"subcircuit {key} has more devices in one of {spice.name} and {cdl.name}")
        if one[key].pins != other[key].pins:
            lines.append(f"pins of subcircuit {key} differ between {spice.name} and {cdl.name}")
    return lines


def compare(folder: Path, name: str, supplies: Iterable[str]) -> dict[str, list[str]]:
    """Hold every view in a folder to the LEF.

    Args:
        folder: <name>.gds, .lef, .lib, .v, .pnl.v, .spice, .cdl.
        name: name of the macro.
        supplies: pins that Verilog has with USE_POWER_PINS alone, and Liberty as pg_pin.

    Returns:
        View -> lines that differ; a view that cannot be read has one that says so.
    """
    files = {view: folder / f"{name}{ending}" for view, ending in ENDINGS.items()}
    supplies = set(supplies)
    try:
        wanted = read_lef(files["lef"], name)
    except UserError as error:
        return {"lef": [str(error)]}
    signals: View = {pin: direction for pin, direction in wanted.pins.items() if pin not in supplies}

    def names(seen: Seen, pins: View = wanted.pins) -> list[str]:
        return view_differences(name, wanted.file, pins, seen.file, seen.pins)

    def drawn(read: Callable[[Path, str], Seen], view: str) -> list[str]:
        seen = read(files[view], name)
        return names(seen) + _geometry(wanted, seen)

    def liberty() -> list[str]:
        seen, area = read_lib(files["liberty"], name)
        width, height = wanted.size or (0, 0)
        lines = names(seen)
        if abs(area - width * height / 1e6) > 1e-6 * area:
            lines.append(
                f"area is {width * height / 1e6:g} um2 in {wanted.file}, {area:g} um2 in {seen.file}"
            )
        groups = {g.name for g in next(iter(read_liberty(files["liberty"]).all("cell"))).all("pg_pin")}
        return lines + [
            f"{pin} is a supply in one of {wanted.file} and {seen.file} only"
            for pin in sorted(groups ^ supplies)
        ]

    def verilog(view: str, defines: tuple[str, ...], pins: View) -> list[str]:
        return names(
            Seen(files[view].name, dict(elaborated_ports(name, [_present(files[view])], defines))), pins
        )

    def netlist(view: str) -> list[str]:
        order = tuple(spice_ports(_present(files[view]), name))
        pins: View = read_cdl_directions(files[view]) if view == "cdl" else dict.fromkeys(order)
        lines = names(Seen(files[view].name, pins))
        if order != wanted.order:
            lines.append(f"order of the pins differs between {wanted.file} and {files[view].name}")
        return lines + (_circuit_lines(files["spice"], files["cdl"], name) if view == "cdl" else [])

    checks: dict[str, Callable[[], list[str]]] = {
        "gds": lambda: drawn(read_gds, "gds") + unguarded(files["gds"], files["lef"], name),
        "lef": lambda: drawn(read_lef_drawn, "lef"),
        "liberty": liberty,
        "verilog": lambda: verilog("verilog", (), signals),
        "verilog with USE_POWER_PINS": lambda: verilog("verilog", (POWER_PINS,), wanted.pins),
        "powered verilog": lambda: verilog("powered verilog", (), wanted.pins),
        "spice": lambda: netlist("spice"),
        "cdl": lambda: netlist("cdl"),
    }
    found = {}
    for view, check in checks.items():
        try:
            found[view] = check()
        except UserError as error:
            found[view] = [str(error)]
    return found


def unlike_table(folder: Path, name: str, pins: Iterable[tuple[str, str, str]]) -> list[str]:
    """Pins of the LEF that are not those of a pin table, in name, order, direction or use."""
    macro = read_macro(folder / f"{name}.lef", name)
    here = [(pin.name, pin.direction, pin.use) for pin in macro.pins.values()]
    wanted = [tuple(pin) for pin in pins]
    lines = [f"{name}: {pin} is in the pin table but not in the LEF" for pin in wanted if pin not in here]
    lines += [f"{name}: {pin} is in the LEF but not in the pin table" for pin in here if pin not in wanted]
    return lines or (
        [f"{name}: the LEF has its pins in another order than the pin table"] if here != wanted else []
    )
