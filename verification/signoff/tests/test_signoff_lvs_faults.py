"""Each fault planted in a sound array is seen by LVS; the sound array is not."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from neusoc.verification.signoff.lvs import LvsResult, run_lvs
from neusoc.verification.signoff.pins import PinCheck

# places in the 8 x 8 array, um: the pair of rows 2 r, 2 r + 1 and column c is centred at x = 0.65 + 1.30 c (c
#   < 4), y = 1.055 + 2.11 r
PAIR_X, PAIR_Y = 1.95, 3.165  # r = 1, c = 1
DRAIN_Y = PAIR_Y + 0.78


def around(x, y, half_x, half_y):
    return (x - half_x, y - half_y, x + half_x, y + half_y)


GATE = around(PAIR_X, PAIR_Y + 0.4, 0.7, 0.4)
NMOS = (
    ("diff", (20, 0, 21, 2)),
    ("nsdm", (19.5, -0.5, 21.5, 2.5)),
    ("hvi", (19.5, -0.5, 21.5, 2.5)),
    ("poly", (19.5, 0.8, 21.5, 1.3)),
)
TAP = (
    ("tap", (20, 0, 20.41, 0.41)),
    ("psdm", (19.8, 0, 20.6, 0.6)),
    ("licon1", (20.12, 0.12, 20.29, 0.29)),
    ("li1", (20, 0, 20.4, 0.4)),
)


def draw(mutant, shapes):
    for layer, box in shapes:
        mutant.add(layer, box)
    return mutant


# fault -> (how it is planted, what one of the findings must say)
FAULTS = {
    "short": (lambda m: m.add("met2", (0.65, -0.5, 1.95, -0.3)), r"labels bl\[0\], bl\[1\] are on one net"),
    "open bit line": (lambda m: m.cut("met2", around(PAIR_X, PAIR_Y, 0.3, 0.1)), r"net .*bl\[1\]"),
    "open ground": (
        lambda m: m.cut("met1", (5.4, 8.6, 6.1, 9.2)),
        r"pin vss of the netlist labels no net|joined only by the substrate",
    ),
    "swapped label": (lambda m: m.rename({"bl[0]": "sl[0]", "sl[0]": "bl[0]"}), r"net .*[sb]l\[0\]"),
    "swapped word lines": (
        lambda m: m.rename({"wl[1]": "wl[2]", "wl[2]": "wl[1]"}),
        r"device .*G=wl\[[12]\]",
    ),
    "renamed pin": (lambda m: m.rename({"wl[3]": "wl[99]"}), r"label wl\[99\] of the layout is no pin"),
    "missing label": (lambda m: m.unlabel("bl[2]"), r"pin bl\[2\] of the netlist labels no net"),
    "missing taps": (lambda m: m.cut("tap"), r"net substrate .*has not the label vss"),
    "tap without wire": (lambda m: draw(m, TAP), r"joined only by the substrate: \$unlabelled at \(20\.2"),
    "narrow ReRAM": (
        lambda m: m.cut("reram", around(PAIR_X - 0.13, DRAIN_Y, 0.04, 0.2)),
        r"reram_cell .*AREA_OX=0\.0(8|9)",
    ),
    "wide transistor": (
        lambda m: m.add("diff", around(PAIR_X + 0.5, PAIR_Y + 0.4, 0.05, 0.6)),
        r"nfet_g5v0d10v5 .*W=1\.05",
    ),
    "long transistor": (
        lambda m: m.add("poly", around(PAIR_X, PAIR_Y + 0.66, 0.65, 0.03)),
        r"nfet_g5v0d10v5 .*L=0\.55",
    ),
    "missing via": (
        lambda m: m.cut("via", around(PAIR_X, DRAIN_Y, 0.1, 0.1)),
        r"nothing in the layout is sky130_fd_pr_reram__reram_cell",
    ),
    "missing contacts": (lambda m: m.cut("licon1", around(PAIR_X, DRAIN_Y, 0.5, 0.1)), r"net .*drain1"),
    "low-voltage transistor": (lambda m: m.cut("hvi", GATE), r"nfet_01v8"),
    "unknown transistor": (
        lambda m: m.add("lvtn", GATE).cut("hvi", GATE),
        r"gate of no known device, first at \(1\.950, 3\.5",
    ),
    "extra transistor": (lambda m: draw(m, NMOS), r"nfet_g5v0d10v5 .* in the layout is nothing"),
}


def test_signoff_lvs_sound(sound, tmp_path):
    result = run_lvs(sound.gds, sound.top, [sound.netlist], tmp_path)
    assert result.clean, result.messages()
    assert result.devices == (128, 128)
    assert result.database.stat().st_size > 1000


def test_signoff_lvs_flat_equals_hierarchical(sound, tmp_path):
    flat = sound.mutant().write(tmp_path / "flat.gds")
    result = run_lvs(flat, sound.top, [sound.netlist], tmp_path)
    assert result.clean, result.messages()
    assert not result.kept


@pytest.mark.parametrize("fault", FAULTS)
def test_signoff_lvs_catches(sound, tmp_path, fault):
    plant, expected = FAULTS[fault]
    gds = plant(sound.mutant()).write(tmp_path / "fault.gds")
    result = run_lvs(gds, sound.top, [sound.netlist], tmp_path)
    assert not result.clean
    assert any(re.search(expected, message) for message in result.messages()), result.messages()[:20]


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": False},
        {"mismatches": ["net a"]},
        {"pins": PinCheck(("a",), (), (), ())},
        {"problems": ["a well"]},
        {"devices": (0, 0)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_signoff_lvs_each_finding_alone_is_enough(wrong: dict[str, object]):
    sound = LvsResult(True, [], PinCheck((), (), (), ()), [], (1, 1), 1, [], ("", ""), Path("x"))
    assert sound.clean and not replace(sound, **wrong).clean
