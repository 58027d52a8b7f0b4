"""Ports of Verilog modules, bit by bit, as other views of a block are compared with them.

SystemVerilog is read by pyslang, elaborated with the chip's parameters; Verilog-2001 (wrapper, netlists) by
pyverilog.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pyslang
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import DEFINES, TOP, parameters, rtl_sources
from pyslang.driver import Driver
from pyverilog.vparser import ast
from pyverilog.vparser.parser import VerilogParser

Direction = Literal["input", "output", "inout"]
POWER_PINS = "USE_POWER_PINS"
_DIRECTIONS: dict[str, Direction] = {"In": "input", "Out": "output", "InOut": "inout"}
_HEADER = re.compile(r"\s*(\(\*.*?\*\)\s*)?(module|input|output|inout)\b", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def rtl_ports(chip: Chip) -> dict[str, Direction]:
    """Port bits of the controller with power pins, name[index] -> direction, as elaborated for a chip.

    Raises:
        UserError: the sources do not compile.
    """
    top, sources, defines = TOP, rtl_sources(), DEFINES
    return elaborated_ports(top, sources, (*defines, POWER_PINS), parameters(chip), "make rtl")


def elaborated_ports(
    top: str,
    sources: Sequence[Path],
    defines: Sequence[str] = (),
    values: Mapping[str, int] | None = None,
    told_by: str = "",
) -> dict[str, Direction]:
    """Port bits of a module, name[index] -> direction, in the order of its header, elaborated by pyslang.

    Args:
        top: the module.
        sources: Verilog or SystemVerilog files in order.
        defines: macros that are defined.
        values: value of each of its parameters.
        told_by: command that tells more of an error, if there is one.

    Raises:
        UserError: the sources do not compile, or have no such module.
    """
    driver = Driver()
    driver.addStandardArgs()
    words = ["slang", "--top", top, *(f"-D{name}" for name in defines)]
    words += [f"-G{name}={value}" for name, value in (values or {}).items()]
    words += [f'"{path}"' for path in sources]
    if not (
        driver.parseCommandLine(" ".join(words)) and driver.processOptions() and driver.parseAllSources()
    ):
        raise UserError(f"{sources[-1].name}: cannot be read; restore {sources[-1].parent.name}/")
    compilation = driver.createCompilation()
    errors = [x for x in compilation.getAllDiagnostics() if x.isError()]
    if errors:
        name, line = (
            driver.sourceManager.getFileName(errors[0].location),
            driver.sourceManager.getLineNumber(errors[0].location),
        )
        more = f" (`{told_by}` tells more)" if told_by else ""
        raise UserError(f"{Path(name).name or sources[-1].name}:{line}: {errors[0].code}; correct it{more}")
    instances = [x for x in compilation.getRoot().topInstances if x.name == top]
    if not instances:
        raise UserError(f"{sources[-1].name}: has no module {top}; write it again")
    found: dict[str, Direction] = {}
    for port in instances[0].body.portList:
        direction = _DIRECTIONS[port.direction.name]
        if isinstance(port.type.canonicalType, pyslang.ast.PackedArrayType):
            bounds = port.type.fixedRange
            found |= {
                f"{port.name}[{i}]": direction
                for i in range(min(bounds.left, bounds.right), max(bounds.left, bounds.right) + 1)
            }
        else:
            found[port.name] = direction
    return found


def netlist_ports(path: Path, module: str) -> dict[str, Direction]:
    """Port bits of a module in a Verilog-2001 file (with power pins), name[index] -> direction.

    Only the header and the port declarations are parsed: a netlist's thousands of instances take no time.

    Raises:
        UserError: no such file, no such module, not Verilog-2001, or a port whose direction is not declared.
    """
    definition = _module(parse_verilog(path, module, only_ports=True), path, module)
    found: dict[str, Direction] = {}
    declared = {p.name: p for item in definition.items if isinstance(item, ast.Decl) for p in item.list}
    for entry in definition.portlist.ports:
        port = entry.first if isinstance(entry, ast.Ioport) else declared.get(entry.name)
        kind = type(port).__name__.lower()
        if kind not in _DIRECTIONS.values():
            raise UserError(
                f"{path.name}: port {entry.name} of {module} has no direction; declare it input, output or"
                " inout"
            )
        if port.width is None:
            found[port.name] = kind
        else:
            ends = sorted((constant(port.width.msb), constant(port.width.lsb)))
            found |= {f"{port.name}[{i}]": kind for i in range(ends[0], ends[1] + 1)}
    return found


def parse_verilog(path: Path, module: str, only_ports: bool = False) -> ast.Source:
    """Syntax tree of a Verilog-2001 file, preprocessed with power pins.

    Args:
        path: the file.
        module: module whose ports are wanted.
        only_ports: choice of leaving out all but header and port declarations of that module.
    """
    try:
        text = _COMMENT.sub("", preprocess(path.read_text()))
    except OSError:
        raise UserError(f"{path.name}: not found in {path.parent.name}/; build it again") from None
    if only_ports:
        start = re.search(rf"\bmodule\s+{re.escape(module)}\b", text)
        body = re.split(r"\bendmodule\b", text[start.start() :], maxsplit=1)[0] if start else ""
        text = "".join(f"{s};\n" for s in body.split(";") if _HEADER.match(s)) + (
            "endmodule\n" if start else ""
        )
        if not start:
            raise UserError(f"{path.name}: has no module {module}; build it again")
    with tempfile.TemporaryDirectory() as folder:
        try:
            return VerilogParser(outputdir=folder, debug=False).parse(text)
        except Exception as error:  # pyverilog raises its own and PLY's errors, without a common base
            raise UserError(f"{path.name}: not Verilog-2001 ({error}); build it again") from None


def preprocess(text: str, defines: tuple[str, ...] = (POWER_PINS,)) -> str:
    """Resolve `ifdef, `ifndef, `else and `endif; drop `default_nettype. No macros are expanded: these files
    have none."""
    keep = [True]
    lines = []
    for line in text.splitlines():
        words = line.split()
        match words[0] if words else "":
            case "`ifdef":
                keep.append(words[1] in defines)
            case "`ifndef":
                keep.append(words[1] not in defines)
            case "`else":
                keep[-1] = not keep[-1]
            case "`endif":
                keep.pop()
            case "`default_nettype" | "`timescale":
                pass
            case _ if all(keep):
                lines.append(line)
    return "\n".join(lines) + "\n"


def constant(node: ast.Node) -> int:
    """Value of an integer constant in a range or index."""
    if not isinstance(node, ast.IntConst):
        raise UserError(
            f"line {node.lineno}: {type(node).__name__} where a number is needed; write the number"
        )
    return int(node.value)


def _module(source: ast.Source, path: Path, module: str) -> ast.ModuleDef:
    for definition in source.description.definitions:
        if isinstance(definition, ast.ModuleDef) and definition.name == module:
            return definition
    raise UserError(f"{path.name}: has no module {module}; build it again")
