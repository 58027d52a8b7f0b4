"""What docs/controller.md shows of the sources: the register table from the RDL, the state diagrams from the RTL."""

from __future__ import annotations

import json
import re

from neusoc.base.paths import ROOT
from neusoc.digital.regs.generate import base_address, field_reset, registers
from neusoc.digital.states import DIAGRAMS, diagrams

DOC = ROOT / "docs" / "controller.md"
TABLE = re.compile(r"(<!-- registers: begin.*?-->\n).*?(<!-- registers: end -->)", re.DOTALL)


def register_table() -> str:
    """The registers as Markdown."""
    base = base_address()
    where = f"Base 0x{base:08X}: the map answers at 0x{base:08X} to 0x{base + 0xFFF:08X}, and nothing of the chip anywhere else."
    lines = [where, "", "| offset | register | bits | field | access | reset | meaning |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, node in registers().items():
        meaning = f"{node.get_property('name')}. {node.get_property('desc')}"
        lines.append(f"| 0x{node.absolute_address:02X} | **{name.upper()}** | | | | | {meaning} |")
        for field in node.fields():
            bits = f"{field.msb}:{field.lsb}" if field.width > 1 else f"{field.lsb}"
            clear = {"woclr": ", write 1 clears", "wclr": ", write clears"}.get(getattr(field.get_property("onwrite"), "name", ""), "")
            reset = field_reset(field)
            shown = f"0x{reset:X}" if reset is not None and reset > 9 else "" if reset is None else f"{reset}"
            access = field.get_property("sw").name
            lines.append(f"| | | {bits} | {field.inst_name} | {access}{clear} | {shown} | {field.get_property('desc')} |")
    return "\n".join(lines) + "\n"


def regmap() -> str:
    """Text of digital/model/regmap.json: base, and register -> [offset, field -> [lsb, width, reset]], a line a register."""
    lines = []
    for name, node in registers().items():
        fields = {field.inst_name: [field.lsb, field.width, field_reset(field)] for field in node.fields()}
        lines.append(f" {json.dumps(name)}: {json.dumps([node.absolute_address, fields])}")
    return f'{{"base": {base_address()}, "registers": {{\n' + ",\n".join(lines) + "\n}}\n"


def document() -> str:
    """docs/controller.md with the register table and the state diagrams renewed."""
    text = DOC.read_text()
    for pattern, made in ((TABLE, register_table()), (DIAGRAMS, diagrams())):
        text, count = pattern.subn(lambda m, made=made: m[1] + made + m[2], text)
        if count != 1:
            raise RuntimeError(f"{DOC.name}: found {count} pairs of markers for {pattern.pattern[:20]}, expected 1")
    return text
