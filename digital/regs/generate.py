"""Everything that follows from controller.rdl: register RTL, C header, HTML pages; all of it goes to
build/regs/.

`neusoc registers` writes it. The register table of docs/02-chip/controller.md is digital/document.py's.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.report import write_atomic
from neusoc.base.store import step
from peakrdl_cheader.exporter import CHeaderExporter
from peakrdl_etana.cpuif.wishbone import Wishbone_Cpuif_flattened
from peakrdl_etana.exporter import RegblockExporter
from peakrdl_etana.udps import ALL_UDPS
from peakrdl_html import HTMLExporter
from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, FieldNode, RegNode

RDL = ROOT / "digital" / "regs" / "controller.rdl"
OUT = BUILD / "regs"
RTL, MAP, SETTINGS, C_HEADER, HTML = (
    "controller_regs.sv",
    "controller_map.sv",
    "controller_settings.sv",
    "controller_regs.h",
    "html",
)
PROTECTIONS = ("frozen", "ordered", "guarded", "halted", "imaged", "taught")  # properties declared in the RDL
MAP_WORDS, WORD_BITS = 128, 7


def _step(name: str, outputs: list[Path], make: Callable[[], object]) -> None:
    step(name, needs(RDL, Path(__file__)), outputs, make)


def _elaborated() -> AddrmapNode:
    compiler = RDLCompiler()
    for definition in ALL_UDPS:
        compiler.register_udp(definition)
    compiler.compile_file(str(RDL))
    return compiler.elaborate().top


@cache
def address_map() -> AddrmapNode:
    """The elaborated register description."""
    return _elaborated()


def registers() -> dict[str, RegNode]:
    """Register name -> node, by address. `node.absolute_address` is the byte offset, `node.fields()` its
    fields."""
    return {node.inst_name: node for node in address_map().registers()}


@cache
def base_address() -> int:
    """Where the harness sees the map: property `base` of controller.rdl."""
    return int(address_map().get_property("base"))


def is_setting(node: RegNode) -> bool:
    """Whether only plain writes change a register: such ones are kept in latches (controller_settings.sv)."""
    special = ("onwrite", "onread", "counter", "hwset", "we", "swacc")
    return not node.external and all(
        field.get_property("sw").name == "rw"
        and not field.is_hw_writable
        and not any(field.get_property(name) for name in special)
        for field in node.fields()
    )


def field_reset(field: FieldNode) -> int | None:
    """Value after reset, or None where hardware sets the field."""
    value = field.get_property("reset")
    return value if isinstance(value, int) else None


def field_armed(field: FieldNode) -> list[int]:
    """Value that software writes before it programs the array, where the description has one."""
    value = field.get_property("armed", default=None)
    return [] if value is None else [int(value)]


def armed_limits() -> dict[str, list[tuple[int, int, int]]]:
    """Register -> mask, bits after reset and bits when software programs the array, of each limit of
    programming."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    for name, node in registers().items():
        for field in node.fields():
            for armed in field_armed(field):
                mask, reset = ((1 << field.width) - 1) << field.lsb, field_reset(field) or 0
                found.setdefault(name, []).append((mask, reset << field.lsb, armed << field.lsb))
    return found


_UNREAD = r"hwif_out_\w+_(?:req_is_wr|wr_data\w*|wr_biten\w*)"


def narrowed(text: str, nodes: Iterable[RegNode]) -> str:
    """The exporter's RTL without what nothing needs.

    It gives each field of an external register ports of 32 bits for data to write, byte selects and data to
    read. Whoever holds such a
    register takes the data from the bus: the first two go away, the third gets the width of its field. Only
    whole words pass bus_guard: the byte selects go away too.
    """
    text = re.sub(r" & decoded_wr_biten\[\d+:\d+\]", "", text)
    text = re.sub(r"(?m)^.*\binput wire \[3:0\] wb_sel,\n", "", text)
    text = re.sub(r"(?ms)^ *for\(int i=0; i<4; i\+\+\) begin\n[^\n]*cpuif_wr_biten[^\n]*\n *end\n", "", text)
    text = re.sub(r"(?m)^ *(?:logic \[31:0\] \w+_wr_biten|assign \w+_wr_biten = .*);\n", "", text)
    text = re.sub(rf"(?m)^ *output logic (?:\[31:0\] )?{_UNREAD},?\n", "", text)
    text = re.sub(rf"(?m)^ *assign {_UNREAD} = .*;\n", "", text)
    text = re.sub(r",(\s*\n\s*\);)", r"\1", text, count=1)
    for node in nodes:
        if not (node.external and node.has_sw_readable):
            continue
        fields = list(node.fields())
        for field in filter(lambda field: field.is_sw_readable, fields):
            name = f"hwif_in_{node.inst_name}_rd_data" + (f"_{field.inst_name}" if len(fields) > 1 else "")
            text, ports = re.subn(
                rf"input wire \[31:0\] {name}\b", f"input wire [{field.width - 1}:0] {name}", text
            )
            bits = rf"readback_data_var(?:\[[\d:]+\])? = {name}(?:\[[\d:]+\])?;"
            text, reads = re.subn(bits, f"readback_data_var[{field.msb}:{field.lsb}] = {name};", text)
            if (ports, reads) != (1, 1):
                raise RuntimeError(
                    f"{RTL}: {name} is declared {ports} times and read {reads} times; the exporter has"
                    " changed"
                )
    if left := re.search(r"\w*(?:biten|wb_sel)\w*", text):
        raise RuntimeError(f"{RTL}: {left[0]} is still there; the exporter has changed")
    return text


def generate_rtl() -> Path:
    """Register RTL with a Wishbone port and synchronous, active-high reset; returns its path."""
    rtl = OUT / RTL

    def make() -> None:
        work = OUT / ".rtl"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        others = _elaborated()
        for node in others.registers():
            node.inst.properties["ispresent"] = not is_setting(node)
        RegblockExporter().export(
            others,
            str(work),
            cpuif_cls=Wishbone_Cpuif_flattened,
            default_reset_activelow=False,
            default_reset_async=False,
            reuse_hwif_typedefs=False,
        )
        # Like the hand-written files: no time scale, so that a bench can set one for all.
        text = re.sub(r"(?m)^`timescale .*\n", "", (work / RTL).read_text())
        # Lint waiver: the exporter declares a strobe and thresholds for every register and counter, used or
        #   not.
        text = re.sub(r"(?m)^ */\* verilator lint_o(n|ff) UNUSEDSIGNAL \*/\n", "", text)
        text = narrowed(text, registers().values())
        write_atomic(
            rtl, f"/* verilator lint_off UNUSEDSIGNAL */\n{text}/* verilator lint_on UNUSEDSIGNAL */\n"
        )
        shutil.rmtree(work)

    _step("controller_regs", [rtl], make)
    return rtl


def map_package() -> str:
    """SystemVerilog package: which words of the map exist, may be written, and are protected, one bit a
    word."""
    nodes = {node.absolute_address // 4: node for node in registers().values()}
    if max(nodes) >= MAP_WORDS:
        raise RuntimeError(f"{RDL.name}: the map passes {4 * MAP_WORDS} bytes; bus_guard.sv decodes as many")

    if base_address() % (1 << 12):
        raise RuntimeError(
            f"{RDL.name}: base 0x{base_address():X} is not a multiple of 4 KiB, the window that bus_guard.sv"
            " decodes"
        )

    def bits(name: str, holds: Callable[[RegNode], bool]) -> str:
        mask = sum(1 << word for word, node in nodes.items() if holds(node))
        return f"  localparam logic [{MAP_WORDS - 1}:0] {name} = {MAP_WORDS}'h{mask:X};"

    lines = [
        f"  localparam logic [31:0] Base = 32'h{base_address():X};",
        bits("Exists", lambda node: True),
        bits("Writable", lambda node: any(field.is_sw_writable for field in node.fields())),
        *(
            bits(name.capitalize(), lambda node, name=name: bool(node.get_property(name, default=False)))
            for name in PROTECTIONS
        ),
        *(
            f"  localparam logic [{WORD_BITS - 1}:0] {name.capitalize()}Word ="
            f" {WORD_BITS}'d{node.absolute_address // 4};"
            for name, node in registers().items()
            if name in ("levels", "region", "pixels", "error")
        ),
    ]
    text = (
        "// Facts of the register map, generated from controller.rdl: do not edit.\n`default_nettype"
        " none\n\npackage controller_map;\n"
    )
    return "\n".join([text, *lines, "\nendpackage\n\n`default_nettype wire\n"])


def generate_map() -> Path:
    """Package of map_package(); returns its path."""
    path = OUT / MAP
    _step("controller_map", [path], lambda: write_atomic(path, map_package()))
    return path


def settings_module() -> str:
    """SystemVerilog module that holds the settings (is_setting) in latches: write, read, one output a
    field."""
    nodes = [node for node in registers().values() if is_setting(node)]
    outputs, held, reads = [], [], []
    for node in nodes:
        name, word = node.inst_name, f"{WORD_BITS}'d{node.absolute_address // 4}"
        fields = sorted(node.fields(), key=lambda field: field.lsb)
        data = [
            f"{'high' if field_reset(f) >> k & 1 else 'low'}[{f.lsb + k}]"
            for f in fields
            for k in range(f.width)
        ]
        for f in fields:
            outputs.append(f"    output logic [{f.width - 1}:0] {name}_{f.inst_name}_o")
        held.append(f"""
  latch_word #(
      .Width({len(data)})
  ) u_{name} (
      .clk_i  (clk_i),
      .write_i(rst_i | (write_i & (word_i == {word}))),
      .data_i ({{{", ".join(reversed(data))}}}),
      .word_o ({{{", ".join(f"{name}_{f.inst_name}_o" for f in reversed(fields))}}})
  );
""")
        parts, top = [], 32
        for f in reversed(fields):
            parts += [f"{top - f.msb - 1}'d0"] if f.msb + 1 < top else []
            parts.append(f"{name}_{f.inst_name}_o")
            top = f.lsb
        parts += [f"{top}'d0"] if top else []
        reads.append(f"({{32{{word_i == {word}}}}} & {{{', '.join(parts)}}})")
    body = "".join(held)
    ports = ",\n".join(outputs)
    read = " |\n      ".join(reads)
    return f"""\
// Settings of the register map in latches, generated from controller.rdl: do not edit.
//
// To its neighbours every field is a register with write enable and synchronous reset. A word's latches
// open in the first half of the cycle after the write, when data_q is what was written and rst_q tells
// whether it was a reset.
`default_nettype none

module controller_settings (
    input  wire         clk_i,
    // never stopped: data_i comes from ports, whose hold a clock behind two gates in a row would cost
    input  wire         free_clk_i,
    input  wire         rst_i,
    input  wire         write_i,
    input  wire  [{WORD_BITS - 1}:0]  word_i,
    input  wire  [31:0] data_i,
    output logic [31:0] held_data_o,  // data_i of the last write, one cycle later
    output logic [31:0] read_data_o,  // of word_i; 0 where it is none of these
{ports}
);

  logic        rst_q;
  logic [31:0] data_q, low, high;

  always_ff @(posedge clk_i) rst_q <= rst_i;

  gated_word #(
      .Width(32)
  ) u_data (
      .clk_i  (free_clk_i),
      .write_i(write_i),
      .data_i (data_i),
      .word_o (data_q)
  );

  // For bits that are 0 and 1 after reset.
  assign low         = data_q & {{32{{~rst_q}}}};
  assign high        = data_q | {{32{{rst_q}}}};
  assign held_data_o = data_q;
{body}
  assign read_data_o = {read};

  // Bits that no setting has.
  logic unused;
  assign unused = &{{1'b0, low, high}};

endmodule

`default_nettype wire
"""


def generate_settings() -> Path:
    """Module of settings_module(); returns its path."""
    path = OUT / SETTINGS
    _step("controller_settings", [path], lambda: write_atomic(path, settings_module()))
    return path


def generate_c_header() -> Path:
    """C header for firmware; returns its path."""
    header = OUT / C_HEADER

    def make() -> None:
        work = OUT / ".header"
        work.mkdir(parents=True, exist_ok=True)
        CHeaderExporter().export(address_map(), str(work / C_HEADER))
        text = (work / C_HEADER).read_text()
        last = text.rindex("#endif")
        where = f"// Where the harness sees the map.\n#define CONTROLLER_REGS_BASE 0x{base_address():X}UL\n\n"
        limits = "// Limits of programming: mask, after reset, before other jobs than FORM.\n"
        for name, found in armed_limits().items():
            one_by_one = ", ".join("{" + ", ".join(f"0x{word:X}U" for word in words) + "}" for words in found)
            limits += f"#define CONTROLLER_REGS__{name.upper()}_armed {{{one_by_one}}}\n"
        write_atomic(header, f"{text[:last]}{where}{limits}\n{text[last:]}")
        (work / C_HEADER).unlink()
        work.rmdir()

    _step("controller_regs_h", [header], make)
    return header


def generate_html() -> Path:
    """HTML pages; returns the first one."""
    pages = OUT / HTML

    def make() -> None:
        shutil.rmtree(pages, ignore_errors=True)
        HTMLExporter().export(address_map(), str(pages))

    _step("controller_regs_html", [pages / "index.html"], make)
    return pages / "index.html"


def products() -> list[Path]:
    """Write everything; returns the paths."""
    return [generate_rtl(), generate_map(), generate_settings(), generate_c_header(), generate_html()]
