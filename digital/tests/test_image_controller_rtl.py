"""The image core's controller: lint, synthesis, ports as the core and the references have them; the core is chosen in chip.yaml."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.chip import IMAGE, Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.image_pins import REFERENCE_INPUTS, core_pins
from neusoc.base.paths import ROOT
from neusoc.base.tools import tool
from neusoc.digital.lines import IMAGE_GROUPS, IMAGE_STATES
from neusoc.digital.model import images
from neusoc.digital.model.regmap import registers
from neusoc.digital.ports import elaborated_ports
from neusoc.digital.regs.generate import generate_c_header
from neusoc.digital.regs.generate import registers as described
from neusoc.digital.rtl.files import FOLDER, IMAGE_DEFINES, IMAGE_TOP, image_sources, parameters, rtl_sources
from neusoc.digital.tests.test_controller_rtl import HARMLESS, SYNTHESIS
from neusoc.layout.core.netlist import pins_of

SIZES = [(8, 4), (64, 32), (256, 128)]
DEFINE_ARGS = [f"-D{name}" for name in IMAGE_DEFINES]


@pytest.mark.parametrize(("rows", "neurons"), SIZES)
def test_image_controller_lint(rows: int, neurons: int, tmp_path: Path) -> None:
    values = {"Rows": rows, "Columns": rows, "Neurons": neurons}
    command = [tool("verilator"), "--lint-only", "-Wall", *DEFINE_ARGS, "--top-module", IMAGE_TOP]
    command += [f"-G{name}={value}" for name, value in values.items()]
    done = subprocess.run([*command, *image_sources()], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    command = [tool("iverilog"), "-g2012", "-Wall", *DEFINE_ARGS, "-s", IMAGE_TOP, "-o", tmp_path / "out.vvp"]
    command += [f"-P{IMAGE_TOP}.{name}={value}" for name, value in values.items()]
    done = subprocess.run([*command, *image_sources()], capture_output=True, text=True, timeout=600)
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


def test_image_controller_synthesis() -> None:
    """No undriven or doubly driven net, no latch outside latch_word, clock_gate and clock_copy."""
    sizes = " ".join(f"-chparam {name} {value}" for name, value in parameters(load_chip("mini")).items())
    commands = [
        f"hierarchy -check -top {IMAGE_TOP} {sizes}", "proc",
        "select -set meant *latch_word*/t:$dlatch *clock_gate*/t:$dlatch *clock_copy*/t:$dlatch",
        "select -assert-none t:$dlatch @meant %d", "select -clear", "flatten", "opt -full", "memory", "check -assert",
    ]  # fmt: skip
    job = {"sources": [str(p) for p in image_sources()], "defines": " ".join(DEFINE_ARGS), "commands": commands}
    done = subprocess.run([sys.executable, "-c", SYNTHESIS, json.dumps(job)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]


@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_image_controller_ports_meet_core_and_references(name: str) -> None:
    chip = load_chip(name)
    ports = elaborated_ports(IMAGE_TOP, image_sources(), (*IMAGE_DEFINES, "USE_POWER_PINS"), parameters(chip))

    def port(net: str, suffix: str) -> str:
        base, _, index = net.partition("[")
        return base + suffix + (f"[{index}" if index else "")

    wanted = {port(pin.name, "_o" if pin.direction == "input" else "_i"): pin.direction for pin in core_pins(chip) if pin.use == "signal"}
    other = {"input": "output", "output": "input"}
    assert {net: ports.get(net) for net in wanted} == {net: other[direction] for net, direction in wanted.items()}
    of_references = {port(net, "_o") for net in REFERENCE_INPUTS}
    assert {ports.get(net) for net in of_references} == {"output"}
    # low_1v8_o is for the top, which ties inputs to it that nothing drives.
    left = {net for net in ports if "_1v8_" in net} - set(wanted) - of_references - {"low_1v8_o"}
    assert not left, f"the core has no pin for {sorted(left)[:3]}"


def test_image_controller_writes_pins_that_the_references_have() -> None:
    pins = pins_of("references", netlist_text("references"))
    assert {pin for pin in pins if re.match(r"(d|write|job)_1v8", pin)} == set(REFERENCE_INPUTS.values())


def test_image_lines_are_read_from_the_package() -> None:
    assert [len(group) for group in IMAGE_GROUPS] == [3, 2, 2, 1, 2]
    assert set(IMAGE_STATES) == {"Open", "Idle", "Neuron", "Learn", "Program", "Reset", "Erase", "Sense"}
    assert [state for state, on in IMAGE_STATES.items() if "con" in on] == ["Neuron"]
    assert all(sum(name in group for name in state) <= 1 for state in IMAGE_STATES.values() for group in IMAGE_GROUPS)


def test_image_constants_are_those_of_the_rtl() -> None:
    """Facts that the RTL and its twins each have to hold."""
    unit, requests = ((FOLDER / f"{name}.sv").read_text() for name in ("image_unit", "image_requests"))
    lag = re.search(r"Lag = 8'd(\d+);", unit)
    assert lag and int(lag[1]) == images.LAG
    pair = re.search(r"PairDefault = 5'd(\d+);", requests)
    fields = registers(IMAGE)["neuron_config"].fields
    assert pair and int(pair[1]) == fields["pair"].reset and (fields["pair"].lsb, fields["pair"].width) == (16, 5)
    rest = re.search(r"ThresholdDefault = 6'd(\d+);", (FOLDER / "image_pkg.sv").read_text())
    assert rest and int(rest[1]) == registers(IMAGE)["threshold"].fields["rest"].reset


def test_image_registers_c_header_compiles(tmp_path: Path) -> None:
    header = generate_c_header(IMAGE)
    checks = "".join(
        f'_Static_assert(offsetof(controller_regs_t, {name}) == {node.absolute_address}, "{name}");\n'
        for name, node in described(IMAGE).items()
    )  # fmt: skip
    (source := tmp_path / "t.c").write_text(f'#include <stddef.h>\n#include "{header.name}"\n{checks}')
    command = [tool("gcc"), "-std=c11", "-Wall", "-Werror", f"-I{header.parent}", "-fsyntax-only", source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def _chip_file(folder: Path, core: object) -> Path:
    data = yaml.safe_load((ROOT / "chip.yaml").read_text())
    data["variants"]["mini"]["core"] = core
    (path := folder / "chip.yaml").write_text(yaml.safe_dump(data))
    return path


def test_core_is_chosen_by_the_variant(tmp_path: Path) -> None:
    assert load_chip("mini").core == "first"
    chip: Chip = load_chip("mini", _chip_file(tmp_path, "image"))
    assert chip.core == IMAGE and load_chip("tapeout", tmp_path / "chip.yaml").core == "first"
    with pytest.raises(UserError, match=r"chip.yaml: variants.mini.core \(value 'image'\): what is asked for knows the first core alone"):
        rtl_sources(chip)


@pytest.mark.parametrize("core", ["third", 2, None])
def test_core_that_is_not_there(core: object, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"chip.yaml: variants.mini.core \(value {core!r}\): Input should be 'first' or 'image'"):
        load_chip("mini", _chip_file(tmp_path, core))
