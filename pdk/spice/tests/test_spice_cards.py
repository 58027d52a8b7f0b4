"""neusoc.pdk.spice.cards: transistors with areas of source and drain."""

from neusoc.pdk.spice.cards import one_card_a_size, with_junctions

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
