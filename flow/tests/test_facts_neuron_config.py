"""The fields of NEURON_CONFIG have one source."""

from __future__ import annotations

import re

from neusoc.analog.neuron import model as neuron
from neusoc.base.paths import ROOT
from neusoc.digital.model.regmap import registers


def test_neuron_is_trimmed_as_the_registers_say():
    fields = registers()["neuron_config"].fields
    assert (neuron.TRIM_STANDARD, neuron.TRIM_CODES) == (fields["trim"].reset, 1 << fields["trim"].width)


BITS = r"\[(?P<high>\d+)(?::(?P<low>\d+))?\]"


def test_other_slices_of_neuron_config_are_fields_too():
    fields = registers()["neuron_config"].fields
    known = {(field.lsb, field.width) for field in fields.values()} | {
        (6, 2),
        (3, 2),
    }  # bits between them that are not used
    texts = {
        path: (ROOT / path).read_text()
        for path in ("digital/rtl/neuron_config.sv", "digital/formal/neuron_config_props.sv")
    }
    for path, text in texts.items():
        used = [
            (int(m["low"] or m["high"]), int(m["high"]) + 1 - int(m["low"] or m["high"]))
            for m in re.finditer(rf"data_i{BITS}", text)
        ]
        assert set(used) <= known, path
    default = re.search(r"TrimDefault = \d'd(\d+)", texts["digital/rtl/neuron_config.sv"])
    assert int(default[1]) == fields["trim"].reset
    props = texts["digital/formal/neuron_config_props.sv"]
    assert 4 * int(re.search(r"Word = \d'h(\w+)", props)[1], 16) == registers()["neuron_config"].offset
    pair, test, trim = re.search(r"Default = \{5'd(\d+), 1'b(\d), 3'd(\d+)\}", props).groups()
    assert (int(pair), int(test), int(trim)) == tuple(fields[name].reset for name in ("pair", "test", "trim"))


def _copies_of_neuron_config() -> dict[str, tuple[int, int]]:
    """Where the fields of NEURON_CONFIG are written as numbers beside its modules: what is meant -> (lowest
    bit, width)."""
    plan = (ROOT / "digital" / "verification_plan.yaml").read_text()
    requests = (ROOT / "digital" / "rtl" / "image_requests.sv").read_text()
    tests = (ROOT / "verification" / "cocotb" / "controller_config_tests.py").read_text()
    (pair,) = re.findall(r"pair_q <= data_i\[(\d+):(\d+)\]", requests)
    (neuron,) = set(re.findall(r"data_i\[(\d+):(\d+)\] ==? ?7'd127", plan))
    (planned,) = set(re.findall(r"config_i && data_i\[(\d+):(\d+)\]", plan))
    (every,) = set(re.findall(r"data_i\[(\d+)\]", plan))
    (all_bit,), (shift,) = (
        re.findall(r"^ALL = 1 << (\d+)", tests, re.M),
        re.findall(r"neuron << (\d+)", tests),
    )
    high, low = neuron
    return {
        "plan neuron": (int(low), int(high) + 1 - int(low)),
        "plan all": (int(every), 1),
        "tests all": (int(all_bit), 1),
        "tests neuron": (int(shift), int(high) + 1 - int(low)),
        "image pair": (int(pair[1]), int(pair[0]) + 1 - int(pair[1])),
        "plan pair": (int(planned[1]), int(planned[0]) + 1 - int(planned[1])),
    }


def test_copies_of_neuron_config_are_its_fields():
    fields = registers()["neuron_config"].fields
    wanted = {
        where: (fields[where.split()[1]].lsb, fields[where.split()[1]].width)
        for where in _copies_of_neuron_config()
    }
    assert _copies_of_neuron_config() == wanted
