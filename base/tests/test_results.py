"""Reports of a folder."""

import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.base.results import read_results


def _report(step, figures=(), **fields):
    return Report(step=step, figures=list(figures), **fields)


def test_results_are_the_reports_of_a_folder(tmp_path):
    sources = ("schematic", "extracted")
    _report(
        "a", [Figure(name="x", value=value, source=source) for value, source in enumerate(sources)]
    ).write(tmp_path)
    _report("b", not_run="no tool").write(tmp_path)
    results = read_results(tmp_path)
    assert set(results.reports) == {"a", "b"} and results.report("b") is None and results.report("c") is None
    assert [results.figure("a", "x", source).value for source in (None, *sources)] == [0, 0, 1]
    assert results.figure("a", "y") is None and results.figure("b", "x") is None
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(UserError, match="c.json: not a report of this schema"):
        read_results(tmp_path)


def test_report_by_scenario_keeps_those_that_were_not_run_again(tmp_path):
    def run(**values):
        figures = [
            Figure(name=f"{name}.time", value=value, source="simulation") for name, value in values.items()
        ]
        _report("mixed", figures).write(tmp_path, by_scenario=True)
        return {f.name: f.value for f in read_results(tmp_path).reports["mixed"].figures}

    assert run(one=1.0, two=2.0) == {"one.time": 1.0, "two.time": 2.0}
    assert run(two=3.0) == {"two.time": 3.0, "one.time": 1.0}
