"""Extraction of a small cell by klayout-pex: pins in order, devices with their sizes, the substrate on
ground, faults told."""

import gdsfactory as gf
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import box, pin, positions, strap
from neusoc.pdk.spice.ngspice import SpiceError, deck, run
from neusoc.verification.signoff import pex
from neusoc.verification.signoff.pex import FLOATING_OHM, extracted_text

PINS = ["gate", "drain", "top", "bottom", "vss"]


@pytest.fixture(scope="module")
def gds(tmp_path_factory):
    """One 5 V transistor of 2.0 x 0.5 um in a ring, a MIM of 5 x 5 um, and a bar of poly that nothing
    contacts."""
    cell = gf.Component("pex_sample")
    row = cell << finger_row("pex_sample_row", "vss gate drain", "n", 2.0, 0.5, "gate:t", 5.0)
    cell << guard_ring("pex_sample_ring", 3.0, 5.0, "p", "b", voltage=5.0)
    (x, y), (drain, _), gate = (
        positions(row, "vss")[0],
        positions(row, "drain")[0],
        positions(row, "gate", "gate")[0],
    )
    strap(cell, x, -2.5, y)
    pin(cell, "vss", "met1", 0, -2.5)
    pin(cell, "drain", "met1", drain, 0, 0.26, 0.26)
    pin(cell, "gate", "met1", *gate, 0.26, 0.26)
    capacitor = cell << mim("pex_sample_mim", 5.0, 5.0, "top", "bottom")
    capacitor.move((12.0, 0.0))
    pin(cell, "top", "met4", *positions(capacitor, "top", "plate")[0], 0.4, 0.4)
    pin(cell, "bottom", "met3", *positions(capacitor, "bottom", "plate")[0], 0.4, 0.4)
    box(cell, "poly", 5.0, -5.0, 5.35, 5.0)
    path = tmp_path_factory.mktemp("pex") / "pex_sample.gds"
    cell.write_gds(path, with_metadata=False)
    return path


@pytest.mark.parametrize("mode", ["CC", "RC"])
def test_pex_netlist(gds, mode):
    lines = extracted_text("pex_sample", gds, PINS, mode=mode).splitlines()
    assert lines[1] == ".subckt pex_sample gate drain top bottom vss" and lines[-1] == ".ends"
    devices = [line.split() for line in lines if line.startswith("x")]
    assert len(devices) == 1 and devices[0][4:8] == ["vss", "sky130_fd_pr__nfet_g5v0d10v5", "l=0.5", "w=2"]
    assert any(line.startswith("rext") for line in lines) == (mode == "RC")
    assert not any(word in line for line in lines for word in ("sky130_gnd", "$", "\\"))


def test_pex_holds_what_only_capacitors_touch(gds):
    lines = extracted_text("pex_sample", gds, PINS, mode="CC").splitlines()
    floating = [line.split() for line in lines if line.startswith("rfloating")]
    assert len(floating) == 1 and floating[0][2:] == ["vss", f"{FLOATING_OHM:g}"]
    touching = [line for line in lines if floating[0][1] in line.split()]
    assert {line[0] for line in touching} == {"r", "c"}
    sources = (
        "vd drain 0 0\nvg gate 0 0\nvb bottom 0 0\nvs vss 0 0\nvt top 0 0\nxdut gate drain top bottom vss"
        " pex_sample"
    )
    run(deck("\n".join(lines) + "\n" + sources, ["op", "print v(gate)"]))
    without = "\n".join(line for line in lines if not line.startswith("rfloating"))
    with pytest.raises(SpiceError, match="singular"):
        run(deck(without + "\n" + sources, ["op", "print v(gate)"]))


def test_pex_keeps_nothing_of_another_extractor(gds, monkeypatch):
    """What is kept is served as long as the extractor is the same, and only then."""
    kept = extracted_text("pex_sample", gds, PINS, mode="CC")

    def extraction(*_):
        raise AssertionError("extracted anew")

    monkeypatch.setattr(pex, "raw_netlist", extraction)
    assert extracted_text("pex_sample", gds, PINS, mode="CC") == kept
    monkeypatch.setattr(pex, "identity", lambda: "other coefficients")
    with pytest.raises(AssertionError, match="extracted anew"):
        extracted_text("pex_sample", gds, PINS, mode="CC")


def test_pex_capacitance_of_a_mim(gds):
    """Within 10 % of the device model's 2 fF/um2 and 0.38 fF/um."""
    circuit = (
        extracted_text("pex_sample", gds, PINS) + "vd drain 0 0\nvg gate 0 0\nvb bottom 0 0\nvs vss 0 0\n"
    )
    circuit += "vt top 0 pwl(0 0 1n 0 2n 1 5n 1)\nxdut gate drain top bottom vss pex_sample"
    charge = -run(deck(circuit, ["tran 10p 5n", "meas tran charge integ i(vt) from=0 to=5n"])).measures[
        "charge"
    ]
    assert charge == pytest.approx((2 * 25 + 0.38 * 20) * 1e-15, rel=0.1)


@pytest.mark.parametrize(
    ("pins", "ground", "cell", "words"),
    [
        (PINS[:-2] + ["vss"], "vss", "pex_sample", "pin bottom of pex_sample is only in the layout"),
        ([*PINS, "bias"], "vss", "pex_sample", "pin bias of pex_sample is only in the netlist"),
        (PINS, "gnd", "pex_sample", "ground gnd is no pin"),
        (PINS, "vss", "pex_simple", "has no cell pex_simple"),
    ],
)
def test_pex_bad_input(gds, pins, ground, cell, words):
    with pytest.raises(UserError, match=words):
        extracted_text(cell, gds, pins, ground=ground)


def test_pex_unreadable_layout(tmp_path):
    path = tmp_path / "cut.gds"
    path.write_bytes(b"\x00\x06\x00\x02")
    with pytest.raises(UserError, match="cut.gds: not a readable GDS"):
        extracted_text("any", path, ["vss"])
