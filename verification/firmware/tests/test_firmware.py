"""Bring-up on a RISC-V core before the whole chip: each step as expected, and the code of each planted
fault."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from neusoc.base import tools
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.pinmap import PINS
from neusoc.verification.firmware import run
from neusoc.verification.firmware.build import FIRMWARE, FLAGS, GCC, MOST_FLASH, MOST_RAM, build
from neusoc.verification.firmware.headers import gpio_modes, header, mode_numbers, walked
from neusoc.verification.firmware.run import build_bench, codes, cpu, run_bench, steps, wrong
from neusoc.verification.shuttle.gpio import FIXED, gpio_of, read_modes, user_defines

MINI, TAPEOUT = load_chip("mini"), load_chip("tapeout")
HARMLESS, PINS_ALONE = ("-DNEUSOC_PROGRAMS=0", "-DNEUSOC_DRIVES=0"), ("-DNEUSOC_PROGRAMS=0",)
REQUEST, ACKNOWLEDGE = (gpio_of(PINS[name].first) for name in ("aer_in_req", "aer_in_ack"))
ROW, NEURON = (gpio_of(PINS[name].first) for name in ("aer_in_address", "aer_out_address"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Folder of the bench of a chip, compiled once."""
    built: dict[str, Path] = {}

    def of(chip):
        if chip.name not in built:
            built[chip.name] = tmp_path_factory.mktemp(chip.name)
            build_bench(chip, built[chip.name])
        return built[chip.name]

    return of


def told(chip, bench, folder, more=(), faults=()):
    """What bring-up tells of a chip."""
    return run_bench(chip, build(chip, folder / "program", more), bench(chip), folder / "run", faults)


@pytest.mark.parametrize(
    "chip", [MINI, pytest.param(TAPEOUT, marks=pytest.mark.full)], ids=lambda chip: chip.name
)
def test_each_step_is_as_expected(chip, bench, tmp_path):
    found = told(chip, bench, tmp_path)
    assert not wrong(found)
    assert found.figures["ram"] <= MOST_RAM and found.figures["cycles"] <= run.MOST_CYCLES
    assert 1 <= found.steps["event"][1] <= 40 and 1 <= found.steps["pins"][1] <= 40


@pytest.mark.full
@pytest.mark.parametrize("chip", [MINI, TAPEOUT], ids=lambda chip: chip.name)
def test_a_plan_that_leaves_cells_and_pins_alone_does_so(chip, bench, tmp_path):
    found = told(chip, bench, tmp_path, HARMLESS)
    assert not wrong(found, programs=False, drives=False)


# plusargs of the bench -> step that must tell, its code, its detail
EARLY = {
    "another ID": (("read_word=0", "read_flip=10000"), "identity", "bad_identity", 3),
    "another size": (("read_word=34", "read_flip=4"), "identity", "bad_size", 4),
    "a stuck bit of REFRACTORY": (("stuck_word=14", "stuck_mask=100"), "registers", "bad_register", 0x14),
    "a line of the address": (("lost_address=4",), "identity", "bad_identity", None),
    "a dead interrupt": (("dead_irq",), "interrupt", "no_interrupt", None),
    "modes that do not arrive": (("no_transfer",), "modes", "no_transfer", 0),
}
LATE = {
    "a stuck bit of MASK0": (("stuck_word=40", "stuck_mask=8"), HARMLESS, "registers", "bad_bits", 0x40),
    "the request on an address": (
        (f"swap_a={REQUEST}", f"swap_b={ROW + 1}"),
        PINS_ALONE,
        "pins",
        "bad_pin",
        ACKNOWLEDGE,
    ),
    "a row's bit on a higher one": (
        (f"swap_a={ROW}", f"swap_b={ROW + 7}"),
        PINS_ALONE,
        "pins",
        "wrong_row",
        ROW,
    ),
    "two bits of the row": ((f"swap_a={ROW}", f"swap_b={ROW + 1}"), (), "pins", "silent", 40),
    "two bits of the neuron": ((f"swap_a={NEURON}", f"swap_b={NEURON + 2}"), (), "pins", "wrong_neuron", 4),
}


def _stops(found, step, code, detail):
    """The step tells the fault; those before it passed, and none behind it ran."""
    names = steps()
    at = names.index(step)
    assert found.steps[step][0] == code and detail in (None, found.steps[step][1]), found.steps
    assert all(found.steps[name][0] in ("passed", "left_out") for name in names[:at])
    assert all(found.steps[name][0] == "not_run" for name in names[at + 1 :])


# Those that were asked for by name, of each kind one: what takes longer together than a minute of CPU is of
#   the full tier.
FAST = {"another ID", "a stuck bit of REFRACTORY", "a dead interrupt", "the request on an address"}


def _of_tiers(faults):
    return [name if name in FAST else pytest.param(name, marks=pytest.mark.full) for name in faults]


@pytest.mark.parametrize("name", _of_tiers(EARLY))
def test_a_planted_fault_has_its_code(name, bench, tmp_path):
    faults, *expected = EARLY[name]
    _stops(told(MINI, bench, tmp_path, HARMLESS, faults), *expected)


@pytest.mark.parametrize("name", _of_tiers(LATE))
def test_a_planted_fault_behind_the_neurons_has_its_code(name, bench, tmp_path):
    faults, more, *expected = LATE[name]
    _stops(told(MINI, bench, tmp_path, more, faults), *expected)


def test_modes_are_those_of_user_defines():
    numbers = mode_numbers()
    shuttle = {gpio: numbers[mode] for gpio, mode in read_modes(user_defines()).items() if gpio not in FIXED}
    assert gpio_modes() == shuttle and len(shuttle) == 22
    text = header(MINI)
    assert {(int(g), int(m, 16)) for g, m in re.findall(r"\{(\d+), 0x(\w{4})\},\n", text)} == set(
        shuttle.items()
    )


def test_walk_has_the_settings_and_leaves_the_enable_alone():
    found = {name: (bits, reset) for name, _, bits, reset in walked()}
    assert {"timing", "limits_codes", "irq_enable", "region"} <= found.keys()
    assert not {"key", "lock", "command", "event_in", "stop"} & found.keys()
    assert found["ctrl"][0] & 1 == 0 and found["ctrl"][0]
    assert all(reset & ~bits == 0 for bits, reset in found.values())


@pytest.mark.parametrize("chip", [MINI, TAPEOUT], ids=lambda chip: chip.name)
def test_program_fits_the_memories(chip, tmp_path):
    firmware = build(chip, tmp_path)
    assert 1000 < firmware.flash <= MOST_FLASH and firmware.data < MOST_RAM
    found = subprocess.run(
        ["riscv64-unknown-elf-readelf", "-A", firmware.elf], capture_output=True, text=True, check=True
    ).stdout
    assert "rv32i" in found and "_m2" not in found, found


def test_too_large_a_program_is_refused(tmp_path):
    with pytest.raises(UserError, match="ended with code 1"):
        build(MINI, tmp_path, ["-include", _large(tmp_path)])
    assert "region `flash' overflowed" in (tmp_path / "gcc.log").read_text()


def _large(folder: Path) -> str:
    path = folder / "large.h"
    text = (
        'extern const char large[17000];\n__attribute__((used, retain)) const char large_copy[17000] = {1};\n'
    )
    path.write_text(f"#ifndef __ASSEMBLER__\n#ifndef LARGE\n#define LARGE\n{text}#endif\n#endif\n")
    return str(path)


def test_readme_tells_each_step_and_code():
    text = (FIRMWARE / "README.md").read_text()
    rows = {
        int(number): name
        for number, name in re.findall(
            r"(?m)^\| (\d+) \| `([a-z_]+)` \|", text.partition("### What it tells")[2]
        )
    }
    assert rows == dict(enumerate(codes()))
    numbered = re.findall(
        r"(?m)^\| (\d+) \| `([a-z]+)` \|", text.partition("### Steps")[2].partition("### What it tells")[0]
    )
    assert [(int(number), name) for number, name in numbered] == list(enumerate(steps()))


def test_without_a_compiler_or_a_core_it_does_not_pass(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    tools.tool.cache_clear()
    try:
        with pytest.raises(UserError, match="apt-get install gcc-riscv64-unknown-elf"):
            build(MINI, tmp_path)
    finally:
        tools.tool.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="run `make setup`"):
        cpu()
    with pytest.raises(UserError, match="run `make setup`"):
        mode_numbers()


def test_flags_hold_the_compiler_to_what_the_core_has():
    assert "-march=rv32i_zicsr" in FLAGS and "-Werror" in FLAGS and GCC in tools.DEBIAN
