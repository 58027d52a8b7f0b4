"""CACE on the synapse's datasheet: a small run in the fast tier, the whole one in the full tier, planted misses, bad datasheets."""

import copy

import pytest
from neusoc.analog.bench.characterise import characterise
from neusoc.analog.synapse import cace
from neusoc.analog.synapse.bench import Pulse, train
from neusoc.base.errors import UserError


@pytest.fixture
def small():
    """The datasheet with the programming parameter alone, at tt and 27 C."""
    sheet = copy.deepcopy(cace.datasheet())
    sheet["parameters"] = {"program": sheet["parameters"]["program"]}
    sheet["parameters"]["program"]["conditions"] = {"corner": {"enumerate": ["tt"]}, "temperature": {"enumerate": [27]}}
    return sheet


def test_synapse_cace_agrees_with_the_bench(small, tmp_path):
    outcome = cace.run_cace(small, ["schematic"], tmp_path / "cace")
    (row,) = outcome.rows["program"]
    assert outcome.passed
    found = train([Pulse(1.8, 2.4), Pulse(3.6, 0.0, 3.0)])
    assert float(row["g_set"]) == pytest.approx(found.conductance[1], rel=0.01)
    assert float(row["g_reset"]) == pytest.approx(found.conductance[2], rel=0.01)
    assert float(row["compliance"]) == pytest.approx(found.peak[0], rel=0.01)
    assert float(row["energy"]) == pytest.approx(found.energy[0] * 1e12, rel=0.02)


def test_synapse_cace_tells_a_missed_limit(small, tmp_path):
    small["parameters"]["program"]["spec"]["g_set"]["minimum"]["value"] = 35
    assert not cace.run_cace(small, ["schematic"], tmp_path / "cace").passed


def test_synapse_cace_tells_a_broken_bench(small, tmp_path, monkeypatch):
    whole = cace._workspace

    def broken(*arguments):
        whole(*arguments)
        path = arguments[2] / "tb" / "program.sch"
        path.write_text(path.read_text().replace("meas tran i_set find i(vbl)", "meas tran i_set find i(vnone)"))

    monkeypatch.setattr(cace, "_workspace", broken)
    with pytest.raises(UserError, match="ngspice under CACE|CACE: "):
        cace.run_cace(small, ["schematic"], tmp_path / "cace")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("unit: fF", "unit: horse", "parameters.read.spec.c_wl.unit is 'horse'"),
        ("value: 250", "value: much", "parameters.program.spec.reset_current.maximum.value is 'much'"),
        ("value: 250", "value: any", "parameters.program.spec.reset_current has neither"),
        ("parameters:", "parametres:", "field 'parameters' is missing"),
        ("pins:", "pins: [", "not a readable YAML"),
    ],
)
def test_synapse_datasheet_bad_input(tmp_path, old, new, words):
    text = (cace.FOLDER / "synapse.yaml").read_text()
    assert old in text
    path = tmp_path / "synapse.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=words):
        cace.datasheet(path)


@pytest.mark.full
def test_synapse_datasheet_schematic_and_extracted():
    report, table = characterise("synapse")
    assert report.verdict == "pass", [f for f in report.figures if not f.passes]
    assert {f.source for f in report.figures} == {"schematic", "extracted"}
    specs = sum(len(p["spec"]) for p in cace.datasheet()["parameters"].values())
    assert table.count("\n") == specs + 2
