"""The second comparer on its own: it agrees on the sound array and sees faults in the netlists it is
given."""

import re
from pathlib import Path

import pytest
from neusoc.verification.signoff import netgen
from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import read_verdict, run_netgen

FAULTS = {
    "width": lambda text: text.replace("w=1.0000", "w=1.1000", 1),
    "ReRAM area": lambda text: text.replace("area_ox=0.102400", "area_ox=0.090000", 1),
    "missing device": lambda text: re.sub(r"\nXd\d+ [^\n]*reram_cell[^\n]*", "", text, count=1),
    "exchanged nets": lambda text: re.sub(r"(\nXc\d+) (\S+) (\S+)", r"\1 \3 \2", text, count=1),
    "renamed pin": lambda text: text.replace("bl[3]", "bl[33]"),
}


@pytest.fixture(scope="module")
def netlists(sound, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """(layout, reference) of the sound array."""
    return run_lvs(sound.gds, sound.top, [sound.netlist], tmp_path_factory.mktemp("netgen")).spice


def test_netgen_sound(sound, netlists: tuple[str, str], tmp_path: Path):
    result = run_netgen(*netlists, sound.top, tmp_path)
    assert result.mismatches == [] and result.report.exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_netgen_catches(sound, netlists: tuple[str, str], tmp_path: Path, fault: str):
    layout, reference = netlists
    wrong = FAULTS[fault](layout)
    assert wrong != layout
    assert run_netgen(wrong, reference, sound.top, tmp_path).mismatches


def test_netgen_without_result_is_no_match():
    assert read_verdict("", "", "top")
    assert read_verdict("Result: Circuits match uniquely.\n", "", "top")
    report = "Subcircuit pins:\nCircuit 1: top |Circuit 2: top \n"
    assert read_verdict("Result: Circuits match uniquely.\n", report, "top") == []
    assert read_verdict("Result: Circuits match uniquely.\nProperty errors were found.\n", report, "top")


def test_netgen_lines_are_short_and_hold_every_word():
    """netgen reads 500 characters at a time and takes the `+` after a line of 501 for a pin."""
    line = ".subckt core " + " ".join(f"discharge_1v8[{i}]" for i in range(200))
    lines = list(netgen._lines([line, ".ends"]))
    assert max(map(len, lines)) <= netgen.LONGEST_LINE and lines[-1] == ".ends"
    assert " ".join(part.removeprefix("+ ") for part in lines[:-1]) == line
