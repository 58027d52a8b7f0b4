"""Expressions and measurements of vectors: as numpy has them, and as ngspice itself measures; what is not known is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from neusoc.pdk.spice.control import read, run_in
from neusoc.pdk.spice.ngspice import SpiceError, deck, run
from neusoc.pdk.spice.replay import simulate
from neusoc.pdk.spice.vectors import NotTakenOverError, Plot, at, crossing, measured, number, value

TIME = np.linspace(0.0, 1.0, 5)
WAVE = Plot("time", {"time": TIME, "v(a)": np.array([0.0, 2.0, 0.0, -2.0, 0.0]), "i(vdd)": 3 * TIME}, {"good": 2.0})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1.5u", 1.5e-6), ("-2meg", -2e6), ("10uA", 1e-5), ("1e-3", 1e-3), ("1m", 1e-3),
    ],
)  # fmt: skip
def test_number_as_spice_reads_it(text, wanted):
    assert number(text) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v(a)*2 - i(vdd)", WAVE.vectors["v(a)"] * 2 - 3 * TIME), ("-v(a)^2", -(WAVE.vectors["v(a)"] ** 2)),
        ("v(a,0)", WAVE.vectors["v(a)"]),
        ("abs(v(a))/(2*1k)", np.abs(WAVE.vectors["v(a)"]) / 2000), ("good - 1.5", np.array([0.5])), ("vdd#branch+0", 3 * TIME),
        ("2-1-1", np.array([0.0])), ("deriv(i(vdd))", np.full(5, 3.0)),
    ],
)  # fmt: skip
def test_value_is_that_of_numpy(text, wanted):
    assert np.allclose(value(text, WAVE), wanted)


def test_value_of_a_small_signal():
    plot = Plot("frequency", {"frequency": np.array([1.0, 2.0]), "v(g)": np.array([1j, -2.0])})
    assert np.allclose(value("vdb(g)", plot), [0.0, 20 * np.log10(2)])
    assert np.allclose(value("180/pi*cph(v(g))", plot), [90.0, 180.0])


@pytest.mark.parametrize("text", ["sinc(v(a))", "v(a) ? 1 : 0", "v(a) 2", "v(a)+", "(v(a)", "v(a)*)"])
def test_value_refuses_what_it_does_not_know(text):
    with pytest.raises(NotTakenOverError):
        value(text, WAVE)


def test_value_of_a_vector_that_is_not_there():
    with pytest.raises(SpiceError, match=r"no vector v\(b\)"):
        value("v(b)", WAVE)


def test_crossing_of_each_kind():
    wave = WAVE.vectors["v(a)"] - 1.0
    assert crossing(WAVE, wave, "rise", "1") == pytest.approx(0.125)
    assert crossing(WAVE, wave, "fall", "last") == pytest.approx(0.375)
    with pytest.raises(SpiceError, match="out of interval"):
        crossing(WAVE, wave, "rise", "2")
    with pytest.raises(SpiceError, match="out of interval"):
        at(WAVE, wave, 1.5)


@pytest.mark.parametrize("text", ["tran x deriv v(a) at=0.5", "tran x max v(a) from=0 goal=1", "tran x when v(a)=1 fall=1 td=3"])
def test_measured_refuses_what_it_does_not_know(text):
    with pytest.raises(NotTakenOverError):
        measured(text, WAVE)


# every kind of meas that a bench has, on two RC stages
CIRCUIT = "vin in 0 pulse(0 1 10n 1n 1n 200n 1u)\nr1 in mid 1k\nc1 mid 0 20p\nr2 mid out 10k\nc2 out 0 2p\nix 0 out 0"
TRAN = [
    "let drop = v(in) - v(out)", "meas tran rise trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=1", "meas tran half when v(out)=0.5",
    "meas tran last when v(out)=0.5 fall=LAST", "meas tran level find v(out) at=150n", "meas tran other find drop when v(mid)=0.5 fall=1",
    "meas tran most max v(out) from=20n to=60n", "meas tran least min v(out) from=60n to=1.1u",
    "meas tran charge integ i(vin) from=5n to=100n", "meas tran mean avg v(out)", "meas tran then find v(mid) at=half",
    "let twice = 2*half", "print twice",
]  # fmt: skip
DC = ["dc ix 0 10u 0.5u", "meas dc found find v(out) at=3.2u", "meas dc there when v(out)=0.05 rise=1"]
AC = ["ac dec 20 1k 100meg", "let gain = db(v(out)/v(in))", "let phase = 180/pi*cph(v(out)/v(in))", "meas ac corner when gain=-20 fall=1",
      "meas ac angle find phase when gain=-20 fall=1"]  # fmt: skip


def test_measured_is_what_ngspice_measures():
    text = deck(CIRCUIT.replace("vin in 0", "vin in 0 dc 0 ac 1"), ["tran 0.5n 1.2u", *TRAN, *DC, *AC], options="reltol=1e-5")
    own, ours = run(text).measures, run_in(simulate)(text).measures
    wanted = set(re.findall(r"meas \w+ (\w+)", text)) | {"twice"}
    assert wanted <= own.keys() and wanted <= ours.keys()
    for name in wanted:
        assert ours[name] == pytest.approx(own[name], rel=2e-3), name


def test_measured_sees_another_level():
    text = deck(CIRCUIT, ["tran 0.5n 300n", "meas tran half when v(out)=0.5"])
    later = deck(CIRCUIT, ["tran 0.5n 300n", "meas tran half when v(out)=0.6"])
    found = [run_in(simulate)(each).measures["half"] for each in (text, later)]
    assert found[1] > 1.05 * found[0]


@pytest.mark.parametrize("command", ["noise v(out) vin dec 10 1k 1g", "foreach x 1 2", "alter r1", "setseed 3", "reset"])
def test_read_refuses_a_command_without_counterpart(command):
    with pytest.raises(NotTakenOverError, match=command.split()[0]):
        read(deck(CIRCUIT, [command]))


def test_read_refuses_random_devices():
    for text in (deck(CIRCUIT, ["op"], corner="tt_mm"), deck(CIRCUIT, ["op"], options="reltol=1e-4 seed=3")):
        with pytest.raises(NotTakenOverError, match="random"):
            read(text)


def test_read_keeps_what_was_altered_before():
    commands = ["op", "alter vin dc=2", "alter ix = 3u", "alter @n.x1.ncell[x0_nm]=4.5", "alter @vin[acmag] = 1", "op", "print v(out)"]
    found = read(deck(CIRCUIT, commands))
    assert found.steps[0][0].changes == {} and found.steps[0][1] == ()
    assert found.steps[1][0].changes == {("vin", "dc"): 2.0, ("ix", "dc"): 3e-6, ("n.x1.ncell", "x0_nm"): 4.5, ("vin", "ac"): 1.0}
    assert found.steps[1][1] == ("print v(out)",)
