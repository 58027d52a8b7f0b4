"""The registers as a table and as numbers, from the RDL."""

from __future__ import annotations

import json

from neusoc.base.tables import table
from neusoc.digital.regs.generate import (
    PROTECTIONS,
    base_address,
    field_armed,
    field_reset,
    is_setting,
    registers,
)
from systemrdl.node import FieldNode, RegNode


def register_table() -> str:
    """The registers as Markdown."""
    base = base_address()
    where = (
        f"Base 0x{base:08X}: the map answers at 0x{base:08X} to 0x{base + 0xFFF:08X}, and nothing of the chip"
        " anywhere else."
    )
    rows: list[tuple[str, ...]] = []
    for name, node in registers().items():
        meaning = f"{node.get_property('name')}. {node.get_property('desc')}"
        rows.append((f"0x{node.absolute_address:02X}", f"**{name.upper()}**", "", "", "", "", meaning))
        for field in node.fields():
            bits = f"{field.msb}:{field.lsb}" if field.width > 1 else f"{field.lsb}"
            clear = {"woclr": ", write 1 clears", "wclr": ", write clears"}.get(
                getattr(field.get_property("onwrite"), "name", ""), ""
            )
            reset = field_reset(field)
            shown = f"0x{reset:X}" if reset is not None and reset > 9 else "" if reset is None else f"{reset}"
            shown += "".join(f", armed {value}" for value in field_armed(field))
            access = field.get_property("sw").name
            rows.append(
                ("", "", bits, field.inst_name, f"{access}{clear}", shown, field.get_property("desc"))
            )
    return f"{where}\n\n" + table(("offset", "register", "bits", "field", "access", "reset", "meaning"), rows)


def _access(field: FieldNode) -> str:
    """r, w or rw; woclr, wclr or woset where a write does something else than to set the field."""
    return str(getattr(field.get_property("onwrite"), "name", "") or field.get_property("sw").name)


def _kinds(node: RegNode) -> list[str]:
    """What a register is protected by, and whether it is a setting: changed by plain writes alone."""
    protections = [name for name in PROTECTIONS if node.get_property(name, default=False)]
    return [*protections, *(["setting"] if is_setting(node) else [])]


def regmap() -> str:
    """Text of digital/model/regmap.json.

    Base, and register -> [offset, field -> [lsb, width, reset, access, and armed if it has that], kinds], a
    line a register.
    """
    lines = []
    for name, node in registers().items():
        fields = {
            field.inst_name: [field.lsb, field.width, field_reset(field), _access(field), *field_armed(field)]
            for field in node.fields()
        }
        lines.append(f" {json.dumps(name)}: {json.dumps([node.absolute_address, fields, _kinds(node)])}")
    return f'{{"base": {base_address()}, "registers": {{\n' + ",\n".join(lines) + "\n}}\n"
