"""Reports: the verdict follows from the figures, and nothing can be typed in."""

import json

import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, read_report


def _figure(value, **limits):
    return Figure(name="x", value=value, source="gds", **limits)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ([], "fail"),
        ([_figure(1.0)], "pass"),
        ([_figure(1.0, max=1.0)], "pass"),
        ([_figure(1.1, max=1.0)], "fail"),
        ([_figure(1.0, min=2.0)], "fail"),
        ([_figure(None)], "fail"),
        ([_figure(float("nan"), max=1.0)], "fail"),
        ([_figure(1.0), _figure(3.0, max=2.0)], "fail"),
    ],
)
def test_report_verdict(figures, verdict):
    assert Report(step="s", figures=figures).verdict == verdict


def test_report_not_run_never_passes():
    assert Report(step="s", figures=[_figure(1.0)], not_run="docker is missing").verdict == "not run"


def test_report_round_trip(tmp_path):
    report = Report(step="drc.x", figures=[_figure(0, max=0)], tools={"klayout": "0.30"}, seconds=1.0)
    path = report.write(tmp_path)
    assert path.name == "drc.x.json" and read_report(path) == report
    data = json.loads(path.read_text())
    assert data["verdict"] == "pass" and data["figures"][0]["pass"] is True
    assert set(data) == {*Report.model_fields, "verdict"}


@pytest.mark.parametrize("edit", [{"verdict": "pass"}, {"verdict": "pass", "extra": 1}, {"verdict": None}])
def test_report_typed_in_verdict_is_refused(tmp_path, edit):
    path = Report(step="s", figures=[_figure(1, max=0)]).write(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | edit))
    with pytest.raises(UserError):
        read_report(path)


def test_report_garbage_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("[]")
    with pytest.raises(UserError, match="x.json"):
        read_report(path)
