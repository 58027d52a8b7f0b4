"""chip.yaml: what is wrong is named in one sentence, with field, value and the way out."""

import pytest
import yaml
from neusoc.base.chip import load_chip, read_chip_file
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT


@pytest.fixture
def chip_data():
    return yaml.safe_load((ROOT / "chip.yaml").read_text())


def _write(tmp_path, data):
    path = tmp_path / "chip.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return path


def _message(path, name=None):
    with pytest.raises(UserError) as caught:
        load_chip(name, path)
    text = str(caught.value)
    assert "\n" not in text and text.startswith("chip.yaml")
    return text


def test_config_default_and_mini():
    assert (load_chip().rows, load_chip().columns, load_chip().neurons) == (64, 64, 32)
    assert (load_chip("mini").rows, load_chip("mini").columns, load_chip("mini").neurons) == (8, 8, 4)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rows", 63, ["variants.tapeout.rows", "63", "odd"]),
        ("rows", 6, ["variants.tapeout.rows", "6", "greater than or equal to 8"]),
        ("columns", 258, ["variants.tapeout.columns", "258", "less than or equal to 256"]),
        ("rows", "64", ["variants.tapeout.rows", "'64'", "integer"]),
        ("rows", 64.0, ["variants.tapeout.rows", "integer"]),
        ("neurons", 31, ["variants.tapeout", "31", "32"]),
        ("colums", 64, ["variants.tapeout.colums", "spelling"]),
    ],
)
def test_config_sizes(tmp_path, chip_data, key, value, words):
    chip_data["variants"]["tapeout"][key] = value
    text = _message(_write(tmp_path, chip_data))
    assert all(w in text for w in words), text


def test_config_missing_key(tmp_path, chip_data):
    del chip_data["clock_ns"]
    assert "clock_ns" in _message(_write(tmp_path, chip_data))


def test_config_pads(tmp_path, chip_data):
    chip_data["pads"]["vtest"] = chip_data["pads"]["vpp"]
    assert "same frame pin" in _message(_write(tmp_path, chip_data))
    del chip_data["pads"]["vtest"]
    assert "vtest" in _message(_write(tmp_path, chip_data))


def test_config_pads_and_supplies_are_pins_of_the_frame(tmp_path, chip_data):
    chip_data["pads"]["vtest"] = "io_analog[99]"
    text = _message(_write(tmp_path, chip_data))
    assert "chip.yaml: pads" in text and "io_analog[99]" in text and "io_analog[10]" in text
    chip_data["pads"]["vtest"] = "io_analog[9]"
    chip_data["supplies"]["vdd3v3"] = "vdda9"
    assert "vdda9" in _message(_write(tmp_path, chip_data))


@pytest.mark.parametrize("period", [1, 19.9, 1001])
def test_config_clock(tmp_path, chip_data, period):
    chip_data["clock_ns"] = period
    assert str(period) in _message(_write(tmp_path, chip_data))


def test_config_core_of_before_is_told_the_way_out(tmp_path, chip_data):
    chip_data["variants"]["tapeout"]["core"] = "image"
    text = _message(_write(tmp_path, chip_data))
    assert "one core" in text and "core:" in text


@pytest.mark.parametrize("name", ["../../evil", "a/b", "", "Upper", "1st", ".", "with space"])
def test_config_variants_are_plain_words(tmp_path, chip_data, name):
    chip_data["variants"][name] = chip_data["variants"]["mini"]
    assert "plain word" in _message(_write(tmp_path, chip_data))


def test_config_key_twice(tmp_path):
    text = (ROOT / "chip.yaml").read_text()
    assert "clock_ns" in _message(_write(tmp_path, text + "clock_ns: 30\n"))


def test_config_yaml_error_names_line(tmp_path):
    assert "chip.yaml:2" in _message(_write(tmp_path, "default: tapeout\nclock_ns: 20: 30\n"))


def test_config_missing_file_and_variant(tmp_path):
    assert "not found" in _message(tmp_path / "chip.yaml")
    with pytest.raises(UserError, match="CHIP=tapeout"):
        load_chip("big")


def test_config_empty(tmp_path):
    assert "holds no keys" in _message(_write(tmp_path, ""))


def test_config_repository_file_is_valid():
    assert set(read_chip_file().variants) >= {"tapeout", "mini"}
