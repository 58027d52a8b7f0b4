"""Figures: files written, verdicts that can fail, one figure in the fast tier and all in the full tier; bad
names."""

import numpy as np
import pytest
from neusoc.analog.bench.pictures import Picture, decreases, verdict
from neusoc.analog.synapse import bench, figures
from neusoc.base.errors import UserError
from neusoc.base.report import read_report


def test_synapse_figure_of_states(tmp_path):
    picture = figures.picture("states")
    png, csv = picture.write(tmp_path)
    assert all(f.passes for f in picture.figures), [f for f in picture.figures if not f.passes]
    assert png.read_bytes().startswith(b"\x89PNG") and 10_000 < png.stat().st_size < 200_000
    table = np.genfromtxt(csv, delimiter=",", names=True)
    assert len(table) == 810 and np.isfinite(table["i_uA"]).all()
    at_rest = table[table["v_V"] == 0]["didv_uS"]
    assert len(at_rest) == 10 and decreases(at_rest) == 0
    assert picture.png() == png.read_bytes()


def test_synapse_verdicts_can_fail():
    assert decreases(np.array([1.0, 2.0, 2.0, 1.5])) == 2
    assert not verdict("x", float(decreases(np.array([2.0, 1.0]))), high=0).passes
    assert not verdict("x", float("nan"), low=0).passes
    with pytest.raises(ValueError, match="different lengths"):
        Picture("x", "", {"a": [1], "b": [1, 2]}, [], lambda sheet: None).csv()


def test_synapse_figure_finds_a_planted_fault(monkeypatch):
    """A gate on the source line in place of the word line."""
    text = bench.cell_text("schematic")
    assert "xcell drain wl sl " in text
    monkeypatch.setattr(
        bench, "cell_text", lambda source: text.replace("xcell drain wl sl ", "xcell drain sl sl ")
    )
    assert "states: largest 1T1R conductance" in [
        f.name for f in figures.picture("states").figures if not f.passes
    ]


def test_synapse_figures_bad_input():
    with pytest.raises(UserError, match="figure 'stats': unknown; choose one of states"):
        figures.draw_all("stats")
    with pytest.raises(UserError, match="figures states --readme"):
        figures.draw_all("states", readme=True)


def test_synapse_readme_shows_every_figure():
    text = (figures.FOLDER / "README.md").read_text()
    for name in figures.PICTURES:
        path = figures.FOLDER / "img" / f"{name}.png"
        assert f"](img/{name}.png)" in text and path.stat().st_size < 200_000


@pytest.mark.full
def test_synapse_all_figures(monkeypatch, tmp_path):
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    report = figures.draw_all()
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]
    assert read_report(tmp_path / "figures.json").figures == report.figures
    assert {f.name.split(":")[0] for f in report.figures} == set(figures.PICTURES)
