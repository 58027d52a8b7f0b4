"""Results of benches are kept for the same inputs, and for no others."""

import pytest
from neusoc.analog.bench import result_store as module
from neusoc.analog.bench.characterise import Condition, datasheet, measure
from neusoc.analog.bench.result_store import kept


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BUILD", tmp_path)
    return tmp_path


def _ask(netlist="x", run="static, tt", asked=("a", "b"), values=None):
    return kept("bias", run, netlist, {"vref": 0.9}, asked, lambda: values or {"a": 1.0, "b": float("nan")})


def test_kept_once_for_the_same_run(folder):
    first, was_there = _ask()
    assert (first["a"], was_there) == (1.0, False)
    again, was_there = _ask(values={"a": 2.0, "b": 3.0})
    assert again["a"] == 1.0 and again["b"] != again["b"] and was_there


@pytest.mark.parametrize("change", [{"netlist": "y"}, {"run": "static, ss"}, {"asked": ("a",)}])
def test_kept_not_for_another_run(folder, change):
    _ask()
    found, was_there = _ask(values={"a": 2.0, "b": 3.0}, **change)
    assert (found["a"], was_there) == (2.0, False)


def test_kept_not_if_a_bench_or_the_process_changed(folder, monkeypatch):
    _ask()
    bench = folder / "benches.py"
    bench.write_text("1")
    monkeypatch.setattr(module, "inputs", lambda name: [bench])
    assert _ask()[1] is False and _ask()[1] is True
    bench.write_text("2")
    assert _ask()[1] is False
    monkeypatch.setattr(module, "version", lambda tool: "another")
    assert _ask()[1] is False


def test_kept_not_of_a_run_that_failed(folder):
    def fails():
        raise RuntimeError("no end")

    with pytest.raises(RuntimeError):
        kept("bias", "static", "x", {}, ("a",), fails)
    assert not list(folder.rglob("*.json"))


def test_kept_file_that_is_damaged(folder, capsys):
    _ask()
    (path,) = folder.rglob("*.json")
    path.write_text("{")
    found, was_there = _ask(values={"a": 2.0, "b": 3.0})
    assert (found["a"], was_there) == (2.0, False) and "damaged; it is made anew" in capsys.readouterr().err


def test_kept_inputs_are_code_and_decks_of_the_bench_and_all_schematics():
    names = {str(p.relative_to(module.ANALOG.parent)) for p in module.inputs("fire_driver")}
    assert {"analog/fire_driver/benches.py", "analog/synapse/bench.py", "pdk/spice/ngspice.py", "analog/dac6/dac6.sch"} <= names
    assert "pdk/spice/models.py" in names
    assert any(name.startswith("analog/fire_driver/tb/") for name in names) and "analog/dac6/benches.py" not in names
    assert not any("/tests/" in name or name.endswith("layout.py") for name in names)


def test_characterisation_goes_on_where_it_was_left(folder, monkeypatch, capsys):
    """Interrupted after its first run, it asks the bench for the rest alone."""
    sheet = datasheet("bias")
    name = next(key for key, p in sheet.parameters.items() if p.conditions and len(sheet.conditions[p.conditions]) > 1)
    ran: list[Condition] = []

    def simulate(bench, dut, sheet, condition, wanted):
        ran.append(condition)
        if len(ran) == 2:
            raise KeyboardInterrupt
        return dict.fromkeys(wanted, 1.0)

    monkeypatch.setattr("neusoc.analog.bias.benches.simulate", simulate)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        measure("bias", "netlist", sheet, "schematic", [name], resume=True)
    measure("bias", "netlist", sheet, "schematic", [name], resume=True)
    total = len(sheet.conditions[sheet.parameters[name].conditions])
    assert len(ran) == total + 1 and ran[0] not in ran[2:]
    told = capsys.readouterr().err
    assert f"bias schematic: 1 of {total}, " in told and "(kept)" in told


def test_words_and_key_figures_of_a_datasheet_do_not_ask_for_another_run(folder, monkeypatch):
    sheet = datasheet("bias")
    words = {net: pin | {"description": "other words"} for net, pin in sheet.pins.items()}
    said = sheet.model_copy(update={"pins": words, "description": "other words", "key": ("area",)})
    ran: list[Condition] = []

    def simulate(bench, dut, sheet, condition, wanted):
        ran.append(condition)
        return dict.fromkeys(wanted, 1.0)

    monkeypatch.setattr("neusoc.analog.bias.benches.simulate", simulate)
    for asked, runs in ((sheet, 1), (said, 1), (sheet.model_copy(update={"setup": sheet.setup | {"neurons": 31}}), 2)):
        measure("bias", "x", asked, "schematic", ["iadc"], conditions="nominal", resume=True)
        assert len(ran) == runs
