"""The schematic's cell is the array's: same devices, LVS of the drawn pair, extraction with the ReRAM put
back; faults are told."""

import re

import klayout.db as db
import pytest
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.synapse import sample
from neusoc.analog.synapse.bench import Setup, set_series
from neusoc.layout.array.netlist import spice
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.lvs import run_lvs


def _devices(text, circuit):
    """{instance: (model, parameters)} of one subcircuit."""
    body = re.search(rf"\.subckt {circuit} .*?\n(.*?)\.ends", text, re.S)[1]
    words = [line.split() for line in body.splitlines()]
    return {
        w[0]: (next(x for x in w if x.startswith("sky130")), sorted(x for x in w if "=" in x)) for w in words
    }


def test_synapse_netlist_is_the_arrays():
    drawn, array = _devices(netlist_text("synapse"), "synapse"), _devices(spice(8, 8), "synapse_pair")
    assert drawn["xcell"] == array["xcell0"] == array["xcell1"]
    assert drawn["xreram"] == array["xreram0"] == array["xreram1"]
    assert [net for net, _ in schematic_pins("synapse")] == ["wl", "bl", "sl", "vss"]


@pytest.fixture(scope="module")
def gds(tmp_path_factory):
    return sample.sample_gds(tmp_path_factory.mktemp("synapse"))


def _lvs(gds, text):
    path = gds.with_name("sample.spice")
    path.write_text(text)
    return run_lvs(gds, sample.SAMPLE, [path], gds.parent)


def test_synapse_layout_matches_schematic(gds):
    result = _lvs(gds, sample.sample_netlist())
    assert result.clean and result.devices == (4, 4), result.messages()


@pytest.mark.parametrize(
    ("old", "new"), [(" w=1 ", " w=2 "), ("area_ox=0.1024", "area_ox=0.2"), ("wl[1] bl sl", "wl[0] bl sl")]
)
def test_synapse_lvs_finds_a_planted_fault(gds, old, new):
    text = sample.sample_netlist()
    assert old in text
    assert not _lvs(gds, text.replace(old, new)).clean


def test_synapse_cut_takes_only_the_reram_vias(gds):
    cut = sample.without_reram(gds, gds.with_name("cut.gds"))

    def count(path, name):
        layout = db.Layout()
        layout.read(str(path))
        return (
            db.Region(layout.cell(sample.SAMPLE).begin_shapes_rec(layout.layer(*LAYERS[name])))
            .merged()
            .count()
        )

    assert (count(gds, "reram"), count(cut, "reram")) == (2, 0)
    assert count(gds, "via") - count(cut, "via") == 2 and count(cut, "via") > 0


def test_synapse_extracted_cell_programs_like_the_schematic():
    text = sample.extracted_synapse()
    assert text.count("sky130_fd_pr_reram__reram_cell") == text.count("sky130_fd_pr__nfet_g5v0d10v5") == 2
    assert re.search(r"^rext\S+ .*\bsl\b", text, re.M) and re.search(r"^cext\S+ .*\bbl\b", text, re.M)
    levels = (1.4, 1.8, 2.2)
    drawn, extracted = (
        set_series(levels, setup=Setup(source=s)).conductance for s in ("schematic", "extracted")
    )
    # contacts and wires are a tenth of a kilohm beside the transistor's three: a few per cent less, never
    # more
    assert all(0.94 < e / d < 1.0 for e, d in zip(extracted, drawn, strict=True))
