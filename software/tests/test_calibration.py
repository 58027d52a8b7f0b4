"""The file of a chip: what it keeps, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Outcome
from neusoc.software.calibration import Calibration, Trim, stuck_cells

STUCK, TOLD_US = np.full((8, 8), Outcome.OK), np.full((8, 8), 5.0)
STUCK[0, 1], TOLD_US[0, 1] = Outcome.STUCK_HIGH, 60.123
STUCK[3, 2], TOLD_US[3, 2] = Outcome.STUCK_LOW, -0.02
TRIMS = (Trim(16, 3), None, Trim(31, 0), Trim(0, 7))
KNOWN = Calibration("mini", "chip 3", "abc", TRIMS, stuck_cells(STUCK, TOLD_US), (-2.5, 0.0, 1.0, -4.0))


def test_cells_that_are_stuck_are_those_of_the_outcome():
    assert KNOWN.faults == ((0, 1, 60.12), (3, 2, 0.0)), "a converter's offset makes no conductance negative"


def test_calibration_comes_back_from_its_file(tmp_path):
    KNOWN.save(tmp_path / "a.json")
    assert Calibration.load(tmp_path / "a.json", "mini", "abc", "chip 3") == KNOWN
    assert Calibration.load(tmp_path / "a.json", "mini", "abc") == KNOWN


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chip": "tapeout"}, "chip tapeout, not mini"),
        ({"registers": "x"}, "registers x, not abc"),
        ({"name": "chip 4"}, "name chip 4, not chip 3"),
        ({"format": 2}, "no calibration of format 3"),
        ({"trims": [[16, 3]]}, "no calibration"),
        ({"trims": [[16, 3], None, [32, 0], [0, 7]]}, "no calibration"),
        ({"trims": [[16, 3], None, [31, 8], [0, 7]]}, "no calibration"),
        ({"trims": [[16, 3], None, [31.0, 0], [0, 7]]}, "no calibration"),
        ({"trims": [[16, 3], None, [31], [0, 7]]}, "no calibration"),
        ({"trims": [[16, 3], None, 5, [0, 7]]}, "no calibration"),
        ({"faults": [[1, 2]]}, "no calibration"),
        ({"faults": [[float("inf"), 1, 2.0]]}, "no calibration"),
        ({"faults": [[0, 1, float("nan")]]}, "no calibration"),
        ({"faults": [[0, 8, 2.0]]}, "no calibration"),
        ({"faults": [[-1, 0, 2.0]]}, "no calibration"),
        ({"zero_us": [1.0]}, "no calibration"),
        ({"zero_us": [float("nan"), 0.0, 0.0, 0.0]}, "no calibration"),
        ({"zero_us": ["a"]}, "no calibration"),
        ({"name": ["chip 3"]}, "no calibration"),
    ],
)
def test_calibration_of_something_else_is_refused(change, said, tmp_path):
    path = tmp_path / "a.json"
    KNOWN.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=said):
        Calibration.load(path, "mini", "abc", "chip 3")


def test_calibration_cut_short_or_absent_is_refused(tmp_path):
    path = tmp_path / "a.json"
    KNOWN.save(path)
    path.write_text(path.read_text()[:30])
    with pytest.raises(UserError, match="a.json: is cut short"):
        Calibration.load(path, "mini", "abc")
    with pytest.raises(
        UserError, match=r"b.json: No such file or directory; calibrate again: neusoc calibrate ADDRESS"
    ):
        Calibration.load(tmp_path / "b.json", "mini", "abc")
