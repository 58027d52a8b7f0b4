"""Sums of published figures add up, follow their parts and are judged by what was asked; other chips' rows name figures that exist."""

import json
import re

import pytest
from neusoc.base.errors import UserError
from neusoc.base.results import FIGURES, Results, figure_value, read_results
from neusoc.flow import image_sums, others
from neusoc.flow.comparison import markers
from neusoc.flow.others import others_table, with_values

MAKERS = [
    image_sums.area_figures, image_sums.fill_figures, image_sums.ground_figures, image_sums.energy_figures, image_sums.disturb_figures,
    image_sums.injection_figures, image_sums.vpp_figures,
]  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return read_results()


def planted(tmp_path, step, name, source, value):
    data = json.loads(FIGURES.read_text())
    found = [f for f in data["steps"][step]["figures"] if (f["name"], f["source"]) == (name, source)]
    assert len(found) == 1 and found[0]["value"] != value
    found[0]["value"] = value
    (copy := tmp_path / "figures.json").write_text(json.dumps(data))
    return read_results(copy)


def values(make, results):
    found = list(make(results))
    assert len({f.name for f in found}) == len(found)
    return {f.name: f.value for f in found}


@pytest.mark.parametrize("make", MAKERS)
def test_sums_of_nothing_name_a_command(make, results):
    assert "Not run: `make " in image_sums.sums_table(make, Results()) and "Not run" not in image_sums.sums_table(make, results)


def test_area_all_in_is_that_of_its_parts(results):
    found = values(image_sums.area_figures, results)
    parts = [value for name, value in found.items() if name.endswith(", a cell") and not name.startswith("all in")]
    assert len(parts) == 3 and sum(parts) == pytest.approx(found["all in, without the controller, a cell"], rel=1e-3)
    core = [figure_value(results, "blocks.tapeout.image_core", side) for side in ("width", "height")]
    assert found["core of 64 x 64, a cell"] == pytest.approx(core[0] * core[1] / 4096, rel=1e-3)


def test_blocks_of_a_core_are_counted_as_its_netlist_has_them(results, tmp_path):
    before = values(image_sums.fill_figures, results)
    width = figure_value(results, "blocks.tapeout.row_driver", "width")
    height = figure_value(results, "blocks.tapeout.row_driver", "height")
    after = values(image_sums.fill_figures, planted(tmp_path, "blocks.tapeout.row_driver", "width", "gds", 2 * width))
    assert after["64 x 64: blocks"] - before["64 x 64: blocks"] == pytest.approx(66 * width * height * 1e-6, rel=0.02)
    assert after["8 x 8: blocks"] == before["8 x 8: blocks"]


def test_way_of_the_source_lines_is_a_sum_and_judged(results, tmp_path):
    found = values(image_sums.ground_figures, results)
    for case in ("image", "learning"):
        lines = found[f"{case}: source lines to the switch"] + found[f"{case}: vss from it to the core's pin"]
        for corner in ("nominal", "worst corner"):
            assert found[f"{case}: to the core's pin, {corner}"] == pytest.approx(found[f"switch, {corner}"] + lines, rel=1e-3)
    better = planted(tmp_path, "analog.source_driver", "sl_ground_resistance nominal", "extracted", 1.0)
    judged = {f.name: f.passes for f in image_sums.ground_figures(better)}
    assert judged["image: to the core's pin, nominal"] and not judged["image: to the core's pin, worst corner"]


def test_energy_of_an_image_is_that_of_its_parts(results, tmp_path):
    found = values(image_sums.energy_figures, results)
    names = ("front ends while awake, and rows", "front ends at rest meanwhile", "comparators", "references")
    assert sum(found[name] for name in names) == pytest.approx(found["analog"], rel=1e-3)
    assert found["comparators"] > 0 and found["front ends at rest meanwhile"] > 0
    whole = 1e3 * (found["analog"] + found["controller"]) / found["synaptic operations"]
    assert found["a synaptic operation, with the controller"] == pytest.approx(whole, rel=1e-3)
    more = planted(tmp_path, "analog.references", "power nominal", "schematic", 1e4)
    assert values(image_sums.energy_figures, more)["references"] == pytest.approx(1e4 * image_sums.image_time() * 1e3, rel=1e-3)


def test_images_disturb_as_long_as_their_rows_are_on(results):
    found = values(image_sums.disturb_figures, results)
    reads = figure_value(results, "figures", "read_disturb: change after 1e6 reads at 0.2 V, 27 C")
    share = found["time of a row in an image"] / 0.04
    assert share == pytest.approx(found["of it the reads of the synapse's figure"])
    assert found["change by a million images, 27 C"] == pytest.approx(reads * share, rel=1e-3)


def test_injection_is_the_spread_in_volts(results, tmp_path):
    found = values(image_sums.injection_figures, results)
    step = figure_value(results, "analog.image_neuron", "step nominal", "schematic") / 100
    spread = figure_value(results, "analog.front_end", "zero_sigma nominal", "schematic")
    assert found["spread at 1:16"] == pytest.approx(spread * step, rel=1e-3)
    assert found["spread at 1:32"] == pytest.approx(spread * step / 2, rel=1e-3)
    worse = planted(tmp_path, "analog.front_end", "zero_sigma nominal", "schematic", 3 * spread)
    assert not any(f.passes for f in image_sums.injection_figures(worse) if f.max)


def test_charge_from_vpp_is_that_of_all_rows(results):
    found = values(image_sums.vpp_figures, results)
    one = figure_value(results, "analog.row_driver", "energy nominal", "extracted") / 3.3
    assert found["charge of 64 rows"] == found["drop of 1 nF by that charge"] == pytest.approx(64 * one, rel=1e-3)     # pC on 1 nF: mV
    current = found["charge of 64 rows"] / found["rise of a word line"]             # mA
    ohm = found["way from the pad to the row drivers, straps included"]
    assert found["drop on it, all charge within that rise"] == pytest.approx(current * ohm, rel=1e-2)


def test_regions_of_sums_stand_once_on_their_pages():
    for page, lines, _ in image_sums.sum_regions():
        text = page.read_text()
        assert [text.count(line) for line in lines] == [1, 1]
    assert markers("image_core") == image_sums.markers("image_core")


def test_other_chips_have_all_their_figures(results):
    shown = others_table(results)
    assert "not run" not in shown and len(shown.splitlines()) == 2 + len(others.others()) and not re.search(r"[{}]", shown)
    assert "not run (`make device`)" in others_table(Results())


def test_other_chips_follow_a_planted_figure(results, tmp_path):
    other = planted(tmp_path, "mnist", "64-30 whole images programmed: mean", "simulation", 99.87)
    assert others_table(other).count("99.87 %") == 3 and "99.87" not in others_table(results)


@pytest.mark.parametrize("name", ["device: no such figure, simulation", "nowhere: ENOB, schematic", "area: of the moon", "adc"])
def test_other_chips_wrong_names_are_told(results, name):
    if name.startswith("device"):
        assert with_values(f"{{{name}}}", results).startswith("not run")
    else:
        with pytest.raises(UserError, match=r"^others.yaml: '.*' is neither a sum nor a figure of a step"):
            with_values(f"a {{{name}}} b", results)


def test_other_chips_damaged_file_is_told(tmp_path):
    (path := tmp_path / "others.yaml").write_text(others.FILE.read_text().replace("  note: \"other units", "  notes: \"other units"))
    with pytest.raises(UserError, match=r"^others.yaml: "):
        others.others(path)
