"""Spread, operating conditions and netlists of the references."""

import re

import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references import benches, decks, levels
from neusoc.analog.references.netlists import (
    Codes,
    closed,
    flat_names,
    nodes,
    prepared,
    sloped,
    subcircuits,
    tied,
)
from neusoc.analog.tests.netlists import changed
from neusoc.pdk.devices import RES_XHIGH
from neusoc.pdk.spice.ngspice import deck, run


@pytest.fixture(scope="module")
def sheet():
    return datasheet("references")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("references")


def test_references_spread_of_a_few_samples(sheet, schematic):
    nominal = sheet.conditions["nominal"][0]
    first, other, again = (benches.sample(schematic, sheet, nominal, seed) for seed in (1, 2, 1))
    assert first == again and first[0.0]["level"] != other[0.0]["level"]
    assert all(abs(one[levels.ROOM]["level"] / 1.2 - 1) < 0.005 for one in (first, other))


def test_references_hold_vref_with_as_much_as_its_sinks_take(sheet, schematic):
    """Sinks of 1.3 times the width take the 10 uA: `load_change` tells of them, and of a loop that is closed
    while it is pushed."""
    wider = changed(schematic, r"^(xn_sink(?:\[\d+\])? .*) w=1 l=4", r"\1 w=1.3 l=4")
    found = measure("references", wider, sheet.at([("tt", 27)]), "schematic", ["load_change"])
    assert "load_change" not in sheet.missed(found)


@pytest.mark.full
def test_references_orders_with_the_write_lines_high_through_reset(sheet, schematic, monkeypatch):
    """As the controller holds them: all words read their default, and no thin gate is above 1.98 V in any
    order of supplies."""
    low = decks.wires()
    monkeypatch.setattr(decks, "wires", lambda: low | {f"write_1v8_{k}": "vdd1v8" for k in range(6)})
    cold = next(c for c in sheet.conditions["few"] if c.corner == "ss")
    found = benches.simulate("orders", schematic, sheet, cold, set())
    assert sheet.parameters["order_gates"].allows(found["order_gates"])
    assert found["well_current"] < 1e-6


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        pytest.param(0, Codes(), marks=pytest.mark.full),
        (8, Codes(scale=40, current=40, threshold=40, rest=1, pick=3)),
    ],
    ids=["all words 0", "all words 8"],
)
def test_references_closed_trees_and_tied_words_equal_the_whole(sheet, schematic, data, codes):
    """At 125 C, where open switches leak: the whole block with a word written into all its latches, against
    what the benches simulate."""
    hot = sheet.conditions["nominal"][0].model_copy(update={"temperature": 125.0})
    few = levels.levels(schematic, sheet, hot, codes)
    text = flat_names(sloped(schematic))
    wires = {"vss": "0", "job_1v8": "0"} | {f"write_1v8_{k}": "vdd1v8" for k in range(6)}
    wires |= {f"d_1v8_{k}": "vdd1v8" if data >> k & 1 else "0" for k in range(6)}
    circuit = "\n".join(
        [
            text,
            "vdd3v3 vdd3v3 0 pwl(0 0 20u 3.3)",
            "vdd1v8 vdd1v8 0 pwl(0 0 20u 1.8)",
            f"xdut {nodes(text, wires)} references",
            "rpad pad 0 1e12",
            "cref vref 0 100p",
            "cread vread 0 20p",
            "vnbias nbias 0 0.65",
            "vcbias cbias 0 0.65",
        ]
    )
    probes = {"level": "v(xdut.t_120)", "vref": "v(vref)", "vth": "v(vth)", "vread": "v(vread)"}
    commands = [
        "tran 1u 3m 0 50u",
        *(f"meas tran {key} find {probe} at=2.99m" for key, probe in probes.items()),
    ]
    found = run(
        deck(circuit, commands, temperature=125, options="reltol=1e-4 method=gear"), timeout=300
    ).measures
    for key in probes:
        assert found[key] == pytest.approx(few[key], abs=0.5e-3), key


def test_references_netlists_refuse_a_strange_netlist(schematic):
    with pytest.raises(KeyError):
        tied(re.sub(r"(?m)^xbit_job .*\n", "", schematic), Codes())
    with pytest.raises(KeyError):
        closed(re.sub(r"(?m)^xslope .*\n", "", schematic), Codes())


def test_references_resistor_has_its_slope(schematic):
    """The PDK's own model gives one value at all temperatures, the benches' one falls with the printed
    coefficients."""
    found = {}
    for name, text in (("own", ""), ("linear", sloped(""))):
        model = RES_XHIGH if name == "own" else "res_xhigh_linear"
        circuit = f"{text}v1 a 0 0.05\nx1 a 0 0 {model} w=0.35 l=8.7"
        for temperature in (27, 125):
            found[name, temperature] = (
                0.05 / -run(deck(circuit, ["op", "print i(v1)"], temperature=temperature)).measures["i(v1)"]
            )
    assert found["own", 125] == pytest.approx(found["own", 27], rel=2e-3)
    assert found["linear", 27] == pytest.approx(found["own", 27], rel=0.01)
    assert found["linear", 125] / found["linear", 27] == pytest.approx(
        1 - 2.47e-3 * 98 + 2.7e-6 * 98 * 102, rel=0.01
    )


def test_references_prepared_netlist_has_few_devices(schematic):
    """What the benches simulate has none of the open switches, and every device of the paths."""
    blocks = subcircuits(prepared(schematic, Codes()).replace("res_xhigh_linear", "r"))
    assert sum(line.startswith("xn_") for line in blocks["path6"][1]) == 6
    assert sum(line.startswith(("xn_", "xp_")) for line in blocks["path5"][1]) == 10
