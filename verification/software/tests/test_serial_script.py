"""The script over a serial line: the same as beside the chip; and the C end of a line answers as the Python
one."""

from __future__ import annotations

import json
import os
import random

import pytest
from neusoc.base.chip import load_chip
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.digital.model.regmap import registers
from neusoc.software.driver.backends.address import open_backend
from neusoc.software.driver.backends.array import PortArray, integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.frame_server import FrameServer, answered
from neusoc.software.driver.backends.frames import ANSWER, Frame, Kind, Reason, packed, unpacked
from neusoc.verification.software.c_driver import FRAMES, HEADER, SOURCE, CBus, compiled, library
from neusoc.verification.software.script import SEED, run_script

MINI = load_chip("mini")
FRAMES_SENT, RANDOM = 1500, 21


def _emulator():
    cells = TraceDevice(WordLineCell(MINI.rows, MINI.columns, SEED, pristine=True))
    return Emulator(MINI, PortArray(cells)), cells


class CServer(FrameServer):
    """The other end, with firmware/frames.c at work."""

    def __init__(self, transport, fd):
        super().__init__(transport, fd)
        self._bus = CBus(library(), transport, 1e-3)

    def answer(self, data):
        return self._bus.answer(data)


@pytest.mark.parametrize("server", [FrameServer, CServer])
def test_script_sees_the_same_over_a_line(server):
    beside, trace = _emulator()
    wanted = json.loads(json.dumps(run_script(beside)))
    chip, cells = _emulator()
    ours, theirs = os.openpty()
    with server(chip, ours) as there:
        seen = json.loads(
            json.dumps(run_script(open_backend(f"serial:{os.ttyname(theirs)}?timeout_ms=20000")))
        )
    os.close(theirs)
    os.close(ours)
    assert there.broken is None and seen == wanted and cells.lines == trace.lines and len(trace.lines) > 200


def _requests():
    """Frames at all registers and beside them, some of them damaged, some of other kinds."""
    rng = random.Random(RANDOM)
    offsets = [found.offset for found in registers().values()] + [0xFC, 0x3D, 0x104, 0xFFFC]
    for _ in range(FRAMES_SENT):
        kind = rng.choice([Kind.READ, Kind.READ, Kind.WRITE, Kind.WRITE, rng.randrange(16)])
        # few bits, so that no event reaches a neuron and no job runs
        data = packed(
            Frame(
                kind,
                rng.randrange(16),
                rng.choice(offsets),
                rng.choice([0, rng.randrange(1 << 32) & 0xFFFFFFFE]),
            )
        )
        if rng.random() < 0.2:
            at = rng.randrange(64)
            data = (int.from_bytes(data, "little") ^ 1 << at).to_bytes(8, "little")
        yield data


def _both(path):
    """Answers of the Python end and of a library's, each on an emulator of its own, up to the first that
    differs."""
    chips = [Emulator(MINI, integer_array(MINI, SEED)) for _ in range(2)]
    bus = CBus(path, chips[1], 1e-3)
    answers = []
    for data in _requests():
        answers.append((answered(chips[0], data), bus.answer(data)))
        if answers[-1][0] != answers[-1][1]:
            break
    return answers


def test_c_end_answers_as_the_python_end():
    answers = _both(library())
    assert len(answers) == FRAMES_SENT and all(ours == theirs for ours, theirs in answers)
    kinds = [unpacked(ours).kind for ours, _ in answers]
    assert all(kinds.count(kind) > 100 for kind in (*ANSWER.values(), Kind.REFUSED)), f"seed {RANDOM}"


FAULTS = {
    "check not looked at": ("asked[7] != check_of(asked) ||", "asked[6] == 0 ||"),
    "polynomial": ("0x107u", "0x11Du"),
    "begun with zeros": ("found = 0xFF;", "found = 0;"),
    "other kinds taken": ("kind != NEUSOC_ASK_WRITE))", "kind > NEUSOC_VALUE))"),
    "bytes of the word": ("(word >> (8 * k))", "(word >> (24 - 8 * k))"),
    "number lost": ("(asked[6] & 0xF0u) | kind", "kind"),
    "address of eight bits": ("asked[0] | (uint32_t)asked[1] << 8", "asked[0]"),
    "nothing written": ("neusoc_write(offset, word);", "(void)offset;"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_of_the_c_end_is_noticed(fault, tmp_path):
    before, after = FAULTS[fault]
    text = FRAMES.read_text()
    assert text.count(before) == 1, "the fault cannot be planted"
    (tmp_path / "frames.c").write_text(text.replace(before, after))
    answers = _both(compiled(SOURCE, tmp_path / "libneusoc.so", tmp_path / "frames.c"))
    assert answers[-1][0] != answers[-1][1], f"{fault}: nothing was noticed (seed {RANDOM})"


def test_numbers_of_frames_are_those_of_the_python_end():
    text = HEADER.read_text()
    names = {Kind.READ: "ASK_READ", Kind.WRITE: "ASK_WRITE", Kind.REFUSED: "FRAME_REFUSED"}
    for kind in Kind:
        assert f"NEUSOC_{names.get(kind, kind.name)} = {int(kind)}" in text
    assert f"NEUSOC_BAD_CHECK = {int(Reason.CHECK)}" in text and "NEUSOC_FRAME = 8" in text
