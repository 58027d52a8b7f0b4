"""Output enables on small circuits: a sound wrapper has no finding, each planted fault has its own."""

import random

import pytest
from neusoc.pdk.devices import NFET_01V8, PFET_01V8
from neusoc.verification.shuttle.gpio import (
    BOTH,
    INPUT,
    OUTPUT,
    PULLED,
    USER_IOS,
    gpio_of,
    read_modes,
    roles,
    user_defines,
)
from neusoc.verification.shuttle.output_enable import RULES, check_output_enables, read_pins
from neusoc.verification.signoff.device_classes import POLY_SHORT
from neusoc.verification.signoff.erc_circuit import of_circuits
from neusoc.verification.signoff.reader import Call, Circuit, Device

SIZE = {"W": 1.0, "L": 0.15}
LOW, HIGH = "vssd1", "vccd1"
MODES = read_modes(user_defines())
INPUTS, OUTPUTS, TURNED, WEAK = (
    [io for io, mode in roles().items() if mode == wanted] for wanted in (INPUT, OUTPUT, BOTH, PULLED)
)
FREE = 0  # an io with a fixed mode
SEEDS = range(20)

INVERTER = Circuit(
    "inverter",
    ("a", "y", "vccd1", "vssd1"),
    (
        Device("p", PFET_01V8, ("y", "a", "vccd1", "vccd1"), SIZE),
        Device("n", NFET_01V8, ("y", "a", "vssd1", "vssd1"), SIZE),
    ),
    (),
)
TIE = Circuit(
    "tie",
    ("hi", "lo", "vccd1", "vssd1"),
    (Device("r_hi", POLY_SHORT, ("hi", "vccd1"), {}), Device("r_lo", POLY_SHORT, ("lo", "vssd1"), {})),
    (),
)


class Wires:
    """A wrapper whose outputs hang on inverters, enables of outputs on a tie cell behind two inverters, the
    rest on the tie cell."""

    def __init__(self):
        self.driver: dict[str, str] = {}
        for io in range(USER_IOS):
            changes = io in OUTPUTS
            self.driver[f"io_out[{io}]"] = "changes" if changes else "low"
            self.driver[f"io_oeb[{io}]"] = "low, buffered" if changes else "high"
        self.driver |= {f"io_{wire}[{io}]": "changes" for io in TURNED for wire in ("out", "oeb")}
        self.driver |= {f"io_out[{io}]": "high" for io in WEAK} | {f"io_oeb[{io}]": "low" for io in WEAK}
        self.read = {f"io_in[{io}]" for io in (*INPUTS, *TURNED, *WEAK)}

    def circuit(self):
        calls = [
            Call("tie", ("hi", "lo", HIGH, LOW), "tie"),
            Call("first", ("lo", "hi_buffered", HIGH, LOW), "inverter"),
        ]
        for number, (net, kind) in enumerate(sorted(self.driver.items())):
            source = {"changes": "state", "low, buffered": "hi_buffered", "high, buffered": "lo"}.get(kind)
            if source:
                calls.append(Call(f"x{number}", (source, net, HIGH, LOW), "inverter"))
            elif kind in ("low", "high"):
                hi, lo = (net, f"open{number}") if kind == "high" else (f"open{number}", net)
                calls.append(Call(f"t{number}", (hi, lo, HIGH, LOW), "tie"))
        calls += [
            Call(f"r{number}", (net, f"read{number}", HIGH, LOW), "inverter")
            for number, net in enumerate(sorted(self.read))
        ]
        pins = (
            *sorted({*self.driver, *(f"io_in[{io}]" for io in range(USER_IOS))}),
            "gpio_analog[3]",
            HIGH,
            LOW,
        )
        top = Circuit("top", pins, (), tuple(calls))
        return of_circuits({"top": top, "inverter": INVERTER, "tie": TIE}, "top")


def _errors(wires: Wires, modes=MODES):
    return [finding for finding in check_output_enables(wires.circuit(), modes) if finding.error]


def test_shuttle_enables_of_a_sound_wrapper():
    assert check_output_enables(Wires().circuit(), MODES) == []


def test_shuttle_enables_know_constants_behind_gates():
    pins = read_pins(Wires().circuit())
    output, unused = pins[OUTPUTS[0]], pins[FREE]
    assert (
        output.enable.constant is False
        and output.output.constant is None
        and output.output.low
        and output.output.high
    )
    assert unused.enable.constant is True and unused.output.constant is False and unused.outputs == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_shuttle_enables_find_an_output_that_hangs(seed):
    wires, io = Wires(), random.Random(seed).choice(OUTPUTS + INPUTS)
    wires.driver[f"io_out[{io}]"] = "nothing"
    assert [(f.gpio, f.text.split(",")[0]) for f in _errors(wires)] == [
        (gpio_of(io), "output is not connected")
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_shuttle_enables_find_an_enable_that_hangs(seed):
    wires, io = Wires(), random.Random(seed).choice(OUTPUTS + INPUTS)
    wires.driver[f"io_oeb[{io}]"] = "nothing"
    assert [(f.gpio, f.text.split(",")[0]) for f in _errors(wires)] == [
        (gpio_of(io), "output enable is not connected")
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_shuttle_enables_find_an_output_that_is_read(seed):
    wires, io = Wires(), random.Random(seed).choice(OUTPUTS)
    wires.read.add(f"io_in[{io}]")
    assert [(f.gpio, f.text.split(" that")[0]) for f in _errors(wires)] == [
        (gpio_of(io), "the chip reads an input")
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_shuttle_enables_find_a_missing_mode(seed):
    gpio = gpio_of(random.Random(seed).choice(OUTPUTS + INPUTS))
    found = _errors(Wires(), {g: mode for g, mode in MODES.items() if g != gpio})
    assert [(f.gpio, f.text) for f in found] == [(gpio, "user_defines.v gives it no mode")]


@pytest.mark.parametrize("seed", SEEDS)
def test_shuttle_enables_find_a_pull_that_is_none(seed):
    """A pull-up needs an output that is always high, a pull-down one that is always low, enabled."""
    wires, io = Wires(), random.Random(seed).choice(INPUTS)
    up = seed % 2
    modes = MODES | {gpio_of(io): "USER_STD_INPUT_PULLUP" if up else "USER_STD_INPUT_PULLDOWN"}
    wires.driver |= {f"io_out[{io}]": "high" if up else "low", f"io_oeb[{io}]": "low, buffered"}
    assert _errors(wires, modes) == []
    wires.driver[f"io_out[{io}]"] = random.Random(seed).choice(("low" if up else "high", "changes"))
    assert len(_errors(wires, modes)) == 1
    wires.driver[f"io_oeb[{io}]"] = "changes"
    assert len(_errors(wires, modes)) == 2


@pytest.mark.parametrize(
    ("mode", "driver", "warning"),
    [
        (OUTPUT, {"io_oeb": "high"}, "output is never enabled"),
        (OUTPUT, {"io_out": "high, buffered"}, "output is constant"),
        (INPUT, {"io_out": "changes"}, "the chip's output does not reach the pad"),
        ("MGMT_STD_INPUT_PULLUP", {"io_oeb": "changes"}, "the chip's output enable does not reach the pad"),
        ("USER_STD_BIDIRECTIONAL", {"io_out": "changes", "io_oeb": "low"}, "output is always enabled"),
        ("USER_STD_ANALOG", {}, "no analog wire is connected"),
    ],
)
def test_shuttle_enables_warn(mode, driver, warning):
    wires, io = Wires(), {OUTPUT: OUTPUTS, INPUT: INPUTS, BOTH: TURNED}.get(mode, [FREE])[0]
    wires.driver |= {f"{name}[{io}]": kind for name, kind in driver.items()}
    if mode == INPUT:
        wires.read.add(f"io_in[{io}]")
    found = check_output_enables(wires.circuit(), MODES | {gpio_of(io): mode})
    assert warning in {f.text.removesuffix(f" ({mode})") for f in found if not f.error} and not any(
        f.error for f in found
    )


def test_shuttle_enables_of_a_mode_by_number():
    wires = Wires()
    io = OUTPUTS[0]
    modes = MODES | {gpio_of(io): "13'h1808"}
    assert check_output_enables(wires.circuit(), modes) == []
    wires.driver[f"io_oeb[{io}]"] = "high"
    assert [f.gpio for f in _errors(wires, modes)] == [gpio_of(io)]


def test_shuttle_enables_know_every_mode_of_the_tool():
    """The modes that its Verilog defines; OUT_MONITORED has no rule there either."""
    import importlib.util
    import re
    from pathlib import Path

    root = Path(importlib.util.find_spec("cf_precheck").submodule_search_locations[0])
    text = (root / "checks/verilog_assets/gpio_modes_base.v").read_text()
    named = set(re.findall(r"`define GPIO_MODE_(\w+)", text)) - {"INVALID", "USER_STD_OUT_MONITORED"}
    assert named == {mode for mode in RULES if not mode.startswith("FIXED")}
