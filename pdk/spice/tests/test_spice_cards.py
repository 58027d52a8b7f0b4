"""neusoc.pdk.spice.cards: transistors with areas of source and drain."""

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.spice import cards
from neusoc.pdk.spice.cards import RESISTOR, one_card_a_size, with_junctions, with_passive_resistors
from neusoc.pdk.spice.ngspice import deck, run

WIDE = "xm d g s b sky130_fd_pr__nfet_g5v0d10v5 w=6 l=0.5 nf=3 m=2"


def test_spice_cards_of_fingers_have_shared_and_outer_ends():
    """Three fingers of 2 um: two drains and two sources, each 0.29 um long; what is no transistor stays."""
    given = f"r1 a b 5\n{WIDE}"
    assert with_junctions(given) == f"{given} ad=1.16 pd=9.16 as=1.16 ps=9.16"
    assert with_junctions(WIDE.replace("nf=3", "nf=2")).endswith(" ad=0.87 pd=6.58 as=1.74 ps=13.16")


def test_spice_cards_give_them_to_the_transistor():
    _, plain = one_card_a_size(with_junctions(WIDE))
    line = next(line for line in plain.splitlines() if line.startswith("mxm "))
    assert "ad = {(1.16)}" in line and "ps = {(9.16)}" in line and line.endswith("m=2")


def _currents(text, volts):
    """Current of a resistor of 1 um at some voltages, A."""
    lines = [
        command
        for v in volts
        for command in (f"alter v1 dc = {v:g}", "op", f"let a{v:g} = -i(v1)", f"print a{v:g}")
    ]
    return list(run(deck(f"v1 a 0 0\n{text}", lines)).measures.values())


def test_spice_resistor_of_the_pdk_feeds_its_source_and_the_bounded_one_does_not():
    """0.35 by 1 um: the PDK's from some voltage on; at what a chip has both carry the same."""
    given, volts = f"xr a 0 0 {RESISTOR} w=0.35 l=1 m=1", range(1, 41)
    theirs, ours = (_currents(text, volts) for text in (given, with_passive_resistors(given)))
    assert ours[:5] == pytest.approx(theirs[:5], rel=1e-6)
    assert ours == sorted(ours) and theirs[-1] < 0
    print(
        "the PDK's feeds its source from"
        f" {next(v for v, amperes in zip(volts, theirs, strict=True) if amperes < 0)} V on"
    )


def test_spice_resistors_are_bounded_as_long_as_they_are_known(monkeypatch):
    assert with_passive_resistors("r1 a b 5\n") == "r1 a b 5\n"
    monkeypatch.setattr(cards, "_FIELD", "another")
    with pytest.raises(UserError, match="no longer what"):
        with_passive_resistors(f"xr a 0 0 {RESISTOR} w=0.35 l=1 m=1")
