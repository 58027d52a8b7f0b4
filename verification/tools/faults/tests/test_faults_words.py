"""Patterns of words and counts: what they write and wait for, and that no job of them is refused."""

from __future__ import annotations

from functools import reduce
from operator import or_

import pytest
from neusoc.base.chip import load_chip
from neusoc.digital.model.ispp import Job, JobError, check
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.digital.model.words import BUFFER_WORDS
from neusoc.verification.tools.faults.functional import FunctionalTest
from neusoc.verification.tools.faults.patterns import Steps
from neusoc.verification.tools.faults.port import Operation, Write
from neusoc.verification.tools.faults.surroundings import Surroundings
from neusoc.verification.tools.faults.words_and_counts import Placed


def _steps(part: Steps) -> list[Operation]:
    """Steps of a part on a chip that answers 0."""
    found = [next(part)]
    while True:
        try:
            found.append(part.send(0))
        except StopIteration:
            return found


@pytest.mark.parametrize("name", ["mini", "tapeout"])
@pytest.mark.parametrize("operation", JobOperation)
def test_faults_no_job_with_plain_settings_is_refused(name: str, operation: JobOperation) -> None:
    """A job that is refused shows nothing of levels and buffers; RESET's line has no steps, so its rows have
    some."""
    chip = load_chip(name)
    plain = FunctionalTest(chip, Surroundings(chip, 1))._plain(pulse_limit=1)
    levels = [[1]] if operation == JobOperation.PROGRAM else None
    assert check(plain, Job(operation, 1, 1, 2, 2), chip.rows, chip.columns, levels) == JobError.NONE


def test_faults_cells_that_are_placed_answer_by_their_place() -> None:
    cells = Placed({(0, 1): 7, (2, 3): 255})
    assert [cells.read(0, 1, 0), cells.read(2, 3, 1), cells.read(1, 0, 0), cells.read(0, 1, 1)] == [
        7,
        255,
        0,
        7,
    ]


@pytest.mark.parametrize("name", ["mini", "tapeout"])
def test_faults_levels_that_are_held_have_each_bit_at_both_values(name: str) -> None:
    """In each place of the buffer."""
    chip = load_chip(name)
    test = FunctionalTest(chip, Surroundings(chip, 1))
    at = {test.base + node.absolute_address: register for register, node in test.map.items()}
    written = [
        step.value
        for step in _steps(test.held_words())
        if isinstance(step, Write) and at[step.address] == "levels"
    ]
    assert len(written) % BUFFER_WORDS == 0
    for place in range(BUFFER_WORDS):
        words = written[place::BUFFER_WORDS]
        assert 0x1F1F1F1F == reduce(or_, words) == reduce(or_, (word ^ 0x1F1F1F1F for word in words))
