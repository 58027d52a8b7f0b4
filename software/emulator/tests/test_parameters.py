"""parameters.json: every number stands with the figure that it was taken from, is renewed from reports, and
code reads no document."""

from __future__ import annotations

import re

import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.software.emulator.parameters import (
    FILE,
    Parameter,
    largest,
    measured,
    parameter,
    parameters,
    read_parameters,
    renewed,
    write_parameters,
)

READERS = re.compile(r'neusoc\.base\.results\b|neusoc\.flow\.status|status\.json')


def test_parameters_are_written_as_they_stand(tmp_path):
    assert write_parameters(parameters(), tmp_path / "parameters.json").read_text() == FILE.read_text()
    assert (
        parameter("fire_driver.drive_resistance.extracted")
        == parameters()["fire_driver.drive_resistance.extracted"].value
    )
    assert parameter("neuron.capacitance.schematic") == pytest.approx(
        parameters()["neuron.capacitance.schematic"].value * 1e-15
    )
    sources = [parameter(f"synapse.compliance.{source}") for source in ("schematic", "extracted")]
    assert largest("analog.synapse", "compliance") == max(sources)
    assert (
        measured("analog.synapse", "compliance", "schematic")
        == parameters()["synapse.compliance.schematic"].value
    )
    with pytest.raises(UserError, match=r"has no figure mood \(gds\) of analog.synapse"):
        measured("analog.synapse", "mood", "gds")
    with pytest.raises(
        UserError, match="parameters.json: has no neuron.mood; add it with its step and figure"
    ):
        parameter("neuron.mood")
    with pytest.raises(UserError, match="has no figure mood of analog.synapse"):
        largest("analog.synapse", "mood")


def test_parameters_are_renewed_from_reports(tmp_path):
    known = {
        "a": Parameter(value=1.0, unit="fF", step="analog.a", figure="c nominal", source="schematic"),
        "b": Parameter(value=2.0, unit="mV", step="analog.b", figure="v", source="extracted"),
    }
    values = {"extracted": 9.0, "schematic": 3.0}
    figures = [
        Figure(name="c nominal", value=value, unit="fF", source=source) for source, value in values.items()
    ]
    report = Report(step="analog.a", figures=figures)
    (tmp_path / "analog.a.json").write_text(report.model_dump_json(by_alias=True))
    after = renewed(known, tmp_path)
    assert after == known | {"a": known["a"].model_copy(update={"value": 3.0})}
    for wrong in ({"figure": "d"}, {"unit": "pJ"}, {"source": "gds"}):
        with pytest.raises(UserError, match=r"analog.a.json: no figure .* for a; run the step again"):
            renewed({"a": known["a"].model_copy(update=wrong)}, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a readable YAML file.*restore it"),
        ('{"a": {"value": 1}}', "a.unit is missing.*git checkout"),
        (
            '{"a": {"value": 1, "unit": "parsec", "step": "s", "figure": "f", "source": "gds"}}',
            "a.unit is 'parsec'.*choose one of fF.*git",
        ),
    ],
)
def test_parameters_that_are_damaged_are_one_sentence(tmp_path, text, said):
    path = tmp_path / "parameters.json"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as error:
        read_parameters(path)
    assert "\n" not in str(error.value) and str(error.value).startswith("parameters.json: ")


def test_code_below_flow_reads_no_results():
    """Results are outputs; tests compare with them, flow publishes them."""
    folders = ("analog", "digital", "layout", "pdk", "software", "verification")
    modules = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"tests"} & set(path.parts)
    ]
    readers = [str(path.relative_to(ROOT)) for path in modules if READERS.search(path.read_text())]
    assert len(modules) > 300 and readers == []
