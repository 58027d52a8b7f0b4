"""Bring-up compiled for the management core: RV32I by Debian's compiler, with Debian's picolibc for what the
compiler itself calls (memset), held to the memories that it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import write_atomic
from neusoc.base.tools import run, tool
from neusoc.digital.regs.generate import generate_c_header
from neusoc.verification.firmware.headers import NAME, header

FIRMWARE = ROOT / "firmware"
GCC, SIZE, NM, OBJCOPY = (f"riscv64-unknown-elf-{name}" for name in ("gcc", "size", "nm", "objcopy"))
SOURCES = ("start.S", "bringup_main.c", "bringup.c", "neusoc.c", "images.c")
FLAGS = (
    "--specs=picolibc.specs",
    "-march=rv32i_zicsr",
    "-mabi=ilp32",
    "-Os",
    "-std=gnu11",
    "-ffreestanding",
    "-nostartfiles",
    "-fno-delete-null-pointer-checks",  # RAM begins at 0
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)
# Promised before it was first compiled: a part of the flash, and the whole RAM of the harness' management
#   core.
MOST_FLASH, MOST_RAM = 16 * 1024, 1536


@dataclass(frozen=True)
class Firmware:
    """Compiled firmware.

    Attributes:
        elf: the program.
        words: its flash as $readmemh takes it.
        flash: bytes of code, constants and first values.
        data: bytes of variables.
        symbols: addresses.
    """

    elf: Path
    words: Path
    flash: int
    data: int
    symbols: dict[str, int]


def sources() -> list[Path]:
    """Files of the firmware."""
    return [FIRMWARE / name for name in SOURCES]


def inputs() -> list[Path]:
    """All files that it is made of, but for generated ones."""
    return [*sources(), *(FIRMWARE / name for name in ("bringup.h", "neusoc.h", "caravel.h", "caravel.ld"))]


def build(chip: Chip, folder: Path, more: Sequence[str] = ()) -> Firmware:
    """Compile bring-up for a chip.

    Args:
        chip: the variant, whose size it expects.
        folder: folder of what is made.
        more: options beside.

    Raises:
        UserError: there is no compiler for RISC-V, it finds a fault, or the program does not fit its
            memories; names the log.
    """
    tool(GCC)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / NAME, header(chip))
    elf, binary, words = (folder / name for name in ("bringup.elf", "bringup.bin", "bringup.hex"))
    found = ["-I", folder, "-I", FIRMWARE, "-I", generate_c_header().parent]
    link = ["-T", FIRMWARE / "caravel.ld", *sources(), "-o", elf]
    run([tool(GCC), *FLAGS, *more, *found, *link], log=folder / "gcc.log", timeout=120)
    run(
        [OBJCOPY, "-O", "binary", "-j", ".text", "-j", ".rodata", "-j", ".data", elf, binary],
        log=folder / "objcopy.log",
        timeout=60,
    )
    flash = binary.read_bytes()
    write_atomic(
        words,
        "".join(
            f"{int.from_bytes(flash[k : k + 4].ljust(4, bytes(1)), 'little'):08x}\n"
            for k in range(0, len(flash), 4)
        ),
    )
    sizes = run([SIZE, "-A", elf], log=folder / "size.log", timeout=60)
    symbols = run([NM, elf], log=folder / "nm.log", timeout=60)
    return Firmware(
        elf,
        words,
        *_sizes(sizes),
        {name: int(at, 16) for at, name in re.findall(r"(?m)^([0-9a-f]+) \w (\w+)$", symbols)},
    )


def _sizes(text: str) -> tuple[int, int]:
    """Bytes of flash and of variables, as `size -A` says."""
    found = {name: int(size) for name, size in re.findall(r"(?m)^\.(text|rodata|data|bss)\s+(\d+)", text)}
    if "text" not in found:
        raise UserError(f"{SIZE}: names no .text; see size.log")
    return sum(found.get(name, 0) for name in ("text", "rodata", "data")), found.get("data", 0) + found.get(
        "bss", 0
    )
