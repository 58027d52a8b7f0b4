"""Everything that follows from controller.rdl: register RTL, C header, HTML pages and the register table in docs/controller.md.

`python -m neusoc.digital.regs.generate` writes all of it. Only the table in docs/controller.md is tracked; the rest goes to build/regs/.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

from neusoc.flow.cache import step
from neusoc.flow.paths import BUILD, ROOT
from neusoc.flow.report import write_atomic
from peakrdl_cheader.exporter import CHeaderExporter
from peakrdl_etana.cpuif.wishbone import Wishbone_Cpuif_flattened
from peakrdl_etana.exporter import RegblockExporter
from peakrdl_etana.udps import ALL_UDPS
from peakrdl_html import HTMLExporter
from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, FieldNode, RegNode

RDL = ROOT / "digital" / "regs" / "controller.rdl"
OUT = BUILD / "regs"
RTL = OUT / "controller_regs.sv"
C_HEADER = OUT / "controller_regs.h"
HTML = OUT / "html"
DOC = ROOT / "docs" / "controller.md"
TABLE = re.compile(r"(<!-- registers: begin.*?-->\n).*?(<!-- registers: end -->)", re.DOTALL)


@cache
def address_map() -> AddrmapNode:
    """The elaborated register description."""
    compiler = RDLCompiler()
    for definition in ALL_UDPS:
        compiler.register_udp(definition)
    compiler.compile_file(str(RDL))
    return compiler.elaborate().top


def registers() -> dict[str, RegNode]:
    """Register name -> node, by address. `node.absolute_address` is the byte offset, `node.fields()` its fields."""
    return {node.inst_name: node for node in address_map().registers()}


def field_reset(field: FieldNode) -> int | None:
    """Value after reset, or None where hardware sets the field."""
    value = field.get_property("reset")
    return value if isinstance(value, int) else None


def generate_rtl() -> Path:
    """Register RTL with a Wishbone port and synchronous, active-high reset; returns its path."""

    def make() -> None:
        folder = OUT / ".rtl"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        RegblockExporter().export(
            address_map(),
            str(folder),
            cpuif_cls=Wishbone_Cpuif_flattened,
            default_reset_activelow=False,
            default_reset_async=False,
            reuse_hwif_typedefs=False,
        )
        # Like the hand-written files: no time scale, so that a bench can set one for all.
        text = re.sub(r"(?m)^`timescale .*\n", "", (folder / RTL.name).read_text())
        # Lint waiver: the exporter declares a strobe and thresholds for every register and counter, used or not.
        text = re.sub(r"(?m)^ */\* verilator lint_o(n|ff) UNUSEDSIGNAL \*/\n", "", text)
        write_atomic(RTL, f"/* verilator lint_off UNUSEDSIGNAL */\n{text}/* verilator lint_on UNUSEDSIGNAL */\n")
        shutil.rmtree(folder)

    step("controller_regs", [RDL, Path(__file__)], [RTL], make)
    return RTL


def generate_c_header() -> Path:
    """C header for firmware; returns its path."""

    def make() -> None:
        folder = OUT / ".header"
        folder.mkdir(parents=True, exist_ok=True)
        CHeaderExporter().export(address_map(), str(folder / C_HEADER.name))
        (folder / C_HEADER.name).replace(C_HEADER)
        folder.rmdir()

    step("controller_regs_h", [RDL, Path(__file__)], [C_HEADER], make)
    return C_HEADER


def generate_html() -> Path:
    """HTML pages; returns the first one."""
    page = HTML / "index.html"

    def make() -> None:
        shutil.rmtree(HTML, ignore_errors=True)
        HTMLExporter().export(address_map(), str(HTML))

    step("controller_regs_html", [RDL, Path(__file__)], [page], make)
    return page


def register_table() -> str:
    """The registers as Markdown."""
    lines = ["| offset | register | bits | field | access | reset | meaning |", "| --- | --- | --- | --- | --- | --- | --- |"]
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


def document() -> str:
    """docs/controller.md with the register table renewed."""
    text, count = TABLE.subn(lambda m: m[1] + register_table() + m[2], DOC.read_text())
    if count != 1:
        raise RuntimeError(f"{DOC.name}: found {count} register tables between its markers, expected 1")
    return text


def main() -> None:
    """Write all products and print their paths."""
    products = [generate_rtl(), generate_c_header(), generate_html(), write_atomic(DOC, document())]
    for path in products:
        print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    main()
