"""Output enables: does each digital pin's wiring fit the mode that `user_defines.v` gives its GPIO?

cf-precheck asks CVC for this, on a netlist that Magic extracts. This asks the circuit that klayout.db
extracts, by the same rules of its
run_oeb_check: for each mode, what makes an ERROR (the check fails) and what a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from neusoc.verification.shuttle.constant_nets import Constants, Levels, channels
from neusoc.verification.shuttle.gpio import USER_IOS, gpio_of
from neusoc.verification.signoff.erc_circuit import Flat

_SUPPLIES = {"vccd": True, "vdda": True, "vssd": False, "vssa": False}
ANALOG_FROM, ANALOG = 7, 18  # gpio_analog[0] and gpio_noesd[0] lie at io[7]


class Pin(NamedTuple):
    """One digital pin: transistors on its wires, and what output and output enable can be."""

    inputs: int
    outputs: int
    enables: int
    analog: int
    output: Levels
    enable: Levels

    @property
    def drives(self) -> bool:
        """The output changes."""
        return self.outputs > 0 and self.output.constant is None

    @property
    def switches(self) -> bool:
        """The output enable changes."""
        return self.enables > 0 and self.enable.constant is None

    @property
    def no_output(self) -> bool:
        return self.outputs == 0 and self.output.constant is None

    @property
    def no_enable(self) -> bool:
        return self.enables == 0 and self.enable.constant is None


class Finding(NamedTuple):
    """A wrong pin: its GPIO, whether that fails the check, and why."""

    gpio: int
    error: bool
    text: str

    def __str__(self) -> str:
        return f"GPIO {self.gpio}: {'error' if self.error else 'warning'}: {self.text}"


Rule = tuple[bool, str, Callable[[Pin], bool]]  # whether it is an error, what is wrong, when

_IGNORED: list[Rule] = [
    (False, "the chip's output does not reach the pad", lambda p: p.drives),
    (False, "the chip's output enable does not reach the pad", lambda p: p.switches),
]
_NOT_ANALOG: list[Rule] = [(False, "an analog wire on a digital pin", lambda p: p.analog > 0)]
_UNDRIVEN: list[Rule] = [
    (True, "the chip reads an input that nothing drives in this mode", lambda p: p.inputs > 0)
]
_WIRED: list[Rule] = [
    (True, "output is not connected, which this mode needs", lambda p: p.no_output),
    (True, "output enable is not connected, which this mode needs", lambda p: p.no_enable),
]
_NOT_READ: list[Rule] = [(False, "no input is connected", lambda p: p.inputs == 0)]


def _pull(level: bool) -> list[Rule]:
    word = "high" if level else "low"
    return [
        *_NOT_READ,
        (
            True,
            f"output is not always {word}, which makes the pull",
            lambda p: p.output.constant is not level,
        ),
        (
            True,
            "output enable is not always low, which makes the pull",
            lambda p: p.enable.constant is not False,
        ),
        *_NOT_ANALOG,
    ]


RULES: dict[str, list[Rule]] = {
    **dict.fromkeys(
        (
            "FIXED_STD_INPUT_NOPULL",
            "FIXED_STD_INPUT_PULLUP",
            "MGMT_STD_INPUT_NOPULL",
            "MGMT_STD_INPUT_PULLDOWN",
            "MGMT_STD_INPUT_PULLUP",
            "MGMT_STD_BIDIRECTIONAL",
        ),
        [*_IGNORED, *_NOT_ANALOG],
    ),
    "MGMT_STD_OUTPUT": [*_UNDRIVEN, *_IGNORED, *_NOT_ANALOG],
    "MGMT_STD_ANALOG": [*_UNDRIVEN, *_IGNORED],
    "USER_STD_INPUT_NOPULL": [*_NOT_READ, *_WIRED, *_IGNORED, *_NOT_ANALOG],
    "USER_STD_INPUT_PULLDOWN": _pull(False),
    "USER_STD_INPUT_PULLUP": _pull(True),
    "USER_STD_OUTPUT": [
        *_UNDRIVEN,
        *_WIRED,
        (False, "output is constant", lambda p: p.output.constant is not None),
        (False, "output is never enabled", lambda p: not p.no_enable and not p.enable.low),
        *_NOT_ANALOG,
    ],
    "USER_STD_BIDIRECTIONAL": [
        (False, "no input is connected", lambda p: p.inputs == 0 and p.enable.constant is not False),
        *_WIRED,
        (
            False,
            "output is constant",
            lambda p: p.output.constant is not None and p.enable.constant is not True,
        ),
        (False, "output is never enabled", lambda p: not p.no_enable and not p.enable.low),
        (False, "output is always enabled", lambda p: not p.no_enable and not p.enable.high),
        *_NOT_ANALOG,
    ],
    "USER_STD_ANALOG": [
        *_UNDRIVEN,
        *_WIRED,
        *_IGNORED,
        (False, "no analog wire is connected", lambda p: p.analog == 0),
    ],
}


def read_pins(flat: Flat) -> dict[int, Pin]:
    """io -> its pin, as a circuit of the wrapper has it."""
    touched: dict[int, int] = {}
    for _, mos in flat.transistors():
        for net in (mos.drain, mos.gate, mos.source):
            touched[net] = touched.get(net, 0) + 1
    supplies = {
        net: level
        for name, net in flat.pins.items()
        for kind, level in _SUPPLIES.items()
        if name.startswith(kind)
    }
    constants = Constants(channels(flat), supplies)

    def count(*names: str) -> int:
        return sum(touched.get(flat.pins[name], 0) for name in names if name in flat.pins)

    def levels(name: str) -> Levels:
        return constants.of(flat.pins[name]) if name in flat.pins else Levels(None, False, False)

    found = {}
    for io in range(USER_IOS):
        at = io - ANALOG_FROM
        wires = (f"gpio_analog[{at}]", f"gpio_noesd[{at}]") if 0 <= at < ANALOG else ()
        found[io] = Pin(
            count(f"io_in[{io}]", f"io_in_3v3[{io}]"),
            count(f"io_out[{io}]"),
            count(f"io_oeb[{io}]"),
            count(*wires),
            levels(f"io_out[{io}]"),
            levels(f"io_oeb[{io}]"),
        )
    return found


def check_output_enables(flat: Flat, modes: Mapping[int, str]) -> list[Finding]:
    """What does not fit.

    Args:
        flat: circuit of the wrapper.
        modes: GPIO -> mode without GPIO_MODE_, as of gpio.read_modes().
    """
    found = []
    for io, pin in read_pins(flat).items():
        gpio = gpio_of(io)
        mode = modes.get(gpio)
        if mode is None:
            found.append(Finding(gpio, True, "user_defines.v gives it no mode"))
        elif mode in RULES:
            found += [
                Finding(gpio, error, f"{text} ({mode})") for error, text, wrong in RULES[mode] if wrong(pin)
            ]
        elif pin.drives and not pin.enable.low:  # of a mode by number only this is known
            found.append(Finding(gpio, True, f"an output that can never be enabled ({mode})"))
    return found
