"""bringup_chip.h: what bring-up knows of a chip, from the sources that others take it from too.

Pins come from the controller's package (digital/pinmap.py), their modes from what user_defines.v says
(verification/shuttle/gpio.py), the numbers of the modes from the harness' own checker (cf-precheck), the
registers from controller.rdl.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.digital.pinmap import PINS
from neusoc.digital.regs.generate import field_reset, is_setting, registers
from neusoc.verification.shuttle.gpio import gpio_of, roles

NAME = "bringup_chip.h"
_DEFINE = re.compile(r"`define GPIO_MODE_(\w+)\s+13'h([0-9a-fA-F]{4})")
# The harness' own (verilog/rtl/user_defines.v of the Caravel repositories); the checker's have the two
# directions of the pull exchanged: in the pad (sky130_fd_io__top_gpiov2) dm 010 is a weak high and a strong
# low, 011 the reverse.
PULLS = {
    "MGMT_STD_INPUT_PULLDOWN": 0x0C01,
    "MGMT_STD_INPUT_PULLUP": 0x0801,
    "USER_STD_INPUT_PULLDOWN": 0x0C00,
    "USER_STD_INPUT_PULLUP": 0x0800,
}
PORTS = "aer_"  # names of the pins that bring-up tests; those of the SPI port belong to its master
# While bring-up tests the ports: it drives what the chip takes, with its own input on, and sees what the chip
# drives.
DRIVEN, SEEN = "MGMT_STD_BIDIRECTIONAL", "USER_STD_BIDIRECTIONAL"
# What the walk leaves alone in a register: neurons that run.
LEFT_OUT = {"ctrl": "enable"}


def mode_numbers() -> dict[str, int]:
    """Name of a mode, without GPIO_MODE_ -> its 13 bits, of the harness' checker; those with a pull are
    PULLS.

    Raises:
        UserError: cf-precheck is not there, or names no modes.
    """
    found = importlib.util.find_spec("cf_precheck")
    path = (
        Path((found.submodule_search_locations or [""])[0])
        / "checks"
        / "verilog_assets"
        / "gpio_modes_base.v"
        if found
        else None
    )
    if path is None or not path.is_file():
        raise UserError("cf-precheck: its modes of GPIOs are not found; run `make setup`")
    modes = {name: int(number, 16) for name, number in _DEFINE.findall(path.read_text())}
    if not modes:
        raise UserError(f"{path.name}: has no modes of GPIOs; restore cf-precheck with `make setup`")
    return modes | PULLS


def gpio_modes() -> dict[int, int]:
    """GPIO -> number of the mode that user_defines.v gives it; those with a fixed mode are left out."""
    numbers = mode_numbers()
    return {gpio_of(io): numbers[mode] for io, mode in roles().items()}


def walked() -> list[tuple[str, int, int, int]]:
    """Registers that hold what software writes: name, offset, bits, value after reset."""
    found = []
    for name, node in registers().items():
        fields = [field for field in node.fields() if field.inst_name != LEFT_OUT.get(name)]
        if not is_setting(node) or not fields:
            continue
        bits = sum(((1 << field.width) - 1) << field.lsb for field in fields)
        reset = sum((field_reset(field) or 0) << field.lsb for field in fields)
        found.append((name, node.absolute_address, bits, reset))
    return found


def _pin_lines() -> list[str]:
    lines = []
    for name, pin in PINS.items():
        macro = f"NEUSOC_GPIO_{name.upper()}"
        if pin.width == 1:
            lines.append(f"#define {macro} {gpio_of(pin.first)}")
        else:
            gpios = [gpio_of(pin.first + bit) for bit in range(pin.width)]
            if gpios != list(range(gpios[0], gpios[0] + pin.width)):
                raise UserError(
                    f"controller_pkg.sv: {name} lies on both sides of the analog pads; give it GPIOs that"
                    " follow each other"
                )
            lines.append(f"#define {macro}(bit) ({gpios[0]} + (bit))")
    return lines


def header(chip: Chip) -> str:
    """Text of bringup_chip.h.

    Raises:
        UserError: as of mode_numbers() and roles(), or a bus of the ports whose GPIOs do not follow each
            other.
    """
    numbers, modes, walks = mode_numbers(), gpio_modes(), walked()
    tested = {
        gpio_of(pin.first + bit): DRIVEN if pin.direction == "input" else SEEN
        for name, pin in PINS.items()
        if name.startswith(PORTS)
        for bit in range(pin.width)
    }
    lines = [
        "/* Generated of controller.rdl, controller_pkg.sv and the harness' modes: do not edit. */",
        "#ifndef NEUSOC_BRINGUP_CHIP_H",
        "#define NEUSOC_BRINGUP_CHIP_H",
        "",
        "#include <stdint.h>",
        "",
        (
            f"enum {{ NEUSOC_CHIP_ROWS = {chip.rows}, NEUSOC_CHIP_COLUMNS = {chip.columns},"
            f" NEUSOC_CHIP_NEURONS = {chip.neurons} }};"
        ),
        (
            f"enum {{ NEUSOC_ROW_BITS = {PINS['aer_in_address'].width}, NEUSOC_NEURON_BITS ="
            f" {PINS['aer_out_address'].width} }};"
        ),
        *_pin_lines(),
        "",
        "typedef struct {",
        "  uint16_t gpio, mode;",
        "} neusoc_gpio;",
        (
            f"enum {{ NEUSOC_GPIOS = {len(modes)}, NEUSOC_TESTED = {len(tested)}, NEUSOC_WALKED ="
            f" {len(walks)} }};"
        ),
        "static const neusoc_gpio neusoc_gpios[NEUSOC_GPIOS] = {",
        *(f"    {{{gpio}, 0x{mode:04X}}}," for gpio, mode in sorted(modes.items())),
        "};",
        "static const neusoc_gpio neusoc_tested[NEUSOC_TESTED] = {",
        *(f"    {{{gpio}, 0x{numbers[mode]:04X}}}, /* {mode} */" for gpio, mode in sorted(tested.items())),
        "};",
        "",
        "typedef struct {",
        "  uint32_t offset, bits, reset;",
        "} neusoc_walk;",
        "static const neusoc_walk neusoc_walks[NEUSOC_WALKED] = {",
        *(
            f"    {{0x{offset:02X}, 0x{bits:08X}, 0x{reset:08X}}}, /* {name} */"
            for name, offset, bits, reset in walks
        ),
        "};",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)
