"""The normative ISPP algorithm: bounds, outcomes, refusals and its trace."""

import random
import re

import pytest
import yaml
from neusoc.base.errors import UserError
from neusoc.digital.model import ispp, ispp_trace
from neusoc.digital.model.integer_cell import IntegerCell, random_job, random_registers
from neusoc.digital.model.ispp import Job, JobError, Kind, Operation, Outcome, load_registers

CELL = (0, 0, 0, 0)


class Scripted:
    """Answers reads from a list, the last one for ever; notes pulses."""

    def __init__(self, codes):
        self.codes, self.pulses, self.offsets, self.reads = list(codes), [], [], 0

    def pulse(self, *what):
        self.pulses.append(what)

    def read(self, row, col, range):
        self.reads += 1
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]

    def offset(self, col, range):
        self.offsets.append((col, range))
        return self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]


def settings(**changes):
    return load_registers().model_copy(update={"read_count": 0, "read_shift": 0, **changes})


def run(operation, codes, registers=None, level=0):
    device = Scripted(codes)
    error, results = ispp.run_job(device, registers or settings(), Job(operation, *CELL), 8, 8, [[level]])
    assert error == JobError.NONE
    return device.pulses, results[0]


def test_ispp_cell_already_there_gets_no_pulse():
    for operation, code in (
        (Operation.FORM, 85),
        (Operation.SET, 57),
        (Operation.RESET, 3),
        (Operation.READ, 200),
    ):
        assert run(operation, [code]) == ([], (0, 0, Outcome.OK, 0, code, 0, 0))
    registers = settings()
    assert run(Operation.PROGRAM, [registers.base + 5 * registers.step + registers.keep], level=5)[0] == []


def test_ispp_stages_grow_and_saturate():
    pulses, result = run(Operation.FORM, [0])
    assert [p[3] for p in pulses[:12]] == [34, 37, 40, 43, 46, 49, 52, 55, 58, 61, 63, 63]
    assert [p[5] for p in pulses[:8]] == [46, 48, 50, 52, 54, 56, 57, 57]
    assert result.outcome == Outcome.FORM_FAILED and all(p[6] == 0 and p[0] == Kind.FORM for p in pulses)
    assert len(pulses) == 11 + load_registers().stop_tries - 1


def test_ispp_stuck_cells_are_named():
    assert run(Operation.PROGRAM, [1], level=9)[1].outcome == Outcome.STUCK_LOW
    assert run(Operation.PROGRAM, [190], level=3)[1].outcome == Outcome.STUCK_HIGH
    assert run(Operation.RESET, [190])[1].outcome == Outcome.STUCK_HIGH
    assert run(Operation.SET, [1])[1].outcome == Outcome.STUCK_LOW


def test_ispp_pulse_limit_holds_and_is_no_stuck():
    registers = settings(pulse_limit=7)
    pulses, result = run(Operation.PROGRAM, [190, 0] * 50, registers, level=5)
    assert len(pulses) == 7 and result.outcome == Outcome.TIMED_OUT and result.pulses == 7


def test_ispp_overshoot_resets_and_starts_lower():
    registers = settings()
    target = registers.base + 8 * registers.step
    pulses, result = run(Operation.PROGRAM, [0, target + 20, 0, target], registers, level=8)
    first = ispp.predict(registers, target)
    assert [p[0] for p in pulses] == [Kind.SET, Kind.RESET, Kind.SET]
    assert [p[3] for p in pulses] == [
        first,
        registers.reset.wl.start,
        first - registers.retry_back - (20 * registers.back_gain >> 7),
    ]
    assert result.outcome == Outcome.OK and result.wl == pulses[-1][3]


def test_ispp_step_follows_the_error():
    registers = settings(step_min=2)
    target = registers.base + 8 * registers.step
    pulses, _ = run(Operation.PROGRAM, [0, target - 60, target - 6, target], registers, level=8)
    steps = [b[3] - a[3] for a, b in zip(pulses, pulses[1:], strict=False)]
    assert steps == [min(60 * registers.step_gain >> 7, registers.step_max), 2]
    pulses, _ = run(Operation.PROGRAM, [0, target + 20, 0, target - 60, target], registers, level=8)
    assert pulses[3][3] - pulses[2][3] == registers.step_min  # after an overshoot small steps only


def test_ispp_verify_averages_and_truncates():
    for count, shift, codes, code in (
        (2, 2, [10, 11, 11, 11], 10),
        (2, 1, [10, 11, 11, 11], 21),
        (3, 0, [200] * 8, 255),
    ):
        registers = settings(read_count=count, read_shift=shift)
        assert ispp.program_cell(Scripted(codes), registers, Operation.READ, 0, 0).code == code


def test_ispp_offset_reads_with_the_row_off():
    registers = settings(read_count=1, read_shift=0, read_range=1, pulse_limit=0)
    device = Scripted([3, 4, 200, 100])
    error, results = ispp.run_job(device, registers, Job(Operation.OFFSET, 2, 2, 5, 6), 8, 8)
    assert (
        error == JobError.NONE
        and device.offsets == [(5, 1)] * 2 + [(6, 1)] * 2
        and (device.reads, device.pulses) == (0, [])
    )
    assert results == [(2, 5, Outcome.OK, 0, 7, 0, 0), (2, 6, Outcome.OK, 0, 255, 0, 0)]
    device = Scripted([None])
    assert (
        ispp.run_job(device, registers, Job(Operation.OFFSET, *CELL), 8, 8)[1][0].outcome == Outcome.NO_ANSWER
    )


def test_ispp_far_cells_are_read_once():
    registers = settings(
        read_count=3, read_shift=2, read_margin=16, set_code=100, form_code=100, reset_code=20
    )
    target = registers.base + 8 * registers.step
    wanted = {  # codes on both sides of the margin's end; a code of the verify is two of a read
        Operation.FORM: (82, 84),
        Operation.SET: (82, 84),
        Operation.RESET: (38, 36),
        Operation.PROGRAM: (target - 18, target - 16),
    }
    for operation, (far, near) in wanted.items():
        for code, reads in ((far, 1), (near, 8)):
            device = Scripted([code // 2])
            ispp.program_cell(device, registers.model_copy(update={"pulse_limit": 0}), operation, 0, 0, 8)
            assert device.reads == reads, (operation, code)
    for operation in (
        Operation.READ,
        Operation.REFRESH,
        Operation.OFFSET,
    ):  # a far first read of REFRESH has no target yet
        device = Scripted([100])
        ispp.program_cell(
            device, registers.model_copy(update={"max_level": 0, "pulse_limit": 0}), operation, 0, 0
        )
        assert device.reads + len(device.offsets) == 8
    device = Scripted([100])
    ispp.program_cell(
        device, registers.model_copy(update={"read_margin": 255, "pulse_limit": 0}), Operation.RESET, 0, 0
    )
    assert device.reads == 8


def test_ispp_done_rests_on_all_reads():
    """A margin below the tolerance, or of 0, leaves no read out where the first says done; one that says far
    goes on for all of them."""
    registers = settings(read_count=2, read_shift=1, read_margin=0, tolerance=9, keep=9)
    target = registers.base + 8 * registers.step
    device = Scripted([(target + 8) // 2] * 4)
    assert ispp.program_cell(device, registers, Operation.PROGRAM, 0, 0, 8).pulses == 0 and device.reads == 4
    device = Scripted([(target - 20) // 2] + [target // 2] * 8)
    result = ispp.program_cell(device, registers, Operation.PROGRAM, 0, 0, 8)
    assert (result.outcome, result.pulses, result.code) == (
        Outcome.OK,
        1,
        target // 2 * 2,
    ) and device.reads == 1 + 4


def test_ispp_refresh_snaps_to_the_nearest_level():
    registers = settings(tolerance=0, keep=0)
    for code in range(256):
        target = ispp.nearest(registers, code)
        grid = [registers.base + k * registers.step for k in range(16)]
        assert abs(target - code) == min(abs(g - code) for g in grid)
    target = registers.base + 4 * registers.step
    assert run(Operation.REFRESH, [target + 3, 0, target], registers)[1].target == target


def test_ispp_keep_holds_at_the_first_verify_only():
    target, close = settings().base + 5 * settings().step, settings().tolerance
    assert run(Operation.PROGRAM, [target - 10], settings(keep=10), level=5)[0] == []
    pulses, result = run(
        Operation.PROGRAM, [target - 11, target - 10, target - close], settings(keep=10), level=5
    )
    assert len(pulses) == 2 and result.outcome == Outcome.OK
    pulses, _ = run(Operation.PROGRAM, [target + 2, 0, target], settings(keep=1), level=5)
    assert [p[0] for p in pulses] == [Kind.RESET, Kind.SET]


def test_ispp_silent_converter_ends_the_job():
    device = IntegerCell(8, 8, seed=3, silent_after=100)
    error, results = ispp.run_job(
        device, settings(read_count=2, read_shift=2), Job(Operation.READ, 0, 7, 0, 7), 8, 8
    )
    assert error == JobError.NONE and len(results) == 26
    assert [r.outcome for r in results] == [Outcome.OK] * 25 + [Outcome.NO_ANSWER]


def changed(path, value):
    data = load_registers().model_dump()
    at = data
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return ispp.Registers.model_validate(data)


@pytest.mark.parametrize(
    ("path", "value", "operation", "error"),
    [
        (("set", "wl", "start"), 63, Operation.PROGRAM, JobError.NONE),
        (("set", "line", "start"), 55, Operation.PROGRAM, JobError.ORDER),
        (("reset", "wl", "stop"), 46, Operation.REFRESH, JobError.ORDER),
        (("reset", "wl", "step"), 0, Operation.PROGRAM, JobError.STEP),
        (("reset", "wl", "step"), 0, Operation.SET, JobError.NONE),
        (("limits", "wl_fine"), 62, Operation.SET, JobError.LIMIT),
        (("limits", "wl"), 62, Operation.SET, JobError.NONE),
        (("limits", "wl"), 62, Operation.RESET, JobError.LIMIT),
        (("limits", "bl"), 56, Operation.FORM, JobError.LIMIT),
        (("limits", "width"), 49, Operation.FORM, JobError.LIMIT),
        (("limits", "pulses"), 39, Operation.FORM, JobError.ZERO),
        (("set", "width"), 0, Operation.SET, JobError.ZERO),
        (("pulse_limit",), 0, Operation.RESET, JobError.ZERO),
        (("stop_tries",), 0, Operation.RESET, JobError.ZERO),
        (("step",), 17, Operation.REFRESH, JobError.LEVEL),
        (("pulse_limit",), 0, Operation.READ, JobError.NONE),
        (("pulse_limit",), 0, Operation.OFFSET, JobError.NONE),
    ],
)
def test_ispp_refuses_a_bad_job_untouched(path, value, operation, error):
    device = Scripted([1])
    found, results = ispp.run_job(device, changed(path, value), Job(operation, *CELL), 8, 8, [[1]])
    assert found == error
    assert error == JobError.NONE or (device.pulses == [] and results == [])


def test_ispp_refuses_regions_and_levels():
    registers = load_registers()
    for job in (
        Job(Operation.READ, 0, 8, 0, 0),
        Job(Operation.READ, 3, 2, 0, 0),
        Job(Operation.READ, 0, 0, -1, 0),
    ):
        assert ispp.check(registers, job, 8, 8) == JobError.REGION
    assert ispp.check(registers, Job(Operation.PROGRAM, *CELL), 8, 8, [[16]]) == JobError.LEVEL


def test_ispp_random_jobs_stay_within_every_limit():
    rng = random.Random(7)
    outcomes = set()
    for seed in range(400):
        registers = random_registers(rng)
        job, levels = random_job(rng, registers, 8, 8)
        device = IntegerCell(8, 8, seed, pristine=job.operation == Operation.FORM)
        lines = ispp_trace.trace(device, registers, job, 8, 8, levels)
        words = [line.split() for line in lines]
        pulses: dict[tuple[str, str], int] = {}
        for kind, row, col, wl, fine, bl, sl, width in (w[1:] for w in words if w[0] == "P"):
            stage = (registers.form, registers.set, registers.reset)[int(kind)]
            line = int(sl) if int(kind) == Kind.RESET else int(bl)
            assert (
                int(bl) * int(sl) == 0
                and stage.wl.start <= int(wl) <= stage.wl.stop
                and stage.line.start <= line <= stage.line.stop
            )
            assert (
                int(wl) <= (registers.limits.wl_fine if int(fine) else registers.limits.wl)
                and int(width) <= registers.limits.width
            )
            pulses[row, col] = pulses.get((row, col), 0) + 1
        results = [w for w in words if w[0] == "D"]
        for _, row, col, outcome, count, *_ in results:
            assert int(count) == pulses.get((row, col), 0) <= registers.pulse_limit
            outcomes.add(Outcome(int(outcome)))
        cells = (job.row_last - job.row_first + 1) * (job.col_last - job.col_first + 1)
        assert len(results) == cells or words[1][0] == "E"
    assert outcomes == set(Outcome) - {Outcome.NO_ANSWER}


def test_ispp_trace_is_repeatable():
    registers, job = load_registers(), Job(Operation.PROGRAM, 0, 1, 0, 7)
    levels = [[k % 16 for k in range(8)], [15 - k for k in range(8)]]
    first, second = (ispp_trace.trace(IntegerCell(8, 8, 5), registers, job, 8, 8, levels) for _ in range(2))
    assert first == second and first[0] == "J 4 0 1 0 7" and sum(line[0] == "D" for line in first) == 16


def test_ispp_register_file_is_checked(tmp_path):
    path = tmp_path / "r.yaml"
    text = yaml.safe_dump(load_registers().model_dump(), sort_keys=False)
    path.write_text(text)
    assert ispp.load_registers(path) == load_registers()
    for bad, field in (
        (text.replace("base: 4", "base: 256"), "base"),
        (re.sub("base: 4.*\n", "", text), "base"),
        (text.replace("base: 4", "base: .nan"), "base"),
        (text + "more: 1\n", "more"),
        (text.replace("width: 50", "width: 1.5", 1), "form.width"),
        ("", "the file"),
    ):
        path.write_text(bad)
        with pytest.raises(UserError, match=f"r.yaml: {field}"):
            ispp.load_registers(path)


def test_ispp_register_table_has_every_width():
    table = {r.name: r for r in ispp.register_table(load_registers())}
    assert table["form_wl_start"].bits == 6 and table["offset"].signed and table["offset"].bits == 8
    assert table["set_width"].bits == 10 and all(r.text for r in table.values())
