"""A fit finds the parameters of synthetic measurements again; bad CSV is refused in one sentence."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from neusoc.analog.reram.equations import Parameters
from neusoc.analog.reram.fit import fit, fit_file
from neusoc.analog.reram.measured import PULSE_COLUMNS, SWEEP_COLUMNS, Pulses, read_measured
from neusoc.analog.reram.sets import load_set
from neusoc.base.errors import UserError

_spec = importlib.util.spec_from_file_location("device_synthetic", Path(__file__).with_name("synthetic.py"))
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

TRUE = {"eg_ev": 1.46, "er_ev": 1.53, "g0": 16.0}
PULSE_HEADER = ",".join(["cell", *PULSE_COLUMNS])
SWEEP_HEADER = ",".join(["sweep", *SWEEP_COLUMNS])
PULSE = "a,{begin},2.0,1e-6,1e-8,1e4,1e-6,5e-6"


def true_parameters() -> Parameters:
    return Parameters.of().with_(**TRUE)


def check_recovered(set_file: Path, narrow: float) -> None:
    found = load_set(set_file)
    for name, value in TRUE.items():
        low, high = found.confidence[name]
        assert low <= value <= high, (name, low, value, high)
        assert (high - low) < narrow * value, name  # an interval that holds everything proves nothing
        assert low < getattr(found.model, name) < high
    kept = set(type(found.model).model_fields) - set(TRUE)
    assert all(getattr(found.model, n) == getattr(load_set().model, n) for n in kept)


def test_device_fit_recovers_pulses(tmp_path: Path) -> None:
    data, mine = tmp_path / "pulses.csv", tmp_path / "mine.yaml"
    synthetic.pulses_csv(data, true_parameters(), count=60, seed=1)
    done = fit_file(data, "sky130_oxram", mine)
    check_recovered(mine, 0.01)
    assert done.count == 60 and done.scatter["ln_conductance"] == pytest.approx(0.01, rel=0.4)
    assert load_set(mine).name == "mine"


@pytest.mark.full
def test_device_fit_recovers_sweeps(tmp_path: Path) -> None:
    data, mine = tmp_path / "sweeps.csv", tmp_path / "mine.yaml"
    synthetic.sweeps_csv(data, true_parameters(), [20e-6, 100e-6], seed=2)
    done = fit_file(data, "sky130_oxram", mine)
    check_recovered(mine, 0.01)
    assert done.scatter["ln_current"] == pytest.approx(0.02, rel=0.3)


@pytest.mark.full
def test_device_fit_intervals_cover_as_they_say(tmp_path: Path) -> None:
    """Over ten measurements at least 24 of 30 intervals of 95 % hold the truth (28.5 expected)."""
    held = 0
    for seed in range(10):
        data, mine = tmp_path / "pulses.csv", tmp_path / "mine.yaml"
        synthetic.pulses_csv(data, true_parameters(), count=40, seed=100 + seed)
        fit_file(data, "sky130_oxram", mine)
        held += sum(low <= TRUE[n] <= high for n, (low, high) in load_set(mine).confidence.items())
    assert held >= 24


def test_device_fit_what_cannot_be_fitted_is_told(tmp_path: Path) -> None:
    data = tmp_path / "pulses.csv"
    synthetic.pulses_csv(data, true_parameters(), count=8, seed=3)
    with pytest.raises(UserError, match="device-fit: egg cannot be fitted; choose from v0_mps, eg_ev"):
        fit_file(data, "sky130_oxram", tmp_path / "mine.yaml", ["egg"])
    with pytest.raises(UserError, match="My.yml: not a name for a set"):
        fit_file(data, "sky130_oxram", tmp_path / "My.yml")
    with pytest.raises(UserError, match="name each parameter to fit once"):
        fit_file(data, "sky130_oxram", tmp_path / "mine.yaml", ["g0", "g0"])
    quiet = Pulses(*(np.full(6, value) for value in (0.5, 1e-7, 1e-8, 1e3, 1e-6, 1e-6)))
    with pytest.raises(UserError, match="the data do not determine"):
        fit(quiet, load_set(), ["er_ev"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no data"),
        (PULSE_HEADER, "holds no data"),
        (
            PULSE_HEADER.replace("width_s", "width_ns") + "\nx",
            "column width_ns has the wrong unit; convert it and call it width_s",
        ),
        (
            PULSE_HEADER.replace(",edge_s", "") + "\nx",
            "column edge_s is missing; the columns are cell, begin_s",
        ),
        (PULSE_HEADER + ",colour\nx", "column colour is unknown"),
        (PULSE_HEADER + ",cell\nx", "column cell is there twice"),
        (PULSE_HEADER + "\na,0,2", "line 2 has 3 values, the header 8"),
        (PULSE_HEADER + "\n" + PULSE.format(begin="zero"), "line 2, begin_s = zero is not a number"),
        (PULSE_HEADER + "\n" + PULSE.format(begin="nan"), "line 2, begin_s = nan is not finite"),
        (
            PULSE_HEADER + "\n" + PULSE.format(begin=0).replace("1e-6,1e-8", "1000,10"),
            "line 2, width_s = 1000 is not plausible in s",
        ),
        (
            PULSE_HEADER + "\n" + PULSE.format(begin=0).replace("5e-6", "5"),
            "after_siemens = 5 is not plausible in siemens",
        ),
        (
            "\n".join([PULSE_HEADER, PULSE.format(begin=1), PULSE.format(begin=0)]),
            "begin_s = 0 of cell a is not after 1; order",
        ),
        (
            "\n".join([PULSE_HEADER, PULSE.format(begin=0), PULSE.format(begin="5e-7")]),
            "pulse of cell a at 5e-07 s begins before",
        ),
        (
            "\n".join([SWEEP_HEADER, "s,0,0.1,100,0,1e-6", "s,0,0.2,100,0,1e-6"]),
            "line 3, time_s = 0 of sweep s is not after 0",
        ),
        (
            "\n".join([SWEEP_HEADER, "s,0,0.1,100,0,1e-6", "s,1,0.2,200,0,1e-6"]),
            "series_ohm or limit_a changes within sweep s",
        ),
        ("\n".join([SWEEP_HEADER, "s,0,0.1,100,0,1e-6"]), "sweep s has 1 samples; give at least 20"),
        (
            SWEEP_HEADER.replace("current_a", "current_ma") + "\nx",
            "column current_ma has the wrong unit; convert it and call it current_a",
        ),
    ],
)
def test_device_fit_bad_csv_is_one_sentence(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_measured(path)
    assert told in str(caught.value) and str(caught.value).startswith("data.csv: ")
    assert "\n" not in str(caught.value)
