"""What a release is made of: the array or the core with its pin table, its layout and its netlist; and the
texts that follow from these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.base.pins import Pin, bus, core_pins, references_pins
from neusoc.layout.array.plan import MARGIN, Plan
from neusoc.layout.core.verilog import PAD_VOLTS, buses, module_ports, port_line
from neusoc.layout.top.wrapper import black_box
from neusoc.pdk.characterise.liberty import Exact, Group
from neusoc.pdk.characterise.simulate import HIGH, LOW, MIDDLE
from neusoc.pdk.devices import MOSFETS
from neusoc.pdk.gds import read_cell, write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.reader import parse_subcircuits

GROUND = "vss"
# of the supply, as in the cells' Liberty; OpenSTA refuses a library without them, though no pin of a black
# box has a slew or a delay
THRESHOLDS = {
    "slew_lower_threshold": LOW,
    "slew_upper_threshold": HIGH,
    "input_threshold": MIDDLE,
    "output_threshold": MIDDLE,
}
MODELS = "the SPICE models of sky130B"
_CDL_DIRECTION = {"input": "I", "output": "O", "inout": "B"}
_PER_LINE = 8
_LENGTHS = re.compile(r"\b([wl])=([\d.]+)(?=\s|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Macro:
    """A macro to be released.

    Attributes:
        name: name of its cell, its subcircuit and its module.
        what: it is, in words.
        rows, columns: size of the array in it.
        pins: pins in the order of its subcircuit.
        supplies: pin -> V, those that Verilog has with USE_POWER_PINS alone and Liberty as pg_pin.
        draw: writes its GDS; the outline starts at the origin.
        netlist: () -> SPICE text.
        whole_nets: pieces of a net that only the substrate or a parent joins are faults.
    """

    name: str
    what: str
    rows: int
    columns: int
    pins: tuple[Pin, ...]
    supplies: Mapping[str, float]
    draw: Callable[[Path], Path]
    netlist: Callable[[], str]
    whole_nets: bool


def array_pins(plan: Plan) -> tuple[Pin, ...]:
    """Pins of an array in the order of its subcircuit: its lines are analog, and vss is the taps of its
    substrate."""
    lines = [Pin(name, "input", "analog") for name in bus("wl", plan.rows)]
    lines += [Pin(name, "inout", "analog") for name in (*bus("bl", plan.columns), *bus("sl", plan.rows // 2))]
    return (*lines, Pin(GROUND, "inout", "ground"))


def array_macro(rows: int, columns: int) -> Macro:
    """The 1T1R array alone.

    Raises:
        UserError: a size is odd or out of range.
    """
    plan = Plan(rows, columns)

    def draw(path: Path) -> Path:
        from neusoc.layout.array.array import array
        from neusoc.pdk.gds import write_component

        write_component(array(rows=rows, columns=columns), path)
        return to_origin(path, plan.name, path)

    def netlist() -> str:
        from neusoc.layout.array.netlist import spice

        return spice(rows, columns)

    what = f"1T1R ReRAM array, {rows} word lines x {columns} bit lines"
    return Macro(plan.name, what, rows, columns, array_pins(plan), {GROUND: 0.0}, draw, netlist, True)


def outline(layout: db.Layout, cell: str) -> db.DBox:
    """Outline of a cell (prbndry), um."""
    return layout.cell(cell).bbox(layout.layer(*LAYERS["prbndry"])).to_dtype(layout.dbu)


def to_origin(source: Path, cell: str, target: Path) -> Path:
    """The array with its outline at the origin, where abutment in LEF asks for it; as drawn, the origin is
    the first cell's corner."""
    layout, top = read_cell(source, cell)
    top.transform(db.DTrans(db.DVector(MARGIN, MARGIN)))
    return write_gds(layout, target)


def core_macros(chip: Chip, blocks: Path) -> list[Macro]:
    """The analog core of a chip, and the macro that makes its levels.

    Args:
        chip: the variant.
        blocks: folder in which their GDS and SPICE are built.
    """
    size = f"{chip.rows} x {chip.columns} array with drivers, {chip.neurons} neurons, DACs and converter"
    levels = f"levels and currents of {PARTS.core} from two supplies, and what decouples them"
    return [
        _built(chip, blocks, PARTS.core, f"analog core: {size}", core_pins(chip)),
        _built(chip, blocks, PARTS.references, levels, references_pins()),
    ]


def _built(chip: Chip, blocks: Path, cell: str, what: str, pins: list[Pin]) -> Macro:
    """A macro whose views `make blocks` has written."""

    def draw(path: Path) -> Path:
        layout, _ = read_cell(blocks / f"{cell}.gds", cell)
        return write_gds(layout, path)

    def netlist() -> str:
        try:
            return (blocks / f"{cell}.spice").read_text()
        except OSError:
            raise UserError(
                f"{cell}.spice: not found in {blocks.name}/; build it with `make blocks CHIP={chip.name}`"
            ) from None

    names = {pin.name for pin in pins}
    levels = {name: 0.0 if name == GROUND else PAD_VOLTS[name][1] for name in chip.supplies if name in names}
    return Macro(cell, what, chip.rows, chip.columns, tuple(pins), levels, draw, netlist, False)


def require_netlist(macro: Macro, text: str, name: str) -> None:
    """Stop where a netlist is that of another macro or of another chip.

    Args:
        macro: wanted.
        text: SPICE.
        name: name of its file.

    Raises:
        UserError: no such subcircuit, or it has other pins or has them in another order.
    """
    found = parse_subcircuits(text, name)
    way_out = "give the netlist of this chip, or build it again with `make blocks`"
    if macro.name.lower() not in found:
        last = list(found.values())[-1].name if found else "nothing"
        raise UserError(
            f"NETLIST={name}: holds {last}, not .subckt {macro.name}: a netlist of another chip; {way_out}"
        )
    pins, wanted = found[macro.name.lower()].pins, [pin.name for pin in macro.pins]
    if odd := [pin for pin in pins if pin not in wanted] + [pin for pin in wanted if pin not in pins]:
        lacks = "lacks" if odd[0] in wanted else "has, unlike this one,"
        raise UserError(
            f"NETLIST={name}: {macro.name} {lacks} the pin {odd[0]}: a netlist of another chip; {way_out}"
        )
    if pins != wanted:
        place = next(i for i, (a, b) in enumerate(zip(pins, wanted, strict=True)) if a != b)
        raise UserError(
            f"NETLIST={name}: pin {place} of {macro.name} is {pins[place]}, not {wanted[place]}; {way_out}"
        )


def spice_text(macro: Macro, netlist: str) -> str:
    """The SPICE view."""
    return f"* {macro.what}\n* devices as subcircuits of {MODELS}, lengths in um\n{netlist}"


def cdl_text(macro: Macro, netlist: str) -> str:
    """The CDL view: the same netlist with transistors as M cards, lengths with a unit, and the directions of
    the top's pins.

    Args:
        macro: whose netlist it is.
        netlist: SPICE, transistors as calls of the models' subcircuits.
    """
    info = [f"{pin.name}:{_CDL_DIRECTION[pin.direction]}" for pin in macro.pins]
    told = [f"*.PININFO {' '.join(info[i : i + _PER_LINE])}" for i in range(0, len(info), _PER_LINE)]
    lines, header = [f"* {macro.what}"], False
    for line in netlist.splitlines():
        if header and not line.startswith("+"):
            lines += told
            header = False
        words = line.split()
        if words and words[0][0] in "xX" and set(MOSFETS) & set(words):
            line = _LENGTHS.sub(
                lambda found: f"{found[1]}={float(found[2]):g}u", f"M{words[0][1:]} {' '.join(words[1:])}"
            )
        header = header or bool(re.match(rf"\.subckt\s+{re.escape(macro.name)}(\s|$)", line, re.IGNORECASE))
        lines.append(line)
    return "\n".join(lines) + "\n"


def verilog_text(macro: Macro) -> str:
    """Black box: without supplies, and with them where USE_POWER_PINS is defined."""
    return black_box(macro.name, module_ports(macro.pins, macro.supplies), macro.what, "its pin table")


def powered_verilog_text(macro: Macro) -> str:
    """Black box with its supplies, for tools that define nothing."""
    direction = {re.sub(r"\[.*", "", pin.name): pin.direction for pin in macro.pins}
    found = buses(pin.name for pin in macro.pins)
    order = [*macro.supplies, *(name for name in found if name not in macro.supplies)]
    ports = ",\n".join(port_line(direction[name], found[name], name) for name in order)
    return black_box(macro.name, f"{ports}\n", macro.what, "its pin table")


def liberty_text(macro: Macro, area: float, picofarads: Mapping[str, float]) -> str:
    """Liberty of a black box: pins with direction and capacitance, supplies as pg_pin; no timing, for it has
    no clock.

    Args:
        macro: described.
        area: um2.
        picofarads: pin, or name of a bus -> capacitance; a bus has the greatest of its lines.
    """
    library = Group(
        "library",
        (macro.name,),
        [
            ("technology", ("cmos",)),
            ("delay_model", "table_lookup"),
            ("time_unit", "1ns"),
            ("voltage_unit", "1V"),
            ("current_unit", "1mA"),
            ("leakage_power_unit", "1nW"),
            ("pulling_resistance_unit", "1kohm"),
            ("capacitive_load_unit", (1.0, "pf")),
            *(
                (f"{name}_pct_{edge}", 100 * level)
                for name, level in THRESHOLDS.items()
                for edge in ("rise", "fall")
            ),
            ("nom_process", 1.0),
            ("nom_voltage", 1.8),
            ("nom_temperature", 25.0),
            *(("voltage_map", (name, value)) for name, value in macro.supplies.items()),
        ],
    )
    cell = Group(
        "cell",
        (macro.name,),
        [("area", Exact(area)), *((key, True) for key in ("is_macro_cell", "dont_touch", "dont_use"))],
    )
    for name, value in macro.supplies.items():
        kind = "primary_power" if value else "primary_ground"
        cell.groups.append(
            Group("pg_pin", (name,), [("pg_type", kind), ("direction", "inout"), ("voltage_name", name)])
        )
    kinds = {re.sub(r"\[.*", "", pin.name): pin for pin in macro.pins if pin.name not in macro.supplies}
    for name, width in buses(pin.name for pin in macro.pins).items():
        if name in macro.supplies:
            continue
        pin = kinds[name]
        attributes: list[tuple[str, object]] = [
            ("direction", pin.direction),
            ("capacitance", picofarads[name]),
        ]
        if pin.use != "signal":
            attributes.append(("is_analog", True))
        attributes.append(("related_ground_pin", GROUND))
        if width is None:
            cell.groups.append(Group("pin", (name,), attributes))
            continue
        kind = f"{name}_bus"
        library.groups.append(
            Group(
                "type",
                (kind,),
                [
                    ("base_type", "array"),
                    ("data_type", "bit"),
                    ("bit_width", width),
                    ("bit_from", width - 1),
                    ("bit_to", 0),
                    ("downto", True),
                ],
            )
        )
        cell.groups.append(Group("bus", (name,), [("bus_type", kind), *attributes]))
    library.groups.append(cell)
    return "\n".join([f"/* {macro.what} */", *library.lines()]) + "\n"
