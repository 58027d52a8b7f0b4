"""Levels that ISPP writes on sampled arrays, and what is left after relaxation. The command runs 64 arrays,
the fast tier one."""

import numpy as np
import pytest
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Job, JobError, Kind, Operation, Outcome, check, load_registers, run_job
from neusoc.software.levels import PLANS, plan
from neusoc.verification.device import levels, report


def faster(count):
    """Settings with shorter pulses and fewer reads than after reset, which reach the figures."""
    registers, _ = plan(count)
    line = registers.reset.wl.model_copy(update={"start": 53, "step": 2})
    reset = registers.reset.model_copy(update={"width": 100, "wl": line})
    stages = {"set": registers.set.model_copy(update={"width": 100}), "reset": reset}
    own = {"read_margin": 6, "stop_tries": 7, "step_min": 1, "read_count": 2, "read_shift": 1}
    return registers.model_copy(update=stages | own)


@pytest.mark.parametrize("count", sorted(PLANS))
def test_levels_plan_is_a_job_that_may_run(count):
    registers, second = plan(count)
    assert registers.max_level == count - 1 and registers.tolerance < second + 1 <= registers.step
    for operation in Operation:
        assert check(registers, Job(operation, 0, 63, 0, 63), 64, 64) == JobError.NONE


@pytest.mark.parametrize("count", [8, 16])
def test_levels_reach_their_figures(count):
    study = levels.study(count, 1, chosen=faster(count))
    assert [figure.name for figure in report.level_figures(study) if not figure.passes] == []
    assert sum(study.parts.values()) == pytest.approx(study.microseconds)


@pytest.mark.parametrize(("count", "missed"), [(8, "pulses a cell"), (16, "a whole array")])
def test_levels_with_the_settings_after_reset_miss_what_is_known(count, missed):
    """SET and RESET have 10 us and RESET begins low: fails as well once these are met."""
    figures = report.level_figures(levels.study(count, 1))
    assert [figure.name for figure in figures if not figure.passes] == [f"ISPP {count} levels: {missed}"]


def test_levels_of_pulses_that_reset_nothing_are_reported_as_stuck():
    registers = faster(16)
    weak = registers.model_copy(
        update={"stop_tries": 1, "reset": registers.reset.model_copy(update={"width": 1})}
    )
    assert levels.study(16, 1, relax=False, chosen=weak).outcomes["stuck_high"] > 0.1


def test_levels_without_statistics_are_all_right():
    study = levels.study(
        4, 1, load_statistics().without(), relax=False
    )  # 8, 16: some levels lie between two WL codes
    assert study.inside == [1.0] and study.outcomes["ok"] == 1.0 and study.pulses < 3


def test_levels_report_stuck_cells():
    data = load_statistics().model_dump()
    data["stuck"] |= {
        name: {"value": 0.05, "source": "planted by a test"} for name in ("low_share", "high_share")
    }
    study = levels.study(8, 1, type(load_statistics()).model_validate(data), relax=False)
    assert (
        study.unnamed == 0
        and 0.03 < study.outcomes["stuck_low"] < 0.07
        and 0.03 < study.outcomes["stuck_high"] < 0.07
    )


def test_levels_too_wide_a_tolerance_misses_the_figure(monkeypatch):
    monkeypatch.setitem(PLANS, 16, {**PLANS[16], "tolerance": 12})
    figures = report.level_figures(levels.study(16, 1, relax=False))
    assert not next(f for f in figures if f.name == "ISPP 16 levels: within half a level").passes


def test_device_pulses_follow_the_converged_integrator():
    for kind in (Kind.SET, Kind.RESET):
        percent, us = report.pulse_error(kind, 40)
        assert 0 < percent < 1.0 and us < 0.2


def test_device_report_refuses_no_arrays():
    with pytest.raises(UserError, match="arrays is 0"):
        report.run_device(0)


def test_device_job_over_the_array_is_the_study():
    """run_job through CellPort on one row gives what the study's runner gives on it."""
    from neusoc.digital.model.ispp_many import run_cells
    from neusoc.software.emulator.cells import CellArray
    from neusoc.software.emulator.code_path import CellPort, CodePath

    registers = load_registers()
    port, fleet = (CodePath(CellArray(64, 9)) for _ in range(2))
    for path in (port, fleet):
        run_cells(path, registers, Operation.FORM, np.arange(64))
    wanted = levels.random_levels(registers, np.arange(64), 9, 0)
    error, results = run_job(
        CellPort(port, 64), registers, Job(Operation.PROGRAM, 0, 0, 0, 63), 1, 64, [wanted.tolist()]
    )
    found = run_cells(fleet, registers, Operation.PROGRAM, np.arange(64), wanted)
    assert error == JobError.NONE and [r.pulses for r in results] == found.pulses.tolist()
    assert [r.outcome for r in results] == [Outcome(o) for o in found.outcome]
