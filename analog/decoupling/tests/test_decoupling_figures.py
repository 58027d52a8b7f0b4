"""Figures of the decoupling against its datasheet: some corners, all of them in the full tier, and what the bench must see."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.decoupling import benches

QUICK = [("tt", 27), ("ss_ll", 125), ("ss_ll", -40)]


def test_decoupling_figures_quick():
    sheet = datasheet("decoupling")
    assert sheet.missed(measure("decoupling", netlist_text("decoupling"), sheet.at(QUICK), "schematic")) == {}


@pytest.mark.full
def test_decoupling_figures():
    sheet = datasheet("decoupling")
    assert sheet.missed(measure("decoupling", netlist_text("decoupling"), sheet, "schematic")) == {}


def test_decoupling_level_is_that_of_the_references():
    """setup.vread, at which the plates are measured, within the limits that references.yaml sets to that level."""
    limits = datasheet("references").parameters["vread"]
    assert limits.unit == "mV" and limits.allows(1e3 * datasheet("decoupling").setup["vread"])


@pytest.mark.parametrize(
    ("good", "bad", "figure"),
    [
        (r"w=735 l=20 nf=147", "w=665 l=20 nf=133", "vref"),                        # the spare row and one more
        (r"xc_vread\[7\] .*\n", "", "vread"),                                       # one plate
        (r"nfet_01v8 w", "nfet_g5v0d10v5 w", "vref"),                               # the other oxide
    ],
)  # fmt: skip
def test_decoupling_bench_sees_faults(good, bad, figure):
    sheet, dut = datasheet("decoupling"), netlist_text("decoupling")
    wrong = re.sub(good, bad, dut)
    assert wrong != dut
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ss_ll", 125))
    assert not sheet.parameters[figure].allows(benches.simulate("small", wrong, sheet, hot, {figure})[figure])
