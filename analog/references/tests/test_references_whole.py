"""The whole block through its pins: its netlist is judged before a run, words reach their latches, the
measure of the lag is right."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references import levels, model, whole
from neusoc.analog.references.netlists import Codes

PINS = tuple(datasheet("references").pins)
CODES = Codes(scale=28, current=27, slope=5, rest=1, leak=16, pick=0)


def test_references_whole_takes_a_netlist_as_drawn():
    text = whole.whole(netlist_text("references"), PINS)
    assert "write_1v8_3" in text and "[" not in text


# the access switches of all latches, and nothing else
FLAT = ".subckt references {pins}\n{gates}.ends\n"


def _flat(bits):
    lines = [f"write_1v8[{line}]" for line, count in enumerate(bits) for _ in range(whole.GATES * count)]
    gates = "".join(
        f"x{i} a {line} b vss sky130_fd_pr__nfet_01v8 w=1 l=0.15\n" for i, line in enumerate(lines)
    )
    return FLAT.format(pins=" ".join(PINS), gates=gates)


def test_references_whole_takes_a_flat_netlist_with_all_latches():
    text = whole.whole(_flat(whole.WORDS.values()), PINS)
    assert text.count("write_1v8_5") == 1 + whole.GATES * 5


@pytest.mark.parametrize(
    ("netlist", "says"),
    [
        (_flat((6, 6, 6, 5, 4, 5)), r"write_1v8\[3\] has 10 gates; the 6 latches of the word leak have 12"),
        (re.sub(r"(?m)^xbit_leak\[2\] .*\n", "", netlist_text("references")), r"write_1v8\[3\] has 10 gates"),
        (re.sub(r"\bvlk\b", "vleak", netlist_text("references")), r"pin vleak is only in the netlist"),
    ],
    ids=["from the layout, a latch missing", "as drawn, a latch missing", "another pin"],
)
def test_references_whole_refuses_a_strange_netlist(netlist, says):
    with pytest.raises(KeyError, match=says):
        whole.whole(netlist, PINS)


def test_references_words_stand_while_their_write_line_is_high():
    """Each line opens once after reset, alone, while the data are its word; the pad's once more, for
    nothing."""
    points = {
        found[1]: np.array(found[2].split(), float).reshape(-1, 2)
        for found in re.finditer(r"^v(\S+) \S+ 0 pwl\((.*)\)$", whole.written(CODES, 1.8), re.M)
    }
    words, seen = CODES.words(), []
    grid = np.arange(whole.RESET + 0.1e-6, whole.END, 0.05e-6)
    level = {pin: np.interp(grid, wave[:, 0], wave[:, 1]) > 0.9 for pin, wave in points.items()}
    opened = np.array([level[f"write_1v8_{k}"] for k in range(6)])
    data = sum(level[f"d_1v8_{k}"].astype(int) << k for k in range(6))
    assert opened.sum(axis=0).max() == 1
    for line, word in enumerate(words[name] for name in whole.WORDS):
        where = np.flatnonzero(opened[line])
        for one in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1):
            assert len(one) >= 10 and len(set(data[one])) == 1
            seen.append((line, data[one[0]], word))
    assert [one[:2] for one in seen] == [(k, words[name]) for k, name in enumerate(whole.WORDS)] + [
        (whole.PICK, 0)
    ]


@pytest.mark.parametrize("tau", [1e-9, 50e-9, 150e-9])
def test_references_lag_of_a_known_ramp(tau):
    """Behind one time constant the threshold stands 1 / (e^(cycle / tau) - 1) codes above its code when a
    cycle ends."""
    time = np.arange(0, whole.FALL[0] * whole.CYCLE + 3e-6, 1e-9)
    code = np.maximum(0, whole.FALL[0] - np.floor(time / whole.CYCLE + 1e-6))
    vth, level = np.empty_like(time), float(code[0])
    for i, target in enumerate(code):
        level += (target - level) * (1 - np.exp(-1e-9 / tau))
        vth[i] = 0.9 + 0.01 * level
    assert whole.lag(time, vth) == pytest.approx(1 / np.expm1(whole.CYCLE / tau), abs=0.1)


@pytest.mark.full
def test_references_extracted_has_the_schematics_levels():
    """The same codes in the latches of both, a typical chip at 27 C: no wire takes a part in a thousand of a
    level or a current."""
    sheet, drawn = datasheet("references"), netlist_text("references")
    nominal = sheet.conditions["nominal"][0]
    codes = levels.operated(drawn, sheet, nominal)
    (found, _), (wanted, _) = (
        whole.risen(text, sheet, nominal, codes) for text in (device("references", "extracted"), drawn)
    )
    for name in ("level", *whole.LEVELS, *whole.CURRENTS):
        assert found[name] == pytest.approx(wanted[name], rel=3e-3), name
    assert found["start"] < 2 * model.START
