"""The comparison of two libraries finds what was planted, by name, and nothing else."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.characterise.liberty_reader import Lookup, parse_liberty, read_liberty
from neusoc.verification.tools.liberty import check as compare_check
from neusoc.verification.tools.liberty.check import check_libraries
from neusoc.verification.tools.liberty.compare import KINDS, compare_libraries, state

SLEWS, LOADS = (0.01, 0.1, 1.0), (0.001, 0.01, 0.1)


def _rows(function) -> str:
    return ", \\\n".join('"' + ", ".join(f"{function(s, c):.7g}" for c in LOADS) + '"' for s in SLEWS)


def _tables(scale: float, names: tuple[str, ...]) -> str:
    axes = f'index_1 ("{", ".join(map(str, SLEWS))}"); index_2 ("{", ".join(map(str, LOADS))}");'
    return "".join(
        f'{n} ("grid") {{ {axes} values ( {_rows(lambda s, c: scale * (0.05 + 0.2 * s + 5 * c))} ); }}\n'
        for n in names
    )


DELAYS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")


def _library(
    gate_scale: float = 1.0,
    setup: float = 0.1,
    capacitance: float = 0.002,
    leakage: float = 0.01,
    unit: float = 1.0,
    energy: float = 1.0,
    clock_scale: float = 1.0,
    with_gate: bool = True,
    time: str = "1ns",
) -> str:
    """A library of two cells; `unit` scales all times (for another time_unit)."""
    axes = f'index_1 ("{0.01 * unit}, {0.5 * unit}"); index_2 ("{0.01 * unit}, {0.5 * unit}");'
    setups = f'values ( "{setup * unit}, {0.3 * unit}", "{0.0}, {0.2 * unit}" );'
    gate = (
        f"""
  cell ("nand") {{
    leakage_power () {{ value : {leakage}; when : "A & !B"; }}
    pin ("A") {{ direction : "input"; capacitance : {capacitance}; }}
    pin ("B") {{ direction : "input"; capacitance : 0.002; }}
    pin ("Y") {{ direction : "output";
      internal_power () {{ related_pin : "A"; {_tables(0.01 * energy, ("rise_power", "fall_power"))} }}
      timing () {{ related_pin : "A"; timing_sense : "negative_unate"; {_tables(1.0, DELAYS)} }}
      timing () {{ related_pin : "B"; timing_sense : "negative_unate"; {_tables(gate_scale, DELAYS)} }}
    }}
  }}"""
        if with_gate
        else ""
    )
    return f"""/* two cells */
library ("test") {{
  time_unit : "{time}";
  capacitive_load_unit (1.0, "pf");
  leakage_power_unit : "1nW";
  lu_table_template ("grid") {{ variable_1 : "input_net_transition";
    variable_2 : "total_output_net_capacitance"; }}
  lu_table_template ("pair") {{ variable_1 : "related_pin_transition";
    variable_2 : "constrained_pin_transition"; }}
  {gate}
  cell ("flop") {{
    pin ("D") {{ direction : "input"; capacitance : 0.0018;
      timing () {{ related_pin : "CLK"; timing_type : "setup_rising";
        rise_constraint ("pair") {{ {axes} {setups} }} }} }}
    pin ("Q") {{ direction : "output";
      timing () {{ related_pin : "CLK"; timing_type : "rising_edge"; timing_sense : "non_unate";
        {_tables(clock_scale, DELAYS)} }} }}
  }}
}}
"""


REFERENCE = parse_liberty(_library())


@pytest.fixture(scope="module")
def same():
    return compare_libraries(REFERENCE, REFERENCE)


def test_library_against_itself_has_no_error(same):
    assert same.cells == ["flop", "nand"] and not same.missing and not same.unmatched
    for kind in ("delay", "transition", "clk_to_q", "capacitance", "leakage", "energy", "setup"):
        assert same.errors(kind).size, kind
        assert not same.errors(kind).any()


def test_scaled_arc_is_found_by_name():
    found = compare_libraries(parse_liberty(_library(gate_scale=1.2)), REFERENCE)
    cell, where, error = found.worst("delay", 1)[0]
    assert (cell, where.split()[:3]) == ("nand", ["B", "->", "Y"])
    assert error == pytest.approx(20, abs=1e-3)
    wrong = {(s.cell, s.where) for s in found.samples if np.abs(s.errors).max() > 1}
    assert wrong and all(cell == "nand" and where.startswith("B -> Y") for cell, where in wrong)


@pytest.mark.parametrize(
    ("planted", "kind", "where", "error"),
    [
        ({"setup": 0.112}, "setup", "CLK -> D setup_rising rise_constraint", 12.0),
        ({"capacitance": 0.0024}, "capacitance", "capacitance of A", 20.0),
        ({"leakage": 0.012}, "leakage", "leakage A&!B", 20.0),
        ({"energy": 0.8}, "energy", "A -> Y energy", -20.0),
        ({"clock_scale": 0.8}, "clk_to_q", "CLK -> Q rising_edge non_unate cell_rise", -20.0),
    ],
)
def test_planted_error_is_found_in_its_kind(planted, kind, where, error):
    found = compare_libraries(parse_liberty(_library(**planted)), REFERENCE)
    sample = next(s for s in found.samples if s.kind == kind and s.where == where)
    assert sample.errors[np.abs(sample.errors).argmax()] == pytest.approx(error, abs=1e-3)
    others = set(KINDS) - {kind} - ({"transition"} if kind == "clk_to_q" else set())
    assert not any(found.errors(other).any() for other in others)


def test_missing_arc_and_unknown_cell_are_named():
    text = _library().replace('related_pin : "B"', 'related_pin : "C"')
    found = compare_libraries(parse_liberty(text), REFERENCE)
    assert found.missing == [f"nand: B -> Y combinational negative_unate {table}" for table in DELAYS]
    assert compare_libraries(parse_liberty(_library().replace('"flop"', '"other"')), REFERENCE).unmatched == [
        "other"
    ]


def test_units_are_converted():
    text = _library(unit=1000.0, time="1ps", with_gate=False)
    found = compare_libraries(parse_liberty(text), REFERENCE)
    assert np.abs(found.errors("setup")).max() < 1e-9


def test_states_compare_whatever_their_spelling():
    assert state("B & !A") == state("!A&B") == "!A&B"
    assert state("A*B") == "A&B"


def test_lookup_interpolates_and_extrapolates():
    table = Lookup((np.array([0.0, 1.0]), np.array([0.0, 2.0])), np.array([[0.0, 2.0], [1.0, 3.0]]))
    assert table.at(np.array([0.5]), np.array([1.0]))[0, 0] == pytest.approx(1.5)
    assert table.at(np.array([2.0]), np.array([4.0]))[0, 0] == pytest.approx(6.0)


@pytest.mark.parametrize(
    "text",
    ["library (x) { cell (y) {", "library (x) { cell (y) { } } }", "cell (y) { }", "library (x) { ??? }"],
)
def test_broken_file_is_refused_in_one_sentence(text):
    with pytest.raises(UserError, match="f.lib") as caught:
        parse_liberty(text, "f.lib")
    assert "\n" not in str(caught.value)


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    pack = {".gz": gzip.compress, ".xz": lzma.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(text.encode()))
    return path


def test_report_passes_fails_and_does_not_run(tmp_path):
    reference = {"tt_025C_1v80": _written(tmp_path, "reference.lib", _library())}
    good = check_libraries(
        {"tt_025C_1v80": _written(tmp_path, "good.lib.gz", _library())}, reference, "test", tmp_path
    )
    assert good.verdict == "pass"
    bad = check_libraries(
        {"tt_025C_1v80": _written(tmp_path, "bad.lib.xz", _library(clock_scale=1.2))},
        reference,
        "test",
        tmp_path,
    )
    assert bad.verdict == "fail"
    assert {f.name for f in bad.figures if not f.passes} >= {"tt_025C_1v80.clk_to_q.median"}
    assert (
        "flop CLK -> Q rising_edge non_unate cell_rise: 20.0" in (tmp_path / "liberty_check.md").read_text()
    )
    none = check_libraries({"tt_025C_1v80": tmp_path / "good.lib.gz"}, {}, "", tmp_path)
    assert none.verdict == "not run" and "PDK_ROOT" in none.not_run
    (tmp_path / "packed.lib.xz").write_bytes(b"not packed")
    with pytest.raises(UserError, match="packed.lib.xz"):
        read_liberty(tmp_path / "packed.lib.xz")
    with pytest.raises(UserError, match="nowhere.lib"):
        read_liberty(tmp_path / "nowhere.lib")


def test_cells_that_a_choice_was_made_on_do_not_count(tmp_path, monkeypatch):
    reference = {"tt_025C_1v80": _written(tmp_path, "reference.lib", _library())}
    ours = {"tt_025C_1v80": _written(tmp_path, "ours.lib", _library(leakage=0.02))}

    def leakage():
        report = check_libraries(ours, reference, "test", tmp_path)
        return next(figure.value for figure in report.figures if figure.name == "tt_025C_1v80.leakage.median")

    assert leakage() == pytest.approx(100)
    monkeypatch.setitem(compare_check.LOOKED_AT, "leakage", ("nand",))
    assert leakage() is None
