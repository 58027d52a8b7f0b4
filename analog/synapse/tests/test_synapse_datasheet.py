"""The synapse's benches compared with trains of pulses."""

import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.synapse import benches
from neusoc.analog.synapse.bench import Pulse, train
from neusoc.pdk.spice.ngspice import SpiceError

NAMES = ["g_set", "g_reset", "compliance", "energy"]


@pytest.fixture(scope="module")
def programmed():
    return measure("synapse", netlist_text("synapse"), datasheet("synapse"), "schematic", NAMES, "nominal")


def test_synapse_benches_agree_with_trains_of_pulses(programmed):
    (where,) = programmed["g_set"]
    found = train([Pulse(1.8, 2.4), Pulse(3.6, 0.0, 3.0)])
    assert programmed["g_set"][where] == pytest.approx(1e6 * found.conductance[1], rel=0.01)
    assert programmed["g_reset"][where] == pytest.approx(1e6 * found.conductance[2], rel=0.01)
    assert programmed["compliance"][where] == pytest.approx(1e6 * found.peak[0], rel=0.01)
    assert programmed["energy"][where] == pytest.approx(1e12 * found.energy[0], rel=0.02)


def test_synapse_missed_limit_is_told(programmed):
    sheet = datasheet("synapse")
    assert sheet.missed(programmed) == {}
    harder = sheet.parameters["g_set"].model_copy(update={"minimum": 35.0})
    assert list(
        sheet.model_copy(update={"parameters": sheet.parameters | {"g_set": harder}}).missed(programmed)
    ) == ["g_set"]


def test_synapse_broken_bench_is_told(tmp_path, monkeypatch):
    (tmp_path / "tb").mkdir()
    text = (benches.FOLDER / "tb" / "program.spice").read_text()
    (tmp_path / "tb" / "program.spice").write_text(
        text.replace("find bit at=1093n", "find v(nowhere) at=1093n")
    )
    monkeypatch.setattr(benches, "FOLDER", tmp_path)
    with pytest.raises(SpiceError):
        measure("synapse", netlist_text("synapse"), datasheet("synapse"), "schematic", ["g_set"], "nominal")
