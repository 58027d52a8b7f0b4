"""The controller's sources pass lint and synthesis as they are; the documents are in step with the
registers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.base.pins import LEARN_ROWS, REFERENCE_INPUTS, core_pins
from neusoc.base.tools import tool
from neusoc.digital.document import regmap
from neusoc.digital.lines import GROUPS, STATES
from neusoc.digital.model import images
from neusoc.digital.model import regmap as word_map
from neusoc.digital.model.regmap import FILE
from neusoc.digital.ports import elaborated_ports
from neusoc.digital.regs.generate import (
    MAP_WORDS,
    address_map,
    base_address,
    generate_c_header,
    generate_rtl,
    narrowed,
    registers,
)
from neusoc.digital.regs.version import VERSION, build_hash
from neusoc.digital.rtl.files import (
    APART,
    DEFINES,
    FOLDER,
    SIMULATION_DEFINES,
    TOP,
    apart_sources,
    parameters,
    rtl_sources,
    simulation_sources,
)
from neusoc.digital.rtl.router_files import OWN, TWO_CORES
from neusoc.layout.core.netlist import pins_of

# Smallest, both variants, largest: (rows and columns, neurons).
SIZES = [(8, 4), (10, 5), (64, 32), (256, 128)]
# Icarus says so of every member of a structure read in always_comb: it wakes the process for all members,
# which is harmless.
HARMLESS = (
    "sorry: constant selects in always_* processes are not currently supported (all bits will be included)."
)
DEFINE_ARGS = [f"-D{name}" for name in DEFINES]


@pytest.mark.parametrize(("rows", "neurons"), SIZES)
def test_controller_verilator_lint(rows: int, neurons: int) -> None:
    command = [
        tool("verilator"),
        "--lint-only",
        "-Wall",
        *DEFINE_ARGS,
        "--top-module",
        TOP,
        f"-GRows={rows}",
        f"-GColumns={rows}",
    ]
    command.append(f"-GNeurons={neurons}")
    done = subprocess.run([*command, *rtl_sources()], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr


@pytest.mark.parametrize(("rows", "neurons"), SIZES)
def test_controller_icarus_elaborates(rows: int, neurons: int, tmp_path: Path) -> None:
    sizes = [f"-P{TOP}.Rows={rows}", f"-P{TOP}.Columns={rows}", f"-P{TOP}.Neurons={neurons}"]
    command = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        *DEFINE_ARGS,
        *sizes,
        "-s",
        TOP,
        "-o",
        tmp_path / "out.vvp",
    ]
    done = subprocess.run([*command, *rtl_sources()], capture_output=True, text=True, timeout=600)
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


@pytest.mark.parametrize("module", APART)
@pytest.mark.parametrize(("rows", "neurons"), SIZES[1:])
def test_controller_modules_apart_lint(module: str, rows: int, neurons: int, tmp_path: Path) -> None:
    sources = apart_sources(module)
    sizes = {name: value for name, value in (("Rows", rows), ("Neurons", neurons)) if name in APART[module]}
    verilator = [tool("verilator"), "--lint-only", "-Wall", *DEFINE_ARGS, "--top-module", module]
    verilator += [f"-G{name}={value}" for name, value in sizes.items()]
    # the package's constants are the controller's
    done = subprocess.run(
        [*verilator, "-Wno-UNUSEDPARAM", *sources], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    icarus = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        *DEFINE_ARGS,
        *(f"-P{module}.{name}={value}" for name, value in sizes.items()),
    ]
    done = subprocess.run(
        [*icarus, "-s", module, "-o", tmp_path / "out.vvp", *sources],
        capture_output=True,
        text=True,
        timeout=600,
    )
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


@pytest.mark.parametrize(("rows", "neurons"), SIZES[1:3])
def test_controller_lint_with_assertions(rows: int, neurons: int, tmp_path: Path) -> None:
    """As the simulations compile it."""
    sources = simulation_sources(rtl_sources())
    defines = [f"-D{name}" for name in SIMULATION_DEFINES]
    values = {"Rows": rows, "Columns": rows, "Neurons": neurons}
    sizes = [f"-G{name}={value}" for name, value in values.items()]
    command = [
        tool("verilator"),
        "--lint-only",
        "--assert",
        "-Wall",
        *defines,
        "--top-module",
        TOP,
        *sizes,
        *sources,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    sizes = [f"-P{TOP}.{name}={value}" for name, value in values.items()]
    command = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        *defines,
        *sizes,
        "-s",
        TOP,
        "-o",
        tmp_path / "out.vvp",
        *sources,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


SYNTHESIS = """
import json, sys
from pyosys import libyosys as ys
job = json.loads(sys.argv[1])
design = ys.Design()
for path in job["sources"]:
    ys.run_pass(f"read_verilog -sv {job['defines']} {path}", design)
for command in job["commands"]:
    ys.run_pass(command, design)
"""


def test_controller_synthesis(tmp_path: Path) -> None:
    """No undriven or doubly driven net, no latch where none is meant, and about as much storage as the
    functions need."""
    chip = load_chip("mini")
    sizes = " ".join(f"-chparam {name} {value}" for name, value in parameters(chip).items())
    commands = [
        f"hierarchy -check -top {TOP} {sizes}",
        "proc",
        "select -set meant *latch_word*/t:$dlatch *clock_gate*/t:$dlatch *clock_copy*/t:$dlatch",
        "select -assert-none t:$dlatch @meant %d",
        "select -clear",
        "flatten",
        "opt -full",
        "memory",
        "check -assert",
        "simplemap",
        f"tee -o {tmp_path / 'stat'} stat",
    ]
    job = {"sources": [str(p) for p in rtl_sources()], "defines": " ".join(DEFINE_ARGS), "commands": commands}
    done = subprocess.run(
        [sys.executable, "-c", SYNTHESIS, json.dumps(job)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    flops, latches = (
        sum(
            int(a)
            for a, _ in re.findall(rf"(\d+)\s+(?:\S+\s+)?(\$_\w*{kind}\w*)", (tmp_path / "stat").read_text())
        )
        for kind in ("DFF", "DLATCH")
    )
    assert 800 < flops < 1100, flops
    assert 700 < latches < 1100, latches


def test_controller_sources_style() -> None:
    names = {path.name for path in FOLDER.glob("*.sv")}
    generated = {"controller_regs.sv", "controller_map.sv", "controller_settings.sv", "controller_version.sv"}
    sources = {path.name for path in simulation_sources(rtl_sources())}
    router = {f"{name}.sv" for name in (*OWN, TWO_CORES)}
    assert names | generated == sources | router and {f"{name}.sv" for name in APART} <= sources
    for path in FOLDER.glob("*.sv"):
        text = path.read_text()
        assert "`default_nettype none" in text and text.rstrip().endswith("`default_nettype wire"), path.name
        assert text.count("endmodule") + text.count("endpackage") == 1, f"{path.name}: one module a file"
        assert f"module {path.stem} " in text or f"package {path.stem};" in text, path.name


def test_registers_map_is_current() -> None:
    assert FILE.read_text() == regmap(), f"digital/model/{FILE.name}: run `neusoc publish`"


def test_registers_c_header_compiles(tmp_path: Path) -> None:
    header = generate_c_header()
    source = tmp_path / "t.c"
    check = '_Static_assert(offsetof(controller_regs_t, {0}) == {1}, "{0}");\n'
    checks = "".join(check.format(name, node.absolute_address) for name, node in registers().items())
    checks += f'_Static_assert(CONTROLLER_REGS_BASE == {base_address()}, "base");\n'
    source.write_text(f'#include <stddef.h>\n#include "{header.name}"\n{checks}')
    command = [tool("gcc"), "-std=c11", "-Wall", "-Werror", f"-I{header.parent}", "-fsyntax-only", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_registers_fit_the_decoder() -> None:
    assert address_map().size <= 4 * MAP_WORDS, "bus_guard.sv decodes no more"


def test_registers_ports_are_as_wide_as_their_fields() -> None:
    """The generated RTL has no padding of the exporter left; an exporter that writes other text is
    noticed."""
    text = generate_rtl().read_text()
    assert not re.search(r"hwif_out_\w+_(req_is_wr|wr_data|wr_biten)", text)
    widths = {
        name: int(msb) + 1
        for msb, name in re.findall(r"input wire \[(\d+):0\] hwif_in_(\w+_rd_data\w*)", text)
    }
    assert (
        widths["neuron_config_rd_data_trim"] == 3
        and widths["key_rd_data"] == 16
        and widths["mask0_rd_data"] == 32
    )
    assert all(width == 32 for name, width in widths.items() if name.startswith("mask"))
    assert max(width for name, width in widths.items() if not name.startswith("mask")) == 16
    with pytest.raises(RuntimeError, match="hwif_in_event_in_rd_data is declared 0 times and read 0 times"):
        narrowed("module controller_regs;\nendmodule\n", registers().values())


def test_version_names_what_the_build_is_made_of(tmp_path: Path) -> None:
    """The package tells the hash of the sources that are compiled; a changed source has another, wherever it
    lies."""
    found = rtl_sources()
    written = [path for path in found if path.parent == FOLDER]
    (package,) = [path for path in found if path.name == VERSION]
    hashed = build_hash(written)
    assert f"24'h{hashed:06X};" in package.read_text() and 0 < hashed < 1 << 24
    copies = [tmp_path / path.name for path in written]
    for path, copy in zip(written, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    assert build_hash(copies) == hashed
    copies[-1].write_text(copies[-1].read_text() + "// another\n")
    assert build_hash(copies) != hashed
    assert build_hash(written[:-1]) != hashed


@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_controller_ports_meet_core_and_references(name: str) -> None:
    chip = load_chip(name)
    ports = elaborated_ports(TOP, rtl_sources(), (*DEFINES, "USE_POWER_PINS"), parameters(chip))

    def port(net: str, suffix: str) -> str:
        base, _, index = net.partition("[")
        return base + suffix + (f"[{index}" if index else "")

    wanted = {
        port(pin.name, "_o" if pin.direction == "input" else "_i"): pin.direction
        for pin in core_pins(chip)
        if pin.use == "signal"
    }
    other = {"input": "output", "output": "input"}
    assert {net: ports.get(net) for net in wanted} == {
        net: other[direction] for net, direction in wanted.items()
    }
    of_references = {port(net, "_o") for net in REFERENCE_INPUTS}
    assert {ports.get(net) for net in of_references} == {"output"}
    # low_1v8_o is for the top, which ties inputs to it that nothing drives.
    left = {net for net in ports if "_1v8_" in net} - set(wanted) - of_references - {"low_1v8_o"}
    assert not left, f"the core has no pin for {sorted(left)[:3]}"


def test_controller_writes_pins_that_the_references_have() -> None:
    pins = pins_of("references", netlist_text("references"))
    assert {pin for pin in pins if re.match(r"(d|write|job)_1v8", pin)} == set(REFERENCE_INPUTS.values())


def test_image_lines_are_read_from_the_package() -> None:
    assert [len(group) for group in GROUPS] == [3, 2, 2, 1, 2]
    assert set(STATES) == {"Open", "Idle", "Neuron", "Learn", "Program", "Reset", "Erase", "Sense"}
    assert [state for state, on in STATES.items() if "con" in on] == ["Neuron"]
    assert all(sum(name in group for name in state) <= 1 for state in STATES.values() for group in GROUPS)


def test_image_constants_are_those_of_the_rtl() -> None:
    """Facts that the RTL and its twins each have to hold."""
    unit, requests = ((FOLDER / f"{name}.sv").read_text() for name in ("image_unit", "image_requests"))
    lag = re.search(r"Lag = 8'd(\d+);", unit)
    assert lag and int(lag[1]) == images.LAG
    pair = re.search(r"PairDefault = 5'd(\d+);", requests)
    fields = word_map.registers()["neuron_config"].fields
    assert (
        pair
        and int(pair[1]) == fields["pair"].reset
        and (fields["pair"].lsb, fields["pair"].width) == (16, 5)
    )
    learn = re.search(r"LearnRows = (\d+);", (FOLDER / "image_pkg.sv").read_text())
    assert learn and int(learn[1]) == LEARN_ROWS
    rest = re.search(r"ThresholdDefault = 6'd(\d+);", (FOLDER / "image_pkg.sv").read_text())
    assert rest and int(rest[1]) == word_map.registers()["threshold"].fields["rest"].reset


def test_document_tells_every_error() -> None:
    """The table of errors in controller.md has each code of ERROR, each counter of ERRORS and each interrupt
    that is no state."""
    text = (ROOT / "docs" / "02-chip" / "controller.md").read_text()
    section = text.partition("## Interrupt and errors")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    errors, interrupts = {error for _, _, error, _ in rows}, {name.strip("`") for _, _, _, name in rows}
    package = (FOLDER / "controller_pkg.sv").read_text()
    for kind in ("bus", "job"):
        codes = [
            int(code) for code in re.findall(rf"{kind.capitalize()}\w+ *= 4'd(\d+)", package) if code != "0"
        ]
        # ERROR.job 7 was an operation that there is not: all eight codes are operations now.
        assert (
            codes == [code for code in range(1, codes[-1] + 1) if (kind, code) != ("job", 7)]
            and len(codes) > 8
        )
        assert [code for code in codes if f"`ERROR.{kind}` {code}" not in errors] == []
    assert {f"`ERRORS.{field.inst_name}`" for field in registers()["errors"].fields()} <= errors
    states = {"event_out", "result", "job_waits", "levels", "job_end", "pixels"}
    assert {field.inst_name for field in registers()["irq_status"].fields()} - states <= interrupts
