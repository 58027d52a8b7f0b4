"""Models trimmed to a circuit give the same figures as the whole corner, and say whose they are."""

from __future__ import annotations

import re

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.devices import MIM, NFET_01V8, NFET_5V, PFET_01V8, RES_HIGH
from neusoc.pdk.spice.models import model_file
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.pdk.spice.trim import BIN, trimmed

# two bins of one device, one of them of a finger; a resistor, which calls a subcircuit of its own
CIRCUIT = f"""vdd vdd 0 1.8
vin in 0 0.9
xn1 out in 0 0 {NFET_01V8} w=2 l=0.15 nf=2 m=1
xn2 out in 0 0 {NFET_01V8} w=0.42 l=8
+ nf=1 m=1
xn3 out in 0 0 {NFET_5V} W = 1 L = 0.5 nf=1 m=1
xp1 out in vdd vdd {PFET_01V8} w=4 l=1 nf=4 m=1
xr1 vdd out 0 {RES_HIGH} w=0.35 l=10
xc1 out 0 {MIM} w=5 l=5 m=1
"""
COMMANDS = ["op", "print v(out) i(vdd)", "ac lin 1 1meg 1meg", "let c = imag(i(vdd))", "print c"]


def with_models(text, circuit, whole):
    """A deck with other models and another circuit than CIRCUIT."""
    return re.sub(r"(?m)^\.include .*\n", lambda _: text, whole).replace(CIRCUIT.strip(), circuit.strip())


def test_trimmed_models_give_the_same_figures():
    whole = deck(CIRCUIT, COMMANDS)
    text, circuit = trimmed(model_file(), CIRCUIT)
    measures = run(with_models(text, circuit, whole)).measures
    assert measures == run(whole).measures and len(measures) == 3
    assert len(text) < 0.05 * model_file().stat().st_size
    assert len(set(re.findall(rf"{NFET_01V8}_bin\d+", circuit))) == 2
    assert BIN.sub("", circuit) == CIRCUIT
    assert "SkyWater PDK Authors" in text.splitlines()[0] and "Apache License" in text.splitlines()[0]


def test_trimmed_models_miss_what_is_not_there():
    """The whole device is gone, its bin alone is there, and a bin holds no other sizes than its own: ngspice says so."""
    text, circuit = trimmed(model_file(), CIRCUIT)
    whole = deck(CIRCUIT, COMMANDS)
    with pytest.raises(RuntimeError, match="ngspice"):
        run(with_models(text, CIRCUIT, whole))
    first, second = dict.fromkeys(re.findall(rf"{NFET_01V8}_bin\d+", circuit))
    with pytest.raises(RuntimeError, match="ngspice"):
        run(with_models(text, circuit.replace(first, second), whole))


def test_trimmed_models_of_a_circuit_that_is_not_of_numbers():
    with pytest.raises(UserError, match="'{width}' where a number is expected; give its instances w, l and nf as numbers"):
        trimmed(model_file(), f"x1 a b c d {NFET_01V8} w={{width}} l=1")
    with pytest.raises(UserError, match="no bin of the library holds it"):
        trimmed(model_file(), f"x1 a b c d {NFET_01V8} w=0.1 l=1")
    with pytest.raises(UserError, match="the circuit uses none of its devices"):
        trimmed(model_file(), "r1 a 0 1k")
