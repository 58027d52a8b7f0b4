"""The cut of the model library gives the numbers of the whole library."""

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.devices import MIM, MOSFETS
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.models import CORNERS, model_file
from neusoc.pdk.spice.ngspice import run


def _bench(include: str) -> str:
    """Every device at one bias (currents) and one frequency (the capacitor's admittance)."""
    lines = ["* every device", include, ".temp 27"]
    prints = []
    for number, model in enumerate(MOSFETS):
        high = 3.3 if "g5v0" in model else 1.8
        sign = -1 if "pfet" in model else 1
        lines += [
            f"vd{number} d{number} 0 {sign * high * 0.6} ",
            f"vg{number} g{number} 0 {sign * high * 0.7}",
            f"x{number} d{number} g{number} 0 0 {model} w=2 l=0.6 nf=2 m=2",
        ]
        prints += [f"let id{number} = i(vd{number})", f"print id{number}"]
    lines += ["vc c 0 0 ac 1", f"xc c 0 {MIM} w=15 l=15 m=1"]
    commands = ["op", *prints, "ac lin 1 1meg 1meg", "let yc = imag(i(vc))", "print yc", "quit"]
    return "\n".join([*lines, ".control", *commands, ".endc", ".end", ""])


def test_models_cut_equals_the_whole_library():
    whole = run(_bench(f".lib {find_pdk().path('models')} tt")).measures
    cut = run(_bench(f".include {model_file('tt')}")).measures
    assert len(cut) == len(MOSFETS) + 1 and all(value != 0 for value in cut.values())
    assert cut == whole


def test_models_cut_has_every_corner():
    found = {corner: run(_bench(f".include {model_file(corner)}")).measures for corner in CORNERS}
    nfet, pfet = ({corner: abs(found[corner][name]) for corner in CORNERS} for name in ("id0", "id1"))
    for current in (nfet, pfet):
        assert current["ss"] < current["tt"] < current["ff"]
    assert nfet["fs"] < nfet["tt"] < nfet["sf"]
    assert pfet["sf"] < pfet["tt"] < pfet["fs"]


def test_models_cut_refuses_an_unknown_corner():
    with pytest.raises(UserError, match="'slow'"):
        model_file("slow")


def test_models_cut_resistor_follows_its_corner():
    """A 6 um body and its heads; nominal resistors in the plain corners, low and high behind them."""
    found = {}
    for corner in ("tt", "ss_hl", "ff_ll"):
        bench = (
            f"* resistor\n.include {model_file(corner)}\nv1 a 0 1\nx1 a 0 0 sky130_fd_pr__res_high_po w=0.35"
            " l=6\n"
        )
        found[corner] = -1 / run(bench + ".control\nop\nprint i(v1)\nquit\n.endc\n.end\n").measures["i(v1)"]
    assert found["tt"] == pytest.approx(6930, rel=0.01)
    assert found["ff_ll"] < 0.92 * found["tt"] and found["ss_hl"] > 1.07 * found["tt"]


def test_models_cut_refuses_passives_of_the_typical_corner():
    with pytest.raises(UserError, match="tt_hh"):
        model_file("tt_hh")
