"""Every rule of the supplementary deck fires on a small drawing that breaks it, at that place; the sound
array breaks none."""

from pathlib import Path

import klayout.db as db
import klayout.rdb as rdb
import pytest
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import find_decks, run_drc

STEP = 100.0  # um between drawings, more than any rule reaches
EXTRA = {"rpm": (86, 20), "urpm": (79, 20)}


def square(layer, x, y, side):
    return (layer, (x - side / 2, y - side / 2, x + side / 2, y + side / 2))


def via_at(x):
    return square("via", x, 0.16, 0.15)


DIFF = ("diff", (0, 0, 2, 1))
N_IMPLANT, P_IMPLANT = ("nsdm", (-1, -1, 3, 2)), ("psdm", (-1, -1, 3, 2))
HVI = ("hvi", (-1, -1, 3, 2))
BODY = ("reram", (0, 0, 0.32, 0.32))
FAR_TAP = (("tap", (22, 0, 23, 1)), square("licon1", 22.5, 0.5, 0.17))
SMALL_GATE = (
    ("diff", (0, 0, 1, 0.42)),
    ("nsdm", (-0.2, -0.2, 1.2, 0.62)),
    ("poly", (0.4, -0.2, 0.55, 2.0)),
    ("poly", (0.3, 1.5, 0.7, 2.0)),
    ("npc", (0.2, 1.4, 0.8, 2.1)),
    square("licon1", 0.5, 1.75, 0.17),
)
RESISTOR = ("poly", (0, 0, 0.5, 5))
# Where a rule has a limit, the drawing breaks it and would keep one half as strict: a wider limit is noticed
# (layout_mutants).
BREAKS = {
    "reram.1": (("reram", (0, 0, 0.2, 1)),),
    "reram.2": (BODY, ("reram", (0.36, 0, 0.68, 0.32))),
    "reram.3": (BODY,),
    "reram.4": (("reram", (0, 0, 1, 0.32)), via_at(0.2), via_at(0.7)),
    "reram.5": (BODY, via_at(0.32)),
    "reram.6": (BODY, via_at(0.115)),
    "reram.7": (BODY, via_at(0.16), ("met1", (0, 0, 1, 1))),
    "reram.8": (BODY, via_at(0.16), ("met1", (0, 0, 1, 1)), ("met2", (0.16, 0, 1, 1))),
    "reram.9": (BODY, via_at(0.43)),
    "poly.8": (DIFF, ("poly", (0.9, -0.1, 1.1, 1.2))),
    "poly.7": (DIFF, ("poly", (0.2, -0.2, 0.35, 1.2))),
    "poly.4": (DIFF, ("poly", (2.05, 0, 2.5, 1))),
    "poly.5": (("tap", (0, 0, 1, 1)), ("poly", (1.03, 0, 1.5, 1))),
    "poly.6": (("tap", (0, 0, 1, 1)), ("poly", (0.4, -1, 0.6, 2))),
    "poly.13": (DIFF, HVI, ("poly", (0.8, -0.2, 1.1, 1.2))),
    "difftap.8": (DIFF, P_IMPLANT, ("nwell", (-0.1, -1, 3, 2))),
    "difftap.10": (("tap", (0, 0, 2, 1)), N_IMPLANT, ("nwell", (-0.1, -1, 3, 2))),
    "difftap.17": (DIFF, P_IMPLANT, HVI, ("nwell", (-0.3, -1, 3, 2))),
    "difftap.19": (("tap", (0, 0, 2, 1)), N_IMPLANT, HVI, ("nwell", (-0.3, -1, 3, 2))),
    "difftap.9": (DIFF, N_IMPLANT, ("nwell", (2.3, -1, 5, 2))),
    "difftap.18": (DIFF, N_IMPLANT, HVI, ("nwell", (2.4, -1, 5, 2))),
    "difftap.11": (("tap", (0, 0, 2, 1)), P_IMPLANT, ("nwell", (2.1, -1, 5, 2))),
    "difftap.x": (DIFF, P_IMPLANT, ("nwell", (1, -1, 5, 2))),
    "difftap.14": (("diff", (0, 0, 2, 0.2)), HVI),
    "difftap.15a": (("diff", (0, 0, 1, 0.5)), ("diff", (0, 0.78, 1, 1.2)), HVI),
    "difftap.15b": (
        ("diff", (0, 0, 1, 1)),
        ("nsdm", (-0.2, -0.2, 1.15, 1.2)),
        ("tap", (1.3, 0, 1.8, 1)),
        ("psdm", (1.15, 0, 2, 1)),
        HVI,
    ),
    "hvi.4": (DIFF, ("hvi", (-0.1, -1, 3, 2))),
    "hvi.5": (DIFF, ("hvi", (2.1, -1, 4, 2))),
    "nwell.8": (("nwell", (0, 0, 2, 2)), ("hvi", (-0.5, -0.5, 2.5, 2.5)), ("nwell", (3.5, 0, 5, 2))),
    "nsd.1": (DIFF,),
    "nsd.8": (("nsdm", (0, 0, 1, 1)), ("psdm", (0.5, 0, 2, 1))),
    "nsd.5a": (DIFF, ("nsdm", (-0.1, -1, 3, 2))),
    "psd.5a": (DIFF, ("psdm", (-0.1, -1, 3, 2))),
    "licon.0": (square("licon1", 0, 0, 0.17),),
    "li.0": (DIFF, square("licon1", 1, 0.5, 0.17)),
    "licon.15z": (("poly", (0, 0, 1, 1)), square("licon1", 0.5, 0.5, 0.17)),
    "licon.15": (("poly", (0, 0, 1, 1)), square("licon1", 0.5, 0.5, 0.17), square("npc", 0.5, 0.5, 0.31)),
    "rpm.5z": (RESISTOR, ("urpm", (-0.2, -0.2, 0.7, 5.2))),
    "rpm.5": (RESISTOR, ("rpm", (-0.2, -0.2, 0.7, 5.2)), ("npc", (-0.07, -0.2, 0.7, 5.2))),
    "licon.14": (DIFF, ("poly", (2.1, 0, 3, 1)), square("licon1", 2.22, 0.5, 0.17)),
    "licon.11": (DIFF, ("poly", (0.9, -0.2, 1.1, 1.2)), square("licon1", 1.225, 0.5, 0.17)),
    "lu.2": (DIFF, N_IMPLANT, *FAR_TAP, ("psdm", (21, -1, 24, 2))),
    "lu.3": (DIFF, P_IMPLANT, *FAR_TAP, ("nsdm", (21, -1, 24, 2)), ("nwell", (-1, -1, 25, 2))),
    "nwell.4": (("nwell", (0, 0, 2, 2)),),
    "capm.3x": (("capm", (0, 0, 2, 2)), ("met3", (1, -1, 3, 3))),
    "capm.4x": (("capm", (0, 0, 2, 2)), ("met3", (-1, -1, 3, 3))),
    "capm.4y": (("capm", (0, 0, 2, 2)), ("met3", (-1, -1, 3, 3)), square("via3", 1, 1, 0.2)),
    "capm.8x": (("capm", (0, 0, 2, 2)), ("met3", (-1, -1, 3, 3)), square("via2", 2.2, 1, 0.2)),
    "capm.6": (("capm", (0, 0, 45, 2)),),
    "capm.7": (("capm", (0, 0, 2, 2)), ("capm", (2, 0, 4, 1))),
    "ar_li": (*SMALL_GATE, ("li1", (0.3, 1.5, 2.8, 4))),
    "ar_met1": (
        *SMALL_GATE,
        ("li1", (0.3, 1.5, 0.7, 2)),
        square("mcon", 0.5, 1.75, 0.17),
        ("met1", (0.3, 1.5, 6.3, 7.5)),
    ),
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> rdb.ReportDatabase:
    """Markers of the supplementary deck over all drawings, side by side."""
    folder = tmp_path_factory.mktemp("zoo")
    layout = db.Layout()
    cell = layout.create_cell("zoo")
    for place, shapes in enumerate(BREAKS.values()):
        for layer, (x0, y0, x1, y1) in shapes:
            cell.shapes(layout.layer(*(LAYERS | EXTRA)[layer])).insert(
                db.DBox(x0 + STEP * place, y0, x1 + STEP * place, y1)
            )
    gds = folder / "zoo.gds"
    layout.write(str(gds))
    result = run_drc(gds, "zoo", folder, threads=1, decks={"supplement": find_decks(folder)["supplement"]})
    assert not result.errors
    database = rdb.ReportDatabase("zoo")
    database.load(str(result.reports["supplement"]))
    return database


def _places(database: rdb.ReportDatabase, rule: str) -> set[int]:
    category = next(c for c in database.each_category() if c.name() == rule)
    found = set()
    for item in database.each_item_per_category(category.rdb_id()):
        for value in item.each_value():
            shape = (
                value.polygon()
                if value.is_polygon()
                else value.edge_pair()
                if value.is_edge_pair()
                else value.edge()
            )
            found.add(round((shape.bbox().center().x + 10) // STEP))
    return found


def test_supplement_has_a_drawing_for_each_rule(zoo: rdb.ReportDatabase):
    assert {c.name() for c in zoo.each_category()} == set(BREAKS)


@pytest.mark.parametrize("rule", BREAKS)
def test_supplement_rule_fires(zoo: rdb.ReportDatabase, rule: str):
    assert list(BREAKS).index(rule) in _places(zoo, rule)


def test_supplement_passes_sound_array(sound, tmp_path: Path):
    result = run_drc(
        sound.gds, sound.top, tmp_path, threads=1, decks={"supplement": find_decks(tmp_path)["supplement"]}
    )
    assert result.counts == {"supplement": 0}
    assert result.rules["supplement"] == len(BREAKS)
