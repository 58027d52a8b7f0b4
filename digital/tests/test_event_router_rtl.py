"""The event router's sources pass lint and synthesis as they are; package, numbers and page are in step with
router.rdl."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.tools import tool
from neusoc.digital.model import router_words
from neusoc.digital.ports import elaborated_ports
from neusoc.digital.regs.generate import registers as controller_registers
from neusoc.digital.regs.router import NUMBERS, numbers, package, registers
from neusoc.digital.rtl.files import DEFINES
from neusoc.digital.rtl.router_files import OWN, ROUTER, router_parameters, router_sources
from neusoc.digital.tests.test_controller_rtl import DEFINE_ARGS, HARMLESS
from neusoc.verification.cocotb.router_run import storage

SIZES = [(8, 4), (10, 5), (64, 32), (128, 64)]


@pytest.mark.parametrize(("rows", "neurons"), SIZES)
def test_event_router_lint(rows: int, neurons: int, tmp_path: Path) -> None:
    values, sources = {"Rows": rows, "Neurons": neurons}, router_sources()
    # the controllers' package has constants that the router does not use
    command = [
        tool("verilator"),
        "--lint-only",
        "-Wall",
        "-Wno-UNUSEDPARAM",
        *DEFINE_ARGS,
        "--top-module",
        ROUTER,
    ]
    command += [f"-G{name}={value}" for name, value in values.items()]
    done = subprocess.run([*command, *sources], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and "%Warning" not in done.stderr, done.stderr
    command = [
        tool("iverilog"),
        "-g2012",
        "-Wall",
        *DEFINE_ARGS,
        *(f"-P{ROUTER}.{name}={value}" for name, value in values.items()),
    ]
    done = subprocess.run(
        [*command, "-s", ROUTER, "-o", tmp_path / "out.vvp", *sources],
        capture_output=True,
        text=True,
        timeout=600,
    )
    told = [line for line in done.stderr.splitlines() if not line.endswith(HARMLESS)]
    assert done.returncode == 0 and not told, told


@pytest.mark.parametrize(("rows", "neurons"), [(130, 32), (64, 65)])
def test_event_router_too_large(rows: int, neurons: int) -> None:
    command = [
        tool("verilator"),
        "--lint-only",
        *DEFINE_ARGS,
        "--top-module",
        ROUTER,
        f"-GRows={rows}",
        f"-GNeurons={neurons}",
    ]
    done = subprocess.run([*command, *router_sources()], capture_output=True, text=True, timeout=600)
    assert done.returncode and "event_router: at most 128 rows, 64 neurons" in done.stderr


def test_event_router_synthesis() -> None:
    """No undriven or doubly driven net, and about as much storage as the functions need: 17 bits a route, 7
    an event, a gate a word."""
    chip = load_chip("mini")
    flops, latches = storage(chip)
    words, events = 2 * chip.neurons, 3 * 4
    assert 17 * words + 7 * events <= latches <= 18 * words + 8 * events + 40, latches
    assert 200 < flops < 400, flops


def test_event_router_ports_meet_the_controllers() -> None:
    """Addresses are as wide as the controllers' where they name what there is, and the pins as those that one
    controller has."""
    ports = elaborated_ports(ROUTER, router_sources(), DEFINES, router_parameters(load_chip("tapeout")))
    widths = {
        base: sum(name.split("[")[0] == base for name in ports) for base in ("in_address_i", "out_address_o")
    }
    text = router_sources()[0].read_text()
    wanted = [int(re.search(rf"{name}Width = (\d+);", text)[1]) for name in ("RowAddress", "NeuronAddress")]
    assert [*widths.values()] == wanted


def test_event_router_map_is_current() -> None:
    assert NUMBERS.read_text() == numbers(), f"digital/model/{NUMBERS.name}: run `neusoc publish`"


def test_event_router_words_are_those_of_the_package() -> None:
    """The twin's numbers and the RTL's structures place every field alike, and its window is beside the
    controllers'."""
    text = package()
    for name, register in router_words.registers().items():
        (body,) = re.findall(rf"typedef struct packed \{{([^}}]*)\}} {name}_t;", text)
        at, found = 32, {}
        for msb, field in re.findall(r"logic \[(\d+):0\] (\w+);", body):
            at -= int(msb) + 1
            found[field] = (at, int(msb) + 1)
        assert at == 0 and {f: bits[:2] for f, bits in register.fields.items()} == {
            f: b for f, b in found.items() if f in register.fields
        }
        assert (
            f"10'd{register.offset // 4};" in text
            and register.offset == registers()[name].raw_absolute_address
        )
    assert router_words.base() == 0x30002000 and all(
        node.absolute_address < 0x1000 for node in controller_registers().values()
    )


def test_event_router_words_say_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="no such register; the map has id, ctrl"):
        router_words.word("table")
    with pytest.raises(ValueError, match="route has no field row2"):
        router_words.word("route", row2=1)
    with pytest.raises(ValueError, match="row0: 128 does not fit 7 bits"):
        router_words.route(core0=128)
    with pytest.raises(ValueError, match="core 2, neuron 0: the router knows cores 0 to 1"):
        router_words.source(2, 0)
    with pytest.raises(ValueError, match="core 0, row 128: the router knows"):
        router_words.target(0, 128)


def test_event_router_sources_style() -> None:
    for path in router_sources():
        text = path.read_text()
        assert "`default_nettype none" in text and text.rstrip().endswith("`default_nettype wire"), path.name
    assert {path.stem for path in router_sources()} >= set(OWN)
