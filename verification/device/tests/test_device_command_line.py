"""Bad input through the command line: one sentence that names file, field, value and remedy, exit code 2,
nothing written."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from neusoc.analog.reram import statistics
from neusoc.analog.reram.sets import SETS
from neusoc.flow import cli

HEADER = "cell,begin_s,amplitude_v,width_s,edge_s,series_ohm,before_siemens,after_siemens"
PULSE = "a,{},2.0,1e-6,1e-8,1e4,1e-6,5e-6"


@pytest.fixture
def told(monkeypatch, capsys, tmp_path):
    """Run `neusoc ...` in an empty folder; gives its sentence."""
    monkeypatch.chdir(tmp_path)

    def neusoc(*arguments: str) -> str:
        before = sorted(tmp_path.iterdir())
        monkeypatch.setattr(sys, "argv", ["neusoc", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        text = capsys.readouterr().err
        assert end.value.code == 2 and text.startswith("error: ") and text.count("\n") == 1, text
        assert sorted(tmp_path.iterdir()) == before
        return text

    return neusoc


def write_set(path: Path, **changes: float | None) -> None:
    data = yaml.safe_load((SETS / "sky130_oxram.yaml").read_text())
    data["model"] = {k: v for k, v in (data["model"] | changes).items() if v is not None}
    path.write_text(yaml.safe_dump(data))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"eg_ev": None}, "mine.yaml: model.eg_ev is missing; add it"),
        ({"eg_ev": None, "egg_ev": 1.5}, "mine.yaml: model.egg_ev is unknown; is it eg_ev"),
        ({"t0_k": -5.0}, "mine.yaml: model.t0_k = -5.0: Input should be greater than 0"),
        ({"xmax_nm": 6.0}, "mine.yaml: model: xmin_nm < xmax_nm < tox_nm must hold"),
        ({"er_ev": float("nan")}, "mine.yaml: model.er_ev = nan: Input should be a finite number"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [("osdi", "--set"), ("reram-sweep", "--set"), ("device-fit", "p.csv", "-o", "x.yaml", "--base")],
)
def test_device_command_refuses_a_bad_set(command, changes, words, told, tmp_path):
    write_set(tmp_path / "mine.yaml", **changes)
    (tmp_path / "p.csv").write_text("\n".join([HEADER, *(PULSE.format(k) for k in range(8))]))
    assert words in told(*command, "mine.yaml")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEADER.replace(",edge_s", ""), "a"], "data.csv: column edge_s is missing"),
        (
            [HEADER.replace("width_s", "width_ns"), "a"],
            "data.csv: column width_ns has the wrong unit; convert it and call it width_s",
        ),
        (
            [HEADER, PULSE.format(1), PULSE.format(0)],
            "data.csv: line 3, begin_s = 0 of cell a is not after 1; order the lines by time",
        ),
        (
            [HEADER, PULSE.format(0), PULSE.format(5e-7)],
            "data.csv: line 3, the pulse of cell a at 5e-07 s begins before the one at 0 s",
        ),
        ([HEADER, PULSE.format("nan")], "data.csv: line 2, begin_s = nan is not finite"),
    ],
)
def test_device_command_refuses_a_bad_table(lines, words, told, tmp_path):
    (tmp_path / "data.csv").write_text("\n".join(lines))
    assert words in told("device-fit", "data.csv", "-o", "x.yaml")


def test_device_command_tells_cell_time_and_bias_of_a_model_that_does_not_converge(told, tmp_path):
    write_set(tmp_path / "wild.yaml", v0_mps=1e40, vmax_mps=1e40)
    text = told("reram-sweep", "--set", "wild.yaml", "-o", "loop.csv")
    assert re.search(
        r"cell of 3.3 nm behind a limit of 0.0001 A does not converge at [\d.]+ s, bias [-\d.e]+ V", text
    ), text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("device", "--arrays", "0"), "arrays is 0; choose 1 or more"),
        (("figures", "nosuch"), "figure 'nosuch': unknown; choose one of states"),
        (("reram-sweep", "--set-peak", "-1"), "peaks -1 V and -2.4 V; give positive, positive, negative"),
        (("reram-sweep", "--set-peak", "1e9"), "give at most 0.1 A and 20 V"),
        (("reram-sweep", "--set", "nosuch"), "parameter set nosuch: not found; choose one of cbram_gese"),
        (("device-fit", "nosuch.csv", "-o", "x.yaml"), "nosuch.csv: no such file"),
    ],
)
def test_device_command_refuses_bad_arguments(arguments, words, told):
    assert words in told(*arguments)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{value: 0.158,", "{value: .nan,", "forming.voltage_sigma_v.value is nan"),
        ("{value: 0.158,", "{value: -1,", "forming.voltage_sigma_v.value is -1"),
        ("drift:", "drifting:", "drift"),
    ],
)
def test_device_command_refuses_bad_statistics(old, new, words, told, tmp_path):
    text = statistics.STATISTICS.read_text()
    assert old in text
    (tmp_path / "bad.yaml").write_text(text.replace(old, new))
    assert f"bad.yaml: {words}" in told("device", "--statistics", "bad.yaml")
