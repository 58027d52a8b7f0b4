"""The harness' digital pins: what mode each takes at power-up, as `user_defines.v` says it to the shuttle's
tools.

The analog harness has 38 GPIOs and gives 27 of them to the user: io[0..13] are GPIO 0 to 13, io[14..26] are
GPIO 25 to 37; the eleven between are the analog pads. GPIO 0 to 4 have fixed modes. Which of ours are inputs
and outputs stands in digital/rtl/controller_pkg.sv.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.digital.rtl.files import FOLDER

USER_IOS = 27
_FIRST_ABOVE, _ANALOG_PADS = 14, 11  # io from which on the analog pads lie between
INPUT, OUTPUT, BOTH, PULLED = (
    "USER_STD_INPUT_NOPULL",
    "USER_STD_OUTPUT",
    "USER_STD_BIDIRECTIONAL",
    "USER_STD_INPUT_PULLUP",
)
SPARE = "MGMT_STD_INPUT_PULLDOWN"
# GPIO -> its mode, which no user changes
FIXED = {gpio: "FIXED_STD_INPUT_PULLUP" if gpio == 3 else "FIXED_STD_INPUT_NOPULL" for gpio in range(5)}
# signals of the package, and its buses with the constant of their width
_SIGNALS = {
    "AerInReq": INPUT,
    "AerInAck": OUTPUT,
    "AerOutReq": OUTPUT,
    "AerOutAck": INPUT,
    "SpiClock": INPUT,
    "SpiData": BOTH,
    "SpiSelect": PULLED,
}
_BUSES = {"AerInAddress": ("RowAddressWidth", INPUT), "AerOutAddress": ("NeuronAddressWidth", OUTPUT)}
_HARNESS_IOS = range(5)  # for its debug and SPI functions
_DEFINE = re.compile(r"^[ \t]*`define[ \t]+USER_CONFIG_GPIO_(\d+)_INIT[ \t]+(\S+)", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def gpio_of(io: int) -> int:
    """Number of the harness' GPIO behind io[...] of the user's project."""
    return io if io < _FIRST_ABOVE else io + _ANALOG_PADS


def _package(source: Path) -> dict[str, int]:
    """Numbers of the controller's package."""
    found = re.findall(r"localparam int unsigned (\w+) = (\d+);", source.read_text())
    return {name: int(value) for name, value in found}


def roles(source: Path = FOLDER / "controller_pkg.sv") -> dict[int, str]:
    """io -> mode of its GPIO, for the ios that have a choice.

    Raises:
        UserError: the package does not say where a signal is, or puts two on one pin.
    """
    known = _package(source)
    try:
        taken = [(known[f"{name}Pin"], mode) for name, mode in _SIGNALS.items()]
        for name, (width, mode) in _BUSES.items():
            taken += [(known[f"{name}Pin"] + bit, mode) for bit in range(known[width])]
    except KeyError as error:
        raise UserError(
            f"{source.name}: {error.args[0]} is missing; restore it with `git checkout"
            f" digital/rtl/{source.name}`"
        ) from None
    modes = dict(taken)
    if len(modes) < len(taken) or not set(modes) <= set(range(len(_HARNESS_IOS), USER_IOS)):
        outside = f"outside io[{len(_HARNESS_IOS)}] to io[{USER_IOS - 1}]"
        raise UserError(
            f"{source.name}: two signals share a pin, or one lies {outside}; give each a pin of its own"
        )
    for io in range(USER_IOS):
        if gpio_of(io) not in FIXED:
            modes.setdefault(io, SPARE)
    return dict(sorted(modes.items()))


def user_defines() -> str:
    """Text of user_defines.v."""
    lines = [f"`define USER_CONFIG_GPIO_{gpio_of(io)}_INIT `GPIO_MODE_{mode}" for io, mode in roles().items()]
    head = "// Modes of the GPIOs at power-up, generated from digital/rtl/controller_pkg.sv: do not edit."
    return "\n".join(
        [head, "`ifndef __USER_DEFINES_H", "`define __USER_DEFINES_H", "", *lines, "", "`endif", ""]
    )


def read_modes(text: str) -> dict[int, str]:
    """GPIO -> mode (without GPIO_MODE_) as a user_defines.v says, the fixed ones among them; a later line
    counts."""
    return FIXED | {
        int(gpio): mode.removeprefix("`GPIO_MODE_") for gpio, mode in _DEFINE.findall(_COMMENT.sub("", text))
    }
