"""The core as extracted from its layout, without the resistance of wires, against its schematic: it starts
and has the same level."""

import re

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.cells.catalogue import written
from neusoc.analog.references.netlists import flat_names, subcircuits
from neusoc.pdk.devices import PNP
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.verification.signoff.pex import extracted_text

SLOPE = 4  # its middle code


def _subcircuit(name):
    return re.search(rf"^\.subckt {name} .*?^\.ends\n", netlist_text("references"), re.M | re.S)[0]


def _level(text, temperature):
    """Of the core with its starter, 2 ms after the supply has come up within 20 us, V."""
    wires = {"vss": "0"}
    for i in range(3):
        high = SLOPE >> i & 1
        wires |= {f"slope[{i}]": "vdd3v3" if high else "0", f"slope_b[{i}]": "0" if high else "vdd3v3"}
    pins = subcircuits(netlist_text("references"))["bandgap_core"][0]
    circuit = "\n".join(
        [
            flat_names(text + _subcircuit("starter")),
            "vdd3v3 vdd3v3 0 pwl(0 0 20u 3.3)",
            "xstart out pg vdd3v3 0 starter",
            f"xdut {' '.join(wires.get(pin, pin) for pin in pins)} bandgap_core",
        ]
    )
    commands = ["tran 1u 2m 0 20u", "meas tran level find v(out) at=1.99m"]
    return run(
        deck(circuit, commands, temperature=temperature, options="reltol=1e-4 method=gear"), timeout=300
    ).measures["level"]


@pytest.mark.full
def test_references_core_extracted_has_the_schematics_level(tmp_path):
    gds, _ = written("bandgap_core", tmp_path)
    extracted = extracted_text(
        "bandgap_core", gds, subcircuits(netlist_text("references"))["bandgap_core"][0], mode="CC"
    )
    assert sorted(re.findall(rf"{PNP.lower()} m=(\d+)", extracted)) == ["1", "24"]
    drawn = "".join(_subcircuit(name) for name in ("bandgap_core", "reference_ota", "slope_tree"))
    for temperature in (-40, 27, 125):
        assert _level(extracted, temperature) == pytest.approx(_level(drawn, temperature), abs=2e-3)
