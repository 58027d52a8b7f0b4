"""Words of the registers: what the map says, and what does not fit."""

import random
import re

import pytest
import yaml
from neusoc.base.paths import ROOT
from neusoc.digital.model.integer_cell import random_registers
from neusoc.digital.model.ispp import Job, JobError, Operation, check
from neusoc.digital.model.ispp_registers import SETTINGS, load_registers, register_table, settings_of
from neusoc.digital.model.regmap import registers, split, word
from neusoc.digital.model.words import KEY, JobEnd, Refusal, level_words, setting_bits, setting_words
from neusoc.digital.pinmap import PACKAGE


def test_settings_are_all_there_and_their_words_are_the_resets():
    assert len(SETTINGS) == len(register_table(load_registers())) == 54
    for name, value in setting_words(load_registers()).items():
        fields = registers()[name].fields
        after = sum(
            (field.reset or 0 if field.armed is None else field.armed) << field.lsb
            for field in fields.values()
        )
        assert value == after & setting_bits(name), name


def test_limits_after_reset_let_form_pass_and_nothing_more():
    after, limits = settings_of({}), settings_of({}).limits
    form = after.form
    assert (limits.wl_fine, limits.bl, limits.width, limits.pulses) == (
        form.wl.stop,
        form.line.stop,
        form.width,
        after.pulse_limit,
    )
    codes = registers()["limits_codes"].fields
    assert form.fine and limits.wl == limits.sl == 0 and not codes["full"].reset
    assert all(
        field.armed is not None
        for name in ("limits_codes", "limits_pulses")
        for field in registers()[name].fields.values()
    )
    for operation, error in (
        (Operation.FORM, JobError.NONE),
        (Operation.SET, JobError.LIMIT),
        (Operation.RESET, JobError.LIMIT),
    ):
        for settings, wanted in ((after, error), (load_registers(), JobError.NONE)):
            assert check(settings, Job(operation, 0, 0, 0, 0), 8, 8) == wanted, (operation, settings.limits)


def test_a_negative_offset_is_its_twos_complement(tmp_path):
    data = load_registers().model_dump() | {"offset": -3}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(data))
    assert (
        split("predict", setting_words(load_registers(tmp_path / "mine.yaml"))["predict"])["offset"] == 0xFD
    )


@pytest.mark.parametrize(
    ("register", "values", "words"),
    [
        ("regoin", {}, "regoin: no such register"),
        ("region", {"rows": 1}, "region has no field rows; it has row_first"),
        ("region", {"row_first": 256}, "region.row_first: 256 does not fit 8 bits"),
        ("region", {"row_first": -1}, "region.row_first: -1 does not fit"),
    ],
)
def test_words_that_are_none(register, values, words):
    with pytest.raises(ValueError, match=words):
        word(register, **values)


@pytest.mark.parametrize("seed", range(5))
def test_settings_come_back_from_their_words(seed):
    chosen = random_registers(random.Random(seed)).model_copy(update={"offset": -5 * seed})
    assert settings_of(setting_words(chosen)) == chosen
    assert settings_of({"grid": 0}).max_level == 0 and settings_of({"grid": 0}).set == load_registers().set


def test_map_says_how_registers_are_written():
    found = registers()
    assert found["id"].fields["magic"].access == "r" and not found["id"].writable and found["id"].readable
    assert (
        found["irq_status"].fields["job_end"].access == "woclr"
        and found["error"].fields["bus"].access == "wclr"
    )
    assert found["levels"].writable and not found["levels"].readable
    assert found["limits_codes"].kinds == {"frozen", "guarded", "taught", "setting"} and found[
        "region"
    ].kinds == {"ordered", "setting"}
    assert (
        found["neuron_config"].kinds == {"frozen", "halted"}
        and found["lock"].kinds == found["error"].kinds == frozenset()
    )
    assert found["windows"].kinds == {"imaged", "setting"}


def test_levels_four_a_word():
    assert level_words([[1, 2], [3, 4], [5, 6]]) == [0x04030201, 0x00000605] and level_words(None) == []


def test_key_and_errors_are_those_of_the_rtl():
    """The RTL holds them too: they are constants of its own."""
    block = (ROOT / "digital" / "rtl" / "register_block.sv").read_text()
    assert int(re.search(r"Key = 16'h(\w+);", block)[1], 16) == KEY
    codes = {int(code) for code in re.findall(r"Job\w+ *= 4'd(\d+)", PACKAGE.read_text())}
    assert codes == {int(e) for e in (*JobError, *JobEnd)}
    refusals = {
        name.lower(): int(code) for name, code in re.findall(r"Bus(\w+) *= 4'd(\d+)", PACKAGE.read_text())
    }
    assert refusals == {"none": 0, **{e.name.lower().replace("_", ""): int(e) for e in Refusal}}


def test_fields_of_neuron_config_are_sliced_as_the_map_says():
    """neuron_config.sv slices its word by hand, image_requests.sv the pair's trim: each slice is a
    field's."""
    text = "".join(
        (ROOT / "digital" / "rtl" / f"{name}.sv").read_text() for name in ("neuron_config", "image_requests")
    )
    sliced = re.findall(r"(\w+)_q\s*<= data_i\[(\d+)(?::(\d+))?\]", text)
    found = {name: (int(low or high), int(high) - int(low or high) + 1) for name, high, low in sliced}
    assert found == {name: (f.lsb, f.width) for name, f in registers()["neuron_config"].fields.items()}
    default = re.search(r"TrimDefault = 3'd(\d);", text)
    assert default and int(default[1]) == registers()["neuron_config"].fields["trim"].reset
