"""Faults planted in a sound array, each seen by a design-rule deck; script errors and late decks never
pass."""

from pathlib import Path
from threading import Semaphore

import pytest
from neusoc.base.report import read_report
from neusoc.verification.signoff import drc
from neusoc.verification.signoff.drc import DECKS, check_drc, find_decks, run_drc
from neusoc.verification.signoff.tests.sheets import Sheet

# the pair of rows 2 r, 2 r + 1 and column c is centred at x = 0.65 + 1.30 c (c < 4), y = 1.055 + 2.11 r, um
# fault -> (layer, box to draw, box to cut, a rule that must see it)
FAULTS = {
    "narrow ReRAM": ("reram", None, (0.48, 1.6, 0.58, 2.1), "reram.1"),
    "missing via": ("via", None, (1.85, 1.7, 2.05, 2.0), "reram.3"),
    "missing contact": ("li1", None, (3.0, 3.0, 3.5, 3.3), "li.0"),
    "spacing of met1": ("met1", (1.30, 5.95, 1.36, 6.15), None, "spacing"),
    "narrow met2": ("met2", (20.0, 0.0, 20.1, 2.0), None, "width"),
    "vertex off the grid": ("met2", (22.0, 0.0, 22.303, 2.0), None, "OFFGRID"),
    "floating met2": ("met2", (24.0, 0.0, 24.5, 2.0), None, "floating"),
    "missing implant": ("nsdm", None, (0.0, 7.5, 0.3, 8.0), "nsd.1"),
    "short poly end": ("poly", None, (-1.0, 6.7, 0.05, 7.3), "poly.8"),
    "diffusion far from a tap": ("diff", (60.0, 0.0, 61.0, 1.0), None, "lu.2"),
    "well without tap": ("nwell", (70.0, 0.0, 72.0, 2.0), None, "nwell.4"),
}


@pytest.fixture(scope="module")
def found(sound, tmp_path_factory: pytest.TempPathFactory) -> drc.DrcResult:
    """All faults in one mutant, each far from the others, under the three decks."""
    folder = tmp_path_factory.mktemp("drc")
    mutant = sound.mutant()
    for layer, drawn, cut, _ in FAULTS.values():
        if drawn:
            mutant.add(layer, drawn)
        if cut:
            mutant.cut(layer, cut)
    mutant.add("nsdm", (59.8, -0.2, 61.2, 1.2))
    return run_drc(mutant.write(folder / "faults.gds"), sound.top, folder)


def test_drc_sound(sound, tmp_path: Path):
    report = check_drc(sound.gds, sound.top, "sound", out_dir=tmp_path, reports=tmp_path)
    assert report.verdict == "pass", [(f.name, f.value) for f in report.figures]
    figures = {f.name: f for f in report.figures}
    assert all(figures[f"drc.{deck}"].value == 0 and figures[f"drc.{deck}"].max == 0 for deck in DECKS)
    assert all(figures[f"rules.{deck}"].value > 40 for deck in DECKS)
    assert all(Path(report.files[deck]).exists() for deck in DECKS)


@pytest.mark.parametrize("fault", FAULTS)
def test_drc_catches(found: drc.DrcResult, fault: str):
    wanted = FAULTS[fault][3]
    assert not found.errors and not found.clean
    assert [v for v in found.violations if v.rule == wanted or wanted in v.text or wanted in v.rule], [
        v.rule for v in found.violations
    ]


def test_drc_messages_name_rule_count_place(found: drc.DrcResult):
    line = next(m for m in found.messages() if " reram.1: " in m)
    assert line.startswith("supplement reram.1: 1 at ") and "0.58" in line


# capm over met3, each with one fault but the first, far from each other: shapes, rule of the deck sky130
PLATE = (
    ("met3", (-1, -1, 4, 4)),
    ("capm", (0, 0, 3, 3)),
    ("via3", (1, 1, 1.2, 1.2)),
    ("met4", (0.5, 0.5, 2, 2)),
)
CAPACITORS = {
    "sound, over an edge of met1": ((*PLATE, ("met1", (1, -1, 2, 2))), None),
    "plate beside another": ((*PLATE, ("met3", (4.6, 0, 9, 4)), ("capm", (5, 1, 8, 3))), "capm.2b"),
    "plate that does not enclose": ((("met3", (-0.1, -1, 4, 4)), *PLATE[1:]), "capm.3"),
    "via3 at the edge": ((*PLATE, ("via3", (0.05, 1, 0.25, 1.2))), "capm.4"),
    "via3 beside": ((*PLATE, ("via3", (-0.3, 1, -0.1, 1.2))), "capm.5"),
    "via2 beside": ((*PLATE, ("via2", (-0.3, 1, -0.1, 1.2))), "capm.8"),
    "other met3": ((("met3", (-0.15, -0.15, 3.15, 3.15)), *PLATE[1:], ("met3", (3.45, 0, 4, 4))), "capm.11"),
}


def test_drc_capm_lies_on_met3(tmp_path: Path):
    sheet = Sheet("capacitors")
    for place, (shapes, _) in enumerate(CAPACITORS.values()):
        for layer, (x0, y0, x1, y1) in shapes:
            sheet.box(layer, x0 + 40 * place, y0, x1 + 40 * place, y1)
    gds = tmp_path / "capacitors.gds"
    sheet.layout.write(str(gds))
    result = run_drc(gds, "capacitors", tmp_path, decks={"sky130": find_decks(tmp_path)["sky130"]})
    seen = {v.rule for v in result.violations if v.rule.startswith("capm")}
    assert not result.errors and seen == {rule for _, rule in CAPACITORS.values() if rule}


SOUND = (
    'source($input, $top_cell)\nreport("deck", $report)\ninput(68, 20).width(0.001).output("a", "finds'
    ' nothing")\n'
)
# deck -> what its error says; the fourth one is reported by KLayout with exit code 0
BROKEN = {
    f"{SOUND}no_such_function(1)": "no_such_function",
    f"{SOUND}raise 'stop'": "stop",
    f"{SOUND}exit(3)": "code 3",
    f"{SOUND}puts 'ERROR: a rule was left out'": "a rule was left out",
    'source($input, $top_cell)\nreport("empty", $report)\n': "checked nothing",
    "sleep(60)\n": "no end after 2 s",
    "loop {}\n": "no end after 1 s of processor time",
}


def _deck(folder: Path, text: str, name: str = "deck") -> Path:
    path = folder / f"{name}.drc"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", BROKEN)
def test_drc_deck_that_does_not_finish_is_no_pass(sound, tmp_path: Path, text: str):
    wall = 2 if "sleep" in text else 300
    deck = {"mr": _deck(tmp_path, text)}
    result = run_drc(
        sound.gds,
        sound.top,
        tmp_path,
        decks=deck,
        cpu_seconds=1 if "loop" in text else 100,
        wall_seconds=wall,
    )
    assert result.counts == {"mr": None} and BROKEN[text] in result.errors["mr"] and not result.clean


def test_drc_report_of_a_broken_deck_fails(sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fine, broken = _deck(tmp_path, SOUND, "fine"), _deck(tmp_path, next(iter(BROKEN)), "broken")
    monkeypatch.setattr(drc, "find_decks", lambda folder: {"mr": fine, "sky130": broken, "supplement": fine})
    report = check_drc(sound.gds, sound.top, "broken", out_dir=tmp_path, reports=tmp_path)
    figures = {f.name: f.value for f in report.figures if f.name.startswith("drc.")}
    assert figures == {"drc.mr": 0, "drc.sky130": None, "drc.supplement": 0}
    assert read_report(tmp_path / "broken.json").verdict == "fail"


def test_drc_decks_keep_to_a_pool_of_cores(sound, tmp_path: Path):
    """Never more of them run than the pool has, and each gives its core back, also one that fails."""
    said, cores = tmp_path / "said", Semaphore(1)
    say = "File.open('{said}', 'a') {{ |f| f.puts('{word}') }}\n"
    text = say.format(said=said, word="begin") + SOUND + "sleep(0.2)\n" + say.format(said=said, word="end")
    decks = {name: _deck(tmp_path, text + ("exit(3)\n" if name == "mr" else ""), name) for name in DECKS}
    result = run_drc(sound.gds, sound.top, tmp_path, 3, decks, cores=cores)
    assert result.counts == {"mr": None, "sky130": 0, "supplement": 0}
    assert said.read_text().split() == ["begin", "end"] * 3
    assert cores.acquire(blocking=False) and not cores.acquire(blocking=False)


def test_drc_missing_deck_is_no_pass(sound, tmp_path: Path):
    result = run_drc(sound.gds, sound.top, tmp_path, decks={"supplement": find_decks(tmp_path)["supplement"]})
    assert result.counts == {"supplement": 0} and not result.clean
