"""What follows from router.rdl: the package of the event router's RTL, the numbers of its twin, its table.

`neusoc registers` writes the package to build/regs/router/ and the C header to build/regs/; `neusoc publish`
writes the numbers (digital/model/router_map.json).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.store import step
from neusoc.base.tables import table
from neusoc.digital.regs.generate import base_address
from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, FieldNode, RegNode

RDL = ROOT / "digital" / "regs" / "router.rdl"
PACKAGE = BUILD / "regs" / "router" / "router_map.sv"
C_HEADER = BUILD / "regs" / "router_regs.h"
NUMBERS = ROOT / "digital" / "model" / "router_map.json"


@cache
def address_map() -> AddrmapNode:
    """The elaborated description."""
    compiler = RDLCompiler()
    compiler.compile_file(str(RDL))
    return compiler.elaborate().top


def registers() -> dict[str, RegNode]:
    """Register name -> node, by address; of the routes the first one stands for all."""
    return {
        node.inst_name: node
        for node in address_map().registers()
        if not node.is_array or node.current_idx in (None, [0])
    }


def _first(node: RegNode) -> int:
    """Byte offset; of an array, of its first word."""
    return int(node.raw_absolute_address) if node.is_array else int(node.absolute_address)


def _reset(field: FieldNode) -> int | None:
    value = field.get_property("reset")
    return value if isinstance(value, int) else None


def _access(field: FieldNode) -> str:
    """r, rw, or wclr where a write sets the field to 0."""
    return str(getattr(field.get_property("onwrite"), "name", "") or field.get_property("sw").name)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def count(node: RegNode) -> int:
    """Words of a register."""
    return int(node.array_dimensions[0]) if node.is_array and node.array_dimensions else 1


def refusals() -> dict[str, tuple[int, str]]:
    """Why an access is refused: name -> code and meaning."""
    encoding = next(
        field.get_property("encode") for field in registers()["refused"].fields() if field.inst_name == "code"
    )
    return {member.name: (int(member.value), str(member.rdl_desc)) for member in encoding}


def _structure(name: str, node: RegNode) -> str:
    """A word as a packed structure, highest bits first; bits that no field has are called by their place."""
    lines, top = [], 32
    for field in sorted(node.fields(), key=lambda f: -f.lsb):
        if field.msb + 1 < top:
            lines.append(f"    logic [{top - field.msb - 2}:0] none{field.msb + 1};")
        lines.append(f"    logic [{field.width - 1}:0] {field.inst_name};")
        top = field.lsb
    if top:
        lines.append(f"    logic [{top - 1}:0] none0;")
    return "\n".join(["  typedef struct packed {", *lines, f"  }} {name}_t;"])


class Places(NamedTuple):
    """Where the harness sees the registers of a chip of two cores, bytes.

    Attributes:
        cores: base of core 0's and of core 1's.
        router: base of the router's.
        window: distance from one base to the next.
    """

    cores: tuple[int, int]
    router: int
    window: int


def places() -> Places:
    """Where registers are, from both descriptions.

    Raises:
        RuntimeError: they overlap, leave a gap, or are not where two_cores.sv, router_registers.sv and the
            controllers look.
    """
    base, window, first = (
        int(address_map().get_property("base")),
        int(address_map().get_property("window")),
        base_address(),
    )
    if base % (1 << 12):
        raise RuntimeError(
            f"{RDL.name}: base 0x{base:X} is not a multiple of 4 KiB, the window that event_router.sv decodes"
        )
    if window != 1 << 12 or first % (4 * window) or base != first + 2 * window:
        wanted = (
            "window 0x1000, the first core at a multiple of 0x4000 and the router two windows behind it"
            f" (0x{first + 0x2000:X})"
        )
        raise RuntimeError(f"{RDL.name}: window 0x{window:X}, base 0x{base:X}: two_cores.sv decodes {wanted}")
    return Places((first, first + window), base, window)


def package() -> str:
    """SystemVerilog package: where words are, their fields, values after reset, why accesses are refused;
    errors as of places()."""
    where = places()
    lines = [
        f"  localparam logic [31:0] Base = 32'h{where.router:X};",
        f"  localparam logic [31:0] Window = 32'h{where.window:X};",
    ]
    for name, node in registers().items():
        word = _camel(name)
        lines.append(f"  localparam logic [9:0] {word}Word = 10'd{_first(node) // 4};")
        reset = sum((_reset(field) or 0) << field.lsb for field in node.fields())
        if node.has_sw_writable and reset:
            lines.append(f"  localparam logic [31:0] {word}Reset = 32'h{reset:X};")
        if node.is_array:
            lines.append(f"  localparam int unsigned {word}Words = {count(node)};")
    magic = next(field for field in registers()["id"].fields() if field.inst_name == "magic")
    lines.append(f"  localparam logic [{magic.width - 1}:0] Magic = {magic.width}'h{_reset(magic):X};")
    members = ",\n".join(f"    Refused{_camel(name)} = 3'd{code}" for name, (code, _) in refusals().items())
    lines.append(f"  typedef enum logic [2:0] {{\n{members}\n  }} refusal_e;")
    lines += [_structure(name, node) for name, node in registers().items()]
    head = (
        "// Words of the event router, generated from router.rdl: do not edit.\n`default_nettype"
        " none\n\npackage router_map;\n"
    )
    return "\n".join([head, *lines, "\nendpackage\n\n`default_nettype wire\n"])


def generate_package() -> Path:
    """Package of package(); returns its path."""
    step("router_map", needs(RDL, Path(__file__)), [PACKAGE], lambda: write_atomic(PACKAGE, package()))
    return PACKAGE


def generate_c_header() -> Path:
    """C header for firmware, fields of the words and where the router's map is from the registers of core 0;
    returns its path."""

    def make() -> None:
        where = places()
        lines = [
            "// Words of the event router, generated from router.rdl: do not edit.",
            "#ifndef ROUTER_REGS_H",
            "#define ROUTER_REGS_H",
            "",
            f"#define ROUTER_REGS_WINDOW 0x{where.window:X}u",
            f"#define ROUTER_REGS_OFFSET 0x{where.router - where.cores[0]:X}u",
        ]
        for name, node in registers().items():
            word = f"ROUTER_REGS__{name.upper()}"
            lines += ["", f"#define {word}_offset 0x{_first(node):X}u"]
            if node.is_array:
                lines.append(f"#define {word}_words {count(node)}u")
            for field in node.fields():
                mask = ((1 << field.width) - 1) << field.lsb
                lines.append(f"#define {word}__{field.inst_name.upper()}_bm 0x{mask:X}u")
                lines.append(f"#define {word}__{field.inst_name.upper()}_bp {field.lsb}u")
                if (reset := _reset(field)) is not None:
                    lines.append(f"#define {word}__{field.inst_name.upper()}_reset 0x{reset:X}u")
        write_atomic(C_HEADER, "\n".join([*lines, "", "#endif", ""]))

    step("router_regs_h", needs(RDL, Path(__file__)), [C_HEADER], make)
    return C_HEADER


def numbers() -> str:
    """Text of digital/model/router_map.json.

    Base, window, register -> [offset, words, field -> [lsb, width, reset, access]], and refusals, a line
    each.
    """
    lines = []
    for name, node in registers().items():
        fields = {
            field.inst_name: [field.lsb, field.width, _reset(field), _access(field)]
            for field in node.fields()
        }
        lines.append(f" {json.dumps(name)}: {json.dumps([_first(node), count(node), fields])}")
    codes = json.dumps({name: code for name, (code, _) in refusals().items()})
    where = places()
    return (
        f'{{"base": {where.router}, "window": {where.window}, "refusals": {codes}, "registers": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )


def register_table() -> str:
    """Registers and refusals as Markdown."""
    rows: list[tuple[str, ...]] = []
    for name, node in registers().items():
        first, words = _first(node), count(node)
        where = f"0x{first:03X}" + (f" to 0x{first + 4 * words - 4:03X}" if words > 1 else "")
        rows.append(
            (
                where,
                f"**{name.upper()}**",
                "",
                "",
                "",
                "",
                f"{node.get_property('name')}. {node.get_property('desc')}",
            )
        )
        for field in node.fields():
            bits, reset = f"{field.msb}:{field.lsb}" if field.width > 1 else f"{field.lsb}", _reset(field)
            shown = "" if reset is None else f"0x{reset:X}" if reset > 9 else f"{reset}"
            access = _access(field).replace("wclr", "rw, write clears")
            rows.append(("", "", bits, field.inst_name, access, shown, str(field.get_property("desc"))))
    where = places()
    codes = [(f"{code}", name.replace("_", " "), text) for name, (code, text) in refusals().items()]
    return (
        f"Base 0x{where.router:08X}; of core 0's registers 0x{where.cores[0]:08X}, of core 1's"
        f" 0x{where.cores[1]:08X}.\n\n"
        + table(("offset", "register", "bits", "field", "access", "reset", "meaning"), rows)
        + "\n"
        + table(("REFUSED.code", "name", "meaning"), codes)
    )
