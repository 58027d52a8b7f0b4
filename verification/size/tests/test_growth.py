"""How cost grows: what is asked of each size, what is kept, what is said where a process fails; drawings and chips are played."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Report
from neusoc.flow.bench import PARTS, run_bench
from neusoc.software.mapping.plan import SIGNED, UNSIGNED
from neusoc.software.network.network import Network
from neusoc.software.workloads.study import Outcome
from neusoc.verification.size import growth, one_size, tables
from neusoc.verification.size.growth import growth_report, image_of
from neusoc.verification.size.growth_plot import plot_growth
from neusoc.verification.size.one_size import bit_line_ohm, cell_ohm, draw, lvs, sized

SIZES = (8, 64, 256)


@pytest.fixture
def played(monkeypatch, tmp_path):
    """Processes and chips of known answers; returns what was asked of them."""
    asked = {"processes": [], "trials": {}}

    def process(what, size, folder):
        asked["processes"].append((what, size))
        cost = {"seconds": size / 8, "gb": 0.1 + size / 1000}
        if what == "draw":
            return cost | {"width": 500.0 + size, "height": 600.0, "out_ohm": [10.0] * size, "cell_ohm": 0.4}
        return cost | {"devices": 12 * size**2, "match": asked.get("match", True)}

    def run_chips(trials, seeds, workers, one):
        asked["trials"] |= trials
        lost = {name: 0.0 if "no lines" in name else trial.chip.columns / 1e4 for name, trial in trials.items()}
        return {name: [Outcome(seed, (0.96 - lost[name],), 40.0, (), 0) for seed in seeds] for name in trials}

    monkeypatch.setattr(growth, "_process", process)
    monkeypatch.setattr(growth, "run_chips", run_chips)
    monkeypatch.setattr(growth, "train_winners", lambda *_: np.tile(np.eye(64, 10), (1, 3)))
    monkeypatch.setattr(growth, "FOLDER", tmp_path / "size")
    monkeypatch.setattr(growth, "_key", lambda: "key of a test")
    monkeypatch.setattr(growth, "plot_growth", lambda figures, sizes, path: path)
    return asked


def _values(report):
    return {figure.name: figure.value for figure in report.figures}


def test_growth_figures_and_ratios(played, monkeypatch, tmp_path):
    monkeypatch.setattr(growth, "plot_growth", plot_growth)
    report = growth_report(SIZES, 2)
    found = _values(report)
    assert report.step == "bench.size" and report.verdict == "pass"
    assert found["64 x 64: area of the core a cell"] == pytest.approx(564 * 600 / 64**2, abs=0.01)
    assert found["256 x 256: farthest bit line"] == pytest.approx(0.4 * 255 + 10, abs=0.1)
    assert found["256 x 256: points that lines cost"] == pytest.approx(2.56) and found["8 x 8: points that lines cost"] == 0.08
    assert found["drawn, 256 x 256 / 64 x 64"] == 4 and found["LVS by both comparers, 256 x 256 / 64 x 64"] == 4
    assert (tmp_path / "size" / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_growth_uses_the_whole_of_a_large_array_and_passes_on_a_small_one(played):
    growth_report(SIZES, 2)
    trials = played["trials"]
    assert {name: (trial.copies, trial.row_copies) for name, trial in trials.items() if "no lines" not in name} == {
        "8 x 8": (1, 1), "64 x 64": (1, 1), "256 x 256": (4, 4),
    }  # fmt: skip
    bare = trials["256 x 256, no lines"]
    assert (bare.row_ohm, bare.out_ohm, bare.circuit.wiring.segment_ohm, bare.circuit.wiring.end_ohm) == (0, (), 0, 0)
    lined = trials["256 x 256"]
    assert lined.row_ohm == 0.4 and len(lined.out_ohm) == 256 and lined.circuit.wiring.segment_ohm > 0
    network = Network.from_numpy(np.ones((64, 30)))
    small, whole = image_of(sized(8, 8), network), image_of(sized(64, 64), network)
    assert (small.events, small.timing, whole.events, whole.timing) == (8 * 312, UNSIGNED, 312, SIGNED)


def test_growth_draws_each_core_once_for_its_code(played, monkeypatch):
    both = growth.cores(SIZES)
    assert growth.cores(SIZES) == both and both[64][1]["devices"] == 12 * 64**2
    assert sorted(played["processes"]) == [(what, size) for what in ("draw", "lvs") for size in SIZES]
    monkeypatch.setattr(growth, "_key", lambda: "key of other code")
    growth.cores((8,))
    assert played["processes"].count(("draw", 8)) == 2


def test_growth_key_is_that_of_the_drawing_code():
    assert len(growth._key()) == 64 and growth._key() == growth._key()


def test_growth_keeps_what_was_drawn_before_a_failure(played, monkeypatch):
    process = growth._process

    def fails(what, size, folder):
        if size == 256:
            raise UserError("draw of the core of 256 x 256: ended with code 1 (KeyError: 'x')")
        return process(what, size, folder)

    monkeypatch.setattr(growth, "_process", fails)
    with pytest.raises(UserError, match="256 x 256: ended with code 1"):
        growth_report(SIZES, 2)
    monkeypatch.setattr(growth, "_process", process)
    growth.cores(SIZES)
    assert played["processes"].count(("draw", 8)) == 1 and played["processes"].count(("draw", 256)) == 1


def test_growth_layout_that_does_not_match_fails(played):
    played["match"] = False
    report = growth_report((8, 64), 2)
    assert report.verdict == "fail" and {f.name for f in report.figures if not f.passes} == {"8 x 8: LVS matches", "64 x 64: LVS matches"}
    assert not [name for name in _values(report) if " / " in name], "no ratio without its sizes"


def test_growth_bad_input_is_one_sentence(played, monkeypatch):
    with pytest.raises(UserError, match="bench size: chips is 0; choose 1 or more"):
        growth_report(SIZES, 0)
    with pytest.raises(UserError, match=f"bench everything: no such part; choose of {', '.join(PARTS)}"):
        run_bench(["size", "everything"])
    assert played["processes"] == []


def test_growth_process_that_fails_says_why(tmp_path):
    with pytest.raises(UserError, match=r"draw of the core of 7 x 7: ended with code 1 \(.*\); run `-m neusoc.verification.size.one_size"):
        growth._process("draw", 7, tmp_path)


def test_growth_table_has_a_row_a_size(played):
    report = growth_report(SIZES, 2)
    lines = tables.growth_table(Report(**report.model_dump(exclude={"verdict", "figures"}), figures=report.figures)).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| 8 x 8", "| 64 x 64", "| 256 x 256"]
    assert any(line.startswith("| drawn, 256 x 256 / 64 x 64 | 4 |") for line in lines)


def test_growth_memory_is_that_of_the_process_itself():
    """A small process of one that holds 400 MB."""
    held = np.ones(50_000_000)
    code = "from neusoc.verification.size import one_size; print(one_size._largest_gb())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 0.005 < float(done.stdout) < held.nbytes / 1e9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "one_size without words: not draw or lvs with ROWS, COLUMNS and FOLDER"),
        (("paint", "8", "8", "x"), "one_size paint 8 8 x: not draw or lvs"),
        (("draw", "8", "eight", "x"), "one_size draw 8 eight x: not draw or lvs"),
        (("lvs", "8", "8"), "one_size lvs 8 8: not draw or lvs"),
    ],
)
def test_one_size_refuses_other_words_in_one_sentence(words, said, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["one_size", *words])
    assert one_size.main() == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}") and told.endswith("`neusoc bench size` calls it\n") and told.count("\n") == 1


@pytest.mark.full
def test_one_size_measures_what_it_draws(tmp_path):
    """The smallest core; its netlist with a device less does not match, and a cut bit line is told."""
    import klayout.db as db
    from neusoc.pdk.layers import LABEL, LAYERS

    chip = sized(8, 8)
    found = draw(chip, tmp_path)
    assert found["seconds"] > 0 and found["width"] > 100 and len(found["out_ohm"]) == 8 and min(found["out_ohm"]) > 1
    assert 0.2 < cell_ohm() == found["cell_ohm"] < 1
    assert lvs(chip, tmp_path)["match"] is True
    layout = db.Layout()
    layout.read(str(tmp_path / "analog_core.gds"))
    (array,) = (cell for cell in layout.each_cell() if cell.name == "array_8x8")
    texts = [shape.text for shape in array.shapes(layout.layer(LAYERS["met3"][0], LABEL)).each(db.Shapes.STexts)]
    height = {text.string: text.y for text in texts if text.string.startswith("wl[")}
    assert height["wl[0]"] == min(height.values()), "row 0 is the nearest to the neurons: LinedChip counts from it"
    netlist = tmp_path / "analog_core.spice"
    lines = netlist.read_text().splitlines(keepends=True)
    at = max(k for k, line in enumerate(lines) if line.lower().startswith("xdriver_phi"))
    netlist.write_text("".join(lines[:at] + lines[at + 1 :]))
    assert lvs(chip, tmp_path)["match"] is False
    top = layout.cell("analog_core")
    top.shapes(layout.layer(*LAYERS["met4"])).clear()
    layout.write(str(tmp_path / "cut.gds"))
    with pytest.raises(ValueError, match="0 met4 lines where a bit line leaves the array"):
        bit_line_ohm(Path(tmp_path / "cut.gds"), 8)
    json.dumps(found)
