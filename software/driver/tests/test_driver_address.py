"""Addresses of chips: what they open, and one sentence for each that is none; the verb that prints a chip."""

import sys
from importlib.util import find_spec

import pytest
from neusoc.base.errors import UserError
from neusoc.flow import cli
from neusoc.software.driver.backends import address as address_module
from neusoc.software.driver.backends.address import (
    MODULES,
    LineOptions,
    Options,
    line_options,
    open_backend,
    options,
    register_backend,
)

BAD = [
    ("mini", "mini: no backend 'mini'; write it like emulator:mini?seed=1"),
    (
        "usb:/dev/ttyUSB0",
        "usb:/dev/ttyUSB0: no backend 'usb'; write it like emulator:mini?seed=1 or serial:/dev/ttyUSB0",
    ),
    ("serial:", "serial:: names no line; write it like serial:/dev/ttyUSB0"),
    ("serial:/dev/null/none", "/dev/null/none: cannot be opened (Not a directory)"),
    ("serial:/dev/gone", "/dev/gone: cannot be opened (No such file or directory); check the path"),
    (
        "serial:/dev/null",
        "/dev/null: is no serial line that takes 115200 baud (Inappropriate ioctl for device)",
    ),
    ("serial:/dev/null?baud=5", "/dev/null: baud=5 is unknown; choose one of 50, 75"),
    ("serial:/dev/null?baud=fast", "baud=fast is no number"),
    ("serial:/dev/null?timeout_ms=0", "timeout_ms=0 waits for no answer; give 1 or more"),
    ("serial:/dev/null?seed=1", "no option seed; choose of baud, timeout_ms"),
    ("emulator:", "emulator:: names no variant of chip.yaml"),
    ("emulator:huge", "chip.yaml: variants has no 'huge'"),
    ("emulator:mini?seed", "'seed' is no list of options"),
    ("emulator:mini?seed=", "seed= is no number"),
    ("emulator:mini?seed=-1", "seed=-1 is no number; give 0 to"),
    ("emulator:mini?seed=1&seed=2", "an option comes twice"),
    ("emulator:mini?sead=1", "no option sead; choose of seed, cells, answers"),
    ("emulator:mini?cells=pcm", "cells=pcm is unknown; choose reram or integer"),
]
DEAD = ("emulator:mini?cells=integer&answers=9", "the bus does not answer")


def test_backend_of_another_floor_is_there_once_it_was_registered(monkeypatch):
    monkeypatch.setattr(address_module, "_added", {})
    with pytest.raises(
        UserError,
        match=r"^rtl:mini: no backend 'rtl' yet; import neusoc\.verification\.software\.rtl_backend first$",
    ):
        open_backend("rtl:mini")
    asked = []
    register_backend("rtl", lambda *words: asked.append(words), "rtl:mini")
    register_backend("cloud", lambda *words: asked.append(words), "cloud:7")
    open_backend("rtl:mini?seed=3")
    assert asked == [("rtl:mini?seed=3", "mini", "seed=3")]
    with pytest.raises(UserError, match=r"or rtl:mini or cloud:7$"):
        open_backend("usb:7")


def test_modules_of_other_floors_exist():
    assert all(find_spec(module) for module in MODULES.values())


@pytest.mark.parametrize(("address", "said"), BAD)
def test_bad_addresses(address, said):
    with pytest.raises(UserError) as told:
        open_backend(address)
    assert said in str(told.value) and "\n" not in str(told.value)


def test_line_options():
    assert line_options("a", "") == LineOptions(115200, 1000) and line_options(
        "a", "timeout_ms=20&baud=9600"
    ) == LineOptions(9600, 20)


def test_options():
    assert options("a", "") == Options(1, "reram", None) and options(
        "a", "seed=3&cells=integer&answers=0"
    ) == Options(3, "integer", 0)


def _run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["neusoc", "chip", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code or 0


def test_verb_prints_identity_and_registers(monkeypatch, capsys):
    assert _run(monkeypatch, "emulator:mini?seed=1&cells=integer") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["variant", "mini"] and "8 rows, 8 columns" in lines[1]
    shown = {line.split()[1]: line for line in lines if line.startswith("0x")}
    assert (
        shown["timing"].startswith("0x0C") and "rail=59" in shown["timing"] and "magic=20051" in shown["id"]
    )
    assert "command" not in shown and "result" not in shown and "event_out" not in shown


@pytest.mark.parametrize(("address", "said"), [*BAD[:1], *BAD[4:6], *BAD[11:14], DEAD])
def test_verb_ends_with_one_sentence(address, said, monkeypatch, capsys):
    assert _run(monkeypatch, address) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
