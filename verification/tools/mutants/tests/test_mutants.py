"""Random faults of the netlist: they are made and read back, and a run that was ended from outside is no
kill."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base import store
from neusoc.base.chip import load_chip
from neusoc.base.paths import ROOT
from neusoc.verification.tools.mutants.campaign import Campaign, checks, survivors
from neusoc.verification.tools.mutants.netlist import Mutant, make, netlist, read

CHIP = load_chip("mini")


def test_mutants_are_the_same_of_one_seed(tmp_path: Path) -> None:
    """As many as are asked for, each of a line of the RTL; read back they are the same."""
    mutants = make(CHIP, 6, 3, tmp_path / "a")
    assert mutants == read(tmp_path / "a", 6) and len({mutant.name for mutant in mutants}) == 6
    assert all(
        (ROOT / "digital" / "rtl" / m.file).exists() or m.file.startswith("controller_") for m in mutants
    )
    with pytest.raises(RuntimeError, match="6 faults, 7 wanted"):
        read(tmp_path / "a", 7)
    text = (tmp_path / "a" / "faults.sv").read_text()
    assert '$value$plusargs("mutant=%d"' in text and "always @*" not in text


def test_mutants_netlist_without_a_choice_is_refused() -> None:
    with pytest.raises(RuntimeError, match="no port that chooses the fault"):
        netlist("module controller(a);\n  input a;\nendmodule\n")


def test_mutants_changed_checks_run_without_a_fault_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that is new may fail on the RTL itself: then what survived would seem killed."""
    campaign = Campaign(CHIP, count=2, folder=tmp_path)
    campaign.mutants = [Mutant("a.sv", 1, "inv"), Mutant("b.sv", 2, "inv")]
    monkeypatch.setattr(campaign, "prepare", lambda: None)
    ran: list[int] = []
    monkeypatch.setattr(
        campaign, "killer", lambda number: ran.append(number) or ("a test" if number == 1 else "")
    )
    assert campaign.run(1) == {0: "", 1: "a test", 2: ""} and ran == [0, 1, 2]
    assert survivors(campaign, campaign.done()) == campaign.mutants[1:]
    campaign.run(1)
    assert ran == [0, 1, 2, 2], "what was killed runs again, or a survivor does not"
    campaign.checks_hash = "others"
    campaign.run(1)
    assert ran == [0, 1, 2, 2, 0, 1, 2], "a verdict of other checks was kept"
    monkeypatch.setattr(campaign, "killer", lambda number: "a new test")
    campaign.checks_hash = "others again"
    with pytest.raises(RuntimeError, match="the tests fail without a fault: a new test"):
        campaign.run(1)


def test_mutants_verdicts_hang_on_all_that_the_checks_stand_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and what they import: a change of any makes the verdicts those of other checks."""
    names = {path.relative_to(ROOT).as_posix() for path in checks()}
    wanted = {
        "digital/model/ispp.py",
        "verification/cocotb/bench.py",
        "verification/cocotb/controller_job_tests.py",
    }
    assert wanted <= names
    before, real = Campaign(CHIP, count=1).checks_hash, store.digest
    for changed in sorted(wanted):
        monkeypatch.setattr(
            store, "digest", lambda path, changed=changed: "changed" if path == ROOT / changed else real(path)
        )
        assert Campaign(CHIP, count=1).checks_hash != before, changed


def planted(path: Path, *lines: str) -> Path:
    """A program that stands for a simulator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def test_mutants_tests_ended_from_outside_are_no_kill(tmp_path: Path) -> None:
    campaign = Campaign(CHIP, count=1, folder=tmp_path)
    simulator = planted(tmp_path / "cocotb" / "controller", "kill -9 $$")
    with pytest.raises(RuntimeError, match="ended without a verdict: .*signal 9.*twice"):
        campaign.killer(0)
    planted(simulator, "echo '%Error: did not converge'; kill -ABRT $$")
    assert campaign.killer(0) == "the simulation ends without a verdict"


@pytest.mark.full
def test_mutants_some_are_killed(tmp_path: Path) -> None:
    """Six random ones, end to end."""
    campaign = Campaign(CHIP, count=6, seed=11, folder=tmp_path)
    results = campaign.run()
    assert sum(bool(killer) for number, killer in results.items() if number) >= 4, results
