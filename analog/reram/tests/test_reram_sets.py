"""Parameter sets: checked field by field, the model's defaults among them, and their thresholds as their
sources give them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from neusoc.analog.reram.measured import read_measured
from neusoc.analog.reram.osdi import SOURCE, build_osdi, wrapper
from neusoc.analog.reram.sets import SETS, ModelParameters, available, load_set, model_line
from neusoc.analog.reram.sweep import failure, sweep, threshold_figures
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.pdk.devices import RERAM
from neusoc.pdk.spice.ngspice import deck, run


def test_reram_sets_are_three() -> None:
    assert available() == ["cbram_gese", "oxram_leti", "sky130_oxram"]
    assert all(load_set(name).name == name for name in available())


def test_reram_model_defaults_are_the_foundry_set() -> None:
    declared = dict(
        re.findall(r'(?<!"instance", )desc = .*?parameter real (\w+) = ([-\d.e]+)', SOURCE.read_text())
    )
    declared = {k: float(v) for k, v in declared.items() if k not in ("x0_nm", "area_um2")}
    assert declared == load_set("sky130_oxram").model.model_dump()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"eg_ev": None}, "model.eg_ev is missing; add it"),
        ({"egg_ev": 1.5}, "model.egg_ev is unknown; is it eg_ev"),
        ({"eg_ev": None, "eg_eV": 1.5}, "model.eg_eV is unknown; is it eg_ev"),
        ({"colour": 1}, "model.colour is unknown; remove it"),
        ({"eg_ev": float("nan")}, "model.eg_ev = nan: .*finite"),
        ({"eg_ev": -1.5}, "model.eg_ev = -1.5: .*greater than 0"),
        ({"tau_s": "fast"}, "model.tau_s = fast: .*valid number"),
        ({"v0_mps": True}, "model.v0_mps = True: a number is wanted"),
        ({"xmin_nm": 4.95}, "model: xmin_nm < xmax_nm < tox_nm must hold"),
        ({"xref_nm": 6.0}, "model: xref_nm must be below tox_nm"),
        ({"g1": -10.0}, "model: g0 .* must be positive"),
        ({"stop_nm": 1.0}, "model: stop_nm must be below"),
        ({"xlrs_nm": 3.2}, "model: xlrs_nm must be above xmin_nm"),
        ({"ea_hrs_ev": 1.0}, "model.ea_hrs_ev = 1.0: .*less than or equal to 0.3"),
        ({"tc_lrs_per_k": -0.1}, "model.tc_lrs_per_k = -0.1: .*greater than -0.005"),
    ],
)
def test_reram_bad_set_is_one_sentence(change: dict, told: str, tmp_path: Path) -> None:
    data = yaml.safe_load((SETS / "sky130_oxram.yaml").read_text())
    data["model"] = {k: v for k, v in (data["model"] | change).items() if v is not None}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(UserError, match=f"^mine.yaml: {told}") as caught:
        load_set(path)
    assert "\n" not in str(caught.value)


def test_reram_set_that_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="parameter set nosuch: not found; choose one of cbram_gese, oxram_leti, sky130_oxram"
    ):
        load_set("nosuch")
    wrong = (
        ("[", "not YAML"),
        ("", "holds no fields"),
        ("name: x", "is missing"),
        ("name: x\nname: y", "x.yaml:2: name stands twice"),
    )
    for text, told in wrong:
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(UserError, match=told):
            load_set(tmp_path / "x.yaml")


@pytest.mark.parametrize("name", available())
def test_reram_set_reaches_ngspice(name: str) -> None:
    """Static currents of a set's .model line and of its wrapper are those of its numbers."""
    chosen = load_set(name)
    circuit = (
        f"{model_line(chosen, 'mine')}va a 0 1m\nn1 a 0 mine x0_nm=4.5\n"
        f"{wrapper(4.6, chosen)}vb b 0 1m\nx1 b 0 {RERAM} area_ox=0.1024"
    )
    found = run(
        deck(
            circuit,
            [f"pre_osdi {build_osdi()}", "op", "let ga = -i(va)/1m", "let gb = -i(vb)/1m", "print ga gb"],
        )
    ).measures
    assert found["ga"] == pytest.approx(chosen.model.conductance(4.5), rel=1e-3)
    assert found["gb"] == pytest.approx(chosen.model.conductance(4.6), rel=1e-3)


def test_reram_thresholds_are_those_of_the_source() -> None:
    figures = threshold_figures()
    assert len(figures) == 2 * 3 * 2 + 1
    assert all(f.passes for f in figures), [f for f in figures if not f.passes]


def test_reram_sweep_leaves_what_its_limit_allows() -> None:
    chosen = load_set("cbram_gese")
    limits = (50e-9, 1e-6)
    loops = [sweep(chosen, limit, 1.2, -0.6) for limit in limits]
    low, high = (chosen.model.conductance(loop.filament_nm[loop.turn]) for loop in loops)
    assert 10 * low < high
    for limit, loop in zip(limits, loops, strict=True):
        assert loop.cell_a.max() == pytest.approx(limit, rel=0.01)


def test_reram_sweep_csv_is_what_the_fit_reads(tmp_path: Path) -> None:
    loop = sweep(load_set("oxram_leti"), 100e-6, 2.4, -2.4)
    path = tmp_path / "sweep.csv"
    path.write_text(loop.csv(100e-6))
    (read,) = read_measured(path)
    assert read.limit_a == 100e-6 and read.source_v.max() == pytest.approx(2.4, abs=0.02)
    assert read.current_a.max() == pytest.approx(100e-6, rel=0.01)


def test_reram_readme_example_runs() -> None:
    """The README's lines, as they stand there, in a deck."""
    readme = (ROOT / "analog" / "reram" / "README.md").read_text()
    example = re.search(r"```spice\n(.*?)```", readme, re.S)[1]
    assert "n1 te be m x0_nm=" in example and "v(n1#x)" in example
    text = example.replace("build/osdi/reram.osdi", str(build_osdi()))
    result = run(f"* README\n{text}")
    assert result.measures["x_end"] > result.measures["x_begin"] + 0.5


def test_reram_sweep_that_does_not_switch_is_told() -> None:
    with pytest.raises(UserError, match="SET sweep: the filament moves only .* raise the peak voltage"):
        _ = sweep(load_set(), 1e-4, 0.5, -0.5).set_v
    with pytest.raises(UserError, match="give positive, positive, negative"):
        sweep(load_set(), 1e-4, 0.5, 0.5)
    with pytest.raises(UserError, match="give at most 0.1 A and 20 V of either sign"):
        sweep(load_set(), 1e-4, 1e9, -0.5)


def test_reram_failure_tells_time_and_bias() -> None:
    told = 'Timestep too small; time = 1.5e-08, timestep = 1e-20: trouble with node "te"'
    assert failure(told, (0.0, 1e-8, 2e-8), (0.0, 0.0, 2.0)).startswith(
        f"does not converge at 1.5e-08 s, bias 1 V ({told}); check"
    )
    assert "at a time that is not told (no end after 120 s)" in failure(
        "no end after 120 s", (0.0, 1.0), (0.0, 1.0)
    )


def test_reram_symbol_netlist_and_lvs_name_the_same_device() -> None:
    """xschem symbol, SPICE wrapper and LVS device class: one name, terminals in the same order."""
    from neusoc.verification.signoff.device_classes import DEVICE_CLASSES

    symbol = (ROOT / "analog" / "symbols" / "reram.sym").read_text()
    named = (
        re.search(r'format="@name @pinlist (\S+)@model area_ox=@area_ox"', symbol)[1]
        + re.search(r"model=(\w+) area_ox", symbol)[1]
    )
    pins = re.findall(r"^B 5 .*\{name=(\w+) dir=inout\}", symbol, re.M)
    subckt = re.search(r"^\.subckt (\S+) (\w+) (\w+) area_ox=", wrapper(), re.M)
    device = DEVICE_CLASSES[RERAM](RERAM)
    terminals = [t.name.lower() for t in device.terminal_definitions()]
    assert named == subckt[1] == device.name == RERAM
    assert pins == [subckt[2], subckt[3]] == terminals == ["te", "be"]
    assert [p.name for p in device.parameter_definitions()] == ["AREA_OX"]


def test_reram_parameter_names_are_the_models() -> None:
    assert set(ModelParameters.model_fields) <= set(re.findall(r"parameter real (\w+)", SOURCE.read_text()))
