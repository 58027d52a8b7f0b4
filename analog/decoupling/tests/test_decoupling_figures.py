"""Figures of the decoupling against its datasheet: some corners, all of them in the full tier, and what the bench must see."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text

QUICK = [("tt", 27), ("ss_ll", 125), ("ss_ll", -40)]


def test_decoupling_figures_quick():
    sheet = datasheet("decoupling")
    found = measure("decoupling", netlist_text("decoupling"), sheet.at(QUICK), "schematic", sheet.names("small"))
    assert sheet.missed(found) == {}


@pytest.mark.full
def test_decoupling_figures():
    sheet = datasheet("decoupling")
    assert sheet.missed(measure("decoupling", netlist_text("decoupling"), sheet, "schematic")) == {}


def test_decoupling_loop_is_judged_as_that_of_the_references():
    """The same limits and the same conditions; where references.yaml names no level of vref, it is 0.9 V."""
    mine, theirs = datasheet("decoupling"), datasheet("references")
    for name in ("margin", "crossover"):
        one, other = mine.parameters[name], theirs.parameters[name]
        assert (one.minimum, one.maximum, one.unit) == (other.minimum, other.maximum, other.unit)
    wanted = [c.model_copy(update={"vref": c.vref or 0.9}) for c in theirs.conditions[theirs.parameters["margin"].conditions]]
    assert mine.conditions["loop"] == wanted


def test_decoupling_level_is_that_of_the_references():
    """setup.vread, at which the plates are measured, within the limits that references.yaml sets to that level."""
    limits = datasheet("references").parameters["vread"]
    assert limits.unit == "mV" and limits.allows(1e3 * datasheet("decoupling").setup["vread"])


@pytest.mark.parametrize(
    ("good", "bad", "figure"),
    [
        (r"w=700 l=20 nf=140", "w=695 l=20 nf=139", "vref"),                        # one finger
        (r"xc_vread\[7\] .*\n", "", "vread"),                                       # one plate
        (r"nfet_01v8 w=700", "nfet_g5v0d10v5 w=700", "vref"),                       # the other oxide
        (r"nfet_01v8 w=5 ", "nfet_g5v0d10v5 w=5 ", "vth"),
        pytest.param("w=700 l=20 nf=140", "w=735 l=20 nf=147", "crossover", marks=pytest.mark.full),    # a row of gates more than wanted
    ],
)  # fmt: skip
def test_decoupling_bench_sees_faults(good, bad, figure):
    sheet, dut = datasheet("decoupling"), netlist_text("decoupling")
    wrong = re.sub(good, bad, dut)
    assert wrong != dut
    hot = {"small": ("ss_ll", 125), "loop": ("ff", 125)}[sheet.parameters[figure].bench]
    assert figure in sheet.missed(measure("decoupling", wrong, sheet.at([hot]), "schematic", [figure]))
