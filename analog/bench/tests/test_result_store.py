"""Results of benches are kept for the same inputs, and for no others."""

import re
import shutil

import pytest
from neusoc.analog.bench import depends, schematic
from neusoc.analog.bench import result_store as module
from neusoc.analog.bench.characterise import measure, report_inputs
from neusoc.analog.bench.datasheet import Condition, blocks, datasheet
from neusoc.analog.bench.result_store import kept
from neusoc.base.store import content_hash


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BUILD", tmp_path)
    return tmp_path


def _ask(netlist="x", run="static, tt", asked=("a", "b"), values=None):
    return kept(
        "bl_buffer", run, netlist, {"vref": 0.9}, asked, lambda: values or {"a": 1.0, "b": float("nan")}
    )


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
        kept("bl_buffer", "static", "x", {}, ("a",), fails)
    assert not list(folder.rglob("*.json"))


def test_kept_file_that_is_damaged(folder, capsys):
    _ask()
    (path,) = folder.rglob("*.json")
    path.write_text("{")
    found, was_there = _ask(values={"a": 2.0, "b": 3.0})
    assert (found["a"], was_there) == (2.0, False) and "damaged; it is made anew" in capsys.readouterr().err


def _names(paths):
    return {str(p.relative_to(module.ANALOG.parent)) for p in paths}


def test_kept_inputs_are_code_and_decks_of_the_bench_and_the_sheets_that_it_takes_in():
    names = _names(module.inputs("fire_driver"))
    assert {
        "analog/fire_driver/benches.py",
        "analog/synapse/bench.py",
        "pdk/spice/ngspice.py",
        "pdk/spice/models.py",
    } <= names
    sheets = ("fire_driver/fire_driver.sch", "neuron/neuron_latch.sch", "neuron/neuron.sym")
    assert {f"analog/{name}" for name in sheets} <= names
    assert {
        "analog/fire_driver/tb/static.spice",
        "analog/reram/reram.va",
        "analog/reram/parameter_sets/sky130_oxram.yaml",
    } <= names
    assert not any("/tests/" in name or name.endswith("layout.py") for name in names)
    assert not any(name.startswith("analog/sense_adc/") for name in names)


def test_kept_inputs_have_the_decks_of_benches_that_a_bench_calls():
    assert "analog/esd_pad/tb/zaps.spice" in _names(module.inputs("esd_second"))


@pytest.fixture
def key(tmp_path, monkeypatch):
    """Hash of a block's inputs after a text of a copy of analog/ was exchanged for another."""
    copy = tmp_path / "analog"
    shutil.copytree(
        module.ANALOG,
        copy,
        ignore=lambda _, names: {n for n in names if n in ("tests", "img", "__pycache__")},
    )
    monkeypatch.setattr(schematic, "ANALOG", copy)
    monkeypatch.setattr(schematic, "ROOT", tmp_path)
    needs = depends.needs

    def of_copy(*modules):
        found = [path.relative_to(module.ANALOG.parent) for path in needs(*modules)]
        return [
            tmp_path / path if path.parts[0] == "analog" else module.ANALOG.parent / path for path in found
        ]

    monkeypatch.setattr(depends, "needs", of_copy)

    def hashed(block, file="", before="", after=""):
        path = copy / file
        text = path.read_text() if file else ""
        assert before in text
        if file:
            path.write_text(text.replace(before, after, 1))
        found = content_hash(module.inputs(block))
        if file:
            path.write_text(text)
        return found

    return hashed


CHANGES = [  # file, text, other text, blocks whose results are asked for anew
    ("esd_pad/esd_pad.sch", "T {to the circuit}", "T {to the circuit, and beyond}", set()),
    ("row_driver/row_driver.sch", "E {}\n", "E {}\nT {a remark} 0 0 0 0 0.2 0.2 {}\n", set()),
    ("esd_pad/esd_pad.sch", "m=32", "m=16", {"esd_pad", "esd_second"}),
    ("strobe_driver/strobe_channel.sch", "w=", "w=1", {"strobe_driver", "column_driver", "source_driver"}),
    ("reram/reram.va", "// Compact model", "// A compact model", set()),
    ("reram/reram.va", "real x0_nm = 3.3", "real x0_nm = 3.4", {"fire_driver", "source_driver", "synapse"}),
    ("dac6/tb/settle.spice", "\n", "\n* a deck\n", {"dac6", "string_dac"}),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]}: {change[2]!r}")
def test_kept_results_follow_what_their_netlists_hold(change, key):
    """A remark on a sheet or in the compact model asks for nothing; a width asks for the blocks above it and
    beside it in a bench."""
    file, before, after, wanted = change
    assert {block for block in blocks() if key(block) != key(block, file, before, after)} == wanted


def test_report_of_a_block_has_the_layouts_of_blocks_that_count_with_it():
    names = _names(report_inputs("neuron"))
    assert {"analog/neuron/layout.py", "analog/fire_driver/layout.py", "analog/neuron/neuron.yaml"} <= names
    assert "analog/neuron/neuron_latch.sch" in names
    assert "analog/fire_driver/fire_driver.sch" not in names


def test_kept_netlists_are_named_or_are_the_blocks_own():
    """A bench that asks for the netlist of a block in a variable would not be followed."""
    code = {path for block in blocks() for path in module.inputs(block) if path.suffix == ".py"}
    asked = {path: re.findall(r"(?<!def )netlist_text\(([^)]*)\)", path.read_text()) for path in code}
    assert {
        path: odd for path, names in asked.items() if (odd := [n for n in names if n[:1] not in tuple("\"'")])
    } == {module.ANALOG / "bench" / "schematic.py": [""]}


def test_characterisation_goes_on_where_it_was_left(folder, monkeypatch, capsys):
    """Interrupted after its first run, it asks the bench for the rest alone."""
    sheet = datasheet("bl_buffer")
    name = next(
        key for key, p in sheet.parameters.items() if p.conditions and len(sheet.conditions[p.conditions]) > 1
    )
    ran: list[Condition] = []

    def simulate(bench, dut, sheet, condition, wanted):
        ran.append(condition)
        if len(ran) == 2:
            raise KeyboardInterrupt
        return dict.fromkeys(wanted, 1.0)

    monkeypatch.setattr("neusoc.analog.bl_buffer.benches.simulate", simulate)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        measure("bl_buffer", "netlist", sheet, "schematic", [name], resume=True)
    measure("bl_buffer", "netlist", sheet, "schematic", [name], resume=True)
    total = len(sheet.conditions[sheet.parameters[name].conditions])
    assert len(ran) == total + 1 and ran[0] not in ran[2:]
    told = capsys.readouterr().err
    assert f"bl_buffer schematic: 1 of {total}, " in told and "(kept)" in told


def test_words_and_key_figures_of_a_datasheet_do_not_ask_for_another_run(folder, monkeypatch):
    sheet = datasheet("bl_buffer")
    words = {net: pin | {"description": "other words"} for net, pin in sheet.pins.items()}
    said = sheet.model_copy(update={"pins": words, "description": "other words", "key": ("area",)})
    ran: list[Condition] = []

    def simulate(bench, dut, sheet, condition, wanted):
        ran.append(condition)
        return dict.fromkeys(wanted, 1.0)

    monkeypatch.setattr("neusoc.analog.bl_buffer.benches.simulate", simulate)
    for asked, runs in (
        (sheet, 1),
        (said, 1),
        (sheet.model_copy(update={"setup": sheet.setup | {"load_pf": 3}}), 2),
    ):
        measure("bl_buffer", "x", asked, "schematic", ["quiescent"], conditions="nominal", resume=True)
        assert len(ran) == runs
